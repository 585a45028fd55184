"""The simulated buttons on a wire: as a capture file, or as frames on a network interface.

Both hold the whole network, strangers included, so that whoever reads them has to do what the live capture does. Frames
go out through a raw socket, which Linux gives to those with CAP_NET_RAW; into one end of a veth pair, so that no real
network sees them:

    ip link add tt0 type veth peer name tt1 && ip link set tt0 up && ip link set tt1 up
    telltale simulate button --live --play tt0        # and telltale collect arp with [arp] interfaces = ["tt1"]
"""

import errno
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from telltale.capture import CaptureWriter
from telltale.contract import ConfigError, Scenario, Secrets, SourceSettings
from telltale.sources.button.simulate.noise import air

_PASSING = {errno.ENETDOWN, errno.ENOBUFS, errno.ENXIO}
"""The link is down or full: the frame is lost, as on a real one."""


class Sent(NamedTuple):
    """How many frames went out, and how many the link did not take."""

    sent: int
    lost: int


def write_capture(path: Path, scenario: Scenario, *, tell: Callable[[int], None] = lambda _: None) -> int:
    """Write what is on the air in a scenario as a capture file and return the number of frames.

    Args:
        path: of the file, overwritten.
        scenario: seed, range, zone.
        tell: called now and then with the moment written (epoch s).
    """
    count = 0
    with path.open("wb") as file:
        writer = CaptureWriter(file)
        for count, (at_us, frame) in enumerate(on_air(scenario), 1):
            writer.write(at_us, frame)
            if not count % 1000:
                tell(at_us // 1_000_000)
    return count


def on_air(scenario: Scenario) -> Iterable[tuple[int, bytes]]:
    """Every frame of a scenario with its moment (µs), in time order."""
    return air(scenario, SourceSettings({}, Secrets()))


def play_frames(
    frames: Iterable[tuple[int, bytes]],
    interface: str,
    *,
    origin_us: int,
    speed: float = 1.0,
    tell: Callable[[Sent], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Sent:
    """Send frames into an interface, each when its moment has come.

    Args:
        frames: with their moments, in time order; may be endless.
        interface: one end of a veth pair.
        origin_us: the simulated moment of now; what comes before it goes out at once.
        speed: simulated seconds a second; infinite sends everything at once.
        tell: called after each frame.
        stop: set it to end early.

    Raises:
        ConfigError: no such interface, no right to send, or not Linux.
    """
    over, began, done = stop or threading.Event(), time.monotonic(), Sent(0, 0)
    with _opened(interface) as link:
        for at_us, frame in frames:
            due_s = began + (at_us - origin_us) / 1e6 / speed
            if over.wait(max(0.0, due_s - time.monotonic())):
                break
            done = _send(link, frame, done)
            tell(done)
    return done


def _send(link: socket.socket, frame: bytes, done: Sent) -> Sent:
    try:
        link.send(frame)
    except OSError as error:
        if error.errno not in _PASSING:
            raise
        return done._replace(lost=done.lost + 1)
    return done._replace(sent=done.sent + 1)


def _opened(interface: str) -> socket.socket:
    if sys.platform != "linux":
        raise ConfigError(f'interface "{interface}": frames are sent on Linux only; write a file with --pcap instead')
    try:
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    except PermissionError as error:
        raise ConfigError(
            f'interface "{interface}": no right to send frames, expected CAP_NET_RAW; run it as root, or use --pcap'
        ) from error
    try:
        link.bind((interface, 0))
    except OSError as error:
        link.close()
        raise ConfigError(
            f'interface "{interface}": {error.strerror}; expected one of "ip link", such as an end of a veth pair'
        ) from error
    return link
