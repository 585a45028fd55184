"""What the store knows of its backups: where they are, and until when they may be kept."""

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.schema import BACKUP
from telltale.wording import count

_MOST_NAMED = 3


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


def note(store: Store, backup: Backup) -> None:
    """Note a backup that was made."""
    with store.writer() as connection:
        connection.execute(BACKUP.delete().where(BACKUP.c.place == backup.place, BACKUP.c.name == backup.name))
        connection.execute(BACKUP.insert().values(**backup._asdict()))


def note_gone(store: Store, place: str, name: str, *, now_us: int) -> None:
    """Note that a backup is there no more."""
    with store.writer() as connection:
        of_it = (BACKUP.c.place == place, BACKUP.c.name == name)
        connection.execute(BACKUP.update().where(*of_it).values(gone_at=now_us))


def backups(store: Store) -> list[Backup]:
    """Those that are there as far as is known, oldest first."""
    query = sa.select(*(BACKUP.c[name] for name in Backup._fields)).where(BACKUP.c.gone_at.is_(None))
    with store.reader() as connection:
        return [Backup(*row) for row in connection.execute(query.order_by(BACKUP.c.at, BACKUP.c.place))]


def past(store: Store, *, now_us: int) -> list[Backup]:
    """Those whose time is over and that are not known to be gone; one in a folder is looked for."""
    due = [backup for backup in backups(store) if backup.expires_at is not None and backup.expires_at <= now_us]
    left = []
    for backup in due:
        folder = Path(backup.place)
        if "://" not in backup.place and folder.parent.exists() and not (folder / "backups" / backup.name).exists():
            note_gone(store, backup.place, backup.name, now_us=now_us)
        else:
            left.append(backup)
    return left


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
