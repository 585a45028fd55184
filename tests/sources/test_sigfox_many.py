"""Many callbacks at once: the rows and rejects of each are those it has alone."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import Tables
from telltale.contract import Chunk, DecodeError, Many, Raw
from telltale.pipeline.batch import decoder
from telltale.sources import source
from telltale.sources.sigfox.decode import decode
from telltale.sources.sigfox.many import decode_many

AT = 1_795_165_260_000_000
DEVICE, TIME = "2D24E6", 1_795_165_200
OPTIONS = {
    "quantities": {"temp": {"name": "temperature", "unit": "°C", "scale": 0.1}, "t2": {"name": "temperature"}},
    "types": {
        "fridges": {"ids": ["5D8c"], "payload": "t::int:8 door::bool:7"},
        "pcs": {"devices": ["1d3c08"], "activity": "levels"},
        "maps": {"devices": ["1d3c09"], "activity": "bitmap"},
    },
    "endpoints": {"hex": {"sequence": "hex", "fields": {"device": "gadget"}}, "advanced/typed": {"type": "fridges"}},
}

PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("/sigfox/uplink", {"device": DEVICE, "time": TIME, "seqNumber": 12, "data": "", "rssi": -108.5, "temp": 215}),
    ("/sigfox/uplink", {"device": DEVICE, "time": str(TIME), "data": "40ff", "deviceTypeId": "5d8C", "x": "1.50"}),
    ("/sigfox/uplink", {"device": DEVICE, "time": TIME, "data": "40ff", "deviceTypeId": "5d8c", "t": 64}),
    ("/sigfox/downlink", {"device": "001", "time": TIME, "station": "1D2A", "duplicate": False, "ack": True, "y": 3}),
    ("/sigfox/uplink", {"device": "1d3c08", "time": TIME, "data": "313030"}),
    ("/sigfox/uplink/hex", {"gadget": 7, "time": TIME, "seqNumber": "0xaF", "customData#note": "warm", "n": None}),
    ("/data/cellar", {"id": "ab", "time": TIME, "temperature": 4.0625, "humidity": True}),
    ("/sigfox/uplink", {"device": DEVICE, "time": TIME, "duplicate": "true", "temp": 3}),
    (
        "/sigfox/advanced",
        {"device": DEVICE, "time": TIME, "seqNumber": 1, "lqi": "Good", "computedLocation": {"lat": 53.5, "lng": 9.9},
         "duplicates": [{"bsId": "1D2A", "rssi": -108.72, "snr": "31.28"}, {"bsId": "6f02", "rssi": -99, "nbRep": 3}]},
    ),
]  # fmt: skip


def raw(path: str, body: Any, number: int = 1) -> Raw:
    told = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return Raw(number, "sigfox", AT, "192.0.2.1", json.dumps({"path": path}), told)


def form(path: str, text: str) -> Raw:
    return raw(path, text.encode())


@pytest.mark.parametrize(("path", "fields"), PLAIN)
def test_what_backends_usually_send_is_not_odd(path: str, fields: dict[str, Any]) -> None:
    """Else every record would take the long way, and nobody would see it but in the time it takes."""
    assert decode_many([raw(path, fields)], OPTIONS).odd == []


@pytest.mark.parametrize(
    "record",
    [
        form("/messages/create", f"device=1D3C07&time={TIME}&seqNumber=199&data=3530"),
        form("/messages/create", f"device=1D3C07&time={TIME}&data=4869"),
        form("/sigfox/uplink", f"id=2D24E7&time={TIME}&seqNumber=4095&temperature=-4.5"),
    ],
)
def test_forms_are_not_odd(record: Raw) -> None:
    assert decode_many([record], OPTIONS).odd == []
    same([record])


NAMES = st.sampled_from(
    ["device", "Device", "id", "time", "timestamp", "data", "payload", "seqNumber", "deviceTypeId", "rssi", "snr",
     "signal", "station", "duplicate", "ack", "lqi", "lat", "temp", "t2", "t", "door", "temperature", "gadget", "a.b",
     "customData#temp", "customData#note", "batt", "duplicates", "computedLocation", "odd/name", "", "n" * 70]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["", "null", "N/A", "{temp}", "0", "1", "true", "FALSE", "2d24e6", "2D24E6", "002d24e6", "1d3c08", "1d3c09",
         "5D8C", "40ff", "313030", "3530", "31", "1f", "10" * 13, "zz", "Good", "9", "4", "1E5", "1.5e3", "12.", " 7 ",
         "0xFFF", "4095", "4096", "warm", "ß", "\ud800", "5", "10a4" + "ff" * 10, "20a4" + "00" * 10,
         None, True, False, 0, 1, -1, 7, 4095, 4096, TIME, TIME * 1000, 2**53 + 1, 10**19, 1e5, 1e-7, 1.5, -108.72,
         21.5, 1e22, -0.0, float(TIME), [], {}, [1], {"lat": 1.5, "lng": 2}, {"lat": 91, "lng": 2}, {"x": {"y": [1]}},
         [{"bsId": "1D2A", "rssi": -99.5, "snr": 20}, {"bsId": "zz", "rssi": "-3"}, 7]]
    ),
    st.integers(-(10**6), 10**12),
    st.floats(allow_nan=True),
    st.text(max_size=4),
)  # fmt: skip
BODIES = st.one_of(
    st.sampled_from(PLAIN).flatmap(
        lambda told: st.dictionaries(NAMES, VALUES, max_size=2).map(lambda more: {**told[1], **more})
    ),
    st.dictionaries(NAMES, VALUES, max_size=6).map(lambda more: {"device": DEVICE, "time": TIME, **more}),
    st.dictionaries(NAMES, VALUES, max_size=6),
)
TEXTS = st.one_of(
    BODIES.map(lambda body: json.dumps(body, separators=(",", ":")).encode()),
    BODIES.map(lambda body: json.dumps(body).encode()),
    BODIES.map(lambda body: json.dumps(body).replace('"', "", 2).encode()),
    st.dictionaries(NAMES, st.sampled_from(["", "31", "2d24e6", str(TIME), "a%20b", "{x}", "-3.5", "é"])).map(
        lambda told: "&".join(f"{name}={value}" for name, value in told.items()).encode()
    ),
    st.sampled_from(
        [b"", b"{", b"[]", b"null", b'{"device":2d24e6,"time":1795165200}', b'{"device":"a","time":1795165200,"x":-0}',
         b'{"device":"a","device":"b","time":1795165200}', b'{"device":-0,"time":1795165200}', b"\xff", b"device",
         b'{"device":"a","time":1795165200.00,"seqNumber":12.0}', b'{"device":"a","time":1795165200,"x":1e3}',
         b'{"device":"a","time":1795165200,"x":"\\ud800"}', b'{"device":"a","time":1795165200,"x":"\x01"}',
         b'{"device": "a", "time": 1795165200, "x": 123456789012345678901234567890}', b'\xef\xbb\xbf{"device":"a"}',
         b"device=a&device=b&time=1795165200", b"device=a&&time=1795165200", b"device=a&time=1795165200&x"]
    ),
)  # fmt: skip
PATHS = st.sampled_from(
    ["/sigfox/uplink", "/sigfox/downlink", "/sigfox/advanced", "/sigfox/advanced/typed", "/sigfox/uplink/hex",
     "/messages/create", "/data/cellar", "/sigfox/status", "/sigfox/batch", "/sigfox/none"]
)  # fmt: skip
METAS = PATHS.flatmap(lambda path: st.sampled_from([{"path": path}, {"path": path, "query": "time=1795165201"}]))
RECORDS = st.lists(
    st.builds(lambda meta, body: Raw(0, "sigfox", AT, "", json.dumps(meta), body), METAS, TEXTS), max_size=12
)


@settings(max_examples=400)
@given(records=RECORDS)
def test_many_give_what_each_gives_alone(records: list[Raw]) -> None:
    same([each._replace(id=number, received_at=AT + number) for number, each in enumerate(records, 1)])


@settings(max_examples=200)
@given(meta=PATHS, body=TEXTS)
def test_one_callback_gives_the_same_rows(meta: str, body: bytes) -> None:
    """Of the source itself: a record that is not odd has no reject, and the rows that `decode` yields."""
    record = Raw(1, "sigfox", AT, "", json.dumps({"path": meta}), body)
    many = decode_many([record], OPTIONS)
    if many.odd:
        assert rows_of(many) == {}
        return
    items = list(decode(record, OPTIONS))
    assert all(isinstance(item, Chunk) for item in items)
    assert rows_of(many) == rows_of(Many([]), *(item for item in items if isinstance(item, Chunk)))


def rows_of(many: Many, *more: Chunk) -> dict[str, list[dict[str, Any]]]:
    """The rows by table, without what is null; a NaN would differ from itself."""
    found: dict[str, list[dict[str, Any]]] = {}
    for chunk in (*(bulk.chunk for bulk in many.bulks), *more):
        for row in zip(*chunk.columns.values(), strict=True):
            told = {name: value for name, value in zip(chunk.columns, row, strict=True) if value is not None}
            found.setdefault(chunk.table, []).append(told)
    return found


def same(records: list[Raw]) -> None:
    assert tables(records, is_quick=True) == tables(records, is_quick=False)


def tables(records: list[Raw], *, is_quick: bool) -> Tables:
    made = source("sigfox")
    made = made if is_quick else dataclasses.replace(made, decode_many=None)
    return decoder(NoStations(), lambda _name: OPTIONS, source_of=lambda _name: made)("sigfox", records)


class NoStations:
    """These tables hold no addresses."""

    def apply(self, *_: object) -> Any:
        """Never asked."""
        raise AssertionError


def test_a_wrong_option_is_no_records_fault() -> None:
    with pytest.raises(Exception, match="payload"):
        decode_many([raw(*PLAIN[0])], {"payload": "nonsense"})
    with pytest.raises(DecodeError):
        list(decode(raw("/sigfox/uplink", {}), {}))
