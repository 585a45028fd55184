"""Titles of presence figures: a rule each, with a neutral fallback when the data do not bear the finding."""

import datetime as dt
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from telltale import wording
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import Claim
from telltale.page.said import Said, say
from telltale.presence.claims import NO_CLAIMS, Claims
from telltale.presence.words.lengths import BANDS, lengths
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

USUAL = 0.1
"""A change of less than a tenth is a usual one."""
RECORDED = 0.95
"""A day or stretch of which less is recorded is compared with nothing: what is missing would be a change."""
CLEAR = 0.05
"""The first is "the busiest" only when this much ahead of the second."""
ENOUGH = 20
"""Fewer visits than this bear no sentence about their lengths."""
BAND_S = 60 * BANDS[1][0]
"""Where the second engagement band begins."""


def visits_overall(
    now: Any, before: Any, *, period: "Period", at_least: bool = False, claims: Claims = NO_CLAIMS
) -> Said:
    """`A usual week with **346 visits** …`: how many, against what, how long they stay.

    Args:
        now: summary of the period (`tt.presence.summary`): one row per address kind.
        before: summary of the period before; the comparison is left out unless both are recorded alike.
        period: what both are of.
        at_least: some of the period is not recorded.
        claims: make the numbers claims.
    """
    row, unit, basis = of_all(now), period.unit, period.basis
    nobody = say("**{}**", said.claimed(claims.summary("visits", 0), "No visits"))
    if row is None or (row["visits"] == 0 and not at_least and not lacks_days(row)):
        return nobody + " in this period."
    if not is_known(row["visits"]):
        return say("The number of **visits** in this period is withheld, as small counts are.")
    if row["visits"] == 0:
        return nobody + " in what is recorded of this period."
    is_lower = at_least or lacks_days(row)
    count = said.count(claims.summary("visits", row["visits"]), "visit")
    visits = say("**{}{}**", "At least " if is_lower else "", count)
    stay: str = ""
    if is_known(row["dwell_median_s"]):
        median = claims.summary("dwell_median_s", row["dwell_median_s"], "s", n=row["ended"])
        stay = say("; the median stay is **{}**", said.duration(median))
    change = change_of(row["visits"], comparable(before, period, row).get("visits"))
    if change is None:
        return say("{} in {}{}.", visits, f"these {period.days} days" if unit == "days" else f"this {unit}", stay)
    claim = claims.compared("visits", "change", change)
    if abs(change) < USUAL:
        usual = "Usual days" if unit == "days" else f"A usual {unit}"
        visits = say("**{}{}**", "at least " if is_lower else "", count)
        return say("{} with {}, {} {}{}.", usual, visits, _as_many(claim, change), basis, stay)
    more = "more" if change > 0 else "fewer"
    return say("{}, **{} {}** than {}{}.", visits, said.claimed(claim, wording.percent(abs(change))), more, basis, stay)


def lacks_days(row: dict[str, Any]) -> bool:
    """Whether days are missing in its sums: withheld, or without a report."""
    return bool(row.get("withheld_days") or row.get("unknown_days"))


def _as_many(claim: Claim, change: float) -> Said:
    if abs(change) < 0.005:
        return said.claimed(claim, "as many as")
    more = "more" if change > 0 else "fewer"
    return say("**{} {}** than", said.claimed(claim, wording.percent(abs(change))), more)


def busiest_day(
    days: Any, before: Any = None, *, unit: str = "week", timezone: str = "UTC", claims: Claims = NO_CLAIMS
) -> Said:
    """`Wednesday was the busiest day; the week is 4 % up`, of visitor devices.

    Without a day nearly all of which is recorded, or with one that is so only in part, there is no such finding.
    """
    table = _days(days)
    counts = sorted(((row["visitors"], row["day"]) for row in table if is_known(row["visitors"])), reverse=True)
    whole = all(_is_recorded(row) for row in table)
    ahead = whole and len(counts) > 2 and counts[0][0] >= (1 + CLEAR) * counts[1][0]
    former = [] if before is None else _days(before)
    alike = 0 < len(table) <= len(former) and whole and all(_is_recorded(row) for row in former)
    alike = alike and _unknown(former) == _unknown(table)
    change = change_of(total_of_days(days), total_of_days(before)) if alike else None
    trend = Said() if change is None or unit == "day" else _trend(change, unit, claims)
    if not ahead:
        return said.sentence_case(trend or "Visitors and passers-by, day by day")
    day = local(counts[0][1], timezone)
    name = wording.weekday(day) if len(table) <= 7 else wording.short_date(day)
    most = claims.days([day.date().isoformat()], "visitors", counts[0][0], how="max")
    return say("{} was the busiest day{}", said.claimed(most, name), say("; {}", trend) if trend else "")


