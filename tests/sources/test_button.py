"""The button's wire: frames another program made, the filter, heartbeats and entries by hand, the invented workshop.

Samples with their rows stand in tests/samples/button.
"""

import itertools
import json
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether

from telltale.contract import DecodeError, Raw, Request, Scenario, Secrets, SourceSettings
from telltale.sources import source
from telltale.sources.button.layout import COOKED, COOKED_2, ETHERNET, OTHER, Parsed, Unread, parse, without_targets
from telltale.sources.button.listed import Counts, Filter
from telltale.sources.button.records import frame_path, manual_body, place, read_manual
from telltale.sources.button.simulate import frames
from telltale.sources.button.simulate.truth import buttons_csv
from tests.sources.sampled import decoded, samples

LISTED, PHONE, STRANGER = "ac:63:be:00:00:01", "02:63:be:00:00:02", "ac:63:be:00:00:03"
ROLES = {LISTED: "button", PHONE: "presence"}
DEVICE = bytes.fromhex("ac63be000001")
MINE, GATEWAY = b"\x0a\0\0\5", b"\x0a\0\0\1"
NOTHING = SourceSettings({}, Secrets())
WEEKS = Scenario(seed=7, start_s=1_795_165_200 - 28 * 86_400, end_s=1_795_165_200, timezone="Europe/Berlin")
ANY_FRAME = st.binary(max_size=80) | st.sampled_from([sample.body for sample in samples() if sample.source == "button"])


@pytest.mark.parametrize(
    ("made", "kind", "vlan"),
    [
        (Ether(src=LISTED) / ARP(op=1, hwsrc=LISTED, psrc="0.0.0.0", pdst="10.0.0.5"), "probe", None),
        (Ether(src=LISTED) / ARP(op=1, hwsrc=LISTED, psrc="10.0.0.5", pdst="10.0.0.5"), "announce", None),
        (Ether(src=LISTED) / Dot1Q(vlan=42) / ARP(op=1, hwsrc=LISTED, psrc="10.0.0.5", pdst="10.0.0.1"), "request", 42),
        (Ether(src=LISTED) / ARP(op=2, hwsrc=LISTED, psrc="10.0.0.5", pdst="10.0.0.1"), "reply", None),
        (
            Ether(src=LISTED)
            / Dot1AD(vlan=100)
            / Dot1Q(vlan=7)
            / ARP(op=2, hwsrc=LISTED, psrc="10.0.0.5", pdst="10.0.0.5"),
            "garp_reply",
            7,
        ),
    ],
)
def test_frames_of_another_maker_are_understood(made: Any, kind: str, vlan: int | None) -> None:
    found = parse(bytes(made))
    assert isinstance(found, Parsed)
    assert (found.device_id, found.kind, found.vlan, found.eth_source, found.flags) == (LISTED, kind, vlan, LISTED, "")


@pytest.mark.parametrize(("word", "kind"), [("discover", "dhcp_discover"), ("request", "dhcp_request")])
def test_dhcp_of_another_maker_is_understood(word: str, kind: str) -> None:
    options = [("message-type", word), ("requested_addr", "10.0.0.5"), "end"]
    message = BOOTP(chaddr=DEVICE, xid=0x3903F326, secs=4) / DHCP(options=options)
    made = Ether(src=LISTED) / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / message
    assert parse(bytes(made)) == Parsed(LISTED, kind, LISTED, "10.0.0.5", None, None, "", "3903f326", 4)


def test_our_frames_are_what_another_maker_would_send() -> None:
    other = (
        Ether(src=LISTED, dst="ff:ff:ff:ff:ff:ff")
        / Dot1Q(vlan=20)
        / ARP(op=1, hwsrc=LISTED, psrc="10.0.0.5", pdst="10.0.0.1", hwdst="00:00:00:00:00:00")
    )
    made = frames.arp(DEVICE, 1, MINE, GATEWAY, tags=((0x8100, 20),))
    assert made == bytes(other)
    read = Ether(frames.dhcp(DEVICE, 3, MINE))
    checksum = read[IP].chksum
    del read[IP].chksum
    assert Ether(bytes(read))[IP].chksum == checksum
    assert ("requested_addr", "10.0.0.5") in read[DHCP].options


