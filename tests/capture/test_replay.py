"""telltale replay: what the live capture would have kept, from files; taken twice it counts once."""

import gzip
import json
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

import telltale as tt
from telltale import cli
from telltale.capture import CaptureWriter
from telltale.capture.replay import Replayed, replay
from telltale.contract import Raw
from telltale.kanban import cards
from telltale.kanban.answers import answers
from telltale.kanban.concerns import concerns
from telltale.kanban.page import page
from telltale.operate.doctor import examine
from telltale.page.board import Ask
from telltale.sources.button.listed import Filter
from telltale.sources.button.simulate import frames
from tests.served import make_project
from tests.sources.sampled import decoded, micros, readable

LISTED, PHONE, STRANGER = "ac:63:be:00:00:01", "02:63:be:00:00:02", "ac:63:be:00:00:03"
ROLES = {LISTED: "button", PHONE: "presence"}
MINE, GATEWAY = b"\x0a\0\0\5", b"\x0a\0\0\1"


class Kept(list[Raw]):
    """A store that is a list."""

    def put_many(self, raws: Any) -> int:
        before = len(self)
        self.extend(raws)
        return len(self) - before

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        return readable(decoded("button", [raw._replace(id=number) for number, raw in enumerate(self, 1)]))


def arp(device: str, operation: int = 1) -> bytes:
    return frames.arp(bytes.fromhex(device.replace(":", "")), operation, MINE, GATEWAY, is_padded=True)


def captured(path: Path, packets: Sequence[tuple[str, bytes]]) -> Path:
    with path.open("wb") as file:
        writer = CaptureWriter(file)
        for at, frame in packets:
            writer.write(micros(at), frame)
    return path


def beats(kept: Kept) -> list[tuple[str, float, int, int]]:
    rows = kept.rows()["collector_heartbeat"]
    return [(row["observed_at"], row["covered_s"], row["frames"], row["unlisted"]) for row in rows]


def test_only_listed_devices_are_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    packets = [
        ("2026-11-20T08:00:00Z", arp(STRANGER)),
        ("2026-11-20T08:00:10.000001Z", arp(LISTED)),
        ("2026-11-20T08:00:11Z", arp(PHONE)),
        ("2026-11-20T08:00:12Z", arp(LISTED)[:40]),
        ("2026-11-20T08:05:00Z", b"\0" * 60),
    ]
    path, kept = captured(tmp_path / "shop.pcap", packets), Kept()
    done = replay(path, Filter(ROLES), kept)
    first, last = micros("2026-11-20T08:00:00Z"), micros("2026-11-20T08:05:00Z")
    assert done == Replayed("shop.pcap", 5, 1, 2, 1, 1, 0, first, last, ())
    frame, beat = kept
    assert (frame.received_at, frame.sender, frame.body) == (
        micros("2026-11-20T08:00:10.000001Z"),
        "shop.pcap",
        arp(LISTED),
    )
    assert json.loads(frame.meta) == {"transport": "replay", "method": "CAPTURE", "path": "/frame/file"}
    assert json.loads(beat.meta)["path"] == "/heartbeat/file"
    for address in (PHONE, STRANGER):
        assert all(bytes.fromhex(address.replace(":", "")) not in raw.body for raw in kept)
    assert kept.rows()["collector_heartbeat"] == [
        {
            "collector": "replay",
            "interface": "file",
            "observed_at": "2026-11-20T08:05:00Z",
            "covered_s": 300.0,
            "last_frame_at": "2026-11-20T08:05:00Z",
            "frames": 1,
            "unlisted": 2,
            "drops": 0,
        }
    ]


def test_whom_a_listed_device_answers_is_not_kept(tmp_path: Path) -> None:
    stranger = bytes.fromhex(STRANGER.replace(":", ""))
    reply = frames.arp(bytes.fromhex(LISTED.replace(":", "")), 2, MINE, GATEWAY, destination=stranger)
    path, kept = captured(tmp_path / "x.pcap", [("2026-11-20T08:00:00Z", reply)]), Kept()
    assert replay(path, Filter(ROLES), kept).kept == 1
    assert stranger not in kept[0].body
    assert json.loads(kept[0].meta)["redacted"] == ["target"]
    assert kept.rows()["frame"][0]["kind"] == "reply"


