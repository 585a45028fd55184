"""Datagrams no sensor would send: written out by hand, random, and damaged copies of real ones; and who sends them."""

import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped] # its stubs are not installed

from tests.collectors.coap import C, I, M

CON, NON, ACK, RST = range(4)
GET, POST = 1, 2
TIME_PATH = b"\xb1t"


def datagram(
    code: int, options: bytes = b"", payload: bytes = b"", *, kind: int = CON, mid: int = 1, token: bytes = b""
) -> bytes:
    """A CoAP message of version 1, its options already on the wire's form."""
    head = struct.pack("!BBH", 0x40 | kind << 4 | len(token), code, mid)
    return head + token + options + (b"\xff" + payload if payload else b"")


ODD = [
    b"",
    b"\x40",
    b"\x40\x02\x00",
    b"\x40\x02\x00\x01\xb1\xff",  # six bytes: a Uri-Path that is no UTF-8
    b"\x40\x02\x00\x01\x31\xff",  # Uri-Host likewise
    b"\x40\x02\x00\x01\xd1\x02\xff",  # Uri-Query likewise
    *(bytes([version << 6, 2, 0, 1]) + b"\xb1m" for version in (0, 2, 3)),
    *(bytes([0x40 | length, POST, 0, 2]) + bytes(20) for length in range(9, 16)),  # tokens longer than there are
    b"\x48\x02\x00\x01ab",  # a token cut off
    *(datagram(code, b"\xb1m", M, mid=code) for code in range(256)),
    *(datagram(code, b"\xb1m", M, kind=kind) for code in (1, 2, 31, 32, 69, 96, 192, 225) for kind in (NON, ACK, RST)),
    *(datagram(code, TIME_PATH, kind=kind, mid=code) for code in (GET, POST, 20, 31) for kind in range(4)),
    *(bytes([0x40 | kind << 4, 0, 0, 7]) for kind in range(4)),  # empty: ping, nothing, ACK and RST of nothing
    *(bytes([0x44 | kind << 4, 0, 0, 7]) + b"tokn" for kind in range(4)),  # empty with a token
    *(bytes([0x40 | kind << 4, 0, 0, 7]) + b"\xb1m" for kind in range(4)),  # empty with an option
    datagram(POST, b"\xf1m"), datagram(POST, b"\x1fm"), datagram(POST, b"\xff"), datagram(POST, b"\xb1m\xff"),
    datagram(POST, b"\xd0"), datagram(POST, b"\xe0\x01"), datagram(POST, b"\xbd"), datagram(POST, b"\xbe\xff"),
    datagram(POST, b"\xbe\xff\xffm"), datagram(POST, b"\xe0\xff\xff" * 3),  # option numbers beyond 65,535
    datagram(POST, b"\xb1m" + b"\x01m" * 1000), datagram(POST, b"\xbe\x10\x00" + b"m" * (0x1000 + 269)),
    datagram(GET, b"\x61\x00\x51t"), datagram(GET, b"\xb1t\xc1\x06"), datagram(GET, b"\xb1t\xc3\xff\xff\xff"),
    datagram(GET, b"\xb1t\xcd\x20" + b"\xff" * 45),  # Block2 of 45 bytes
    datagram(POST, b"\xb1m\xd1\x03\x0f", M),  # Block1 of the reserved size
    datagram(POST, b"\xb1m\xdd\x03\x40" + b"\xff" * 77, M),  # Block1 of 77 bytes
    datagram(POST, b"\xb1m\xd3\x03\xff\xff\xfe", bytes(1024)), datagram(POST, b"\xb1m\xd0\x03", M),
    datagram(POST, b"\xb1m\x1e\xff\x00" + b"\x01" * (0xFF00 + 269 - 2000))[:60000],  # Content-Format of 60,000 bytes
    datagram(POST, b"\xb1m\x18" + b"\x7f" * 8, M), datagram(POST, b"\xb1m\x68" + b"\x7f" * 8, M),
    datagram(GET, b"\xdd\x16\x0bcoap://203.0.113.9/abcdef"), datagram(GET, b"\xd4\x1acoap"),  # proxy, please
    datagram(POST, b"\x11x\xa1m", M), datagram(POST, b"\x50\x61m", M), datagram(POST, b"\xb1m\xe1\xf0\x00x", M),
    datagram(GET, b"\xbb.well-known\x04core"), datagram(GET, b"\xb0"), datagram(GET, b""), datagram(POST, b"\xb1m"),
    datagram(GET, b"\xb1t\xd1\xea\x1a"),  # no answer, please
    datagram(5, b"\xb1m", M), datagram(7, b"\xb1m", M), datagram(POST, b"\xb1m", bytes(65_000)),
]  # fmt: skip
"""What a specification says and what it leaves open, each once."""

