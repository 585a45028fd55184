"""The loop of the capture: read, choose, hand over; and note now and then that it was alive.

A heartbeat says for how long up to its moment frames would have been heard: none while the link was down. It tells
what was kept, what was not (frames of others, and broken ones), and what was lost before it could be read.
"""

import logging
import selectors
import socket
import threading
import time

from collectors.capture import RETIRE_MS, Capture, Frame, Moment, moment
from collectors.keeping import Keeper
from collectors.listed import Listed
from collectors.packetlog import Packet, PacketLog
from telltale.contract import Request
from telltale.door import Door
from telltale.settings import Settings
from telltale.sources.button.listed import Filter
from telltale.sources.button.records import METHOD, Heartbeat, frame_path, heartbeat_body, heartbeat_path

log = logging.getLogger("telltale.arp")

SOURCE, TRANSPORT = "button", "arp"
TICK_S = 0.2
PENDING_S = 0.02
"""The same while records are on their way, to see soon that they are durable."""
CHECK_S = 1.0
"""How often the links and the list of devices are looked at."""
FULL_WAIT_S = 0.05
BLOCKS_AT_A_TIME = 4
DRAIN_S = 20.0
_FRAME_PATH = frame_path("")
_STEP_S = 1.0
"""A difference between the two clocks above this is a step of the wall clock, below it its steering."""


class Tap:
    """One interface: its capture, who is kept there, and what its next heartbeat says.

    Args:
        capture: open; the interface may be away.
        listed: the role of each listed device.
        settings: which frames are kept.
    """

    def __init__(self, capture: Capture, listed: dict[str, str], settings: Settings) -> None:
        self.capture = capture
        self.name = capture.interface
        self.path = frame_path(self.name)
        self.is_up: bool | None = None
        self._settings = settings
        self.choose = self._filter(listed)
        self.last_frame_at: int | None = None
        self._since = moment()
        self._collector = f"{TRANSPORT}@{socket.gethostname()}"

    def relist(self, listed: dict[str, str]) -> None:
        """Keep these devices from now on."""
        counts = self.choose.take()
        self.choose = self._filter(listed)
        self.choose.counts = counts

    def begin(self, now: Moment) -> None:
        """From now on frames are heard."""
        self._since = now

    def heartbeat(self, now: Moment) -> Request:
        """What has been since the last one, or since `begin`."""
        since, counts = self._since, self.choose.take()
        by_wall, by_steady = (now.wall_us - since.wall_us) / 1e6, now.steady_s - since.steady_s
        covered_s = by_wall if abs(by_wall - by_steady) < _STEP_S else by_steady
        self._since = now
        lost = self.capture.drops()
        if lost:
            log.warning("%s: %d frames were lost before they could be read", self.name, lost)
        not_kept = counts.unlisted + counts.malformed + counts.other
        body = heartbeat_body(
            Heartbeat(self._collector, round(max(covered_s, 0), 6), self.last_frame_at, counts.kept, not_kept, lost)
        )
        return _request(now.wall_us, self._collector, heartbeat_path(self.name), body)

    def _filter(self, listed: dict[str, str]) -> Filter:
        return Filter(listed, dhcp=self._settings.arp.dhcp, presence=self._settings.kanban.presence)


