"""After a purge no address is found below data/: Parquet column by column, every other file as bytes, WAL included."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import telltale as tt
from telltale.address import station
from telltale.contract import Request
from telltale.door import Door
from telltale.lake.settle import settle_all
from telltale.operate import retention
from telltale.privacy import periods_between
from telltale.sources import SOURCES
from tests.lake_fixture import SITE, Lake, at, fill, set_clock

HOUR = 3_600_000_000
SEPARATORS = re.compile(rb"%3a|[:\-._ ]", re.IGNORECASE)
HEX_RUN = re.compile(rb"[0-9a-f]{12,}")


def addresses_in(data: bytes, wanted: frozenset[int]) -> set[int]:
    """The wanted addresses in some bytes: as text in any case and with any separator, or as six octets."""
    text = SEPARATORS.sub(b"", data).lower()
    runs = (run[0] for run in HEX_RUN.finditer(text))
    found = {int(run[start : start + 12], 16) for run in runs for start in range(len(run) - 11)} & wanted
    return found | _six_octets(data, wanted) | _six_octets(data[::-1], wanted)


def _six_octets(data: bytes, wanted: frozenset[int]) -> set[int]:
    octets = np.frombuffer(data, np.uint8)
    if len(octets) < 6:
        return set()
    begins = np.zeros(1 << 16, np.bool_)
    begins[[address >> 32 for address in wanted]] = True
    # Most places are ruled out by their first two octets; only the others are worth six.
    places = np.flatnonzero(begins[octets[:-5].astype(np.uint16) << 8 | octets[1:-4]])
    return {int.from_bytes(data[place : place + 6]) for place in places.tolist()} & wanted


def values_of(path: Path) -> Iterator[bytes]:
    """The values of a Parquet file, column by column, as bytes; integers as themselves and as text."""
    for column in pq.read_table(path, partitioning=None).columns:
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            yield b"\n".join(
                value if isinstance(value, bytes) else value.encode() for value in column.to_pylist() if value
            )
        elif pa.types.is_integer(column.type) or pa.types.is_timestamp(column.type):
            numbers = column.drop_null().cast(pa.int64()).to_numpy()
            yield numbers.astype(">i8").tobytes()
            yield b"\n".join(b"%012x" % (int(number) & (1 << 64) - 1) for number in np.unique(numbers))


def found_below(folder: Path, wanted: frozenset[int]) -> dict[str, set[int]]:
    """By kind of file, the addresses that can still be read there."""
    found: dict[str, set[int]] = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        blobs = [path.read_bytes(), *(values_of(path) if path.suffix == ".parquet" else ())]
        hits = set().union(*(addresses_in(blob, wanted) for blob in blobs))
        if hits:
            found.setdefault(path.relative_to(folder).parts[0] + path.name[path.name.rfind(".") :], set()).update(hits)
    return found


@pytest.mark.parametrize(
    "written",
    [
        b"3c:06:30:aa:bb:01",
        b"3C-06-30-AA-BB-01",
        b"3c0630aabb01",
        b"3C06.30AA.BB01",
        b"3c%3A06%3a30%3Aaa%3Abb%3A01",
        b"(3c 06 30 aa bb 01)",
        b"00003c0630aabb01ff",
        bytes.fromhex("3c0630aabb01"),
        bytes.fromhex("01bbaa30063c"),
    ],
)
def test_the_search_finds_an_address_however_it_is_written(written: bytes, tmp_path: Path) -> None:
    wanted = frozenset({0x3C0630AABB01})
    assert addresses_in(b"\0x" + written + b"\n", wanted) == wanted
    pq.write_table(pa.table({"body": [written * 3], "n": [0x3C0630AABB01]}), tmp_path / "a.parquet", compression="zstd")
    assert found_below(tmp_path, wanted) == {"a.parquet.parquet": wanted}
    assert addresses_in(b"3c:06:30:aa:bb:02 \x3c\x06", wanted) == set()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Thursday, and Friday until 02:00, all of it hot; nothing is kept for longer than the defaults say."""
    return fill(tmp_path_factory.mktemp("purge"), hours=26, settle=False, keep=False)


def test_no_address_is_left_after_the_purge(filled: Lake) -> None:
    project, data = filled.project, Path(filled.project.settings.data)
    wanted = frozenset(station(stay["address"]) for stay in filled.truth["stays"])
    _refuse_one(filled)
    hot = found_below(data, wanted)
    assert min(len(hot["landing.db"]), len(hot["landing.db-wal"])) > 100
    settle_all(project.lake, now_us=project.now_us())
    assert len(found_below(data, wanted)["lake.parquet"]) > 200
    figures = tt.presence.figures("2026-11-19", "2026-11-20", project=project)

    for hours in range(26, 26 + 96, 12):
        now_us = at("2026-11-19") + hours * HOUR
        set_clock(project, now_us)
        assert not retention.purge(project, now_us=now_us).held
        _check_consistent(project, now_us)

    assert found_below(data, wanted) == {}
    closed = tt.presence.figures("2026-11-19", "2026-11-20", project=project)
    assert closed["closed"].all()
    same = [name for name in figures.columns if name != "closed"]
    assert closed[same].equals(figures[same])
    assert len(tt.presence.visits("2026-11-19", "2026-11-20", project=project)) == figures["visits"].max()


def _refuse_one(filled: Lake) -> None:
    """A report of ours with a wrong secret: its first bytes are kept for a while, addresses included."""
    project = filled.project
    body = next(raw.body for raw in project.lake.snapshot().hot if raw.body.count(b'"mac"') == 1)
    landing = project.landing()
    request = Request(
        "cloudtrax", project.now_us(), "127.0.0.1", "http", "POST", "/cloudtrax", {"signature": "0" * 64}, "", body
    )
    assert Door(SOURCES, landing, project.settings).handle(request).reply.status in {401, 403}
    landing.close()


def _check_consistent(project: tt.Project, now_us: int) -> None:
    """Every listed file is there and its rows are; a key exists only for as long as a row may need it."""
    for file in project.lake.snapshot().files:
        assert project.lake.root.read(file.path).num_rows == file.rows
        assert file.table_name != "raw" or file.max_time >= now_us - 24 * HOUR
    periods = periods_between(project.site(SITE), at("2026-11-18"), now_us)
    needed = [period.label for period in periods if period.end_us > now_us - 48 * HOUR]
    kept = [path.name.split(".")[0] for path in (project.settings.keys / f"site={SITE}").glob("[!.]*.key")]
    assert set(kept) <= set(needed)
