"""Capture files: every magic and byte order, nanoseconds, cut and foreign files; made by hand and by other programs."""

import gzip
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import ARP, Ether
from scapy.utils import PcapNgWriter, RawPcapReader, wrpcap

from telltale.capture import CaptureWriter, Packet, open_capture
from telltale.contract import ConfigError

AT_S, AT_US = 1_795_160_000, 1_795_160_000_123_456
FRAME = bytes(range(60))


def read(path: Path) -> tuple[list[Packet], list[str]]:
    with open_capture(path) as capture:
        packets = list(capture)
    return packets, capture.warnings


def classic(
    order: str, magic: int, fraction: int, *, linktype: int = 1, frames: int = 2, frame: bytes = FRAME
) -> bytes:
    header = struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 65_535, linktype)
    record = struct.pack(f"{order}IIII", AT_S, fraction, len(frame), len(frame) + 4) + frame
    return header + record * frames


def block(order: str, kind: int, body: bytes) -> bytes:
    body = body.ljust(-(-len(body) // 4) * 4, b"\0")
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value.ljust(-(-len(value) // 4) * 4, b"\0")


def interface(order: str, linktype: int = 1, *options: bytes) -> bytes:
    end = option(order, 0, b"") if options else b""
    return block(order, 1, struct.pack(f"{order}HHI", linktype, 0, 0) + b"".join(options) + end)


def enhanced(order: str, number: int, stamp: int, frame: bytes = FRAME) -> bytes:
    head = struct.pack(f"{order}IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 6, head + frame)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "fraction"),
    [(0xA1B2C3D4, 123_456), (0xA1B23C4D, 123_456_999)],  # 999 ns are cut, not rounded up
)
def test_classic_files_of_both_orders_and_resolutions(tmp_path: Path, order: str, magic: int, fraction: int) -> None:
    (tmp_path / "x").write_bytes(classic(order, magic, fraction))
    assert read(tmp_path / "x") == ([Packet(AT_US, 1, "", FRAME, 64)] * 2, [])


def test_the_link_type_stands_in_the_lower_half(tmp_path: Path) -> None:
    """The upper half may say how long the checksum is."""
    (tmp_path / "x").write_bytes(classic("<", 0xA1B2C3D4, 0, linktype=0x2400_0000 | 113))
    assert read(tmp_path / "x")[0][0].linktype == 113


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("options", "stamp"),
    [
        ([], AT_US),
        ([(9, b"\x06")], AT_US),
        ([(9, b"\x09")], AT_US * 1000 + 999),
        ([(9, b"\x03"), (2, b"eth0")], AT_US // 1000),
        # 2^-20 of a second: 123456 us = 0.123456 * 1048576 = 129452.999; 129453 / 1048576 s = 123456.0012 us
        ([(9, b"\x94")], (AT_S << 20) + 129_453),
        ([(14, struct.pack("<q", 86_400))], AT_US - 86_400_000_000),
    ],
)
def test_blocks_of_both_orders_and_any_resolution(
    tmp_path: Path, order: str, options: list[tuple[int, bytes]], stamp: int
) -> None:
    told = [option(order, code, value[::-1] if code == 14 and order == ">" else value) for code, value in options]
    (tmp_path / "x").write_bytes(section(order) + interface(order, 1, *told) + enhanced(order, 0, stamp))
    (packet,), warnings = read(tmp_path / "x")
    expected_us = AT_US // 1000 * 1000 if stamp == AT_US // 1000 else AT_US
    assert (packet.at_us, packet.data, packet.linktype) == (expected_us, FRAME, 1)
    assert packet.interface == ("eth0" if (2, b"eth0") in options else "")
    assert warnings == []


def test_sections_interfaces_and_foreign_blocks_follow_each_other(tmp_path: Path) -> None:
    """The second section has the other byte order and counts its interfaces anew; blocks nobody knows are passed."""
    old = block("<", 2, struct.pack("<HHIIII", 1, 0, AT_US >> 32, AT_US & 0xFFFFFFFF, 60, 60) + FRAME)
    parts = [
        section("<"),
        interface("<", 127, option("<", 2, b"wlan0")),
        interface("<", 1, option("<", 2, b"eth0")),
        block("<", 0xBAD, b"12345"),
        enhanced("<", 1, AT_US),
        enhanced("<", 0, AT_US, b"abc"),
        old,
        block("<", 3, struct.pack("<I", 60) + FRAME),
        section(">"),
        interface(">", 276),
        enhanced(">", 0, AT_US),
    ]
    (tmp_path / "x").write_bytes(b"".join(parts))
    packets, warnings = read(tmp_path / "x")
    assert [(packet.linktype, packet.interface, len(packet.data)) for packet in packets] == [
        (1, "eth0", 60),
        (127, "wlan0", 3),
        (1, "eth0", 60),
        (276, "", 60),
    ]
    assert {packet.at_us for packet in packets} == {AT_US}
    assert warnings == ["x: 1 packet is set aside: they have no time"]


@pytest.mark.parametrize("cut", [1, 10, 60, 70])
def test_a_cut_last_record_warns_and_the_whole_ones_are_kept(tmp_path: Path, cut: int) -> None:
    """A classic record takes 16 + 60 bytes."""
    (tmp_path / "x").write_bytes(classic("<", 0xA1B2C3D4, 123_456, frames=3)[:-cut])
    assert read(tmp_path / "x") == (
        [Packet(AT_US, 1, "", FRAME, 64)] * 2,
        ["x: it ends inside packet 3; what comes before it was read"],
    )


@pytest.mark.parametrize("cut", [1, 30, 89])
def test_a_cut_last_block_warns_and_the_whole_ones_are_kept(tmp_path: Path, cut: int) -> None:
    """A packet's block takes 12 + 20 + 60 bytes."""
    whole = section("<") + interface("<") + enhanced("<", 0, AT_US) * 3
    (tmp_path / "x").write_bytes(whole[:-cut])
    packets, warnings = read(tmp_path / "x")
    assert len(packets) == 2
    assert warnings == ["x: it ends inside a block; what comes before it was read"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (classic("<", 0xA1B2C3D4, 0)[:20], "it ends inside its header"),
        (
            classic("<", 0xA1B2C3D4, 0, frames=0) + struct.pack("<IIII", 0, 0, 300_000, 0),
            "packet 1 claims 300,000 bytes",
        ),
        (section("<") + interface("<") + struct.pack("<II", 6, 7), "a block claims 7 bytes"),
        (b"\x0a\x0d\x0d\x0a" + b"\0" * 24, "a section does not say its byte order"),
    ],
)
def test_damage_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x").write_bytes(content)
    assert read(tmp_path / "x") == ([], [f"x: {said}; what comes before it was read"])


LATE = "their fraction of a second is a second or more"
SHORT_LINK = block("<", 1, b"1234")
TOO_MUCH = block("<", 6, struct.pack("<IIIII", 0, AT_US >> 32, AT_US & 0xFFFFFFFF, 61, 61) + FRAME)


def fritzbox(order: str, *fractions: int) -> bytes:
    """The modified form, with eight more bytes before each packet: interface 2, protocol, kind and nothing."""
    records = (
        struct.pack(f"{order}IIIIIHBB", AT_S, fraction, len(FRAME), len(FRAME) + 4, 2, 0x0806, 0, 0) + FRAME
        for fraction in fractions
    )
    return struct.pack(f"{order}IHHIIII", 0xA1B2CD34, 2, 4, 0, 0, 65_535, 1) + b"".join(records)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_longer_record_heads_of_a_router_are_read(tmp_path: Path, order: str) -> None:
    (tmp_path / "x").write_bytes(fritzbox(order, 123_456, 123_456))
    assert read(tmp_path / "x") == ([Packet(AT_US, 1, "", FRAME, 64)] * 2, [])


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (classic("<", 0xA1B2C3D4, 123_456) + classic("<", 0xA1B2C3D4, 1_000_000, frames=1)[24:], LATE),
        (classic(">", 0xA1B23C4D, 123_456_000) + classic(">", 0xA1B23C4D, 1_000_000_000, frames=1)[24:], LATE),
        (fritzbox("<", 123_456, 4_294_967_295, 123_456), LATE),
        (section("<") + interface("<") + enhanced("<", 0, AT_US) + enhanced("<", 1, AT_US), "interface"),
        (section("<") + SHORT_LINK + interface("<") + enhanced("<", 0, AT_US) + enhanced("<", 1, AT_US), "interface"),
        (section("<") + interface("<") + enhanced("<", 0, AT_US) + block("<", 6, b"1234"), "shorter than 20 bytes"),
        (section("<") + interface("<") + enhanced("<", 0, AT_US) + block("<", 2, b""), "shorter than 20 bytes"),
        (section("<") + interface("<") + enhanced("<", 0, AT_US) + TOO_MUCH, "more bytes than their block has"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_one_odd_packet_is_set_aside_and_the_others_are_read(
    tmp_path: Path, odd: bytes, why: str, *, packed: bool
) -> None:
    """What follows is read too: the same file again behind it, where a section may begin anew."""
    content = odd * 2 if odd.startswith(section("<")[:4]) else odd + odd[24:]
    (tmp_path / "x").write_bytes(gzip.compress(content, mtime=0) if packed else content)
    with open_capture(tmp_path / "x") as capture:
        packets = list(capture)
    assert {(packet.at_us, packet.data) for packet in packets} == {(AT_US, FRAME)}
    assert (len(packets), capture.set_aside) in ((4, 2), (2, 2))
    (warning,) = capture.warnings
    assert warning.startswith("x: 2 packets are set aside: ")
    assert why in warning


def test_gzip_that_is_cut_warns_and_what_comes_before_is_kept(tmp_path: Path) -> None:
    """A writer that is killed leaves no end; noise does not compress, so the first packets are whole."""
    noise = [bytes([number]) + os.urandom(59) for number in range(200)]
    records = [classic("<", 0xA1B2C3D4, 123_456, frames=1, frame=frame)[24:] for frame in noise]
    whole = gzip.compress(classic("<", 0xA1B2C3D4, 0, frames=0) + b"".join(records))
    (tmp_path / "x").write_bytes(whole[: len(whole) // 2])
    packets, (warning,) = read(tmp_path / "x")
    assert [packet.data for packet in packets] == noise[: len(packets)]
    assert "what comes before it was read" in warning
    (tmp_path / "y").write_bytes(whole[:-8] + b"\0" * 8)
    packets, (warning,) = read(tmp_path / "y")
    assert [packet.data for packet in packets] == noise
    assert warning == "y: its gzip is cut or damaged; what comes before it was read"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"notes", mtime=0), "begins with 6e6f7465, expected a capture file"),
        (gzip.compress(b"", mtime=0), "is empty, expected a capture file"),
        (gzip.compress(b"notes", mtime=0)[:5], "begins as gzip and is damaged"),
        (b"\x1f\x8bnotes and notes", "begins as gzip and is damaged"),
    ],
)
def test_gzip_of_something_else_is_one_clear_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.gz").write_bytes(content)
    with pytest.raises(ConfigError, match=f"^x.gz: {said}"):
        read(tmp_path / "x.gz")


@pytest.mark.parametrize(
    "content", [classic("<", 0xA1B2C3D4, 123_456), gzip.compress(fritzbox("<", 123_456, 123_456), mtime=0)]
)
def test_the_standard_input_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        monkeypatch.setattr("sys.stdin", pipe)
        with open_capture(Path("-")) as capture:
            assert list(capture) == [Packet(AT_US, 1, "", FRAME, 64)] * 2
            assert (capture.name, capture.position(), capture.warnings) == ("standard input", 0, [])


@pytest.mark.parametrize(
    ("content", "seen"), [(b"", "is empty"), (b"PK\3\4zip", "begins with 504b0304"), (b"\xa1", "begins with a1")]
)
def test_an_empty_or_foreign_file_is_one_clear_line(tmp_path: Path, content: bytes, seen: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ConfigError, match=f"^x: {seen}, expected a capture file .pcap or pcapng.; write one with"):
        read(tmp_path / "x")


@given(
    st.sampled_from([classic("<", 0xA1B2C3D4, 7), section(">") + interface(">") + enhanced(">", 0, AT_US)]),
    st.lists(st.tuples(st.integers(4, 200), st.integers(0, 255)), max_size=6),
    st.integers(4, 250),
)
def test_a_damaged_file_never_raises(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, changes: list[tuple[int, int]], end: int
) -> None:
    damaged = bytearray(content[:end])
    for place, byte in changes:
        if place < len(damaged):
            damaged[place] = byte
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged)
    packets, warnings = read(path)
    assert len(packets) <= 2
    assert len(warnings) <= 2


def test_what_scapy_writes_is_read(tmp_path: Path) -> None:
    frame = Ether(src="ac:63:be:00:00:01") / ARP()
    frame.time = AT_US / 1e6
    wrpcap(str(tmp_path / "one.pcap"), [frame] * 3)
    writer = PcapNgWriter(str(tmp_path / "one.pcapng"))
    writer.write([frame] * 3)
    writer.close()
    for name in ("one.pcap", "one.pcapng"):
        packets, warnings = read(tmp_path / name)
        assert [packet.data for packet in packets] == [bytes(frame)] * 3
        assert all(abs(packet.at_us - AT_US) <= 1 for packet in packets), "its own rounding of a float"
        assert warnings == []


def test_what_we_write_scapy_and_tcpdump_read(tmp_path: Path) -> None:
    path = tmp_path / "ours.pcap"
    with path.open("wb") as file:
        writer = CaptureWriter(file)
        for number in range(3):
            writer.write(AT_US + number, bytes(Ether(src="ac:63:be:00:00:01") / ARP(psrc="10.0.0.5", pdst="10.0.0.1")))
    with RawPcapReader(str(path)) as reader:
        assert [meta.sec * 1_000_000 + meta.usec for _, meta in reader] == [AT_US, AT_US + 1, AT_US + 2]
    tcpdump = shutil.which("tcpdump")
    if tcpdump is None:
        pytest.skip("no tcpdump here: apt-get install tcpdump")
    shown = subprocess.run([tcpdump, "-n", "-tt", "-r", str(path)], capture_output=True, text=True, check=True).stdout
    assert shown.count("who-has 10.0.0.1 tell 10.0.0.5") == 3
    assert shown.startswith("1795160000.123456 ARP")
