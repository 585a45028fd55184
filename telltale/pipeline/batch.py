"""A batch of raw records into tables: the second file to read, after the README.

    raw records ── their source decodes ──▶ rows and rejects, one list a column
        ── Arrow, once a batch ──▶ + raw_id, source, received_at
        ── the row's own time against received_at ──▶ flags clock_unset, clock_ahead, late
        ── station addresses ──▶ address_kind, pseudonym, flags fixed and staff; opted-out rows dropped and counted

Nothing stops here: a record that cannot be decoded becomes a row of table `reject`. The same records give the same rows
in whatever batches they come, as long as their keys live. No record gives more than `Limits` says (kept.py).

Source: DESIGN sections 6 and 11; wire/presence.md R7, R8 and section 7.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from telltale.address import LOCAL_BIT
from telltale.arrow import TIMESTAMP, Decode, Tables, schema
from telltale.contract import Chunk, ConfigError, DecodeError, Limits, Many, Options, Raw, Reject, Runs, Source
from telltale.pipeline.columns import POSITION, Rows
from telltale.pipeline.kept import Kept, is_large, shortened
from telltale.pipeline.whole import failed, in_halves, rejected, whole
from telltale.privacy import Pseudonyms
from telltale.sources import BY_NAME
from telltale.tables import AHEAD_US, CLOCK_SET_US, KEY_REFUSED, LATE_US, ORIGIN, REJECT, TABLES, Table

EXCERPT_LENGTH = 200
LIMITS = Limits()

_KINDS = pa.array(["global", "local"])


class Stations(Protocol):
    """What turns the addresses of a batch into pseudonyms: `telltale.privacy.Pseudonymizer`."""

    def apply(self, sites: pa.StringArray, addresses: NDArray[np.int64], times_us: NDArray[np.int64], /) -> Pseudonyms:
        """The pseudonym of each row, and what the lists say of it."""


def decoder(
    stations: Stations,
    options_of: Callable[[str], Options],
    *,
    source_of: Callable[[str], Source | None] = BY_NAME.get,
    limits: Limits = LIMITS,
) -> Decode:
    """The function that decodes raw records of one source into tables; a table without rows is left out.

    Args:
        stations: gives pseudonyms for addresses.
        options_of: the options of a source, by its name.
        source_of: the source of a name, None where there is none; those listed, but for tests.
        limits: what is kept of one record; what is beyond is counted in one reject, `over_limit`.

    Returns:
        (source name, raw records) -> tables. Each record of a name that no source has (any more) is a reject. It raises
        ConfigError where an option of the source is wrong, and OSError or StoreError where the keys, or what is noted
        of them, cannot be reached: no record is at fault; and MemoryError where there is not enough for one record.
        A record whose key is damaged, gone or another than noted has a reject `key_refused`, and has to wait.
    """

    def decode(name: str, raws: Sequence[Raw]) -> Tables:
        source = source_of(name)
        if source is None:
            return rejected(raws, Reject("record", "unknown_source", f'no source is called "{name}"'))
        fresh = _decoded(source, raws, options_of(name), limits)
        origin = _Origin.of(name, raws)
        rejects = [fresh.pop(REJECT.name, _rejects([]))]
        tables = {}
        for table_name, decoded in fresh.items():
            table, rows = TABLES[table_name], _with_origin(decoded, origin)
            if _station_column(table):
                rows, dropped = _with_pseudonyms(table, rows, stations)
                rejects.append(dropped)
            tables[table_name] = rows
        tables[REJECT.name] = _with_origin(pa.concat_tables(rejects), origin)
        return {
            table_name: rows.select(TABLES[table_name].names).cast(schema(TABLES[table_name]))
            for table_name, rows in tables.items()
            if rows.num_rows
        }

    return whole(decode)


def _decoded(source: Source, raws: Sequence[Raw], options: Options, limits: Limits) -> Tables:
    """What the source makes of the records, by table; ValueError or its like where a value does not fit its column."""
    rows: dict[str, Rows] = {}
    for part in _parts(source, raws, options, limits):
        rows.setdefault(part.chunk.table, Rows(TABLES[part.chunk.table])).add(
            part.chunk.columns, part.positions, part.counts, part.runs
        )
    return {name: of_table.arrow() for name, of_table in rows.items()}


class _Part(NamedTuple):
    """Rows of some records: `counts[i]` of them of the record at `positions[i]` of the batch."""

    chunk: Chunk
    positions: Sequence[int]
    counts: Sequence[int]
    runs: Runs | None = None


def _parts(source: Source, raws: Sequence[Raw], options: Options, limits: Limits) -> Iterator[_Part]:
    if source.decode_many is None:
        for position, raw in enumerate(raws):
            yield from _one(source, raw, options, position, limits)
        return

    def attempt(some: Sequence[int], _start: int) -> Sequence[_Part] | None:
        if len(some) == 1:
            return _one(source, raws[some[0]], options, some[0], limits)
        return _many(source, raws, some, options, limits)

    for first in range(0, len(raws), source.block):
        block = range(first, min(first + source.block, len(raws)))
        large = [place for place in block if is_large(raws[place])]
        for place in large:
            yield from _one(source, raws[place], options, place, limits)
        usual = [place for place in block if place not in large] if large else block
        if usual:
            for parts in in_halves(attempt, usual):
                yield from parts


def _many(
    source: Source, raws: Sequence[Raw], places: Sequence[int], options: Options, limits: Limits
) -> Sequence[_Part] | None:
    """The rows of the records at some places; None where one of them is odd: by halves, few are decoded one by one."""
    if source.decode_many is None:
        return None
    try:
        found = source.decode_many([raws[place] for place in places], options)
    except (ConfigError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - one by one, the record at fault will show
        return None
    if found is None:
        return None
    many = found if isinstance(found, Many) else Many(found)
    if sum(max(bulk.counts, default=0) for bulk in many.bulks) > limits.rows:  # the most one record can have
        return None
    parts = [_Part(bulk.chunk, places, bulk.counts, bulk.runs) for bulk in many.bulks]
    for at in many.odd:
        parts += _one(source, raws[places[at]], options, places[at], limits)
    return parts


def _one(source: Source, raw: Raw, options: Options, position: int, limits: Limits) -> list[_Part]:
    kept = Kept(limits)
    try:
        short = shortened(source, raw, options, limits)
        for item in source.decode(raw._replace(body=short.body), options):
            kept.add(item)
    except DecodeError as error:
        return [_reject(position, Reject("record", error.reason, error.detail))]
    except (ConfigError, MemoryError):  # a wrong option or a full machine is no record's fault: nothing is settled
        raise
    except Exception as error:  # noqa: BLE001 - whatever a decoder does, settling goes on
        return [_reject(position, failed(error))]
    rows = [_Part(chunk, (position,), (count,)) for chunk, count in kept.chunks]
    rejects = kept.all_rejects(short.left_out)
    return [*rows, _rejected(position, rejects)] if rejects else rows


def _reject(position: int, reject: Reject) -> _Part:
    return _rejected(position, [reject])


def _rejected(position: int, rejects: Sequence[Reject]) -> _Part:
    columns = {
        "part": [reject.part[:EXCERPT_LENGTH] for reject in rejects],
        "reason": [reject.reason for reject in rejects],
        "excerpt": [reject.excerpt[:EXCERPT_LENGTH] for reject in rejects],
    }
    return _Part(Chunk(REJECT.name, columns), (position,), (len(rejects),))


def _rejects(parts: Iterable[_Part]) -> pa.Table:
    rows = Rows(REJECT)
    for part in parts:
        rows.add(part.chunk.columns, part.positions, part.counts)
    return rows.arrow()


@cache
def _station_column(table: Table) -> str | None:
    return next((column.name for column in table.columns if column.station), None)


class _Origin(NamedTuple):
    """What the rows of a batch are told of their records, by position."""

    source: str
    raw_ids: NDArray[np.int64]
    received_at: NDArray[np.int64]

    @classmethod
    def of(cls, source: str, raws: Sequence[Raw]) -> "_Origin":
        """The origin of the rows of these records."""
        raw_ids = np.fromiter((raw.id for raw in raws), np.int64, len(raws))
        return cls(source, raw_ids, np.fromiter((raw.received_at for raw in raws), np.int64, len(raws)))


def _with_origin(rows: pa.Table, origin: _Origin) -> pa.Table:
    position = rows[POSITION].to_numpy()
    columns = {
        "raw_id": pa.array(origin.raw_ids[position]),
        "source": pa.repeat(origin.source, len(position)),
        "received_at": pa.array(origin.received_at[position], TIMESTAMP),
    }
    return _put(rows, columns)


def _with_pseudonyms(table: Table, rows: pa.Table, stations: Stations) -> tuple[pa.Table, pa.Table]:
    """The rows that may be kept, with pseudonyms for addresses; and one reject for each record that lost some."""
    station = str(_station_column(table))
    addresses = rows[station].to_numpy()
    clock = _clock_flags(table, rows)
    # Resends meet in one period: it follows the row's own time, unless that is not to be believed.
    by_receipt = np.logical_or.reduce(list(clock.values()))
    times_us = np.where(by_receipt, _micros(rows, "received_at"), _micros(rows, table.time))
    found = stations.apply(rows["site"].combine_chunks(), addresses, times_us)
    lists = {"fixed": found.fixed, "staff": found.staff}
    rows = _put(
        rows,
        {
            station: pa.array(found.device),
            "address_kind": _KINDS.take(pa.array((addresses & LOCAL_BIT != 0).astype(np.int8))),
            "flags": _joined(rows["flags"].combine_chunks(), clock | lists),
        },
    )
    lost = {
        "opted_out": found.opted_out,
        "key_destroyed": found.key_destroyed & ~found.opted_out,
        KEY_REFUSED: found.key_refused & ~found.opted_out,
    }
    kept = ~np.logical_or.reduce(list(lost.values()))
    return rows if kept.all() else rows.filter(pa.array(kept)), _lost(table, rows[POSITION].to_numpy(), lost)


def _clock_flags(table: Table, rows: pa.Table) -> dict[str, NDArray[np.bool_]]:
    """What the row's own times, held against the moment of receipt, say of the clock they came from (R7)."""
    received, own = _micros(rows, "received_at"), _micros(rows, table.time)
    times = [column.name for column in table.columns if column.type == "timestamp" and column not in ORIGIN]
    unset = np.minimum.reduce([_micros(rows, name) for name in times]) < CLOCK_SET_US
    return {
        "clock_unset": unset,
        "clock_ahead": own > received + AHEAD_US,
        "late": (own < received - LATE_US) & ~unset,
    }