@given(ANY_FRAME, st.sampled_from([ETHERNET, COOKED, COOKED_2, 127]))
def test_any_bytes_are_read_or_told_why_not(frame: bytes, linktype: int) -> None:
    told = parse(frame, linktype)
    if isinstance(told, Unread):
        assert told.reason
        assert ":" not in told.detail, "no address"
    else:
        assert len(told.device_id) == 17


@given(st.binary(max_size=60), st.integers(0, 60))
def test_a_padded_or_cut_frame_says_the_same_or_nothing(padding: bytes, end: int) -> None:
    frame = frames.arp(DEVICE, 1, MINE, GATEWAY)
    assert parse(frame + padding) == parse(frame)
    cut = parse(frame[:end])
    assert cut == parse(frame) if end >= len(frame) else cut == Unread("short", cut.detail)  # type: ignore[union-attr]


def test_only_frames_of_listed_devices_pass_and_all_are_counted() -> None:
    keep = Filter(ROLES)
    assert keep(frames.arp(DEVICE, 1, MINE, GATEWAY)) is not None
    for device in (PHONE, STRANGER):
        assert keep(frames.arp(bytes.fromhex(device.replace(":", "")), 1, MINE, GATEWAY)) is None
    assert keep(frames.dhcp(DEVICE, 1, MINE)) is None
    assert keep(b"\0" * 20) is None
    assert keep(frames.arp(DEVICE, 1, MINE, GATEWAY)[:30]) is None
    assert keep(frames.arp(b"\xff" * 6, 1, MINE, GATEWAY)) is None
    assert keep.take() == Counts(kept=1, unlisted=2, malformed=2, other=2)
    assert keep.take() == Counts()


def test_presence_and_dhcp_are_kept_when_asked_for() -> None:
    phone = bytes.fromhex(PHONE.replace(":", ""))
    keep = Filter(ROLES, dhcp=True, presence=True)
    assert [keep(frames.arp(phone, 1, MINE, GATEWAY)) is None, keep(frames.dhcp(DEVICE, 3, MINE)) is None] == [
        False
    ] * 2
    assert keep(frames.dhcp(bytes.fromhex(STRANGER.replace(":", "")), 3, MINE)) is None
    assert keep.counts == Counts(kept=2, unlisted=1)


def test_a_listed_ethernet_source_before_a_foreign_sender_is_the_foreign_device() -> None:
    """A repeater that is listed, or a bridge: the frame belongs to the device in the ARP."""
    stranger = bytes.fromhex(STRANGER.replace(":", ""))
    assert Filter(ROLES)(frames.arp(stranger, 1, MINE, GATEWAY, eth_source=DEVICE)) is None
    kept = Filter(ROLES)(frames.arp(DEVICE, 1, MINE, GATEWAY, eth_source=stranger))
    assert kept is not None
    assert kept.flags == "sender_differs"


REPLY = frames.arp(DEVICE, 2, MINE, GATEWAY, destination=bytes.fromhex("3c0754000001"))


@pytest.mark.parametrize(
    ("frame", "linktype", "kept"),
    [
        (REPLY, ETHERNET, b"*" * 6 + REPLY[6:]),
        (REPLY[:32] + b"\x3c\7\x54\0\0\1" + REPLY[38:], ETHERNET, b"*" * 6 + REPLY[6:32] + b"*" * 6 + REPLY[38:]),
        (frames.arp(DEVICE, 1, MINE, GATEWAY), ETHERNET, None),
        (REPLY[:12] + b"\x81\0\0\5" + REPLY[12:32] + b"\x3c" * 6, ETHERNET,
         b"*" * 6 + REPLY[6:12] + b"\x81\0\0\5" + REPLY[12:32] + b"*" * 6),
        (b"\0" * 14 + REPLY[12:32] + b"\x3c" * 6, COOKED, b"\0" * 14 + REPLY[12:32] + b"*" * 6),
        (REPLY[:9], ETHERNET, None),
    ],
)  # fmt: skip
def test_whom_a_listed_device_answers_is_overwritten_and_says_nothing(
    frame: bytes, linktype: int, kept: bytes | None
) -> None:
    """Bytes 0 to 6 are the destination, 18 to 24 of the ARP the target's address."""
    assert without_targets(frame, linktype) == (frame if kept is None else kept)
    assert parse(without_targets(frame, linktype), linktype) == parse(frame, linktype)
    request = Request("button", 1, "", "arp", "CAPTURE", frame_path("eth0", linktype), {}, "", frame)
    reply = source("button").accept(request, NOTHING)
    assert (reply.redacted_body, reply.redacted) == (kept, ("target",) if kept else ())


