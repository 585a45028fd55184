"""Spools that are damaged: what of one can be read waits in a new one, and is stored from there; the rest is counted.

The new file keeps the records' numbers and its own: by them the store knows which it has, should a drain have ended
between storing and taking out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from telltale.contract import StoreError
from telltale.landing import Store, spool_files
from telltale.landing.damage import damage
from telltale.landing.schema import META, RAW
from telltale.landing.spool import LOCK_ENDING
from telltale.lockfile import Held, hold
from telltale.operate.check.aside import Aside
from telltale.operate.check.torn import LOGS, filled_anew, give_on, last_given, readable_rows
from telltale.operate.finding import Finding
from telltale.wording import count
from telltale.workbench.project import Project

_ID = [column.name for column in RAW.columns].index("id")
_SOURCE = [column.name for column in RAW.columns].index("source")


class _Saved(NamedTuple):
    rows: int
    lost: int | None
    """Records that waited and cannot be read; None where nothing says how many there were."""
    sources: frozenset[str]


def spools_again(project: Project, aside: Aside) -> Iterator[Finding]:
    """Set damaged spools aside, and yield what was saved of each; a collector that has one open keeps it."""
    for path in spool_files(project.settings.spools):
        try:
            said = damage(path)
        except StoreError as error:
            yield Finding("spools", "wrong", str(error), "see to it and run it again")
            continue
        if not said:
            continue
        try:
            lock = hold(path.with_suffix(LOCK_ENDING))
        except Held as held:
            fix = 'stop it, and run "telltale check --repair" again'
            yield Finding("spools", "wrong", f"{path} is damaged ({said}), and {held.holder} has it open", fix)
            continue
        with lock:
            with filled_anew(path) as new:
                saved = _saved(path, new)
                for ending in LOGS:
                    if (log := path.with_name(path.name + ending)).exists():
                        aside.keep(log)
                kept = aside.keep(path)
                aside.note(project.store, kept, f"damaged spool {path.name}", saved.rows, saved.sources)
            yield from _findings(path, said, kept, saved)


def _saved(old: Path, new: Path) -> _Saved:
    """Put what can be read of the old file into a new one."""
    rows, is_whole = readable_rows(old, RAW)
    notes, _ = readable_rows(old, META)
    store = Store(f"sqlite:///{new}")
    try:
        for table, found, kind in ((META, notes, "replace"), (RAW, rows, "ignore")):
            if found:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                marks = ", ".join("?" for _ in table.columns)
                # Names of ours; values go through marks.
                text = f'insert or {kind} into "{table.name}" ({names}) values ({marks})'  # noqa: S608
                with store.writer() as connection:
                    connection.exec_driver_sql(text, found)
        give_on(old, store)
    finally:
        store.close()
    ids = sorted(row[_ID] for row in rows)
    last = max([*ids[-1:], last_given(old, RAW.name)], default=0)
    lost = 0 if is_whole else last - ids[0] + 1 - len(ids) if ids else None
    return _Saved(len(rows), lost, frozenset(row[_SOURCE] for row in rows))


def _findings(path: Path, said: str, kept: Path, saved: _Saved) -> Iterator[Finding]:
    stores = 'its collector stores them when it starts, or "telltale up" does' if saved.rows else ""
    what = f"{path} was damaged ({said}): {count(saved.rows, 'record')} of it wait in a new one"
    yield Finding("spools", "ok", what, stores)
    if saved.lost == 0:
        return
    lost = (
        "how many more waited nothing says"
        if saved.lost is None
        else f"at least {count(saved.lost, 'record')} cannot be read"
    )
    yield Finding("spools", "wrong", f"{path}: {lost}", f"the damaged one is kept: {kept}")
