"""Visits by telltale and by others: DuckDB, Polars, pandas, Spark SQL and Sail by hand; one digest of all.

The data are those of `bench.analysis`. Each works in a process of its own; where the processor has no memory for it, it
says so. Each text is what somebody would write who knows the tool; rows, order and values are compared by a digest
(numbers to a millionth).
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa

from bench.apart import Seen, apart, done
from bench.by_others import digest, duckdb, pandas, polars, polars_streaming, spark_sql, telltale
from bench.measured import note, sized
from telltale.net import free_port

ROOT = Path(__file__).parent.parent
SAIL = ROOT / ".venv-sail" / "bin" / "python"
SAIL_BY_HAND = "Sail by hand "
DAYS = sized((3,), (3,), full=(3, 30, 297))
"""1 M sightings a tenth of the month; 10 M; 100 M."""
ROWS_A_DAY = 336_666


def main() -> None:
    """Note each peer's CPU and memory beside telltale's, of each size."""
    from bench.analysis import table_rows, write_day

    for days in DAYS:
        with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
            files = [str(write_day(Path(folder), day, ROWS_A_DAY)) for day in range(days)]
            listed = Path(folder) / "files.json"
            listed.write_text(json.dumps(files))
            rows = table_rows(files)
            at = f"{round(rows, -6) / 1e6:.0f} M"
            seen = {name: apart("bench.peers", name, str(listed)) for name in PEERS}
            if SAIL.exists():
                with served_by_sail() as (master, pid):
                    told = (f"{SAIL_BY_HAND}{master} {pid}", str(listed))
                    seen["Spark SQL by hand, on Sail"] = apart("bench.peers", *told, python=str(SAIL), more=(pid,))
            else:
                print(f"no Sail at {SAIL}; make test-sail makes it")
            report(at, rows, seen)


def report(at: str, rows: int, seen: dict[str, Seen | str]) -> None:
    """Print all, and note those that did it with the same digest."""
    ours = seen["telltale"]
    if isinstance(ours, str):
        raise SystemExit(f"telltale {ours}")
    of = f"visits of {rows:,} sightings, each in a process of its own, CPU of all its threads and processes"
    note("visits by telltale", ours.cpu_s, "CPU s", of=of, at=at)
    note("visits by telltale, peak memory", ours.peak_mb, "MB", of=of, at=at)
    for name, peer in seen.items():
        if isinstance(peer, str):
            print(f"{at}: {name} {peer}")
        elif peer.said["digest"] != ours.said["digest"]:
            raise SystemExit(f"{at}: {name} has another answer, {peer.said}, than telltale, {ours.said}")
        elif name != "telltale":
            note(f"visits by {name} ÷ by telltale, CPU", peer.cpu_s / ours.cpu_s, of=of, at=at)
            note(f"visits by {name} ÷ by telltale, peak memory", peer.peak_mb / ours.peak_mb, of=of, at=at)


@contextmanager
def served_by_sail() -> Iterator[tuple[str, int]]:
    """A server of Sail: the master to ask it, and its process."""
    port = free_port("127.0.0.1", 0)
    command = [str(SAIL.parent / "sail"), "spark", "server", "--ip", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            yield f"sc://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()


def started(master: str) -> None:
    """Open Spark and let it answer a small query, so that its start is not measured."""
    from telltale.engine.spark import SparkEngine

    SparkEngine(master).session.range(10).count()


PEERS: dict[str, Callable[[list[str]], pa.Table]] = {
    "telltale": telltale,
    "DuckDB by hand": duckdb,
    "Polars": polars,
    "Polars, streaming": polars_streaming,
    "pandas": pandas,
    "Spark SQL by hand": spark_sql,
}


def one(name: str, listed: str) -> None:
    """The work of one peer, measured."""
    files = json.loads(Path(listed).read_text())
    more: tuple[int, ...] = ()
    work: Callable[[list[str]], pa.Table]
    if name.startswith(SAIL_BY_HAND):
        master, pid = name.removeprefix(SAIL_BY_HAND).split()
        work, more = partial(spark_sql, master=master), (int(pid),)
        started(master)
    else:
        work = PEERS[name]
        if work is spark_sql:
            started("local[2]")
    done(lambda: work(files), lambda rows: {"rows": rows.num_rows, "digest": digest(rows)}, more=more)


if __name__ == "__main__":
    one(sys.argv[1], sys.argv[2]) if len(sys.argv) > 1 else main()
