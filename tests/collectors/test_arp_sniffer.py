"""The capture's parts that need no right: the kernel's filter, interfaces, the list, the way to the store."""

import io
import itertools
import json
import logging
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.arp.capture import Frame, Moment, moment
from collectors.arp.capture_filter import attach, program
from collectors.arp.listed import Listed
from collectors.arp.sniffing import Sniffing
from collectors.arp.tap import Tap
from collectors.common.keeping import Keeper
from collectors.common.packetlog import PacketLog
from telltale.capture.interfaces import chosen, default_route, interface_towards, may_capture
from telltale.cli import run
from telltale.cli.up import wanted
from telltale.contract import ConfigError, Request
from telltale.door import Door
from telltale.landing import Landing, Store
from telltale.operate.doctor import examine
from telltale.settings import Settings, load
from telltale.sources import source
from telltale.workbench.project import Project
from tests.collectors.wire import arp
from tests.served import make_project

MAC, OTHER = "02:7e:11:a0:00:01", "02:7e:11:a0:00:99"
ARP = arp(MAC)
IP_TO_SERVER = bytes.fromhex("ffffffffffff027e11a0000108004500012c00000000401100000000000000000000")
DISCOVER = IP_TO_SERVER[:34] + bytes.fromhex("0044004301180000") + bytes(250)
"""UDP from 68 to 67 in an IPv4 header of 20 bytes; the filter looks no further."""


def tagged(frame: bytes, *kinds: int) -> bytes:
    return frame[:12] + b"".join(kind.to_bytes(2) + b"\0\5" for kind in kinds) + frame[12:]


FILTERED = [
    # what, frame, bytes kept without DHCP, and with it
    ("untagged", ARP, 60, 60),
    ("one tag", tagged(ARP, 0x8100), 64, 64),
    ("one of 802.1ad", tagged(ARP, 0x88A8), 64, 64),
    ("an old one", tagged(ARP, 0x9100), 64, 64),
    ("two tags", tagged(ARP, 0x88A8, 0x8100), 68, 68),
    ("three tags behind the one the kernel took off", tagged(ARP, 0x8100, 0x8100, 0x8100), 72, 72),
    ("more", tagged(ARP, 0x8100, 0x8100, 0x8100, 0x8100), 0, 0),
    ("IPv6", ARP[:12] + b"\x86\xdd" + ARP[14:], 0, 0),
    ("tagged IPv6", tagged(ARP[:12] + b"\x86\xdd" + ARP[14:], 0x8100), 0, 0),
    ("a giant", ARP + bytes(3000), 1514, 1514),
    ("cut inside its tag", tagged(ARP, 0x8100)[:17], 0, 0),
    ("DHCP", DISCOVER, 0, len(DISCOVER)),
    ("tagged DHCP", tagged(DISCOVER, 0x8100), 0, len(DISCOVER) + 4),
    ("DHCP behind IP options", DISCOVER[:14] + b"\x46" + DISCOVER[15:34] + bytes(4) + DISCOVER[34:], 0, 296),
    ("the server's answer", DISCOVER[:34] + bytes.fromhex("00430044") + DISCOVER[38:], 0, 0),
    ("a later fragment", DISCOVER[:20] + b"\0\1" + DISCOVER[22:], 0, 0),
    ("TCP", DISCOVER[:23] + b"\6" + DISCOVER[24:], 0, 0),
]


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
@pytest.mark.parametrize(("frame", "without", "with_dhcp"), [pytest.param(*row[1:], id=row[0]) for row in FILTERED])
def test_the_kernel_lets_through(frame: bytes, without: int, with_dhcp: int) -> None:
    """The kernel's own interpreter judges: a pair of local sockets takes the same filters as a packet socket."""
    for dhcp, expected in ((False, without), (True, with_dhcp)):
        sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with sender, receiver:
            attach(receiver, program(dhcp=dhcp))
            sender.send(frame)
            sender.send(ARP[:42])  # always let through, so that nothing before it is still on its way
            received = receiver.recv(4096)
        assert received == (frame[:expected] if expected else ARP[:42])


ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth9\t00000000\t0102A8C0\t0002\t0\t0\t1\t00000000\t0\t0\t0
tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000080\t0\t0\t0
eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""
"""eth9 is not up; tun0 leads to half of all addresses and has no gateway."""


