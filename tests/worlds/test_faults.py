"""Every planted fault is caught by the project that shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.settings.devices import _parsed
from tests.worlds.faults import FAULTS, Fault
from tests.worlds.implications import contradictions
from tests.worlds.test_worlds import ALL, Read, faults_of, pages_of, read, wrong_figures

BY_NAME = {fault.name: fault for fault in FAULTS}
IN_TURN = 3


@pytest.fixture(autouse=True)
def _taken_apart_anew() -> Iterator[None]:
    """A fault in how devices.csv is taken apart shows, and stays in no other test."""
    _parsed.cache_clear()
    yield
    _parsed.cache_clear()


def all_wrong(found: Read) -> set[str]:
    """Everything that is wrong with a project."""
    pages = {page: found.text(page) for page in pages_of(found.world)}
    return {*faults_of(found), *wrong_figures(found), *contradictions(pages)}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long if number % IN_TURN else []) for number, name in enumerate(BY_NAME)],
)
def test_a_planted_fault_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = BY_NAME[name]
    sound = read(ALL[fault.world], tmp_path / "sound")
    before = all_wrong(sound)
    sound.project.close()
    assert wrong_with(fault, fault.world, tmp_path, monkeypatch) - before, f"{fault.world} does not notice it"


@pytest.mark.long
@pytest.mark.parametrize("world", ALL)
@pytest.mark.parametrize("name", BY_NAME)
def test_with_a_planted_fault_every_project_can_still_be_read(
    name: str, world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever else notices it is told in the message; a fault must never end a page."""
    noticed = wrong_with(BY_NAME[name], world, tmp_path, monkeypatch)
    assert not [line for line in noticed if "could not be computed" in line], "\n".join(sorted(noticed))


def wrong_with(fault: Fault, world: str, folder: Path, patch: pytest.MonkeyPatch) -> set[str]:
    """What is wrong with a project of that fault."""
    fault.plant(patch)
    _parsed.cache_clear()
    found = read(ALL[world], folder / "wrong")
    try:
        return all_wrong(found)
    finally:
        found.project.close()
        patch.undo()
