"""Whether a host's clock can be believed: noted in the store, so that a step shows even after a restart.

A wall clock may be set to any time; the time since the machine started (with its sleep) only goes on. From a moment at
which the wall clock was believed, the *line* goes on with that running time alone. It never runs ahead of the truth, so
what is due by it is due: a stretch for which the machine was off is left out of it until the clock is confirmed.

    in the same boot      the wall clock is on the line, by five minutes, or it was stepped
    after a restart       the machine was off, nobody knows for how long: up to a day later than the line is no step
    stepped               nothing is believed until the clock is back on the line, or it is confirmed where it is now:
                          by 24 h of running without another step, by a record with a time of its own, by the owner

One row a host, for each has a clock of its own. This file reads no clock but in `uptime`.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing.schema import HOST_CLOCK
from telltale.landing.store import Store

TOLERANCE_US = 300 * 1_000_000
"""A clock this far off the line is not stepped: as far as senders' clocks may be ahead (`tables.AHEAD_US`)."""
DAY_US = 86_400 * 1_000_000
CONFIRMED_US = DAY_US
"""So much running without another step confirms a clock."""
OFF_US = DAY_US
"""A machine that was off for no longer is like one that was not: over night, not over a weekend."""
WRITTEN_US = 1_793_491_200_000_000
"""2026-11-01: this program did not exist before, so a clock that says so is wrong."""
NOTED_US = 60 * 1_000_000
"""How often the moment is noted while nothing happens."""
_FOREVER = 1 << 55
_KEPT = 8
"""Hosts of which something is noted: of containers that are made anew each day the last ones."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Uptime(NamedTuple):
    """How long the machine has been running."""

    us: int
    """Microseconds since some moment of this boot, sleep included where the system tells."""
    boot: str
    """Which boot; empty where the system does not tell."""


class HostClock(NamedTuple):
    """What is known of the clock of one host, as of its last look; times in microseconds, moments UTC."""

    host: str
    wall_us: int
    """What the clock said."""
    uptime_us: int
    boot: str
    expected_us: int
    """Where the line was: the last moment believed, and all running since."""
    slack_us: int
    """How much later than the line it may truly be: what restarts leave open."""
    trusted_us: int
    """The last moment that was believed; while stepped it stands still."""
    stepped_us: int
    """How far the clock is from the line since it was stepped (positive: ahead); 0 while it is believed."""
    after_us: int
    """What it said when it was stepped, or when this boot was first seen: only later records can confirm it."""
    steady_us: int
    """How long the machine has been running since the last step, or since the line began."""
    off_us: int
    """As `slack_us`, since the last step."""
    confirmed_by: str
    """Of the last step: `line` (it came back), `running`, `record`, `owner`; empty before the first, and while none."""

    @property
    def is_stepped(self) -> bool:
        """Whether nothing may be removed by this clock."""
        return self.stepped_us != 0

    @property
    def lag_us(self) -> int:
        """How far behind the clock the line is, while it is believed: how much later than usual things go."""
        return 0 if self.is_stepped else self.wall_us - self.trusted_us


def uptime() -> Uptime:
    """The running time of this machine; where there is a choice, of a clock that counts its sleep."""
    named = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    now_ns = time.monotonic_ns() if named is None else time.clock_gettime_ns(named)
    try:
        boot = _BOOT.read_text().strip()
    except OSError:
        boot = ""
    return Uptime(now_ns // 1000, boot)


def first(host: str, wall_us: int, up: Uptime) -> HostClock:
    """The clock of a host of which nothing is noted: believed, unless it says a time before this program existed."""
    if wall_us >= WRITTEN_US:
        return HostClock(host, wall_us, up.us, up.boot, wall_us, 0, wall_us, 0, wall_us, 0, 0, "")
    off = wall_us - WRITTEN_US
    return HostClock(host, wall_us, up.us, up.boot, WRITTEN_US, _FOREVER, WRITTEN_US, off, wall_us, 0, 0, "")


def looked(before: HostClock, wall_us: int, up: Uptime) -> HostClock:
    """What is known after a look at both clocks; pure.

    Args:
        before: what was known at the look before, of this boot or an earlier one.
        wall_us: what the wall clock says.
        up: how long the machine has been running.
    """
    is_same = up.boot == before.boot and up.us >= before.uptime_us
    # A boot begins with nothing; where the same one goes back, a snapshot was restored, and nothing is known.
    elapsed = up.us - before.uptime_us if is_same else up.us if up.boot != before.boot or not up.boot else 0
    opened = 0 if is_same else OFF_US
    seen = before._replace(
        wall_us=wall_us,
        uptime_us=up.us,
        boot=up.boot,
        expected_us=before.expected_us + elapsed,
        slack_us=min(before.slack_us + opened, _FOREVER),
        steady_us=before.steady_us + elapsed,
        off_us=before.off_us + opened,
    )
    if wall_us < WRITTEN_US or not _is_within(wall_us - seen.expected_us, seen.slack_us):
        return _off_the_line(before, seen)
    if seen.slack_us >= _FOREVER:  # nothing was ever believed: the first plausible moment is
        return confirmed(seen, "line")
    if before.is_stepped:
        return seen._replace(
            stepped_us=0, trusted_us=min(wall_us, seen.expected_us), steady_us=0, off_us=0, confirmed_by="line"
        )
    if seen.steady_us >= CONFIRMED_US:
        return confirmed(seen, before.confirmed_by)
    # What a restart leaves open may be closed by a record that came after it.
    after_us = before.after_us if is_same else wall_us
    return seen._replace(trusted_us=max(before.trusted_us, min(wall_us, seen.expected_us)), after_us=after_us)


def beside(other: HostClock, host: str, wall_us: int, up: Uptime) -> HostClock:
    """The clock of a host of which nothing is noted, held against the last moment another one was believed."""
    known = HostClock(
        host, wall_us, up.us, up.boot, other.trusted_us, OFF_US, other.trusted_us, 0, wall_us, 0, 0, ""
    )  # fmt: skip
    return looked(known, wall_us, up)


def confirmed(clock: HostClock, by: str) -> HostClock:
    """The same host once its clock is known to be right: a new line begins where it stands."""
    return clock._replace(
        expected_us=clock.wall_us,
        slack_us=0,
        trusted_us=clock.wall_us,
        stepped_us=0,
        steady_us=0,
        off_us=0,
        confirmed_by=by,
    )


def _off_the_line(before: HostClock, seen: HostClock) -> HostClock:
    """Stepped: for the first time, once more, or as it was; and then perhaps for long enough."""
    stepped_us = seen.wall_us - seen.expected_us
    steady = seen.wall_us - (before.after_us + seen.steady_us)
    if not before.is_stepped or not _is_within(steady, seen.off_us):
        return seen._replace(stepped_us=stepped_us, after_us=seen.wall_us, steady_us=0, off_us=0, confirmed_by="")
    if seen.steady_us >= CONFIRMED_US and seen.wall_us >= WRITTEN_US:
        return confirmed(seen, "running")
    return seen


def _is_within(off_us: int, slack_us: int) -> bool:
    return -TOLERANCE_US <= off_us <= TOLERANCE_US + slack_us


class Look(NamedTuple):
    """A look at a host's clock."""

    before: HostClock | None
    """What the look before had found; None of a host that is new here."""
    now: HostClock

    @property
    def is_news(self) -> bool:
        """Whether the clock was stepped, once more or for the first time, or is believed again."""
        was = 0 if self.before is None else self.before.stepped_us
        return self.now.stepped_us != was

    @property
    def is_due(self) -> bool:
        """Whether it is to be noted."""
        if self.before is None or self.is_news or self.before.boot != self.now.boot:
            return True
        return not 0 <= self.now.uptime_us - self.before.uptime_us < NOTED_US


