"""The dead-time kernel on two million frames against a bare numba loop over the same sorted arrays.

Data: 400 buttons, bursts of one to eight frames within six seconds, a press every quarter of an hour or so, sorted by
device and time, as DuckDB hands them over. The bare loop makes the same presses: device, first and last frame, how
many, which kinds, where; it checks no order, knows no batches and gives no Arrow.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pyarrow as pa

from bench.measured import note, sized
from telltale.arrow import schema
from telltale.engine import DuckEngine
from telltale.kanban.analysis import presses
from telltale.kanban.analysis.dead_time import FRAMES, Windows, folded
from telltale.kanban.analysis.presses import RULES
from telltale.tables import FRAME

FRAMES_MADE = 2_000_000
DEVICES = 400
BURST = 4
START_US = 1_795_132_800_000_000
S = 1_000_000
DEAD_US = 60 * S
REPEATS = sized(3, 9)


def main() -> None:
    """Print the ratio of kernel and bare loop, and what the whole call costs with its text, sort and names."""
    rows = frames()
    windows = Windows(np.full(DEVICES, DEAD_US), np.zeros(DEVICES, np.bool_))
    arrays = tuple(rows[name].to_numpy() for name in FRAMES.names[:4])
    found, bare = folded(rows, windows=windows), bare_presses(arrays, windows.dead_us)
    for column, ours in zip(bare, found.columns, strict=True):
        assert np.array_equal(column, ours.to_numpy()), "the kernel and the bare loop differ"
    print(f"{rows.num_rows:,} frames of {DEVICES} buttons, {found.num_rows:,} presses; both ways the same")
    print(f"medians of {REPEATS} interleaved repeats, CPU seconds of all threads, warm")
    cases: dict[str, Callable[[], object]] = {
        "bare loop": lambda: bare_presses(arrays, windows.dead_us),
        "kernel": lambda: folded(rows, windows=windows),
    }
    seconds = interleaved(cases)
    for name, value in seconds.items():
        print(f"  {name:<12}{value * 1e3:8.1f} ms")
    of = f"2 M frames of {DEVICES} buttons, CPU, medians of {REPEATS} interleaved repeats"
    note("dead time ÷ a bare numba loop", seconds["kernel"] / seconds["bare loop"], of=of, at_most=1.3)
    engine, table, rules = DuckEngine(), as_table(rows), rules_of()
    relation = engine.from_arrow(table)
    whole = interleaved({"whole": lambda: presses(engine, relation, rules).arrow()}, repeats=3)
    print(f"frames of the lake to presses with names, sorted by DuckDB on the way: {whole['whole']:.2f} s")


@numba.njit
def _bare(frames: Any, dead: Any, out: Any) -> int:
    device, at, kinds, interface = frames
    of_device, pressed, last, count_of, bits, heard_on = out
    count = -1
    for row in range(len(at)):
        if count < 0 or device[row] != of_device[count] or at[row] - pressed[count] >= dead[device[row]]:
            count += 1
            of_device[count], pressed[count], heard_on[count] = device[row], at[row], interface[row]
            count_of[count], bits[count] = 0, 0
        last[count] = at[row]
        count_of[count] += 1
        bits[count] |= kinds[row]
    return count + 1


def bare_presses(arrays: tuple[Any, ...], dead: Any) -> list[Any]:
    """The columns of the presses."""
    out = tuple(np.empty((6, len(arrays[1])), np.int64))
    count = _bare(arrays, dead, out)
    return [column[:count] for column in out]


def frames() -> pa.Table:
    """Frames as the kernel takes them, of `dead_time.FRAMES`."""
    random = np.random.default_rng(7)
    bursts = FRAMES_MADE // BURST
    device = np.sort(random.integers(0, DEVICES, bursts))
    begins = START_US + random.integers(0, 300 * 86_400, bursts) * S
    sizes = random.multinomial(FRAMES_MADE, np.full(bursts, 1 / bursts))
    device, begins = np.repeat(device, sizes), np.repeat(begins, sizes)
    at = begins + random.integers(0, 6 * S, len(begins))
    order = np.lexsort((at, device))
    kinds = 1 << random.integers(0, 3, len(begins))
    none, at = np.zeros(len(begins), np.int64), at[order]
    columns = (device[order], at, kinds, none, none, at)  # one interface, no repeats, each came when it was heard
    return pa.table(dict(zip(FRAMES.names, columns, strict=True)), schema=FRAMES)


def as_table(rows: pa.Table) -> pa.Table:
    """The same frames as rows of `tables.FRAME`."""
    ids = pa.array([f"02:7e:11:a0:{number >> 8:02x}:{number & 255:02x}" for number in range(DEVICES)])
    kinds = pa.array(["announce", "probe", "request"])
    at = rows["at_us"].combine_chunks().cast(pa.timestamp("us", tz="UTC"))
    columns = {
        **{name: pa.nulls(rows.num_rows, schema(FRAME).field(name).type) for name in FRAME.names},
        **{name: pa.repeat("", rows.num_rows) for name in ("source", "flags")},
        "raw_id": rows["at_us"],
        "received_at": at,
        "device_id": ids.take(rows["device_no"].combine_chunks()),
        "observed_at": at,
        "kind": kinds.take(pa.array(np.log2(rows["kind_bits"].to_numpy()).astype(np.int64))),
        "interface": pa.repeat("eth0", rows.num_rows),
    }
    return pa.table({name: columns[name] for name in FRAME.names}).cast(schema(FRAME))


def rules_of() -> pa.Table:
    ids = [f"02:7e:11:a0:{number >> 8:02x}:{number & 255:02x}" for number in range(DEVICES)]
    return pa.table([ids, [DEAD_US] * DEVICES, [False] * DEVICES, ["probe,announce,request"] * DEVICES], schema=RULES)


def interleaved(cases: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Median CPU seconds of each, taken in turn after one round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for repeat in range(repeats + 1):
        for name, case in cases.items():
            begin = time.process_time()
            case()
            if repeat:
                taken[name].append(time.process_time() - begin)
    return {name: statistics.median(values) for name, values in taken.items()}


if __name__ == "__main__":
    main()
