"""`telltale upkeep`: settle, merge, close days and purge as they fall due."""

import signal
import threading

import click


@click.command(epilog="Example: telltale upkeep")
def upkeep() -> None:
    """Settle, merge, close days and purge when due, until Ctrl-C.

    "telltale up" starts it beside the collectors.
    """
    from telltale.operate import upkeep as jobs
    from telltale.workbench.project import Project

    jobs.keep(Project(), _stopped_by_signal(), say=click.echo)


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
