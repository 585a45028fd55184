"""A project with some hours of invented signals until now, its collector and its dashboards, as a user runs them."""

import datetime as dt
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil  # type: ignore[import-untyped]

from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.net import free_port
from tests.lake_fixture import SECRET, SITE, write_settings
from tests.sensors.sensed import OPTIONS, hand_in, list_devices, truth_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOKEN = "a-token-for-the-tests"
AFTERNOON_H = 14
HOURS = 30
"""Since yesterday morning: enough for a day to compare with."""
BUTTONS_D = 21
"""Pulls are rarer."""

PCS_D = 6
"""Days of PCs: nobody is at them at the weekend."""
EVERYONE = "[activity]\nshow_everyone = true\n"
"""Nobody is real here: the page shows single PCs."""


OPENS_LINE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies it set, by name."""
        return {name: morsel.value for text in self.headers.get_all("Set-Cookie") or () for name, morsel in
                SimpleCookie(text).items()}  # fmt: skip

    @property
    def kernel(self) -> str:
        """The kernel of a page."""
        found = re.search(rb'id="jupyter-config-data" type="application/json">(.*?)</script>', self.body, re.DOTALL)
        assert found
        return str(json.loads(found[1])["kernelId"])


class Dashboards(NamedTuple):
    """Running dashboards."""

    url: str
    process: "subprocess.Popen[bytes]"
    root: Path

    @property
    def base(self) -> str:
        """The path its pages lie below, without a slash at the end."""
        return urllib.parse.urlsplit(self.url).path

    def address(self, page: str) -> str:
        return f"{self.url}/{page}"

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] = {},
        *,
        method: str = "GET",
        form: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] = {},
        is_line: bool = False,
    ) -> Answer:
        """Ask without a browser; of a live line only how it begins."""
        at = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=90)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            body = None if form is None else urllib.parse.urlencode(form)
            connection.request(method, path, body, {**sent, **headers})
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, b"" if is_line else reply.read())
        finally:
            connection.close()

    def submit(self, path: str, form: Mapping[str, str], *, shown: str = "", cookies: Mapping[str, str] = {}) -> Answer:
        """Fill in a form as a browser does: with the mark that its page holds, at `shown`."""
        page = self.ask(shown or path, cookies=cookies)
        mark = re.search(rb'name="_xsrf" value="([^"]+)"', page.body)
        assert mark, page
        sent = {**cookies, **page.cookies}
        return self.ask(path, method="POST", form={**form, "_xsrf": mark[1].decode()}, cookies=sent)

    def log_in(self, token: str = TOKEN) -> dict[str, str]:
        """The cookies of a browser in which a token was typed."""
        answer = self.submit(f"{self.base}/login", {"password": token})
        assert answer.status == 302, answer
        return answer.cookies

    def line(self, kernel: str, headers: Mapping[str, str] = {}, *, cookies: Mapping[str, str] = {}) -> int:
        """The status with which a kernel's live line opens."""
        return self.ask(self._line(kernel), {**OPENS_LINE, **headers}, cookies=cookies, is_line=True).status

    def begin_line(self, kernel: str, *, cookies: Mapping[str, str]) -> http.client.HTTPConnection:
        """A connection on which a live line was asked for, and that has not been answered."""
        at = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=90)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        connection.request("GET", self._line(kernel), headers={**sent, **OPENS_LINE})
        return connection

    def _line(self, kernel: str) -> str:
        return f"{self.base}/api/kernels/{kernel}/channels?session_id=x"

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`telltale dashboard …` beside it."""
        command = [sys.executable, "-m", "telltale", "--project", str(self.root), "dashboard", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def log_in_browser(self, context: Any, token: str = TOKEN) -> None:
        """Let a browser be one in which a token was typed."""
        cookies = self.log_in(token).items()
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in cookies])

    def wait(self) -> None:
        """Until it listens."""
        deadline = time.monotonic() + 90
        while True:
            try:
                self.ask("/login")
            except OSError:
                assert self.process.poll() is None, self.log()
                assert time.monotonic() < deadline, "the dashboards do not listen"
                time.sleep(0.2)
            else:
                return

    def log(self) -> str:
        """What it wrote so far."""
        return (self.root / "dashboards.log").read_text()

    @contextmanager
    def standing_still(self, kernel: str) -> Iterator[None]:
        """A kernel does nothing inside the block."""
        (process,) = self._running(kernel)
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    def kernels(self) -> int:
        """Kernels that live: one spare for each page, and one for each page that is open."""
        return len(self._running("ipykernel_launcher"))

    def environments(self, command: str, variable: str) -> list[str]:
        """What a variable is in the processes of a command that have it."""
        return [found[variable] for child in self._running(command) if variable in (found := child.environ())]

    def kill_figures(self) -> None:
        """End the computing process, as a machine short of memory does; its supervisor starts it again."""
        for child in self._running("telltale.dashboard.figures"):
            child.kill()

    def _running(self, command: str) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if command in " ".join(_command(child))]


def afternoon_zone(now_s: float) -> str:
    """The zone in which it is two o'clock in the afternoon, or past it: a site open for hours, at whatever hour."""
    ahead = AFTERNOON_H - dt.datetime.fromtimestamp(now_s, dt.UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # its sign says how far the zone is behind


def fill_until_now(root: Path, *, hours: float = HOURS, seed: int = 5) -> Path:
    """A project whose newest record is from this minute, at a site where it is afternoon."""
    from telltale.contract import Scenario
    from telltale.operate import retention
    from telltale.settings import load
    from telltale.sources.button.simulate.truth import buttons_csv
    from telltale.sources.cloudtrax import SOURCE
    from telltale.workbench import Project

    now_s = int(time.time())
    zone = afternoon_zone(now_s)
    scenario = Scenario(seed, now_s - round(hours * 3600), now_s, zone)
    project = Project(settings=load(write_settings(root, zone=zone, more=OPTIONS + EVERYONE)))
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


def add_page(root: Path, name: str, source: str, *, heading: str = "") -> None:
    """A page of the project's own."""
    code: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
    cell = {"cell_type": "code", "id": "a", "source": source, **code}
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    (root / "dashboards").mkdir(exist_ok=True)
    above = [{"cell_type": "markdown", "id": "h", "metadata": {}, "source": heading}] if heading else []
    notebook = {"cells": [*above, cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "dashboards" / f"{name}.ipynb").write_text(json.dumps(notebook))


@contextmanager
def serving(
    root: Path, *arguments: str, files: int | None = None, environment: Mapping[str, str] = {}, base: str = ""
) -> Iterator[Dashboards]:
    """`telltale dashboard` of a project; ended as Ctrl-C ends it. `files` is how many it may open at first.

    It runs in the project's folder, with `environment` added to ours; `base` is where its pages lie.
    """
    port = free_port("127.0.0.1", 0)
    limited = [] if files is None else ["bash", "-c", f'ulimit -S -n {files}; exec "$@"', "-"]
    telltale = [sys.executable, "-m", "telltale", "--project", str(root)]
    command = [*limited, *telltale, "dashboard", "--port", str(port), *arguments]
    log = (root / "dashboards.log").open("ab")
    told = {**os.environ, "TELLTALE_TOKEN": TOKEN, **environment}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=told, cwd=root, start_new_session=True)
    try:
        yield Dashboards(f"http://127.0.0.1:{port}{base}", process, root)
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


def until_true(tab: "Page", expression: str, *, timeout_s: float = 60) -> None:
    """Wait until an expression is true on a page; `wait_for_function` evaluates a text there, which no page allows."""
    deadline = time.monotonic() + timeout_s
    while not tab.evaluate(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.05)
