"""Each message once: three stations, retries, callbacks that tell of it later, and what is another message."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.analysis.messages import copies, messages
from telltale.arrow import schema
from telltale.contract import Raw
from telltale.engine import DuckEngine
from telltale.tables import UPLINK
from telltale.workbench.messages import numbering_table
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings

ENGINE = DuckEngine(threads=1)
S = 1_000_000
START_S = 1_795_000_000


class Row(NamedTuple):
    """A row of `uplink`; seconds from the start."""

    at_s: int
    seq: int | None = 7
    data: str | None = "2a"
    rssi_dbm: float | None = None
    link_quality: str | None = None


def relation(rows: list[Row]) -> Any:
    fixed = {"source": "sigfox", "device_id": "sigfox:da"}
    made = [
        {**fixed, **row._asdict(), "raw_id": n, "received_at": row.at_s * S, "observed_at": row.at_s * S}
        for n, row in enumerate(rows)
    ]
    return ENGINE.from_arrow(pa.Table.from_pylist(made, schema(UPLINK)))


def once(*rows: Row) -> list[tuple[Any, ...]]:
    found = messages(ENGINE, relation(list(rows)), ENGINE.from_arrow(numbering_table())).arrow().to_pylist()
    shown = [(row["observed_at"].timestamp(), row["seq"], row["data"], row["rssi_dbm"], row["link_quality"])
             for row in found]  # fmt: skip
    return sorted(shown, key=str)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([Row(0, rssi_dbm=-120.0), Row(1, rssi_dbm=-99.0), Row(2)], [(0, 7, "2a", -99.0, None)],
                     id="three stations, the strongest is the link"),
        pytest.param([Row(0), Row(60)], [(0, 7, "2a", None, None)], id="a minute later it is a copy"),
        pytest.param([Row(0), Row(61)], [(0, 7, "2a", None, None), (61, 7, "2a", None, None)], id="then no longer"),
        pytest.param([Row(0), Row(0, seq=8)], [(0, 7, "2a", None, None), (0, 8, "2a", None, None)],
                     id="two numbers of one second are two"),
        pytest.param([Row(0), Row(2, data="2b")], [(0, 7, "2a", None, None), (2, 7, "2b", None, None)],
                     id="another payload is another message"),
        pytest.param([Row(0), Row(0, seq=None, link_quality="good")], [(0, 7, "2a", None, "good")],
                     id="DATA_ADVANCED without a number"),
        pytest.param([Row(0), Row(0, seq=None, data=None, link_quality="good")], [(0, 7, "2a", None, "good")],
                     id="without number and payload"),
        pytest.param([Row(0), Row(0, data=None, link_quality="good")], [(0, 7, "2a", None, "good")],
                     id="without payload"),
        pytest.param([Row(0), Row(1), Row(0, seq=None, rssi_dbm=-90.0)], [(0, 7, "2a", -90.0, None)],
                     id="beside copies"),
        pytest.param([Row(0, None), Row(5, None), Row(11, None)], [(0, None, "2a", None, None),
                     (11, None, "2a", None, None)], id="no number, five seconds"),
        pytest.param([Row(0, None, None), Row(1, None, None)], [(0, None, None, None, None),
                     (1, None, None, None, None)], id="neither number nor payload: nothing tells them alike"),
        pytest.param([], [], id="nothing"),
    ],
)  # fmt: skip
def test_each_message_once(rows: list[Row], expected: list[tuple[Any, ...]]) -> None:
    assert once(*rows) == sorted(expected, key=str)
    assert once(*reversed(rows)) == sorted(expected, key=str)


LEVELS = st.sampled_from([None, -120.0, -90.0])
MOMENTS = st.integers(0, 9).map(lambda n: n * 30)
DRAWN = st.lists(
    st.builds(Row, MOMENTS, st.sampled_from([1, 2, None]), st.sampled_from(["2a", "2b"]), LEVELS, st.none()),
    min_size=1,
    max_size=10,
    unique_by=lambda row: row[:3],
)


@settings(max_examples=25, deadline=None)
@given(DRAWN, st.randoms(use_true_random=False))
def test_no_message_and_no_level_is_lost_and_order_does_not_matter(rows: list[Row], random: Any) -> None:
    found = once(*rows)
    random.shuffle(rows)
    assert once(*rows) == found
    assert {(row.seq, row.data) for row in rows if row.seq} == {row[1:3] for row in found if row[1]}
    assert max([row.rssi_dbm or -200 for row in rows]) == max([row[3] or -200 for row in found])
    moments = copies(ENGINE, relation(rows), ENGINE.from_arrow(numbering_table())).arrow()["at_us"].to_pylist()
    assert {moment / S for moment in moments}.isdisjoint(row[0] for row in found)


def raw(device: str, at_s: int, seq: int | None, data: str, **more: Any) -> Raw:
    told = {"device": device, "time": at_s, "data": data, **({} if seq is None else {"seqNumber": seq}), **more}
    path = more.pop("path", "/sigfox/uplink")
    return Raw(0, "sigfox", (at_s + 1) * S, "192.0.2.1", json.dumps({"path": path}), json.dumps(told).encode())


@pytest.fixture
def project(tmp_path: Path) -> Any:
    root = write_settings(tmp_path / "here", more='\n[sources.sigfox]\npayload = "temp::uint:8"\n')
    project = Project(root, now=lambda: (START_S + 6 * 3600) * S)
    yield project
    project.close()


def hear(project: Project, raws: list[Raw]) -> None:
    landing = project.landing()
    landing.put_many(raws)
    landing.close()


@pytest.mark.parametrize("flagged", [True, False], ids=["marked as copies", "not marked"])
def test_half_a_day_lost_is_half_whatever_number_of_stations(project: Project, flagged: bool) -> None:
    """36 messages in six hours, 18 of them lost; DA is heard by three stations, DB by one."""
    raws = []
    for n in [*range(9), *range(27, 36)]:
        for second, station in enumerate(("0C44", "1A2F", "2B3C")):
            mark = {"duplicate": "true" if second else "false"} if flagged else {}
            raws.append(raw("DA", START_S + 600 * n + second, n + 1, "2a", station=station, **mark))
        raws.append(raw("DB", START_S + 600 * n, n + 1, "2a", station="0C44"))
    hear(project, raws)
    health = tt.health.devices("6h", project=project).set_index("device_id")
    lost = tt.health.missing("6h", project=project).groupby("device_id")[["received", "due"]].sum()
    for device in ("sigfox:da", "sigfox:db"):
        assert health.loc[device, "interval_s"] == 600.0
        assert health.loc[device, "reports"] == 18
        assert lost.loc[device, "received"] == 18
        assert lost.loc[device, "due"] == pytest.approx(36)
    readings = tt.load("reading", since="6h", project=project)
    assert readings.groupby("device_id").size().to_dict() == {"sigfox:da": 18, "sigfox:db": 18}
    assert len(tt.load("uplink", since="6h", project=project)) == 36


def test_two_messages_of_one_second_are_two_samples(project: Project) -> None:
    hear(project, [raw("DA", START_S, 1, "2a"), raw("DA", START_S, 2, "2b"), raw("DA", START_S, 2, "2b")])
    found = tt.load("reading", since="7h", project=project)
    assert sorted(found["value"]) == [42.0, 43.0]
    assert len(tt.load("uplink", since="7h", project=project)) == 2


def test_data_advanced_without_a_number_tells_of_its_message(project: Project) -> None:
    late = raw("DA", START_S, None, "2a", path="/sigfox/advanced", lqi="Good")
    hear(project, [raw("DA", START_S, 1, "2a"), late._replace(meta=json.dumps({"path": "/sigfox/advanced"}))])
    (row,) = tt.load("uplink", since="7h", project=project).to_dict("records")
    assert (row["seq"], row["data"], row["link_quality"]) == (1, "2a", "good")
    assert len(tt.load("reading", since="7h", project=project)) == 1
