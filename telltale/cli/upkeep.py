"""`telltale upkeep`: settle, merge, close days and purge as they fall due."""

import signal
import threading

import click


@click.command(epilog="Example: telltale upkeep")
def upkeep() -> None:
    """Settle, merge, close and compute days, purge when due, until Ctrl-C.

    "telltale up" starts it beside the collectors.
    """
    import logging

    from telltale import logs
    from telltale.operate import upkeep as jobs
    from telltale.operate.permissions import mend
    from telltale.operate.project_lock import only_one
    from telltale.workbench.project import Project

    project = Project()
    logs.configure(project.settings)
    with only_one(project.settings, "upkeep"):
        mend(project.settings)
        jobs.keep(project, stopped_by_signal(), say=logging.getLogger("telltale.upkeep").info)


def stopped_by_signal() -> threading.Event:
    """Set by SIGTERM or Ctrl-C from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
