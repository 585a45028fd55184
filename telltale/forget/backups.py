"""Backups that may hold what is forgotten: those that can be removed go, the others are named with their last day."""

from collections.abc import Callable, Sequence

from telltale.contract import StoreError
from telltale.forget.task import Task
from telltale.operate import backup as kept
from telltale.operate.backup import Backup
from telltale.wording import full_date
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

Remove = Callable[[Backup, bool], bool]
"""Removes a backup, in a trial nothing; False where it is out of reach."""


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
        if remove is not None and remove(backup, task.is_trial):
            removed += 1
            if not task.is_trial:
                task.notes.append(f"the backup in {backup.place} of {_day(task, backup.at)} is gone: make another")
        else:
            task.notes.append(_unreached(task, backup))
    task.tell("backups", "backups", removed)


def known(project: Project, *, now_us: int) -> tuple[list[Backup], Remove]:
    """The backups of a project, and how one is removed: in a folder of this machine, or a bucket that lets us in."""

    def remove(backup: Backup, is_trial: bool) -> bool:
        if is_trial:
            return kept.reached(project, backup) is not None
        try:
            return kept.remove(project, backup, now_us=now_us)
        except StoreError:  # we may read there, and not delete
            return False

    return kept.backups(project.store), remove


def _unreached(task: Task, backup: Backup) -> str:
    named = f"the backup in {backup.place} of {_day(task, backup.at)} may hold it and is out of reach"
    if backup.expires_at is None:
        return f"{named}; nothing says when it expires: remove it by hand"
    return f"{named}; it expires on {_day(task, backup.expires_at)}"


def _day(task: Task, at_us: int) -> str:
    return full_date(local_time(at_us, task.project.zone()).date())
