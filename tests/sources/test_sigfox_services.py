"""What comes besides messages: it enriches them, has its own numbers, and adds no sample."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.contract import Chunk, ConfigError, DecodeError, Raw, Reject, Request
from telltale.door import Door
from telltale.health.calls import health_tables
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.sources import source
from telltale.sources.sigfox import lines
from telltale.sources.sigfox.advanced import enriched
from telltale.sources.sigfox.kinds import KINDS
from telltale.sources.sigfox.plan import plan
from telltale.sources.sigfox.simulate.sensors import SENSORS, Frame, Status, World, messages, statuses
from telltale.workbench.project import Project
from telltale.workbench.reading import load

SIGFOX = source("sigfox")
AT = 1_795_165_200
"""2026-11-20 09:00 UTC."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "telltale.toml").write_text('[sources.sigfox]\npayload = "temp::int:8"\n')
    return Project(tmp_path, now=lambda: (AT + 7200) * 1_000_000)


def send(project: Project, kind: str, at_s: float, **fields: Any) -> None:
    body = json.dumps({"device": "2D24E6", "time": AT, **fields}).encode()
    with closing(project.landing()) as landing:
        request = Request("sigfox", int(at_s * 1e6), "127.0.0.1", "http", "POST", f"/sigfox/{kind}", {}, "", body)
        assert Door([SIGFOX], landing, project.settings).handle(request).reason == "stored"


def settle(project: Project) -> None:
    settle_all(project.lake, now_us=project.now_us())


def rows(project: Project, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load(table, engine="arrow", since=None, project=project).to_pylist()
    return found


MESSAGE = {"data": "2a", "seqNumber": 7, "rssi": -131.0, "snr": 9.0, "station": "1D2A"}
DETAILS = {
    "data": "2A",
    "seqNumber": "7",
    "lqi": "Good",
    "duplicates": [{"bsId": "1D2A", "rssi": -131.0, "snr": 9.0}, {"bsId": "34C0", "rssi": -118.5, "snr": 20.0}],
    "computedLocation": {"lat": 43.4, "lng": 1.3, "radius": 4200},
}
BOTH = {
    "rssi_dbm": -118.5, "snr_db": 20.0, "station": "34c0", "link_quality": "good", "lat": 43.4, "lon": 1.3,
    "radius_m": 4200.0,
}  # fmt: skip


@pytest.mark.parametrize("settled_after", [(), (1,), (2,), (1, 2)], ids=["both hot", "one settled", "both", "apart"])
def test_what_is_told_later_is_merged_onto_its_message(project: Project, settled_after: tuple[int, ...]) -> None:
    send(project, "uplink", AT + 2, **MESSAGE)
    if 1 in settled_after:
        settle(project)
    send(project, "advanced", AT + 30, **DETAILS)
    if 2 in settled_after:
        settle(project)
        merge(project.lake, now_us=project.now_us())
    (uplink,) = rows(project, "uplink")
    assert {name: uplink[name] for name in ("seq", "data", *BOTH)} == {"seq": 7, "data": "2a", **BOTH}
    (reading,) = rows(project, "reading")
    assert (reading["quantity"], reading["value"]) == ("temp", 42.0)


def test_details_that_come_first_wait_for_their_message(project: Project) -> None:
    """The message's callback found nobody at first: the link is that of the strongest station all the same."""
    send(project, "advanced", AT + 30, **DETAILS)
    settle(project)
    assert rows(project, "reading") == []
    send(project, "uplink", AT + 62, **MESSAGE)
    (uplink,) = rows(project, "uplink")
    assert (uplink["station"], uplink["link_quality"], uplink["lat"]) == ("34c0", "good", 43.4)
    assert len(rows(project, "reading")) == 1


def test_a_status_frame_has_a_number_and_is_no_lost_message(project: Project) -> None:
    """7, a status 8, 10: one is missing, not two; the reading's series knows two messages."""
    send(project, "uplink", AT + 2, **MESSAGE)
    send(project, "status", AT + 602, time=AT + 600, seqNumber=8, batt="3.58", temp="21")
    send(project, "uplink", AT + 1802, **{**MESSAGE, "seqNumber": 10, "time": AT + 1800})
    (device,) = health_tables(project, "4h").devices.to_pylist()
    assert (device["reports"], device["missing"], device["resets"]) == (3, 1, 0)
    assert (device["missing_share"], device["rssi_dbm"], device["weak_share"]) == (0.25, -131.0, None)
    assert [row["value"] for row in rows(project, "reading")] == [42.0, 42.0]
    (status,) = rows(project, "device_status")
    assert (status["kind"], status["battery_v"], json.loads(status["details"])) == ("status", 3.58, {"temp": 21})


def test_simulated_frames_are_numbered_without_a_hole() -> None:
    """Messages and status frames of two days, heard or not, in the order of their times."""
    world = World(5, ZoneInfo("Europe/Berlin"))
    for sensor in SENSORS:
        sent = [make(world, sensor, AT, AT + 2 * 86_400) for make in (messages, statuses)]
        frames: list[Frame] = sorted((frame for some in sent for frame in some), key=lambda frame: frame.at_s)
        first = frames[0].counted
        assert [frame.counted for frame in frames] == list(range(first, first + len(frames)))
        assert sum(isinstance(frame, Status) for frame in frames) == 2


QUALITIES = [
    ("0", "limit"),
    ("Limit", "limit"),
    ("AVERAGE", "average"),
    ("2", "good"),
    ("excellent", "excellent"),
    ("NA", None),
    ("4", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "expected"), QUALITIES)
def test_link_quality_is_a_word_or_none(text: str | None, expected: str | None) -> None:
    rejects: list[Reject] = []
    assert enriched(text, {}, rejects).get("link_quality") == expected
    assert rejects == []


PLACES: list[tuple[Any, dict[str, float]]] = [
    ({"lat": "43.4", "lng": "1.3"}, {"lat": 43.4, "lon": 1.3}),
    ({"lat": "43.4", "lng": "1.3", "radius": "-1"}, {"lat": 43.4, "lon": 1.3}),
    ({"lat": "null", "lng": "1.3"}, {}),
    ({}, {}),
    ([], {}),
    ("48,2", {}),
    (None, {}),
]


@pytest.mark.parametrize(("place", "expected"), PLACES)
def test_a_place_is_there_or_none(place: Any, expected: dict[str, float]) -> None:
    assert enriched(None, {"computedlocation": place}, []) == expected


def test_what_is_no_quality_and_no_place_is_said() -> None:
    rejects: list[Reject] = []
    assert enriched("superb", {"computedlocation": {"lat": "91", "lng": "0"}}, rejects) == {}
    assert [(one.part, one.reason) for one in rejects] == [
        ("field lqi", "bad_value"),
        ("field computedLocation", "bad_value"),
    ]


WRONG_PATTERNS = ["device", "{device}{time}", "{device};{device}"]


@pytest.mark.parametrize("text", WRONG_PATTERNS)
def test_a_wrong_pattern_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"endpoints.a\] pattern = .*expected variables in braces"):
        plan({"endpoints": {"a": {"pattern": text}}})


