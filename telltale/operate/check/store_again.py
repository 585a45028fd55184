"""A SQLite store that is damaged: what of it can be read goes into a new one, the old one is set aside.

A store that is missing is made anew by whoever opens it. In both cases the catalog is then made of the lake's files
(`telltale.lake.relist`), and what only the store held and cannot be read is said.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.lake import unfinished
from telltale.landing import Store
from telltale.landing.damage import damage
from telltale.landing.schema import FILES, LEASE, LOCK, META, SUPERSEDED, UNLISTED, metadata
from telltale.operate.check.aside import Aside
from telltale.operate.check.torn import LOGS, filled_anew, give_on, readable_rows
from telltale.operate.finding import Finding
from telltale.operate.moving.held import processes_with
from telltale.operate.project_lock import only_one
from telltale.settings import Settings
from telltale.wording import count
from telltale.workbench.project import Project

ONLY_THERE = (
    "what only the store held of that time is lost: records not settled yet, refused requests, what devices were last "
    "told, the outbox of forwarding, the ledgers of reports, messages, alerts and exports, and since when rows are kept"
)
_CATALOG = (FILES, UNLISTED, SUPERSEDED)
_TABLES = [table for table in metadata.sorted_tables if table not in {LOCK, LEASE}]


def store_again(project: Project, aside: Aside) -> Iterator[Finding]:
    """Make the store anew where it is damaged or gone, and yield what was saved of it and what was not.

    Raises:
        ConfigError: "up" or "upkeep" runs.
        StoreError: another program has the store open.
    """
    file = _file(project.settings)
    if file is None or not file.exists() or not (said := damage(file)):
        return
    with ExitStack() as stack:
        stack.enter_context(only_one(project.settings, "up"))
        stack.enter_context(only_one(project.settings, "upkeep"))
        if who := processes_with(file):
            raise StoreError(f"store {file}: it is damaged, and open in {', '.join(who)}; stop that and run it again")
        project.close()
        with filled_anew(file) as new:
            saved = _saved(file, new)
            total = sum(rows for rows, _ in saved.values())
            kept = _kept(aside, file, new, total)
    yield Finding("store", "ok", f"{file} was damaged ({said}): {count(total, 'row')} of it are in a new one")
    torn = sorted(name for name, (_, is_whole) in saved.items() if not is_whole)
    if len(torn) == len(_TABLES):
        yield Finding("store", "wrong", ONLY_THERE, f"the damaged one is kept: {kept}")
    elif torn:
        said = f"not all rows of these tables could be read: {', '.join(torn)}"
        yield Finding("store", "wrong", said, f"the damaged one is kept: {kept}")


def _file(settings: Settings) -> Path | None:
    url = sa.make_url(settings.store_url)
    if url.get_backend_name() != "sqlite":
        return None
    return Path(url.database or "").resolve()  # a link stays, and what it leads to is made anew


def _kept(aside: Aside, file: Path, new: Path, rows: int) -> Path:
    """Where the damaged file is kept, which the new one knows."""
    for ending in LOGS:
        if (log := file.with_name(file.name + ending)).exists():
            aside.keep(log)
    kept = aside.keep(file)
    store = Store(f"sqlite:///{new}")
    try:
        aside.note(store, kept, "damaged store", rows, ())
    finally:
        store.close()
    return kept


def _saved(old: Path, new: Path) -> dict[str, tuple[int, bool]]:
    """By table, how many rows could be read of the old file, and whether those are all; they are in the new one."""
    store = Store(f"sqlite:///{new}")
    saved = {}
    try:
        for table in _TABLES:
            rows, is_whole = readable_rows(old, table)
            with store.writer() as connection:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                marks = ", ".join("?" for _ in table.columns)
                kind = "replace" if table is META else "ignore"
                if rows:
                    # Names of ours; values go through marks.
                    text = f'insert or {kind} into "{table.name}" ({names}) values ({marks})'  # noqa: S608
                    connection.exec_driver_sql(text, rows)
            saved[table.name] = len(rows), is_whole
        give_on(old, store)
        if not all(saved[table.name][1] for table in _CATALOG):
            unfinished.begin(store)
    finally:
        store.close()
    return saved
