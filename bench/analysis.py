"""Presence analysis on ten million sightings: visits, occupancy, memory; against hand-written DuckDB and a bare scan.

Data: 30 days of one site with 12 nodes, made here in a temporary folder: passers-by, visitors heard every half minute
or so by any node, devices that never leave; one Parquet file a day, sorted by natural key, zstd, as the lake writes it.
"""

import datetime as dt
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.measured import note, sized
from telltale.analysis import periods
from telltale.arrow import schema, utc_day
from telltale.engine import DuckEngine, Parts, Relation
from telltale.presence.analysis import occupancy, visits
from telltale.tables import NODE_HEARTBEAT, SIGHTING, Table

Ints = npt.NDArray[np.int64]

ROWS = 10_100_000  # a few visitors' rows repeat a key and are dropped
DAYS = 30
NODES = 12
START_S = 1_795_132_800  # a midnight UTC
DAY_S = 86_400
NODE_IDS = np.array([f"ac8674{node:06x}" for node in range(NODES)])
S = 1_000_000
FULL_DAYS = 297
"""100 M sightings, with `--full`."""
REPEATS = sized(3, 5)

SCAN = """
select sum(device), sum(epoch_us(first_seen)), sum(epoch_us(last_seen)), sum(frames), sum(rssi_max_dbm)
from read_parquet({files})
"""

BY_HAND = """
with ordered as (
  select site, device, address_kind, node_id, frames, rssi_max_dbm, associated, first_seen, last_seen,
    max(last_seen) over earlier as seen_until, lag(associated) over in_order as was_associated
  from read_parquet({files})
  where radio = 'wifi'
    and (flags = '' or not regexp_matches(',' || flags || ',', ',(clock_ahead|clock_unset|staff|fixed),'))
  window in_order as (partition by site, device order by first_seen, last_seen, node_id),
    earlier as (partition by site, device order by first_seen, last_seen, node_id
      rows between unbounded preceding and 1 preceding)
), marked as (
  select *, coalesce(epoch_us(first_seen) - epoch_us(seen_until) > 900000000, true) as is_new from ordered
), numbered as (
  select *, sum(is_new::int) over (partition by site, device order by first_seen, last_seen, node_id
    rows between unbounded preceding and current row) as session_no
  from marked
), session as (
  select site, device, any_value(address_kind) as address_kind, min(first_seen) as entered_at,
    max(last_seen) as left_at, sum(frames)::bigint as frames, count(*) as sightings, max(rssi_max_dbm) as rssi_max_dbm,
    string_agg(distinct node_id, ',' order by node_id) as nodes, bool_or(associated) as associated,
    count(*) filter (where not is_new and associated <> was_associated) as associated_flips,
    sum(greatest(epoch_us(first_seen) - epoch_us(seen_until), 0)) filter (where not is_new) / 1e6 as silence_s,
    max(greatest(epoch_us(first_seen) - epoch_us(seen_until), 0)) filter (where not is_new) / 1e6 as silence_max_s
  from numbered group by site, device, session_no
), judged as (
  select *, epoch_us(left_at) - epoch_us(entered_at) as stay_us,
    associated or (stay_us >= 300e6 and coalesce(rssi_max_dbm >= -65, false)) as is_visitor
  from session
)
select site, device, address_kind, entered_at, left_at, stay_us / 1e6 as dwell_s,
  case when is_visitor and stay_us >= 1200e6 then 'engaged' when is_visitor then 'visitor'
    when rssi_max_dbm is null or rssi_max_dbm >= -90 then 'passer_by' else 'ignored' end as class,
  frames, sightings, rssi_max_dbm, nodes, associated, associated_flips,
  silence_s / nullif(sightings - 1, 0) as silence_mean_s, silence_max_s, false as cut
from judged order by entered_at, site, device
"""


