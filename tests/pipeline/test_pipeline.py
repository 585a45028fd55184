"""What the pipeline adds to what a source tells: origin, clock flags, pseudonyms, lists, and that nothing stops it."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.address import station
from telltale.arrow import Decode, Tables, conform
from telltale.contract import Bulk, Chunk, DecodeError, Options, Raw, Reject
from telltale.pipeline.batch import decoder
from telltale.privacy import Keys, Lists, Pseudonymizer
from telltale.sources import source
from telltale.tables import KEY_REFUSED, TABLES

SECOND_US = 1_000_000
NOON = 1_795_172_400  # 2026-11-20 12:00 in Berlin
CUT = 1_795_143_600  # 2026-11-20 04:00 in Berlin
ADDRESS, OTHER, RANDOM = "3c:06:30:aa:bb:01", "3c:06:30:aa:bb:02", "da:a1:19:00:00:03"


class Rule(NamedTuple):
    timezone: str = "Europe/Berlin"
    rotation: str = "day"


def decode_in(folder: Path, rule: Rule | None = None) -> Decode:
    return decoder(Pseudonymizer(Keys(folder), Lists(folder), lambda _: rule or Rule()), lambda _: {})


def report(received_s: float, *rows: tuple[str, int], identity: int = 1, first_s: int | None = None) -> Raw:
    """A report with (address, last_seen) as rows; each began 5 s before unless told."""
    told = [
        {"mac": address, "count": 1, "min_signal": -70, "max_signal": -60, "avg_signal": -65, "associated": False}
        | {"first_seen": last_s - 5 if first_s is None else first_s, "last_seen": last_s}
        for address, last_s in rows
    ]
    body = {"network_id": 71234, "node_mac": "AC:86:74:11:22:33", "version": 1, "probe_requests": told}
    return Raw(identity, "cloudtrax", int(received_s * SECOND_US), "", "{}", json.dumps(body).encode())


def column(tables: Tables, name: str, table: str = "sighting") -> list[Any]:
    values: list[Any] = tables[table][name].to_pylist()
    return values


def test_rows_say_which_record_they_come_from(tmp_path: Path) -> None:
    raws = [
        report(NOON, (ADDRESS, NOON - 9), (OTHER, NOON - 8), identity=4),
        report(NOON + 1, identity=5),
        report(NOON + 2, (ADDRESS, NOON), identity=9),
    ]
    tables = decode_in(tmp_path)("cloudtrax", raws)
    assert column(tables, "raw_id") == [4, 4, 9]
    assert column(tables, "raw_id", "node_heartbeat") == [4, 5, 9]
    assert set(column(tables, "source")) == {"cloudtrax"}
    assert [at.timestamp() for at in column(tables, "received_at")] == [NOON, NOON, NOON + 2]


@pytest.mark.parametrize(
    ("first_s", "last_s", "flags"),
    [
        (NOON - 5, NOON, ""),
        (NOON - 5, NOON + 300, ""),
        (NOON - 5, NOON + 301, "clock_ahead"),
        (NOON - 90_000, NOON - 86_400, ""),
        (NOON - 90_000, NOON - 86_401, "late"),
        (1_262_304_000, NOON, ""),
        (1_262_303_999, NOON, "clock_unset"),
        (0, 5, "clock_unset"),
        (0, NOON + 301, "clock_ahead,clock_unset"),
    ],
)
def test_the_clock_is_held_against_the_moment_of_receipt(tmp_path: Path, first_s: int, last_s: int, flags: str) -> None:
    tables = decode_in(tmp_path)("cloudtrax", [report(NOON, (ADDRESS, last_s), first_s=first_s)])
    assert column(tables, "flags") == [flags]


def test_resends_across_a_key_cut_are_one_device(tmp_path: Path) -> None:
    """The period follows the row's own time, not the moment it was received."""
    decode, row = decode_in(tmp_path), (ADDRESS, CUT - 10)
    (first,) = column(decode("cloudtrax", [report(CUT - 5, row)]), "device")
    (again,) = column(decode("cloudtrax", [report(CUT + 86_000, row)]), "device")
    (after,) = column(decode("cloudtrax", [report(CUT + 5, (ADDRESS, CUT))]), "device")
    assert first == again
    assert first != after


