"""Backups that may hold what is forgotten: those within reach go, the others are named with their last day."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from telltale.forget.task import Task
from telltale.wording import full_date
from telltale.workbench.times import local_time


class Backup(NamedTuple):
    """A backup as its ledger has it."""

    place: str
    """A folder or file of this machine, or a URL."""
    made_at: int
    """Microseconds UTC."""
    expires_at: int | None
    """Until when it may be kept; None where nothing was set."""


def forget_in_backups(task: Task, backups: Sequence[Backup]) -> None:
    """Remove the backups within reach, each of which is to be made anew, and name those that are not.

    A backup is one whole: nothing can be taken out of it.

    Args:
        task: whose.
        backups: all that were made before, as a ledger of them has it.
    """
    removed = 0
    for backup in backups:
        path = Path(backup.place)
        if "://" in backup.place or not path.exists():
            task.notes.append(_unreached(task, backup))
            continue
        removed += 1
        if not task.is_trial:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        task.notes.append(f"backup {backup.place} held it: make another one")
    task.tell("backups", "backups", removed)


def _unreached(task: Task, backup: Backup) -> str:
    zone = task.project.zone()
    made = full_date(local_time(backup.made_at, zone).date())
    if backup.expires_at is None:
        return f"backup {backup.place} of {made} is out of reach and expires never: remove it by hand"
    last = full_date(local_time(backup.expires_at, zone).date())
    return f"backup {backup.place} of {made} is out of reach; it expires on {last}"
