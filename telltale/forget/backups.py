"""Backups that may hold what is forgotten: those that can be removed go, the others are named with their last day."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from telltale.forget.task import Task
from telltale.operate import backup as ledger
from telltale.wording import full_date
from telltale.workbench.project import Project
from telltale.workbench.times import local_time


class Backup(NamedTuple):
    """A backup as a ledger has it."""

    place: str
    """A folder of this machine, or a URL."""
    made_at: int
    """Microseconds UTC."""
    expires_at: int | None
    """Until when it may be kept; None where nothing was set."""


Remove = Callable[[Backup], bool]
"""Removes a backup; False where it is out of reach."""


def forget_in_backups(task: Task, backups: Sequence[Backup], remove: Remove | None = None) -> None:
    """Remove the backups within reach, each of which is to be made anew, and name those that are not.

    A backup is one whole: nothing can be taken out of it.

    Args:
        task: whose.
        backups: all that were made before and are still there, as their ledger has it.
        remove: how one is removed; None where none can be.
    """
    removed = 0
    for backup in backups:
        if remove is not None and (task.is_trial or remove(backup)):
            removed += 1
            if not task.is_trial:
                task.notes.append(f"the backup in {backup.place} of {_day(task, backup.made_at)} is gone: make another")
        else:
            task.notes.append(_unreached(task, backup))
    task.tell("backups", "backups", removed)


def known(project: Project, *, now_us: int) -> tuple[list[Backup], Remove]:
    """The backups of a project, and how one that lies in a folder of this machine is removed."""
    there = {Backup(each.place, each.at, each.expires_at): each for each in ledger.backups(project.store)}

    def remove(backup: Backup) -> bool:
        if "://" in backup.place or not Path(backup.place).exists():
            return False
        ledger.remove(project, there[backup], now_us=now_us)
        return True

    return list(there), remove


def _unreached(task: Task, backup: Backup) -> str:
    named = f"the backup in {backup.place} of {_day(task, backup.made_at)} may hold it and is out of reach"
    if backup.expires_at is None:
        return f"{named}; nothing says when it expires: remove it by hand"
    return f"{named}; it expires on {_day(task, backup.expires_at)}"


def _day(task: Task, at_us: int) -> str:
    return full_date(local_time(at_us, task.project.zone()).date())
