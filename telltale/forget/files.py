"""Files beside the store: spools and exports; and what is named for the owner to see to."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from telltale.arrow import raws_to_arrow
from telltale.contract import Raw
from telltale.forget.records import Judge, left_of
from telltale.forget.task import Task
from telltale.forget.unpacked import is_closed, unpacked
from telltale.landing import Store, spool_files
from telltale.landing.schema import EXPORTED, RAW
from telltale.landing.spool import LOCK_ENDING
from telltale.lockfile import is_held
from telltale.settings import DEVICES_FILE, SECRETS_FILE


def names_it(task: Task, path: Path) -> bool:
    """Whether a file names it, in its name or anywhere in its unpacked bytes."""
    if task.texts.found_in_text(path.name):
        return True
    return any(map(task.texts.found_in, unpacked(path.read_bytes())))


def forget_in_spools(task: Task) -> None:
    """Records that wait for the store: as those in it, but where their collector runs nothing is taken from it."""
    for path in spool_files(task.project.settings.spools):
        is_owned = is_held(path.with_suffix(LOCK_ENDING))
        with closing(Store(f"sqlite:///{path}")) as store:
            waiting = _records_of(store)
            removed = overwritten = 0
            for source in sorted({raw.source for raw in waiting}):
                raws = {raw.id: raw for raw in waiting if raw.source == source}
                verdicts = dict(Judge(task, source)(raws_to_arrow(list(raws.values()))))
                if is_owned:  # its collector counts what waits: it is written over, and goes with its turn
                    verdicts = {raw_id: left or left_of(task, raws[raw_id]) for raw_id, left in verdicts.items()}
                gone = [raw_id for raw_id, left in verdicts.items() if left is None]
                removed, overwritten = removed + len(gone), overwritten + len(verdicts) - len(gone)
                if task.is_trial or not verdicts:
                    continue
                with store.writer() as connection:
                    for raw_id, left in verdicts.items():
                        of_it = RAW.c.id == raw_id
                        change = RAW.delete() if left is None else RAW.update().values(**left._asdict())
                        connection.execute(change.where(of_it))
            if not task.is_trial and not store.scrub():
                task.notes.append(f"{path}: its log could not be emptied while its collector wrote; run it again")
            task.tell(f"spool {path.name}", "records", removed, overwritten)


def waiting_in_spools(task: Task) -> Iterator[tuple[Path, list[Raw]]]:
    """The records that wait in each spool."""
    for path in spool_files(task.project.settings.spools):
        with closing(Store(f"sqlite:///{path}")) as store:
            yield path, _records_of(store)


def _records_of(spool: Store) -> list[Raw]:
    with spool.reader() as connection:
        query = sa.select(*(RAW.c[name] for name in Raw._fields)).order_by(RAW.c.id)
        return [Raw(*row) for row in connection.execute(query)]


def forget_exports(task: Task) -> None:
    """Exported files and evidence, wherever they were written: those that name it, or cannot be read, are deleted."""
    with task.project.store.reader() as connection:
        rows = connection.execute(sa.select(EXPORTED.c.path)).scalars().all()
    gone, removed = [], 0
    for text in rows:
        path = Path(text)
        files = [each for each in _files(path) if names_it(task, each) or is_closed(each.read_bytes())]
        if files:
            removed += 1
            if not task.is_trial:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        if files or task.texts.found_in_text(text):
            gone.append(text)
    if gone and not task.is_trial:
        with task.project.store.writer() as connection:
            connection.execute(EXPORTED.delete().where(EXPORTED.c.path.in_(gone)))
    task.tell("exports", "files", removed)


def by_hand(task: Task) -> list[str]:
    """What names it in the project's own folder and stays: notebooks and tables, somebody's work; lines of secrets."""
    root = task.project.settings.root
    lists = {root / DEVICES_FILE, root / task.project.settings.arp.allow_list}
    with task.project.store.reader() as connection:
        lists |= {Path(text) for text in connection.scalars(sa.select(EXPORTED.c.path))}
    there = [*root.glob("*.ipynb"), *root.glob("*.csv"), *(root / "notebooks").rglob("*.ipynb")]
    found = [path for path in sorted(there) if path not in lists and path.is_file() and names_it(task, path)]
    return [*in_secrets(task), *(path.relative_to(root).as_posix() for path in found)]


def in_secrets(task: Task) -> list[str]:
    """The lines of secrets.toml that name it, by their numbers alone: such as the token of a person."""
    path = task.project.settings.root / SECRETS_FILE
    lines = path.read_bytes().splitlines() if path.is_file() else []
    numbers = [str(number) for number, line in enumerate(lines, 1) if task.texts.found_in(line)]
    return [f"{SECRETS_FILE} line {', '.join(numbers)}"] if numbers else []


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (each for each in sorted(path.rglob("*")) if each.is_file())
    elif path.is_file():
        yield path
