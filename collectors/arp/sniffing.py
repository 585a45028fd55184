"""The loop of the capture: read, choose, hand over; and note now and then that it was alive.

A heartbeat says for how long up to its moment frames would have been heard: none while the link was down. It tells
what was kept, what was not (frames of others, and broken ones), and what was lost before it could be read.
"""

import logging
import selectors
import threading
import time
from collections.abc import Callable

from collectors.arp.capture import Capture, Frame, Moment, moment
from collectors.arp.capture_ring import BLOCKS, RETIRE_MS
from collectors.arp.listed import Listed
from collectors.arp.tap import SOURCE, STEP_S, Tap, apart_s, for_door
from collectors.common.keeping import Keeper
from collectors.common.packetlog import Packet, PacketLog
from telltale.contract import Request
from telltale.door import Door
from telltale.settings import Settings
from telltale.sources.button.records import frame_path

log = logging.getLogger("telltale.arp")

TICK_S = 0.2
PENDING_S = 0.02
"""The same while records are on their way, to see soon that they are durable."""
CHECK_S = 1.0
"""How often the links and the list of devices are looked at."""
FULL_WAIT_S = 0.05
BLOCKS_AT_A_TIME = 4
DRAIN_S = 12.0
"""Shorter than the supervisor waits, with what a full queue may take before it."""
_FRAME_PATH = frame_path("")


class Sniffing:
    """Reads all captures in the caller's thread.

    Args:
        captures: open.
        door: where records go.
        settings: intervals, and the list of devices.
        packets: gets a line for each kept frame.
        since: when the captures were opened; their kernel side has collected since then.
        clock: tells the time.

    Raises:
        ConfigError: the list of devices is wrong.
    """

    def __init__(
        self,
        captures: list[Capture],
        door: Door,
        settings: Settings,
        packets: PacketLog,
        since: Moment,
        *,
        clock: Callable[[], Moment] = moment,
    ) -> None:
        self._listed = Listed(settings)
        self._people = self._listed.people
        self._taps = [Tap(capture, self._listed.roles, settings) for capture in captures]
        self._keeper = Keeper(door, self._settled)
        self._packets = packets
        self._clock = clock
        self._opened = self._checked = since
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
                self._keeper.add(for_door(frame.at_us, told.device_id, tap.path, frame.data, told.kind))
        tap.last_frame_at = frames[-1].at_us

    def _check(self) -> None:
        """Look at links and list about once a second, and note a heartbeat when it is time."""
        now = time.monotonic()
        if now >= self._check_at:
            self._check_at = now + CHECK_S
            self._follow_clock()
            for tap in self._taps:
                self._follow(tap)
            if self._listed.refresh():
                self._people = self._listed.people
                for tap in self._taps:
                    tap.relist(self._listed.roles)
        if now >= self._heartbeat_at:
            self._heartbeat_at = now + self._heartbeat_s
            self._beat()

    def _follow_clock(self) -> None:
        """Where the wall clock stepped, or the machine slept, one stretch ends before it and another begins after."""
        before, now = self._checked, self._clock()
        self._checked = now
        if abs(apart_s(before, now)) < STEP_S:
            return
        log.info("the clock stepped by %+.0f s, or the machine slept as long", apart_s(before, now))
        for tap in self._taps:
            if tap.is_up:
                self._keeper.add(tap.heartbeat(before))
                tap.begin(now)
                self._keeper.add(tap.heartbeat(now))

    def _follow(self, tap: Tap) -> None:
        """Note when the link comes or goes; the time in between is not covered."""
        is_up = tap.capture.link()
        if is_up == tap.is_up:
            return
        log.info("%s is %s", tap.name, "up" if is_up else "down or not there; it is looked for every second")
        now = self._opened if tap.is_up is None else self._clock()
        if is_up:
            tap.begin(now)
        if is_up or tap.is_up:
            self._keeper.add(tap.heartbeat(now))
        tap.is_up = is_up

    def _beat(self) -> None:
        for tap in self._taps:
            if tap.is_up:
                self._keeper.add(tap.heartbeat(self._clock()))

    def _drain(self) -> None:
        """Store what was captured until now, and until when that was."""
        time.sleep(2 * RETIRE_MS / 1e3)  # the block that the kernel is filling is handed over
        for _ in range(BLOCKS // BLOCKS_AT_A_TIME):  # once around, however much still arrives
            self._keeper.push()
            if self._keeper.is_full and self._keeper.finish(DRAIN_S):
                break
            if not self._read():
                break
        self._beat()
        left = self._keeper.finish(DRAIN_S)
        if left:
            log.error("at least %d records are lost: the store did not take them within %g s", left, DRAIN_S)

    def _settled(self, request: Request, reason: str, detail: str) -> None:
        if reason == "stored" and not request.path.startswith(_FRAME_PATH):
            return  # a heartbeat is no news
        took_s = max(time.time() - request.received_at / 1e6, 0.0)
        status = 204 if reason == "stored" else 400
        at, size = request.received_at / 1e6, len(request.body)
        sender = "somebody's" if request.sender in self._people else request.sender
        self._packets.add(Packet(at, SOURCE, sender, size, status, reason, took_s, detail or _said(request)))


def _said(request: Request) -> str:
    """What the log says of a record; the kind is no header that is kept, it is decoded from the bytes."""
    return f"{request.headers['kind']} {request.path}".strip()
