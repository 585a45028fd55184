"""The forwarder as a user runs it: a real process, a broker with TLS and a password, faults in the middle."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from telltale.cli import run as run_command
from telltale.forward.facts import Press
from telltale.forward.outbox import Event, Outbox, parked
from telltale.forward.run import TakenOver, forever
from telltale.forward.sending import Said
from telltale.landing.schema import FORWARD_MARK, LOCK, OUTBOX
from telltale.workbench.project import Project
from tests.forward.fake_cumulocity import FakeCumulocity, fake_cumulocity
from tests.forward.fake_thingworx import FakeThingworx, fake_thingworx
from tests.forward.forwarded import BOLTS, BOX, DAY, NUTS, SECOND, START, project, store_frames
from tests.mosquitto import PASSWORD, PERSISTENT, USER, Broker, mosquitto
from tests.served import telltale

LOGIN = (USER, PASSWORD)
NAMES = {BOLTS: "bolts-M8", NUTS: "nuts", BOX: "bolts box"}


def toml(broker: Broker | None = None, thingworx: FakeThingworx | None = None, *, per_second: float = 1_000) -> str:
    told = ["[forward]", "backlog_days = 36500.0", "keep_sent_days = 36500"]  # whatever day this test runs on
    if broker is not None:
        told += ["[forward.cumulocity]", 'tenant = "https://localhost/"', f"port = {broker.tls_port}"]
        told += [f'ca_file = "{broker.ca_file}"', 'tenant_id = "t123"', "user = 't123\\kanban'"]
        told += ['device_id = "hall-3"', f"per_second = {per_second}"]
    if thingworx is not None:
        told += ["[forward.thingworx]", f'base_url = "{thingworx.base_url}"']
    return "\n".join(told) + "\n"


@contextmanager
def forwarder(root: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`telltale forward` until it is ended; killed at the end if it still runs."""
    with (root / "forward.log").open("ab") as log:
        command = [sys.executable, "-m", "telltale", "--project", str(root), "forward"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


def log_of(root: Path) -> str:
    return (root / "forward.log").read_text(encoding="utf-8")


def text_and_time(mac: str, at_us: int) -> tuple[str, str]:
    seconds, us = divmod(at_us, SECOND)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{NAMES[mac]}/{mac}", f"{moment}.{us // 1000:03d}Z"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path / "project"))
    return tmp_path / "project"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process: most of them need no fault in the middle."""

    def ended(*arguments: str) -> Ended:
        return Ended(run_command(["--project", str(root), "forward", *arguments]), *capsys.readouterr())

    return ended


def test_once_sends_what_is_new_and_then_nothing(tmp_path: Path, root: Path, run: Run) -> None:
    with mosquitto(tmp_path / "broker", tls=True, login=LOGIN) as broker, fake_cumulocity(broker, LOGIN) as platform:
        opened = project(root, toml(broker))
        store_frames(opened, [(BOLTS, START), (BOLTS, START + SECOND), (NUTS, START + 2 * SECOND)])
        first = telltale(root, "forward", "--once")
        again = run("--once", "--json")
        assert len(platform.wait_for(2)) == 2
        opened.close()
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [
        "cumulocity: 2 new in the outbox",
        "cumulocity: 2 sent",
        "cumulocity: 0 waiting, 2 sent, 0 parked",
    ]
    assert [json.loads(line)["what"] for line in again.out.splitlines()] == ["standing"]
    assert platform.events == [text_and_time(BOLTS, START), text_and_time(NUTS, START + 2 * SECOND)]


def test_a_dry_run_prints_the_lines_and_calls_and_touches_nothing(root: Path, run: Run, tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker", tls=True, login=LOGIN) as broker, fake_thingworx() as server:
        opened = project(root, toml(broker, server))
        store_frames(opened, [(BOLTS, START)])
        shown = run("--dry-run")
        as_json = json.loads(run("--dry-run", "--json").out)
        assert server.calls == []
        assert "New client connected" not in broker.log
    with opened.store.reader() as connection:
        rows = [connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in (OUTBOX, FORWARD_MARK)]
    assert rows == [0, 0]
    opened.close()
    press = Press(BOLTS, "bolts-M8", "button", "bolts-M8", START, 1, "announce")
    call = (
        f"thingworx POST {server.base_url}/Things/Kanban_bolts-M8/Services/RecordPress "
        f'{{"pressId": "{press.press_id}", "mac": "{BOLTS}", "name": "bolts-M8", '
        '"at": "2026-11-20T08:00:00.000Z", "kind": "button"}'
    )
    assert shown.out.splitlines() == [
        "cumulocity hall-3 s/us 100,hall-3,telltale_Gateway",
        "cumulocity hall-3 s/us 117,15",
        "cumulocity hall-3 s/us 123",
        "cumulocity hall-3 s/us 101,027e11a00001,bolts-M8,c8y_MACDevice",
        "cumulocity hall-3 s/us/027e11a00001 110,027e11a00001,Dash button,",
        f"cumulocity hall-3 s/us/027e11a00001 400,c8y_MAC_Event,bolts-M8/{BOLTS},2026-11-20T08:00:00.000Z",
        call,
    ]
    assert [one["target"] for one in as_json] == ["cumulocity"] * 6 + ["thingworx"]
    assert PASSWORD not in shown.out + shown.err


def test_a_dead_target_blocks_only_itself(root: Path, run: Run, tmp_path: Path) -> None:
    with fake_thingworx() as server:
        with mosquitto(tmp_path / "broker", tls=True, login=LOGIN) as broker:
            told = toml(broker, server)
        opened = project(root, told)
        store_frames(opened, [(BOLTS, START)])
        ended = run("--once")
        assert len(server.calls) == 1
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("telltale: localhost:")
    assert "is it up, and host and port right?" in ended.err
    assert "cumulocity: 1 waiting, 0 sent, 0 parked" in ended.out
    assert "thingworx: 0 waiting, 1 sent, 0 parked" in ended.out
    opened.close()


def test_parked_rows_are_shown_and_released_by_hand(root: Path, run: Run) -> None:
    with fake_thingworx() as server:
        opened = project(root, toml(None, server))
        store_frames(opened, [(BOLTS, START)])
        outbox = Outbox(opened.store, "thingworx")
        outbox.add([Event("poison", NUTS, "lane", START, "{}")], marks={}, now_us=START)
        assert run("--once").code == 0
        assert len(server.calls) == 1
        shown = run("parked").out
        assert "its body is not that of a press" in shown
        (told,) = json.loads(run("parked", "--json").out)
        assert (told["target"], told["device_id"], told["body"]) == ("thingworx", NUTS, "{}")
        assert run("release", str(told["id"])).out.startswith("1 released")
        assert run("parked").out == "Nothing is parked.\n"
        assert "none of row 98, 99 is parked" in run("release", "98", "99").err
        wrong = run("release")
        assert (wrong.code, wrong.out) == (1, "")
        assert "or --all" in wrong.err
        assert run("release", "--all", "--target", "cumulocity").out.startswith("0 released")
        opened.close()


def test_what_came_too_late_is_said(root: Path, run: Run) -> None:
    with fake_thingworx() as server:
        opened = project(root, toml(None, server))
        past = START - 3_000 * DAY  # whatever day this test runs on
        store_frames(opened, [(BOLTS, past), (BOLTS, past + DAY), (BOLTS, past + 2 * DAY)])
        run("--once")
        store_frames(opened, [(BOLTS, past + DAY // 2)])
        said = run("--once").out
        assert len(server.calls) == 3
        opened.close()
    assert "thingworx: 1 press came to light after its time had passed and is not forwarded" in said


def test_without_a_target_the_error_says_what_to_set(root: Path, run: Run) -> None:
    project(root).close()
    ended = run("--once")
    assert (ended.code, ended.out) == (1, "")
    assert "set tenant below [forward.cumulocity] or base_url below [forward.thingworx]" in ended.err


@pytest.mark.slow
def test_one_forwarder_a_store_and_sigterm_ends_it(root: Path, run: Run) -> None:
    with fake_thingworx() as server:
        opened = project(root, toml(None, server))
        with forwarder(root) as running:
            store_frames(opened, [(BOLTS, START)])
            assert within(60, lambda: len(server.calls) == 1), log_of(root)
            second = run("--once")
            assert second.code == 1
            assert f"forward is running in process {running.pid}" in second.err
            store_frames(opened, [(NUTS, START)])  # seen while it runs
            assert within(60, lambda: len(server.calls) == 2), log_of(root)
            running.send_signal(signal.SIGTERM)
            assert running.wait(30) == 0
        assert run("--once").code == 0
        opened.close()


@contextmanager
def in_a_thread(opened: Project) -> Iterator[tuple["Future[None]", list[Said]]]:
    """The loop of `telltale forward` in this process, and what it says."""
    stop, said = threading.Event(), list[Said]()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(forever, opened, said.append, stop), said
        finally:
            stop.set()


def test_a_broken_list_is_said_once_and_what_came_meanwhile_is_sent_when_it_is_whole(root: Path) -> None:
    with fake_thingworx() as server:
        opened = project(root, toml(None, server))
        with in_a_thread(opened) as (running, said):
            store_frames(opened, [(BOLTS, START)])
            assert within(30, lambda: len(server.calls) == 1)
            whole = (root / "buttons.csv").read_text(encoding="utf-8")
            (root / "buttons.csv").write_text(f"{whole}no address, here\n", encoding="utf-8")
            store_frames(opened, [(NUTS, START)])
            assert within(30, lambda: any("buttons.csv line 5" in one.text for one in said))
            (root / "buttons.csv").write_text(whole, encoding="utf-8")
            assert within(30, lambda: len(server.calls) == 2)
        running.result()
        opened.close()
    assert [one.what for one in said].count("warning") == 1


def test_a_forwarder_that_was_taken_for_dead_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale.forward.run.TELL_S", 0.0)
    with fake_thingworx() as server:
        opened = project(root, toml(None, server))
        with in_a_thread(opened) as (running, said):
            assert within(30, lambda: any(one.what == "standing" for one in said))
            with opened.store.writer() as connection:
                connection.execute(LOCK.delete())
            with pytest.raises(TakenOver, match="taken over"):
                running.result(30)
        opened.close()


def test_a_store_that_is_away_for_a_while_stops_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale.forward.run.TELL_S", 0.0)  # something to write each second
    with fake_thingworx() as server:
        opened = project(root, toml(None, server) + "[landing]\nbusy_timeout_s = 0.2\n")
        with in_a_thread(opened) as (running, said):
            assert within(30, lambda: any(one.what == "standing" for one in said))
            store_frames(opened, [(BOLTS, START)])
            with holding(opened):
                assert within(30, lambda: any("another program holds its lock" in one.text for one in said))
            assert within(30, lambda: len(server.calls) == 1)
        running.result()
        opened.close()


@pytest.mark.slow
def test_killed_between_confirmation_and_note_it_sends_the_same_again(tmp_path: Path, root: Path) -> None:
    """Another writer holds the store, so that the forwarder cannot note what the broker has confirmed; then kill -9."""
    with (
        mosquitto(tmp_path / "broker", tls=True, login=LOGIN, options=PERSISTENT) as broker,
        fake_cumulocity(broker, LOGIN) as platform,
    ):
        opened = project(root, toml(broker))
        store_frames(opened, [(BOLTS, START)])
        broker.stop()
        with forwarder(root) as running:
            assert within(60, lambda: "is it up, and host and port right?" in log_of(root)), log_of(root)
            with holding(opened):
                broker.start()
                assert platform.wait_for(1, timeout_s=60), log_of(root)
                running.kill()
                running.wait(30)
        assert Outbox(opened.store, "cumulocity").standing().sent == 0
        assert telltale(root, "forward", "--once").returncode == 0
        assert within(30, lambda: len(platform.events) == 2)
        opened.close()
    assert platform.events == [text_and_time(BOLTS, START)] * 2


@contextmanager
def holding(opened: Project) -> Iterator[None]:
    """Nobody else can write to the store meanwhile."""
    connection = sqlite3.connect(str(opened.store.engine.url.database), isolation_level=None, timeout=60)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


WEEK = sorted(
    (at, mac)
    for mac, minutes in ((BOLTS, 47), (NUTS, 61), (BOX, 173))
    for at in range(START - 7 * DAY, START, minutes * 60 * SECOND)
)
"""Presses of a week: 10,080 / 47 = 214.5 → 215, / 61 → 166, / 173 → 59; 440 in all."""


@pytest.mark.slow
def test_a_week_of_presses_arrives_in_order_though_the_broker_stops_three_times(tmp_path: Path, root: Path) -> None:
    with (
        mosquitto(tmp_path / "broker", tls=True, login=LOGIN, options=PERSISTENT) as broker,
        fake_cumulocity(broker, LOGIN) as platform,
    ):
        opened = project(root, toml(broker, per_second=100))
        parts = [WEEK[start : start + 110] for start in range(0, len(WEEK), 110)]
        store_bursts(opened, parts[0])
        nuts = [at for at, mac in WEEK if mac == NUTS]
        poison = Event("poison", NUTS, NUTS, nuts[80] + 1_800 * SECOND, '{"device_id": 7}')  # half an hour after one
        Outbox(opened.store, "cumulocity").add([poison], marks={}, now_us=START)
        with forwarder(root):
            for number, part in enumerate(parts[1:], 1):
                platform.wait_for(110 * (number - 1) + 40, timeout_s=60)
                outages = log_of(root).count("cumulocity: localhost")
                broker.stop()
                store_bursts(opened, part)
                assert within(60, lambda seen=outages: log_of(root).count("cumulocity: localhost") > seen), log_of(root)  # type: ignore[misc] # mypy wants no default
                broker.start()
            platform.wait_for(len(WEEK), timeout_s=120)
            standing = Outbox(opened.store, "cumulocity").standing
            assert within(60, lambda: standing().waiting == 0), log_of(root)
        rows = parked(opened.store)
        opened.close()
    assert_all_in_order(platform)
    assert [row.event_id for row in rows] == ["poison"]
    assert platform.too_early == []


def store_bursts(opened: Project, presses: list[tuple[int, str]]) -> None:
    """Each press as three frames within 3 s."""
    store_frames(opened, [(mac, at + after) for at, mac in presses for after in (0, SECOND, 3 * SECOND)])


def assert_all_in_order(platform: FakeCumulocity) -> None:
    """Every press came; by its first arrival each device is in order; a double is equal to the letter."""
    assert set(platform.events) == {text_and_time(mac, at) for at, mac in WEEK}
    first_times: dict[str, list[str]] = defaultdict(list)
    for text, at in dict.fromkeys(platform.events):
        first_times[text].append(at)
    assert {text: sorted(times) for text, times in first_times.items()} == first_times
    published = [one for one in platform.heard if one.row[0] == "400" and not one.is_again]
    assert len(published) <= len(WEEK) + 3  # at most the one on its way at each stop
