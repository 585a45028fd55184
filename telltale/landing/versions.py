"""What files of a project said, and since when: each content once more whenever it has become another.

So that whoever asks about a moment that has passed is answered by what was set then. What a file holds is the caller's
matter: nothing secret is handed in.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing.schema import META, SETTINGS_VERSION
from telltale.landing.store import Store


class Version(NamedTuple):
    """What a file said, and since when that is known."""

    name: str
    at: int
    """Microseconds UTC; it may have said so for longer."""
    content: bytes | None
    """None where there was no such file."""


def note(store: Store, contents: Mapping[str, bytes | None], *, now_us: int) -> list[str]:
    """Keep what is another than what was kept last, and return the names of those files.

    Args:
        store: where.
        contents: what each file says now, by name; None where there is none.
        now_us: the present.
    """
    digests = {name: _digest(content) for name, content in contents.items()}
    if not _changed(store, digests):
        return []
    with store.writer() as connection:
        # Where writers do not exclude each other, this row makes them wait: nothing is kept twice.
        connection.execute(META.update().where(META.c.key == "change").values(value=META.c.value))
        known = _newest(connection)
        changed = [name for name, digest in digests.items() if known.get(name) != digest]
        for name in changed:
            row = {"name": name, "at": now_us, "sha256": digests[name], "content": contents[name]}
            connection.execute(SETTINGS_VERSION.insert().values(**row))
    return changed


def versions_at(store: Store, at_us: int) -> dict[str, Version]:
    """What each file said at a moment, by name: the newest version of until then, else the earliest there is."""
    columns = (SETTINGS_VERSION.c.name, SETTINGS_VERSION.c.at, SETTINGS_VERSION.c.content)
    order = (SETTINGS_VERSION.c.at, SETTINGS_VERSION.c.id)
    found: dict[str, Version] = {}
    with store.reader() as connection:
        for name in connection.scalars(sa.select(SETTINGS_VERSION.c.name).distinct()).all():
            of_name = sa.select(*columns).where(SETTINGS_VERSION.c.name == name)
            until = of_name.where(SETTINGS_VERSION.c.at <= at_us).order_by(*(each.desc() for each in order))
            row = connection.execute(until.limit(1)).first() or connection.execute(of_name.order_by(*order)).first()
            if row is not None:
                found[name] = Version(*row)
    return found


def _changed(store: Store, digests: Mapping[str, str]) -> bool:
    with store.reader() as connection:
        known = _newest(connection)
    return any(known.get(name) != digest for name, digest in digests.items())


def _newest(connection: sa.Connection) -> dict[str, str]:
    """The digest of the version of each file that was kept last."""
    last = sa.select(sa.func.max(SETTINGS_VERSION.c.id)).group_by(SETTINGS_VERSION.c.name)
    query = sa.select(SETTINGS_VERSION.c.name, SETTINGS_VERSION.c.sha256).where(SETTINGS_VERSION.c.id.in_(last))
    return {row.name: row.sha256 for row in connection.execute(query)}


def _digest(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()