def main() -> None:
    """Print the ratios of visits and occupancy, and the peak memory of visits."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(path) for path in sightings(Path(folder))]
        engine = DuckEngine()
        table = engine.table(SIGHTING, Parts(unique=tuple(files)))
        found = visits(engine, table, of_days=partial(of_days, engine, files))
        print(f"{table_rows(files):,} sightings in {DAYS} files, {found.arrow().num_rows:,} sessions")
        differing = differences(engine, found, files)
        print(f"visits and the hand-written text differ in {differing} rows")
        cases = cases_of(engine, table, found, files)
        report(interleaved(cases))
        note(
            "peak memory of the visits of 10 M sightings", peak_mb(files), "MB", of="a process of its own", at_most=700
        )
    if days := sized(0, 0, full=FULL_DAYS):
        grown(days)


def grown(days: int) -> None:
    """Note what ten times as many sightings take: memory, and CPU a sighting against a tenth of them."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(write_day(Path(folder), day, ROWS // DAYS)) for day in range(days)]
        engine = DuckEngine()
        before_s = cpu_s()
        engine.fetch(SCAN.format(files=files))
        scan_s = cpu_s() - before_s
        part_s, _ = fresh(files[:DAYS])
        whole_s, whole_mb = fresh(files)
        of = f"{table_rows(files):,} sightings of {days} days, a process of its own"
        note("peak memory of the visits of 100 M sightings", whole_mb, "MB", of=of, at_most=1000)
        growth = whole_s / table_rows(files) / (part_s / table_rows(files[:DAYS]))
        note("visits of 100 M sightings ÷ a scan of five columns", whole_s / scan_s, of=of, at_most=9)
        note("CPU a sighting, visits of 100 M ÷ of 10 M", growth, of=of, at_most=1.15)


def cases_of(engine: DuckEngine, table: Relation, found: Relation, files: list[str]) -> dict[str, Callable[[], object]]:
    """What is compared, all on the same files."""
    heartbeat = engine.from_arrow(heartbeats())
    bins = periods.bins(900, START_S * S, (START_S + DAYS * DAY_S) * S)
    return {
        "scan": lambda: engine.fetch(SCAN.format(files=files)),
        "visits": lambda: visits(engine, table, of_days=partial(of_days, engine, files)),
        "by hand": lambda: engine.fetch(f"create or replace temp table by_hand as {BY_HAND.format(files=files)}"),
        "occupancy": lambda: occupancy(engine, found, heartbeat, bins),
    }


