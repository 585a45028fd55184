"""`telltale collect arp` on a real wire: frames sent in one network namespace are captured in another. Needs root."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from ctypes.util import find_library
from pathlib import Path

import pytest

import telltale as tt
from telltale.sources.button.layout import Parsed, parse
from tests.collectors.wire import Wire, arp, dhcp, ip, missing, wire
from tests.served import make_project

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

MAC, OTHER = "02:7e:11:a0:00:01", "02:7e:11:a0:00:99"
DEADLINE_S = 30.0
NET_RAW = 1 << 13


class Sniffer:
    """A running collector, its project and its log."""

    def __init__(self, root: Path, process: "subprocess.Popen[str]", log: Path) -> None:
        self.root = root
        self.process = process
        self.log = log

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def wait_for_frames(self, count: int) -> None:
        self.wait_until(lambda: len(frames(self.root)) >= count)

    def wait_for_log(self, text: str, times: int = 1) -> None:
        self.wait_until(lambda: self.said().count(text) >= times)

    def said(self) -> str:
        return self.log.read_text()

    def stop(self) -> None:
        """SIGTERM, and a clean end."""
        self.process.terminate()
        assert self.process.wait(DEADLINE_S) == 0, self.said()


@contextmanager
def sniffing(root: Path, pair: Wire, *, prefix: Sequence[str] = ()) -> Iterator[Sniffer]:
    """The collector beside the capturing end, ready; killed at the end if it still runs."""
    log = root / f"log-{time.monotonic_ns()}"
    command = (*prefix, sys.executable, "-m", "telltale", "--project", str(root), "collect", "arp")
    with log.open("w") as stream:
        process = pair.run_far(*command, stderr=stream)
    sniffer = Sniffer(root, process, log)
    try:
        sniffer.wait_for_log(f"{pair.far} is up")
        yield sniffer
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def pair() -> Iterator[Wire]:
    with wire() as made:
        yield made


def project(root: Path, pair: Wire, toml: str = "", *, listed: Sequence[str] = (MAC,)) -> Path:
    make_project(root, f'[arp]\ninterfaces = ["{pair.far}"]\n{toml}', secrets="")
    lines = "".join(f"Bolts {number}, {mac}\n" for number, mac in enumerate(listed))
    (root / "buttons.csv").write_text(f"Name, MAC-Address\n{lines}")
    return root


def rows(root: Path, kind: str) -> list[tuple[int, bytes]]:
    """received_at and body of the stored frames or heartbeats."""
    path = root / "data" / "landing" / "telltale.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as store:
        found = store.execute(
            f"select received_at, body from raw where meta like '%\"/{kind}/%' order by id"
        ).fetchall()
    return [(int(at), bytes(body)) for at, body in found]


def frames(root: Path) -> list[tuple[int, bytes]]:
    return rows(root, "frame")


def beats(root: Path) -> list[dict[str, object]]:
    return [{"at": at, **json.loads(body)} for at, body in rows(root, "heartbeat")]


def total(root: Path, name: str) -> int:
    return sum(int(str(beat[name])) for beat in beats(root))


def test_frames_of_one_namespace_are_rows_in_another(
    pair: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Untagged, and tagged once and twice: the kernel takes the outermost tag off, the record has it back."""
    root = project(tmp_path, pair)
    join = [
        arp(MAC, "0.0.0.0", "10.99.0.7"),
        arp(MAC, "10.99.0.7", "10.99.0.7", tags=[(0x8100, 20)]),
        arp(MAC, "10.99.0.7", "10.99.0.1", tags=[(0x88A8, 7), (0x8100, 30)], source="02:7e:11:ff:00:01"),
    ]
    with sniffing(root, pair) as sniffer:
        before_us = time.time_ns() // 1000
        pair.send([join[0], arp(OTHER), *join[1:], arp(OTHER, tags=[(0x8100, 20)]), arp(OTHER, source=MAC)])
        sniffer.wait_for_frames(3)
        sniffer.stop()
        said = sniffer.said()
    after_us = time.time_ns() // 1000
    assert [body for _at, body in frames(root)] == join, "byte for byte as they were sent"
    assert all(before_us <= at <= after_us for at, _body in frames(root))
    assert (total(root, "frames"), total(root, "unlisted")) == (3, 3)
    assert OTHER not in said
    assert said.count(f"button {MAC}") == 3
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    seen = tt.load("frame", since="1h").sort_values("observed_at")
    assert seen["kind"].tolist() == ["probe", "announce", "request"]
    assert seen["vlan"].astype(object).where(seen["vlan"].notna(), None).tolist() == [None, 20, 30]
    assert seen["flags"].tolist()[2] == "random_address,sender_differs"
    assert set(seen["interface"]) == {pair.far}
    [press] = tt.kanban.presses(since="1h").to_dict("records")
    assert (press["item"], press["frames"], press["kinds"]) == ("Bolts 0", 3, "announce,probe,request")
    [stretch] = tt.kanban.capture_coverage(since="1h").to_dict("records")
    assert (stretch["frames"], stretch["unlisted"], stretch["drops"]) == (3, 3, 0)


