"""How long after its 2xx a sighting is in a notebook's answer, and what `import telltale` costs.

A project of two simulated days, a real collector; one report after the other is posted, then `tt.load` is asked until
the row is there. The wait is the time from the 2xx to the answer that holds it.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import telltale as tt
from bench.measured import note, sized
from telltale.contract import Emission, Scenario
from telltale.lake.settle import settle_all
from telltale.net import free_port
from telltale.simulate.demo import collecting, place
from telltale.simulate.play import backfill
from telltale.sources import source

POSTS = sized(10, 20)
IMPORTS = sized(3, 7)


def main() -> None:
    """Print both figures."""
    waits = _waits()
    of = f"median of {len(waits)}, the longest {max(waits) * 1000:.0f} ms; two simulated days"
    note("a posted sighting is in tt.load after its 2xx", statistics.median(waits) * 1000, "ms", of=of, at_most=1000)
    ours, floor = _import_s("telltale"), _import_s("duckdb")
    of = f"medians of {IMPORTS} interleaved repeats"
    note("import telltale", ours * 1000, "ms", of=of)
    note("import telltale ÷ import duckdb", ours / floor, of=of, at_most=3)


def _waits() -> list[float]:
    cloudtrax, now_s = source("cloudtrax"), int(time.time())
    with tempfile.TemporaryDirectory() as folder:
        port = free_port("127.0.0.1", 0)
        project = tt.Project(place(Path(folder) / "fresh", port=port))
        told = project.settings.source("cloudtrax")
        past = Scenario(7, now_s - 2 * 86_400, now_s - 3_600, "Europe/Berlin")
        landing = project.landing()
        for _ in backfill(cloudtrax, past, told, landing):
            settle_all(project.lake, now_us=project.now_us())
        landing.close()
        recent = cloudtrax.simulate(past._replace(start_s=now_s - 3_600, end_s=now_s), told)
        heard = (emission for emission in recent if b'"mac"' in emission.body)
        with collecting(project.settings.root, port=port, coap_port=free_port("127.0.0.1", 0, socket.SOCK_DGRAM)) as at:
            waits = [_wait(project, at.http, next(heard)) for _ in range(POSTS)]
        project.close()
    return waits


def _wait(project: tt.Project, url: str, emission: Emission) -> float:
    before = _newest(project)
    request = urllib.request.Request(url + emission.path, emission.body, dict(emission.headers))
    with urllib.request.urlopen(request, timeout=10):
        stored = time.perf_counter()
    while _newest(project) == before:
        if time.perf_counter() - stored > 30:
            raise RuntimeError("the sighting of an acknowledged report is not in tt.load after 30 s")
    return time.perf_counter() - stored


def _newest(project: tt.Project) -> Any:
    """When the newest was received; not how many there are: a resend adds none, and old ones leave the stretch."""
    return tt.load("sighting", since="2h", project=project)["received_at"].max()


def _import_s(module: str) -> float:
    """The median time of a new interpreter importing it, less that of one importing nothing."""

    def once(statement: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        return time.perf_counter() - began

    pairs = [(once(f"import {module}"), once("pass")) for _ in range(IMPORTS)]
    return statistics.median(whole - empty for whole, empty in pairs)