def _trend(change: float, unit: str, claims: Claims) -> Said:
    subject = "these days are" if unit == "days" else f"the {unit} is"
    claim = claims.compared("visitors_by_day", "change", change)
    if abs(change) < 0.01:
        return say("{} {}", subject, said.claimed(claim, "as busy as before"))
    return say("{} {} {}", subject, said.claimed(claim, wording.percent(abs(change))), "up" if change > 0 else "down")


def comes_in(days: Any, *, k: int, claims: Claims = NO_CLAIMS) -> Said:
    """`About one device in four that is heard comes in`."""
    table = [row for row in _days(days) if is_known(row["visitors"]) and is_known(row["seen"])]
    seen, visitors = sum(row["seen"] for row in table), sum(row["visitors"] for row in table)
    if visitors < k or seen < 10 * k or visitors * 10 < seen:
        return say("Visitors and passers-by, day by day")
    labels = [row["label"] for row in table]
    share = claims.days(labels, "capture_rate", visitors / seen, how="share", weight="seen")
    if visitors * 1.6 > seen:
        return say("{} of the devices heard come in", said.percent(share))
    one_in = said.claimed(share, f"one device in {wording.in_words(round(seen / visitors))}")
    return say("About {} that is heard comes in", one_in)


def busiest_hour(bins: Any, *, timezone: str, k: int, claims: Claims = NO_CLAIMS) -> Said:
    """`It was busiest on Wednesday at 11:00, with about 28 devices`, or the hour most days share."""
    peaks = _daily_peaks(bins, timezone)
    if not peaks or peaks[0][0] < k:
        return say("Devices present over time")
    most, start = peaks[0]
    claim = claims.present([start], most, how="max")
    devices = say("with about {} devices", said.number(claim))
    if len(peaks) == 1:
        return say("It was busiest at {}, {}", said.claimed(claim, wording.clock(start)), devices)
    if most >= (1 + CLEAR) * peaks[1][0]:
        day = wording.weekday(start) if len(peaks) <= 7 else wording.short_date(start)
        return say("It was busiest on {}, {}", said.claimed(claim, f"{day} at {wording.clock(start)}"), devices)
    busy = [moment.hour + moment.minute / 60 for level, moment in peaks if level >= most / 2]
    if max(busy) - min(busy) > 3:
        return say("Devices present over time")
    hour = round(sum(busy) / len(busy))
    return say("Most days are busiest around {}, {}", f"{hour:02}:00", devices)


def _daily_peaks(bins: Any, timezone: str) -> list[tuple[float, dt.datetime]]:
    """The fullest bin of each local day, all kinds present at that time together; the fullest day first."""
    table = rows(bins, "address_kind", "start", "mean")
    whole = any(row["address_kind"] == "all" for row in table)
    present: dict[dt.datetime, float] = {}
    for row in table:
        if is_known(row["mean"]) and (row["address_kind"] == "all") == whole:
            present[row["start"]] = present.get(row["start"], 0) + row["mean"]
    peaks: dict[dt.date, tuple[float, dt.datetime]] = {}
    for moment, level in sorted(present.items()):
        start = local(moment, timezone)
        peaks[start.date()] = max(peaks.get(start.date(), (0.0, start)), (level, start), key=lambda peak: peak[0])
    return sorted(peaks.values(), reverse=True)