def test_what_was_sent_just_before_the_end_is_stored(pair: Wire, tmp_path: Path) -> None:
    root = project(tmp_path, pair, "heartbeat_s = 0.3\ndhcp = true\n")
    with sniffing(root, pair) as sniffer:
        sniffer.wait_until(lambda: len(beats(root)) >= 3)
        pair.send([arp(MAC), dhcp(MAC, 1), dhcp(OTHER, 1)], count=150)
        sniffer.stop()
    assert [body for _at, body in frames(root)] == [arp(MAC), dhcp(MAC, 1)] * 50
    first, *others = beats(root)
    assert first["covered_s"] == 0
    covered_us = sum(float(str(beat["covered_s"])) for beat in others) * 1e6
    passed_us = int(str(others[-1]["at"])) - int(str(first["at"]))
    assert covered_us == pytest.approx(passed_us, abs=10), "the stretches join without a gap"


def test_kill_and_restart_during_a_burst_neither_doubles_nor_loses_the_press(
    pair: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A join of 8 frames in 6 s (wire/kanban.md 2.2); the collector is killed after the second and started again."""
    root = project(tmp_path, pair)
    burst = [arp(MAC, "10.99.0.7", f"10.99.0.{number}") for number in range(1, 9)]
    with sniffing(root, pair) as sniffer:
        pair.send(burst[:2])
        sniffer.wait_for_frames(2)
        sniffer.process.kill()
    started = time.monotonic()
    log = root / "again"
    with log.open("w") as stream:
        command = (sys.executable, "-m", "telltale", "--project", str(root), "collect", "arp")
        process = pair.run_far(*command, stderr=stream)
    try:
        sniffer = Sniffer(root, process, log)
        for frame in burst[2:6]:
            pair.send([frame])
            time.sleep(0.1)  # frames of a join go on meanwhile; it is not waited for anything
        sniffer.wait_for_log("arp captures on")
        pair.send(burst[6:])
        sniffer.wait_until(lambda: burst[-1] in [body for _at, body in frames(root)])
        sniffer.stop()
    finally:
        process.kill()
        process.wait()
    assert time.monotonic() - started < 60, "the machine is too slow for this test: the dead time is over"
    bodies = [body for _at, body in frames(root)]
    assert len(set(bodies)) == len(bodies), "no frame twice"
    assert set(bodies) <= set(burst)
    assert {*burst[:2], *burst[6:]} <= set(bodies), "before the kill and after it"
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    [press] = tt.kanban.presses(since="1h").to_dict("records")
    assert (press["device_id"], press["frames"]) == (MAC, len(bodies))


@pytest.mark.slow
def test_two_collectors_at_once_count_a_frame_once(pair: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when an old one still drains, or a service and "telltale up" both run: the kernel's stamp is the frame's."""
    root = project(tmp_path, pair)
    with sniffing(root, pair) as first, sniffing(root, pair) as second:
        pair.send([arp(MAC)], count=20, rate=1_000)
        first.wait_for_frames(40)
        first.stop()
        second.stop()
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    assert len(frames(root)) == 40
    assert len(tt.load("frame")) == 20


def test_what_the_ring_cannot_hold_is_counted(pair: Wire, tmp_path: Path) -> None:
    """The collector stands still while more arrives than 4 MB hold: seen and lost make up what was sent."""
    root = project(tmp_path, pair)
    with sniffing(root, pair) as sniffer:
        pair.send([arp(MAC)])
        sniffer.wait_for_frames(1)
        sniffer.process.send_signal(signal.SIGSTOP)
        before = pair.dropped()
        sent, _took = pair.send([arp(OTHER)], count=60_000)
        arrived = sent - (pair.dropped() - before)  # a busy kernel may lose some between the two ends
        sniffer.process.send_signal(signal.SIGCONT)
        sniffer.stop()
        said = sniffer.said()
    lost = total(root, "drops")
    assert sent == 60_000
    assert total(root, "unlisted") + lost == arrived
    assert 10_000 < lost < 50_000, "the ring holds some 29,000"
    assert f"{lost} frames were lost before they could be read" in said


@pytest.mark.slow
def test_a_link_may_go_down_and_an_interface_away_and_come_back(pair: Wire, tmp_path: Path) -> None:
    root = project(tmp_path, pair, "heartbeat_s = 3600\n")
    with sniffing(root, pair) as sniffer:
        pair.down()
        sniffer.wait_for_log("is down or not there")
        pair.up()
        sniffer.wait_for_log(f"{pair.far} is up", 2)
        pair.send([arp(MAC)])
        sniffer.wait_for_frames(1)
        pair.unplug()
        sniffer.wait_for_log("is down or not there", 2)
        pair.plug()
        pair.up()
        sniffer.wait_for_log(f"{pair.far} is up", 3)
        pair.send([arp(MAC, "10.99.0.7", "10.99.0.1")])
        sniffer.wait_for_frames(2)
        sniffer.stop()
    starts = [beat for beat in beats(root) if beat["covered_s"] == 0]
    assert len(starts) == 3, "each time the link comes a stretch begins"
    assert len(beats(root)) == 6, "and ends when it goes"
    covered_s = sum(float(str(beat["covered_s"])) for beat in beats(root))
    passed_s = (int(str(beats(root)[-1]["at"])) - int(str(beats(root)[0]["at"]))) / 1e6
    assert 0 < covered_s < passed_s, "the time in between is not covered"


@pytest.mark.slow
def test_the_list_is_read_again_while_the_capture_runs(pair: Wire, tmp_path: Path) -> None:
    root = project(tmp_path, pair)
    with sniffing(root, pair) as sniffer:
        pair.send([arp(OTHER), arp(MAC)])
        sniffer.wait_for_frames(1)  # by then the one before it was judged by the list of then
        (root / "buttons.csv").write_text(f"Name, MAC-Address\nNuts, {OTHER}\n")
        sniffer.wait_for_log("buttons.csv: 1 listed now")
        (root / "buttons.csv").write_text("Name, MAC-Address\nNuts, everyone\n")
        sniffer.wait_for_log('buttons.csv line 2 MAC-Address = "everyone"')
        pair.send([arp(MAC), arp(OTHER, "10.99.0.9", "10.99.0.1")])
        sniffer.wait_for_frames(2)
        sniffer.stop()
    kept = [parse(body) for _at, body in frames(root)]
    assert [(told.device_id, told.kind) for told in kept if isinstance(told, Parsed)] == [
        (MAC, "probe"),
        (OTHER, "request"),
    ]


needs_setpriv = pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder on a path that everybody may walk, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="telltale-") as folder:
        yield Path(folder)


