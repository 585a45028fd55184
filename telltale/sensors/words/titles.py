"""Did the sensors keep their limits: sentences and titles from `tt.sensors`, with neutral fallbacks."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from telltale import wording
from telltale.frames import local, rows
from telltale.page.attention import Found
from telltale.page.lists import Concern
from telltale.page.pieces import Sentence
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

MISSED = 0.03
"""A day on which a device missed less is one like any other."""


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


def beyond(excursions: Any, stats: Any) -> list[Beyond]:
    """The sensors that left their limits, the longest time outside first.

    Args:
        excursions: device_id, channel, quantity, name, side, limit_value, outside_s, peak, peak_at, is_open
            (`tt.sensors.excursions`).
        stats: device_id, channel, quantity, unit (`tt.sensors.stats`).
    """
    units = {key_of(row): row["unit"] for row in rows(stats, *KEY, "unit")}
    by_sensor: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows(excursions, *KEY, *EXCURSION):
        by_sensor.setdefault(key_of(row), []).append(row)
    found = [_together(several, units.get(key, "")) for key, several in by_sensor.items()]
    return sorted(found, key=lambda one: (-one.outside_s, one.name))


KEY = ("device_id", "channel", "quantity")
"""The columns that name a series."""
EXCURSION = ("name", "side", "limit_value", "outside_s", "peak", "peak_at", "is_open")
STATS = ("name", "unit", "readings", "value_min", "value_mean", "value_max", "value_last", "last_at", "low", "high")


def key_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Which series a row is about."""
    return tuple(row[name] for name in KEY)


def _together(several: list[dict[str, Any]], unit: str) -> Beyond:
    farthest = max(several, key=lambda row: abs(row["peak"] - row["limit_value"]))
    return Beyond(
        farthest["name"],
        farthest["side"],
        farthest["limit_value"],
        unit,
        sum(row["outside_s"] for row in several),
        len(several),
        farthest["peak"],
        farthest["peak_at"],
        any(row["is_open"] for row in several),
    )