def lengths_of_stay(visits: Any, *, k: int, claims: Claims = NO_CLAIMS) -> Said:
    """`57 % of visits end within 20 minutes`, or how long half of them last.

    Args:
        visits: as `telltale.presence.words.lengths.lengths` takes them.
        k: the smallest number of devices that is shown.
        claims: make the numbers claims.
    """
    found = lengths(visits, k=k)
    if found.ended is None or found.ended < ENOUGH or found.median_s is None:
        return say("Visits by length")
    short = found.shares[0]
    if short is not None and short >= 0.5:
        claim = claims.lengths("band", short, column="share", low=0)
        return say("{} of visits end within 20 minutes", said.percent(claim))
    # Where most are short and their share is withheld, how long half of them last is no finding.
    if found.median_s < BAND_S:
        return say("Visits by length")
    half = claims.lengths("ended", found.median_s, "s", column="median_s")
    return say("Half of the visits last {} or longer", said.duration(half))


def busiest_paths(moves: Any, *, k: int) -> str:
    """`Most moves run between entrance, hall and canteen`, or the most frequent single move."""
    counts = {
        (row["from_zone"], row["to_zone"]): row["moves"]
        for row in rows(moves, "from_zone", "to_zone", "moves")
        if is_known(row["moves"]) and row["moves"] >= k
    }
    zones = sorted({zone for pair in counts for zone in pair})
    total = sum(counts.values())
    for size, share in ((2, 0.6), (3, 0.75)):
        best = max(combinations(zones, size), key=lambda some: (_among(counts, some), some), default=())
        if len(zones) > size and _among(counts, best) >= share * total:
            return f"Most moves run between {wording.joined(best)}"
    ranked = sorted(((count, pair) for pair, count in counts.items()), reverse=True)
    if len(ranked) > 1 and ranked[0][0] >= (1 + 2 * CLEAR) * ranked[1][0]:
        return f"The most frequent move is from {' to '.join(ranked[0][1])}"
    return "Moves between zones"


def _among(counts: dict[tuple[str, str], int], zones: Sequence[str]) -> int:
    return sum(count for pair, count in counts.items() if set(pair) <= set(zones))


def of_all(summary: Any) -> dict[str, Any] | None:
    """The row of all address kinds; None without one."""
    table = rows(summary, "address_kind", *SUMMARY, optional=MISSING)
    return next((row for row in table if row["address_kind"] == "all"), None)


def comparable(before: Any, period: "Period", now: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same of the period before; empty unless it has as many days, and both are recorded alike.

    Args:
        before: summary of the period before.
        period: the period.
        now: its row; what is withheld or missing of one and not of the other would be told as a change.
    """
    row = of_all(before)
    if row is None or row["days"] < period.days:
        return {}
    for one in (row, now or {}):
        share = one.get("recorded_share")
        if one.get("unknown_days") or (share is not None and share < RECORDED):
            return {}
    if period.running and row.get("is_so_far") is False:
        # A day that has closed is kept whole: it is no basis for one that runs.
        return {}
    alike = (row.get("withheld_days") or 0) == ((now or {}).get("withheld_days") or 0)
    return row if alike else {}


SUMMARY = (
    "days",
    "site",
    "name",
    "visits",
    "visitors",
    "seen",
    "capture_rate",
    "dwell_median_s",
    "dwell_p90_s",
    "rotation",
    "k",
)
"""Columns of `tt.presence.summary` the titles and tiles read."""
MISSING = ("withheld_days", "unknown_days", "recorded_share", "ended", "is_so_far")
"""Those that say what its sums lack."""


def change_of(now: float | None, before: float | None) -> float | None:
    """The relative change; None when one is missing or the base is too small to compare with."""
    if now is None or before is None or not is_known(now) or not is_known(before) or before < ENOUGH:
        return None
    return now / before - 1


def _days(days: Any) -> list[dict[str, Any]]:
    table = rows(days, "day", "address_kind", "visitors", "seen", optional=("node_share", "label"))
    return [row for row in table if row["address_kind"] == "all"]


def _is_recorded(row: dict[str, Any]) -> bool:
    return row["node_share"] is None or row["node_share"] >= RECORDED


def _unknown(table: list[dict[str, Any]]) -> int:
    return sum(not is_known(row["visitors"]) for row in table)


def total_of_days(days: Any) -> float | None:
    """Visitors of the days that tell them; None where none does."""
    counts = [row["visitors"] for row in _days(days) if is_known(row["visitors"])]
    return sum(counts) if counts else None