@needs_setpriv
def test_nobody_with_the_right_to_capture_captures_and_gives_the_right_up(pair: Wire, open_folder: Path) -> None:
    root = project(open_folder, pair)
    for path in (root, *root.iterdir()):
        os.chown(path, 65534, 65534)
    # Where root alone may read the program, nobody gets the right to read beside the right to capture.
    caps = "+net_raw,+dac_read_search"
    told = ("--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={caps}", f"--ambient-caps={caps}")
    with sniffing(root, pair, prefix=("setpriv", *told)) as sniffer:
        pair.send([arp(MAC)])
        sniffer.wait_for_frames(1)
        status = Path(f"/proc/{sniffer.process.pid}/status").read_text()
        sniffer.stop()
    held = {name: int(mask, 16) for name, mask in re.findall(r"^Cap(Prm|Eff|Amb|Inh):\s*(\w+)$", status, re.MULTILINE)}
    assert re.search(r"^Uid:\s*65534", status, re.MULTILINE)
    assert {name: mask & NET_RAW for name, mask in held.items()} == {"Prm": 0, "Eff": 0, "Amb": 0, "Inh": 0}
    assert re.search(r"^NoNewPrivs:\s*1", status, re.MULTILINE)


@needs_setpriv
def test_without_the_right_one_sentence_names_the_remedy(pair: Wire, tmp_path: Path) -> None:
    root = project(tmp_path, pair)
    command = ("setpriv", "--bounding-set=-net_raw", "--inh-caps=-all", sys.executable, "-m", "telltale")
    process = pair.run_far(*command, "--project", str(root), "collect", "arp", stderr=subprocess.PIPE)
    _out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error == (
        "telltale: arp: this process may not capture (it lacks CAP_NET_RAW); run it as the unit that "
        '"telltale service --print collector" gives, which has that one right, or as root\n'
    )