@given(ANY_FRAME, st.sampled_from([ETHERNET, COOKED, COOKED_2, 127]))
def test_overwriting_changes_nothing_that_is_read(frame: bytes, linktype: int) -> None:
    kept = without_targets(frame, linktype)
    assert len(kept) == len(frame)
    assert parse(kept, linktype) == parse(frame, linktype)
    assert without_targets(kept, linktype) == kept


@given(
    st.lists(
        ANY_FRAME
        | st.binary(min_size=28, max_size=34).map(
            lambda tail: b"\xff" * 12 + bytes.fromhex("08060001080006040001") + tail
        )
    )
)
def test_the_short_way_past_strangers_counts_as_the_long_one(captured: list[bytes]) -> None:
    keep, expected = Filter(ROLES), Counts()
    for frame in captured:
        keep(frame)
        told = parse(frame)
        if isinstance(told, Unread):
            expected.other += told.reason == OTHER
            expected.malformed += told.reason != OTHER
        elif told.kind.startswith("dhcp"):
            expected.other += 1
        else:
            expected.kept += told.device_id == LISTED
            expected.unlisted += told.device_id != LISTED
    assert keep.counts == expected


@pytest.mark.parametrize("linktype", [ETHERNET, COOKED, COOKED_2])
def test_an_interface_may_have_any_name(linktype: int) -> None:
    for name in ("eth0", "", "a/b", "\\Device\\NPF_{1}", "WLAN 2"):
        assert place(frame_path(name, linktype)) == ("frame", name, linktype)


@pytest.mark.parametrize(
    ("kind", "item", "at_us"), [("push", "a", 1), ("pull", " ", 1), ("pull", "a", -1), ("ack", "a\n", 1)]
)
def test_a_wrong_entry_by_hand_is_refused_where_it_is_made(kind: str, item: str, at_us: int) -> None:
    with pytest.raises(DecodeError):
        manual_body(kind, item, at_us)


def test_an_entry_by_hand_comes_back_as_it_was_made() -> None:
    assert read_manual(manual_body("pull", "Größe 9", 17, "leer")) == ("pull", "Größe 9", 17, "leer")


def test_accept_takes_any_bytes_of_a_capture() -> None:
    for path, body in itertools.product(("/frame/eth0", "/heartbeat/x", "/manual"), (b"", b"\0" * 99, b"{}")):
        request = Request("button", 1, "", "arp", "CAPTURE", path, {}, "", body)
        assert source("button").accept(request, NOTHING).keep


def rows(scenario: Scenario) -> dict[str, list[dict[str, Any]]]:
    raws = [
        Raw(number, "button", one.at, "", json.dumps({"path": one.path}), one.body)
        for number, one in enumerate(source("button").simulate(scenario, NOTHING), 1)
    ]
    return {name: table.to_pylist() for name, table in decoded("button", raws).items()}


@pytest.fixture(scope="module")
def four_weeks() -> dict[str, list[dict[str, Any]]]:
    return rows(WEEKS)


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    return dict(source("button").truth(WEEKS, NOTHING))


def test_the_truth_stands_in_the_frames(four_weeks: dict[str, list[dict[str, Any]]], known: dict[str, Any]) -> None:
    """A dead time of 60 s by hand: frames of a device within it of the press belong to the press."""
    moments: dict[str, list[int]] = defaultdict(list)
    for row in four_weeks["frame"]:
        if row["kind"] in {"probe", "announce", "request"} and known["buttons"][row["device_id"]]["role"] != "presence":
            moments[row["device_id"]].append(round(row["observed_at"].timestamp() * 1e6))
    found: dict[tuple[int, str], int] = {}
    for device, times in moments.items():
        press = -(10**18)
        for at_us in sorted(times):
            if at_us - press >= 60_000_000:
                press = at_us
            found[press, device] = found.get((press, device), 0) + 1
    assert found == {(press["at_us"], press["device_id"]): press["frames"] for press in known["presses"]}
    assert json.loads(json.dumps(known)) == json.loads(json.dumps(source("button").truth(WEEKS, NOTHING)))


