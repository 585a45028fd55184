"""What a live capture keeps: the collector in one network namespace, frames of a listed device from another.

`telltale collect arp` runs as its user runs it: ring, choice, log line, group commit with synchronous=FULL. Frames are
60-byte ARP requests of a listed device, each with an address of its own inside, so that every stored body is told
from the others. After each run the rows are counted, and what the heartbeats say was lost: kept + lost must be what
was sent. Needs Linux and root.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.measured import note
from tests.collectors.wire import Wire, arp, missing, wire

DEVICE, OTHER = "02:7e:11:a0:00:01", "02:7e:11:a0:00:99"
RUNS = (
    (DEVICE, 5_000, 10.0),
    (DEVICE, 10_000, 5.0),
    (DEVICE, 20_000, 5.0),
    (DEVICE, 60_000, 5.0),
    (OTHER, 60_000, 5.0),
)
"""Whose frames, how many a second, for how many seconds."""
WARM = 100


class Run(NamedTuple):
    """What one run saw."""

    sent: int
    took_s: float
    stored: int
    distinct: int
    counted: int
    """Of the device that is not listed."""
    lost: int
    cpu_s: float
    durable_after_s: float


def main() -> None:
    if why := missing():
        print(f"skipped: {why}")
        return
    for device, rate, seconds in RUNS:
        with tempfile.TemporaryDirectory(prefix="telltale-bench-", dir=os.environ.get("TELLTALE_BENCH_DIR")) as folder:
            run = measure(Path(folder), device, rate, seconds)
        whose, what, done = (
            ("listed", "stored", run.stored - WARM) if device == DEVICE else ("others", "counted", run.counted)
        )
        print(
            f"{whose} {run.sent / run.took_s:6,.0f}/s for {run.took_s:4.1f} s: {done:7,} of {run.sent:7,} {what:7} "
            f"({done / run.sent:7.2%}), {run.lost:7,} said to be lost, {run.cpu_s / run.took_s:4.0%} of a core, "
            f"durable {run.durable_after_s:.1f} s after the last"
        )
        if device == DEVICE and rate == RUNS[0][1]:
            of = f"{seconds:g} s of live capture; 1 is none lost"
            note(f"listed ARP frames stored ÷ sent, {rate:,}/s", done / run.sent, of=of, at_least=1)
            note(f"a core for {rate:,} listed ARP frames/s", 100 * run.cpu_s / run.took_s, "%", of=of)
        if run.distinct != run.stored or run.stored + run.counted + run.lost != run.sent + WARM:
            raise AssertionError(f"a frame neither kept nor counted, or stored twice: {run}")


def measure(folder: Path, device: str, rate: int, seconds: float) -> Run:
    """One collector, one burst."""
    (folder / "telltale.toml").write_text("")
    (folder / "buttons.csv").write_text(f"Name, MAC-Address\nBolts, {DEVICE}\n")
    with wire() as pair:
        environment = {**os.environ, "TELLTALE_ARP__INTERFACES": json.dumps([pair.far])}
        command = (sys.executable, "-m", "telltale", "--project", str(folder), "collect", "arp")
        with (folder / "log").open("w") as log:
            process = pair.run_far(*command, env=environment, stderr=log)
        try:
            return _burst(folder, pair, process, (device, int(rate * seconds), rate))
        finally:
            process.kill()
            process.wait()


def _burst(folder: Path, pair: Wire, process: "subprocess.Popen[str]", frames: tuple[str, int, int]) -> Run:
    _await(folder, 0)
    _send(pair, 1 << 24, DEVICE, WARM, 1_000)
    _await(folder, WARM)
    before, dropped = _cpu_s(process.pid), pair.dropped()
    sent, took = _send(pair, 0, *frames)
    ended = time.monotonic()
    sent -= pair.dropped() - dropped  # between the two ends, where no capture can see them
    _settle(folder)
    stored_after = time.monotonic() - ended - 1.0
    cpu = _cpu_s(process.pid) - before
    process.send_signal(signal.SIGTERM)
    if process.wait(60):
        raise AssertionError((folder / "log").read_text()[-2000:])
    with closing(sqlite3.connect(folder / "data" / "landing" / "telltale.db")) as store:
        rows = "from raw where meta like '%/frame/%'"
        stored, distinct = store.execute(f"select count(*), count(distinct body) {rows}").fetchone()
        beats = store.execute("select body from raw where meta like '%/heartbeat/%'").fetchall()
    told = [json.loads(body) for (body,) in beats]
    lost, counted = sum(beat["drops"] for beat in told), sum(beat["unlisted"] for beat in told)
    return Run(sent, took, stored, distinct, counted, lost, cpu, stored_after)


def _send(pair: Wire, first: int, device: str, count: int, rate: int) -> tuple[int, float]:
    """Send frames that differ in the address they ask for."""
    program = (sys.executable, "-m", "bench.capture", "send", pair.near, device, str(first), str(count), str(rate))
    process = pair.run_near(*program, stdout=subprocess.PIPE)
    sent, took = process.communicate(timeout=120)[0].split()
    return int(sent), float(took)


def _flood(interface: str, device: str, first: int, count: int, rate: int) -> None:
    frame = arp(device)
    head, tail = frame[:38], frame[42:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((interface, 0))
        started = time.perf_counter()
        for at in range(count):
            if at % 20 == 0:
                while time.perf_counter() - started < at / rate:
                    time.sleep(0.0002)
            sender.send(head + (first + at).to_bytes(4) + tail)
        print(count, time.perf_counter() - started)


def _await(folder: Path, rows: int) -> None:
    deadline = time.monotonic() + 60
    while _rows(folder) < rows:
        if time.monotonic() > deadline:
            raise TimeoutError((folder / "log").read_text()[-2000:])
        time.sleep(0.05)


def _settle(folder: Path) -> None:
    """Wait until a second passes without a new row."""
    rows, since = -2, time.monotonic()
    while time.monotonic() - since < 1.0:
        now = _rows(folder)
        if now != rows:
            rows, since = now, time.monotonic()
        time.sleep(0.05)


def _rows(folder: Path) -> int:
    path = folder / "data" / "landing" / "telltale.db"
    if not path.exists():
        return -1
    with closing(sqlite3.connect(path)) as store:
        try:
            (rows,) = store.execute("select coalesce(max(id), 0) from raw").fetchone()
        except sqlite3.OperationalError:  # the table is not made yet
            return -1
    return int(rows) - 1  # the first heartbeat


def _cpu_s(pid: int) -> float:
    """Processor seconds of the collector so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        _flood(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
    else:
        main()
