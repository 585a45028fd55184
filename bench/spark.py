"""Spark and Sail against DuckDB: visits of ten million sightings, and decoding again on workers against here.

The same sightings as in `bench.analysis`; each side in a process of its own, CPU of all its threads and processes from
when it is ready (Java started, one small query answered) to the last row. Decoding again is measured whole, with the
start of Java: `telltale redecode` of invented CloudTrax reports with and without `--engine spark`, files listed alike.
"""

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from bench.apart import Seen, apart, cpu_s, done
from bench.by_others import digest, of_telltale
from bench.measured import note, sized
from bench.peers import ROWS_A_DAY, SAIL, served_by_sail

DAYS = sized(3, 30)
RECORDS = sized(50_000, 1_000_000, full=5_000_000)
RECORDS_A_DAY = 168_000
ROWS = 3
START_S = 1_795_132_800
LOCAL = "local[2]"
SECRET = "telltale"
_ROW = (
    '{"mac":"3c:06:%02x:%02x:%02x:%02x","count":3,"min_signal":-90,"max_signal":%d,"avg_signal":-90,'
    '"first_seen":%d,"last_seen":%d,"associated":false}'
)
_BODY = '{"network_id":71234,"node_mac":"AC:86:74:00:00:0%d","version":1,"probe_requests":[%s]}'


