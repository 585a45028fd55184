"""One contract over every source; a new source needs samples, not tests."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.arrow import conform
from telltale.contract import Chunk, ConfigError, DecodeError, Emission, Raw, Refused, Reject, Request, Scenario, Source
from telltale.sources import SOURCES, source
from telltale.tables import ORIGIN, TABLES
from tests.sources.sampled import Sample, decoded, readable, samples

ROOT = Path(__file__).parents[2]
MORNING = Scenario(seed=1, start_s=1_795_165_200, end_s=1_795_165_200 + 1800, timezone="Europe/Berlin")
PYTHON_TYPES = {
    "int64": int,
    "int32": int,
    "float64": (float, int),
    "string": str,
    "bool": bool,
    "timestamp": int,
}

each_source = pytest.mark.parametrize("each", SOURCES, ids=lambda each: each.name)
each_sample = pytest.mark.parametrize("sample", samples(), ids=lambda sample: f"{sample.source}-{sample.name}")


def of(each: Source) -> list[Sample]:
    return [sample for sample in samples() if sample.source == each.name]


def test_every_module_is_listed() -> None:
    folder = ROOT / "telltale" / "sources"
    modules = {path.stem for path in folder.iterdir() if not path.name.startswith("_")}
    assert modules == {each.name for each in SOURCES}


@each_source
def test_the_readme_names_the_source(each: Source) -> None:
    assert f"`{each.name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_two_sources_listen_on_one_route() -> None:
    routes = [(route.method, route.path) for each in SOURCES for route in each.routes]
    assert len(routes) == len(set(routes))


@each_source
def test_tables_are_known_and_decoded(each: Source) -> None:
    assert each.tables
    assert not any(TABLES[name].derived for name in each.tables)


def test_an_unknown_source_is_told_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r'no source "cloudtraxx"; known: .*cloudtrax.*; did you mean "cloudtrax"'):
        source("cloudtraxx")


@each_sample
def test_samples_are_accepted_or_refused(sample: Sample) -> None:
    accept = source(sample.source).accept
    if sample.refused is None:
        assert accept(sample.request, sample.settings).status == sample.reply
    else:
        with pytest.raises(Refused) as caught:
            accept(sample.request, sample.settings)
        assert (caught.value.status, caught.value.reason) == sample.refused


@each_sample
def test_samples_decode_to_exactly_these_rows(sample: Sample) -> None:
    tables = decoded(sample.source, [sample.raw], sample.settings)
    assert readable(tables) == sample.tables
    for name, rows in tables.items():
        assert conform(TABLES[name], rows) is rows, "already as its schema says"
        assert set(rows["raw_id"].to_pylist()) == {7}


@each_sample
def test_columns_hold_values_of_their_type(sample: Sample) -> None:
    for item in told(sample.raw):
        if isinstance(item, Chunk):
            well_formed(item)


@each_source
def test_many_at_once_decode_as_one_by_one(each: Source) -> None:
    """Samples are mixed with simulated records, so that odd ones fall among ordinary ones."""
    settings = of(each)[0].settings
    raws = [sample.raw for sample in of(each)] * 3
    emissions = itertools.islice(each.simulate(MORNING, settings), 100)
    raws += [raw_of(each, emission) for emission in emissions]
    raws = [raw._replace(id=number) for number, raw in enumerate(raws, 1)]
    together = decoded(each.name, raws)
    alone = [decoded(each.name, [raw]) for raw in raws]
    assert sorted(together) == sorted({name for tables in alone for name in tables})
    for name, rows in together.items():
        expected = [row for tables in alone if name in tables for row in tables[name].to_pylist()]
        assert sorted(rows.to_pylist(), key=str) == sorted(expected, key=str)


@each_source
def test_simulated_records_are_accepted_and_decode(each: Source) -> None:
    settings = of(each)[0].settings
    emissions = list(each.simulate(MORNING, settings))
    assert emissions
    assert [emission.at for emission in emissions] == sorted(emission.at for emission in emissions)
    for emission in emissions[:50]:
        headers = {name.lower(): value for name, value in emission.headers.items()}
        path, _, query = emission.path.partition("?")
        request = Request(each.name, emission.at, "", "http", emission.method, path, headers, query, emission.body)
        assert each.accept(request, settings).keep
    tables = decoded(each.name, [raw_of(each, one)._replace(id=n) for n, one in enumerate(emissions, 1)])
    assert set(tables) == set(each.tables), "every table of the source, and no reject"


@each_source
def test_one_seed_gives_one_byte_stream(each: Source) -> None:
    settings = of(each)[0].settings
    first, again = list(each.simulate(MORNING, settings)), list(each.simulate(MORNING, settings))
    other = list(each.simulate(MORNING._replace(seed=2), settings))
    assert first == again
    assert [emission.body for emission in first] != [emission.body for emission in other]


@each_sample
def test_what_is_acknowledged_ends_as_a_row_or_a_reject(sample: Sample) -> None:
    if sample.refused is None and source(sample.source).accept(sample.request, sample.settings).keep:
        assert decoded(sample.source, [sample.raw], sample.settings)


@each_source
@given(data=st.data())
def test_any_acknowledged_bytes_end_as_a_row_or_a_reject(each: Source, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(of(each)))
    changed = data.draw(damaged(sample.body) | emptied(sample.body))
    try:
        reply = each.accept(sample.request._replace(body=changed), sample.settings)
    except Refused:
        return
    if reply.keep:
        assert decoded(each.name, [sample.raw._replace(body=changed)], sample.settings)


@each_source
@given(data=st.data())
def test_any_bytes_give_rows_rejects_or_a_decode_error(each: Source, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(of(each)))
    body = data.draw(damaged(sample.body) | st.binary(max_size=64))
    raw = sample.raw._replace(body=body)
    for item in told(raw):
        if isinstance(item, Chunk):
            well_formed(item)
        else:
            assert item.part
            assert item.reason
            assert len(item.excerpt) <= 200
    for name, rows in decoded(each.name, [raw, sample.raw]).items():
        conform(TABLES[name], rows)


def raw_of(each: Source, emission: Emission) -> Raw:
    return Raw(0, each.name, emission.at, "", json.dumps({"path": emission.path}), emission.body)


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    """The body cut, or with a few bytes overwritten."""
    cut = st.integers(0, len(body)).map(lambda end: body[:end])
    places = st.lists(st.tuples(st.integers(0, max(len(body) - 1, 0)), st.integers(0, 255)), min_size=1, max_size=4)
    return cut | places.map(lambda changes: overwritten(body, changes))


def overwritten(body: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(body)
    for place, byte in changes:
        changed[place : place + 1] = bytes([byte])
    return bytes(changed)


@st.composite
def emptied(draw: st.DrawFn, body: bytes) -> bytes:
    """The JSON of a body with one of its lists, objects or values, at any depth, emptied."""
    try:
        told = json.loads(body)
    except ValueError:
        return body
    places = [(told, name) for name in keys(told)]
    for holder, name in places:
        places += [(holder[name], inner) for inner in keys(holder[name])]
    if places:
        holder, name = draw(st.sampled_from(places))
        holder[name] = draw(st.sampled_from([None, "", [], {}]))
    return json.dumps(told).encode()


def keys(told: Any) -> list[Any]:
    return list(told) if isinstance(told, dict) else list(range(len(told))) if isinstance(told, list) else []


def told(raw: Raw) -> list[Chunk | Reject]:
    try:
        return list(source(raw.source).decode(raw, {}))
    except DecodeError:
        return []


def well_formed(chunk: Chunk) -> None:
    """Names and types of the contract, more strictly than Arrow, which would take 3.0 for 3."""
    table = TABLES[chunk.table]
    assert not set(chunk.columns) & {column.name for column in ORIGIN}
    assert len({len(values) for values in chunk.columns.values()}) == 1
    for name, values in chunk.columns.items():
        column = table.column(name)
        assert all(fits(value, column.type, nullable=column.nullable) for value in values), name


def fits(value: Any, kind: str, *, nullable: bool) -> bool:
    if value is None:
        return nullable
    return isinstance(value, PYTHON_TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))  # type: ignore[arg-type]
