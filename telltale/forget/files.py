"""Files beside the store: spools, exports, logs, and whatever else lies in the data folder as plain bytes."""

import gzip
import shutil
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from telltale.arrow import raws_to_arrow
from telltale.contract import Raw
from telltale.forget.records import Judge, left_of
from telltale.forget.task import Task
from telltale.forget.unpacked import is_closed, is_packed, unpacked
from telltale.landing import Store, spool_files
from telltale.landing.schema import EXPORTED, RAW
from telltale.landing.spool import LOCK_ENDING
from telltale.lockfile import is_held
from telltale.privacy.files import replace
from telltale.settings import DEVICES_FILE

_SQLITE, _GZIP = b"SQLite format 3\0", b"\x1f\x8b"


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
            with store.reader() as connection:
                query = sa.select(*(RAW.c[name] for name in Raw._fields)).order_by(RAW.c.id)
                waiting = [Raw(*row) for row in connection.execute(query)]
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


def forget_in_logs(task: Task) -> None:
    """Logs and all else that lies in the data folder: written over in place, for a process may be writing there.

    A Parquet file or a zip there, such as a repair sets aside, goes whole where it names it; so does one that cannot be
    unpacked, for whom it names nobody can say.
    """
    settings = task.project.settings
    store = sa.make_url(settings.store_url).database or ""
    others = [settings.keys, settings.report_folder, settings.spools, Path(store).parent]
    others += [settings.lake_root] if isinstance(settings.lake_root, Path) else []
    for path in sorted(settings.data.rglob("*")):
        if not path.is_file() or path.is_symlink() or any(path.is_relative_to(other) for other in others):
            continue
        data = path.read_bytes()
        if is_packed(data):
            if names_it(task, path) or is_closed(data):
                task.tell(_place(path, settings.data), "files", removed=1)
                if not task.is_trial:
                    path.unlink()
        else:
            task.tell(_place(path, settings.data), "files", overwritten=_overwrite(task, path, data))


def by_hand(task: Task) -> list[str]:
    """Notebooks and tables of the project's own folder that name it: they are somebody's work, and stay."""
    root = task.project.settings.root
    lists = {root / DEVICES_FILE, root / task.project.settings.arp.allow_list}
    with task.project.store.reader() as connection:
        lists |= {Path(text) for text in connection.scalars(sa.select(EXPORTED.c.path))}
    there = [*root.glob("*.ipynb"), *root.glob("*.csv"), *(root / "notebooks").rglob("*.ipynb")]
    found = [path for path in sorted(there) if path not in lists and path.is_file() and names_it(task, path)]
    return [path.relative_to(root).as_posix() for path in found]


def _place(path: Path, data: Path) -> str:
    return path.relative_to(data).parts[0] if path.parent != data else path.name


def _overwrite(task: Task, path: Path, data: bytes) -> int:
    """Write over each spelling, inside gzip too; how many files that were."""
    if data.startswith(_SQLITE):
        return 0
    if data.startswith(_GZIP):
        return _overwrite_gzip(task, path, data)
    left = task.texts.overwritten(data)
    if left != data and not task.is_trial:
        with path.open("r+b") as file:  # of the same length: what is appended meanwhile stays
            file.write(left)
    return int(left != data)


def _overwrite_gzip(task: Task, path: Path, data: bytes) -> int:
    try:
        inner = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return 0
    left = task.texts.overwritten(inner)
    if left != inner and not task.is_trial:
        replace(path, gzip.compress(left))
    return int(left != inner)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (each for each in sorted(path.rglob("*")) if each.is_file())
    elif path.is_file():
        yield path
