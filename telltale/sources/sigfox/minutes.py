"""What a PC tells of its use through a Sigfox modem: a level as text, or minutes as bits.

    form     payload                       says
    levels   ASCII 100, 50, 25 or 0        how long ago the last input was: < 240 s, < 480 s, <= 600 s, longer
    bitmap   12 bytes, below               in which minutes there was input, and in which it is known

    bitmap        offset  width    is
    kind          0       4 bit    1: 80 minutes in a row, all of them known
                                   2: 40 minutes in a row, of which only those marked are known
    start         0.5     12 bit   the first minute, counted from midnight UTC, 0 to 1439, high bits first
    kind 1  m     2       80 bit   input seen in minute start + n; the first minute is the most significant bit
    kind 2  known 2       40 bit   minute start + n was watched; the same order
            seen  7       40 bit   input seen in it; never set where it is not known

In the backend's own grammar kind 1 is `kind::uint:4 start:0:uint:12:big-endian:3 m0:2:uint:40 m1:7:uint:40`, and kind 2
the same with `known` and `seen` for `m0` and `m1`. Each minute goes in two frames, so that none is lost with any single
one; repeated minutes have the same natural key and become one row.

One bit a minute cannot say "the PC slept": kind 1 is sent only where all its minutes are known, kind 2 wherever one is
not, so that a minute nobody watched is never told as one without input.

`start` has no date: one past the minute of reception is of yesterday. A frame is therefore no older than a day, and one
that would reach into the future is refused, since whichever day one took for it would be a guess.

Source: wire/sigfox.md 3 (minute bitmap, repeated; clock of `start`), 7.1 (levels). Kind 2 is ours.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

LEVELS, BITMAP = "levels", "bitmap"
FORMS = (LEVELS, BITMAP)

LEVEL_PERIOD_S = 600.0
"""What a level speaks of: the seconds before it, which is also how often it was meant to be sent."""
SCORES = (100, 50, 25, 0)

ALL_KNOWN, SOME_KNOWN = 1, 2
WIDE, NARROW = 80, 40
"""Minutes in a frame of kind 1 and of kind 2."""
SIZE = 12
DAY_MIN = 1440
MINUTE_US = 60_000_000
AHEAD_US = 300_000_000
"""How far the PC's clock may be ahead of the network's."""


class Minute(NamedTuple):
    """A minute that was watched: when it began, in µs UTC, and whether there was input in it."""

    at_us: int
    is_active: bool


def score(idle_s: float) -> int:
    """The level of so many seconds without input: 100 under 240 s, 50 under 480 s, 25 up to 600 s, then 0."""
    if idle_s < 240:
        return 100
    if idle_s < 480:
        return 50
    return 25 if idle_s <= 600 else 0


def level(idle_s: float) -> bytes:
    """The payload of `levels`: the level in ASCII digits."""
    return str(score(idle_s)).encode()


def bitmap(start: int, minutes: Sequence[bool | None]) -> bytes:
    """The payload of `bitmap`, 12 bytes.

    Args:
        start: the first minute, counted from 1970 UTC.
        minutes: input seen, from the first minute on; None where it is not known. 80, all known, give kind 1; 40 give
            kind 2.

    Raises:
        ValueError: another number of minutes, or one of 80 is not known.
    """
    if len(minutes) == WIDE and None not in minutes:
        kind, bits = ALL_KNOWN, [bool(one) for one in minutes]
    elif len(minutes) == NARROW:
        kind, bits = SOME_KNOWN, [one is not None for one in minutes] + [bool(one) for one in minutes]
    else:
        raise ValueError(f"{len(minutes)} minutes: expected {WIDE} that are all known, or {NARROW}")
    head = kind << 12 | start % DAY_MIN
    return (head << WIDE | _number(bits)).to_bytes(SIZE, "big")


def minutes(payload: bytes, at_us: int) -> list[Minute] | None:
    """The known minutes of a `bitmap` payload in their order; None where it is none.

    Args:
        payload: what was received.
        at_us: when the network received it, µs UTC; says which day the minutes are of.
    """
    if len(payload) != SIZE:
        return None
    head, bits = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:], "big")
    kind, start = head >> 12, head & 0xFFF
    if start >= DAY_MIN or kind not in (ALL_KNOWN, SOME_KNOWN):
        return None
    wide = [bool(bits >> WIDE - 1 - n & 1) for n in range(WIDE)]
    known, seen = ([True] * WIDE, wide) if kind == ALL_KNOWN else (wide[:NARROW], wide[NARROW:])
    if any(one and not is_known for is_known, one in zip(known, seen, strict=True)):
        return None
    begin_us = _begin(start, at_us)
    told = [
        Minute(begin_us + n * MINUTE_US, one)
        for n, (is_known, one) in enumerate(zip(known, seen, strict=True))
        if is_known
    ]
    reaches_ahead = bool(told) and told[-1].at_us + MINUTE_US > at_us + AHEAD_US
    return None if reaches_ahead else told


def activity_rows(payload: bytes, at_us: int, form: str) -> dict[str, list[Any]] | None:
    """The columns of table `activity` but for device_id; None where the payload is not of this form.

    Args:
        payload: what was received.
        at_us: when the network received it, µs UTC.
        form: "levels" gives one row, "bitmap" one for each minute that was watched, at most 80.

    Raises:
        ValueError: there is no such form.
    """
    if form == LEVELS:
        scores = {str(one).encode(): float(one) for one in SCORES}
        if payload not in scores:
            return None
        return _columns("level", [at_us], LEVEL_PERIOD_S, score_pct=[scores[payload]])
    if form != BITMAP:
        raise ValueError(f'activity = "{form}": expected {" or ".join(FORMS)}')
    told = minutes(payload, at_us)
    if told is None:
        return None
    return _columns("bitmap", [one.at_us for one in told], 60.0, active=[one.is_active for one in told])


def _columns(kind: str, times: list[int], period_s: float, **columns: list[Any]) -> dict[str, list[Any]]:
    count = len(times)
    nothing: list[None] = [None] * count
    return {
        "kind": [kind] * count,
        "observed_at": times,
        "idle_s": nothing,
        "score_pct": nothing,
        "active": nothing,
        "period_s": [period_s] * count,
        "note": nothing,
        **columns,
    }


def _begin(start: int, at_us: int) -> int:
    """When the minute of the day began that is not later than the reception."""
    day_us = DAY_MIN * MINUTE_US
    begin_us = at_us // day_us * day_us + start * MINUTE_US
    return begin_us - day_us if begin_us > at_us else begin_us


def _number(bits: Sequence[bool]) -> int:
    """The bits as one number, the first the most significant."""
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return number
