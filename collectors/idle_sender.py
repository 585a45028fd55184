"""The agent on a PC: looks at the idle time, keeps each minute here, and sends levels or minutes by a Sigfox modem.

Start it with `telltale collect idle` in the person's own session. A look is taken at each multiple of `every_s` of the
wall clock; a record a minute goes through the door into this project's store. Where the idle time is unknown, where the
PC slept or its clock was set, there is no sample, and nothing is sent for it; that the PC slept, and that its screen is
locked, is kept beside the samples where the system tells it. On SIGTERM the minute that was begun is
stored. What is kept: times, idle times, locked or suspended; never which key, window or program.

Sending: `idle/sender.py`; at which events: `idle/events.py`; which minutes: `idle/minutes.py`; the modem:
`idle/modem.py`; its budget: `idle/budget.py`.
"""

import json
import logging
import re
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

from collectors.idle import events
from collectors.idle.budget import Moment, clock
from collectors.idle.events import Events
from collectors.idle.lock import only_one
from collectors.idle.locked import Lock
from collectors.idle.minutes import Frames, Watched
from collectors.idle.modem import USUAL, Modem, Timeouts, connect
from collectors.idle.probe import UNKNOWN, Idle, Look, order
from collectors.idle.sender import Sender, plan_of
from collectors.idle.serial_line import ModemError, check_port
from collectors.idle.watch import Records, Watch
from telltale import logs
from telltale.contract import ConfigError, Request
from telltale.door import Door, open_door
from telltale.settings import Settings
from telltale.settings.activity import IdleSettings
from telltale.sources import pc_idle
from telltale.sources.pc_idle.decode import DEVICE
from telltale.sources.pc_idle.rows import device_id as pc_of
from telltale.sources.pc_idle.rows import pc_id

log = logging.getLogger("telltale.idle")

RETRY_S = 30.0
"""How long to wait before asking again who tells the idle time."""
FINISH_S = 20.0
"""How long a frame on its way may take at the end."""
_WAITING = 1440
"""Records kept for a store that is away: a day."""
Put = Callable[[bytes, int], bool]
"""Makes a record durable, received at that moment (µs UTC); False where the store is away."""


class Clock(Protocol):
    """The machine's clocks, and how to wait by them."""

    def wall_s(self) -> float:
        """Seconds since 1970; may be set."""

    def steady_s(self) -> float:
        """Seconds that only rise, and stand still while the machine sleeps where they can."""

    def asleep_s(self) -> float | None:
        """Seconds the machine has slept since it was started; None where the system does not count them."""

    def moment(self) -> Moment:
        """The budget's moment."""

    def wait(self, seconds: float) -> bool:
        """Wait; True when it is time to end."""


def run(settings: Settings) -> None:
    """Look until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: `device_id` or `port` is none, or another agent runs for this PC or port.
        StoreError: the store cannot be opened.
    """
    logs.configure(settings)
    told, stop = settings.idle, threading.Event()
    ways = order(told.backend, file=told.file and str(settings.root / told.file))
    device_id, folder = pc_of(told.device_id) or told.device_id or own_name(), settings.data / "idle"
    _check(told, device_id)
    with ExitStack() as stack:
        stack.enter_context(only_one(folder, device_id))
        sends = told.send != "none" or bool(told.on)
        if sends:
            stack.enter_context(only_one(folder, told.port))
        door = open_door(settings, [pc_idle.SOURCE])
        stack.callback(door.close)
        machine = SystemClock(stop)
        idle = Idle(ways, retry_s=RETRY_S, clock=machine.steady_s)
        stack.callback(idle.close)
        lock = Lock(retry_s=RETRY_S, clock=machine.steady_s)
        stack.callback(lock.close)
        memory = Memory(folder / f"minutes-{_file_name(device_id)}.json")
        frames, sender = Frames(memory.read()), None
        if sends:
            worker, plan = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="modem")), plan_of(told)
            connector = Connector(told.port, told.dialect, line_end=told.line_end)
            sender = Sender(plan, connect=connector, folder=folder, clock=machine.moment, worker=worker, frames=frames)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        log.info(
            "idle looks every %d s for %s by %s, send: %s%s",
            told.every_s,
            device_id,
            "/".join(ways),
            told.send,
            f", a level on {', '.join(told.on)}" if told.on else "",
        )
        if {events.LOCK, events.UNLOCK} & set(told.on) and (why := events.silence()):
            log.warning("nobody tells whether the screen is locked, asked again every %g s: %s", RETRY_S, why)
        Agent(
            device_id,
            told.every_s,
            look=lambda: idle.look()._replace(is_locked=lock.is_locked()),
            clock=machine,
            put=partial(put, door),
            frames=frames,
            sender=sender,
            memory=memory,
            events=Events(told.on),
        ).run()