def limits_sentence(
    stats: Any, excursions: Any, health: Any, *, now: dt.datetime, tolerated_min: float = 0, period: str = ""
) -> str:
    """`!!Fridge 2!! was above 8 °C for !!47 min!! this morning, up to **10.4 °C**; the other two sensors kept …`.

    What needs a look comes first; then what is silent.

    Args:
        stats: figures of the whole stretch (`tt.sensors.stats`).
        excursions: of the same stretch (`tt.sensors.excursions`).
        health: state and silent_s of each device (`tt.health`).
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
    found = beyond(excursions, stats)
    if not found:
        return f"{_all(len(limited))} kept {_its(len(limited))} limits{_in(period)}.{_silent(health)}"
    return f"{_left(found, tolerated_min, now, period)}{_others(len(limited) - len(found))}.{_silent(health)}"


def sensor_sentence(
    stats: Any, excursions: Any, health: Any, period: "Period", *, name: str = "", tolerated_min: float = 0
) -> Sentence:
    """The same as a page's opening, over the period it is about.

    Args:
        stats: see `limits_sentence`, `excursions` and `health` too.
        excursions: see there.
        health: see there.
        period: what `tt.period` gave.
        name: of the site.
        tolerated_min: see there.
    """
    spelt = "today" if period.days == 1 and period.running else f"in these {period.days} days"
    if period.unit != "days" and not (period.days == 1 and period.running):
        spelt = f"in this {period.unit}"
    text = limits_sentence(stats, excursions, health, now=period.now, tolerated_min=tolerated_min, period=spelt)
    return Sentence(text, f"{period.head} · {name}" if name else period.head)


def _left(found: list[Beyond], tolerated_min: float, now: dt.datetime, period: str) -> str:
    """Who left its limits: the first with how long and how far, the others by name."""
    first = found[0]
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
        f"{mark}{wording.sentence_case(first.name)}{mark} {verb} {first.side} {_plain(level)} for "
        f"{mark}{lasting}{mark}{times}{_in(when)}, {reach} to **{peak}**"
    )
    if len(found) == 1:
        return text
    also = wording.joined([f"{mark}{one.name}{mark}" for one in found[1:4]])
    more = f" and {wording.in_words(len(found) - 4)} more" if len(found) > 4 else ""
    return f"{text}; {also}{more} left {'its' if len(found) == 2 else 'their'} limits too"


def _plain(level: str) -> str:
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
    found = beyond(excursions, stats)
    if not found:
        kept = len(limited)
        if kept == 0:
            return "What the sensors measured"
        return "The sensor kept its limits" if kept == 1 else f"All {wording.in_words(kept)} sensors kept their limits"
    first = found[0]
    level, peak = (wording.quantity(value, first.unit, 1) for value in (first.limit, first.peak))
    move = "rose" if first.side == "above" else "fell"
    lasting = f"{wording.duration(first.outside_s)}{' in all' if first.times > 1 else ''}"
    name = wording.sentence_case(first.name)
    return f"{name} {move} to {peak} and was {first.side} {_plain(level)} for {lasting}"


def excursions_title(excursions: Any) -> str:
    """`Limits were left two times`."""
    count = len(rows(excursions, "name"))
    if not count:
        return "No limit was left"
    return f"Limits were left {'once' if count == 1 else f'{wording.in_words(count)} times'}"


def limit_concerns(excursions: Any, stats: Any, *, now: dt.datetime, tolerated_min: float = 0) -> list[Found]:
    """A line for each sensor that is beyond a limit, or was for longer than tolerated, for what needs a look.

    Args:
        excursions: of the last 24 hours (`tt.sensors.excursions`), `stats` too.
        stats: see there.
        now: the present on the site's clock.
        tolerated_min: minutes that nobody needs to hear about.
    """
    found = []
    for one in beyond(excursions, stats):
        if not one.is_open and one.outside_s <= 60 * tolerated_min:
            continue
        level, peak = (wording.quantity(value, one.unit, 1) for value in (one.limit, one.peak))
        what = f"{wording.sentence_case(one.name)} {one.side} {_plain(level)}"
        at = local(one.peak_at, str(now.tzinfo))
        when = "now" if one.is_open else f"{wording.clock(at)} {'today' if at.date() == now.date() else 'yesterday'}"
        lasting = wording.duration(one.outside_s)
        concern = Concern("alarm", what, f"{lasting}, peak {peak}", when, "door, load or cooling", "sensors")
        verb = "has been" if one.is_open else "was"
        phrase = f"!!{one.name}!! {verb} {one.side} {_plain(level)} for !!{lasting}!!"
        found.append(Found(concern, phrase, at))
    return found


def missing_title(missing: Any) -> str:
    """`Dock lost messages on four of 14 days`: the device with most days over 3 %."""
    table = [row for row in rows(missing, "name", "due", "received", "missing_share") if is_known(row["missing_share"])]
    days: dict[str, list[bool]] = {}
    for row in table:
        days.setdefault(row["name"], []).append(row["missing_share"] >= MISSED)
    counts = sorted(((sum(lost), name) for name, lost in days.items()), reverse=True)
    if not counts:
        return "Messages missing by device and day"
    most, name = counts[0]
    if most == 0:
        return "No device missed 3 % of a day's messages"
    if len(counts) > 1 and counts[1][0] == most:
        short = sum(count > 0 for count, _ in counts)
        return (
            f"{wording.sentence_case(wording.in_words(short))} of {wording.in_words(len(counts))} devices lost messages"
        )
    of = len(days[name])
    return f"{wording.sentence_case(name)} lost messages on {wording.in_words(most)} of {wording.in_words(of)} days"


def outside_title(outside: Any, *, tolerated_min: float = 0, timezone: str = "UTC") -> str:
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
