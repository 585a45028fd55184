"""How the files of a report appear: all of them, or none.

A run writes into a hidden folder of its own. When all is there, that folder is renamed to one that says "publish this",
which is the moment the report exists; then its files are moved to their names, the page last. Whoever comes after a
process that ended in between moves the rest. One process publishes at a time in a folder of reports.

    <report>/2026-W47.html .ipynb .json .recipe.json .pdf    the report; .json is its line in the index
    <report>/2026-W47.before.html .before.recipe.json        the version before, where its answers were others
    <report>/latest.html                                     the page of the newest period, of the notebook's own
                                                             parameters; latest-<parameters>.html of others
"""

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from telltale import lockfile, private
from telltale.contract import TelltaleError

LOCK = ".publishing.lock"
WAIT_S = 60.0
STALE_S = 24 * 3600
"""A hidden folder that nobody has written into for so long is of a run that ended without a word."""
PAGE, RECIPE, BEFORE = ".html", ".recipe.json", ".before"
NO_PDF = "no-pdf"
_NEW, _DUE = ".new", ".due"

Step = Callable[[str], None]
"""Told the name of each step before the next begins; a test stops there."""


def staging(folder: Path) -> Path:
    """A new hidden folder for the files of one run."""
    private.folder(folder)
    made = folder / f".{os.getpid()}-{uuid.uuid4().hex[:8]}{_NEW}"
    made.mkdir(private.FOLDER)
    return made


def discard(staged: Path) -> None:
    """Remove what a run that failed has written."""
    shutil.rmtree(staged, ignore_errors=True)


def publish(staged: Path, base: str, *, replaces: Callable[[Path, Path], bool], latest: str, step: Step) -> None:
    """Let the files of a run appear.

    Args:
        staged: folder of all its files, named `base` with their endings.
        base: name of the report.
        replaces: whether the first page says something else than the second, which is then kept as the one before.
        latest: name of the link to the newest page; empty where this is not the newest.
        step: told how far it came.
    """
    folder = staged.parent
    if latest:
        (staged / latest).touch()
    if not (staged / f"{base}.pdf").exists():
        (staged / NO_PDF).touch()
    with alone(folder):
        _finish(folder, replaces, step)
        step("publish:1 staged")
        staged.rename(folder / f".{base}{_DUE}")
        step("publish:2 due")
        _finish(folder, replaces, step)


def finish(folder: Path, *, replaces: Callable[[Path, Path], bool], step: Step = lambda _name: None) -> None:
    """Publish what a process that ended had begun to publish, and remove what others left."""
    if not folder.is_dir():
        return
    if any(folder.glob(f".*{_DUE}")):
        with alone(folder):
            _finish(folder, replaces, step)
    for left in folder.glob(f".*{_NEW}"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > STALE_S:
                discard(left)


def _finish(folder: Path, replaces: Callable[[Path, Path], bool], step: Step) -> None:
    for due in folder.glob(f".*{_DUE}"):
        base = due.name.removeprefix(".").removesuffix(_DUE)
        page = folder / f"{base}{PAGE}"
        if (due / page.name).exists() and page.exists() and replaces(due / page.name, page):
            for ending in (RECIPE, PAGE):
                _copy(folder / f"{base}{ending}", folder / f"{base}{BEFORE}{ending}")
            step("publish:3 before kept")
        links = [path for path in due.iterdir() if path.name.startswith("latest")]
        files = sorted(due.glob(f"{base}.*"), key=lambda path: path.suffix == PAGE)
        if (due / NO_PDF).exists():
            (folder / f"{base}.pdf").unlink(missing_ok=True)  # of the version before
        for path in files:
            path.replace(folder / path.name)
            step(f"publish:4 {''.join(path.suffixes[-2:]) if path.name.endswith(RECIPE) else path.suffix}")
        for link in links:
            _copy(page, folder / link.name)
        step("publish:5 latest")
        (folder / f"{base}.failed.ipynb").unlink(missing_ok=True)
        discard(due)


def _copy(source: Path, target: Path) -> None:
    """Another name for a file's content, whole or not there; a link where the file system has them."""
    if not source.exists():
        return
    draft = target.with_name(f".{uuid.uuid4().hex[:8]}.copy")
    try:
        os.link(source, draft)
    except OSError:
        shutil.copyfile(source, draft)
    draft.replace(target)
    draft.unlink(missing_ok=True)  # two links of one file: replacing does nothing


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Inside the block no other process publishes in a folder, and no other thread.

    Raises:
        TelltaleError: another one has done so for a minute.
    """
    until = time.monotonic() + WAIT_S
    while True:
        try:
            held = lockfile.hold(folder / LOCK)
            break
        except lockfile.Held as error:
            if time.monotonic() > until:
                raise TelltaleError(
                    f"{folder}: {error.holder} has been publishing a report for {WAIT_S:.0f} s; "
                    "end that process and run this again, nothing was changed"
                ) from error
            time.sleep(0.05)
    try:
        yield
    finally:
        held.close()