def test_each_day_has_its_heartbeat_and_a_night_without_traffic_is_a_gap(tmp_path: Path) -> None:
    packets = [
        ("2026-11-18T22:00:00Z", arp(STRANGER)),
        ("2026-11-18T23:30:00Z", arp(LISTED)),
        ("2026-11-19T00:20:00Z", arp(STRANGER)),  # 30 and 20 minutes from midnight: it went on
        ("2026-11-19T17:00:00Z", arp(STRANGER)),
        ("2026-11-20T08:00:00Z", arp(LISTED)),  # nobody was heard for a night: that is not known
        ("2026-11-20T07:59:00Z", arp(LISTED)),  # files of several interfaces are not in order
    ]
    kept = Kept()
    replay(captured(tmp_path / "x.pcap", packets), Filter(ROLES), kept)
    assert beats(kept) == [
        ("2026-11-19T00:00:00Z", 7200.0, 1, 1),
        ("2026-11-19T17:00:00Z", 61_200.0, 0, 2),
        ("2026-11-20T08:00:00Z", 60.0, 2, 0),
    ]


def test_presence_is_kept_when_the_filter_says_so(tmp_path: Path) -> None:
    path, kept = captured(tmp_path / "x.pcap", [("2026-11-20T08:00:00Z", arp(PHONE))]), Kept()
    assert replay(path, Filter(ROLES, presence=True), kept).kept == 1
    assert kept.rows()["frame"][0]["flags"] == "random_address"


@pytest.mark.parametrize(
    ("linktype", "name"), [(101, "101 (raw IP)"), (105, "105 (Wi-Fi)"), (127, "127 (Wi-Fi with radio data)")]
)
def test_a_link_without_ethernet_is_said_and_nothing_is_kept(tmp_path: Path, linktype: int, name: str) -> None:
    path, kept = captured(tmp_path / "x.pcap", [("2026-11-20T08:00:00Z", arp(LISTED))] * 2), Kept()
    content = bytearray(path.read_bytes())
    content[20:24] = struct.pack("<I", linktype)
    path.write_bytes(content)
    done = replay(path, Filter(ROLES), kept)
    assert (done.packets, done.kept, done.first_us, list(kept)) == (2, 0, None, [])
    assert done.warnings == (
        f"x.pcap: 2 packets of link type {name} carry no ARP that can be used; capture on an Ethernet interface",
    )


def test_a_cooked_capture_is_kept_as_it_is(tmp_path: Path) -> None:
    """Link type 113 of `tcpdump -i any`: a header of its own before the ARP."""
    cooked = (
        bytes.fromhex("000100010006" + "0000000000010000" + "0806" + "0001080006040001" + "ac63be000001")
        + MINE
        + b"\0" * 6
        + GATEWAY
    )
    path, kept = captured(tmp_path / "x.pcap", [("2026-11-20T08:00:00Z", cooked)]), Kept()
    content = bytearray(path.read_bytes())
    content[20:24] = struct.pack("<I", 113)
    path.write_bytes(content)
    assert replay(path, Filter(ROLES), kept, interface="any").kept == 1
    assert kept[0].body == cooked
    (row,) = kept.rows()["frame"]
    assert (row["device_id"], row["kind"], row["interface"], row["flags"]) == (
        LISTED,
        "request",
        "any",
        "sender_differs",
    )


