"""What analysis must find again in a simulation, worked out the plain way from the rows that were reported.

Nothing of `telltale.analysis` is used: rows are gathered by device, sorted and joined in Python, one key period at a
time. The rules are the defaults of wire/presence.md 6.1–6.3 with keys of a day: a device is an address within one
local day cut at 04:00, so a stay across 04:00 counts as two sessions. Fixed devices and staff are left out of
`figures` and present in `unfiltered`. Now is the end of the scenario: a session heard in its last 15 minutes is open
and has no dwell.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Any, NamedTuple

from telltale.address import LOCAL_BIT, spelled
from telltale.contract import Scenario
from telltale.sources.cloudtrax.simulate.air import Report, Row, reports
from telltale.sources.cloudtrax.simulate.people import Regulars, Stay, people, regulars
from telltale.sources.cloudtrax.simulate.site import NODES, Site, local_day, moment, outages
from telltale.sources.cloudtrax.wire import SECOND_US
from telltale.tables import AHEAD_US, CLOCK_SET_US

GAP_S, VISITOR_S, ENGAGED_S = 900, 300, 1200
VISITOR_DBM, PASSER_DBM = -65, -90
CUT_S = 4 * 3600
_SETTLED_S = 120
"""A report is sent at most this long after the last frame in it."""


class _Heard(NamedTuple):
    """What of a row matters to a session."""

    first_seen: int
    last_seen: int
    max_signal: int
    associated: bool


class _Session(NamedTuple):
    """A stay as the nodes heard it; `device` is its address within the key period of `period`."""

    device: tuple[date, int]
    start_s: int
    end_s: int
    kind: str
    best: str

    @property
    def is_visit(self) -> bool:
        return self.best in {"visitor", "engaged"}


def found(site: Site, scenario: Scenario) -> dict[str, Any]:
    """What the emissions of the scenario hold.

    Returns:
        seed, timezone, start_s, end_s, rules;
        nodes: node_id, name, zone, skew_s of each; staff, fixed: addresses; outages: nodes, start_s, end_s (epoch s);
        totals: reports (resent ones included), resent, sightings (distinct, flagged ones included), rejected (bad rows,
        once a body), clock_wrong (sightings flagged), devices (device-days);
        days: by local date: start_s, end_s, staff, fixed (devices heard), `figures` and `unfiltered` by address kind
        (global, local, all): seen, visitors, passers_by, visits, engaged, bounced, open, dwell_median_s, dwell_mean_s;
        stays: every true stay that touches the scenario, by role, with the zones it passed;
        moves: how often visitors really went from one zone to another. JSON-able.
    """
    known, stays = regulars(site.seed), list(_stays(site, scenario))
    days = _days(site, scenario)
    totals: dict[str, int] = defaultdict(int)
    by_day: dict[date, list[_Session]] = defaultdict(list)
    for period, heard in _periods(site, scenario, totals):
        totals["devices"] += len(heard)
        for session in (one for address, rows in heard.items() for one in _sessions((period, address), rows)):
            for day in (period, period + timedelta(days=1)):
                if day in days and session.start_s < days[day][1] and session.end_s >= days[day][0]:
                    by_day[day].append(session)
    return {
        **scenario._asdict(),
        "rules": {"gap_s": GAP_S, "visitor_s": VISITOR_S, "engaged_s": ENGAGED_S, "visitor_dbm": VISITOR_DBM,
                  "passer_dbm": PASSER_DBM},
        "nodes": [{"node_id": spelled(node.address), "name": node.name, "zone": node.zone, "skew_s": node.skew_s}
                  for node in NODES],
        "staff": [spelled(address) for address in known.staff],
        "fixed": [spelled(address) for address in known.fixed],
        "outages": list(_outages(site, scenario)),
        "totals": dict(totals),
        "days": {str(day): _day(day, span, by_day[day], known, scenario.end_s)
                 for day, span in days.items()},
        "stays": stays,
        "moves": _moves(stays),
    }  # fmt: skip


def _days(site: Site, scenario: Scenario) -> dict[date, tuple[float, float]]:
    """The local days the scenario touches, and their bounds."""
    day, last = local_day(site, scenario.start_s), local_day(site, scenario.end_s - 1)
    days = {}
    while day <= last:
        days[day] = (moment(site, day, 0), moment(site, day + timedelta(days=1), 0))
        day += timedelta(days=1)
    return days


def _periods(site: Site, scenario: Scenario, totals: dict[str, int]) -> Iterator[tuple[date, dict[int, set[_Heard]]]]:
    """The rows of each key period by address, as soon as no more can come; what is not used is counted."""
    first = local_day(site, scenario.start_s) - timedelta(days=1)
    last = local_day(site, scenario.end_s) + timedelta(days=1)
    starts = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    cuts = [moment(site, day, CUT_S) for day in starts]
    waiting: dict[date, dict[int, set[_Heard]]] = {}
    for report in reports(site, scenario.start_s, scenario.end_s):
        totals["reports"] += 1
        if report.resent:
            totals["resent"] += 1
            continue
        for row in _sound(report, totals):
            period = starts[bisect_right(cuts, row.last_seen) - 1]
            by_address = waiting.setdefault(period, defaultdict(set))
            by_address[row.address].add(_Heard(row.first_seen, row.last_seen, row.max_signal, row.associated))
        if len(waiting) > 1:
            oldest = min(waiting)
            if report.at_us > (moment(site, oldest + timedelta(days=1), CUT_S) + _SETTLED_S) * SECOND_US:
                yield oldest, waiting.pop(oldest)
    yield from sorted(waiting.items())


def _sound(report: Report, totals: dict[str, int]) -> Iterator[Row]:
    """The rows that enter sessions; group addresses and wrong clocks are counted and left out."""
    for row in report.rows:
        if row.is_group:
            totals["rejected"] += 1
            continue
        totals["sightings"] += 1
        if row.last_seen * SECOND_US < CLOCK_SET_US or row.last_seen * SECOND_US > report.at_us + AHEAD_US:
            totals["clock_wrong"] += 1
            continue
        yield row


def _sessions(device: tuple[date, int], rows: set[_Heard]) -> Iterator[_Session]:
    """Join the rows of one device where the silence is not longer than the gap."""
    joined: list[_Heard] = []
    end = 0
    for row in sorted(rows):
        if joined and row.first_seen - end > GAP_S:
            yield _session(device, joined, end)
            joined, end = [], 0
        joined.append(row)
        end = max(end, row.last_seen)
    yield _session(device, joined, end)


def _session(device: tuple[date, int], rows: list[_Heard], end: int) -> _Session:
    start = rows[0].first_seen
    dwell, strongest = end - start, max(row.max_signal for row in rows)
    visits = any(row.associated for row in rows) or (dwell >= VISITOR_S and strongest >= VISITOR_DBM)
    if visits:
        best = "engaged" if dwell >= ENGAGED_S else "visitor"
    else:
        best = "passer_by" if strongest >= PASSER_DBM else "ignored"
    return _Session(device, start, end, "local" if device[1] & LOCAL_BIT else "global", best)


def _day(day: date, span: tuple[float, float], sessions: list[_Session], known: Regulars, now_s: int) -> dict[str, Any]:
    staff, fixed = set(known.staff), set(known.fixed)
    addresses = {session.device[1] for session in sessions}
    people_only = [session for session in sessions if session.device[1] not in staff | fixed]
    return {
        "weekday": day.strftime("%a"),
        "start_s": int(span[0]),
        "end_s": int(span[1]),
        "staff": len(addresses & staff),
        "fixed": len(addresses & fixed),
        "figures": _by_kind(people_only, span, now_s),
        "unfiltered": _by_kind(sessions, span, now_s),
    }


def _by_kind(sessions: list[_Session], span: tuple[float, float], now_s: int) -> dict[str, dict[str, Any]]:
    kinds = {kind: [one for one in sessions if one.kind == kind] for kind in ("global", "local")}
    return {kind: _figures(some, span, now_s) for kind, some in ({**kinds, "all": sessions}).items()}


def _figures(sessions: list[_Session], span: tuple[float, float], now_s: int) -> dict[str, Any]:
    seen = {one.device for one in sessions if one.best != "ignored"}
    visitors = {one.device for one in sessions if one.is_visit}
    visits = [one for one in sessions if one.is_visit and span[0] <= one.start_s < span[1]]
    dwell = [one.end_s - one.start_s for one in visits if now_s - one.end_s > GAP_S]
    engaged = sum(one.best == "engaged" for one in visits)
    return {
        "seen": len(seen),
        "visitors": len(visitors),
        "passers_by": len(seen) - len(visitors),
        "visits": len(visits),
        "engaged": engaged,
        "bounced": len(visits) - engaged,
        "open": len(visits) - len(dwell),
        "dwell_median_s": median(dwell) if dwell else None,
        "dwell_mean_s": fmean(dwell) if dwell else None,
    }


def _outages(site: Site, scenario: Scenario) -> Iterator[dict[str, Any]]:
    for day in _days(site, scenario):
        for outage in outages(site, day):
            if outage.start_s < scenario.end_s and outage.end_s > scenario.start_s:
                nodes = [spelled(node.address) for node in outage.nodes]
                yield {"nodes": nodes, "start_s": int(outage.start_s), "end_s": int(outage.end_s)}


def _stays(site: Site, scenario: Scenario) -> Iterator[dict[str, Any]]:
    first = local_day(site, scenario.start_s) - timedelta(days=1)
    last = local_day(site, scenario.end_s - 1)
    for number in range((last - first).days + 1):
        for stay in people(site, first + timedelta(days=number)):
            if stay.start_s < scenario.end_s and stay.end_s >= scenario.start_s:
                yield _told(stay)


def _moves(stays: list[dict[str, Any]]) -> list[dict[str, Any]]:
    visitors = [stay["zones"] for stay in stays if stay["role"] == "visitor"]
    counts = Counter((one, other) for zones in visitors for one, other in pairwise(zones) if one != other)
    return [{"from": one, "to": other, "count": count} for (one, other), count in sorted(counts.items())]


def _told(stay: Stay) -> dict[str, Any]:
    return {
        "address": spelled(stay.address),
        "role": stay.role,
        "start_s": round(stay.start_s, 3),
        "end_s": round(stay.end_s, 3),
        "zones": [leg.zone for leg in stay.legs],
    }
