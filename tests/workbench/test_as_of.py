"""A project of a moment that has passed: its present, its records, and nothing of what came after."""

import json
from pathlib import Path

import pytest

from telltale.contract import ConfigError, Raw
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.landing.schema import RAW
from telltale.workbench import as_of
from telltale.workbench.as_of import Moment
from telltale.workbench.project import Project
from telltale.workbench.raw_records import records
from telltale.workbench.times import FOREVER, Span
from tests.lake_fixture import write_settings

NOON_US = 1_795_172_400_000_000
"""2026-11-20 11:00 UTC."""
MINUTE_US = 60 * 10**6
ALL = Span(0, FOREVER)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(write_settings(tmp_path), now=lambda: NOON_US + 3_600 * 10**6)


def send(project: Project, raw_id: int, *, minute: int, value: int, seq: int, settle: bool = True) -> None:
    """One callback of a sensor: its number, its reading, the minute it tells of and came in."""
    at_us = NOON_US + minute * MINUTE_US
    told = f"device=2d24e6&time={at_us // 10**6}&seqNumber={seq}&data={value:02x}".encode()
    meta = {"transport": "http", "method": "POST", "path": "/sigfox/uplink", "query": "", "headers": {}}
    raw = Raw(raw_id, "sigfox", at_us + raw_id * 1_000, "192.0.2.7", json.dumps(meta), told)
    with project.store.writer() as connection:
        connection.execute(RAW.insert().values(**raw._asdict()))
    if settle:
        settle_all(project.lake, now_us=project.now_us())


def seen(project: Project, moment: Moment | None) -> tuple[list[int], list[int]]:
    """The raw ids of the messages and the raw records a project of that moment has."""
    past = Project(settings=project.settings, now=project.clock, as_of=moment)
    try:
        rows = past.view().table("uplink").arrow()["raw_id"].to_pylist()
        return sorted(rows), [raw.id for raw in records(past, "sigfox", ALL)]
    finally:
        past.close()


def test_the_present_is_that_of_the_moment(project: Project) -> None:
    past = Project(settings=project.settings, as_of=Moment(NOON_US))
    assert past.now_us() == past.view().now_us == NOON_US
    assert past.moment() == Moment(NOON_US)
    past.close()


@pytest.mark.parametrize("is_merged", [False, True])
@pytest.mark.parametrize("are_hot", [False, True])
def test_what_came_later_is_not_there(project: Project, *, is_merged: bool, are_hot: bool) -> None:
    send(project, 1, minute=0, value=1, seq=1)
    send(project, 2, minute=10, value=2, seq=2)
    before = project.moment()
    assert before == Moment(project.now_us(), 2)
    send(project, 3, minute=20, value=3, seq=3, settle=not are_hot)
    send(project, 4, minute=5, value=4, seq=4, settle=not are_hot)
    if is_merged:
        merge(project.lake, now_us=project.now_us() + 72 * 3_600 * 10**6)
    assert seen(project, None) == ([1, 2, 3, 4], [1, 2, 3, 4])
    assert seen(project, before._replace(through_id=None)) == ([1, 2, 3, 4], [1, 2, 3, 4])
    assert seen(project, before) == ([1, 2], [1, 2])
    assert seen(project, before._replace(through_id=0)) == ([], [])


def test_a_row_that_a_later_record_replaced_is_there_again(project: Project) -> None:
    """Merged files keep one row of a key, the later; the earlier record says what there was."""
    send(project, 1, minute=0, value=1, seq=1)
    before = project.moment()
    send(project, 2, minute=0, value=1, seq=1)
    merge(project.lake, now_us=project.now_us() + 72 * 3_600 * 10**6)
    assert seen(project, None)[0] == [2]
    assert seen(project, before) == ([1], [1])


def test_its_files_are_removed_when_it_is_closed_and_never_listed(project: Project) -> None:
    send(project, 1, minute=0, value=1, seq=1)
    send(project, 2, minute=10, value=2, seq=2)
    merge(project.lake, now_us=project.now_us() + 72 * 3_600 * 10**6)
    folder = project.settings.data / "lake" / as_of.FOLDER
    past = Project(settings=project.settings, as_of=Moment(NOON_US, 1))
    past.view().table("uplink").arrow()
    assert list(folder.rglob("*.parquet"))
    assert not [file for file in project.lake.snapshot().files if file.path.startswith(as_of.FOLDER)]
    past.close()
    assert not list(folder.rglob("*.parquet"))


@pytest.mark.parametrize(("text", "moment"), [("", None), ("12:", Moment(12)), ("12:7", Moment(12, 7))])
def test_the_environment_tells_a_moment(monkeypatch: pytest.MonkeyPatch, text: str, moment: Moment | None) -> None:
    monkeypatch.setenv(as_of.VARIABLE, text)
    assert as_of.told() == moment
    assert moment is None or moment.text == text


@pytest.mark.parametrize("text", ["noon", "12:x", ":7"])
def test_a_moment_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(as_of.VARIABLE, text)
    with pytest.raises(ConfigError, match="expected microseconds UTC"):
        as_of.told()
