"""A project to decode again, as it was before, and as decoding here leaves it."""

import shutil
from pathlib import Path

from telltale.lake import File
from telltale.lake.redecode import redecode
from telltale.workbench.project import Project
from tests.lake_fixture import fill
from tests.workers.run import opened

LOCAL = "local[2]"


class Filled:
    """A project whose rows are those of an older day: since then a station opted out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lake = fill(folder / "before", hours=7)
        project, self.now_us = lake.project, lake.project.now_us()
        project.lists.add("opt_out", lake.truth["fixed"][0])
        project.close()
        self.expected = self.copy("here")
        redecode(self.expected.lake, now_us=self.now_us)

    def copy(self, name: str, master: str = LOCAL) -> Project:
        """The project as it was before anything was decoded again."""
        shutil.copytree(self.folder / "before", self.folder / name)
        return opened(self.folder / name, master, self.now_us)


def listed(project: Project) -> list[File]:
    """The catalog, but for when and where files were written."""
    return [file._replace(created_at=0, host="") for file in project.lake.snapshot().files]