@pytest.mark.parametrize(("first_s", "last_s"), [(0, 5), (NOON - 200_000, NOON - 200_000), (NOON, NOON + 90_000)])
def test_a_row_whose_time_is_not_believed_takes_the_period_of_receipt(
    tmp_path: Path, first_s: int, last_s: int
) -> None:
    raws = [report(NOON, (ADDRESS, NOON)), report(NOON, (ADDRESS, last_s), first_s=first_s, identity=2)]
    devices = column(decode_in(tmp_path)("cloudtrax", raws), "device")
    assert devices[0] == devices[1]


def test_no_address_is_left_and_its_kind_is(tmp_path: Path) -> None:
    tables = decode_in(tmp_path)("cloudtrax", [report(NOON, (ADDRESS, NOON), (RANDOM, NOON))])
    assert column(tables, "address_kind") == ["global", "local"]
    assert not set(column(tables, "device")) & {station(ADDRESS), station(RANDOM)}


def test_lists_flag_staff_and_fixed_devices(tmp_path: Path) -> None:
    Lists(tmp_path).add("staff", ADDRESS)
    Lists(tmp_path).add("fixed", ADDRESS)
    Lists(tmp_path).add("fixed", OTHER)
    tables = decode_in(tmp_path)("cloudtrax", [report(NOON, (ADDRESS, NOON - 90_000), (OTHER, NOON), (RANDOM, NOON))])
    assert column(tables, "flags") == ["fixed,late,staff", "fixed", ""]


def test_opted_out_rows_are_dropped_and_counted(tmp_path: Path) -> None:
    Lists(tmp_path).add("opt_out", ADDRESS)
    raws = [
        report(NOON, (ADDRESS, NOON), (OTHER, NOON), (ADDRESS, NOON - 20)),
        report(NOON, (OTHER, NOON), identity=2),
        report(NOON, (ADDRESS, NOON), identity=3),
    ]
    tables = decode_in(tmp_path)("cloudtrax", raws)
    assert column(tables, "raw_id") == [1, 2]
    rejects = tables["reject"].select(["raw_id", "part", "reason", "excerpt"]).to_pylist()
    assert [tuple(row.values()) for row in rejects] == [
        (1, "sighting opted_out", "opted_out", "rows: 2"),
        (3, "sighting opted_out", "opted_out", "rows: 1"),
    ]
    assert column(tables, "raw_id", "node_heartbeat") == [1, 2, 3]


def test_rows_of_a_destroyed_period_are_dropped_and_counted(tmp_path: Path) -> None:
    Keys(tmp_path).destroy("71234", CUT * SECOND_US)
    raws = [report(CUT + 60, (ADDRESS, CUT - 1), (OTHER, CUT - 1), (ADDRESS, CUT))]
    tables = decode_in(tmp_path)("cloudtrax", raws)
    assert len(column(tables, "device")) == 1
    assert column(tables, "reason", "reject") == ["key_destroyed"]
    assert column(tables, "excerpt", "reject") == ["rows: 2"]
    assert not [path for path in tmp_path.rglob("*.key") if str(CUT) in path.name]


def test_a_batch_gives_what_its_records_give_alone(tmp_path: Path) -> None:
    """So that settling, reading hot rows and decoding again agree, whatever their batches."""
    Lists(tmp_path).add("opt_out", OTHER)
    raws = [report(NOON + n, (ADDRESS, NOON + n - 40_000 * (n % 3)), (OTHER, NOON), identity=n) for n in range(1, 80)]
    raws[40] = raws[40]._replace(body=b"no report")
    decode = decode_in(tmp_path)
    together = decode("cloudtrax", raws)
    alone = [decode("cloudtrax", [raw]) for raw in raws]
    for name, rows in together.items():
        expected = pa.concat_tables([tables[name] for tables in alone if name in tables])
        key = [(name, "ascending") for name in TABLES[name].key]
        assert rows.sort_by(key).equals(expected.sort_by(key))


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    assert decode_in(tmp_path)("cloudtrax", []) == {}


def test_records_of_a_source_that_is_not_listed_are_rejects(tmp_path: Path) -> None:
    (row,) = decode_in(tmp_path)("cloud", [report(NOON)._replace(source="cloud")])["reject"].to_pylist()
    assert (row["source"], row["part"], row["reason"]) == ("cloud", "record", "unknown_source")


