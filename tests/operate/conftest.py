"""A project to be damaged: it is filled once, each test has its own copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.workbench import Project
from tests.operate.damaging import NOW, prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it lies; nobody changes it."""
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it."""
    made = Project(shutil.copytree(prepared, tmp_path / "project"), now=lambda: NOW)
    yield made
    made.close()
