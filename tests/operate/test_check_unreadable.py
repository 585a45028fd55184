"""A file of the lake that another user owns: one sentence with its name and what to do."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import StoreError
from telltale.lake.redecode import redecode
from telltale.operate.check import examine
from telltale.workbench import Project
from tests.operate.damaging import NOW, of, prepare, repaired
from tests.postgres import NOBODY

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """One that its owner opens, who is never root: root reads everything."""
    first = Project(prepare(tmp_path), now=lambda: NOW)
    list(examine(first, quick=False))  # what is imported late is imported by now: where Python is only root's
    tt.load("reading", project=first)
    first.close()
    with tempfile.TemporaryDirectory() as folder:
        root = shutil.copytree(first.settings.root, Path(folder) / "project")
        if IS_ROOT:
            for path in (Path(folder), root, *root.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        project = Project(root, now=lambda: NOW)
        yield project
        project.close()
        if IS_ROOT:
            os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="rights are said otherwise there")
def test_a_file_that_may_not_be_read_is_named(project: Project) -> None:
    file = of(project, "reading")
    raw = next(file for file in project.lake.snapshot().of("raw") if file.source == "efento")
    for path in (file, Path(project.lake.path(raw))):
        path.chmod(0)
    files = set(project.lake.snapshot().files)
    asked: list[Callable[[], object]] = [
        lambda: tt.load("reading", project=project),
        lambda: tt.sql("select * from reading", project=project),
        lambda: redecode(project.lake, source="efento", now_us=NOW),
        lambda: repaired(project),
    ]
    for ask in asked:
        with pytest.raises(StoreError, match=r"\.parquet cannot be read: .*; let this user read it, such as "):
            ask()
    for quick in (False, True):
        (found,) = [each for each in examine(project, quick=quick) if each.state == "wrong"]
        assert "cannot be read" in found.found
        assert found.fix.startswith("let this user read it")
    assert set(project.lake.snapshot().files) == files
