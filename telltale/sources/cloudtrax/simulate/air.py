"""What the nodes of the invented site hear and report: bursts of frames, windows of 30 s, rows.

A phone sends a burst of frames now and then; every node near enough hears it at the same moment. Each node reports what
it heard in a window of 30 s right after the window ends; where nobody was heard it reports only every second window,
the documented rate of 60 s, to show that it lives. Nodes keep no report they could not send (wire/presence.md 1.1).

Windows are worked out in blocks of 15 minutes of UTC, at whose edge the nodes that carry `first_seen` forget it, so
that any part of the time is worked out alone.

Source: wire/presence.md 1.1, 1.3, 1.4; log-distance path loss with walls for the signal.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from telltale.address import GROUP_BIT
from telltale.sources.cloudtrax.simulate.people import STREET, Stay, people
from telltale.sources.cloudtrax.simulate.site import NODES, Node, Outage, Site, dice, local_day, outages

WINDOW_S = 30
BLOCK_S = 900
_CARRY_S = 120
"""A station unheard for longer has left, for a node that carries `first_seen`."""
_RESENT = 0.002
_MALFORMED = 0.12
"""Chance of a row with a group address in a block: about a dozen a day, for the decoder to set aside."""

_AT_1M_DBM, _EXPONENT, _WALL_DB, _FACADE_DB, _FADE_DB = -35.0, 3.2, 11.0, 12.0, 2.5
_DEAF_DBM, _SURE_DBM = -97, -86
"""Below the first a node hears nothing; from the second on it hears every burst."""


class Row(NamedTuple):
    """A row of a report, in the order of the wire; stamps are the node's own clock."""

    address: int
    frames: int
    min_signal: int
    max_signal: int
    avg_signal: int
    last_signal: int
    first_seen: int
    last_seen: int
    associated: bool

    @property
    def is_group(self) -> bool:
        """A group address, which no station has: the decoder must set the row aside."""
        return bool(self.address & GROUP_BIT)


class Report(NamedTuple):
    """What one node sends at one moment; `resent` when it is the same bytes once more."""

    at_us: int
    node: Node
    rows: tuple[Row, ...]
    resent: bool = False


Heard = tuple[int, int, Row]
"""Window, number of the node, and the row of a single burst in true time."""


