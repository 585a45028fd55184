"""What goes out by the modem, and when: one frame a slot, while the budget lasts.

A slot is as long as the budget allows for ever: 86,400 s / 140, rounded up to 618 s. `levels` sends the level of the
moment in each slot; a slot without a known idle time, or without budget, sends nothing, and the next one sends the
level of its own moment. `bitmap` sends minutes as they become due; those of a frame that could not go out, or of which
nobody knows whether it did, are still to be sent in the next slot.

An event (`idle/events.py`) sends the level of its moment at once, from the same budget; with `is_slotted` false nothing
else does. A frame that could not go out then waits for a slot's length.

With `downlink` up to 4 frames a day, six hours apart, ask for an answer. Its 8 bytes: 01, then the seconds of a slot
(16 bit, high byte first; not below the usual ones, 0 for those), the rest 0. Any other answer is logged and changes
nothing.
"""

import logging
import math
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple, Protocol

from collectors.idle.budget import DAY_S, DOWNLINKS, HOUR_S, Budget, Moment
from collectors.idle.minutes import Frames, MinuteFrame
from collectors.idle.modem import Modem, Outcome, Sent
from collectors.idle.serial_line import ModemError
from telltale.settings.activity import IdleSettings
from telltale.sources.sigfox.minutes import BITMAP, LEVELS, level

log = logging.getLogger("telltale.idle")

ASK_EVERY_S = DAY_S / DOWNLINKS
SET_SLOT = 1
_SAID = 200
"""Characters of an answer that are logged: a line at a wrong speed never ends."""


class Plan(NamedTuple):
    """How to send.

    Args:
        form: "levels" or "bitmap".
        daily: frames in 24 hours the contract allows.
        hourly: frames in an hour.
        slot_s: seconds between two frames; 0 for as many as the contract allows for ever.
        downlink: whether to ask for answers.
        is_slotted: whether each slot sends; otherwise only events do.
    """

    form: str
    daily: int = 140
    hourly: int = 6
    slot_s: float = 0.0
    downlink: bool = False
    is_slotted: bool = True

    @property
    def usual_slot_s(self) -> float:
        """Seconds of a slot that no downlink changed."""
        return self.slot_s or float(math.ceil(max(DAY_S / self.daily, HOUR_S / self.hourly)))


def plan_of(told: IdleSettings) -> Plan:
    """What the settings ask for: with `send = "none"` levels, at events alone."""
    is_slotted = told.send != "none"
    form = told.send if is_slotted else LEVELS
    return Plan(form, told.daily_uplinks, told.hourly_uplinks, told.slot_s, told.downlink, is_slotted=is_slotted)


class Worker(Protocol):
    """Runs a send beside the looks; `concurrent.futures.ThreadPoolExecutor` is one."""

    def submit(self, call: Callable[[], Sent | None], /) -> "Future[Sent | None]":
        """Begin it."""


