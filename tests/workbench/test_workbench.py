"""tt.load, tt.sql, tt.raw, tt.decode, tt.sources, tt.health and what the earlier receiver offered."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import telltale as tt
from telltale import COMPUTES
from telltale.cli import telltale as cli
from telltale.contract import ConfigError, Raw, Request, TelltaleError
from telltale.door import Door
from telltale.engine import DuckEngine, Relation
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.presence.stations import COLUMNS
from telltale.sources import SOURCES
from telltale.sources.cloudtrax import wire
from telltale.tables import TABLES
from telltale.workbench.times import Span
from tests.lake_fixture import SECRET, at, report, write_settings


@pytest.fixture
def empty(tmp_path: Path) -> tt.Project:
    """A project nothing has reached yet, at noon of Friday 20 November 2026."""
    write_settings(tmp_path / "project")
    return tt.Project(tmp_path / "project", now=lambda: at("2026-11-20 12:00"))


@pytest.fixture
def heard(empty: tt.Project) -> tt.Project:
    """Two stations: one heard by two nodes at 11:00 and 11:50, one by one node at 11:30; hot and settled rows."""
    one, other = "3c:06:30:aa:bb:01", "da:a1:19:00:00:02"
    landing = empty.landing()

    def put(node: str, clock: str, mac: str, level: int) -> None:
        end = at(f"2026-11-20 {clock}") // 1_000_000
        body = report(node, [(mac, level, end - 20, end)])
        landing.append(Raw(0, "cloudtrax", (end + 5) * 1_000_000, "127.0.0.1", "{}", body))

    put("AC:86:74:11:22:33", "11:00", one, -50)
    put("AC:86:74:11:22:44", "11:00", one, -70)
    settle_all(empty.lake, now_us=empty.now_us())
    put("AC:86:74:11:22:33", "11:30", other, -60)
    put("AC:86:74:11:22:44", "11:50", one, -55)
    landing.close()
    return empty


def test_importing_telltale_imports_nothing_heavy() -> None:
    script = "import sys, telltale; print(sorted({'duckdb', 'pandas', 'pyarrow', 'sqlalchemy'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_sources_is_a_function_and_a_package() -> None:
    import telltale.sources

    assert telltale.sources is tt.sources
    assert inspect.unwrap(tt.sources) is tt.workbench.sources
    assert {"cloudtrax", "sigfox", "efento", "button"} <= {one.name for one in sys.modules["telltale.sources"].SOURCES}


@pytest.mark.parametrize("name", [name for name in tt.__all__ if name not in {"page", "report"}])
def test_everything_offered_is_there(name: str) -> None:
    assert getattr(tt, name) is not None
    assert name in dir(tt)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"no 'lod'; it has .*load"):
        tt.lod  # noqa: B018


def test_it_works_from_any_folder(heard: tt.Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    below = heard.settings.root / "notebooks" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert len(tt.load("sighting")) == 4
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELLTALE_HOME", str(heard.settings.root))
    assert len(tt.load("sighting")) == 4


def test_changed_settings_are_read_again(heard: tt.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    root = heard.settings.root
    monkeypatch.chdir(root)
    assert tt.presence.figures("2026-11-20", "2026-11-21")["name"].unique().tolist() == ["Harbour site"]
    told = (root / "telltale.toml").read_text().replace("Harbour site", "Quay")
    (root / "telltale.toml").write_text(told)
    assert tt.presence.figures("2026-11-20", "2026-11-21")["name"].unique().tolist() == ["Quay"]


def test_settled_and_hot_rows_are_one_tidy_table(heard: tt.Project) -> None:
    rows = tt.load("sighting", project=heard)
    assert rows["last_seen"].is_monotonic_increasing
    assert rows["device"].str.fullmatch("[0-9a-f]{16}").all()
    assert rows["device"].nunique() == 2
    assert str(rows["last_seen"].dtype) == "datetime64[us, UTC]"
    assert rows["rssi_max_dbm"].tolist() == [-50, -70, -60, -55]
    assert str(rows["rssi_last_dbm"].dtype) == "Int32"


@pytest.mark.parametrize(
    ("since", "until", "rows"),
    [
        ("24h", None, 4),
        ("40min", None, 2),
        ("2026-11-20 11:00", "2026-11-20 11:30", 2),
        ("2026-11-21", "2026-11-22", 0),
    ],
)
def test_a_stretch_is_loaded(heard: tt.Project, since: str, until: str | None, rows: int) -> None:
    assert len(tt.load("sighting", since, until, project=heard)) == rows


def test_native_objects_keep_the_number(heard: tt.Project) -> None:
    table = tt.load("sighting", columns=("device", "frames"), engine="arrow", project=heard)
    assert [str(field.type) for field in table.schema] == ["int64", "int64"]
    assert tt.load("sighting", engine="duckdb", project=heard).arrow().num_rows == 4


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: tt.load("sightings", project=p), 'no table "sightings".*did you mean "sighting"'),
        (lambda p: tt.load("sighting", columns=("rssi",), project=p), 'no column "rssi"; known: raw_id'),
        (
            lambda p: tt.load("sighting", engine=cast("Any", "polars"), project=p),
            'engine "polars": expected one of pandas',
        ),
        (lambda p: tt.load("sighting", "soon", project=p), 'moment "soon"'),
        (lambda p: tt.presence.sightings(0, project=p), "limit 0"),
        (lambda p: tt.presence.sightings(node="door", project=p), 'node "door"'),
        (lambda p: tt.presence.figures(site="7", project=p), 'no site "7" has reported; known: 71234'),
        (lambda p: tt.presence.visits(gaps="1h", project=p), 'threshold "gaps".*did you mean "gap"'),  # type: ignore[call-arg]
        (lambda p: tt.presence.visits(visit_dbm=-95, project=p), "passer_dbm"),
    ],
)
def test_an_error_says_what_was_expected(heard: tt.Project, call: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        call(heard)  # type: ignore[operator]


def test_sql_sees_every_table_and_devices_csv(heard: tt.Project) -> None:
    (heard.settings.root / "devices.csv").write_text("device_id,name,zone\nac:86:74:11:22:33,Door,Entrance\n")
    text = """
        select coalesce(d.zone, 'elsewhere') as zone, count(*) as n, sum(frames) as frames
        from sighting s left join device_info d on d.device_id = s.node_id
        where rssi_max_dbm >= :level group by all order by zone"""
    assert tt.sql(text, level=-65, project=heard).values.tolist() == [["Entrance", 2, 6], ["elsewhere", 1, 3]]
    assert tt.sql("select count(*) as n from visit", project=heard)["n"].tolist() == [3]


def test_raw_shows_the_bytes_or_when_they_went(heard: tt.Project) -> None:
    row = tt.load("sighting", project=heard).iloc[0]
    found = tt.raw(row["raw_id"], project=heard)
    assert isinstance(found, Raw)
    assert b"3c:06:30:aa:bb:01" in found.body
    decoded = tt.decode("cloudtrax", found, project=heard)
    assert decoded["sighting"]["device"].tolist() == [row["device"]]
    files = heard.lake.snapshot().of("raw")
    drop(heard.lake, files, now_us=at("2026-11-22 04:00"), freeze=True)
    assert str(tt.raw(row["raw_id"], project=heard)) == f"raw {row['raw_id']}: purged on 2026-11-22 03:00 UTC"
    with pytest.raises(TelltaleError, match="raw 4711: no record has that id"):
        tt.raw(4711, project=heard)


def test_decode_says_what_bytes_say_and_stores_nothing(empty: tt.Project) -> None:
    moment = at("2026-11-20 11:00") // 1_000_000
    body = report("AC:86:74:11:22:33", [("3c:06:30:aa:bb:01", -50, moment, moment), ("01:06:30:aa:bb:01", -50, 1, 1)])
    said = tt.decode("cloudtrax", body, project=empty)
    assert {name: len(rows) for name, rows in said.items()} == {"node_heartbeat": 1, "reject": 1, "sighting": 1}
    assert len(tt.load("sighting", project=empty)) == 0


def test_sources_and_health_count_what_arrived(heard: tt.Project) -> None:
    source = tt.sources(project=heard).iloc[0]
    assert (source["source"], source["records"], source["hot"]) == ("cloudtrax", 4, 2)
    nodes = tt.health.devices(project=heard)
    assert nodes["node_id"].tolist() == ["ac:86:74:11:22:33", "ac:86:74:11:22:44"]
    assert nodes["reports"].tolist() == [2, 2]
    assert nodes["clock_offset_s"].tolist() == [5.0, 5.0]
    assert nodes["longest_gap_s"].tolist() == [1800.0, 3000.0]
    assert nodes["silent_s"].tolist() == [1795.0, 595.0]


def test_an_empty_project_gives_empty_tables(empty: tt.Project) -> None:
    for frame in (
        tt.load("sighting", project=empty),
        tt.load("visit", project=empty),
        tt.presence.sightings(project=empty),
        tt.health.devices(project=empty),
        tt.presence.visits(project=empty),
        tt.presence.figures(project=empty),
        tt.presence.occupancy(project=empty),
    ):
        assert isinstance(frame, pd.DataFrame)
        assert len(frame) == 0
        assert len(frame.columns) > 5


def test_newest_sightings_come_first_and_in_pages(heard: tt.Project) -> None:
    levels = [tt.presence.sightings(3, page=page, project=heard)["rssi_max_dbm"].tolist() for page in (1, 2, 3)]
    assert levels == [[-55, -60, -50], [-70], []]
    assert tt.presence.count_sightings(project=heard) == 4


@pytest.mark.parametrize("typed", ["3c:06:30:aa:bb:01", "3C-06-30-AA-BB-01", "3c0630aabb01", " 3c06.30aa.bb01 "])
def test_a_station_is_found_by_its_address_in_any_spelling(heard: tt.Project, typed: str) -> None:
    found = tt.presence.sightings(station=typed, project=heard)
    assert found["rssi_max_dbm"].tolist() == [-55, -50, -70]
    assert typed.strip().lower() not in found.to_string()
    by_pseudonym = tt.presence.sightings(station=found["device"].iloc[0], project=heard)
    assert by_pseudonym.equals(found)


def test_a_station_is_known_by_the_nodes_that_heard_it(heard: tt.Project) -> None:
    nodes = tt.presence.nodes_that_heard("3c:06:30:aa:bb:01", project=heard)
    assert nodes[["node_id", "sightings", "frames", "rssi_max_dbm"]].values.tolist() == [
        ["ac:86:74:11:22:44", 2, 6, -55],
        ["ac:86:74:11:22:33", 1, 3, -50],
    ]
    assert tt.presence.last_seen("3c:06:30:aa:bb:01", project=heard)["node_id"].tolist() == ["ac:86:74:11:22:44"]
    assert len(tt.presence.last_seen("3c:06:30:aa:bb:77", project=heard)) == 0


def test_a_mistyped_address_is_not_repeated(heard: tt.Project) -> None:
    with pytest.raises(TelltaleError) as error:
        tt.presence.sightings(station="5e:77:30:aa:bb:0", project=heard)
    assert "5e:77" not in str(error.value)


def test_sample_data_needs_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sample = tt.presence.sample()
    assert len(sample) == 5
    assert sample.columns.tolist() == COLUMNS.split(", ")


def test_an_acknowledged_sighting_is_in_the_next_answer(empty: tt.Project) -> None:
    landing = empty.landing()
    door = Door(SOURCES, landing, empty.settings)
    now = at("2026-11-20 12:00") // 10**6
    body = report("AC:86:74:11:22:33", [("3c:06:30:aa:bb:01", -50, now - 5, now)])
    for count in (1, 2):
        sent = body if count == 1 else body.replace(b"bb:01", b"bb:02")
        headers = {"signature": wire.signature(SECRET, sent).hex()}
        request = Request("cloudtrax", now * 10**6, "127.0.0.1", "http", "POST", "/cloudtrax", headers, "", sent)
        assert door.handle(request).reply.status == 200
        assert len(tt.load("sighting", project=empty)) == count
    landing.close()


def test_occupancy_is_unknown_where_no_node_reported(heard: tt.Project) -> None:
    bins = tt.presence.occupancy("2026-11-20", bin="30min", project=heard).query("address_kind == 'all'")
    known = bins["devices"].notna()
    assert bins[known]["label"].str[11:16].tolist() == ["11:00", "11:30"]
    assert bins["nodes"].tolist() == [0] * 22 + [2, 2]
    assert np.isnan(bins["mean"].iloc[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--limit", "2"], ["ac:86:74:11:22:44", "11:50"]),
        (["--node", "AC-86-74-11-22-33", "--json"], ['"rssi_max_dbm": -60']),
        (["--station", "3c:06:30:aa:bb:01", "--nodes-that-heard"], ["ac:86:74:11:22:33", "sightings"]),
        (["--station", "3c:06:30:aa:bb:01", "--last-seen", "--json"], ['"rssi_max_dbm": -55']),
        (["--page", "9"], ["No sightings on page 9"]),
        (["--station", "3c:06:30:aa:bb:99"], ["No sightings kept that match"]),
        (["--sample"], ["71234"]),
    ],
)
def test_telltale_sightings(
    heard: tt.Project, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: list[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(heard.settings.root))
    result = CliRunner().invoke(cli, ["presence", "sightings", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    for text in said:
        assert text.replace("11:50", "10:50") in result.output


def test_telltale_sightings_asks_for_an_address_without_showing_it(
    heard: tt.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(heard.settings.root))
    result = CliRunner().invoke(cli, ["presence", "sightings", "--station", "-", "--json"], input="3c:06:30:aa:bb:01\n")
    assert result.exit_code == 0
    assert result.stdout.count('"device"') == 3
    assert "3c:06:30" not in result.output


def test_every_table_that_no_decoder_writes_has_who_computes_it() -> None:
    assert set(COMPUTES) == {table.name for table in TABLES.values() if table.derived}
    for name, module in COMPUTES.items():
        assert callable(import_module(module).derived), name


@pytest.mark.parametrize("name", ["visit", "presence_day", "presence_hour"])
@pytest.mark.parametrize("until", [None, "2027-06-01"])
def test_a_derived_table_ends_now(heard: tt.Project, name: str, until: str | None) -> None:
    """Of days to come there were 1,188,651 rows, up to the year 3111."""
    found = tt.load(name, since="2026-11-19", until=until, project=heard)
    times = found[TABLES[name].time].astype(str)
    assert len(found)
    assert times.max() <= "2026-11-20 12:00"


def test_what_came_in_a_stretch_is_found_whatever_its_clock_says(
    empty: tt.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three days of one sensor, whose clock falls back to 2023 on the third; two of them are settled a day each."""
    days = ("2026-11-18 10:00", "2026-11-19 10:00", "2026-11-20 10:00")
    for day in days:
        landing = empty.landing()
        told_s = at(day) // 1_000_000 - (3 * 365 * 86_400 if day == days[2] else 0)
        body = b'{"device":"2D24E6","time":%d,"data":"01","seqNumber":%d}' % (told_s, days.index(day))
        landing.append(Raw(0, "sigfox", at(day), "127.0.0.1", '{"path":"/sigfox/uplink"}', body))
        landing.close()
        settle_all(empty.lake, now_us=at(day))
    read: list[int] = []
    table = DuckEngine.table

    def counting(engine: DuckEngine, name: Any, parts: Any) -> Relation:
        read.append(len(parts.unique) + len(parts.mixed))
        return table(engine, name, parts)

    monkeypatch.setattr(DuckEngine, "table", counting)
    for number, day in enumerate(days):
        span = Span(at(day) - 1, at(day) + 1)
        rows = empty.view().received("uplink", span).arrow()
        assert rows["seq"].to_pylist() == [number]
    assert read == [1, 1, 1]  # of three files