def of_days(engine: DuckEngine, files: Sequence[str], days: Collection[dt.date]) -> Relation:
    """The sightings of some days, as a view of the workbench gives them."""
    wanted = (file for day, file in enumerate(files) if utc_day(START_S // DAY_S + day) in days)
    return engine.table(SIGHTING, Parts(unique=tuple(wanted)))


def report(cpu: dict[str, float]) -> None:
    print(f"medians of {REPEATS} interleaved repeats, CPU seconds of all threads; a scan sums five columns")
    for name, seconds in cpu.items():
        print(f"  {name:<12}{seconds:6.2f} s {seconds / cpu['scan']:6.2f} x scan")
    of = f"10 M sightings of {DAYS} days, CPU of all threads, medians of {REPEATS} interleaved repeats"
    note("visits ÷ a scan of five columns", cpu["visits"] / cpu["scan"], of=of, at_most=9)
    note("visits ÷ the same in one SQL text", cpu["visits"] / cpu["by hand"], of=of, at_most=1.15)
    note("occupancy ÷ a scan of five columns", cpu["occupancy"] / cpu["scan"], of=of, at_most=2.5)


def table_rows(files: list[str]) -> int:
    return sum(pq.read_metadata(file).num_rows for file in files)


def differences(engine: DuckEngine, found: Relation, files: list[str]) -> int:
    """How many rows only one of the two results has."""
    names = ", ".join(name for name in found.columns if not name.startswith("silence_mean"))
    by_hand = engine.run(BY_HAND.format(files=files), {})
    text = f"select {names} from a except all select {names} from b"
    one, two = engine.keep(found), engine.keep(by_hand)
    return sum(engine.run(text, {"a": a, "b": b}).arrow().num_rows for a, b in ((one, two), (two, one)))


def interleaved(cases: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median CPU seconds of each case, user and system, all threads."""
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(REPEATS):
        for name, case in cases.items():
            before = cpu_s()
            case()
            spent[name].append(cpu_s() - before)
    return {name: statistics.median(seconds) for name, seconds in spent.items()}


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb(files: list[str]) -> float:
    """The peak resident memory of a fresh process that computes the visits."""
    return fresh(files)[1]


def fresh(files: list[str]) -> tuple[float, float]:
    """CPU seconds and peak resident memory, in MB, of the visits in a process of their own.

    Linux only: `ru_maxrss` would start at this process's own peak.
    """
    script = """
import resource, sys
from pathlib import Path
from functools import partial
from bench.analysis import of_days
from telltale.presence.analysis import visits
from telltale.engine import DuckEngine, Parts
from telltale.tables import SIGHTING
def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
engine, before_s = DuckEngine(), cpu_s()
files = sys.argv[1:]
made = visits(engine, engine.table(SIGHTING, Parts(unique=tuple(files))), of_days=partial(of_days, engine, files))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(cpu_s() - before_s, int(status["VmHWM"].split()[0]) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", script, *files], check=True, capture_output=True, text=True)
    spent_s, peak = map(float, done.stdout.split())
    return spent_s, peak


def sightings(folder: Path) -> list[Path]:
    """Write the sightings, a file a day, and return the paths."""
    return [write_day(folder, day, ROWS // DAYS) for day in range(DAYS)]


def write_day(folder: Path, day: int, rows: int) -> Path:
    path = folder / f"day={day:02}.parquet"
    made = sightings_of_day(day, rows).sort_by([(name, "ascending") for name in SIGHTING.key])
    same = [pc.equal(made[name][1:], made[name][:-1]) for name in SIGHTING.key]
    repeated = reduce(pc.and_, same)
    keep = pa.chunked_array([[True], *pc.invert(repeated).chunks])
    pq.write_table(made.filter(keep), path, compression="zstd", row_group_size=122_880)
    return path


def sightings_of_day(day: int, rows: int) -> pa.Table:
    """One row in 25 is of a passer-by, a quarter of devices that never leave, the rest of visitors of about an hour."""
    random = np.random.default_rng(day)
    passers = rows // 25
    fixed = rows // 4 // (DAY_S // 30)
    visitors = (rows - passers - fixed * DAY_S // 30) // 60
    device = np.concatenate(
        [
            random.integers(-(2**62), 2**62, passers),
            np.repeat(random.integers(-(2**62), 2**62, visitors), 60),
            np.repeat(np.arange(fixed), DAY_S // 30),
        ]
    )
    arrive = np.clip(random.normal(13 * 3600, 3 * 3600, visitors), 0, DAY_S - 3600).astype(np.int64)
    steps = np.cumsum(random.choice([0, 0, 30, 30, 60, 300], (visitors, 60)), axis=1)
    first = np.concatenate(
        [
            random.integers(0, DAY_S - 60, passers),
            np.minimum(arrive[:, None] + steps, DAY_S - 60).ravel(),
            np.tile(np.arange(0, DAY_S, 30), fixed),
        ]
    )
    start = START_S + day * DAY_S
    return sighting_table(random, start + first, start + first + random.integers(0, 30, len(first)), device)


def sighting_table(random: np.random.Generator, first: Ints, last: Ints, device: Ints) -> pa.Table:
    count = len(first)
    level = random.integers(-95, -40, count)
    client = (device % 10 == 0) & (random.random(count) < 0.98)  # one device in ten joins the network, nearly always
    return of_table(
        SIGHTING,
        {
            "raw_id": np.arange(count),
            "source": np.full(count, "cloudtrax"),
            "received_at": (last + 5) * S,
            "site": np.full(count, "71234"),
            "node_id": NODE_IDS[random.integers(0, NODES, count)],
            "device": device,
            "radio": np.full(count, "wifi"),
            "first_seen": first * S,
            "last_seen": last * S,
            "frames": random.integers(1, 40, count),
            "rssi_min_dbm": level - 8,
            "rssi_max_dbm": level,
            "rssi_avg_dbm": level - 4,
            "rssi_last_dbm": level - 3,
            "associated": client,
            "address_kind": np.where(device % 3 == 0, "global", "local"),
            "flags": np.where(random.random(count) < 0.01, "late", ""),
        },
    )


def heartbeats() -> pa.Table:
    """Every node reports every minute."""
    at = np.repeat(np.arange(START_S, START_S + DAYS * DAY_S, 60), NODES) * S
    return of_table(
        NODE_HEARTBEAT,
        {
            "raw_id": np.arange(len(at)),
            "source": np.full(len(at), "cloudtrax"),
            "received_at": at,
            "site": np.full(len(at), "71234"),
            "node_id": np.tile(NODE_IDS, len(at) // NODES),
            "observed_at": at,
            "clock_offset_s": np.zeros(len(at)),
        },
    )


def of_table(table: Table, columns: dict[str, npt.NDArray[Any]]) -> pa.Table:
    """Columns as a table of the lake."""
    wanted = schema(table)
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in wanted]
    return pa.table(arrays, schema=wanted)


if __name__ == "__main__":
    main()
