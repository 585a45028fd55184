"""Sigfox callbacks: options, secrets, fields as people spell them, and one frame counted once."""

import json
import logging
import time
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis.messages import messages
from telltale.analysis.uplinks import gaps, losses
from telltale.arrow import TIMESTAMP, schema
from telltale.contract import (
    Chunk,
    ConfigError,
    DecodeError,
    Emission,
    Raw,
    Refused,
    Reply,
    Request,
    Scenario,
    Secrets,
    SourceSettings,
)
from telltale.door import Door
from telltale.engine import DuckEngine, deduplication
from telltale.lake.merge import merge
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.sources import source
from telltale.sources.sigfox.callback import number
from telltale.sources.sigfox.fields import fields
from telltale.sources.sigfox.plan import plan
from telltale.sources.sigfox.texts import OPTIONS
from telltale.tables import UPLINK
from telltale.workbench.messages import numbering_table
from telltale.workbench.project import Project
from telltale.workbench.reading import load
from tests.sources.sampled import decoded
from tests.test_settings import uncommented

SIGFOX = source("sigfox")
OPEN = SourceSettings({}, Secrets())
CLOSED = SourceSettings({}, Secrets({"backend": "open sesame", "other": "x"}))
FRIDAY_S = 1_795_165_200
"""2026-11-20 09:00 UTC."""


def callback(path: str = "/sigfox/uplink", body: bytes = b"x", query: str = "", **headers: str) -> Request:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("sigfox", 0, "192.0.2.1", "http", "POST", path, told, query, body)


def body(**fields: Any) -> bytes:
    return json.dumps({"device": "2D24E6", "time": FRIDAY_S, "data": "2a", **fields}).encode()


def test_every_documented_option_is_understood() -> None:
    told = plan(tomllib.loads(uncommented(OPTIONS))["sources"]["sigfox"])
    assert told._replace(by_device={}, by_id={}, by_name={}, endpoints={}, patterns={}) == plan(
        {"quantities": {"temp": {"name": "temperature", "unit": "°C"}}}
    ), "the others are shown with their defaults"
    assert list(told.by_device) == ["2d24e6", "1d3c08"]
    assert told.endpoint("fridges").fields == {"device": "id", "time": "ts"}


WRONG_OPTIONS: list[tuple[Mapping[str, Any], str]] = [
    ({"payload": "temp::byte:8"}, '[sources.sigfox] payload: field "temp": type "byte" is none of'),
    ({"types": {"lab": {"payload": "t"}}}, '[sources.sigfox.types.lab] payload: field "t": expected name:index'),
    ({"payloads": ""}, "[sources.sigfox]: Object contains unknown field `payloads`"),
    ({"payload": 8}, "[sources.sigfox]: Expected `str`, got `int` - at `$.payload`"),
    (
        {"endpoints": {"a": {"type": "lab"}}},
        'endpoints.a] type = "lab": expected a type of [sources.sigfox.types]; known: none',
    ),
    ({"types": {"lab": {"devices": ["2d24g6"]}}}, "types.lab] devices: '2d24g6', expected 1 to 8 hex digits"),
    ({"endpoints": {"a": {"fields": {"id": "x"}}}}, 'endpoints.a] fields: no variable "id"; known: device, time, data'),
    ({"endpoints": {"a": {"sequence": "octal"}}}, "Invalid enum value 'octal'"),
    ({"quantities": {"t": {"scale": "0.1"}}}, "Expected `float`, got `str`"),
    ({"quantities": {"t": {"scale": float("nan")}}}, "[sources.sigfox]: "),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG_OPTIONS)
