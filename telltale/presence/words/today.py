"""A day that is still running: so far, beside earlier days at the same hour."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.silences import Reporting
from telltale.page import said
from telltale.page.said import Said, say
from telltale.page.usual import Usual
from telltale.presence.claims import NO_CLAIMS, Claims
from telltale.wording import is_known

RECENT = dt.timedelta(hours=2)
FEWEST_INTERVALS = 3


def visitors_by_now(visits: Any, now: dt.datetime, *, days: Collection[dt.date]) -> dict[dt.date, int]:
    """Distinct visitor devices that had come in by the clock of `now`, on days of which enough is recorded.

    Args:
        visits: device, entered_at (`tt.presence.visits`).
        now: the present on the site's clock.
        days: those that were recorded; one of them without a visit counts nobody, any other counts not at all.
    """
    found: dict[dt.date, set[Any]] = {day: set() for day in days}
    for row in rows(visits, "device", "entered_at"):
        entered = local(row["entered_at"], str(now.tzinfo))
        if entered.date() in found and entered.time() <= now.time():
            found[entered.date()].add(row["device"])
    return {day: len(devices) for day, devices in found.items()}


def so_far(
    visitors: float | None,
    stay_s: float | None,
    usual: Usual | None,
    counted: int,
    *,
    at_least: bool = False,
    recorded: bool = True,
    label: str = "",
    claims: Claims = NO_CLAIMS,
) -> Said:
    """`**42 visitor devices** today so far, **6 more** than on a usual Friday by 14:30; median stay **14 min**`.

    Args:
        visitors: of today; null was withheld.
        stay_s: the median stay of today.
        usual: of the days before.
        counted: today's devices counted as `usual` was.
        at_least: a part of today is not recorded.
        recorded: any of today is.
        label: of today.
        claims: make the numbers claims.
    """
    if not recorded:
        return say("**Nothing is known of today:** no node has reported.")
    if not is_known(visitors) or visitors is None:
        text = say("The number of **visitor devices** today so far is withheld, as small counts are")
    elif visitors == 0:
        nobody = said.claimed(claims.day(label, "visitors", 0), "No visitor device")
        text = say("**{}** {}", nobody, "in what is recorded of today" if at_least else "today so far")
    else:
        devices = said.count(claims.day(label, "visitors", int(visitors)), "visitor device")
        text = say("**{}{}** today so far", "At least " if at_least else "", devices)
    if usual is not None and is_known(visitors):
        text += _against(counted - usual.value, usual, claims)
    staying: str = ""
    if is_known(stay_s):
        staying = say("; median stay **{}**", said.duration(claims.day(label, "dwell_median_s", stay_s, "s")))
    return text + staying + "."


def change_by_now(usual: Usual | None, counted: int, *, claims: Claims = NO_CLAIMS) -> Said:
    """`**+6** on a usual Friday by 14:30 (median of 4)`; empty without a usual day."""
    if usual is None:
        return Said()
    change = claims.compared("visitors", "difference", counted - usual.value, n=usual.days)
    return say("**{}** on {}", said.number(change, signed=True), _basis(usual, claims))


def against_band(bins: Any, band: Mapping[dt.time, Any], *, name: str, now: dt.datetime) -> str:
    """`It is as busy as on a usual Friday`: the newest two hours against the band of earlier days.

    Nothing is compared while nobody reports, or some nodes do not: what they miss is no quiet time.

    Args:
        bins: address_kind, start, end, mean, nodes, optionally expected of today (`tt.presence.occupancy`).
        band: low and high by clock time (`tt.presence.charts.usual_band`).
        name: what the band is, such as `usual Friday`.
        now: the present on the site's clock.
    """
    since = now - RECENT
    table = [
        row
        for row in rows(bins, "address_kind", "start", "end", "mean", "nodes", optional=("expected",))
        if row["address_kind"] == "all" and local(row["start"], str(now.tzinfo)) >= since
    ]
    # One that has just begun waits for the reports of most nodes.
    width = max((row["end"] - row["start"] for row in table), default=dt.timedelta())
    table = [row for row in table if 2 * (row["end"] - row["start"]) >= width]
    if any(row["nodes"] < max(row["expected"] or 0, 1) for row in table):
        return "Devices present today"
    levels = [
        (row["mean"], band[start])
        for row in table
        if is_known(row["mean"]) and (start := local(row["start"], str(now.tzinfo)).time()) in band
    ]
    if len(levels) < FEWEST_INTERVALS:
        return "Devices present today"
    mean = sum(level for level, _ in levels) / len(levels)
    low, high = (sum(usual[at] for _, usual in levels) / len(levels) for at in (0, 1))
    compared = "busier than" if mean > high else "quieter than" if mean < low else "as busy as"
    return f"It is {compared} on a {name}"


def silent_now(found: Reporting, timezone: str, *, today: dt.date, claims: Claims = NO_CLAIMS) -> Said:
    """`!!3 of 8 nodes!! are silent since 13:10, so the counts are too low`, after a space; empty when all report."""
    if not found.now:
        return Said()
    start = local(found.now[0].start, timezone)
    since = wording.clock(start) if start.date() == today else wording.short_moment(start)
    # One that did not report at all today has been silent for nobody knows how long.
    when = "all day" if start.date() == today and start.time() == dt.time() else f"since {since}"
    return say(" {} silent {}, so the counts are too low.", silent_of(found, claims), when)


def silent_of(found: Reporting, claims: Claims = NO_CLAIMS) -> Said:
    """`!!3 of 8 nodes!! are`, `!!Both nodes!! are`, `!!The node!! is`: the nodes that are silent, with their verb."""
    return say("{} {}", who_is_silent(found, claims), "is" if len(found.now) == 1 else "are")


def who_is_silent(found: Reporting, claims: Claims = NO_CLAIMS) -> Said:
    """`!!3 of 8 nodes!!`, `!!Both nodes!!`, `!!The node!!`."""
    silent, known = claims.nodes("nodes_silent", len(found.now), reports=False), claims.nodes("nodes", found.known)
    if silent.value == known.value:
        words = {1: "The node", 2: "Both nodes"}.get(found.known)
        who = said.claimed(silent, words) if words else say("All {} nodes", said.number(silent))
    else:
        who = say("{} of {} nodes", said.number(silent), said.number(known))
    return say("!!{}!!", who)


def _against(change: float, usual: Usual, claims: Claims) -> Said:
    difference = round(abs(change))
    basis = _basis(usual, claims)
    if difference == 0 or difference < 0.05 * usual.value:
        return say(", as on {}", basis)
    claim = claims.compared("visitors", "difference", change, n=usual.days)
    more = "more" if change > 0 else "fewer"
    return say(", **{} {}** than on {}", said.claimed(claim, wording.number(difference)), more, basis)


def _basis(usual: Usual, claims: Claims) -> Said:
    return say("{} (median of {})", usual.basis, said.number(claims.compared("visitors", "days", usual.days)))
