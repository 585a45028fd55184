"""What the store knows of its backups: where they are, and until when they may be kept."""

import secrets
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.schema import BACKUP, META
from telltale.wording import count

_MOST_NAMED = 3
_ORIGIN = "backup origin"
UNFINISHED = -1
"""The files of a backup that is being made, or whose making ended early."""


class Backup(NamedTuple):
    """One backup; times in microseconds UTC."""

    place: str
    name: str
    at: int
    files: int
    bytes: int
    expires_at: int | None
    """Until when it may be kept; None where that is for ever."""
    gone_at: int | None
    """When it was removed, or seen to be gone."""

    @property
    def is_whole(self) -> bool:
        """Whether it was made to its end."""
        return self.files != UNFINISHED


def note(store: Store, backup: Backup) -> None:
    """Note a backup that is being made, or was."""
    with store.writer() as connection:
        connection.execute(BACKUP.delete().where(BACKUP.c.place == backup.place, BACKUP.c.name == backup.name))
        connection.execute(BACKUP.insert().values(**backup._asdict()))


def note_gone(store: Store, place: str, name: str, *, now_us: int) -> None:
    """Note that a backup is there no more."""
    with store.writer() as connection:
        of_it = (BACKUP.c.place == place, BACKUP.c.name == name)
        connection.execute(BACKUP.update().where(*of_it).values(gone_at=now_us))


def origin(store: Store) -> int:
    """By what number backups know this project; it is chosen with the first one, and goes where its store goes."""
    query = sa.select(META.c.value).where(META.c.key == _ORIGIN)
    with store.writer() as connection:
        if (there := connection.scalar(query)) is not None:
            return int(there)
        chosen = secrets.randbits(62) + 1
        connection.execute(META.insert().values(key=_ORIGIN, value=chosen))
        return chosen


def backups(store: Store) -> list[Backup]:
    """Those that are there as far as is known, oldest first."""
    query = sa.select(*(BACKUP.c[name] for name in Backup._fields)).where(BACKUP.c.gone_at.is_(None))
    with store.reader() as connection:
        return [Backup(*row) for row in connection.execute(query.order_by(BACKUP.c.at, BACKUP.c.place))]


def given_up(store: Store, *, before_us: int) -> list[Backup]:
    """Those begun before a moment and never finished."""
    return [backup for backup in backups(store) if not backup.is_whole and backup.at <= before_us]


def past(store: Store, *, now_us: int) -> list[Backup]:
    """Those whose time is over and that are not known to be gone; one in a folder is looked for."""
    due = [backup for backup in backups(store) if backup.expires_at is not None and backup.expires_at <= now_us]
    left = []
    for backup in due:
        if _was_removed(backup):
            note_gone(store, backup.place, backup.name, now_us=now_us)
        else:
            left.append(backup)
    return left


def _was_removed(backup: Backup) -> bool:
    """Whether somebody removed it from a folder; where a disk may not be mounted, nobody can say."""
    folder = Path(backup.place)
    if "://" in backup.place or (folder / "backups" / backup.name).exists():
        return False
    if folder.exists():
        return (folder / "backups").exists()
    return folder.parent.is_dir() and any(folder.parent.iterdir())


def reminder(due: list[Backup]) -> str:
    """What is to be said of backups whose time is over; empty where there is none."""
    if not due:
        return ""
    named = ", ".join(f"{backup.place} {backup.name}" for backup in due[:_MOST_NAMED])
    more = f" and {len(due) - _MOST_NAMED:,} more" if len(due) > _MOST_NAMED else ""
    holds = "holds" if len(due) == 1 else "hold"
    return (
        f"{count(len(due), 'backup')} {holds} rows about people past their time: {named}{more}; "
        '"telltale backup" into the same place removes them'
    )
