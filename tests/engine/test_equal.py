"""Spark gives the answers of DuckDB: in this process's Java machine and on a server of Spark Connect.

Every text is understood with the same columns and types, and run in a Java machine; a call of each kind is compared by
all it says, here and on a server. `long` compares each here. Sail is compared on every call by `on_sail.py`, in an
environment of its own.
"""

import gc
import re
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import csv

import telltale as tt
from telltale.contract import ConfigError
from telltale.engine import Relation, session
from telltale.engine.spark import SparkEngine
from telltale.workbench.project import Project
from tests.engine.calls import SINCE, calls, plain, public
from tests.engine.heard import Heard
from tests.engine.servers import SHORT_LIVED, connect_server, on_spark

LOCAL = "local[2]"
CHOSEN = (
    *("presence.visits", "presence.figures", "presence.occupancy", "kanban.pulls", "kanban.lead_times"),
    *("activity.totals", "activity.team", "sensors.stats", "sensors.excursions", "health.devices", "load.sighting"),
    *("sql", "at"),
)
"""Each kernel, hot rows, a derived table, a query of one's own and a moment that has passed."""
EACH_TIME = [pytest.param(name, marks=pytest.mark.long if name == "health.devices" else ()) for name in CHOSEN]
"""One alone takes as long as four others."""
SLOW = """
select java_method('java.lang.Thread', 'sleep', cast(n as bigint)) as slept
from (select explode(sequence(4000, 4000)) as n) moments
"""
"""A stage of four seconds that costs nothing."""
ZONE, K = "Europe/Warsaw", 5
CALLS = calls()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings(r"ignore:\[RETRIES_EXCEEDED\]"),  # then it is the error that tells
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # py4j leaves sockets to the collector
]


@pytest.fixture(scope="module")
def spark(project: Project) -> Iterator[Project]:
    """The project on a Java machine of this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHORT_LIVED.items():
            patch.setenv(name, value)
        yield from on_spark(project, LOCAL)
    session.stop(LOCAL)


@pytest.fixture(scope="module")
def connected(project: Project) -> Iterator[Project]:
    """The project on a server of Spark Connect, where the thread's active session is somebody else's."""
    from pyspark.sql.connect.session import SparkSession

    with connect_server() as master:
        other = SparkSession.builder.remote(master).create()
        yield from on_spark(project, master)
        session.stop(master)
        other.stop()


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What DuckDB answers, once for all engines."""
    return {}


@pytest.fixture(scope="module")
def heard(project: Project, expected: dict[str, Any]) -> Heard:
    """The texts and kernels that all calls run, and of what shape their rows are."""
    listening = Project(settings=project.settings, now=project.clock)
    engine = listening.__dict__["engine"] = Heard()
    for name, call in CALLS.items():
        expected[name] = plain(call(listening))
    listening.close()
    return engine


def test_the_dozen_is_of_public_calls() -> None:
    assert set(CHOSEN) <= set(CALLS)
    assert len(CHOSEN) >= 12
    assert {name for name, _ in public()} >= {"presence.visits", "load", "sql"}


@pytest.mark.parametrize("where", ["spark", "connected"])
def test_every_text_is_understood_with_the_same_columns(
    heard: Heard, where: str, request: pytest.FixtureRequest
) -> None:
    engine = request.getfixturevalue(where).engine
    assert isinstance(engine, SparkEngine)
    assert len(heard.texts) > 150
    empty: dict[pa.Schema, Relation] = {}
    problems = [text.problem(engine, empty, runs=where == "spark") for text in heard.texts.values()]
    wrong = [problem for problem in problems if problem]
    assert wrong == []


def test_kernels_work_where_there_is_no_telltale(heard: Heard) -> None:
    """Each takes along what it names, as on the workers of a cluster that knows nothing of this project."""
    assert len(heard.worked) >= 5
    assert {name: worked.elsewhere() for name, worked in heard.worked.items()} == dict.fromkeys(heard.worked, "True")


@pytest.mark.parametrize("name", EACH_TIME)
def test_a_java_machine_answers_alike(name: str, heard: Heard, expected: dict[str, Any], spark: Project) -> None:
    assert plain(CALLS[name](spark)) == expected[name]