def test_the_heartbeats_cover_what_the_truth_says(
    four_weeks: dict[str, list[dict[str, Any]]], known: dict[str, Any]
) -> None:
    assert sum(row["covered_s"] for row in four_weeks["collector_heartbeat"]) == known["observed_s"]
    assert len(known["gaps"]) == 4, "a Tuesday a week"
    listened = sum(row["frames"] for row in four_weeks["collector_heartbeat"])
    in_last_minutes = [row for row in four_weeks["frame"] if not row["device_id"].startswith("item:")]
    assert 0 <= len(in_last_minutes) - listened < 20, "those since the last heartbeat"


def test_the_workshop_shows_what_a_workshop_shows(
    four_weeks: dict[str, list[dict[str, Any]]], known: dict[str, Any]
) -> None:
    kinds, flags = (
        Counter(row["kind"] for row in four_weeks["frame"]),
        Counter(row["flags"] for row in four_weeks["frame"]),
    )
    assert set(kinds) == {"probe", "announce", "request", "reply", "garp_reply", "manual_pull"}
    assert {"", "random_address", "sender_differs"} <= set(flags)
    assert {row["vlan"] for row in four_weeks["frame"]} == {None, 20}
    assert {press["frames"] for press in known["presses"]} >= {3, 4, 5, 6, 7, 8}
    labels = list(known["items"]["Labels"]["days"].values())
    assert sum(labels[-10:]) > 1.4 * sum(labels[:10]), "demand doubles in three weeks"
    assert all(pull["at_us"] < known["dead"]["died_s"] * 1e6 for pull in known["pulls"] if pull["item"] == "Tape")
    assert known["items"]["Bolts M8"]["lead_times"]
    assert known["items"]["Gloves"]["lead_times"] == []


def test_two_buttons_are_pressed_at_once_now_and_then(four_weeks: dict[str, list[dict[str, Any]]]) -> None:
    lines = [row for row in four_weeks["frame"] if row["device_id"] in {"ac:63:be:10:00:01", "ac:63:be:10:00:02"}]
    lines.sort(key=lambda row: row["observed_at"])
    changes = [
        one["device_id"] != other["device_id"] and (other["observed_at"] - one["observed_at"]).total_seconds() < 2
        for one, other in itertools.pairwise(lines)
    ]
    assert sum(changes) > 20


def test_the_phone_stays_away_where_presence_is_off() -> None:
    day, off = WEEKS._replace(start_s=WEEKS.end_s - 86_400), SourceSettings({"presence": False}, Secrets())
    phone = bytes.fromhex("027e11a00020")
    assert any(phone in one.body for one in source("button").simulate(day, NOTHING))
    assert not any(phone in one.body for one in source("button").simulate(day, off))
    known, without = (source("button").truth(day, settings) for settings in (NOTHING, off))
    assert known["stays"]
    assert without["stays"] == []
    assert without["totals"]["frames"] < known["totals"]["frames"]
    assert without["presses"] == known["presses"]


def test_a_part_of_the_frames_is_a_slice_of_the_whole() -> None:
    """But for the button that dies in the middle, and the first heartbeat."""
    whole = WEEKS._replace(start_s=WEEKS.end_s - 4 * 86_400)
    part = whole._replace(start_s=whole.end_s - 86_400)
    tape = "/frame/sim0", bytes.fromhex("ac63be100005")

    def others(scenario: Scenario) -> list[Any]:
        emissions = source("button").simulate(scenario, NOTHING)
        return [one for one in emissions if one.path == tape[0] and tape[1] not in one.body]

    assert others(part) == [one for one in others(whole) if one.at >= part.start_s * 1_000_000]


def test_an_endless_run_begins_after_the_death_of_the_tape_s_button() -> None:
    endless = WEEKS._replace(end_s=WEEKS.start_s + 10 * 365 * 86_400)
    first = itertools.islice(source("button").simulate(endless, NOTHING), 3000)
    assert not any(bytes.fromhex("ac63be100005") in one.body for one in first)


def test_the_list_names_every_simulated_device(tmp_path: Any, known: dict[str, Any]) -> None:
    from telltale.settings import read_buttons

    (tmp_path / "buttons.csv").write_text(buttons_csv())
    found = read_buttons(tmp_path / "buttons.csv")
    assert {button.device_id: (button.role, button.item, button.cards) for button in found.buttons} == {
        address: (row["role"], row["item"], row["cards"]) for address, row in known["buttons"].items()
    }
    assert len(found.warnings) == 1, "the phone's random address"
