"""A project with some hours of invented signals until now, its collector and its dashboards, as a user runs them."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil  # type: ignore[import-untyped]

from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.net import free_port
from tests.lake_fixture import SECRET, SITE, ZONE, write_settings
from tests.sensors.sensed import OPTIONS, hand_in, list_devices, truth_of

TOKEN = "a-token-for-the-tests"
HOURS = 30
"""Since the day before yesterday's evening at most: enough for days to compare with."""
BUTTONS_D = 21
"""Pulls are rarer."""

PCS_D = 6
"""Days of PCs: nobody is at them at the weekend."""
EVERYONE = "[activity]\nshow_everyone = true\n"
"""Nobody is real here: the page shows single PCs."""


class Dashboards(NamedTuple):
    """Running dashboards."""

    url: str
    process: "subprocess.Popen[bytes]"

    def address(self, page: str, *, token: bool = True) -> str:
        return f"{self.url}/{page}" + (f"{'&' if '?' in page else '?'}token={TOKEN}" if token else "")

    def kernels(self) -> int:
        """Kernels that live: one spare for each page, and one for each page that is open."""
        return len(self._running("ipykernel_launcher"))

    def kill_figures(self) -> None:
        """End the computing process, as a machine short of memory does; its supervisor starts it again."""
        for child in self._running("telltale.dashboard.figures"):
            child.kill()

    def _running(self, command: str) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if command in " ".join(_command(child))]


def fill_until_now(root: Path, *, hours: float = HOURS, seed: int = 5) -> Path:
    """A project whose newest record is from this minute."""
    from telltale.contract import Scenario
    from telltale.operate import retention
    from telltale.settings import load
    from telltale.sources.button.simulate.truth import buttons_csv
    from telltale.sources.cloudtrax import SOURCE
    from telltale.workbench import Project

    now_s = int(time.time())
    scenario = Scenario(seed, now_s - round(hours * 3600), now_s, ZONE)
    project = Project(settings=load(write_settings(root, more=OPTIONS + EVERYONE)))
    nodes = SOURCE.truth(scenario, project.settings.source(SOURCE.name))["nodes"]
    lines = [f"{node['node_id']},{node['name']},,{node['zone']},node,,," for node in nodes]
    list_devices(root, truth_of(project, "sigfox", scenario), *lines)
    (root / "buttons.csv").write_text(buttons_csv())
    hand_in(project, "button", scenario._replace(start_s=now_s - BUTTONS_D * 86_400))
    hand_in(project, "pc_idle", scenario._replace(start_s=now_s - PCS_D * 86_400))
    for name in (SOURCE.name, "sigfox"):
        hand_in(project, name, scenario)
    settle_all(project.lake, now_us=project.now_us())
    retention.purge(project, now_us=project.now_us())  # closes days, as the settle loop does; nothing is removed
    merge(project.lake, now_us=project.now_us())
    project.close()
    return root


def add_page(root: Path, name: str, source: str) -> None:
    """A page of the project's own."""
    code: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
    cell = {"cell_type": "code", "id": "a", "source": source, **code}
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    (root / "dashboards").mkdir(exist_ok=True)
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "dashboards" / f"{name}.ipynb").write_text(json.dumps(notebook))


@contextmanager
def serving(root: Path, *arguments: str) -> Iterator[Dashboards]:
    """`telltale dashboard` of a project; ended as Ctrl-C ends it."""
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "telltale", "--project", str(root), "dashboard", "--port", str(port), *arguments]
    log = (root / "dashboards.log").open("ab")
    process = subprocess.Popen(
        command, stdout=log, stderr=log, env={**os.environ, "TELLTALE_TOKEN": TOKEN}, start_new_session=True
    )
    try:
        yield Dashboards(f"http://127.0.0.1:{port}", process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        finally:
            log.close()


def report(node: str, *, at_s: int) -> tuple[bytes, dict[str, str]]:
    """A signed report of one node that hears nobody, and its headers."""
    body = json.dumps(
        {"network_id": int(SITE), "node_mac": node, "version": 1, "probe_requests": [], "made": at_s},
        separators=(",", ":"),
    ).encode()
    return body, {"Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def callback(device: str, temperature: float, *, at_s: int) -> tuple[bytes, dict[str, str]]:
    """A message of a sensor as the Sigfox backend tells it, and its headers."""
    told = {"device": device, "time": at_s, "seqNumber": at_s % 4096, "data": "", "temperature": temperature}
    return json.dumps(told).encode(), {"Content-Type": "application/json"}


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