def look(store: Store, host: str, wall_us: int, running: Callable[[], Uptime]) -> Look:
    """Look at a host's clock and note the moment, once a minute or when something happened.

    Args:
        store: where it is noted.
        host: whose clock.
        wall_us: what it says.
        running: gives the running time; it is asked after what is noted was read, so that it never goes back.

    Raises:
        StoreError: the store is away or busy.
    """
    with store.reader() as connection:
        seen = _judged(connection, host, wall_us, running)
    if not seen.is_due:
        return seen
    with store.writer() as connection:
        seen = _judged(connection, host, wall_us, running)
        _write(connection, seen.now)
    return seen


def confirm(store: Store, clock: HostClock, by: str) -> HostClock:
    """Note that a host's clock, as it was just looked at, is right."""
    right = confirmed(clock, by)
    with store.writer() as connection:
        _write(connection, right)
    return right


def host_clocks(store: Store) -> list[HostClock]:
    """What is noted of each host, by its name."""
    with store.reader() as connection:
        return _noted(connection)


def _judged(connection: sa.Connection, host: str, wall_us: int, running: Callable[[], Uptime]) -> Look:
    noted = {clock.host: clock for clock in _noted(connection)}
    up = running()
    if host in noted:
        return Look(noted[host], looked(noted[host], wall_us, up))
    if noted:  # such as a container that was made anew
        newest = max(noted.values(), key=lambda clock: clock.trusted_us)
        return Look(None, beside(newest, host, wall_us, up))
    return Look(None, first(host, wall_us, up))


def _noted(connection: sa.Connection) -> list[HostClock]:
    query = sa.select(*(HOST_CLOCK.c[name] for name in HostClock._fields)).order_by(HOST_CLOCK.c.host)
    return [HostClock(*row) for row in connection.execute(query)]


def _write(connection: sa.Connection, clock: HostClock) -> None:
    row = HOST_CLOCK.c.host == clock.host
    if connection.execute(HOST_CLOCK.update().where(row).values(**clock._asdict())).rowcount:
        return
    connection.execute(HOST_CLOCK.insert().values(**clock._asdict()))
    oldest = sorted(_noted(connection), key=lambda noted: noted.trusted_us)[:-_KEPT]
    connection.execute(HOST_CLOCK.delete().where(HOST_CLOCK.c.host.in_([noted.host for noted in oldest])))
