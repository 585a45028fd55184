"""The kernel that joins sightings into sessions: numpy over whole columns, no loop over rows.

Sorting in SQL and looking back with windows costs two to three times as much here, because nodes already deliver runs
in order and numpy's sort uses them.

Source: wire/presence.md 6.1.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]

BITS_PER_WORD = 62
NO_SIGNAL = -(2**31)
NEVER = 2**60
"""Later than any time in microseconds, and as far before as `-NEVER`."""

ROWS = ("site_no", "device", "first_us", "last_us", "node_no", "frames", "rssi_max_dbm", "associated", "is_local")
"""The columns of a sighting as it goes in; node_no counts from 1, associated and is_local are 0 or 1."""

ADDED = ("sightings", "frames", "flips", "silence_us")
_OF_THE_FIRST = {"site_no", "device", "first_us", "is_local"}
_OF_THE_LAST = {"last_us", "last_associated"}


class Hysteresis(NamedTuple):
    """The levels at which a stay begins, and is still one; a client of the network counts as both."""

    start_dbm: int
    sustain_dbm: int


def session_schema(words: int, levels: Hysteresis | None = None) -> pa.Schema:
    """What comes out, a session a row; last_associated is its state at the end.

    With levels also when it was first strong enough to begin a stay (`NEVER`: not at all), and when it was last strong
    enough to sustain one (`-NEVER`).
    """
    held = [] if levels is None else ["held_from_us", "held_to_us"]
    fields = ["last_us", *ADDED, "silence_max_us", *held, *node_words(words)]
    return pa.schema(
        [
            ("site_no", pa.int32()),
            ("device", pa.int64()),
            ("first_us", pa.int64()),
            ("rssi_max_dbm", pa.int32()),
            ("associated", pa.int32()),
            ("is_local", pa.int32()),
            ("last_associated", pa.int32()),
            *((name, pa.int64()) for name in fields),
        ]
    )


def node_words(words: int) -> list[str]:
    """The columns that hold a session's nodes, 62 to a word."""
    return [f"nodes_{word}" for word in range(words)]


def sessionise(
    rows: pa.Table, *, gap_us: int, words: int, levels: Hysteresis | None = None, before: pa.Table | None = None
) -> pa.Table:
    """Join the rows of each device into sessions.

    Rows go in the order (first, last, node). One begins a session when its first frame comes more than `gap_us` after
    the latest frame of all rows before it: a row may lie inside an earlier one where nodes overlap.

    Args:
        rows: columns `ROWS`, any order; all rows of a device, or all from some moment on.
        gap_us: longest silence inside a session.
        words: how many words of nodes the result has.
        levels: where the stay runs from strong to still strong enough; None where it is the whole session.
        before: the sessions of earlier rows that may go on, of `session_schema(words, levels)`, at most one per device.

    Returns:
        the sessions, those of `before` included, of `session_schema(words, levels)`; any order.
    """
    schema = session_schema(words, levels)
    before = before if before is not None else schema.empty_table()
    column = {name: np.append(_numbers(rows[name]), _so_far(before, name)) for name in ROWS}
    if not len(column["device"]):
        return schema.empty_table()
    device_no = _device_numbers(column["site_no"], column["device"])
    order = _order(device_no, column)
    column = {name: values[order] for name, values in column.items()}
    walk = _walk(device_no[order], column, gap_us)
    made = _sums(column, walk, words)
    if levels is not None:
        made |= _held(column, walk.starts, levels)
    _go_on(made, np.flatnonzero(column["node_no"][walk.starts] == 0), before, order[walk.starts] - rows.num_rows)
    return pa.table([_array(made[field.name], field.type) for field in schema], schema=schema)


def _numbers(column: pa.ChunkedArray) -> Ints:
    numbers: Ints = (column.fill_null(NO_SIGNAL) if column.null_count else column).to_numpy()
    return numbers


def _so_far(before: pa.Table, name: str) -> Ints:
    """A session so far as a row: it has a start, an end and a state, but no node and no frame of its own."""
    if name in {"node_no", "frames"}:
        return np.zeros(before.num_rows, np.int32)
    return _numbers(before["last_associated" if name == "associated" else name])


def _go_on(made: dict[str, Ints], at: npt.NDArray[np.intp], before: pa.Table, of: npt.NDArray[np.intp]) -> None:
    """Add to the sessions at some places what was known of them before."""
    for name in made.keys() - _OF_THE_FIRST - _OF_THE_LAST:
        known = _numbers(before[name])[of[at]]
        made[name][at] = _join(name)(made[name][at], known)


def _join(name: str) -> np.ufunc:
    if name in ADDED:
        return np.add
    if name == "held_from_us":
        return np.minimum
    return np.bitwise_or if name.startswith("nodes_") else np.maximum


class Walk(NamedTuple):
    """What going through the rows in order shows."""

    starts: npt.NDArray[np.intp]
    """Where sessions begin."""
    reach_us: Ints
    """The latest frame so far, row by row."""
    silence_us: Ints
    """How long nothing was heard before each row; 0 where a session begins."""
    flips: npt.NDArray[np.bool_]
    """Where `associated` differs from the row before in the session."""


