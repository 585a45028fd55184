"""One interface of a capture: who is kept there, and what its heartbeats say."""

import logging
import socket

from collectors.arp.capture import Capture, Moment, moment
from telltale.contract import Request
from telltale.settings import Settings
from telltale.sources.button.listed import Filter
from telltale.sources.button.records import METHOD, Heartbeat, frame_path, heartbeat_body, heartbeat_path

log = logging.getLogger("telltale.arp")

SOURCE, TRANSPORT = "button", "arp"
STEP_S = 1.0
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
        # The wall clock's own difference lets stretches join without a hairline, unless it has stepped.
        by_steady = now.steady_s - since.steady_s
        covered_s = (now.wall_us - since.wall_us) / 1e6 if abs(apart_s(since, now)) < STEP_S else by_steady
        self._since = now
        lost = self.capture.drops()
        if lost:
            log.warning("%s: %d frames were lost before they could be read", self.name, lost)
        not_kept = counts.unlisted + counts.malformed + counts.other
        body = heartbeat_body(
            Heartbeat(self._collector, round(max(covered_s, 0), 6), self.last_frame_at, counts.kept, not_kept, lost)
        )
        return for_door(now.wall_us, self._collector, heartbeat_path(self.name), body)

    def _filter(self, listed: dict[str, str]) -> Filter:
        return Filter(listed, dhcp=True, presence=self._settings.kanban.presence)


def apart_s(before: Moment, now: Moment) -> float:
    """By how many seconds more than it should the wall clock has moved."""
    return (now.wall_us - before.wall_us) / 1e6 - (now.steady_s - before.steady_s)


def for_door(at_us: int, sender: str, path: str, body: bytes, kind: str = "") -> Request:
    """What goes to the door; `kind` is for the log alone."""
    return Request(SOURCE, at_us, sender, TRANSPORT, METHOD, path, {"kind": kind}, "", body)
