"""`telltale settle`: move what has arrived into Parquet files, once or for ever."""

import signal
import threading

import click

from telltale.cli.output import json_option, show_one


@click.command(epilog="Example: telltale settle")
@click.option(
    "--loop", is_flag=True, help='Settle, merge and purge as they fall due, until Ctrl-C; "telltale up" does.'
)
@json_option
def settle(*, loop: bool, as_json: bool) -> None:
    """Move what has arrived into Parquet files, decoded.

    Nobody has to wait for it: notebooks see every record a second after its reply, settled or not.
    """
    from telltale.lake.settle import settle_all
    from telltale.operate import upkeep
    from telltale.workbench.project import Project

    project = Project()
    if loop:
        upkeep.keep(project, _stopped_by_signal(), say=click.echo)
        return
    limits = project.settings.settle
    done = settle_all(project.lake, now_us=project.now_us(), max_rows=limits.batch_rows, max_bytes=limits.batch_bytes)
    rows = sum(done.rows.values()) - done.rejects
    sentence = f"{done.raws:,} records settled into {rows:,} rows and {done.files:,} files, {done.rejects:,} rejects."
    show_one(done._asdict(), as_json=as_json, sentence=sentence if done.raws else "Nothing to settle.")


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
