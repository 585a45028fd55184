"""A pair of interfaces in network namespaces of the test's own: what one end sends, a capture at the other end hears.

Needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN) and `ip`; nothing of the machine's own network is touched.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

SENDER = """
import os, socket, sys, time
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sender.bind((sys.argv[1], 0))
for line in sys.stdin:
    count, rate, *frames = line.split()
    frames = [bytes.fromhex(frame) for frame in frames]
    started, sent = time.perf_counter(), 0
    for at in range(int(count)):
        if at % 20 == 0 and float(rate):
            while time.perf_counter() - started < at / float(rate):
                time.sleep(0.0005)
        sent += sender.send(frames[at % len(frames)]) > 0
    print(sent, time.perf_counter() - started, flush=True)
"""
"""Reads lines of count, frames a second (0 as fast as it goes) and frames in hexadecimal; answers count and seconds."""


@cache
def missing() -> str:
    """Why there can be no such pair here; empty when there can."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        return "needs Linux and ip"
    name = f"tk{uuid4().hex[:8]}"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
    if made.returncode:
        return f"needs the right to make network namespaces: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


@dataclass
class Wire:
    """Both ends: namespaces and interfaces, `near` where frames are sent, `far` where they are captured."""

    near_space: str
    far_space: str
    near: str
    far: str
    sender: "subprocess.Popen[str] | None" = None

    def send(self, frames: Sequence[bytes], *, count: int = 0, rate: float = 0.0) -> tuple[int, float]:
        """Send frames in turn, each once unless `count` says otherwise; how many went out, in how many seconds."""
        if self.sender is None:
            self.sender = self.run_near(
                sys.executable, "-c", SENDER, self.near, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert self.sender.stdin is not None
        assert self.sender.stdout is not None
        self.sender.stdin.write(f"{count or len(frames)} {rate} {' '.join(frame.hex() for frame in frames)}\n")
        self.sender.stdin.flush()
        sent, took = self.sender.stdout.readline().split()
        return int(sent), float(took)

    def run_near(self, *command: str, **told: object) -> "subprocess.Popen[str]":
        return popen("ip", "netns", "exec", self.near_space, *command, **told)

    def run_far(self, *command: str, **told: object) -> "subprocess.Popen[str]":
        """A process beside the capturing end; killed by who started it."""
        return popen("ip", "netns", "exec", self.far_space, *command, **told)

    def up(self) -> None:
        ip("-n", self.near_space, "link", "set", self.near, "up")
        ip("-n", self.far_space, "link", "set", self.far, "up")

    def down(self) -> None:
        ip("-n", self.far_space, "link", "set", self.far, "down")

    def plug(self) -> None:
        """Make the pair; its links are down."""
        peer = ("peer", "name", self.far, "netns", self.far_space)
        ip("link", "add", self.near, "netns", self.near_space, "type", "veth", *peer)

    def unplug(self) -> None:
        self.stop_sending()
        ip("-n", self.far_space, "link", "del", self.far)

    def dropped(self) -> int:
        """Frames that were sent and did not reach the other end, since the pair was made."""
        told = json.loads(ip("-n", self.near_space, "-s", "-j", "link", "show", self.near))
        return int(told[0]["stats64"]["tx"]["dropped"])

    def stop_sending(self) -> None:
        if self.sender is not None:
            self.sender.kill()
            self.sender.communicate()
            self.sender = None


@contextmanager
def wire() -> Iterator[Wire]:
    """A pair that is up; it and its namespaces are gone at the end."""
    name = uuid4().hex[:6]
    pair = Wire(f"tka{name}", f"tkb{name}", f"tk{name}a", f"tk{name}b")
    try:
        for space in (pair.near_space, pair.far_space):
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
        pair.plug()
        pair.up()
        _await_running(pair)
        yield pair
    finally:
        pair.stop_sending()
        for space in (pair.near_space, pair.far_space):
            with suppress(subprocess.CalledProcessError):
                ip("netns", "del", space)


def ip(*arguments: str) -> str:
    """The output of `ip`."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def popen(*command: str, **told: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, text=True, **told)  # type: ignore[call-overload,no-any-return]


def _await_running(pair: Wire) -> None:
    """The kernel says a moment later than `ip` that a link runs."""
    deadline = time.monotonic() + 10
    while "LOWER_UP" not in ip("-n", pair.far_space, "link", "show", pair.far):
        assert time.monotonic() < deadline, "the link does not come up"
        time.sleep(0.02)


def arp(
    sender: str,
    ip_sender: str = "0.0.0.0",
    ip_target: str = "10.99.0.7",
    *,
    tags: Sequence[tuple[int, int]] = (),
    source: str | None = None,
) -> bytes:
    """An ARP request as it goes over the wire, padded to 60 bytes; tags are (type, id), outermost first."""
    device = bytes.fromhex(sender.replace(":", ""))
    ethernet = bytes.fromhex(source.replace(":", "")) if source else device
    tag_bytes = b"".join(kind.to_bytes(2) + vid.to_bytes(2) for kind, vid in tags)
    head = b"\xff" * 6 + ethernet + tag_bytes + bytes.fromhex("08060001080006040001")
    return head + device + socket.inet_aton(ip_sender) + bytes(6) + socket.inet_aton(ip_target) + bytes(18)


def dhcp(mac: str, kind: int, options: bytes = b"") -> bytes:
    """A DHCP frame: Ethernet, IPv4, UDP 68 to 67, BOOTP with chaddr, cookie, option 53 and more."""
    device = bytes.fromhex(mac.replace(":", ""))
    bootp = bytes.fromhex("01010600") + bytes(24) + device + bytes(202) + bytes.fromhex("63825363")
    message = bootp + bytes((53, 1, kind)) + options + b"\xff"
    udp = bytes.fromhex("00440043") + (8 + len(message)).to_bytes(2) + bytes(2)
    ip = bytes.fromhex("4500") + (28 + len(message)).to_bytes(2) + bytes.fromhex("0000000040110000") + bytes(8)
    return b"\xff" * 6 + device + b"\x08\x00" + ip + udp + message
