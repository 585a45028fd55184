"""What one record may become: so many rows and rejects, in memory and time that follow its size."""

import dataclasses
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import Tables
from telltale.bounded import SMALL, shortened_json
from telltale.contract import Chunk, DecodeError, Limits, Options, Raw, Reject
from telltale.pipeline.batch import decoder
from telltale.sources import SOURCES, source
from tests.pipeline import hostile
from tests.sources.sampled import ClearStations

ROOT = Path(__file__).parents[2]
FEW = Limits(rows=1000, rejects=10)
each_body = pytest.mark.parametrize("name", hostile.BODIES)


def count(tables: Tables) -> tuple[int, int]:
    """Rows and rejects."""
    rejects = tables["reject"].num_rows if "reject" in tables else 0
    return sum(rows.num_rows for rows in tables.values()) - rejects, rejects


def rest(tables: Tables) -> str:
    """What the reject says that counts the others."""
    (text,) = [row["excerpt"] for row in tables["reject"].to_pylist() if row["reason"] == "over_limit"]
    return str(text)


@each_body
@pytest.mark.parametrize("size", [SMALL // 2, 4 * SMALL])
def test_a_record_is_bounded_whatever_its_body(name: str, size: int) -> None:
    raw = hostile.BODIES[name].raw(size)
    rows, rejects = count(hostile.decode(FEW)(raw.source, [raw]))
    assert rows <= FEW.rows
    assert rejects <= FEW.rejects + 1
    assert rows + rejects >= 1, "none is dropped without a word"


def test_every_source_that_gives_many_rows_a_record_is_bounded() -> None:
    assert {each.name for each in SOURCES if each.shorten is None} == {"button"}
    assert {body.source for body in hostile.BODIES.values()} == {each.name for each in SOURCES}


def test_the_first_are_kept_and_the_others_counted_with_what_to_do() -> None:
    raw = hostile.BODIES["cloudtrax: zeros"].raw(4 * SMALL)
    tables = hostile.decode(FEW)("cloudtrax", [raw])
    items = raw.body.count(b",0") + 1
    assert tables["reject"]["part"].to_pylist() == [*(f"row {n}" for n in range(1, 11)), "rest"]
    assert rest(tables).startswith(
        f"… and {items - 10:,} more: {items - 1000:,} beyond max_rows_per_record = 1000, 990 "
    )
    assert rest(tables).endswith("; raise it in [settle], then run telltale redecode")
    assert tables["node_heartbeat"].num_rows == 1, "what follows the rows in the body is read"


@each_body
def test_higher_limits_give_all(name: str) -> None:
    raw = hostile.BODIES[name].raw(2 * SMALL)
    tables = hostile.decode(Limits(rows=10_000_000, rejects=10_000_000))(raw.source, [raw])
    assert "over_limit" not in (tables["reject"]["reason"].to_pylist() if "reject" in tables else [])


@each_body
def test_a_record_gives_the_same_rows_in_any_batch(name: str) -> None:
    body = hostile.BODIES[name]
    alone, decode = body.raw(2 * SMALL, identity=5), hostile.decode(FEW)
    others = [body.raw(300, identity=identity) for identity in (1, 2, 9)]
    together = decode(body.source, [*others[:2], alone, others[2]])
    for table, rows in decode(body.source, [alone]).items():
        of_it = together[table].filter(pc_equal(together[table]["raw_id"], 5))
        assert of_it.to_pylist() == rows.to_pylist()


def pc_equal(column: Any, value: int) -> Any:
    import pyarrow.compute as pc

    return pc.equal(column, value)


HONEST = {
    "cloudtrax: 200 stations": ("cloudtrax", "cloudtrax: rows", 200, 127),
    "meraki: 5,000 observations": ("meraki", "meraki: rows", 5000, 400),
    "activitywatch: a chunk of 10,000 events": ("pc_idle", "", 10_000, 100),
    "efento: all a sensor keeps": ("efento", "efento: samples", 60_000, 1),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_records_are_kept_whole(name: str) -> None:
    """The largest a device or a program sends, by the vendors' documents: far below the limits."""
    source_name, body, items, _ = HONEST[name]
    made = hostile.BODIES.get(body) or hostile.Body(
        "pc_idle", "/activitywatch", hostile.EVENTS,
        b'{"id":%d,"timestamp":"2026-01-01T00:00:00.000000+00:00","duration":1.5,"data":{"status":"afk"}}', b"]}}}",
    )  # fmt: skip
    whole = made.of(60 + items) if source_name == "efento" else _with(made, items)
    raw = made.raw(100)._replace(body=whole)
    tables = hostile.decode()(source_name, [raw])
    assert "over_limit" not in (tables["reject"]["reason"].to_pylist() if "reject" in tables else [])
    assert source(source_name).shorten is not None
    if len(whole) > SMALL:
        shorten = source(source_name).shorten
        assert shorten is not None
        assert shorten(raw, {}, Limits().rows).left_out == 0
    assert items <= 0.6 * Limits().rows


def _with(body: hostile.Body, items: int) -> bytes:
    return body.head + body.between.join(body.item % number for number in range(2, items + 2)) + body.tail


def endless(_raw: Raw, _options: Options) -> Iterator[Chunk | Reject]:
    """A decoder that gives far more than its record weighs, a row and a reject at a time."""
    for number in range(20_000):
        yield Chunk("node_heartbeat", {"site": ["1"], "node_id": [f"{number}"], "observed_at": [number]})
        yield Reject(f"row {number}", "odd", "")


def test_what_is_over_the_limits_is_not_held_while_it_is_decoded() -> None:
    import tracemalloc

    made = dataclasses.replace(source("cloudtrax"), decode=endless, decode_many=None)
    decode = decoder(ClearStations(), lambda _: {}, source_of=lambda _: made, limits=FEW)
    tracemalloc.start()
    tables = decode("cloudtrax", [Raw(1, "cloudtrax", hostile.RECEIVED_US, "", "{}", b"")])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count(tables) == (1000, 11)
    assert peak < 3_000_000
    assert rest(tables).startswith("… and 38,990 more: 19,000 beyond max_rows_per_record = 1000, 19,990 beyond")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.sampled_from(['",', "\\", "]}", "[{"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=100)
@given(value=json_values, most=st.integers(1, 5), spaces=st.booleans())
def test_a_shortened_text_holds_the_first_entries(value: Any, most: int, spaces: bool) -> None:
    text = json.dumps(value, indent=1 if spaces else None, ensure_ascii=False).encode()
    short = shortened_json(text, most)
    told = msgspec.json.decode(short.body)
    if short.left_out == 0:
        assert told == value
    assert _is_head(told, value)


def _is_head(short: Any, whole: Any) -> bool:
    """Whether one is the other without the last entries of its arrays and objects."""
    if isinstance(short, list) and isinstance(whole, list):
        return all(_is_head(one, other) for one, other in zip(short, whole, strict=False)) and len(short) <= len(whole)
    if isinstance(short, dict) and isinstance(whole, dict):
        return list(short) == list(whole)[: len(short)] and all(_is_head(short[name], whole[name]) for name in short)
    return bool(short == whole)


@settings(max_examples=200)
@given(
    text=st.binary(max_size=200) | st.text(alphabet='[]{},:"\\0a ', max_size=200).map(str.encode),
    most=st.integers(1, 5),
)
def test_what_is_no_json_is_said_to_be_none_or_left_to_the_parser(text: bytes, most: int) -> None:
    try:
        short = shortened_json(text, most)
    except DecodeError:
        return
    assert len(short.body) <= len(text)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(hostile.BODIES)),
    item=st.binary(min_size=1, max_size=12),
    size=st.integers(SMALL, 3 * SMALL),
)
def test_any_item_repeated_is_bounded(name: str, item: bytes, size: int) -> None:
    body = hostile.BODIES[name]
    made = body._replace(item=item.replace(b"%", b"")) if item.replace(b"%", b"") else body
    rows, rejects = count(hostile.decode(FEW)(body.source, [made.raw(size)]))
    assert rows <= FEW.rows
    assert rejects <= FEW.rejects + 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the highest memory of a process is read from /proc")
@pytest.mark.parametrize(
    "name",
    [
        *("cloudtrax: one row", "meraki: records", "pc_idle: strings"),
        *("pc_idle: long names", "sigfox: messages", "efento: samples"),
    ],
)
def test_four_mebibytes_take_less_than_twenty_bytes_each(name: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.hostile", name], cwd=ROOT, capture_output=True, check=True, timeout=400
    )
    assert json.loads(told.stdout)["per_byte"] <= 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cloudtrax: objects", "sigfox: lines"])
def test_time_follows_size(name: str) -> None:
    """Four times the bytes take about four times as long, never the square."""
    decode, body = hostile.decode(), hostile.BODIES[name]

    def cpu_s(size: int) -> float:
        raw, before = body.raw(size), time.process_time()
        decode(raw.source, [raw])
        return time.process_time() - before

    cpu_s(SMALL)
    assert cpu_s(hostile.MIB4) <= 8 * cpu_s(hostile.MIB4 // 4) + 0.5


FULL = """
import resource, sys
from tests.pipeline import hostile
decode, body = hostile.decode(), hostile.BODIES["pc_idle: rows"]
decode("pc_idle", [body.raw(2000)])
raw = body.raw(hostile.MIB4)
used = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), resource.RLIM_INFINITY))
try:
    tables = decode("pc_idle", [raw])
except MemoryError:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print("MemoryError")
else:
    print(tables["reject"].to_pylist())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a process is given less memory by RLIMIT_AS")
def test_a_machine_without_memory_is_no_fault_of_the_record() -> None:
    """Before, the record became a reject `decoder_failed`, and was settled as such."""
    assert resource.getrlimit(resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY
    told = subprocess.run(
        [sys.executable, "-c", FULL], cwd=ROOT, capture_output=True, text=True, check=True, timeout=400
    )
    assert told.stdout.strip() == "MemoryError"


def test_a_batch_that_does_not_fit_is_tried_in_halves() -> None:
    def many(raws: Any, options: Options) -> Any:
        if len(raws) > 2:
            raise MemoryError
        return decode_many(raws, options)

    decode_many: Any = source("cloudtrax").decode_many
    made = dataclasses.replace(source("cloudtrax"), decode_many=many)
    body = b'{"network_id":1,"node_mac":"ac:86:74:00:00:01","version":1,"probe_requests":[]}'
    raws = [Raw(number, "cloudtrax", hostile.RECEIVED_US, "", "{}", body) for number in range(1, 6)]
    tables = decoder(ClearStations(), lambda _: {}, source_of=lambda _: made)("cloudtrax", raws)
    assert tables["node_heartbeat"]["raw_id"].to_pylist() == [1, 2, 3, 4, 5]
    assert list(tables) == ["node_heartbeat"]


def test_marks_within_strings_are_none() -> None:
    """A MAC address counted as six, and rows of an honest report were left out."""
    body = json.dumps([{"mac": "aa:bb:cc:dd:ee:ff", "rssi": -6}] * 3000, separators=(",", ":")).encode()
    assert len(body) > SMALL
    assert shortened_json(body, 100_000) == (body, 0)
    report = {
        "data": {
            "observations": [
                {
                    "clientMac": f"aa:bb:cc:dd:{number >> 8:02x}:{number & 255:02x}",
                    "locations": [
                        {"rssiRecords": [{"apMac": f"02:00:00:00:00:{ap:02x}", "rssi": -60} for ap in range(30)]}
                    ],
                }
                for number in range(900)
            ]
        }
    }
    body = json.dumps(report, separators=(",", ":")).encode()
    assert shortened_json(body, 100_000) == (body, 0)
