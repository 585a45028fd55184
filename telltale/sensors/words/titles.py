"""Did the sensors keep their limits: sentences and titles from `tt.sensors`, with neutral fallbacks."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from telltale import wording
from telltale.frames import local, rows
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period


class Beyond(NamedTuple):
    """All excursions of one sensor in a stretch of time."""

    name: str
    side: str
    """Of the farthest one: above or below."""
    limit: float
    unit: str
    outside_s: float
    times: int
    peak: float
    peak_at: dt.datetime
    is_open: bool


def beyond(excursions: Any) -> list[Beyond]:
    """The sensors that left their limits, the longest time outside first.

    Args:
        excursions: device_id, channel, quantity, unit, name, side, limit_value, outside_s, peak, peak_at, is_open
            (`tt.sensors.excursions`).
    """
    by_sensor: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows(excursions, *KEY, *EXCURSION):
        by_sensor.setdefault(key_of(row), []).append(row)
    left = [_together(several) for several in by_sensor.values()]
    return sorted(left, key=lambda sensor: (-sensor.outside_s, sensor.name))


KEY = ("device_id", "channel", "quantity")
"""The columns that name a series."""
EXCURSION = ("name", "unit", "side", "limit_value", "outside_s", "peak", "peak_at", "is_open")
STATS = ("name", "unit", "readings", "value_min", "value_mean", "value_max", "value_last", "last_at", "low", "high")


def key_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Which series a row is about."""
    return tuple(row[name] for name in KEY)


def _together(several: list[dict[str, Any]]) -> Beyond:
    farthest = max(several, key=lambda row: abs(row["peak"] - row["limit_value"]))
    return Beyond(
        farthest["name"],
        farthest["side"],
        farthest["limit_value"],
        farthest["unit"],
        sum(row["outside_s"] for row in several),
        len(several),
        farthest["peak"],
        farthest["peak_at"],
        any(row["is_open"] for row in several),
    )


def limits_sentence(
    stats: Any, excursions: Any, health: Any, *, now: dt.datetime, tolerated_min: float, period: str
) -> str:
    """`!!Fridge 2!! was above 8 °C for !!47 min!! this morning, up to **10.4 °C**; the other two sensors kept …`.

    What needs a look comes first; then what is silent.

    Args:
        stats: figures of the whole stretch (`tt.sensors.stats`).
        excursions: of the same stretch (`tt.sensors.excursions`).
        health: state and silent_s of each device (`tt.health.devices`).
        now: the present on the site's clock.
        tolerated_min: minutes outside a day that nobody needs to hear about.
        period: when, where no moment is named, such as `in this week`.
    """
    table = rows(stats, *KEY, *STATS)
    if not any(row["readings"] for row in table):
        return "**No reading** in this period, so nothing is known about limits." + _silent(health)
    limited = [row for row in table if is_known(row["low"]) or is_known(row["high"])]
    if not limited:
        count = wording.count(sum(int(row["readings"]) for row in table), "reading")
        devices = wording.count(len({row["device_id"] for row in table}), "sensor")
        return f"**{devices}** sent **{count}**; none of them has limits.{_silent(health)}"
    left = beyond(excursions)
    if not left:
        return f"{_all(len(limited))} kept {_its(len(limited))} limits{_in(period)}.{_silent(health)}"
    return f"{_left(left, tolerated_min, now, period)}{_others(len(limited) - len(left))}.{_silent(health)}"


def in_period(period: "Period") -> str:
    """How a sentence names the period: `today`, `in this week`, `in these 7 days`."""
    if period.days == 1 and period.running:
        return "today"
    return f"in these {period.days} days" if period.unit == "days" else f"in this {period.unit}"


def _left(sensors: list[Beyond], tolerated_min: float, now: dt.datetime, period: str) -> str:
    """Who left its limits: the first with how long and how far, the others by name."""
    first = sensors[0]
    loud = first.is_open or first.outside_s > 60 * tolerated_min
    mark = "!!" if loud else "**"
    lasting = wording.duration(first.outside_s)
    level, peak = (wording.quantity(value, first.unit, 1) for value in (first.limit, first.peak))
    when = part_of_day(local(first.peak_at, str(now.tzinfo)), now) if first.times == 1 else period
    verb = "has been" if first.is_open else "was"
    if first.is_open:
        when = ""
    times = f", {wording.in_words(first.times)} times" if first.times > 1 else ""
    reach = "up" if first.side == "above" else "down"
    text = (
        f"{mark}{wording.sentence_case(first.name)}{mark} {verb} {first.side} {plain(level)} for "
        f"{mark}{lasting}{mark}{times}{_in(when)}, {reach} to **{peak}**"
    )
    if len(sensors) == 1:
        return text
    also = wording.joined([f"{mark}{sensor.name}{mark}" for sensor in sensors[1:4]])
    more = f" and {wording.in_words(len(sensors) - 4)} more" if len(sensors) > 4 else ""
    return f"{text}; {also}{more} left {'its' if len(sensors) == 2 else 'their'} limits too"


