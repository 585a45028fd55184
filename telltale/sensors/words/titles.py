"""Did the sensors keep their limits: sentences and titles from `tt.sensors`, with neutral fallbacks."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from telltale import wording
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About
from telltale.page.said import Said, say
from telltale.sensors import claims
from telltale.sensors.claims import KEY
from telltale.sensors.words.beyond import Beyond, beyond
from telltale.sensors.words.kept import (
    HARDLY_S,
    Kept,
    kept,
    kept_text,
    kept_title,
    others_text,
    quantity_name,
    unknown_of,
)

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

NOBODY = About()
STATS = (
    *("name", "unit", "readings", "value_min", "value_mean", "value_max", "value_last", "value_last_at", "last_at"),
    *("low", "high"),
)


def limits_sentence(
    stats: Any,
    coverage: Any,
    excursions: Any,
    health: Any,
    *,
    now: dt.datetime,
    tolerated_min: float,
    period: str,
    ends_now: bool = True,
    scope: str = "",
    elsewhere: Any = None,
    about: About = NOBODY,
    reports: About = NOBODY,
) -> Said:
    """`!!Fridge 2!! was above 8 °C for !!47 min!! this morning, up to **10.4 °C**; the other two sensors kept …`.

    What needs a look comes first; then what left its limits and is not among what is shown; then what is silent.

    Args:
        stats: figures of the whole stretch (`tt.sensors.stats`).
        coverage: how much is known of each sensor with limits (`tt.sensors.coverage`).
        excursions: of the same stretch (`tt.sensors.excursions`).
        health: state and silent_s of each device (`tt.health.devices`).
        now: the present on the site's clock.
        tolerated_min: minutes outside a day that nobody needs to hear about.
        period: when, where no moment is named, such as `in this week`.
        ends_now: whether the stretch ends at present; what was outside at the end of another one is not so now.
        scope: the quantity looked at; empty is all.
        elsewhere: the excursions of other sensors and quantities than those looked at.
        about: what the numbers are claims of.
        reports: what those of `health` are claims of.
    """
    judged = kept(coverage, excursions, about)
    left = beyond(excursions, about)
    table = rows(stats, *KEY, *STATS)
    heard = sum(int(row["readings"]) for row in table)
    if not heard:
        of = say(" of the **{} sensors** that have them", judged.count(judged.all)) if len(judged.all) > 1 else ""
        text = say("**No reading** in this period, so nothing is known about limits{}", of)
    elif not judged.all:
        ids = sorted({row["device_id"] for row in table})
        readings = said.count(claims.total(about, "readings", heard, ids), "reading")
        without = "it has no limits" if len(ids) == 1 else "none of them has limits"
        text = say("**{}** sent **{}**; {}", _senders(ids, health, about, reports), readings, without)
    elif not left:
        text = kept_text(judged, period)
    else:
        away = {row["name"] for row in rows(health, "name", "state") if row["state"] != "on_time"}
        away = away if ends_now else {sensor.name for sensor in left}
        text = _left(left, judged, tolerated_min=tolerated_min, now=now, period=period, away=away) + others_text(judged)
    return say("{}{}.{}{}", scoped(scope), text, _elsewhere(elsewhere, tolerated_min), silent(health, reports))


def scoped(scope: str) -> str:
    """`Temperature: ` before what is said of one quantity; empty for all."""
    return f"{wording.sentence_case(quantity_name(scope))}: " if scope else ""


def _senders(ids: Sequence[str], health: Any, about: About, reports: About) -> Said:
    """`2 sensors`; `2 of 3 sensors` where one of them sent nothing."""
    known = sorted({row["device_id"] for row in rows(health, "device_id")})
    senders = claims.total(about, "sensors", len(ids), ids, how="distinct", column="device_id")
    if len(ids) >= len(known):
        return said.count(senders, "sensor")
    return say("{} of {} sensors", said.number(senders), said.number(claims.reporting(reports, known)))


def _elsewhere(excursions: Any, tolerated_min: float) -> str:
    """` Not shown here: !!Lab!! (CO₂) left its limits.`; empty where nobody did."""
    left = [] if excursions is None else beyond(excursions)
    if not left:
        return ""
    loud = any(one.is_open or one.outside_s > 60 * tolerated_min for one in left)
    mark = "!!" if loud else "**"
    names = {one.name: [quantity_name(other.quantity) for other in left if other.name == one.name] for one in left}
    named = [f"{mark}{name}{mark} ({wording.joined(sorted(set(of)))})" for name, of in names.items()]
    shown = wording.joined([*named[:3], "others"] if len(named) > 3 else named)
    return f" Not shown here: {shown} left {'its' if len(named) == 1 else 'their'} limits."


def in_period(period: "Period") -> str:
    """How a sentence names the period: `today`, `in this week`, `in these 7 days`."""
    if period.days == 1 and period.running:
        return "today"
    return f"in these {period.days} days" if period.unit == "days" else f"in this {period.unit}"


def _left(
    sensors: list[Beyond], judged: Kept, *, tolerated_min: float, now: dt.datetime, period: str, away: set[str]
) -> Said:
    """Who left its limits: the first with how long and how far, the others by name."""
    first, zone = sensors[0], str(now.tzinfo)
    mark = "!!" if first.is_open or first.outside_s > 60 * tolerated_min else "**"
    is_now = first.is_open and first.name not in away
    several = len(first.excursions) > 1
    when: str = "" if first.is_open else period
    if not several and not first.is_open:
        when = first.moment("peak_at", part_of_day(local(first.peak_at, zone), now))
    text = say(
        "{mark}{name}{mark} {verb} {side} {level} for {mark}{lasting}{mark}{last}{times}{when}{since}, {reach} to "
        "**{peak}**{doubt}",
        mark=mark, name=wording.sentence_case(first.name), verb="has been" if is_now else "was", side=first.side,
        level=first.level, lasting=first.lasting, last=" when last heard" if first.is_open and not is_now else "",
        times=say(", {}", first.times) if several else "", when=say(" {}", when) if when else "",
        since=first.since(zone), reach="up" if first.side == "above" else "down", peak=first.peak,
        doubt=_doubt(first, judged),
    )  # fmt: skip
    others = list(dict.fromkeys(sensor.name for sensor in sensors[1:] if sensor.name != first.name))
    if not others:
        return text
    also = wording.joined([f"{mark}{name}{mark}" for name in others[:3]] + (["others"] if len(others) > 3 else []))
    return say("{}; {} left {} limits too", text, also, "its" if len(others) == 1 else "their")


def _doubt(first: Beyond, judged: Kept) -> Said:
    """What of the stretch is not known of the sensor that is told of."""
    of = next((each for each in judged.left if first.device_id in (each.device_id, *each.was)), None)
    return Said() if of is None or of.is_whole else say(" ({})", unknown_of(judged, of))


def silent(health: Any, reports: About) -> Said:
    """`!!Cold room!! has been silent for **3 h 39 min**.`, after a space; empty when none is.

    Args:
        health: state and silent_s of each device (`tt.health.devices`).
        reports: what its numbers are claims of.
    """
    table = rows(health, "device_id", "name", "state", "silent_s")
    quiet = sorted((row for row in table if row["state"] == "silent"), key=lambda row: -(row["silent_s"] or 0))
    if not quiet:
        return Said()
    names = wording.joined([row["name"] for row in quiet[:3]] + (["others"] if len(quiet) > 3 else []))
    lasting = said.duration(claims.report(reports, quiet[0], "silent_s", "s"))
    if len(quiet) == 1:
        return say(" !!{}!! has been silent for **{}**.", names, lasting)
    return say(" !!{}!! have been silent, for up to **{}**.", names, lasting)


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


def limits_title(excursions: Any, coverage: Any, *, scope: str = "", about: About = NOBODY) -> Said:
    """`Fridge 2 rose to 10.4 °C and was above 8 °C for 47 min`, or that all kept their limits, as far as is known.

    Args:
        excursions: see `limits_sentence`, `coverage`, `scope` and `about` too.
        coverage: see there.
        scope: see there.
        about: see there.
    """
    left = beyond(excursions, about)
    if not left:
        return scoped(scope) + kept_title(kept(coverage, excursions, about))
    first = left[0]
    in_all, so_far = " in all" if len(first.excursions) > 1 else "", " so far" if first.is_open else ""
    return say(
        "{}{} {} to {} and was {} {} for {}{}{}",
        *(scoped(scope), wording.sentence_case(first.name), "rose" if first.side == "above" else "fell", first.peak),
        *(first.side, first.level, first.lasting, in_all, so_far),
    )


def excursions_title(excursions: Any, coverage: Any, *, scope: str = "", about: About = NOBODY) -> Said:
    """`Limits were left two times`; or that none was, as far as is known. Arguments as for `limits_title`."""
    devices = [row["device_id"] for row in rows(excursions, "device_id")]
    if devices:
        claim = claims.times_left(about, sorted(set(devices)), len(devices))
        times = said.claimed(claim, "once") if len(devices) == 1 else say("{} times", said.in_words(claim))
        return say("{}Limits were left {}", scoped(scope), times)
    judged = kept(coverage, excursions)
    if not judged.all:
        return say("{}No sensor has limits", scoped(scope))
    known = "No limit was left" if judged.is_whole else "No limit is known to have been left"
    return say("{}{}", scoped(scope), known)


def outside_title(days: Any, *, tolerated_min: float, timezone: str, scope: str = "", about: About = NOBODY) -> Said:
    """`Two of nine days were over the tolerated 15 minutes`, or that none was, or is known to have been.

    Args:
        days: start, outside_s, unknown_s, is_over (`tt.sensors.days_outside`).
        tolerated_min: minutes a day that nobody needs to hear about.
        timezone: the site's zone.
        scope: the quantity looked at; empty is all.
        about: what the numbers are claims of.
    """
    table = rows(days, "start", "outside_s", "unknown_s", "is_over")
    known = [row for row in table if row["is_over"] is not None]
    if not known:
        return say("{}Minutes outside limits by day", scoped(scope))
    first = min(row["start"] for row in known)
    most = [(row["outside_s"] or 0) + row["unknown_s"] for row in table if row["start"] >= first and not row["is_over"]]
    sure = all(seconds < 60 * tolerated_min + HARDLY_S for seconds in most)
    over = [row for row in known if row["is_over"]]
    tolerated = f"the tolerated {wording.number(tolerated_min)} minutes" if tolerated_min else "their limits"
    if not over and tolerated_min:
        return say("{}No day {} over {}", scoped(scope), "was" if sure else "is known to have been", tolerated)
    if not over:
        left = "left" if sure else "is known to have left"
        return say("{}No sensor {} its limits on any day", scoped(scope), left)
    if len(over) == 1:
        day = local(over[0]["start"], timezone)
        named = said.claimed(claims.day(about, over[0], "start"), f"{wording.weekday(day)} {day.day}")
        return say("{}{} is the only day {}over {}", scoped(scope), named, "" if sure else "known to be ", tolerated)
    count, of = (
        said.in_words(claims.days_over(about, len(rows_of), which))
        for rows_of, which in ((over, [True]), (known, [True, False]))
    )
    return say("{}{} of {} days with readings were over {}", scoped(scope), said.sentence_case(count), of, tolerated)


def main_quantity(quantities: Sequence[str]) -> str:
    """The quantity a page opens with: temperature, else the first by name."""
    return "temperature" if "temperature" in quantities else min(quantities, default="")
