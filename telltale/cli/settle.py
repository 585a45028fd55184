"""`telltale settle`: move what has arrived into Parquet files, once."""

import click

from telltale.cli.output import json_option, show_one


@click.command(epilog="Example: telltale settle")
@json_option
def settle(*, as_json: bool) -> None:
    """Move what has arrived into Parquet files, decoded, and end.

    Nobody has to wait for it: notebooks see every record a second after its reply, settled or not. "telltale upkeep"
    does it again and again.
    """
    from telltale.lake.settle import settle_all
    from telltale.workbench.project import Project

    project = Project()
    project.note_settings()
    limits = project.settings.settle
    done = settle_all(project.lake, now_us=project.now_us(), max_rows=limits.batch_rows, max_bytes=limits.batch_bytes)
    rows = sum(done.rows.values()) - done.rejects
    sentence = f"{done.raws:,} records settled into {rows:,} rows and {done.files:,} files, {done.rejects:,} rejects."
    show_one(done._asdict(), as_json=as_json, sentence=sentence if done.raws else "Nothing to settle.")
