"""Where damaged files go: a folder below `data/damaged`, named by the moment, from which nothing is ever deleted here.

Rows about people in such a file outlive no retention unseen: the file is noted as exported ones are, and `purge` and
`doctor` name it once it is past its time.
"""

import datetime as dt
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from telltale import private
from telltale.lake import RAW_TABLE, Lake
from telltale.landing import Store
from telltale.operate.retention.limits import HARMLESS, HOUR
from telltale.publish import exported
from telltale.settings import Settings
from telltale.tables import REJECT, TABLES

FOLDER = "damaged"


class Aside:
    """The folder of one repair; made with the first file.

    Args:
        settings: of the project.
        now_us: the present.
    """

    def __init__(self, settings: Settings, *, now_us: int) -> None:
        moment = dt.datetime.fromtimestamp(now_us / 1e6, dt.UTC)
        self.folder = settings.data / FOLDER / f"{moment:%Y-%m-%dT%H%M%S}Z"
        self._settings, self._now_us = settings, now_us
        self.files: list[Path] = []

    def copy(self, lake: Lake, path: str, *, table_name: str, source: str, rows: int) -> None:
        """Keep a copy of a file of the lake; none of one that is missing; a folder in its place is moved.

        Raises:
            OSError: the disk is full.
        """
        is_folder = lake.root.is_folder(path)
        if not is_folder and not lake.root.exists(path):
            return
        target = self._new(Path("lake") / path)
        if self._is_personal(table_name, source):
            expires = self._now_us + self._settings.site.raw_retention_h * HOUR
            what = f"damaged file of {table_name}"
            exported.note(lake.store, exported.Exported(str(target), what, rows, self._now_us, expires))
        if is_folder:
            target.unlink()
            shutil.move(lake.root.absolute(path), target)
            self.files.append(target)
            return
        with target.open("r+b") as file:
            file.write(lake.root.content(path))
            file.flush()
            os.fsync(file.fileno())
        self.files.append(target)

    def keep(self, path: Path) -> Path:
        """Keep a file that lies beside the lake, and stays where it is: by a second name, or a copy on another disk.

        Raises:
            OSError: the disk is full.
        """
        target = self._new(Path(path.name))
        target.unlink()
        try:
            os.link(path, target)
        except OSError:
            private.new_file(target)
            shutil.copyfile(path, target)
            with target.open("r+b") as file:
                os.fsync(file.fileno())
        self.files.append(target)
        return target

    def note(self, store: Store, target: Path, what: str, rows: int, sources: Collection[str]) -> None:
        """Note a file that holds raw records; where they are about people it is named once it is past its time."""
        if not sources or any(self._is_personal(RAW_TABLE, source) for source in sources):
            if self._settings.site.keep:
                return
            expires = self._now_us + self._settings.site.raw_retention_h * HOUR
            exported.note(store, exported.Exported(str(target), what, rows, self._now_us, expires))

    def _new(self, name: Path) -> Path:
        target = self.folder / name
        private.folder(target.parent)
        private.new_file(target)
        return target

    def _is_personal(self, table_name: str, source: str) -> bool:
        if self._settings.site.keep:
            return False
        if table_name in {RAW_TABLE, REJECT.name}:
            return source not in HARMLESS
        return TABLES[table_name].personal


def folders(settings: Settings) -> list[tuple[Path, int, int]]:
    """The folders that earlier repairs left, oldest first, each with its files and their bytes."""
    top = settings.data / FOLDER
    there = []
    for folder in sorted(top.glob("*Z")) if top.is_dir() else ():
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        there.append((folder, len(sizes), sum(sizes)))
    return there