class Sniffing:
    """Reads all captures in the caller's thread.

    Args:
        captures: open.
        door: where records go.
        settings: intervals, and the list of devices.
        packets: gets a line for each kept frame.
        since: when the captures were opened; their kernel side has collected since then.

    Raises:
        ConfigError: the list of devices is wrong.
    """

    def __init__(
        self, captures: list[Capture], door: Door, settings: Settings, packets: PacketLog, since: Moment
    ) -> None:
        self._listed = Listed(settings)
        self._taps = [Tap(capture, self._listed.roles, settings) for capture in captures]
        self._keeper = Keeper(door, self._settled)
        self._packets = packets
        self._opened = since
        self._heartbeat_s = settings.arp.heartbeat_s
        self._heartbeat_at = time.monotonic() + self._heartbeat_s
        self._check_at = 0.0
        self._ready = selectors.DefaultSelector()
        for tap in self._taps:
            if tap.capture.fileno() >= 0:
                self._ready.register(tap.capture.fileno(), selectors.EVENT_READ)

    def run(self, stop: threading.Event) -> None:
        """Capture until `stop` is set, then store what is there."""
        while not stop.is_set():
            self._check()
            if self._keeper.is_full:
                stop.wait(FULL_WAIT_S)  # the kernel counts what its ring cannot hold
            elif not self._read():
                self._wait(stop)
            self._keeper.push()
        self._drain()

    def _wait(self, stop: threading.Event) -> None:
        if self._ready.get_map():
            if self._ready.select(PENDING_S if len(self._keeper) else TICK_S) and not self._read():
                self._check_at = 0.0  # nothing to read, yet something is the matter: a link went down
        else:
            stop.wait(FULL_WAIT_S)

    def _read(self) -> bool:
        """Take some of what waits on each interface; whether there was anything."""
        found = False
        for tap in self._taps:
            for _ in range(BLOCKS_AT_A_TIME):
                frames = tap.capture.read()
                if not frames:
                    break
                found = True
                self._take(tap, frames)
        return found

    def _take(self, tap: Tap, frames: list[Frame]) -> None:
        for frame in frames:
            told = tap.choose(frame.data)
            if told is not None:
                self._keeper.add(_request(frame.at_us, told.device_id, tap.path, frame.data, told.kind))
        tap.last_frame_at = frames[-1].at_us

    def _check(self) -> None:
        """Look at links and list about once a second, and note a heartbeat when it is time."""
        now = time.monotonic()
        if now >= self._check_at:
            self._check_at = now + CHECK_S
            for tap in self._taps:
                self._follow(tap)
            if self._listed.refresh():
                for tap in self._taps:
                    tap.relist(self._listed.roles)
        if now >= self._heartbeat_at:
            self._heartbeat_at = now + self._heartbeat_s
            self._beat()

    def _follow(self, tap: Tap) -> None:
        """Note when the link comes or goes; the time in between is not covered."""
        is_up = tap.capture.link()
        if is_up == tap.is_up:
            return
        log.info("%s is %s", tap.name, "up" if is_up else "down or not there; it is looked for every second")
        now = self._opened if tap.is_up is None else moment()
        if is_up:
            tap.begin(now)
        if is_up or tap.is_up:
            self._keeper.add(tap.heartbeat(now))
        tap.is_up = is_up

    def _beat(self) -> None:
        for tap in self._taps:
            if tap.is_up:
                self._keeper.add(tap.heartbeat(moment()))

    def _drain(self) -> None:
        """Store what was captured until now, and until when that was."""
        time.sleep(2 * RETIRE_MS / 1e3)  # the block that the kernel is filling is handed over
        while not self._keeper.is_full and self._read():
            self._keeper.push()
        self._beat()
        left = self._keeper.finish(DRAIN_S)
        if left:
            log.error("%d records are lost: the store did not take them within %g s", left, DRAIN_S)

    def _settled(self, request: Request, reason: str, detail: str) -> None:
        if reason == "stored" and not request.path.startswith(_FRAME_PATH):
            return  # a heartbeat is no news
        took_s = max(time.time() - request.received_at / 1e6, 0.0)
        status = 204 if reason == "stored" else 400
        at, size = request.received_at / 1e6, len(request.body)
        self._packets.add(Packet(at, SOURCE, request.sender, size, status, reason, took_s, detail or _said(request)))


def _request(at_us: int, sender: str, path: str, body: bytes, kind: str = "") -> Request:
    return Request(SOURCE, at_us, sender, TRANSPORT, METHOD, path, {"kind": kind}, "", body)


def _said(request: Request) -> str:
    """What the log says of a record; the kind is no header that is kept, it is decoded from the bytes."""
    return f"{request.headers['kind']} {request.path}".strip()
