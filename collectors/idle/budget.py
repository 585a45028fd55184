"""How many frames a modem may still send: at most 140 in any 24 hours, 6 in any hour, 4 with a downlink in 24 hours.

What was spent lies in a small file, written before the frame goes out, so neither a restart nor a crash gives any of it
back. Times in it are of a clock of its own that only rises: within one boot it follows the machine's steady clock, so
that setting the wall clock changes nothing; over a reboot (where the system does not name its boots, over a restart of
the process) it follows the wall clock, and stands still where that went back.

Source: wire/sigfox.md 3 (RC1: 1 % of an hour, three times 2 s a frame; 140 a day usable; 4 downlinks).
"""

import json
import logging
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_log = logging.getLogger("telltale.idle")

DAY_S, HOUR_S = 86_400.0, 3600.0
DAILY, HOURLY, DOWNLINKS = 140, 6, 4
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moment(NamedTuple):
    """What the clocks say at one time."""

    wall_s: float
    """Seconds since 1970 UTC; may be set."""
    steady_s: float
    """Seconds that only rise, also while the machine sleeps where it has such a clock."""
    boot: str
    """Which start of the machine `steady_s` counts from."""


def clock() -> Callable[[], Moment]:
    """The machine's clocks."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:  # not Linux: another process cannot tell whether it counts from the same start
        boot = uuid.uuid4().hex
    sleepless = getattr(time, "CLOCK_BOOTTIME", None)

    def now() -> Moment:
        steady = time.monotonic() if sleepless is None else time.clock_gettime(sleepless)
        return Moment(time.time(), steady, boot)

    return now


class Budget:
    """The frames of one modem; at most one process may use a file at a time.

    Args:
        path: the file; made with its folder where it is missing. One that cannot be read counts as all spent.
        daily: frames in any 24 hours.
        hourly: frames in any hour.
        downlinks: of those, in any 24 hours, that may ask for an answer.
    """

    def __init__(self, path: Path, *, daily: int = DAILY, hourly: int = HOURLY, downlinks: int = DOWNLINKS) -> None:
        self.path = path
        self.daily = daily
        self.hourly = hourly
        self.downlinks = downlinks
        self._state = _read(path)

    def take(self, now: Moment, *, downlink: bool = False) -> bool:
        """Spend one frame, durably; False where none is left and the frame must wait.

        Raises:
            OSError: it cannot be written, so nothing may be sent.
        """
        if not self.left(now, downlink=downlink):
            return False
        at_s = self._state.now_s
        spent = self._state._replace(uplinks=(*self._state.uplinks, at_s))
        if downlink:
            spent = spent._replace(downlinks=(*spent.downlinks, at_s))
        self._write(spent)
        return True

    def left(self, now: Moment, *, downlink: bool = False) -> int:
        """How many frames may be sent at this moment, one after the other."""
        before, self._state = self._state, _at(self._state, now, daily=self.daily)
        if before.is_lost or before.boot != now.boot:
            self._write(self._state)  # from here on the time that passes counts, also over the next restart
        of_day = self.daily - len(self._state.uplinks)
        of_hour = self.hourly - sum(at_s > self._state.now_s - HOUR_S for at_s in self._state.uplinks)
        of_downlinks = self.downlinks - len(self._state.downlinks) if downlink else of_day
        return max(0, min(of_day, of_hour, of_downlinks))

    def give_back(self, *, downlink: bool = False) -> None:
        """Take back the frame spent last, where it is certain that it was not sent."""
        state = self._state._replace(uplinks=self._state.uplinks[:-1])
        self._write(state._replace(downlinks=state.downlinks[:-1]) if downlink else state)

    def _write(self, state: "_State") -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        with temporary.open("w", encoding="ascii") as file:
            json.dump(state._asdict(), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        _sync_folder(self.path.parent)
        self._state = state


class _State(NamedTuple):
    """What was spent, on the budget's own clock, and where the other clocks stood then."""

    now_s: float = 0.0
    wall_s: float = 0.0
    steady_s: float = 0.0
    boot: str = ""
    uplinks: tuple[float, ...] = ()
    downlinks: tuple[float, ...] = ()
    is_lost: bool = False
    """The file could not be read: all counts as spent at the first moment."""


def _at(state: _State, now: Moment, *, daily: int) -> _State:
    """The state at a later moment, without what is older than a day."""
    if state.boot == now.boot and now.steady_s >= state.steady_s:
        passed_s = now.steady_s - state.steady_s
    else:
        passed_s = max(0.0, now.wall_s - state.wall_s)
    at_s = state.now_s + passed_s
    since_s = at_s - DAY_S
    uplinks = tuple(one for one in state.uplinks if one > since_s)
    downlinks = tuple(one for one in state.downlinks if one > since_s)
    if state.is_lost:
        uplinks, downlinks = (at_s,) * daily, (at_s,) * daily
    return _State(at_s, now.wall_s, now.steady_s, now.boot, uplinks, downlinks)


def _read(path: Path) -> _State:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        return _State(
            float(told["now_s"]),
            float(told["wall_s"]),
            float(told["steady_s"]),
            str(told["boot"]),
            tuple(map(float, told["uplinks"])),
            tuple(map(float, told["downlinks"])),
        )
    except FileNotFoundError:
        return _State()
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning(
            "%s cannot be read (%s): the whole budget counts as spent, no frame is sent for a day", path, error
        )
        return _State(is_lost=True)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
