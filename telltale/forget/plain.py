"""Logs and all else that lies in the data folder as plain bytes: written over in place, for a process may write there.

written over   where what names it stands, in text, in gzip, in base64 within it
removed        what is called by its id, such as the budget of a modem; what cannot be written over, such as a
               Parquet file, a zip or the figures of a page; what is packed and cannot be unpacked, for whom it
               names nobody can say
named          another program's database, and what lies behind a link
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from telltale.forget.files import names_it
from telltale.forget.subject import spellings_of
from telltale.forget.task import Task
from telltale.forget.unpacked import GZIP, is_closed, is_packed, overwritten, unpacked
from telltale.operate.backup.removing import STAGED
from telltale.operate.check.aside import FOLDER as ASIDE
from telltale.privacy.files import replace
from telltale.privacy.spelling import Spellings

_SQLITE = b"SQLite format 3\0"
_OF_STORE = ("", "-wal", "-shm", "-journal")
_LOG = ".log"


def forget_in_logs(task: Task) -> None:
    """Take it out of the plain files of the data folder; those that another step sees to are left to that."""
    called, root = _called(task), task.project.settings.data
    for path in _plain_files(task):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a draft or a lock of a running process that is done
            continue
        if data.startswith(_SQLITE):
            _forget_database(task, path)
            continue
        if data.startswith(GZIP) and is_closed(data) and path.with_suffix("").exists():
            task.notes.append(f"{path} is being compressed: run it again once it is whole")
            continue
        left = None if called.found_in_text(path.relative_to(root).as_posix()) else _left_of(task, data)
        if left == data:
            continue
        if _is_elsewhere(task, path) and (left is None or _LOG not in path.name or data.startswith(GZIP)):
            task.notes.append(f"{path} names it, or nobody can say, and lies behind a link: see to it by hand")
            continue
        task.tell(_place(path, root), "files", removed=int(left is None), overwritten=int(left is not None))
        if not task.is_trial:
            _change(path, data, left)
    _name_links(task)


def plain_files_that_name_it(task: Task) -> Iterator[Path]:
    """Those of the data folder, logs and captures among them, in which it stands or which are called by it."""
    called, root = _called(task), task.project.settings.data
    for path in _plain_files(task):
        if called.found_in_text(path.relative_to(root).as_posix()) or names_it(task, path):
            yield path


def _plain_files(task: Task) -> Iterator[Path]:
    settings = task.project.settings
    others, store = _others(task), _store_files(task)
    folders = [settings.data, *([settings.logs] if settings.logs.is_symlink() else [])]
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path in store or any(path.is_relative_to(other) for other in others):
            continue
        if path.is_file() and not path.is_symlink():
            yield path


def _others(task: Task) -> list[Path]:
    """Folders that other steps see to."""
    settings = task.project.settings
    return [path for path in (settings.keys, settings.report_folder, settings.spools, settings.lake_root)
            if isinstance(path, Path)]  # fmt: skip


def _store_files(task: Task) -> set[Path]:
    """The store's own, wherever it lies; none on a server."""
    url = sa.make_url(task.project.settings.store_url)
    if not url.database or url.get_backend_name() != "sqlite":
        return set()
    return {Path(f"{url.database}{ending}") for ending in _OF_STORE}


def _called(task: Task) -> Spellings:
    """What a file or folder of its own is called by, an id or the person: another name may be any word ("logs")."""
    ids = tuple(each for each in task.subject.devices if each.partition(":")[2])
    return spellings_of(task.subject._replace(devices=ids, names=()), task.pseudonyms, names=True)


def _left_of(task: Task, data: bytes) -> bytes | None:
    """A file's bytes without it; None where it goes whole."""
    if is_closed(data):
        return None
    left = data
    if data.startswith(GZIP):
        inner = gzip.decompress(data)
        without = overwritten(task.texts, inner)
        left = data if without == inner else gzip.compress(without)
    elif not is_packed(data):
        left = overwritten(task.texts, data)
    return None if any(map(task.texts.found_in, unpacked(left))) else left


def _change(path: Path, data: bytes, left: bytes | None) -> None:
    if left is None:
        path.unlink()
    elif data.startswith(GZIP):
        replace(path, left)
    else:
        with path.open("r+b") as file:  # of the same length: what is appended meanwhile stays
            file.write(left)


def _forget_database(task: Task, path: Path) -> None:
    """A store or spool that a repair or a backup left aside goes whole; another program's is left to who keeps it."""
    if not names_it(task, path):
        return
    where = path.relative_to(task.project.settings.data).parts[0]
    if where != ASIDE and not where.startswith(STAGED):
        task.notes.append(f"{path} is a database that names it: see to it by hand")
        return
    task.tell(_place(path, task.project.settings.data), "files", removed=1)
    if not task.is_trial:
        path.unlink()


def _name_links(task: Task) -> None:
    """Links are not followed but that of the logs: what lies behind them may be anything of the owner's."""
    settings = task.project.settings
    own = [*_others(task), *_store_files(task), settings.logs]
    for path in sorted(path for path in settings.data.rglob("*") if path.is_symlink()):
        if any(path.is_relative_to(other) or other.is_relative_to(path) for other in own):
            continue
        if path.is_dir():
            task.notes.append(f"{path} is a link, and what lies behind it was not looked at: see to it by hand")
        elif path.is_file() and names_it(task, path):
            task.notes.append(f"{path} is a link to a file that names it: see to it by hand")


def _is_elsewhere(task: Task, path: Path) -> bool:
    logs = task.project.settings.logs
    return logs.is_symlink() and path.is_relative_to(logs)


def _place(path: Path, data: Path) -> str:
    return path.relative_to(data).parts[0] if path.parent != data else path.name
