"""The samples of frames as rows of table `reading`.

    channel        the slot's number, from 1; empty slots count
    value          the measured number; 1 or 0 of a binary sensor; null where the sensor reports an error
    text           the state's name of a binary sensor, such as alarm or ok
    error_code     the number the sensor wrote instead of a measurement, as it is
    meta           state: what the low digits say; point: start, change, same or end of a binary series;
                   major_channel: where a minor counter's major stands

A minor counter and its major give a third row, their total, wherever both have a sample at one time. Pairs are found by
the index in the minor, not by their order. A binary series is kept as its exact moments; `samples.series` expands it.

Most frames are a few channels of plain numbers; the loop in `add` is written for them, a frame costs some microseconds.

Source: wire/efento.md section 2.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from telltale.contract import Reject, Runs, Scaled
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.sources.efento.kinds import EMPTY, MINOR_DIVISOR, SHARED_MODEM, TOTALS, Kind, kind
from telltale.sources.efento.samples import FIRST_ERROR, LAST_S, OLD_ERROR, before_start, is_error, period, points
from telltale.sources.efento.wire import SECOND_US, dumped

_IGNORED = frozenset((EMPTY, SHARED_MODEM))
_Run: TypeAlias = tuple[str, str, str, str, int, int, int, int, int]
"""What the samples of a channel share: device, channel, quantity, unit; how many; the first time and the step in µs;
what is added to their numbers, and by what the sum is divided."""


class _Told(NamedTuple):
    """What one sample says; its number is that of the sensor, or a count."""

    number: int | None
    code: int | None = None
    meta: str | None = None
    text: str | None = None


class Readings:
    """Rows of table `reading`, a list a column, of as many frames as are added."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self.numbers: list[int] = []
        """One a row, before it is scaled."""
        self._holes: list[int] = []
        # These are mostly null: they are filled up to the others only before a value, and at the end.
        self._texts: list[str | None] = []
        self._codes: list[int | None] = []
        self._metas: list[str | None] = []

    def columns(self) -> dict[str, list[Any]]:
        """The rows under the names of the table but for those of `runs`; a column without any value is absent."""
        columns: dict[str, list[Any]] = {}
        for name, sparse in (("text", self._texts), ("error_code", self._codes), ("meta", self._metas)):
            if sparse:
                _fill(sparse, len(self.numbers))
                columns[name] = sparse
        return columns

    def runs(self) -> Runs:
        """What the samples of a channel share, in short."""
        devices, channels, quantities, units, lengths, firsts_us, steps_us, starts, scales = map(
            list, zip(*self._runs, strict=True)
        )
        shared = {"device_id": devices, "channel": channels, "quantity": quantities, "unit": units}
        value = Scaled(self.numbers, starts, scales, self._holes)
        return Runs(shared, lengths, {"observed_at": (firsts_us, steps_us)}, {"value": value})

    def add(self, device: str, message: ProtoMeasurements, rejects: list[Reject]) -> int:
        """Join the samples of a frame; what is set aside goes to `rejects`.

        Returns:
            the time of its newest sample in Unix seconds, 0 where there is none.
        """
        channels = message.channels[:]  # a list: going through the message's own costs twice as much
        step_s, has_factor = period(message, channels), message.measurement_period_factor > 0
        if isinstance(step_s, Reject):
            if any(channel.sample_offsets for channel in channels):
                rejects.append(step_s)
            return 0
        newest_s, step_us, minors = 0, step_s * SECOND_US, []
        for number, channel in enumerate(channels, 1):
            offsets, type_number = channel.sample_offsets[:], channel.type
            if not offsets or type_number in _IGNORED:
                continue
            how = kind(type_number)
            if how.active:
                newest_s = max(newest_s, self._add_binary(device, number, how, channel, rejects))
                continue
            first_s, count = channel.timestamp, len(offsets)
            last_s = first_s + (count - 1) * step_s
            if last_s > LAST_S:
                rejects.append(Reject(f"channel {number}", "time_out_of_range", f"from {first_s}, every {step_s} s"))
                continue
            newest_s = max(newest_s, last_s)
            name, start, scale = str(number), channel.start_point, how.scale
            if scale and max(offsets) < FIRST_ERROR and (has_factor or OLD_ERROR not in offsets):
                self._runs.append(
                    (device, name, how.quantity, how.unit, count, first_s * SECOND_US, step_us, start, scale)
                )
                self.numbers += offsets
                continue
            of_kind = (start, scale) if scale else (0, 1)
            self._runs.append((device, name, how.quantity, how.unit, count, first_s * SECOND_US, step_us, *of_kind))
            self._put([_told(how, start, offset, has_factor) for offset in offsets])
            if how.minor_of:
                minors.append(number)
        counters = _Counters(channels, step_s, has_factor=has_factor)
        for number in minors:
            self._add_totals(device, number, counters, rejects)
        return newest_s

    def _add_binary(self, device: str, number: int, how: Kind, channel: ProtoChannel, rejects: list[Reject]) -> int:
        """States at the moments they are known of; returns the last of these in Unix seconds."""
        known = points(channel)
        words = {True: how.active, False: how.inactive}
        for each in known:
            self._runs.append((device, str(number), how.quantity, how.unit, 1, each.at_s * SECOND_US, 1, 0, 1))
        self._put([_Told(int(each.is_active), meta=_point(each.what), text=words[each.is_active]) for each in known])
        if 0 in channel.sample_offsets:
            place = list(channel.sample_offsets).index(0) + 1
            rejects.append(Reject(f"channel {number}", "zero_offset", f"entry {place} is 0, expected + or -"))
        if before := before_start(channel):
            seen = f"{before} of {len(channel.sample_offsets)} entries are of before the first"
            rejects.append(Reject(f"channel {number} range", "before_start", seen))
        return max((each.at_s for each in known), default=0)

    def _add_totals(self, device: str, number: int, counters: "_Counters", rejects: list[Reject]) -> None:
        """What a minor counter and the majors its samples name add up to; nothing where there is no such sample."""
        totals = list(counters.totals(number))
        major_type = kind(counters.channels[number - 1].type).minor_of
        total = TOTALS[major_type]
        for at_us, _, _ in totals:
            self._runs.append((device, str(number), total.quantity, total.unit, 1, at_us, 1, 0, 1))
        self._put([_Told(value, meta=meta) for _, value, meta in totals])
        if missing := counters.missing(number):
            seen = f"channel {missing[0] + 1} is not of type {major_type}"
            rejects.append(Reject(f"channel {number} total", "no_major", seen))

    def _put(self, told: Sequence[_Told]) -> None:
        """Numbers with error code, meta and text."""
        before = len(self.numbers)
        self.numbers += [each.number or 0 for each in told]
        self._holes += [before + place for place, each in enumerate(told) if each.number is None]
        _put(self._codes, before, [each.code for each in told])
        _put(self._metas, before, [each.meta for each in told])
        _put(self._texts, before, [each.text for each in told])


