"""`telltale discover`: the button is found among what talks all the time, and nothing of anybody is kept."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from telltale.capture import CaptureWriter
from telltale.capture.discover import Discovery, advice, dhcp_names, list_line
from telltale.capture.makers import maker_of
from telltale.cli import run
from telltale.settings.buttons import read_buttons
from tests.collectors.wire import arp, dhcp, missing, wire
from tests.served import make_project

BUTTON, PHONE, ROUTER, KNOWN = "ac:63:be:00:00:01", "02:7e:11:b0:00:02", "00:0d:b9:00:00:03", "ac:63:be:00:00:04"
START_US = 1_795_160_000_000_000
PRESS_US = START_US + 10_000_000


def option(number: int, text: bytes) -> bytes:
    return bytes((number, len(text))) + text


def heard() -> Discovery:
    """A router that talks all the time, a phone that joins with DHCP, a listed button, and the button looked for."""
    discovery = Discovery({KNOWN: "Bolts"}, lambda mac: "Maker" if mac == BUTTON else "", press_from_us=PRESS_US)
    for second in range(40):
        discovery.add(START_US + second * 1_000_000, arp(ROUTER, "10.0.0.1", "10.0.0.9"), "eth0")
    names = option(12, b"my-phone") + option(60, b"android-dhcp-14")
    frames = [
        dhcp(PHONE, 1, names),
        *(arp(PHONE, "10.0.0.8", f"10.0.0.{number}") for number in range(12)),
        arp(KNOWN),
        arp(BUTTON),
        arp(BUTTON, "10.0.0.7", "10.0.0.7", tags=[(0x8100, 20)]),
        arp(BUTTON, "10.0.0.7", "10.0.0.1"),
        b"\xff" * 20,
    ]
    for number, frame in enumerate(frames):
        discovery.add(PRESS_US + number * 100_000, frame, "eth0")
    return discovery


def test_the_button_comes_first_and_what_talks_all_the_time_last() -> None:
    found = heard().found()
    assert [each.device.device_id for each in found] == [BUTTON, PHONE, KNOWN, ROUTER]
    first = found[0]
    assert first.line == f"New button, {BUTTON}"
    assert (first.device.frames, first.device.kinds) == (3, {"probe", "announce", "request"})
    assert (first.device.ip, first.device.vlan, first.maker) == ("10.0.0.7", 20, "Maker")
    assert (first.device.first_us, first.device.last_us) == (PRESS_US + 1_400_000, PRESS_US + 1_600_000)


def test_a_phone_tells_its_name_a_listed_device_gets_no_line_again() -> None:
    _button, phone, known, router = heard().found()
    assert (phone.device.host_name, phone.device.vendor_class) == ("my-phone", "android-dhcp-14")
    assert phone.device.is_random
    assert phone.line == f"my-phone, {PHONE}"
    assert (known.listed_as, known.line) == ("Bolts", "")
    assert (router.device.is_new, router.line) == (False, "")


MAKERS = [
    ("00:00:0c:01:02:03", "Cisco Systems, Inc"),
    (PHONE, ""),  # made up
    ("fc:ff:aa:00:00:01", "IEEE Registration Authority"),
    ("no address", ""),
]


@pytest.mark.parametrize(("address", "maker"), MAKERS)
def test_the_maker_of_an_address_is_told_where_it_is_known(address: str, maker: str) -> None:
    assert maker_of(address) == ("" if maker == "IEEE Registration Authority" else maker)


def test_a_device_that_chatters_is_no_button() -> None:
    discovery = Discovery({}, press_from_us=START_US)
    for number in range(31):
        discovery.add(START_US + number, arp(BUTTON, "10.0.0.7", "10.0.0.1"), "eth0")
    [found] = discovery.found()
    assert found.line == ""
    assert advice([found]).startswith("No device came new")


def test_two_of_one_name_get_different_names() -> None:
    discovery = Discovery({}, press_from_us=START_US)
    for mac in (BUTTON, KNOWN):
        discovery.add(START_US, arp(mac), "eth0")
    assert [each.line for each in discovery.found()] == [f"New button, {BUTTON}", f"New button 2, {KNOWN}"]
    assert advice(discovery.found()).startswith("2 devices came new")


DHCP_OPTIONS = [
    (option(12, b"plug") + option(60, b"udhcp 1.36"), ("plug", "udhcp 1.36")),
    (bytes(3) + option(12, b"after padding"), ("after padding", "")),
    (option(12, b'=cmd|"x,\x1b[2J#') + option(60, b""), ("=cmd|x[2J", "")),
    (bytes((12, 200)) + b"cut", ("", "")),
    (bytes((12,)), ("", "")),
    (b"", ("", "")),
]


@pytest.mark.parametrize(("options", "names"), DHCP_OPTIONS)
def test_names_of_dhcp_are_shown_as_plain_text(options: bytes, names: tuple[str, str]) -> None:
    assert dhcp_names(dhcp(PHONE, 1, options)) == names


def test_a_line_keeps_a_comma_in_its_name() -> None:
    assert list_line("Bolts, M8", BUTTON) == f'"Bolts, M8", {BUTTON}'


def write_capture(path: Path, *, is_empty: bool = False) -> Path:
    with path.open("wb") as file:
        writer = CaptureWriter(file)
        frames = [(0, arp(ROUTER, "10.0.0.1", "10.0.0.9")), (12_000_000, arp(BUTTON)), (12_500_000, arp(ROUTER))]
        for offset_us, frame in () if is_empty else frames:
            writer.write(START_US + offset_us, frame)
    return path


def test_a_capture_file_ends_in_a_line_and_stores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(tmp_path / "project")
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    monday = str(write_capture(tmp_path / "monday.pcap"))
    assert run(["discover", "--file", monday]) == 0
    shown, said = capsys.readouterr()
    assert shown.splitlines()[-1] == f"New button, {BUTTON}"
    assert ROUTER in shown
    assert "One device came new" in said
    assert not (root / "data").exists()
    assert run(["discover", "--json", "--file", monday]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["address"], row["is_new"], row["line"]) for row in rows] == [
        (BUTTON, True, f"New button, {BUTTON}"),
        (ROUTER, False, ""),
    ]
    assert run(["discover", "--file", str(write_capture(tmp_path / "empty.pcap", is_empty=True))]) == 0
    assert capsys.readouterr().out.startswith("Nobody was heard")


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_a_press_on_a_real_wire_becomes_a_line_of_the_list(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (root / "buttons.csv").write_text("Name, MAC-Address\n")
    with wire() as pair:
        pair.send([])  # its sender is ready: what is sent below goes at once
        told = ("--interface", pair.far, "--wait", "2", "--seconds", "3")
        command = (sys.executable, "-m", "telltale", "--project", str(root), "discover", *told)
        process = pair.run_far(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stderr is not None
        assert "Leave the button alone" in process.stderr.readline()
        pair.send([arp(ROUTER, "10.0.0.1", "10.0.0.9")])
        assert "Now press it" in process.stderr.readline()
        pair.send([arp(ROUTER, "10.0.0.1", "10.0.0.9"), arp(BUTTON), arp(BUTTON, "10.0.0.7", "10.0.0.7")])
        shown, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    line = shown.splitlines()[-1]
    assert line == f"New button, {BUTTON}"
    with (root / "buttons.csv").open("a") as file:
        file.write(f"{line}\n")
    assert [button.device_id for button in read_buttons(root / "buttons.csv").buttons] == [BUTTON]


@pytest.mark.parametrize(
    ("listed", "phones", "said"),
    [
        ({BUTTON: "Bolts"}, (), []),
        (
            {"ac:63:be:00:00:10": "Bolts"},
            (),
            [
                (
                    "Bolts (ac:63:be:00:00:10) is listed and was not heard; "
                    f"{BUTTON}, which is not listed, was: is it meant?"
                )
            ],
        ),
        ({"02:11:22:33:44:55": "Bolts"}, (), ["Bolts (02:11:22:33:44:55) is listed and was not heard"]),
        # Of a phone no neighbour is named: whose it is is nobody's business.
        ({"ac:63:be:00:00:10": "Ben"}, ("ac:63:be:00:00:10",), ["Ben (ac:63:be:00:00:10) is listed and was not heard"]),
    ],
)
def test_a_listed_button_that_is_not_heard_is_named_with_what_is_heard_instead(
    listed: dict[str, str], phones: tuple[str, ...], said: list[str]
) -> None:
    discovery = Discovery(listed, press_from_us=PRESS_US, phones=phones)
    discovery.add(PRESS_US + 1, arp(BUTTON), "eth0")
    assert discovery.unheard() == said