def test_a_damaged_key_holds_up_the_records_that_need_it_alone(tmp_path: Path) -> None:
    """It is no fault of theirs: by the name of its reject a record is known that has to wait."""
    decode = decode_in(tmp_path)
    decode("cloudtrax", [report(NOON, (ADDRESS, NOON))])
    next(tmp_path.rglob("*.key")).write_bytes(b"")
    tables = decode("cloudtrax", [report(NOON, (ADDRESS, NOON)), report(CUT - 9, (ADDRESS, CUT - 9), identity=2)])
    assert column(tables, "raw_id") == [2]
    assert [(row["raw_id"], row["reason"]) for row in tables["reject"].to_pylist()] == [(1, KEY_REFUSED)]


# --- decoders that misbehave: the body says how


def naughty(raw: Raw, _options: Options) -> Iterator[Chunk | Reject]:
    heartbeat: dict[str, list[Any]] = {
        "site": ["s"],
        "node_id": ["n"],
        "observed_at": [raw.received_at],
        "clock_offset_s": [1.0],
    }
    changes: dict[bytes, dict[str, list[Any]]] = {
        b"good": {},
        b"text for a time": {"observed_at": ["noon"]},
        b"too large": {"observed_at": [2**63]},
        b"null": {"site": [None]},
        b"surrogate": {"site": ["\ud800"]},
        b"uneven": {"site": ["s", "t"]},
        b"unknown column": {"colour": ["red"]},
        b"origin": {"raw_id": [5]},
    }
    if raw.body == b"raises":
        yield Chunk("node_heartbeat", heartbeat)
        raise RuntimeError(f"address {ADDRESS} made me fail")
    if raw.body == b"decode error":
        raise DecodeError("too_short", "body is 3 bytes")
    if raw.body == b"no table":
        yield Chunk("nonsense", {"a": [1]})
    elif raw.body == b"without nullable":
        yield Chunk("node_heartbeat", {name: heartbeat[name] for name in ("site", "node_id", "observed_at")})
    else:
        yield Chunk("node_heartbeat", heartbeat | changes[raw.body])


WRONG = [
    "text for a time",
    "too large",
    "null",
    "surrogate",
    "uneven",
    "unknown column",
    "origin",
    "raises",
    "no table",
]


def decode_naughty(*names: str, decode_many: Any = None) -> Tables:
    made = dataclasses.replace(source("cloudtrax"), decode=naughty, decode_many=decode_many)
    stations = Pseudonymizer(Keys(Path("unused")), Lists(Path("unused")), lambda _: Rule())
    return decoder(stations, lambda _: {}, source_of=lambda _: made)("naughty", bodies(*names))


def bodies(*names: str) -> list[Raw]:
    return [Raw(n, "naughty", NOON * SECOND_US, "", "{}", name.encode()) for n, name in enumerate(names, 1)]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_decoder_at_fault_costs_one_record(wrong: str) -> None:
    tables = decode_naughty("good", "good", wrong, "good", "good")
    assert sorted(column(tables, "raw_id", "node_heartbeat")) == [1, 2, 4, 5]
    rejects = tables["reject"].select(["raw_id", "part", "reason"]).to_pylist()
    assert rejects == [{"raw_id": 3, "part": "record", "reason": "decoder_failed"}]
    assert ADDRESS not in str(tables["reject"].to_pylist())
    for name, rows in tables.items():
        conform(TABLES[name], rows)


def test_a_decode_error_keeps_its_reason() -> None:
    tables = decode_naughty("decode error")
    assert column(tables, "reason", "reject") == ["too_short"]
    assert column(tables, "excerpt", "reject") == ["body is 3 bytes"]


def test_a_missing_nullable_column_is_null() -> None:
    tables = decode_naughty("good", "without nullable")
    assert column(tables, "clock_offset_s", "node_heartbeat") == [1.0, None]


def test_decoding_many_that_fails_is_done_one_by_one() -> None:
    def boom(_raws: object, _options: object) -> list[Bulk]:
        raise RuntimeError

    tables = decode_naughty("good", "good", decode_many=boom)
    assert column(tables, "raw_id", "node_heartbeat") == [1, 2]


@given(st.lists(st.sampled_from(["good", "decode error", *WRONG]), max_size=12))
def test_every_record_becomes_a_row_or_a_reject(names: list[str]) -> None:
    tables = decode_naughty(*names)
    ids = [raw_id for rows in tables.values() for raw_id in rows["raw_id"].to_pylist()]
    assert sorted(ids) == list(range(1, len(names) + 1))


def test_a_station_column_comes_with_site_flags_and_kind() -> None:
    """What the pipeline needs beside an address."""
    for table in TABLES.values():
        if not table.derived and any(column.station for column in table.columns):
            assert {"site", "flags", "address_kind"} <= set(table.names)
