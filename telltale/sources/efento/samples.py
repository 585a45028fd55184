"""From a channel's offsets to samples with their times.

    continuous   time = timestamp + i · base · factor      raw = start_point + offset
                 offset in 8355840 … 8388607: an error of the sensor; it is not added, and keeps its place in time
    binary       time = timestamp + |offset| − 1           the sign is the state; the factor does not count
                 first entry: the state the range begins with; last entry: the range's end; between them changes.
                 Nothing is known of before the first entry, wherever in the frame's time it lies

Before firmware 6 the factor is absent. It then is 1, and 14 where any channel is binary: since it never counts for a
binary channel, that can only be said of the continuous ones beside it. Only such frames write errors as -32768.

Source: wire/efento.md 2.1, 2.2, 2.3.
"""

from collections.abc import Sequence
from typing import NamedTuple

from telltale.contract import Reject
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.sources.efento.kinds import kind

FIRST_ERROR, LAST_ERROR = 0x7F8000, 0x7FFFFF
OLD_ERROR = -32768
"""What firmware 5 and older wrote for an error."""
MIXED_FACTOR = 14
MOST_SAMPLES = 70_000
"""More than a sensor keeps (about 60,000); a damaged frame may claim any number."""
_LONGEST = 65535
LAST_S = 253_402_300_799
"""The end of the year 9999: no calendar goes on after it."""


class Point(NamedTuple):
    """A moment at which a binary sensor's state is known."""

    at_s: int
    is_active: bool
    what: str
    """`start`, `change`, `same` or `end`."""


def period(message: ProtoMeasurements, channels: Sequence[ProtoChannel]) -> int | Reject:
    """The step between continuous samples in seconds; a reject where there can be none."""
    base, factor = message.measurement_period_base, message.measurement_period_factor
    if not factor:
        factor = MIXED_FACTOR if any(kind(channel.type).active for channel in channels) else 1
    if 1 <= base <= _LONGEST and factor <= _LONGEST:
        return base * factor
    return Reject("measurement_period", "bad_period", f"base {base} s, factor {factor}; expected 1 to {_LONGEST}")


def is_error(offset: int, *, has_factor: bool = True) -> bool:
    """Whether an offset of a continuous channel is the code of an error; frames without factor know one more."""
    return FIRST_ERROR <= offset <= LAST_ERROR or (offset == OLD_ERROR and not has_factor)


def points(channel: ProtoChannel) -> list[Point]:
    """The known moments of a binary channel in the frame's order, each second once.

    Offsets of zero say nothing, and nothing is known of before the range's start, which is the first entry.
    """
    offsets = [offset for offset in channel.sample_offsets if offset]
    offsets = offsets[:1] + [offset for offset in offsets[1:] if not _is_before(offset, offsets[0])]
    found: dict[int, Point] = {}
    last = len(offsets) - 1
    for place, offset in enumerate(offsets):
        at_s = channel.timestamp + abs(offset) - 1
        if place == 0:
            what = "start"
        elif (offset > 0) != (offsets[place - 1] > 0):
            what = "change"
        else:
            what = "end" if place == last else "same"
        found[at_s] = Point(at_s, offset > 0, what)
    return list(found.values())


def before_start(channel: ProtoChannel) -> int:
    """How many entries of a binary channel are of before its range began, and so of no known state."""
    offsets = [offset for offset in channel.sample_offsets if offset]
    return sum(_is_before(offset, offsets[0]) for offset in offsets)


def _is_before(offset: int, first: int) -> bool:
    return abs(offset) < abs(first)


def series(channel: ProtoChannel, base_s: int) -> list[tuple[int, bool]]:
    """A binary channel as a regular series: a row each `base_s` seconds, with the latest state not later than it.

    Args:
        channel: of a binary type.
        base_s: the measurement period's base; the factor does not count.

    Returns:
        (Unix seconds, is active) from the range's start, its first entry, to its end, both included, at most
        `MOST_SAMPLES`.
    """
    known = sorted(points(channel))
    if not known:
        return []
    rows, place = [], 0
    for at_s in range(known[0].at_s, known[-1].at_s + 1, base_s)[:MOST_SAMPLES]:
        while place + 1 < len(known) and known[place + 1].at_s <= at_s:
            place += 1
        rows.append((at_s, known[place].is_active))
    return rows