REAL = [
    datagram(POST, b"\xb1m", M, token=b"\1\2\3\4"),
    datagram(POST, b"\xb1c", C, token=b"\1\2"),
    datagram(POST, b"\xb1i", I, kind=NON),
    datagram(GET, TIME_PATH, token=b"time"),
    datagram(POST, b"\xb1c\xd1\x03\x0a", C[:64], token=b"bloc"),
]


def random_datagram(dice: random.Random) -> bytes:
    """One of a thousand kinds: odd, damaged, or nothing but noise."""
    kind = dice.randrange(10)
    if kind < 2:
        return dice.randbytes(dice.randrange(1, 64))
    if kind < 4:
        head = struct.pack(
            "!BBH", 0x40 | dice.randrange(4) << 4 | dice.randrange(9), dice.randrange(256), dice.randrange(1 << 16)
        )
        return head + dice.randbytes(dice.randrange(1, 48))
    if kind < 5:
        number, value = dice.randrange(1 << 16), dice.randbytes(dice.randrange(12))
        option = b"\xe0" + struct.pack("!H", max(0, number - 269 - 11))
        option = bytes([option[0] | len(value)]) + option[1:] + value
        return datagram(POST, b"\xb1m" + option, M, mid=dice.randrange(1 << 16))
    chosen = bytearray(dice.choice(REAL if kind < 9 else ODD) or b"\x40")
    for _ in range(dice.randrange(1, 4)):
        place = dice.randrange(len(chosen))
        match dice.randrange(4):
            case 0:
                chosen[place] = dice.randrange(256)
            case 1:
                chosen[place] ^= 1 << dice.randrange(8)
            case 2:
                del chosen[place:]
            case _:
                chosen[place:place] = dice.randbytes(dice.randrange(1, 9))
        if not chosen:
            break
    return bytes(chosen)


@dataclass
class Collector:
    """A CoAP collector in a process of its own."""

    port: int
    process: psutil.Process
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def resident_mb(self) -> float:
        return float(self.process.memory_info().rss) / 1e6

    def time_asked(self, *, within_s: float = 1.5) -> float:
        """Seconds until a question for the time is answered, asked again as a sensor does; fails when it is not."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sensor:
            sensor.connect(("127.0.0.1", self.port))
            sensor.settimeout(within_s)
            token, began = os.urandom(4), time.perf_counter()
            for _ in range(5):
                sensor.send(datagram(GET, TIME_PATH, mid=int.from_bytes(token[:2], "big"), token=token))
                try:
                    answer = sensor.recv(2048)
                except TimeoutError:
                    continue
                assert answer[4:8] == token
                return time.perf_counter() - began
        raise AssertionError("the server does not answer any more: " + self.log[-2000:])


@contextmanager
def coap_collector(root: Path) -> Iterator[Collector]:
    """A running collector of a project; ended by its id."""
    command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "coap", "--port", "0"]
    log_file = root / "coap.log"
    with log_file.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            deadline = time.monotonic() + 60
            while "listens on" not in (said := log_file.read_text(encoding="utf-8")):
                assert process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.02)
            port = int(said.partition("coap://127.0.0.1:")[2].partition(" ")[0])
            yield Collector(port, psutil.Process(process.pid), log_file)
        finally:
            process.kill()


class Peers:
    """Thousands of senders on one socket, each at a loopback address of its own (Linux), as whoever invents them."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("0.0.0.0", 0))
        self._socket.settimeout(5)
        self._to = ("127.0.0.1", port)

    def send(self, number: int, sent: bytes) -> None:
        """Send as the peer of that number."""
        own = socket.inet_aton(f"127.1.{number >> 8}.{number & 255}")
        packet_info = struct.pack("=I4s4s", 0, own, bytes(4))
        self._socket.sendmsg([sent], [(socket.IPPROTO_IP, 8, packet_info)], 0, self._to)  # 8: IP_PKTINFO

    def take(self) -> bytes:
        """The next answer to any of them."""
        return self._socket.recv(2048)

    def close(self) -> None:
        self._socket.close()
