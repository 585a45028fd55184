"""tt.load of more than memory holds: refused before it is tried, and offered in parts."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import telltale as tt
from telltale.contract import ConfigError, Raw
from telltale.lake.settle import settle_all
from telltale.tables import SIGHTING
from telltale.workbench import batches, memory, reading
from tests.lake_fixture import at, report, write_settings


@pytest.fixture
def project(tmp_path: Path) -> tt.Project:
    """Sightings of three days, one of them hot, and none on a day between."""
    write_settings(tmp_path / "project")
    made = tt.Project(tmp_path / "project", now=lambda: at("2026-11-20 12:00"))
    landing = made.landing()
    for moment in ("2026-11-17 23:58", "2026-11-18 00:01", "2026-11-18 09:00", "2026-11-20 11:00"):
        if moment.startswith("2026-11-20"):
            settle_all(made.lake, now_us=made.now_us())
        end = at(moment) // 1_000_000
        body = report("AC:86:74:11:22:33", [("3c:06:30:aa:bb:01", -50, end - 20, end)])
        landing.append(Raw(0, "cloudtrax", (end + 5) * 1_000_000, "127.0.0.1", "{}", body))
    landing.close()
    return made


@pytest.mark.parametrize("since", [None, "2026-11-18", "36h"])
def test_batches_together_are_the_whole(project: tt.Project, since: str | None) -> None:
    whole = tt.load("sighting", since=since, engine="arrow", project=project)
    made = tt.load("sighting", since=since, engine="arrow", batches=True, project=project)
    assert isinstance(made, Iterator)
    parts = list(made)
    assert pa.concat_tables(parts).equals(whole)
    assert len(parts) == len({str(when)[:10] for when in whole["last_seen"].to_pylist()})


def test_a_large_day_comes_by_hours(project: tt.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 1)
    parts = list(tt.load("sighting", batches=True, project=project))
    assert [len(part) for part in parts] == [1, 1, 1, 1]
    assert list(parts[0]["device"]) == list(tt.load("sighting", until="2026-11-18", project=project)["device"])


def test_what_does_not_fit_is_said_before_it_is_tried(project: tt.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "available_bytes", lambda: 100)
    monkeypatch.setattr(project.engine, "run", lambda *_args, **_named: pytest.fail("it was tried"))
    with pytest.raises(ConfigError, match=r"up to 4 rows of .* batches=True"):
        tt.load("sighting", project=project)


def test_batches_come_however_little_memory_there_is(project: tt.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "available_bytes", lambda: 100)
    assert sum(len(part) for part in tt.load("sighting", batches=True, project=project)) == 4


def test_what_has_no_batches_says_so(project: tt.Project) -> None:
    with pytest.raises(ConfigError, match="visit is made of other tables"):
        tt.load("visit", batches=True, project=project)
    with pytest.raises(ConfigError, match="duckdb"):
        tt.load("sighting", engine="duckdb", batches=True, project=project)


def test_what_fits_passes_and_an_unknown_memory_refuses_nothing() -> None:
    names = ("device", "last_seen")  # 16 bytes, twice
    memory.check(SIGHTING, names, 1000, form="arrow", available=32_000)
    memory.check(SIGHTING, names, 10**12, form="arrow", available=None)
    with pytest.raises(ConfigError, match=r"up to 1,001 rows of 32 bytes"):
        memory.check(SIGHTING, names, 1001, form="arrow", available=32_000)


def test_the_system_is_asked() -> None:
    told = memory.available_bytes()
    assert told is None or told > 0