def plain(level: str) -> str:
    """`8 °C`, not `8.0 °C`: limits are as people wrote them."""
    return level.replace(f".0{wording.NBSP}", wording.NBSP)


def _all(sensors: int) -> str:
    if sensors == 1:
        return "The **one sensor** with limits"
    return f"All **{wording.in_words(sensors)} sensors** with limits"


def _its(sensors: int) -> str:
    return "its" if sensors == 1 else "their"


def _others(sensors: int) -> str:
    if sensors == 0:
        return ""
    if sensors == 1:
        return "; the other sensor kept its limits"
    return f"; the other {wording.in_words(sensors)} sensors kept their limits"


def _in(when: str) -> str:
    return f" {when}" if when else ""


def _silent(health: Any) -> str:
    """`!!Cold room!! has been silent for **3 h 39 min**.`, after a space; empty when none is."""
    silent = [row for row in rows(health, "name", "state", "silent_s") if row["state"] == "silent"]
    if not silent:
        return ""
    silent.sort(key=lambda row: -(row["silent_s"] or 0))
    names = wording.joined([row["name"] for row in silent[:3]] + (["others"] if len(silent) > 3 else []))
    verb = "has" if len(silent) == 1 else "have"
    return f" !!{names}!! {verb} been silent for **{wording.duration(silent[0]['silent_s'])}**."


def part_of_day(moment: dt.datetime, now: dt.datetime) -> str:
    """`this morning`, `this afternoon`, `this evening`, `last night`, `yesterday`, `on Tue 17 Nov`; both local."""
    if moment.date() == now.date():
        hour = moment.hour
        return (
            f"this {'morning' if hour < 12 else 'afternoon' if hour < 18 else 'evening'}" if hour >= 5 else "at night"
        )
    if moment.date() == now.date() - dt.timedelta(days=1):
        return "yesterday"
    return f"on {wording.short_date(moment)}"


def limits_title(excursions: Any, stats: Any) -> str:
    """`Fridge 2 rose to 10.4 °C and was above 8 °C for 47 min`, or that all kept their limits."""
    table = rows(stats, "low", "high")
    limited = [row for row in table if is_known(row["low"]) or is_known(row["high"])]
    left = beyond(excursions)
    if not left:
        kept = len(limited)
        if kept == 0:
            return "What the sensors measured"
        return "The sensor kept its limits" if kept == 1 else f"All {wording.in_words(kept)} sensors kept their limits"
    first = left[0]
    level, peak = (wording.quantity(value, first.unit, 1) for value in (first.limit, first.peak))
    move = "rose" if first.side == "above" else "fell"
    lasting = f"{wording.duration(first.outside_s)}{' in all' if first.times > 1 else ''}"
    name = wording.sentence_case(first.name)
    return f"{name} {move} to {peak} and was {first.side} {plain(level)} for {lasting}"


def excursions_title(excursions: Any) -> str:
    """`Limits were left two times`."""
    count = len(rows(excursions, "name"))
    if not count:
        return "No limit was left"
    return f"Limits were left {'once' if count == 1 else f'{wording.in_words(count)} times'}"


def outside_title(outside: Any, *, tolerated_min: float, timezone: str) -> str:
    """`Two of nine days were over the tolerated 15 minutes`, or that none was."""
    minutes: dict[dt.date, float] = {}
    for row in rows(outside, "start", "outside_s"):
        if is_known(row["outside_s"]):
            day = local(row["start"], timezone).date()
            minutes[day] = minutes.get(day, 0.0) + row["outside_s"] / 60
    if not minutes:
        return "Minutes outside limits by day"
    over = [day for day, value in minutes.items() if value > tolerated_min]
    tolerated = f"the tolerated {wording.number(tolerated_min)} minutes" if tolerated_min else "their limits"
    if not over:
        return f"No day was over {tolerated}" if tolerated_min else "No sensor left its limits on any day"
    days = wording.in_words(len(minutes))
    if len(over) == 1:
        return f"{wording.weekday(over[0])} {over[0].day} is the only day over {tolerated}"
    return f"{wording.sentence_case(wording.in_words(len(over)))} of {days} days were over {tolerated}"


def main_quantity(quantities: Sequence[str]) -> str:
    """The quantity a page opens with: temperature, else the first by name."""
    return "temperature" if "temperature" in quantities else min(quantities, default="")
