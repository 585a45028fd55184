"""Move a project's store: all of it or nothing, while nobody else has it open."""

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import ConfigError, StoreError
from telltale.landing import Store
from telltale.landing.schema import META
from telltale.operate.moving.copying import Progress, copy, counted
from telltale.operate.moving.held import held
from telltale.operate.project_lock import only_one
from telltale.settings import Settings

EXAMPLES = {
    "postgresql+psycopg": "postgresql+psycopg://user@host/name",
    "sqlite": "sqlite:///data/landing/telltale.db",
}
"""A URL of each database a store may lie in."""


class Moved(NamedTuple):
    """What was moved."""

    rows: dict[str, int]
    """By table; each was counted and compared on both sides."""
    digests: dict[str, str]
    """Of each table's rows, equal on both sides."""
    old: str
    """The URL of the store that was, without its password; it is left as it was."""
    new: str


def move(settings: Settings, url: str, *, progress: Progress = lambda *_: None) -> Moved:
    """Copy the project's store into an empty database.

    Nothing of the old one is changed, and telltale.toml names it still. Stopped anywhere, the new one stays empty.

    Args:
        settings: of the project.
        url: of the new store, as `[paths] store_url` takes it.
        progress: told how far it is.

    Raises:
        ConfigError: the URL is none, names the store itself, or there is no store; "up" or "upkeep" runs.
        StoreError: others have one of the two open; the new one is not empty, or cannot hold what the old one does.
    """
    old, new = settings.store_url, _resolved(settings, url)
    if _same(old, new):
        raise ConfigError(f"move-store {_shown(new)}: that is the store of this project; name another database")
    file = _file(old)
    if file is not None and not file.is_file():
        raise ConfigError(
            f"move-store: {file} is not there, so nothing can be moved; telltale.toml may name the new one"
        )
    with ExitStack() as stack:
        stack.enter_context(only_one(settings, "up"))
        stack.enter_context(only_one(settings, "upkeep"))
        for each in (old, new):
            Store(each).close()  # tables that a newer telltale keeps are made, another version's store is refused
        source = stack.enter_context(held(old))
        target = stack.enter_context(held(new))
        _check_empty(target, new)
        contents = copy(source, target, progress)
    return Moved(
        {name: content.rows for name, content in contents.items()},
        {name: content.digest for name, content in contents.items()},
        _shown(old),
        _shown(new),
    )


def _resolved(settings: Settings, url: str) -> str:
    """The URL as it would count in telltale.toml: a relative path begins at the project's folder."""
    try:
        kind = sa.make_url(url).drivername
    except sa.exc.ArgumentError:
        kind = ""
    if kind not in EXAMPLES:  # the text itself may hold a password
        raise ConfigError(f"move-store: expected a URL such as {' or '.join(EXAMPLES.values())}")
    return settings.model_copy(update={"paths": settings.paths.model_copy(update={"store_url": url})}).store_url


def _same(old: str, new: str) -> bool:
    before, after = _file(old), _file(new)
    if before is not None and after is not None:
        return before.resolve() == after.resolve()
    return sa.make_url(old) == sa.make_url(new)


def _file(url: str) -> Path | None:
    """The file of a SQLite store; None of a server."""
    parts = sa.make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


def _check_empty(target: sa.Connection, url: str) -> None:
    rows = {name: count for name, count in counted(target).items() if count and name != META.name}
    if rows:
        total = f"{sum(rows.values()):,} rows in {len(rows)} tables, {next(iter(rows))} among them"
        raise StoreError(f"move: {_shown(url)} holds {total}; expected an empty database, name another")


def _shown(url: str) -> str:
    return sa.make_url(url).render_as_string(hide_password=True)