def test_the_interface_of_the_gateway_has_the_smallest_metric() -> None:
    assert default_route(ROUTES) == "eth0"
    assert default_route(ROUTES.splitlines()[0] + "\n") == ""


def test_the_way_to_an_address_is_the_interface_that_has_the_senders() -> None:
    """As macOS and Windows are asked; no packet goes."""
    assert interface_towards(("127.0.0.1", 9)) == "lo"


def test_an_interface_that_is_not_there_is_named_with_those_that_are() -> None:
    here = socket.if_nameindex()[0][1]
    with pytest.raises(
        ConfigError, match=rf'interfaces = \["eht0"\]: no such interface here; expected one of .*{here}'
    ):
        chosen(("eht0",))
    assert chosen((here, "usb9", here)) == (here, "usb9"), "one that comes later is waited for beside one that is here"


def test_collect_arp_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(tmp_path, '[arp]\ninterfaces = ["eht0"]\n')
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    assert run(["collect", "arp"]) == 1
    assert run(["collect", "arp", "--port", "80"]) == 1
    interface, port = capsys.readouterr().err.splitlines()
    assert interface.startswith('telltale: telltale.toml [arp] interfaces = ["eht0"]: no such interface here')
    assert port.startswith("telltale: --port: collect arp has none; set in telltale.toml [arp]: allow_list, dhcp")


