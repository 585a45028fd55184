"""What keeps a project in order while it runs: settle when due, close days, purge, merge."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from telltale.contract import TelltaleError
from telltale.lake.merge import merge as merge_files
from telltale.lake.settle import is_due, settle_all
from telltale.operate import retention
from telltale.workbench.project import Project

TICK_S = 5.0
Say = Callable[[str], None]


class Job(NamedTuple):
    """Something to do every so often; the text it returns is said, unless it is empty."""

    every_s: int
    do: Callable[[Project, int], str]


def settle(project: Project, now_us: int) -> str:
    """Settle when enough records are hot, or the oldest for long enough."""
    limits = project.settings.settle
    if not is_due(project.lake.store, now_us, rows=limits.rows, age_s=limits.age_s):
        return ""
    done = settle_all(project.lake, now_us=now_us, max_rows=limits.batch_rows, max_bytes=limits.batch_bytes)
    return f"settled {done.raws:,} records, {done.rejects:,} rejects"


def merge(project: Project, now_us: int) -> str:
    """Merge the files of closed days, and of days with many."""
    merged = merge_files(project.lake, now_us=now_us)
    return f"merged {merged.before:,} files into {merged.after:,}" if merged.before else ""


def retain(project: Project, now_us: int) -> str:
    """Close the days that are due, and remove what must not be kept longer and files long off the list."""
    purged = retention.purge(project, now_us=now_us)._asdict()
    counts = [f"{count:,} {name.replace('_', ' ')}" for name, count in purged.items() if name != "scrubbed" and count]
    return f"retention: {', '.join(counts)}" if counts else ""


JOBS = (Job(5, settle), Job(600, retain), Job(3600, merge))


def keep(project: Project, stop: threading.Event, *, say: Say) -> None:
    """Do every job when its time has come, until `stop` is set; a job under way is finished.

    A job that fails, because another process is at it or the store is away, is said and tried again at its next turn.
    """
    due = dict.fromkeys(JOBS, 0)
    while not stop.is_set():
        for job in JOBS:
            now_us = project.now_us()
            if now_us >= due[job] and not stop.is_set():
                due[job] = now_us + job.every_s * 1_000_000
                if said := _try(job, project, now_us):
                    say(said)
        stop.wait(TICK_S)


def _try(job: Job, project: Project, now_us: int) -> str:
    try:
        return job.do(project, now_us)
    except (TelltaleError, OSError) as error:  # a key folder or a disk that is away may come back
        return f"{job.do.__name__}: {error}"
