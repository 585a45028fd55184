"""The kernel that folds frames into presses: one pass over rows in order, that may come in parts.

A press is the first frame of a burst, and never one that repeats what was asked before (`is_repeat`). A frame belongs
to the press before it while it is nearer to it than the dead time (fixed mode) or nearer to the frame before it (quiet
mode); exactly the dead time later is a new press. Times are whole microseconds, so that 12.7 s are never 12.699999 s.

Two things follow. A frame that comes at least the dead time after the one before it and repeats nothing always is a
press, so that rows may be folded anew from any accepted press on, and give the same presses after it. And the rows may
be cut anywhere, as long as the last press, which may go on, is handed to the next part.

Source: wire/kanban.md 4; DESIGN section 7.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

FEW = 300_000
"""Rows up to which plain Python is sooner done than numba is imported and its code loaded."""

FRAMES = pa.schema(
    [(name, pa.int64()) for name in ("device_no", "at_us", "kind_bits", "interface_no", "is_repeat", "came_us")]
)
"""What goes in: devices numbered from 0, the kind of the frame as one bit, 1 where it repeats what was asked; when
it came: at_us, but where the clock had been set back the newest moment of before."""

PRESSES = pa.schema(
    [
        ("device_no", pa.int64()),
        ("pressed_us", pa.int64()),
        ("last_us", pa.int64()),
        ("frames", pa.int64()),
        ("kind_bits", pa.int64()),
        ("interface_no", pa.int64()),
    ]
)
"""What comes out: the first and the last frame, how many, the bits of their kinds, where the first was heard."""

_COLUMNS = len(PRESSES)
NONE = -(2**62)
OUT_OF_ORDER = "frames: row {row} of a part is not in order of (device_no, at_us, kind_bits); sort them"


class Windows(NamedTuple):
    """The dead time and the mode of each device, by its number."""

    dead_us: Ints
    is_quiet: npt.NDArray[np.bool_]


def folded(rows: pa.Table, *, windows: Windows) -> pa.Table:
    """The presses of some frames in any order; all frames of a device must be there.

    What came after the clock was set back stands behind what came before it.

    Args:
        rows: of `FRAMES`; no two of a device equal in time and kind.
        windows: of all devices.

    Returns:
        of `PRESSES`, sorted by device_no, pressed_us. Empty in, empty out.
    """
    if not rows["came_us"].equals(rows["at_us"]):
        arrived = [(name, "ascending") for name in ("device_no", "came_us", "at_us", "kind_bits")]
        return pa.concat_tables(fold([rows.sort_by(arrived)], windows=windows, by_time=False))
    try:
        parts = list(fold([rows], windows=windows))
    except OutOfOrderError:
        keys = [(name, "ascending") for name in FRAMES.names]
        parts = list(fold([rows.sort_by(keys)], windows=windows))
    return pa.concat_tables(parts)


def fold(parts: Iterable[pa.Table], *, windows: Windows, by_time: bool = True, few: int = FEW) -> Iterator[pa.Table]:
    """The presses of frames that come in parts, wherever these are cut.

    Args:
        parts: of `FRAMES`, sorted by device_no, at_us, kind_bits over all parts; no two rows equal in these.
        windows: of all devices.
        by_time: False for rows in the order they arrived within a device, whose clock may have stepped back: one
            earlier than the last press by less than the dead time belongs to it, by at least that it is a new one.
        few: the rows of a part from which on numba is used.

    Yields:
        of `PRESSES`: those of each part that can no longer go on, at the end the last one.

    Raises:
        OutOfOrderError: a part is not sorted, or begins before the one before it ended.
    """
    opened: list[int] = []
    before = (NONE, 0)
    for part in parts:
        if not part.num_rows:
            continue
        done, opened, before = _step(part, windows, opened, before, by_time=by_time, few=few)
        yield done
    yield _table(np.array(opened, np.int64).reshape(-1, _COLUMNS).T)


class OutOfOrderError(ValueError):
    """The kernel was handed rows in the wrong order."""


def _step(
    part: pa.Table, windows: Windows, opened: Sequence[int], before: tuple[int, int], *, by_time: bool, few: int
) -> tuple[pa.Table, list[int], tuple[int, int]]:
    """The presses of a part that have ended, the one that may go on, and time and kind of its last frame."""
    rows: Any = tuple(part[name].to_numpy() for name in FRAMES.names[:-1])
    if opened and by_time and (rows[0][0], rows[1][0], rows[2][0]) < (opened[0], *before):
        raise OutOfOrderError(OUT_OF_ORDER.format(row=0))
    told: Any = tuple(windows)
    made: Any = tuple(np.empty((_COLUMNS, part.num_rows + 1), np.int64))
    walk: Callable[..., int] = _walk if part.num_rows <= few else _compiled()
    if walk is _walk:
        rows, told, made = (tuple(column.tolist() for column in columns) for columns in (rows, told, made))
    for column, value in zip(made, opened, strict=False):
        column[0] = value
    count = walk(rows, told, made, before[0], by_time)
    if count < 0:
        raise OutOfOrderError(OUT_OF_ORDER.format(row=-1 - count))
    done = [np.asarray(column[: count - 1], np.int64) for column in made]
    newest = part.slice(part.num_rows - 1).to_pylist()[0]
    return _table(done), [int(column[count - 1]) for column in made], (newest["at_us"], newest["kind_bits"])


def _walk(frames: Any, windows: Any, presses: Any, before_us: int, by_time: bool) -> int:
    """Write the presses into their columns and return how many; -1 - row where the order breaks.

    The first place of `presses` holds the one so far, `before_us` the time of its newest frame (NONE: none yet).
    Plain Python that numba compiles.
    """
    device, at, kinds, interface, repeats = frames
    dead, is_quiet = windows
    of_device, pressed, last, count_of, bits, heard_on = presses
    count = -1 if before_us == NONE else 0
    mine = -1 if count < 0 else of_device[0]
    window_us = before_us if count < 0 or is_quiet[mine] else pressed[0]
    for row in range(len(at)):
        number, at_us = device[row], at[row]
        if number == mine:
            is_new = abs(at_us - window_us) >= dead[mine] and not repeats[row]
            if by_time and row and at_us <= at[row - 1] and (at_us < at[row - 1] or kinds[row] < kinds[row - 1]):
                return -1 - row
        else:
            is_new = True
            if number < mine:
                return -1 - row
        if is_new:
            count += 1
            mine, window_us = number, at_us
            of_device[count], pressed[count], last[count] = number, at_us, at_us
            count_of[count], bits[count], heard_on[count] = 0, 0, interface[row]
        elif is_quiet[mine]:
            window_us = at_us
        last[count] = max(last[count], at_us)
        count_of[count] += 1
        bits[count] |= kinds[row]
    return count + 1


class _Loops(dict[str, Callable[..., int]]):
    """What this process has compiled; it goes to no other, where it is compiled for that one."""

    def __reduce__(self) -> "tuple[type[_Loops], tuple[()]]":
        return _Loops, ()


_loops = _Loops()


def _compiled() -> Callable[..., int]:
    """The loop in machine code; as it is where numba is not installed."""
    if "walk" not in _loops:
        try:
            import numba  # noqa: F401 - whether it is there

            _loops["walk"] = compiled(_walk)
        except ImportError:
            _loops["walk"] = _walk
    return _loops["walk"]


def compiled(loop: Callable[..., int]) -> Callable[..., int]:
    """A loop in machine code, kept on disk for the next process where numba finds a folder it may write to.

    A service under a user without a home has none: then each process compiles it anew, which takes seconds. So does a
    worker of Spark, to which a loop comes without its module.
    """
    import numba

    if loop.__module__ not in sys.modules:
        return cast("Callable[..., int]", numba.njit(loop))
    try:
        return cast("Callable[..., int]", numba.njit(cache=True)(loop))
    except RuntimeError:  # no folder for its cache
        return cast("Callable[..., int]", numba.njit(loop))


def _table(columns: Iterable[Ints]) -> pa.Table:
    arrays = [pa.array(np.ascontiguousarray(column)) for column in columns]
    return pa.Table.from_arrays(arrays, schema=PRESSES)