def write_list(root: Path, text: str) -> None:
    """As an editor does it: the whole file at once, never half of it."""
    path = root / "buttons.csv"
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def test_a_changed_list_holds_at_once_and_a_broken_one_never(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    root = make_project(tmp_path)
    write_list(root, f"Name, MAC-Address\nBolts, {MAC}\n")
    listed = Listed(load(root))
    assert listed.roles == {MAC: "button"}
    assert not listed.refresh(), "nothing has changed"
    write_list(root, f"Name, MAC-Address\nBolts, {MAC}\nNuts, {OTHER}\n")
    assert listed.refresh()
    assert set(listed.roles) == {MAC, OTHER}
    write_list(root, "Name, MAC-Address\nBolts, 02:7e\n")
    assert not listed.refresh()
    (root / "buttons.csv").unlink()
    assert not listed.refresh()
    assert set(listed.roles) == {MAC, OTHER}
    said = "\n".join(caplog.messages)
    assert 'buttons.csv line 2 MAC-Address = "02:7e": expected six pairs of hex digits' in said
    assert "buttons.csv is gone; put it back" in said
    assert said.count("the former list (2 listed) stays in force") == 2
    write_list(root, "Name, MAC-Address\n")
    assert listed.refresh()
    assert listed.roles == {}


def test_a_list_that_is_wrong_from_the_start_is_an_error(tmp_path: Path) -> None:
    write_list(make_project(tmp_path), "Name, MAC-Address\nBolts\n")
    with pytest.raises(ConfigError, match=r"buttons\.csv line 2"):
        Listed(load(tmp_path))


class Script:
    """A capture that hears what the test says; `up` is its link, `heard` is set once all was read."""

    interface = "eth0"

    def __init__(self, *blocks: list[Frame]) -> None:
        self.blocks = list(blocks)
        self.up = True
        self.lost = 0
        self.heard = threading.Event()

    def fileno(self) -> int:
        return -1

    def read(self) -> list[Frame]:
        if not self.blocks:
            self.heard.set()
            return []
        return self.blocks.pop(0)

    def drops(self) -> int:
        lost, self.lost = self.lost, 0
        return lost

    def link(self) -> bool:
        return self.up

    def close(self) -> None:
        pass


def beat(request: Request) -> dict[str, object]:
    body = json.loads(request.body)
    assert isinstance(body, dict)
    return body


def test_a_heartbeat_covers_the_time_since_the_last_by_the_clock_that_did_not_step() -> None:
    tap = Tap(Script(), {}, Settings(root=Path()))
    tap.begin(Moment(1_000_000_000, 50.0))
    assert beat(tap.heartbeat(Moment(1_000_000_000, 50.0)))["covered_s"] == 0
    # the wall clock is steered by 1 ms: its own difference lets stretches join without a hairline
    assert beat(tap.heartbeat(Moment(1_060_001_000, 110.0)))["covered_s"] == 60.001
    # it is set back by an hour meanwhile: only the steady clock knows
    assert beat(tap.heartbeat(Moment(1_120_000_000 - 3_600_000_000, 170.0)))["covered_s"] == 60.0


def test_a_heartbeat_counts_what_was_kept_what_was_not_and_what_was_lost() -> None:
    script = Script()
    script.lost = 7
    tap = Tap(script, {MAC: "button"}, Settings(root=Path()))
    for frame in (ARP, arp(OTHER), ARP[:30], tagged(ARP, 0x8100), ARP[:21] + b"\x09" + ARP[22:]):
        tap.choose(frame)
    tap.last_frame_at = 5
    body = beat(tap.heartbeat(Moment(0, 0.0)))
    assert (body["frames"], body["unlisted"], body["drops"], body["last_frame_at"]) == (2, 3, 7, 5)
    tap.relist({OTHER: "button"})
    assert tap.choose(ARP) is None
    body = beat(tap.heartbeat(Moment(0, 0.0)))
    assert (body["frames"], body["unlisted"], body["drops"]) == (0, 1, 0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = make_project(tmp_path, "[landing]\nbusy_timeout_s = 0.1\nticket_timeout_s = 1\n[arp]\nheartbeat_s = 3600\n")
    write_list(root, f"Name, MAC-Address\nBolts, {MAC}\n")
    return load(root)


@pytest.fixture
def door(settings: Settings) -> Iterator[Door]:
    store = Store(settings.store_url, busy_timeout_s=0.1)
    door = Door([source("button")], Landing(store, max_records=50), settings)
    yield door
    door.close()


def stored(door: Door) -> list[tuple[str, bytes]]:
    """Path and body of every record, by id."""
    with door.landing.store.reader() as connection:
        rows = connection.execute(sa.text("select meta, body from raw order by id"))
        return [(str(json.loads(meta)["path"]), bytes(body)) for meta, body in rows]


def frame_request(number: int) -> Request:
    return Request(
        "button", number, MAC, "arp", "CAPTURE", "/frame/eth0", {}, "", arp(MAC, "10.0.0.7", f"10.0.1.{number}")
    )


def test_records_wait_while_the_store_is_away_and_are_stored_once(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """More than the landing's queue holds, while another program has the lock for longer than a ticket waits."""
    caplog.set_level(logging.INFO)
    settled: list[str] = []
    keeper = Keeper(door, lambda _request, reason, _detail: settled.append(reason), most=200)
    other = sqlite3.connect(sa.make_url(door.landing.store.url).database or "", isolation_level=None)
    other.execute("begin immediate")
    for number in range(200):
        keeper.add(frame_request(number))
    assert keeper.is_full
    deadline = time.monotonic() + 30
    while not any(message.startswith("records wait") for message in caplog.messages):
        assert time.monotonic() < deadline, "no ticket came back"
        keeper.push()
        time.sleep(0.01)
    assert settled == []
    other.execute("rollback")
    other.close()
    assert keeper.finish(20) == 0
    assert settled == ["stored"] * 200
    assert sorted(body for _path, body in stored(door)) == sorted(frame_request(number).body for number in range(200))
    said = [message.partition(":")[0] for message in caplog.messages if "records" in message]
    assert said[0] == "records wait, at most 200"
    assert said[-1].startswith("the store takes records again")


def test_what_the_store_never_takes_is_counted(door: Door) -> None:
    keeper = Keeper(door, lambda *_: None)
    other = sqlite3.connect(sa.make_url(door.landing.store.url).database or "", isolation_level=None)
    other.execute("begin immediate")
    keeper.add(frame_request(1))
    assert keeper.finish(0.3) == 1
    other.close()


def sniffed(script: Script, door: Door, settings: Settings, *, log: Path = Path(os.devnull)) -> None:
    """Run the capture's loop until the script is over, and drain it."""
    with log.open("w") as stream:
        packets = PacketLog(stream)
        Sniffing([script], door, settings, packets, moment()).run(script.heard)
        packets.close()


def test_frames_of_listed_devices_are_kept_and_nobody_else_is_named(
    door: Door, settings: Settings, tmp_path: Path
) -> None:
    frames = [Frame(at, data) for at, data in enumerate((ARP, arp(OTHER), ARP[:20], arp(OTHER, source=MAC)), 5_000_000)]
    sniffed(Script(frames), door, settings, log=tmp_path / "log")
    (start_path, start), (path, body), (end_path, end) = stored(door)
    assert (start_path, path, end_path) == ("/heartbeat/eth0", "/frame/eth0", "/heartbeat/eth0")
    assert body == ARP
    assert json.loads(start)["covered_s"] == 0
    told = json.loads(end)
    assert (told["frames"], told["unlisted"], told["last_frame_at"]) == (1, 3, 5_000_003)
    [line] = (tmp_path / "log").read_text().splitlines()
    assert f"button {MAC} 60 bytes 204 stored" in line
    assert "'probe /frame/eth0'" in line


def test_the_log_does_not_tell_whose_phone_was_there(door: Door, settings: Settings, tmp_path: Path) -> None:
    write_list(settings.root, f"Name, MAC-Address, role\nBolts, {MAC}\nAnna's phone, {OTHER}, presence\n")
    with_presence = settings.model_copy(update={"kanban": settings.kanban.model_copy(update={"presence": True})})
    sniffed(Script([Frame(5_000_000, ARP), Frame(5_000_001, arp(OTHER))]), door, with_presence, log=tmp_path / "log")
    assert [body for path, body in stored(door) if "/frame/" in path] == [ARP, arp(OTHER)]
    said = (tmp_path / "log").read_text()
    assert said.count("'probe /frame/eth0'") == 2
    assert MAC in said
    assert OTHER not in said


def test_no_time_is_covered_while_the_link_is_down(door: Door, settings: Settings) -> None:
    script = Script()
    script.up = False
    sniffed(script, door, settings)
    assert stored(door) == []


def test_where_the_clock_steps_one_stretch_ends_and_another_begins(door: Door, settings: Settings) -> None:
    """As when a laptop sleeps for an hour: the hour is covered by nobody."""
    hour_us, began = 3_600_000_000, Moment(1_795_160_000_000_000, time.monotonic())
    stop, looks = threading.Event(), itertools.count()
    slept: list[int] = []

    def clock() -> Moment:
        """Looked at once a second; before the second look the laptop sleeps, after it the capture ends."""
        if next(looks) == 1:
            slept.append(hour_us)
            stop.set()
        steady_s = time.monotonic()
        return Moment(began.wall_us + int((steady_s - began.steady_s) * 1e6) + sum(slept), steady_s)

    packets = PacketLog(io.StringIO())
    Sniffing([Script()], door, settings, packets, began, clock=clock).run(stop)
    packets.close()
    with door.landing.store.reader() as connection:
        rows = connection.execute(sa.text("select received_at, body from raw order by id")).all()
    ends = [int(at) - began.wall_us for at, _body in rows]
    covered_us = [json.loads(body)["covered_s"] * 1e6 for _at, body in rows]
    assert len(rows) == 4
    assert (covered_us[0], covered_us[2]) == (0, 0)
    assert ends[1] < hour_us < ends[2] < ends[3]
    assert sum(covered_us) == pytest.approx(ends[1] + ends[3] - ends[2], abs=10)


def test_a_reader_that_fails_ends_the_collector(door: Door, settings: Settings) -> None:
    class Broken(Script):
        def read(self) -> list[Frame]:
            self.heard.set()
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        sniffed(Broken(), door, settings)


def test_up_captures_where_a_button_is_listed_and_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(tmp_path)
    assert [child.name for child in wanted(load(root)) if child.name in {"arp", "upkeep"}] == ["upkeep"]
    assert "arp is not started: no button is listed in buttons.csv; find yours" in capsys.readouterr().out
    write_list(root, f"Name, MAC-Address\nBolts, {MAC}\n")
    children = {child.name for child in wanted(load(root))}
    assert ("arp" in children) == (not may_capture())
    assert ("lacks CAP_NET_RAW" in capsys.readouterr().out) == bool(may_capture())


def test_doctor_looks_at_the_interfaces_once_a_button_is_listed(tmp_path: Path) -> None:
    here = socket.if_nameindex()[0][1]
    root = make_project(tmp_path, f'[webhooks]\nport = 0\n[arp]\ninterfaces = ["{here}", "usb9"]\n')
    assert [finding for finding in examine(Project(root)) if finding.check == "arp"] == []
    write_list(root, f"Name, MAC-Address\nBolts, {MAC}\n")
    found = [finding for finding in examine(Project(root)) if finding.check == "arp"]
    said = {finding.found: finding.state for finding in found}
    assert said[f"captures on {here}"] == "ok"
    assert said["interface usb9 is not there; it is waited for"] == "note"
    assert len(said) == 2 + bool(may_capture())