def test_a_wrong_option_is_named(options: Mapping[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SIGFOX.accept(callback(), SourceSettings(options, Secrets()))
    assert sentence in str(caught.value)


def test_a_device_of_a_type_may_be_spelt_as_it_is_printed() -> None:
    spelt = ["002D24E6", "sigfox:a1", " B2 ", "00000000"]
    assert list(plan({"types": {"lab": {"devices": spelt}}}).by_device) == ["2d24e6", "a1", "b2", "0"]


def test_a_config_beyond_twelve_bytes_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        plan({"payload": "a::uint:64 b::uint:64"})
    assert "[sources.sigfox] payload: b lies beyond the 12 bytes of an uplink" in caplog.text


SECRETS = [
    ({"authorization": "Bearer open sesame"}, None),
    ({"authorization": "bearer  open sesame "}, None),
    ({"authorization": "Basic eDpvcGVuIHNlc2FtZQ=="}, None),
    ({"x-telltale-secret": "open sesame"}, None),
    ({"x-telltale-secret": "open sesam"}, (403, "bad_secret")),
    ({"authorization": "Basic open"}, (401, "missing_secret")),
    ({"authorization": "Basic !"}, (401, "missing_secret")),
    ({"authorization": "Digest open sesame"}, (401, "missing_secret")),
    ({"authorization": "Bearer "}, (401, "missing_secret")),
    ({}, (401, "missing_secret")),
]


@pytest.mark.parametrize(("headers", "refusal"), SECRETS)
@pytest.mark.parametrize(
    "path",
    [
        *("/sigfox/uplink", "/sigfox/uplink/a", "/data/temp", "/messages/create", "/sigfox/downlink", "/sigfox/batch"),
        *("/sigfox/advanced", "/sigfox/status", "/sigfox/ack", "/sigfox/error/b", "/sigfox/event"),
    ],
)
def test_with_a_secret_every_address_wants_it(
    path: str, headers: dict[str, str], refusal: tuple[int, str] | None
) -> None:
    request = callback(path)._replace(headers=headers)
    if refusal is None:
        assert SIGFOX.accept(request, CLOSED).keep
        return
    with pytest.raises(Refused) as caught:
        SIGFOX.accept(request, CLOSED)
    assert (caught.value.status, caught.value.reason) == refusal
    assert "sesame" not in str(caught.value)


ANSWERS = [
    ("/sigfox/uplink", Reply(204, b"")),
    ("/sigfox/uplink/fridges", Reply(204, b"")),
    ("/sigfox/batch", Reply(204, b"")),
    ("/sigfox/advanced", Reply(204, b"")),
    ("/sigfox/status", Reply(204, b"")),
    ("/sigfox/ack", Reply(204, b"")),
    ("/sigfox/downlink", Reply(204, b"")),
    ("/data/kitchen", Reply(200, b"")),
    ("/messages/create", Reply(201, b"")),
]


@pytest.mark.parametrize(("path", "reply"), ANSWERS)
def test_each_address_answers_as_its_senders_expect(path: str, reply: Reply) -> None:
    assert SIGFOX.accept(callback(path), OPEN) == reply


@pytest.mark.parametrize("sensor", ["", "a" * 65, "%00", "<script>"])
def test_a_sensor_that_is_no_name_is_not_found(sensor: str) -> None:
    with pytest.raises(Refused, match="bad_sensor"):
        SIGFOX.accept(callback(f"/data/{sensor}"), OPEN)


@pytest.mark.parametrize("path", ["/sigfox/uplinks", "/sigfox/data", "/sigfox/x/uplink"])
def test_a_kind_that_is_none_is_not_found(path: str) -> None:
    with pytest.raises(Refused, match="bad_kind: expected /sigfox/ and one of uplink, downlink, batch"):
        SIGFOX.accept(callback(path), OPEN)


def test_a_secret_in_the_query_is_not_kept() -> None:
    request = callback(query="device=1&key=open%20sesame&again=open sesame", authorization="Bearer open sesame")
    assert SIGFOX.accept(request, CLOSED).query == "device=1&key=***********&again=***********"


NUMBERS: list[tuple[str, float | bool | None]] = [
    ("42", 42),
    ("-10.5", -10.5),
    (" +.5 ", 0.5),
    ("7.", 7.0),
    ("1.0E-5", 0.00001),
    ("1.2345678E7", 12345678.0),
    ("true", True),
    ("False", False),
    ("12E5", None),
    ("0x10", None),
    ("1,5", None),
    ("NaN", None),
    ("Infinity", None),
    ("1.0e999", None),
    ("٣", None),
    ("", None),
    ("4 2", None),
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_a_text_is_a_number_or_none(text: str, expected: float | bool | None) -> None:
    found = number(text)
    assert (found, type(found)) == (expected, type(expected))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
templates = st.dictionaries(
    st.sampled_from(["device", "time", "data", "seqNumber", "rssi", "snr", "station", "temp", "customData#x"])
    | st.text(max_size=9),
    scalars | st.lists(scalars, max_size=2) | st.sampled_from(["2D24E6", FRIDAY_S, "2a", "{time}", "N/A"]),
    max_size=9,
)


@given(told=templates)
def test_any_template_gives_rows_rejects_or_a_decode_error(told: dict[str, Any]) -> None:
    record = Raw(1, "sigfox", FRIDAY_S * 10**6, "", "{}", json.dumps(told).encode())
    try:
        items = list(SIGFOX.decode(record, {"payload": "temp::int:8"}))
    except DecodeError:
        return
    assert sum(isinstance(item, Chunk) and item.table == "uplink" for item in items) == 1
    parts = [item.part for item in items if not isinstance(item, Chunk)]
    assert len(parts) == len(set(parts))
    assert set(decoded("sigfox", [record])) <= {"uplink", "reading", "reject"}


@given(told=st.dictionaries(st.text(max_size=9), st.none() | st.booleans() | st.integers() | st.text(max_size=20)))
def test_quoting_the_values_of_a_template_changes_nothing(told: dict[str, Any]) -> None:
    plain = fields(json.dumps(told).encode(), "")
    spelt = {name: "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
             for name, value in told.items()}  # fmt: skip
    assert fields(json.dumps(spelt, ensure_ascii=False).encode("utf-8", "replace"), "") == plain


def test_a_wrong_option_stops_the_decoding_and_costs_no_record() -> None:
    """Else every reading would become a reject as long as the option is wrong."""
    record = Raw(1, "sigfox", 0, "", "{}", body())
    with pytest.raises(ConfigError, match="is none of bool"):
        decoded("sigfox", [record], SourceSettings({"payload": "t::byte:8"}, Secrets()))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "telltale.toml").write_text('[sources.sigfox]\npayload = "temp::int:8"\n')
    return Project(tmp_path, now=lambda: (FRIDAY_S + 7200) * 1_000_000)


def send(project: Project, *bodies: bytes, at_s: float = FRIDAY_S + 2) -> None:
    with closing(project.landing()) as landing:
        door = Door([SIGFOX], landing, project.settings)
        for one in bodies:
            request = Request("sigfox", int(at_s * 1e6), "127.0.0.1", "http", "POST", "/sigfox/uplink", {}, "", one)
            assert door.handle(request).reason == "stored"


def settle(project: Project) -> None:
    settle_all(project.lake, now_us=project.now_us())


def test_a_callback_retried_four_times_duplicated_and_late_counts_once(project: Project) -> None:
    first = body(seqNumber=7, rssi=-118.5, station="1D2A")
    send(project, first)
    send(project, body(seqNumber=7, rssi=None, station="34C0", duplicate=True), at_s=FRIDAY_S + 3)
    settle(project)
    for tried_s in (60, 180, 420):  # after it was stored, and settled
        send(project, first, at_s=FRIDAY_S + 2 + tried_s)
        settle(project)
    send(project, body(seqNumber="7"), at_s=FRIDAY_S + 7000)  # late, with numbers as text, still hot

    def counted() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        uplinks = load("uplink", engine="arrow", project=project).to_pylist()
        return uplinks, load("reading", engine="arrow", project=project).to_pylist()

    (uplink,), (reading,) = counted()
    assert (uplink["seq"], uplink["data"], uplink["rssi_dbm"], uplink["station"]) == (7, "2a", -118.5, "1d2a")
    assert (reading["quantity"], reading["value"]) == ("temp", 42.0)
    settle(project)
    merge(project.lake, now_us=project.now_us())
    assert [len(rows) for rows in counted()] == [1, 1]
    assert project.lake.snapshot().of("raw"), "every one of the six is kept as it arrived"


SLOW_TO_REPAIR = [
    (b'{"a":' + b" " * 60_000 + b"x", "blanks behind a colon"),
    (b"{" + b":   " * 15_000, "colons"),
    (b"{" + b'\\"' * 30_000, "escaped quotes that open nothing"),
    (b'{"a' + b"\\" * 60_001, "a text without end"),
    (b'{"a' + b'\\\n"' * 20_000, "escaped line ends"),
]


@pytest.mark.parametrize("bytes_", [one[0] for one in SLOW_TO_REPAIR], ids=[one[1] for one in SLOW_TO_REPAIR])
def test_a_broken_body_is_told_at_once(bytes_: bytes) -> None:
    """Each character is looked at a few times: 60 kB are milliseconds. Looked at by each other they take minutes."""
    began_s = time.process_time()
    with pytest.raises(DecodeError, match="bad_json"):
        fields(bytes_, "")
    assert time.process_time() - began_s < 5


def test_a_copy_that_another_station_heard_a_second_later_is_the_same_message_and_sample(project: Project) -> None:
    """Its time is that of the other station: another second, but the same message of the first."""
    send(
        project,
        body(seqNumber=7, station="1D2A"),
        body(seqNumber=7, station="34C0", duplicate="true", time=FRIDAY_S + 1),
    )
    uplinks = load("uplink", engine="arrow", project=project).to_pylist()
    assert [(row["seq"], row["station"]) for row in uplinks] == [(7, "1d2a")]
    (reading,) = load("reading", engine="arrow", project=project).to_pylist()
    assert reading["observed_at"].timestamp() == FRIDAY_S


def test_without_a_number_device_time_and_data_tell_a_frame(project: Project) -> None:
    send(project, body(), body(), body(data="2b", time=FRIDAY_S + 600), at_s=FRIDAY_S + 602)
    assert load("uplink", engine="arrow", project=project)["data"].to_pylist() == ["2a", "2b"]


def test_the_tables_hold_what_a_wider_config_finds_in_old_records(project: Project) -> None:
    """The owner corrects the config; decoding again reads it in what had arrived before."""
    send(project, body(data="2a80"))
    settle(project)
    toml = project.settings.root / "telltale.toml"
    toml.write_text('[sources.sigfox]\npayload = "temp::int:8 rain::uint:8"\n')
    again = Project(project.settings.root, now=project.now_us)
    redecode(again.lake, now_us=project.now_us())
    rows = load("reading", engine="arrow", project=again)
    assert rows.select(["quantity", "value"]).to_pylist() == [
        {"quantity": "rain", "value": 128.0},
        {"quantity": "temp", "value": 42.0},
    ]


def uplinks(*told: tuple[str, int | None, float]) -> pa.Table:
    return pa.table(
        {
            "raw_id": pa.array(range(len(told)), pa.int64()),
            "source": pa.array(["sigfox"] * len(told), pa.string()),
            "device_id": pa.array([device for device, _, _ in told], pa.string()),
            "seq": pa.array([seq for _, seq, _ in told], pa.int64()),
            "observed_at": pa.array([round((FRIDAY_S + at) * 1e6) for _, _, at in told], TIMESTAMP),
        }
    )


ROWS = {field.name: field for field in schema(UPLINK)}


@cache
def an_engine() -> DuckEngine:
    return DuckEngine(threads=1)


def found_gaps(*told: tuple[str, int | None, float]) -> list[tuple[int, int, int | None]]:
    engine = an_engine()
    rows = gaps(engine, engine.from_arrow(uplinks(*told)), engine.from_arrow(numbering_table())).arrow().to_pylist()
    return [(row["after_seq"], row["before_seq"], row["missing"]) for row in rows]


GAPS: list[tuple[str, list[tuple[str, int | None, float]], list[tuple[int, int, int | None]]]] = [
    ("nothing", [], []),
    ("one message", [("a", 5, 0)], []),
    ("4095 to 0 is no gap", [("a", 4094, 0), ("a", 4095, 600), ("a", 0, 1200), ("a", 1, 1800)], []),
    ("a missing one is", [("a", 4094, 0), ("a", 0, 1200)], [(4094, 0, 1)]),
    ("several over the wrap", [("a", 4090, 0), ("a", 3, 6000)], [(4090, 3, 8)]),
    ("order of arrival does not matter", [("a", 7, 1200), ("a", 5, 0), ("a", 6, 600)], []),
    ("each device counts for itself", [("a", 1, 0), ("b", 9, 1), ("a", 2, 600), ("b", 10, 601)], []),
    ("without a number nothing is known", [("a", 1, 0), ("a", None, 300), ("a", 2, 600)], []),
    ("a step back is a reset", [("a", 900, 0), ("a", 0, 600), ("a", 1, 1200)], [(900, 0, None)]),
    ("further than it can have sent is a reset", [("a", 1, 0), ("a", 500, 600)], [(1, 500, None)]),
    ("a day of silence is a gap", [("a", 1, 0), ("a", 141, 86_400)], [(1, 141, 139)]),
    ("the same number soon again is a copy", [("a", 1, 0), ("a", 1, 4), ("a", 2, 600)], []),
    ("the same number later is a reset", [("a", 0, 0), ("a", 0, 600)], [(0, 0, None)]),
]


@pytest.mark.parametrize(("told", "expected"), [pytest.param(*row[1:], id=row[0]) for row in GAPS])
def test_gaps_in_the_sequence(
    told: list[tuple[str, int | None, float]], expected: list[tuple[int, int, int | None]]
) -> None:
    assert found_gaps(*told) == expected


@settings(max_examples=50)  # each is a query
@given(
    lost=st.lists(st.booleans(), min_size=2, max_size=40),
    start=st.integers(0, 4095),
    period_s=st.integers(600, 3600),
)
def test_what_is_lost_between_two_messages_is_counted_wherever_the_count_stands(
    lost: list[bool], start: int, period_s: int
) -> None:
    lost[0] = lost[-1] = False
    told = [("a", (start + n) % 4096, float(n * period_s)) for n, is_lost in enumerate(lost) if not is_lost]
    assert sum(missing or 0 for _, _, missing in found_gaps(*told)) == sum(lost)


def test_losses_and_link_of_each_device() -> None:
    """One number of four is missing; of the four judged links one is at its limit; medians of -120 and -110, of 20."""
    engine = DuckEngine()
    rows = uplinks(("a", 1, 0), ("a", 3, 1200), ("a", 0, 1800), ("a", None, 1900), ("b", None, 0), ("b", None, 9))
    links = {
        "rssi_dbm": pa.array([-120.0, -110.0, None, None, None, None], pa.float64()),
        "snr_db": pa.array([20.0, None, None, None, None, None], pa.float64()),
        "link_quality": pa.array(["limit", "good", "excellent", "average", None, None], pa.string()),
    }
    told = engine.from_arrow(pa.table({**dict(zip(rows.column_names, rows.columns, strict=True)), **links}))
    names = ("device_id", "uplinks", "missing", "gaps", "resets", "missing_share", "rssi_dbm", "snr_db", "weak_share")
    found = losses(engine, told, gaps(engine, told, engine.from_arrow(numbering_table()))).arrow().to_pylist()
    assert [tuple(row[name] for name in names) for row in found] == [
        ("a", 4, 1, 1, 1, 0.25, -115.0, 20.0, 0.25),
        ("b", 2, 0, 0, 0, None, None, None, None),
    ]


def test_copies_of_a_message_are_one_message() -> None:
    """Of 1, 2, 4 one of four is missing, however many stations told the others; two without a number stay two."""
    engine = DuckEngine()
    told = [("a", 1, 0), ("a", 1, 3), ("a", 1, 5), ("a", 2, 600), ("a", 4, 1800), ("b", None, 0), ("b", None, 3)]
    links = {name: pa.nulls(len(told), pa.float64()) for name in ("rssi_dbm", "snr_db")}
    links["link_quality"] = pa.nulls(len(told), pa.string())
    rows = uplinks(*told)
    columns = dict(zip(rows.column_names, rows.columns, strict=True)) | links
    columns |= {name: pa.nulls(len(told), kind.type) for name, kind in ROWS.items() if name not in columns}
    columns["received_at"] = columns["observed_at"]
    numbering = engine.from_arrow(numbering_table())
    table = messages(engine, engine.from_arrow(pa.table(columns)), numbering)
    found = losses(engine, table, gaps(engine, table, numbering)).arrow().to_pylist()
    assert [(row["device_id"], row["uplinks"], row["missing"], row["missing_share"]) for row in found] == [
        ("a", 3, 1, 0.25),
        ("b", 2, 0, None),
    ]


@pytest.fixture(scope="module")
def week() -> Scenario:
    return Scenario(7, FRIDAY_S - 7 * 86_400, FRIDAY_S, "Europe/Berlin")


def test_a_part_of_a_simulation_is_a_slice_of_the_whole() -> None:
    whole = Scenario(7, FRIDAY_S, FRIDAY_S + 4 * 3600, "Europe/Berlin")
    part = whole._replace(start_s=FRIDAY_S + 1234, end_s=FRIDAY_S + 9999)
    inside = [one for one in SIGFOX.simulate(whole, OPEN) if part.start_s * 10**6 <= one.at < part.end_s * 10**6]
    assert list(SIGFOX.simulate(part, OPEN)) == inside


def test_simulated_callbacks_carry_the_secret() -> None:
    emission = next(iter(SIGFOX.simulate(Scenario(1, FRIDAY_S, FRIDAY_S + 3600, "UTC"), CLOSED)))
    headers = {name.lower(): value for name, value in emission.headers.items()}
    assert SIGFOX.accept(callback(body=emission.body)._replace(headers=headers), CLOSED).keep


def test_no_simulated_sensor_sends_more_than_its_contract_allows(week: Scenario) -> None:
    for device in SIGFOX.truth(week, OPEN)["devices"].values():
        assert (device["uplinks"] + device["missing"]) / 7 <= 140


def test_what_the_simulator_knows_is_found(week: Scenario) -> None:
    truth = SIGFOX.truth(week, OPEN)
    emissions = list(SIGFOX.simulate(week, OPEN))
    assert len(emissions) == truth["totals"]["callbacks"]
    tables = decoded("sigfox", raws_of(emissions))
    engine = DuckEngine()
    numbering = engine.from_arrow(numbering_table())
    each = engine.run(deduplication(UPLINK), {"rows_in": engine.from_arrow(tables["uplink"])})
    once = messages(engine, each, numbering)
    found = gaps(engine, once, numbering)
    for row in losses(engine, once, found).arrow().to_pylist():
        device = truth["devices"][row["device_id"]]
        assert [row[name] for name in ("uplinks", "missing", "gaps", "resets")] == [
            device["uplinks"],
            device["missing"],
            len(device["gaps"]),
            len(device["resets"]),
        ]
    text = """select device_id, quantity, count(*) as count, min(value) as min, max(value) as max from (
        select distinct device_id, quantity, observed_at, value from t) r group by device_id, quantity"""
    for row in engine.run(text, {"t": engine.from_arrow(tables["reading"])}).arrow().to_pylist():
        expected = truth["devices"][row["device_id"]]["quantities"][row["quantity"]]
        assert {name: row[name] for name in ("count", "min", "max")} == {
            name: expected[name] for name in ("count", "min", "max")
        }


def raws_of(emissions: Iterable[Emission]) -> list[Raw]:
    return [
        Raw(number, "sigfox", one.at, "", json.dumps({"path": one.path}), one.body)
        for number, one in enumerate(emissions, 1)
    ]


TYPES = """
[types.thermometers]
ids = ["5d8cdc8fe833d917af81f4c1"]
payload = "temperature::float:32"
quantities = { temperature = { unit = "°C" } }
[types.climate]
ids = ["5d8cdc8fe833d917af81f4d7"]
payload = "temperature::float:32 humidity::uint:8"
quantities = { temperature = { unit = "°C" }, humidity = { unit = "%" } }
"""


def test_our_reading_of_simulated_payloads_is_the_backends() -> None:
    """Payload and decoded numbers stand side by side in a simulated callback."""
    hours = Scenario(3, FRIDAY_S, FRIDAY_S + 6 * 3600, "Europe/Berlin")
    raws = raws_of(SIGFOX.simulate(hours, OPEN))
    ours = decoded("sigfox", raws, OPEN._replace(options=tomllib.loads(TYPES)))["reading"]
    theirs = decoded("sigfox", raws)["reading"]
    assert ours.drop_columns("unit") == theirs.drop_columns("unit")
    units = set(zip(ours["quantity"].to_pylist(), ours["unit"].to_pylist(), strict=True))
    assert units == {("temperature", "°C"), ("humidity", "%")}