def reports(site: Site, start_s: int, end_s: int) -> Iterator[Report]:
    """Every report sent from start (inclusive) to end (exclusive), in time order; a slice of an endless stream."""
    if start_s >= end_s:
        return
    for block in range((start_s - WINDOW_S) // BLOCK_S, end_s // BLOCK_S + 1):
        wanted = _days_of(site, block)
        heard = [one for day in wanted for one in _heard_on(site, day).get(block, ())]
        silences = [outage for day in wanted for outage in outages(site, day)]
        for report in sorted(_block(site, block, heard, silences), key=lambda report: report.at_us):
            if start_s * 1_000_000 <= report.at_us < end_s * 1_000_000:
                yield report


def _days_of(site: Site, block: int) -> list[date]:
    """The local days whose stays can reach into a block: its own and the one before."""
    first, last = local_day(site, block * BLOCK_S), local_day(site, (block + 1) * BLOCK_S - 1)
    return sorted({first - timedelta(days=1), first, last})


@lru_cache(maxsize=4)  # the days of a block and one more; a day costs half a second, and many calls want the same
def _heard_on(site: Site, day: date) -> Mapping[int, list[Heard]]:
    """What all nodes hear of the stays that began on a day, by block."""
    blocks: dict[int, list[Heard]] = defaultdict(list)
    for number, stay in enumerate(people(site, day)):
        rng = dice(site.seed, "air", day, number)
        for heard in _bursts(stay, rng):
            blocks[heard[0] * WINDOW_S // BLOCK_S].append(heard)
    return blocks


def _bursts(stay: Stay, rng: random.Random) -> Iterator[Heard]:
    """The bursts of one stay as each node hears them."""
    at = stay.start_s + rng.uniform(0, 4)
    for leg in stay.legs:
        levels = [stay.power_db + _level_dbm(node, leg.zone, leg.x_m, leg.y_m) for node in NODES]
        near = [(number, level) for number, level in enumerate(levels) if level > _DEAF_DBM - 8]
        at = max(at, leg.start_s)
        while at < leg.end_s:
            joined = stay.joins and at - stay.start_s > 40 and rng.random() > 0.01
            window, frames, span = int(at) // WINDOW_S, 1 + int(rng.expovariate(0.3)), rng.random() * 2
            last = min(int(at + span), window * WINDOW_S + WINDOW_S - 1)
            for number, level in near:
                signal = round(level + rng.gauss(0, _FADE_DB))
                if rng.random() * (_SURE_DBM - _DEAF_DBM) < signal - _DEAF_DBM:
                    yield window, number, _row(stay.address, frames, signal, int(at), last, joined=joined, rng=rng)
            at += max(31.0, stay.every_s * rng.lognormvariate(0, 0.1 if stay.role == "fixed" else 0.45))


def _level_dbm(node: Node, zone: str, x_m: float, y_m: float) -> float:
    """The level a node hears from a spot: distance, a wall to another zone, the facade from outside."""
    distance = max(1.0, math.hypot(node.x_m - x_m, node.y_m - y_m))
    walls = 0.0 if zone == node.zone else _WALL_DB
    if zone == STREET:
        walls = _FACADE_DB + (0.0 if node.zone == "Entrance" else _WALL_DB)
    return _AT_1M_DBM + node.gain_db - 10 * _EXPONENT * math.log10(distance) - walls


def _row(address: int, frames: int, signal: int, first: int, last: int, *, joined: bool, rng: random.Random) -> Row:
    if frames == 1:
        return Row(address, 1, signal, signal, signal, signal, first, last, joined)
    low, high = signal - int(rng.random() * 5), signal + int(rng.random() * 4)
    return Row(address, frames, low, high, signal, low + int(rng.random() * (high - low + 1)), first, last, joined)


def _block(site: Site, block: int, heard: list[Heard], silences: list[Outage]) -> Iterator[Report]:
    """The reports on one block's windows; all are sent before the first of the next block."""
    rng = dice(site.seed, "block", block)
    odd = (rng.randrange(BLOCK_S // WINDOW_S), rng.choice(NODES)) if rng.random() < _MALFORMED else None
    by_report: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for window, number, row in heard:
        by_report[window, number].append(row)
    carried: dict[int, dict[int, Row]] = defaultdict(dict)
    for window in range(block * BLOCK_S // WINDOW_S, (block + 1) * BLOCK_S // WINDOW_S):
        for number, node in enumerate(NODES):
            sent = (window + 1) * WINDOW_S + 0.2 + 0.9 * number + rng.random() / 2
            rows = _merged(by_report.get((window, number), []), carried[number] if node.carries else {})
            if odd == (window % (BLOCK_S // WINDOW_S), node):
                rows.append(_group_row(window * WINDOW_S, rng))
            if (not rows and window % 2) or _silent(node, window * WINDOW_S, sent, silences):
                continue
            at_us = int(sent * 1_000_000)
            report = Report(at_us, node, tuple(_own_clock(node, row, sent, silences) for row in rows))
            yield report
            if rng.random() < _RESENT:
                yield report._replace(at_us=at_us + rng.randrange(4_000_000, 14_000_000), resent=True)


def _merged(bursts: list[Row], carried: dict[int, Row]) -> list[Row]:
    """One row a station; what a node carried over from the windows before goes in, and is brought up to date."""
    rows: dict[int, Row] = {}
    for row in sorted(bursts, key=lambda row: (row.first_seen, row.address)):
        before = rows.get(row.address) or _kept(carried.get(row.address), row)
        rows[row.address] = _joined(before, row) if before else row
    for address, row in rows.items():
        last = row.last_signal
        carried[address] = row._replace(frames=1, min_signal=last, max_signal=last, avg_signal=last)
    return list(rows.values())


def _kept(before: Row | None, row: Row) -> Row | None:
    return before if before and row.first_seen - before.last_seen <= _CARRY_S else None


def _joined(before: Row, row: Row) -> Row:
    frames = before.frames + row.frames
    average = round((before.avg_signal * before.frames + row.avg_signal * row.frames) / frames)
    low, high = min(before.min_signal, row.min_signal), max(before.max_signal, row.max_signal)
    return Row(
        row.address, frames, low, high, average, row.last_signal, before.first_seen, row.last_seen, row.associated
    )


def _group_row(start_s: int, rng: random.Random) -> Row:
    at = start_s + rng.randrange(WINDOW_S)
    return Row(0x01005E << 24 | rng.getrandbits(23), 1, -71, -71, -71, -71, at, at, associated=False)


def _silent(node: Node, heard_from_s: float, sent_s: float, silences: list[Outage]) -> bool:
    """A window that touches an outage is lost: what was heard before it is in memory only."""
    return any(node in outage.nodes and outage.start_s <= sent_s and heard_from_s < outage.end_s for outage in silences)


def _own_clock(node: Node, row: Row, sent_s: float, silences: list[Outage]) -> Row:
    """Stamps as the node's clock shows them: its skew, or seconds since power-on while it has no time yet."""
    ahead = node.skew_s
    for outage in silences:
        if node == outage.nodes[0] and outage.end_s <= sent_s < outage.end_s + outage.unset_s:
            ahead = -int(outage.end_s) + 20
    if not ahead:
        return row
    return row._replace(first_seen=row.first_seen + ahead, last_seen=row.last_seen + ahead)
