"""What macOS, routers and monitor mode write: PKTAP, raw IP, Wi-Fi with radio data; another maker's frames."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, LLC, SNAP

from telltale.capture import open_capture
from telltale.capture.replay import replay
from telltale.sources.button.layout import RAW_IP, WIFI, WIFI_RADIO, Parsed, Unread, parse, without_targets
from telltale.sources.button.listed import Filter
from telltale.sources.button.simulate import frames
from tests.capture.test_replay import Kept
from tests.sources.sampled import micros

BUTTON = "02:7e:11:a0:00:01"
AP, SERVER, STRANGER = "02:00:00:00:00:aa", "02:00:00:00:00:bb", "02:00:00:00:00:cc"
RAW = bytes.fromhex(BUTTON.replace(":", ""))
ROLES = {BUTTON: "button"}
DHCP_IP = bytes(
    IP(src="0.0.0.0", dst="255.255.255.255")
    / UDP(sport=68, dport=67)
    / BOOTP(chaddr=RAW, xid=0x01020304, secs=4)
    / DHCP(options=[("message-type", "discover"), "end"])
)
TO_AP: dict[str, Any] = {"FCfield": 1, "addr1": AP, "addr2": BUTTON, "addr3": "ff:ff:ff:ff:ff:ff"}
FROM_AP: dict[str, Any] = {"FCfield": 2, "addr1": "ff:ff:ff:ff:ff:ff", "addr2": AP, "addr3": BUTTON}
BETWEEN: dict[str, Any] = {"FCfield": 3, "addr1": AP, "addr2": SERVER, "addr3": "ff:ff:ff:ff:ff:ff", "addr4": BUTTON}
ASKS = ARP(op=1, hwsrc=BUTTON, psrc="10.0.0.5", pdst="10.0.0.1")


def wifi(head: Any, packet: bytes, code: int) -> bytes:
    return bytes(head / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=code) / packet)


@pytest.mark.parametrize("head", [Dot11(type=2, subtype=0, **TO_AP), Dot11(type=2, subtype=0, **FROM_AP),
                                  Dot11(type=2, subtype=0, **BETWEEN),
                                  Dot11(type=2, subtype=8, **TO_AP) / Dot11QoS()],
                         ids=["to the access point", "from it", "between two", "with QoS"])  # fmt: skip
@pytest.mark.parametrize("radio", [None, RadioTap(), RadioTap(present="TSFT+Flags", mac_timestamp=7, Flags="FCS")],
                         ids=["bare", "radiotap", "radiotap with flags"])  # fmt: skip
def test_wifi_that_is_not_encrypted_is_read(head: Any, radio: Any) -> None:
    before, linktype = (b"", WIFI) if radio is None else (bytes(radio), WIFI_RADIO)
    found = parse(before + wifi(head, DHCP_IP, 0x0800), linktype)
    assert found == Parsed(BUTTON, "dhcp_discover", BUTTON, None, None, None, "random_address", "01020304", 4)
    asks = parse(before + wifi(head, bytes(ASKS), 0x0806), linktype)
    assert isinstance(asks, Parsed)
    assert (asks.device_id, asks.kind, asks.ip_target) == (BUTTON, "request", "10.0.0.1")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (wifi(Dot11(type=2, **(TO_AP | {"FCfield": 0x41})), DHCP_IP, 0x0800), "encrypted"),
        (bytes(Dot11(type=0, subtype=8, addr1=AP, addr2=AP, addr3=AP)) + b"\0" * 12, "other"),  # a beacon
        (bytes(Dot11(type=2, subtype=4, **TO_AP)), "other"),  # no data
        (wifi(Dot11(type=2, SC=1, **TO_AP), DHCP_IP, 0x0800), "other"),  # a later fragment
        (wifi(Dot11(type=2, subtype=8, **TO_AP) / Dot11QoS(A_MSDU_Present=1), DHCP_IP, 0x0800), "other"),
        (bytes(Dot11(type=2, **TO_AP))[:20], "short"),
    ],
)
def test_wifi_that_says_nothing_says_why(made: bytes, reason: str) -> None:
    told = parse(made, WIFI)
    assert isinstance(told, Unread)
    assert told.reason == reason
    assert ":" not in told.detail


@given(st.binary(max_size=90), st.sampled_from([RAW_IP, WIFI, WIFI_RADIO]))
def test_any_bytes_are_read_or_told_why_not(frame: bytes, linktype: int) -> None:
    for begin in (b"", bytes(RadioTap()), bytes(Dot11(type=2, **TO_AP)), DHCP_IP[:20]):
        told = parse(begin + frame, linktype)
        assert told.reason if isinstance(told, Unread) else len(told.device_id) == 17
        assert len(without_targets(begin + frame, linktype)) == len(begin + frame)


def test_of_wifi_the_address_of_whom_it_is_sent_to_is_overwritten() -> None:
    head = Dot11(type=2, **(TO_AP | {"addr3": "ac:00:00:00:00:cc"}))
    kept = without_targets(wifi(head, DHCP_IP, 0x0800), WIFI)
    assert bytes.fromhex("ac00000000cc") not in kept
    assert isinstance(parse(kept, WIFI), Parsed)


def pktap(name: str, linktype: int, data: bytes, kind: int = 1) -> bytes:
    return struct.pack("<III24s", 156, kind, linktype, name.encode()).ljust(156, b"\0") + data


def file(path: Path, linktype: int, packets: list[tuple[str, bytes]]) -> Path:
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, linktype)
    records = [
        struct.pack("<IIII", *divmod(micros(at), 1_000_000), len(data), len(data)) + data for at, data in packets
    ]
    path.write_bytes(head + b"".join(records))
    return path


def test_pktap_gives_the_packets_of_each_interface(tmp_path: Path) -> None:
    ethernet = frames.arp(RAW, 1, b"\x0a\0\0\5", b"\x0a\0\0\1", is_padded=True)
    packets = [
        ("2026-11-20T08:00:00Z", pktap("en0", 1, ethernet)),
        ("2026-11-20T08:10:00Z", pktap("utun3", 12, DHCP_IP)),
        ("2026-11-20T08:20:00Z", pktap("en0", 1, ethernet, kind=2)),
        ("2026-11-20T08:30:00Z", pktap("en0", 1, ethernet)[:30]),
    ]
    kept = Kept()
    done = replay(file(tmp_path / "x.pcap", 258, packets), Filter(ROLES, dhcp=True), kept)
    assert (done.packets, done.kept, done.set_aside) == (4, 2, 2)
    rows = kept.rows()["frame"]
    assert [(row["kind"], row["interface"]) for row in rows] == [("request", "en0"), ("dhcp_discover", "utun3")]
    assert sorted(done.warnings) == [
        "x.pcap: 1 packet is set aside: their header holds no packet",
        "x.pcap: 1 packet is set aside: their header is cut",
    ]
    with open_capture(tmp_path / "x.pcap") as capture:
        assert [(packet.linktype, packet.length) for packet in capture] == [(1, 60), (101, len(DHCP_IP))]


@pytest.mark.parametrize("linktype", [101, 12, 228])
def test_dhcp_of_raw_ip_is_read_and_only_what_can_be_heard_counts_as_listening(tmp_path: Path, linktype: int) -> None:
    """Raw IP has no ARP: that nobody joined between 08:00 and 09:00 is not known, so nothing says that it listened."""
    other = bytes(IP(src="10.0.0.5", dst="10.0.0.1") / UDP(sport=5, dport=6))
    packets = [("2026-11-20T08:00:00Z", other), ("2026-11-20T09:00:00Z", DHCP_IP), ("2026-11-20T09:30:00Z", other)]
    kept = Kept()
    done = replay(file(tmp_path / "x.pcap", linktype, packets), Filter(ROLES, dhcp=True), kept)
    assert (done.packets, done.kept) == (3, 1)
    assert [(row["observed_at"], row["covered_s"]) for row in kept.rows()["collector_heartbeat"]] == [
        ("2026-11-20T09:00:00Z", 0.0)
    ]
    assert done.warnings == (
        "x.pcap: 2 packets of link type 101 (raw IP) carry no ARP that can be used; capture on an Ethernet interface",
    )


def test_encrypted_wifi_is_set_aside_and_said(tmp_path: Path) -> None:
    open_ = bytes(RadioTap()) + wifi(Dot11(type=2, **TO_AP), DHCP_IP, 0x0800)
    shut = bytes(RadioTap()) + wifi(Dot11(type=2, **(TO_AP | {"FCfield": 0x41})), DHCP_IP, 0x0800)
    packets = [("2026-11-20T08:00:00Z", open_), ("2026-11-20T08:00:01Z", shut), ("2026-11-20T08:00:02Z", shut)]
    kept = Kept()
    done = replay(file(tmp_path / "x.pcap", 127, packets), Filter(ROLES, dhcp=True), kept)
    assert (done.packets, done.kept, done.set_aside) == (3, 1, 2)
    (said,) = done.warnings
    assert said.startswith(
        "x.pcap: 2 packets are set aside: they are encrypted (Wi-Fi with radio data); capture on the"
    )