names = st.lists(
    st.sampled_from(["device", "time", "data", "seqNumber", "rssi", "customData#x"]), unique=True, min_size=1
)
between = st.text(";|, ", min_size=1, max_size=2)


@given(
    told=names,
    behind=st.lists(between, min_size=6, max_size=6),
    values=st.lists(st.text("0aF.-", max_size=5), min_size=6, max_size=6),
)
def test_a_line_is_read_as_it_was_written(told: list[str], behind: list[str], values: list[str]) -> None:
    parts = list(zip(told, values, behind, strict=False))
    text = "<" + "".join(f"{{{name}}}{end}" for name, _, end in parts) + ">"
    line = "<" + "".join(f"{value}{end}" for _, value, end in parts) + ">"
    assert lines.read(lines.pattern(text), line) == {name: value for name, value, _ in parts}


fields = st.dictionaries(
    st.sampled_from(
        ["device", "time", "ack", "batt", "lqi", "duplicates", "computedLocation", "infoCode", "sourceType", "sourceId"]
    ),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    | st.lists(st.dictionaries(st.sampled_from(["rssi", "snr", "bsId"]), st.floats() | st.text(max_size=5)), max_size=3)
    | st.dictionaries(st.sampled_from(["lat", "lng", "radius"]), st.floats() | st.text(max_size=5))
    | st.sampled_from(["2D24E6", AT, "device", "3.5", "{batt}"]),
)  # fmt: skip


@given(kind=st.sampled_from(KINDS), told=fields)
def test_any_template_gives_rows_rejects_or_a_decode_error(kind: str, told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    raw = Raw(1, "sigfox", AT * 1_000_000, "", json.dumps({"path": f"/sigfox/{kind}"}), body)
    try:
        items = list(SIGFOX.decode(raw, {}))
    except DecodeError:
        return
    assert all(item.table in SIGFOX.tables for item in items if isinstance(item, Chunk))
    parts = [item.part for item in items if not isinstance(item, Chunk)]
    assert len(parts) == len(set(parts))