def _joined(own: pa.StringArray, flags: dict[str, NDArray[np.bool_]]) -> pa.StringArray:
    """The flags of each row: the source's and these, comma-joined and sorted."""
    bits = sum(flag.astype(np.int64) << place for place, flag in enumerate(flags.values()))
    if not np.any(bits):
        return own
    texts = own.dictionary_encode()
    both = pa.array((texts.indices.to_numpy().astype(np.int64) << len(flags)) | bits).dictionary_encode()
    spelt = []
    for code in both.dictionary.to_pylist():
        text = texts.dictionary[code >> len(flags)].as_py()
        names = {name for place, name in enumerate(flags) if code >> place & 1}
        spelt.append(",".join(sorted(names.union(filter(None, text.split(","))))))
    return pa.array(spelt, pa.string()).take(both.indices)


def _lost(table: Table, position: NDArray[np.int64], lost: dict[str, NDArray[np.bool_]]) -> pa.Table:
    """For each record and reason, how many rows are not kept; which ones is nobody's business any more."""
    return _rejects(
        _reject(int(at), Reject(f"{table.name} {reason}", reason, f"rows: {count}"))
        for reason, rows in lost.items()
        for at, count in zip(*np.unique(position[rows], return_counts=True), strict=True)
    )


def _micros(rows: pa.Table, name: str) -> NDArray[np.int64]:
    micros: NDArray[np.int64] = rows[name].cast(pa.int64()).to_numpy()
    return micros


def _put(rows: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    """The rows with these columns, in place of those of the same name."""
    kept = [name for name in rows.column_names if name not in columns]
    return pa.table({**{name: rows[name] for name in kept}, **columns})
