"""A PC with a screen, the agent, a modem on a terminal, the network, the collector, and the rows at the end."""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import telltale as tt
from collectors.idle.sender import Plan
from telltale.contract import Scenario, Secrets, SourceSettings
from telltale.settings import load
from telltale.simulate.modem import Pty, SimulatedModem, serving
from telltale.simulate.sigfox_network import Backend
from telltale.sources.pc_idle import SOURCE
from telltale.workbench.project import Project
from tests.collectors.desk import play
from tests.collectors.test_idle_backends import needs_xvfb, screen, touch
from tests.collectors.test_idle_sender import START_S, Office, run, typed
from tests.served import collecting, make_project, telltale

pytestmark = pytest.mark.slow
PC = "pc:desk-3"
TOML = """\
[idle]
device_id = "pc:desk-3"
every_s = 5
send = "levels"
port = "{port}"
slot_s = 6
downlink = true
[sources.sigfox.types.desks]
devices = ["2d24e6"]
activity = "{form}"
"""


def until(true: Callable[[], Any], *, within_s: float = 90.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


@contextmanager
def process(root: Path, log: str, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A telltale command that runs until SIGTERM."""
    command = [sys.executable, "-m", "telltale", "--project", str(root), *arguments]
    with (root / log).open("wb") as file:
        running = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **environment})
    try:
        yield running
    finally:
        running.terminate()
        running.wait(60)


def rows(root: Path) -> pd.DataFrame:
    """Table `activity`, hot rows included."""
    project = Project(settings=load(root))
    try:
        found: pd.DataFrame = tt.load("activity", since="2026-01-01", project=project)
        return found
    finally:
        project.close()


def intervals(root: Path, *, away_after: str) -> pd.DataFrame:
    """What `tt.activity` makes of the PC's last quarter of an hour."""
    project = Project(settings=load(root))
    try:
        found: pd.DataFrame = tt.activity.intervals("15min", device=PC, away_after=away_after, project=project)
        return found
    finally:
        project.close()


class Typing(NamedTuple):
    """Keys typed one after the other: between which moments the last one was, and the longest pause."""

    earliest_s: float
    latest_s: float
    pause_s: float

    def ended(self, at_s: "float | pd.Series[float]") -> Any:
        """Whether these moments are that of the last key, to the second."""
        return (self.earliest_s - 1 <= at_s) & (at_s <= self.latest_s + 1)


def type_on(display: str, *, begun: Callable[[], bool], for_s: float) -> Typing:
    """Type until something has begun, and some seconds more; however slow the machine, the moments are true."""
    until_s, pause_s, last_s = math.inf, 0.0, time.time()
    deadline = last_s + 120
    while True:
        before_s = time.time()
        touch(display, "key", "a")
        after_s = time.time()
        pause_s, last_s = max(pause_s, after_s - last_s), before_s
        assert after_s < deadline, "it did not begin"
        if until_s == math.inf and begun():
            until_s = after_s + for_s
        if after_s > until_s:
            return Typing(before_s, after_s, pause_s)
        time.sleep(0.5)


@needs_xvfb
def test_typing_on_a_screen_arrives_as_activity(tmp_path: Path) -> None:
    port = tmp_path / "modem"
    root = make_project(tmp_path / "project", TOML.format(port=port, form="levels"))
    assert telltale(root, "sigfox", "downlink", "2D24E6", "0100080000000000").returncode == 0
    with screen() as display, collecting(root) as collector:
        url = f"http://127.0.0.1:{collector.port}"
        played = ("modem", "simulate", "--dialect", "td1207", "--to", url, "--link", str(port), "--air", "0.1")
        with process(root, "modem.log", *played):
            until(port.exists)
            with process(root, "idle.log", "collect", "idle", DISPLAY=display):
                log = root / "idle.log"
                keys = type_on(display, begun=lambda: "the idle time comes from x11" in log.read_text(), for_s=12)
                until(lambda: log.read_text().count(": sent") >= 3)
                second = telltale(root, "collect", "idle")
                assert second.returncode == 1
                assert "pc:desk-3 is used by another process" in second.stderr
                until(lambda: time.time() > keys.latest_s + 20)
            said = log.read_text()
            assert "a slot is 8 s from now on" in said, "the answer that was queued came down and was obeyed"
        assert json.loads(telltale(root, "pending", "sigfox", "--json").stdout)[0]["state"] == "confirmed"
        found = rows(root)
    samples = found[(found["source"] == "pc_idle") & (found["kind"] == "sample")].sort_values("observed_at")
    at_s = samples["observed_at"].map(pd.Timestamp.timestamp)
    assert set(samples["device_id"]) == {PC}
    assert set(samples["note"]) == {"x11"}
    during, after = samples[at_s < keys.earliest_s], samples[at_s > keys.latest_s + 2]
    assert len(during) >= 2
    assert len(after) >= 2
    assert (during["idle_s"].iloc[1:] < keys.pause_s + 1).all(), "typing"
    assert keys.ended(at_s[after.index] - after["idle_s"]).all(), "stopped: it counts up from the last key"
    spans = intervals(root, away_after="8s")
    active = spans[spans["state"] == "active"]
    assert len(active) == 1, "keys in one go"
    assert keys.ended(active["end"].iloc[0].timestamp())
    away = spans[spans["state"] == "away"]
    assert keys.ended(away["start"].min().timestamp())
    assert away["end"].max().timestamp() >= at_s.max() - 0.001
    levels = found[found["source"] == "sigfox"]
    assert set(levels["device_id"]) == {"sigfox:2d24e6"}
    assert set(levels["kind"]) == {"level"}
    assert set(levels["score_pct"]) == {100.0}
    assert 3 <= len(levels) <= 6, "six an hour at most"


def test_minutes_through_a_modem_give_the_true_intervals(tmp_path: Path) -> None:
    """Work from 1:00 to 2:30 and from 3:10 to 4:00, asleep from 2:40 to 3:00; one frame of those is lost on the air."""
    root = make_project(tmp_path / "project", TOML.format(port="", form="bitmap"))
    inputs = typed((3600, 9000), (11_400, 14_400))
    office = Office(6 * 3600, inputs, asleep=((9600.0, 10_800.0),))
    with collecting(root) as collector:
        backend = Backend(f"http://127.0.0.1:{collector.port}", now=office.wall_s, retries_s=())
        agent = tmp_path / "pc"
        agent.mkdir()

        def network(frame: Any) -> bytes | None:
            return None if frame.seq == 3 else backend(frame)

        run(agent, office, Plan("bitmap"), network=network)
        until(lambda: len(rows(root)) > 0)
        backend.close()
        found = rows(root)
    told = {
        int(at.timestamp() // 60) - int(START_S // 60): bool(active)
        for at, active in zip(found["observed_at"], found["active"], strict=True)
    }
    expected = {minute: any(minute * 60 <= at < minute * 60 + 60 for at in inputs) for minute in range(1, 4 * 60 + 20)}
    asleep = range(9600 // 60 - 1, 10_800 // 60 + 1)  # with the minutes it fell asleep and woke up in
    for minute, is_active in expected.items():
        assert told.get(minute) == (None if minute in asleep else is_active), minute
    # 90 and 50 minutes of work, each with the minute its last input lies in: 1:00-2:30 and 3:10-4:00.
    assert sum(told.values()) == 91 + 51
    project = Project(root, now=lambda: round((START_S + 6 * 3600) * 1e6))
    daily = tt.activity.totals("2026-11-20", "2026-11-20T06:00", project=project, by="stretch")
    project.close()
    assert daily["active_s"].iloc[0] == pytest.approx((91 + 51) * 60, abs=2 * 240)


def test_the_commands_ask_send_and_keep_the_budget(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project", "")
    with collecting(root) as collector:
        backend = Backend(f"http://127.0.0.1:{collector.port}")
        with serving(
            SimulatedModem("snt", backend, script=["ok", "error", "no-downlink"]), Pty(tmp_path / "m")
        ) as port:
            told = telltale(root, "modem", "id", "--port", port, "--json")
            assert json.loads(told.stdout) == {"device_id": "sigfox:2d24e6", "dialect": "snt"}
            assert telltale(root, "modem", "pac", "--port", port).stdout == "0123456789ABCDEF\n"
            sent = telltale(root, "modem", "send", "313030", "--port", port, "--dialect", "snt")
            assert (sent.returncode, sent.stdout) == (0, "313030: sent (OK)\n")
            refused = telltale(root, "modem", "send", "313030", "--port", port, "--dialect", "snt")
            assert (refused.returncode, refused.stdout) == (1, "313030: not sent (E)\n")
            asked = telltale(root, "modem", "send", "313030", "--downlink", "--port", port, "--dialect", "snt")
            assert asked.returncode == 0, "no answer is no failure"
            wrong = telltale(root, "modem", "send", "31303", "--port", port)
            assert (
                wrong.stderr == 'telltale: "31303": hex digits, but not in pairs; add --text to send these characters\n'
            )
        budget = json.loads((root / "data/idle/budget-2d24e6.json").read_text())
        assert (len(budget["uplinks"]), len(budget["downlinks"])) == (2, 1)
        backend.close()
    silent = telltale(root, "modem", "id")
    assert silent.stderr.startswith("telltale: no port: give --port")


def test_a_desk_of_the_office_is_told_by_its_modem(tmp_path: Path) -> None:
    """Friday 2026-11-20, 9:00 to 17:00 in Berlin; what arrives is what the office's truth says, minute by minute."""
    scenario = Scenario(
        seed=7, start_s=int(START_S) + 8 * 3600, end_s=int(START_S) + 16 * 3600, timezone="Europe/Berlin"
    )
    root = make_project(tmp_path / "project", TOML.format(port="", form="bitmap"))
    with collecting(root) as collector:
        played = play(f"http://127.0.0.1:{collector.port}", scenario, form="bitmap", pc="desk-2", device="2D24E6")
        assert played.device_id == "sigfox:2d24e6"
        assert 8 <= played.frames <= 24
        until(lambda: len(rows(root)) > 0)
        found = rows(root)
    day = next(iter(SOURCE.truth(scenario, SourceSettings({}, Secrets()))["devices"][played.same_as]["days"].values()))
    for at, is_active in zip(found["observed_at"], found["active"], strict=True):
        start = at.timestamp()
        assert any(awake < start + 60 and start < asleep for awake, asleep in day["awake"]), "nobody watched"
        within = any(begin - 1 < start and start + 60 < end + 1 for begin, end in day["active"])
        outside = all(start + 60 < begin or end < start for begin, end in day["active"])
        assert is_active if within else not (outside and is_active)
    assert len(found) > 200