@pytest.mark.slow
def test_an_interface_may_come_late_beside_one_that_is_there(pair: Wire, tmp_path: Path) -> None:
    root = project(tmp_path, pair)
    late = f"{pair.far}9"
    (root / "telltale.toml").write_text(f"[arp]\ninterfaces = {json.dumps([pair.far, late])}\n")
    with sniffing(root, pair) as sniffer:
        sniffer.wait_for_log(f"{late} is down or not there")
        ip("-n", pair.far_space, "link", "add", late, "type", "veth", "peer", "name", "tk9")
        try:
            for name in (late, "tk9"):
                ip("-n", pair.far_space, "link", "set", name, "up")
            sniffer.wait_for_log(f"{late} is up")
            pair.send([arp(MAC)])
            sniffer.wait_for_frames(1)
            sniffer.stop()
        finally:
            ip("-n", pair.far_space, "link", "del", late)
    assert {beat["frames"] for beat in beats(root)} == {0, 1}


SCAPY = """
import sys, time
from collectors.arp.capture_scapy import ScapyCapture
from telltale.contract import ConfigError
try:
    capture = ScapyCapture(sys.argv[1])
except ConfigError as error:
    sys.exit(str(error))
print("open" if capture.link() else "away", flush=True)
seen, deadline = [], time.monotonic() + 20
while len(seen) < int(sys.argv[2]) and time.monotonic() < deadline:
    seen += capture.read()
    time.sleep(0.02)
for frame in seen:
    print(frame.at_us, frame.data.hex())
"""


@pytest.mark.slow
def test_what_other_systems_capture_with_gives_the_same_frames(pair: Wire) -> None:
    """scapy's sockets, tried here on Linux; without libpcap, which compiles their filter, one sentence says so."""
    sent = [arp(MAC), arp(MAC, tags=[(0x8100, 20)])]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = pair.run_far(sys.executable, "-c", SCAPY, pair.far, "2", **told)
    assert process.stdout is not None
    ready = process.stdout.readline()
    if find_library("pcap") is None:
        assert "install libpcap" in process.communicate(timeout=60)[1]
        return
    assert ready == "open\n"
    before_us = time.time_ns() // 1000
    pair.send([arp(MAC)[:12] + b"\x86\xdd" + bytes(46), *sent])
    out, error = process.communicate(timeout=60)
    assert error == ""
    lines = [line.split() for line in out.splitlines()]
    assert [bytes.fromhex(data) for _at, data in lines] == sent
    assert all(before_us <= int(at) <= time.time_ns() // 1000 for at, _data in lines)