class Levels(NamedTuple):
    """Times as numbers from 0 that sort alike, small enough to stand behind a device number."""

    numbers: Ints
    width: int
    low: int
    named: Ints | None
    """The times by number where counting from the lowest would need too many numbers."""

    def times(self, numbers: Ints) -> Ints:
        """The times of some numbers."""
        times: Ints = numbers + self.low if self.named is None else self.named[numbers]
        return times


def _levels(times: Ints, devices: int) -> Levels:
    low = int(times.min())
    width = int(times.max()) - low + 1
    if width * devices < 2**62:
        return Levels(times - low, width, low, None)
    named, numbers = np.unique(times, return_inverse=True)
    return Levels(numbers, len(named), 0, named)


def _device_numbers(site_no: Ints, device: Ints) -> Ints:
    """A number from 0 for each different (site_no, device)."""
    devices: Ints = pc.dictionary_encode(pa.array(device)).indices.to_numpy().astype(np.int64)
    return devices * (int(site_no.max()) + 1) + site_no


def _order(device_no: Ints, column: dict[str, Ints]) -> npt.NDArray[np.intp]:
    """The order (device, first, last, node), by a stable sort of one number.

    Rows that begin together need no order of their own but for flips: only where they differ in `associated` are they
    sorted by (last, node).
    """
    levels = _levels(column["first_us"], int(device_no.max()) + 1)
    combined = device_no * levels.width + levels.numbers
    order = np.argsort(combined, kind="stable")
    placed, associated = combined[order], column["associated"][order]
    tied = placed[1:] == placed[:-1]
    run = np.cumsum(np.append(False, ~tied))
    unsettled = np.zeros(run[-1] + 1, np.bool_)
    unsettled[run[1:][tied & (associated[1:] != associated[:-1])]] = True
    at = np.flatnonzero(unsettled[run])
    among = order[at]
    order[at] = among[np.lexsort((column["node_no"][among], column["last_us"][among], combined[among]))]
    return order


def _walk(device_no: Ints, column: dict[str, Ints], gap_us: int) -> Walk:
    levels = _levels(column["last_us"], int(device_no[-1]) + 1)
    before = device_no * levels.width
    reach_us = levels.times(np.maximum.accumulate(before + levels.numbers) - before)
    quiet = column["first_us"][1:] - reach_us[:-1]
    begins = np.append(True, (device_no[1:] != device_no[:-1]) | (quiet > gap_us))
    inside = ~begins[1:]
    silence_us = np.append(0, np.where(inside, np.maximum(quiet, 0), 0))
    associated = column["associated"]
    flips = np.append(False, inside & (associated[1:] != associated[:-1]))
    return Walk(np.flatnonzero(begins), reach_us, silence_us, flips)


def _sums(column: dict[str, Ints], walk: Walk, words: int) -> dict[str, Ints]:
    starts = walk.starts
    ends = np.append(starts[1:], len(walk.reach_us)) - 1
    made = {
        **{name: column[name][starts] for name in ("site_no", "device", "first_us", "is_local")},
        **{name: np.maximum.reduceat(column[name], starts) for name in ("rssi_max_dbm", "associated")},
        "last_us": walk.reach_us[ends],
        "last_associated": column["associated"][ends],
        "sightings": np.add.reduceat(column["node_no"] > 0, starts, dtype=np.int64),
        "frames": np.add.reduceat(column["frames"], starts),
        "flips": np.add.reduceat(walk.flips, starts, dtype=np.int64),
        "silence_us": np.add.reduceat(walk.silence_us, starts),
        "silence_max_us": np.maximum.reduceat(walk.silence_us, starts),
    }
    place = column["node_no"].astype(np.int64) - 1
    bit = np.where(place >= 0, 1 << np.maximum(place, 0) % BITS_PER_WORD, 0)
    for word, name in enumerate(node_words(words)):
        made[name] = np.bitwise_or.reduceat(np.where(place // BITS_PER_WORD == word, bit, 0), starts)
    return made


def _held(column: dict[str, Ints], starts: npt.NDArray[np.intp], levels: Hysteresis) -> dict[str, Ints]:
    """Between which moments each session was held; what was known of it before comes with `_go_on`."""
    heard, client, level = column["node_no"] > 0, column["associated"] == 1, column["rssi_max_dbm"]
    begins = heard & (client | (level >= levels.start_dbm))
    sustains = heard & (client | (level >= levels.sustain_dbm))
    return {
        "held_from_us": np.minimum.reduceat(np.where(begins, column["first_us"], NEVER), starts),
        "held_to_us": np.maximum.reduceat(np.where(sustains, column["last_us"], -NEVER), starts),
    }


def _array(values: Ints, type_: pa.DataType) -> pa.Array:
    made = pa.array(values.astype(type_.to_pandas_dtype(), copy=False), type_)
    return pc.if_else(pc.equal(made, NO_SIGNAL), None, made) if type_ == pa.int32() else made