class _Counters:
    """The accumulating counters of one frame."""

    def __init__(self, channels: Sequence[ProtoChannel], step_s: int, *, has_factor: bool) -> None:
        self.channels = channels
        self._missing: dict[int, list[int]] = {}
        self._known: dict[int, dict[int, int]] = {}
        """The majors by their place, read once: several minors may name one."""
        self._step_us = step_s * SECOND_US
        self._has_factor = has_factor

    def totals(self, number: int) -> Iterator[tuple[int, int, str | None]]:
        """Time in µs, total, and the major's state as meta."""
        minor = self.channels[number - 1]
        major_type = kind(minor.type).minor_of
        majors: dict[int, dict[int, int]] = {}
        for at_us, raw in self._good(minor):
            count, place = _split(raw, MINOR_DIVISOR)
            if place not in majors:
                majors[place] = self._majors(number, place, major_type)
            if (major := majors[place].get(at_us)) is not None:
                states = kind(major_type).states
                quotient, state = _split(major, len(states))
                yield at_us, quotient * TOTALS[major_type].major_is + count, _state(states[state])

    def missing(self, number: int) -> list[int]:
        """The places the samples of a minor named that hold no major of its kind."""
        return self._missing.get(number, [])

    def _majors(self, number: int, place: int, major_type: int) -> dict[int, int]:
        if place >= len(self.channels) or self.channels[place].type != major_type:
            self._missing.setdefault(number, []).append(place)
            return {}
        if place not in self._known:
            self._known[place] = dict(self._good(self.channels[place]))
        return self._known[place]

    def _good(self, channel: ProtoChannel) -> Iterator[tuple[int, int]]:
        """Time in µs and raw number of the samples that are no errors."""
        start, first_us = channel.start_point, channel.timestamp * SECOND_US
        for place, offset in enumerate(channel.sample_offsets):
            if not is_error(offset, has_factor=self._has_factor):
                yield first_us + place * self._step_us, start + offset


def _told(how: Kind, start: int, offset: int, has_factor: bool) -> _Told:
    if is_error(offset, has_factor=has_factor):
        return _Told(None, code=offset)
    if how.states:
        count, state = _split(start + offset, len(how.states))
        return _Told(count, meta=_state(how.states[state]))
    if how.minor_of:
        count, place = _split(start + offset, MINOR_DIVISOR)
        return _Told(count, meta=_major(place + 1))
    return _Told(offset)


def _split(raw: int, divisor: int) -> tuple[int, int]:
    """Quotient, toward zero, and the remainder of the size."""
    quotient, remainder = divmod(abs(raw), divisor)
    return (quotient if raw >= 0 else -quotient), remainder


def _put(sparse: list[Any], before: int, values: Sequence[Any]) -> None:
    """Put the values behind `before` rows, unless there is none among them."""
    if any(value is not None for value in values):
        _fill(sparse, before)
        sparse.extend(values)


def _fill(sparse: list[Any], length: int) -> None:
    sparse += [None] * (length - len(sparse))


@cache
def _state(name: str) -> str | None:
    return dumped({"state": name})


@cache
def _point(name: str) -> str | None:
    return dumped({"point": name})


@cache
def _major(number: int) -> str | None:
    return dumped({"major_channel": number})