def test_an_impossible_time_is_left_out(tmp_path: Path) -> None:
    """A pcapng stamp may say any 64-bit number of seconds."""
    head = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    options = struct.pack("<HHBxxxI", 9, 1, 0, 0)
    link = struct.pack("<IIHHI", 1, 20 + len(options), 1, 0, 0) + options + struct.pack("<I", 20 + len(options))
    frame = arp(LISTED)
    packet = struct.pack("<IIIIIII", 6, 32 + 60, 0, 0xFFFFFFFF, 0xFFFFFFFF, 60, 60) + frame + struct.pack("<I", 92)
    (tmp_path / "x.pcapng").write_bytes(head + link + packet)
    kept = Kept()
    done = replay(tmp_path / "x.pcapng", Filter(ROLES), kept)
    assert (done.packets, done.kept, done.set_aside, list(kept)) == (1, 0, 1, [])
    assert done.warnings == ("x.pcapng: 1 packet is set aside: their time is impossible",)


CASES = Path(__file__).parent.parent / "samples" / "cases"


@pytest.fixture(params=["file", "gzip", "pipe", "standard input"])
def handed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """A file by one of the ways in which a user hands it over."""

    def as_it_is(path: Path) -> Path:
        return path

    def packed(path: Path) -> Path:
        (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        return tmp_path / f"{path.name}.gz"

    def piped(path: Path) -> Path:
        os.mkfifo(tmp_path / path.name)
        Thread(target=(tmp_path / path.name).write_bytes, args=[path.read_bytes()], daemon=True).start()
        return tmp_path / path.name

    def redirected(path: Path) -> Path:
        file = path.open()
        request.addfinalizer(file.close)
        monkeypatch.setattr("sys.stdin", file)
        return Path("-")

    return {"file": as_it_is, "gzip": packed, "pipe": piped, "standard input": redirected}[request.param]


@pytest.mark.parametrize(
    ("name", "counts", "presses"),
    [("A01_modpcap_fritzbox.eth", (4, 0), 2), ("A03_usec_1000000.pcap", (2, 1), 2), ("A04_arp_hw6.pcap", (2, 0), 2)],
)
def test_what_routers_write_gives_its_presses_by_the_route_of_a_user(
    tmp_path: Path, command: "Command", name: str, counts: tuple[int, int], presses: int, *, handed: Any
) -> None:
    root = make_project(tmp_path / "shop")
    (root / "buttons.csv").write_text("Name, MAC-Address\nBolts,02:7e:11:a0:00:01\n")
    told = command(root, "replay", str(handed(CASES / name)), "--json")
    assert told.returncode == 0, told.stderr
    (row,) = json.loads(told.stdout)
    assert (row["kept"], row["set_aside"]) == counts
    assert (row["packets"], len(row["warnings"])) == (sum(counts), counts[1])
    project = tt.Project(root)
    try:
        assert len(tt.kanban.presses(since="2026-01-01", until="2028-01-01", project=project)) == presses
    finally:
        project.close()


def test_a_button_that_only_does_dhcp_is_kept_and_said_and_the_setting_holds_for_all_history(
    tmp_path: Path, command: "Command"
) -> None:
    root = make_project(tmp_path / "shop")
    (root / "buttons.csv").write_text("Name, MAC-Address\nBolts,02:7e:11:a0:00:01\n")
    path = CASES / "A02_dhcp_only.pcap"
    told = command(root, "replay", str(path))
    assert (
        "DHCP alone was heard of Bolts, which is listed, and it is not counted: "
        "set [arp] dhcp = true in telltale.toml" in told.stderr
    )
    found = command(root, "discover", "--file", str(path), "--wait", "0").stderr
    assert "Of Bolts DHCP alone was heard, which is not counted as a press: set [arp] dhcp = true" in found
    project = tt.Project(root, now=lambda: micros("2026-12-01T12:00:00Z"))
    try:
        assert len(tt.kanban.presses(since="2026-01-01", project=project)) == 0
        (said,) = [each for each in examine(project) if each.check == "buttons" and "DHCP" in each.found]
        assert (said.state, said.fix) == ("note", "set [arp] dhcp = true in telltale.toml")
        board = page(Ask(project, {}))
        assert "DHCP alone was heard of Bolts" in board.sentence.text
        about = answers("16w", project=project)
        (notice,) = concerns(about)
        assert (notice.concern.what, notice.concern.likely) == (
            "Bolts: presses not counted",
            "set [arp] dhcp = true in telltale.toml",
        )
        for card in (cards.pulls(about), cards.rates(about), cards.items(about), cards.pressed(about)):
            assert any("DHCP alone was heard of Bolts" in note for note in card.notes)
        for footer in (cards.footer(about), cards.capture_footer(about)):
            assert "set [arp] dhcp = true" in footer.facts["Not counted"]
    finally:
        project.close()
    with (root / "telltale.toml").open("a") as settings:
        settings.write("\n[arp]\ndhcp = true\n")
    assert "DHCP" not in command(root, "replay", str(path)).stderr
    assert "DHCP" not in command(root, "discover", "--file", str(path), "--wait", "0").stderr
    project = tt.Project(root)
    try:
        assert len(tt.kanban.presses(since="2026-01-01", until="2028-01-01", project=project)) == 2
    finally:
        project.close()


class Said(NamedTuple):
    """What a command ended with."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Said]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def said(root: Path, *arguments: str) -> Said:
        monkeypatch.setenv("TELLTALE_HOME", str(root))
        return Said(cli.run(list(arguments)), *capsys.readouterr())

    return said


def test_the_command_takes_files_and_a_second_time_changes_nothing(tmp_path: Path, command: Command) -> None:
    root = make_project(tmp_path / "shop")
    (root / "buttons.csv").write_text(f"Name, MAC-Address, item\nTide, {LISTED.upper()}, washing powder\n")
    moments = [f"2026-11-20T08:00:0{second}Z" for second in range(5)]
    path = captured(tmp_path / "day.pcap", [(at, arp(LISTED)) for at in moments] + [(moments[-1], arp(STRANGER))])
    told = command(root, "replay", str(path), "--json")
    assert told.returncode == 0, told.stderr
    (row,) = json.loads(told.stdout)
    assert (row["packets"], row["kept"], row["unlisted"], row["warnings"]) == (6, 5, 1, [])
    assert row["first_at"] == "2026-11-20T08:00:00+00:00"
    assert command(root, "settle").returncode == 0
    again = command(root, "replay", str(path), str(path))
    assert "day.pcap" in again.stdout
    project = tt.Project(root)
    try:
        rows = tt.load("frame", project=project)
        assert len(rows) == 5
        assert set(rows["device_id"]) == {LISTED}
        assert len(tt.load("collector_heartbeat", project=project)) == 1
        info = tt.sql("select name, role, item from device_info", project=project)
        assert info.values.tolist() == [["Tide", "button", "washing powder"]]
        assert project.button_info().to_pylist()[0]["device_id"] == LISTED
        assert project.button_info().schema.field("cards").type == "int64"
    finally:
        project.close()


def test_a_foreign_file_among_others_stops_before_anything_is_stored(tmp_path: Path, command: Command) -> None:
    root = make_project(tmp_path / "shop")
    good = captured(tmp_path / "day.pcap", [("2026-11-20T08:00:00Z", arp(LISTED))])
    (tmp_path / "notes.txt").write_text("hello")
    told = command(root, "replay", str(good), str(tmp_path / "notes.txt"))
    assert told.returncode == 1
    assert "telltale: notes.txt: begins with 68656c6c, expected a capture file" in told.stderr
    project = tt.Project(root)
    try:
        assert project.lake.snapshot().hot == ()
    finally:
        project.close()


def test_a_wrong_list_and_an_empty_one_are_said(tmp_path: Path, command: Command) -> None:
    root = make_project(tmp_path / "shop")
    path = captured(tmp_path / "day.pcap", [("2026-11-20T08:00:00Z", arp(LISTED))])
    told = command(root, "replay", str(path), "--json")
    assert "buttons.csv lists no device, so frames are only counted" in told.stderr
    assert json.loads(told.stdout)[0]["unlisted"] == 1
    (root / "buttons.csv").write_text("Name, MAC-Address\nTide, here\n")
    told = command(root, "replay", str(path))
    assert told.returncode == 1
    assert 'buttons.csv line 2 MAC-Address = "here"' in told.stderr