class Agent:
    """Looks, keeps and sends until its clock says it is over.

    Args:
        device_id: the PC.
        every_s: seconds between two looks.
        look: the idle time now.
        clock: when now is.
        put: keeps a record.
        frames: gets the minutes, for the modem.
        sender: sends; None only keeps.
        memory: where minutes that are still to be sent outlast the process.
        events: what sends a frame at once.
    """

    def __init__(
        self,
        device_id: str,
        every_s: float,
        *,
        look: Callable[[], Look],
        clock: Clock,
        put: Put,
        frames: Frames,
        sender: Sender | None,
        memory: "Memory",
        events: Events | None = None,
    ) -> None:
        self._every_s = every_s
        self._look = look
        self._clock = clock
        self._put = put
        self._watch, self._watched = Watch(every_s), Watched()
        self._records = Records(device_id, every_s)
        self._frames = frames
        self._sender = sender
        self._memory = memory
        self._events = events or Events()
        self._waiting: deque[tuple[bytes, int]] = deque(maxlen=_WAITING)
        self._backend = ""

    def run(self) -> None:
        """Look at each multiple of `every_s`; at the end, however it comes, keep what was begun."""
        try:
            while not self._clock.wait(self._every_s - self._clock.wall_s() % self._every_s):
                self.look()
        finally:
            self._keep(self._records.rest())
            if self._waiting:
                log.error("%d minutes are not stored: the store is away", len(self._waiting))
            else:
                log.info("all stored: every minute that was begun is on disk")
        if self._sender is not None:
            self._sender.finish(FINISH_S)
        if self._sender is not None and self._sender.tells_minutes:
            self._memory.write(self._frames.unsent)

    def look(self) -> None:
        """One look."""
        told = self._look()
        if told.backend not in {self._backend, UNKNOWN}:
            log.info("the idle time comes from %s", told.backend)
        self._backend = told.backend
        wall_s, steady_s = self._clock.wall_s(), self._clock.steady_s()
        seen = self._watch.look(wall_s, steady_s, told.idle_s, self._clock.asleep_s())
        self._keep(self._records.add(wall_s, seen, told.backend, is_locked=told.is_locked))
        if self._sender is None:
            return
        before = self._frames.unsent
        if self._sender.tells_minutes:
            self._frames.learn(self._watched.look(seen))
        idle_s = None if seen.sample is None else seen.sample.idle_ms / 1000
        self._sender.look(wall_s, steady_s, idle_s, is_called=self._events.look(is_locked=told.is_locked))
        if self._frames.unsent != before:
            self._memory.write(self._frames.unsent)

    def _keep(self, record: bytes | None) -> None:
        if record is not None:
            if len(self._waiting) == _WAITING:
                log.error("the store has been away for a day: the oldest minute is lost")
            self._waiting.append((record, int(self._clock.wall_s() * 1_000_000)))
        while self._waiting and self._put(*self._waiting[0]):
            self._waiting.popleft()


class SystemClock:
    """The real clocks.

    Args:
        stop: ends a wait.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.moment = clock()

    def wall_s(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def steady_s(self) -> float:
        """Seconds that only rise."""
        return time.monotonic()

    def asleep_s(self) -> float | None:
        """Seconds the machine has slept: of two clocks one goes on meanwhile."""
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
        if sys.platform == "darwin":  # not tried there
            return time.clock_gettime(time.CLOCK_MONOTONIC_RAW) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
        return None

    def wait(self, seconds: float) -> bool:
        """Wait; True when it is time to end."""
        return self._stop.wait(seconds)


class Connector:
    """Opens the modem for each frame, so that it may be unplugged between, or another one be plugged in.

    Args:
        port: where it is plugged in.
        dialect: how it is spoken to, or "auto".
        line_end: what ends a command, see `[idle] line_end`.
        timeouts: how long to wait for answers.
    """

    def __init__(self, port: str, dialect: str, timeouts: Timeouts = USUAL, *, line_end: str = "auto") -> None:
        self._port = port
        self._dialect = dialect
        self._line_end = line_end
        self._timeouts = timeouts
        self._spoken = ""

    def __call__(self) -> Modem:
        """The modem, open.

        Raises:
            ModemError: it is not there.
        """
        if self._spoken:
            modem = connect(self._port, dialect=self._spoken, line_end=self._line_end, timeouts=self._timeouts)
            try:
                modem.device()
            except ModemError:  # one of another dialect, perhaps
                modem.close()
            else:
                return modem
        modem = connect(self._port, dialect=self._dialect, line_end=self._line_end, timeouts=self._timeouts)
        self._spoken = modem.dialect.name if self._dialect == "auto" else ""
        return modem


class Memory:
    """Minutes that are still to be sent, in a file.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_told = False

    def read(self) -> dict[int, tuple[bool, int]]:
        """What was left; nothing where there is no file, or one that cannot be read."""
        try:
            told = json.loads(self._path.read_text(encoding="ascii"))
            return {int(minute): (bool(is_active), int(copies)) for minute, is_active, copies in told}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s cannot be read (%s): minutes in it are not sent", self._path, error)
            return {}

    def write(self, minutes: dict[int, tuple[bool, int]]) -> None:
        """Replace what was there; where that cannot be, a restart loses them."""
        rows = [[minute, is_active, copies] for minute, (is_active, copies) in sorted(minutes.items())]
        temporary = self._path.with_suffix(".tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(rows), encoding="ascii")
            temporary.replace(self._path)
            self._is_told = False
        except OSError as error:
            if self._is_told:
                return
            self._is_told = True
            log.warning("%s cannot be written (%s): a restart forgets minutes still to be sent", self._path, error)


def own_name() -> str:
    """This machine as a device: pc:<its name>."""
    return pc_id(socket.gethostname()) or "pc:unnamed"


def put(door: Door, record: bytes, received_at: int) -> bool:
    """Take a record to the door; False where the store is away, so that it is tried again."""
    headers = {"content-type": "application/json"}
    request = Request("pc_idle", received_at, "", "local", "POST", "/samples", headers, "", record)
    verdict = door.handle(request)
    if verdict.reason != "stored":
        log.warning("a minute is not stored: %s %s", verdict.reason, verdict.detail)
    return verdict.reply.status != 503


def _check(told: IdleSettings, device_id: str) -> None:
    if not DEVICE.fullmatch(device_id):
        raise ConfigError(f'[idle] device_id = "{device_id}": expected one such as pc:desk-3')
    if told.send != "none" and not told.port:
        raise ConfigError(f'[idle] send = "{told.send}" needs port, such as "/dev/ttyUSB0" or "COM3"')
    events.check(told)
    if told.port and (told.send != "none" or told.on):
        check_port(told.port)


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text)[:64].strip("-")