def main() -> None:
    """Note the ratios."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        of_visits(Path(folder))
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        of_decoding(Path(folder))


def of_visits(folder: Path) -> None:
    """Note what visits take on Spark, by hand there, and on Sail, against DuckDB here."""
    from bench.analysis import write_day

    listed = folder / "files.json"
    listed.write_text(json.dumps([str(write_day(folder, day, ROWS_A_DAY)) for day in range(DAYS)]))
    of = f"{DAYS * ROWS_A_DAY / 1e6:.0f} M sightings of {DAYS} days, CPU of all processes once Java has started"
    here = _seen(apart("bench.peers", "telltale", str(listed)))
    local = _seen(apart("bench.spark", "visits", LOCAL, str(listed)), like=here)
    by_hand = _seen(apart("bench.peers", "Spark SQL by hand", str(listed)), like=here)
    note("visits on Spark, local[2] ÷ on DuckDB", local.cpu_s / here.cpu_s, of=of, at_most=6)
    note("visits on Spark, local[2] ÷ by hand-written Spark SQL", local.cpu_s / by_hand.cpu_s, of=of, at_most=1.2)
    note("peak memory of Java and Python, visits on local[2]", local.peak_mb, "MB", of=of, at_most=2_000)
    if not SAIL.exists():
        print(f"no Sail at {SAIL}; make test-sail makes it")
        return
    with served_by_sail() as (master, pid):
        sail = apart("bench.spark", "visits", master, str(listed), str(pid), python=str(SAIL), more=(pid,))
        note("visits on Sail ÷ on DuckDB", _seen(sail, like=here).cpu_s / here.cpu_s, of=of, at_most=3)


def of_decoding(folder: Path) -> None:
    """Note the CPU of decoding here ÷ on workers: what a core of a worker does of what one does here."""
    root = folder / "project"
    records = project_of(root)
    shutil.copytree(root, folder / "there")
    here = _seen(apart("bench.spark", "decode", "", str(root)))
    there = _seen(apart("bench.spark", "decode", LOCAL, str(folder / "there")), like=here)
    of = f"{records:,} CloudTrax reports of {ROWS} rows, whole redecode, CPU of all processes"
    note("redecode here ÷ on workers of local[2], with the start of Java", here.cpu_s / there.said["whole_s"], of=of)
    note("redecode here ÷ on workers of local[2]", here.cpu_s / there.cpu_s, of=of, at_least=0.8)
    note("redecode on workers of local[2], peak memory", there.peak_mb, "MB", of=of)
    print(f"records a CPU second: here {records / here.cpu_s:,.0f}, on workers {records / there.cpu_s:,.0f}")


def _seen(seen: Seen | str, *, like: Seen | None = None) -> Seen:
    if isinstance(seen, str):
        raise SystemExit(seen)
    if like is not None and seen.said["digest"] != like.said["digest"]:
        raise SystemExit(f"{seen.said} is another answer than {like.said}")
    return seen


def project_of(root: Path) -> int:
    """A project with raw files of reports and the rows they gave, as an older decoder listed them; how many records."""
    from telltale.arrow import RAW_SCHEMA
    from telltale.contract import Raw
    from telltale.lake.catalog import bump, enlist
    from telltale.lake.lake import write
    from telltale.lake.rows import raw_drafts
    from telltale.workbench.project import Project

    root.mkdir(parents=True)
    (root / "telltale.toml").write_text('[site]\ntimezone = "Europe/Berlin"\nkeep = true\n')
    secrets = root / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(f'[cloudtrax]\n71234 = "{SECRET}"\n')
    project, chance = Project(root), random.Random(3)
    days = max(1, round(RECORDS / RECORDS_A_DAY))
    each = RECORDS // days
    for day in range(days):
        times = [START_S + day * 86_400 + number * 86_400 // each for number in range(each)]
        bodies = list(_bodies(times, chance))
        columns = [
            pa.array(range(day * each + 1, (day + 1) * each + 1), pa.int64()),
            pa.array(["cloudtrax"] * each),
            pa.array([second * 1_000_000 for second in times], pa.timestamp("us", "UTC")),
            pa.array(["127.0.0.1"] * each),
            pa.array(["{}"] * each),
            pa.array(bodies, pa.binary()),
        ]
        rows = pa.Table.from_arrays(columns, schema=RAW_SCHEMA)
        ends = [Raw(1, "cloudtrax", times[place] * 1_000_000, "127.0.0.1", "{}", bodies[place]) for place in (0, -1)]
        project.lake.decode("cloudtrax", ends)  # its keys are made now, the same for both sides
        drafts = raw_drafts("cloudtrax", rows, by_hour=True, version=0)
        files = write(project.lake, "bench", drafts, now_us=(START_S + days * 86_400) * 1_000_000)
        with project.store.writer() as connection:
            bump(connection)
            enlist(connection, project.lake.root, files)
    project.close()
    return days * each


def _bodies(times: list[int], chance: random.Random) -> Iterator[bytes]:
    for number, second in enumerate(times):
        rows = []
        for _ in range(ROWS):
            station = int(chance.random() ** 3 * 60_000) + second // 7_200 * 4_000
            octets = (station >> 24 & 255, station >> 16 & 255, station >> 8 & 255, station & 255)
            rows.append(_ROW % (*octets, -50 - station % 40, second - station % 25, second))
        yield (_BODY % (number % 6, ",".join(rows))).encode()


def visits_on(master: str, listed: str, server: str = "") -> None:
    """Visits on Spark or Sail, measured."""
    from telltale.engine.spark import SparkEngine

    engine = SparkEngine(master)
    engine.session.range(10).count()  # it runs
    files = json.loads(Path(listed).read_text())
    more = (int(server),) if server else ()
    done(lambda: of_telltale(engine, files), lambda rows: {"rows": rows.num_rows, "digest": digest(rows)}, more=more)


def decode_on(master: str, root: str) -> None:
    """Decode a project again, here or on workers, measured; the digest is that of the catalog."""
    import psutil  # type: ignore[import-untyped]  # it ships no types

    from telltale.lake.redecode import redecode
    from telltale.workbench.project import Project
    from telltale.workers.of_project import on_spark

    project = Project(root)
    again: Callable[..., object]
    now_us = (START_S + 400 * 86_400) * 1_000_000
    if master:
        chosen = project.settings.engine.model_copy(update={"spark": master})
        project = Project(settings=project.settings.model_copy(update={"engine": chosen}))
        again = on_spark(project)
    else:
        again = partial(redecode, project.lake)

    def work() -> pa.Table:
        again(now_us=now_us)
        files = [file._replace(created_at=0, host="") for file in project.lake.snapshot().files]
        return pa.table({"file": [str(file) for file in files]})

    pid = psutil.Process().pid

    def say(rows: pa.Table) -> dict[str, object]:
        return {"digest": str(hash_of(rows)), "files": rows.num_rows, "whole_s": cpu_s((pid,))}

    done(work, say)


def hash_of(rows: pa.Table) -> str:
    """A digest of texts."""
    from hashlib import sha256

    return sha256("\n".join(rows["file"].to_pylist()).encode()).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "visits":
        visits_on(*sys.argv[2:])
    else:
        decode_on(*sys.argv[2:])