class Sender:
    """Sends one frame after the other.

    Args:
        plan: how.
        connect: opens the modem.
        folder: where each modem's budget lies.
        clock: the moment of a send, for the budget.
        worker: runs sends.
        frames: minutes to send.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        connect: Callable[[], Modem],
        folder: Path,
        clock: Callable[[], Moment],
        worker: Worker,
        frames: Frames,
    ) -> None:
        self._plan = plan
        self._connect = connect
        self._folder = folder
        self._clock = clock
        self._worker = worker
        self._frames = frames
        self._last_s = float("-inf")
        self._next_ask_s = float("-inf")
        self._is_called = False
        """By an event, and nothing went out since."""
        self._waits = False
        """Whether a frame could not go out."""
        self._begun: tuple[Future[Sent | None], MinuteFrame | None] | None = None
        self.slot_s = plan.usual_slot_s
        self.tells_minutes = plan.form == BITMAP

    def look(self, wall_s: float, steady_s: float, idle_s: float | None, *, is_called: bool = False) -> None:
        """Send what is due, or what an event calls for, unless a frame is on its way."""
        self.collect()
        self._is_called |= is_called
        is_due = (self._plan.is_slotted or self._waits) and steady_s >= self._last_s + self.slot_s
        if self._begun is not None or not (is_due or self._is_called):
            return
        frame = self._frames.next(int(wall_s // 60)) if self.tells_minutes else None
        if frame is not None:
            payload = frame.payload
        elif self._plan.form == LEVELS and idle_s is not None:
            payload = level(idle_s)
        else:
            return
        self._last_s, self._is_called, self._waits = steady_s, False, False
        asks = self._plan.downlink and steady_s >= self._next_ask_s
        self._begun = self._worker.submit(lambda: self._send(payload, asks=asks)), frame
        if asks:
            self._next_ask_s = steady_s + ASK_EVERY_S
        self.collect()

    def collect(self) -> None:
        """Note what became of the frame on its way, if that is known."""
        if self._begun is None or not self._begun[0].done():
            return
        (future, frame), self._begun = self._begun, None
        sent = future.result()
        if sent is None:
            self._waits = True
            return
        if sent.outcome is Outcome.SENT and frame is not None:
            self._frames.sent(frame)
        if sent.downlink is not None:
            self._obey(sent.downlink)

    def finish(self, within_s: float) -> None:
        """Wait for the frame on its way."""
        if self._begun is not None:
            try:
                self._begun[0].result(within_s)
            except TimeoutError:
                log.warning("a frame is still on its way; whether it was sent stays unknown")
            self.collect()

    def _send(self, payload: bytes, *, asks: bool) -> Sent | None:
        """Send one frame; None where it certainly was not sent."""
        try:
            modem = self._connect()
        except ModemError as error:
            log.warning("frame %s waits for the next slot: %s", payload.hex(), error)
            return None
        try:
            return self._spend(modem, payload, asks=asks)
        except (ModemError, OSError) as error:  # a budget that cannot be written may not be spent
            log.warning("frame %s waits for the next slot: %s", payload.hex(), error)
            return None
        finally:
            modem.close()

    def _spend(self, modem: Modem, payload: bytes, *, asks: bool) -> Sent | None:
        device = modem.device()
        budget = Budget(budget_path(self._folder, device), daily=self._plan.daily, hourly=self._plan.hourly)
        now = self._clock()
        asks = asks and budget.left(now, downlink=True) > 0
        sent = spent(budget, modem, payload, now=now, downlink=asks)
        if sent is None:
            log.info("frame %s waits for the next slot: the budget of sigfox:%s is spent", payload.hex(), device)
            return None
        answer, said = f", answer {sent.downlink.hex()}" if sent.downlink else "", " / ".join(sent.said)[:_SAID]
        log.info("frame %s of sigfox:%s: %s%s (%s)", payload.hex(), device, sent.outcome, answer, said)
        return sent

    def _obey(self, downlink: bytes) -> None:
        usual_s = self._plan.usual_slot_s
        if downlink[0] == SET_SLOT and not any(downlink[3:]):
            self.slot_s = max(usual_s, float(int.from_bytes(downlink[1:3], "big")))
            log.info("answer %s: a slot is %d s from now on", downlink.hex(), self.slot_s)
        else:
            log.warning("answer %s: not understood, nothing changed", downlink.hex())


def spent(budget: Budget, modem: Modem, payload: bytes, *, now: Moment, downlink: bool) -> Sent | None:
    """What became of a frame that was paid for; None where nothing is left, so that it was not sent.

    Raises:
        ModemError: the modem went away before; it costs nothing.
        OSError: the budget cannot be written, so nothing was sent.
    """
    if not budget.take(now, downlink=downlink):
        return None
    try:
        sent = modem.send(payload, downlink=downlink)
    except ModemError:
        budget.give_back(downlink=downlink)
        raise
    if sent.outcome is Outcome.NOT_SENT:
        budget.give_back(downlink=downlink)
    return sent


def budget_path(folder: Path, device: str) -> Path:
    """Where the budget of a modem lies, whatever port it is plugged into."""
    return folder / f"budget-{device}.json"
