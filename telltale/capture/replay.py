"""Replay a capture file into the store: what the live capture would have kept, without its rights.

Frames of listed devices become records at the moment of their capture; all others are counted. For each day (UTC) and
interface a heartbeat says from when to when the file reaches, so that the observed time is known: from the first packet
of anyone to the last; of raw IP and Wi-Fi, where most joins are not heard, from the first join to the last. Over
midnight it goes on if packets came within an hour before and after. The same file gives the
same records again, which the tables keep once.

Source: wire/kanban.md sections 6.3 and 7.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from telltale.capture import Capture, Packet, open_capture
from telltale.contract import Raw
from telltale.sources.button.layout import (
    DHCP_KINDS,
    ENCRYPTED,
    HEARS_ALL,
    PRESS_KINDS,
    Unread,
    parse,
    without_targets,
)
from telltale.sources.button.listed import Filter
from telltale.sources.button.records import (
    METHOD,
    Heartbeat,
    frame_path,
    heartbeat_body,
    heartbeat_path,
)

COLLECTOR = "replay"
INTERFACE = "file"
"""Where the file does not name one."""
SOURCE = "button"

_DAY_US = 86_400_000_000
_QUIET_US = 3_600_000_000
_TELL_EVERY = 4096
_OTHER_LINKS = {101: "raw IP", 105: "Wi-Fi", 127: "Wi-Fi with radio data"}


class Sink(Protocol):
    """Where many records become durable; `telltale.landing.Landing` is one."""

    def put_many(self, raws: Iterable[Raw]) -> int:
        """Make them durable and return how many."""


class Replayed(NamedTuple):
    """What a file held."""

    file: str
    packets: int
    kept: int
    unlisted: int
    malformed: int
    other: int
    set_aside: int
    """Whole packets that cannot be used: their time is impossible, they contradict their own file, are encrypted."""
    first_us: int | None
    last_us: int | None
    warnings: tuple[str, ...]
    only_dhcp: tuple[str, ...] = ()
    """Listed devices that were heard by DHCP alone; whether that counts as a press is a setting."""


@dataclass(slots=True)
class _Stretch:
    """A day of an interface: from its first packet to its last, and what became of those between."""

    first_us: int
    last_us: int
    packets: int = 0
    kept: int = 0
    unlisted: int = 0


@dataclass(slots=True)
class _Tally:
    """All of a file."""

    stretches: dict[tuple[str, int], _Stretch] = field(default_factory=dict)
    malformed: int = 0
    other: int = 0
    links: dict[int, int] = field(default_factory=dict)
    """Packets by link type of those that say nothing of a join."""
    encrypted: dict[int, int] = field(default_factory=dict)
    """Packets by link type of those that cannot be read."""
    kinds: dict[str, set[str]] = field(default_factory=dict)
    """Of frames, by device, of those that are kept."""


def replay(
    file: Path | Capture, keep: Filter, sink: Sink, *, interface: str = "", tell: Callable[[int], None] = lambda _: None
) -> Replayed:
    """Put the listed devices' frames of a file, and its heartbeats, into the store.

    Args:
        file: the capture file, or one that is open (of a pipe, which cannot be opened twice).
        keep: which frames may be kept; its counts are taken.
        sink: the store.
        interface: how to call where it was captured; empty takes the file's own name for it.
        tell: called now and then with the bytes read so far.

    Raises:
        ConfigError: the file is empty or no capture file.
        StoreError: the store is away; replay the file again.
    """
    tally = _Tally()
    with nullcontext(file) if isinstance(file, Capture) else open_capture(file) as capture:
        sink.put_many(_records(capture, keep, tally, interface, tell))
    days, unreadable = tally.stretches.values(), capture.set_aside + sum(tally.encrypted.values())
    return Replayed(
        capture.name,
        sum(day.packets for day in days) + sum(tally.links.values()) + unreadable,
        sum(day.kept for day in days),
        sum(day.unlisted for day in days),
        tally.malformed,
        tally.other,
        unreadable,
        min((day.first_us for day in days), default=None),
        max((day.last_us for day in days), default=None),
        (*capture.warnings, *_warnings(capture.name, tally)),
        tuple(sorted(device for device, kinds in tally.kinds.items() if _is_dhcp_alone(kinds))),
    )


def _records(
    capture: Capture, keep: Filter, tally: _Tally, interface: str, tell: Callable[[int], None]
) -> Iterator[Raw]:
    """The records of a file: frames as they come, then its heartbeats."""
    keep.take()
    key, stretch = ("", -1), _Stretch(0, 0)
    for count, packet in enumerate(capture):
        if not count % _TELL_EVERY:
            tell(capture.position())
        if packet.linktype not in HEARS_ALL and _says_nothing(packet, tally):
            continue
        at_us = packet.at_us
        name = interface or packet.interface or INTERFACE
        if key != (name, at_us // _DAY_US):
            _count(stretch, tally, keep)
            key = (name, at_us // _DAY_US)
            stretch = tally.stretches.setdefault(key, _Stretch(at_us, at_us))
        stretch.packets += 1
        if at_us > stretch.last_us:
            stretch.last_us = at_us
        elif at_us < stretch.first_us:
            stretch.first_us = at_us
        told = keep(packet.data, packet.linktype)
        if told is not None:
            tally.kinds.setdefault(told.device_id, set()).add(told.kind)
            yield _frame(packet, name, capture.name)
    _count(stretch, tally, keep)
    yield from _heartbeats(tally, capture.name)


def _says_nothing(packet: Packet, tally: _Tally) -> bool:
    """Whether no join can be read from a packet of a link that hears few of them; it is then counted."""
    told = parse(packet.data, packet.linktype)
    if not isinstance(told, Unread):
        return False
    of = tally.encrypted if told.reason == ENCRYPTED else tally.links
    of[packet.linktype] = of.get(packet.linktype, 0) + 1
    return True


def _is_dhcp_alone(kinds: set[str]) -> bool:
    return kinds.isdisjoint(PRESS_KINDS) and not kinds.isdisjoint(DHCP_KINDS)


def _count(stretch: _Stretch, tally: _Tally, keep: Filter) -> None:
    counts = keep.take()
    stretch.kept += counts.kept
    stretch.unlisted += counts.unlisted
    tally.malformed += counts.malformed
    tally.other += counts.other


def _frame(packet: Packet, interface: str, sender: str) -> Raw:
    kept = without_targets(packet.data, packet.linktype)
    meta = _meta(frame_path(interface, packet.linktype), redacted=kept != packet.data)
    return Raw(0, SOURCE, packet.at_us, sender, meta, kept)


def _heartbeats(tally: _Tally, sender: str) -> Iterator[Raw]:
    for (interface, day), stretch in sorted(tally.stretches.items()):
        begin_us, next_us = day * _DAY_US, (day + 1) * _DAY_US
        before, after = tally.stretches.get((interface, day - 1)), tally.stretches.get((interface, day + 1))
        first_us, last_us = stretch.first_us, stretch.last_us
        if before is not None and _is_one_night(before.last_us, begin_us, first_us):
            first_us = begin_us
        if after is not None and _is_one_night(last_us, next_us, after.first_us):
            last_us = next_us
        covered_s = (last_us - first_us) / 1_000_000
        beat = Heartbeat(COLLECTOR, covered_s, stretch.last_us, stretch.kept, stretch.unlisted, 0)
        yield Raw(0, SOURCE, last_us, sender, _meta(heartbeat_path(interface)), heartbeat_body(beat))


def _is_one_night(last_us: int, midnight_us: int, first_us: int) -> bool:
    """Whether a capture went on over midnight."""
    return midnight_us - last_us <= _QUIET_US and first_us - midnight_us <= _QUIET_US


@lru_cache(maxsize=256)
def _meta(path: str, *, redacted: bool = False) -> str:
    meta: dict[str, object] = {"transport": COLLECTOR, "method": METHOD, "path": path}
    if redacted:
        meta["redacted"] = ["target"]
    return json.dumps(meta, separators=(",", ":"))


def _warnings(name: str, tally: _Tally) -> Iterator[str]:
    for linktype, count in sorted(tally.encrypted.items()):
        packets = "packet is" if count == 1 else "packets are"
        yield (
            f"{name}: {count:,} {packets} set aside: they are encrypted ({_OTHER_LINKS[linktype]}); capture on the "
            "access point or an Ethernet interface"
        )
    for linktype, count in sorted(tally.links.items()):
        kind = f"link type {linktype}" + (f" ({_OTHER_LINKS[linktype]})" if linktype in _OTHER_LINKS else "")
        yield f"{name}: {count:,} packets of {kind} carry no ARP that can be used; capture on an Ethernet interface"