@pytest.mark.parametrize("name", EACH_TIME)
def test_a_server_answers_alike(name: str, heard: Heard, expected: dict[str, Any], connected: Project) -> None:
    assert plain(CALLS[name](connected)) == expected[name]


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_answered_alike(name: str, heard: Heard, expected: dict[str, Any], spark: Project) -> None:
    assert plain(CALLS[name](spark)) == expected[name]


def _job(name: str) -> Any:
    spec = util.spec_from_file_location(name, Path(__file__).parents[2] / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_job_of_the_documents_counts_what_duckdb_has(project: Project, spark: Project, tmp_path: Path) -> None:
    """Each sighting once, those in no file yet among them; no number of few devices."""
    heard = tt.load("sighting", SINCE, project=project)
    heard["hour"] = heard["last_seen"].dt.tz_convert(ZONE).dt.tz_localize(None).dt.floor("h")
    groups = heard.groupby(["site", "node_id", "hour"])["device"]
    expected = {
        key: (devices, count) if devices >= K else (None, None)
        for key, devices, count in zip(groups.groups, groups.nunique(), groups.size(), strict=True)
    }
    assert (None, None) in expected.values()
    _job("node_hours").main(SINCE, str(tmp_path / "hours.csv"), spark)
    as_text = csv.ConvertOptions(column_types={"site": pa.string(), "node_id": pa.string()})
    made = csv.read_csv(tmp_path / "hours.csv", convert_options=as_text).to_pylist()
    keys = [(row["site"], row["node_id"], row["hour"]) for row in made]
    assert {row["hour"].tzinfo for row in made} == {None}
    assert keys == sorted(keys)
    assert {key: (row["devices"], row["sightings"]) for key, row in zip(keys, made, strict=True)} == expected


def test_a_server_that_keeps_a_setting_to_itself_is_taken(connected: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shared one does; those that answers depend on must be set."""
    master, kept = connected.settings.engine.spark, {"spark.sql.warehouse.dir": "elsewhere"}
    monkeypatch.setattr(session, "WISHED", kept)
    opened = session._connected(master)
    assert opened.conf.get("spark.sql.session.timeZone") == "UTC"
    opened.stop()
    monkeypatch.setattr(session, "REQUIRED", kept)
    with pytest.raises(ConfigError, match=r"elsewhere|warehouse"):
        session._connected(master)


@pytest.mark.parametrize("where", ["spark", "connected"])
def test_a_frame_can_be_kept_while_other_things_are_asked(where: str, request: pytest.FixtureRequest) -> None:
    asked: Project = request.getfixturevalue(where)
    frame = tt.load("sighting", SINCE, engine="spark", project=asked)
    made = frame.where("rssi_max_dbm < 0").groupBy("node_id").count()
    del frame
    expected = sorted(map(tuple, made.collect()))
    gc.collect()
    assert tt.sql("select count(*) as n from sighting", project=asked).n[0] > 0
    assert sorted(map(tuple, made.collect())) == expected


def test_both_engines_stand_beside_each_other(project: Project, spark: Project) -> None:
    text = "select node_id, count(*) as n from sighting group by node_id order by node_id"
    beside = tt.engines(tt.sql, text, project=spark).to_dict("records")
    assert [row["engine"] for row in beside] == ["duckdb", "spark"]
    assert [row["alike"] for row in beside] == [True, True]
    assert beside[0]["rows"] == beside[1]["rows"] > 0
    assert re.match(r"Spark \d\.\d\.\d \((local|sc://)", beside[1]["answered_by"])


@pytest.mark.parametrize("where", ["spark", "connected"])
def test_the_stages_of_long_work_are_told(where: str, request: pytest.FixtureRequest) -> None:
    told: list[str] = []
    engine = SparkEngine(request.getfixturevalue(where).settings.engine.spark, tell=told.append)
    assert engine.run(SLOW, {}).arrow().num_rows == 1
    assert re.fullmatch(r"Spark: stage \d+, 0 of 1 tasks", told[0])
    assert told[-1] == ""
