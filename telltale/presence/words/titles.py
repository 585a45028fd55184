"""Titles of presence figures: a rule each, with a neutral fallback when the data do not bear the finding."""

import datetime as dt
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from telltale import wording
from telltale.frames import local, rows
from telltale.presence.words.lengths import BANDS, closed, devices, shares
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

USUAL = 0.1
"""A change of less than a tenth is a usual one."""
CLEAR = 0.05
"""The first is "the busiest" only when this much ahead of the second."""
ENOUGH = 20
"""Fewer visits than this bear no sentence about their lengths."""
BAND_S = 60 * BANDS[1][0]
"""Where the second engagement band begins."""


def visits_overall(now: Any, before: Any, *, period: "Period") -> str:
    """`A usual week with **346 visits** …`: how many, against what, how long they stay.

    Args:
        now: summary of the period (`tt.presence.summary`): one row per address kind.
        before: summary of the period before; the comparison is left out unless it covers as many days.
        period: what both are of.
    """
    row, unit, basis = of_all(now), period.unit, period.basis
    if row is None or row["visits"] == 0:
        return "**No visits** in this period."
    if not is_known(row["visits"]):
        return "**Fewer visits** in this period than may be told."
    visits = f"**{wording.count(row['visits'], 'visit')}**"
    stay = row["dwell_median_s"]
    staying = f"; the median stay is **{wording.duration(stay)}**" if is_known(stay) else ""
    change = change_of(row["visits"], comparable(before, period).get("visits"))
    if change is None:
        return f"{visits} in {f'these {period.days} days' if unit == 'days' else f'this {unit}'}{staying}."
    if abs(change) < USUAL:
        usual = "Usual days" if unit == "days" else f"A usual {unit}"
        return f"{usual} with {visits}, {_as_many(change)} {basis}{staying}."
    more = "more" if change > 0 else "fewer"
    return f"{visits}, **{wording.percent(abs(change))} {more}** than {basis}{staying}."


def _as_many(change: float) -> str:
    if abs(change) < 0.005:
        return "as many as"
    return f"**{wording.percent(abs(change))} {'more' if change > 0 else 'fewer'}** than"


def busiest_day(days: Any, before: Any = None, *, unit: str = "week", timezone: str = "UTC") -> str:
    """`Wednesday was the busiest day; the week is 4 % up`, of visitor devices."""
    table = _days(days)
    counts = sorted(((row["visitors"], row["day"]) for row in table if is_known(row["visitors"])), reverse=True)
    ahead = len(counts) > 1 and counts[0][0] >= (1 + CLEAR) * counts[1][0] and len(counts) > 2
    former = [] if before is None else _days(before)
    change = change_of(_total(table), _total(former)) if len(former) >= len(table) else None
    trend = "" if change is None or unit == "day" else _trend(change, unit)
    if not ahead:
        return wording.sentence_case(trend) or "Visitors and passers-by by day"
    day = local(counts[0][1], timezone)
    name = wording.weekday(day) if len(table) <= 7 else wording.short_date(day)
    return f"{name} was the busiest day" + (f"; {trend}" if trend else "")


def _trend(change: float, unit: str) -> str:
    subject = "these days are" if unit == "days" else f"the {unit} is"
    if abs(change) < 0.01:
        return f"{subject} as busy as before"
    return f"{subject} {wording.percent(abs(change))} {'up' if change > 0 else 'down'}"


def comes_in(days: Any, *, k: int) -> str:
    """`About one device in four that is heard comes in`."""
    table = [row for row in _days(days) if is_known(row["visitors"]) and is_known(row["seen"])]
    seen, visitors = sum(row["seen"] for row in table), sum(row["visitors"] for row in table)
    if visitors < k or seen < 10 * k or visitors * 10 < seen:
        return "Visitors and passers-by by day"
    if visitors * 1.6 > seen:
        return f"{wording.percent(visitors / seen)} of the devices heard come in"
    return f"About one device in {wording.in_words(round(seen / visitors))} that is heard comes in"


def busiest_hour(bins: Any, *, timezone: str, k: int) -> str:
    """`It was busiest on Wednesday at 11:00, with about 28 devices`, or the hour most days share."""
    peaks = _daily_peaks(bins, timezone)
    if not peaks or peaks[0][0] < k:
        return "Devices present over time"
    most, start = peaks[0]
    devices = f"with about {wording.number(most)} devices"
    if len(peaks) == 1:
        return f"It was busiest at {wording.clock(start)}, {devices}"
    if most >= (1 + CLEAR) * peaks[1][0]:
        day = wording.weekday(start) if len(peaks) <= 7 else wording.short_date(start)
        return f"It was busiest on {day} at {wording.clock(start)}, {devices}"
    busy = [moment.hour + moment.minute / 60 for level, moment in peaks if level >= most / 2]
    if max(busy) - min(busy) > 3:
        return "Devices present over time"
    hour = round(sum(busy) / len(busy))
    return f"Most days are busiest around {hour:02}:00, {devices}"


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


def lengths_of_stay(visits: Any, *, k: int) -> str:
    """`57 % of visits end within 20 minutes`, or how long half of them last."""
    stays = closed(visits)
    if len(stays) < ENOUGH or devices(stays) < k:
        return "Visits by length"
    short = shares(stays, k=k)[0]
    if short is not None and short >= 0.5:
        return f"{wording.percent(short)} of visits end within 20 minutes"
    half = stays[len(stays) // 2].dwell_s
    # Where most are short and their share is withheld, how long half of them last is no finding.
    return "Visits by length" if half < BAND_S else f"Half of the visits last {wording.duration(half)} or longer"


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
    table = rows(summary, "address_kind", *SUMMARY)
    return next((row for row in table if row["address_kind"] == "all"), None)


def comparable(before: Any, period: "Period") -> dict[str, Any]:
    """The same of the period before; empty unless there are figures of as many days."""
    row = of_all(before)
    return row if row and row["days"] >= period.days else {}


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


def change_of(now: float | None, before: float | None) -> float | None:
    """The relative change; None when one is missing or the base is too small to compare with."""
    if now is None or before is None or not is_known(now) or not is_known(before) or before < ENOUGH:
        return None
    return now / before - 1


def _days(days: Any) -> list[dict[str, Any]]:
    return [row for row in rows(days, "day", "address_kind", "visitors", "seen") if row["address_kind"] == "all"]


def _total(table: list[dict[str, Any]]) -> float | None:
    counts = [row["visitors"] for row in table if is_known(row["visitors"])]
    return sum(counts) if counts else None
