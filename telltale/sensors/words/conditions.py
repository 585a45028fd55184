"""Conditions of sensors: doors, kinetic temperature, counters, silences past what they announced; with fallbacks."""

import datetime as dt
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About, Claim
from telltale.page.pieces import Table
from telltale.page.said import Said, say
from telltale.sensors import claims
from telltale.sensors.words.beyond import LEAST
from telltale.sensors.words.kept import HARDLY_S
from telltale.sensors.words.titles import NOBODY
from telltale.wording import is_known

_SERIES = (*claims.KEY, "name")
_EPISODE = ("state", "started_at", "ended_at", "lasted_s", "is_begin_known", "is_end_known", "is_open")
_KINETIC = ("unit", "start", "end", "readings", "mean_c", "kinetic_c", "unknown_s", "low", "high")
_CONSUMED = ("unit", "readings", "consumed", "resets", "may_be_low", "value_last", "counted_from", "last_at")
_OVERDUE = ("device_id", "name", "heard_at", "expected_at", "next_heard_at", "overdue_s", "is_open")
_MKT = "mean_kinetic_temperature"


def episodes_title(episodes: Any, about: About = NOBODY) -> Said:
    """`Back door said alarm 12 times, for 47 min at the longest`: the sensor of the longest episode."""
    table = rows(episodes, *_SERIES, *_EPISODE)
    longest = max(table, key=lambda row: row["lasted_s"], default=None)
    if longest is None:
        return Said("No door, alarm or water sensor is known to have been active")
    count = sum(row["device_id"] == longest["device_id"] for row in table)
    times = claims.episodes(about, longest, count)
    who = say("{} said {}", wording.sentence_case(longest["name"]), longest["state"])
    if count == 1:
        return say("{} {}, for {}", who, said.claimed(times, "once"), _lasted(longest, about))
    return say("{} {} times, for {} at the longest", who, said.in_words(times), _lasted(longest, about))


def episodes_table(episodes: Any, *, timezone: str, most: int = 12, about: About = NOBODY) -> Table:
    """When doors stood open and alarms were on: the newest first; what is not known is said."""
    table = sorted(rows(episodes, *_SERIES, *_EPISODE), key=lambda row: row["started_at"], reverse=True)
    body = [
        [
            row["name"],
            row["state"],
            say("{}{}", "" if row["is_begin_known"] else "before ", _started(row, timezone, about)),
            _until(row, timezone, about),
            _lasted(row, about),
        ]
        for row in table[:most]
    ]
    return Table(("Sensor", "State", "From", "Until", "Lasted"), body, right=(4,), wide=(1,))


def _started(row: dict[str, Any], zone: str, about: About) -> Said:
    at = wording.short_moment(local(row["started_at"], zone))
    return said.claimed(claims.episode(about, row, "started_at"), at)


def _until(row: dict[str, Any], zone: str, about: About) -> Said:
    """`14:42`; `still at 15:42` of the newest reading, which may be old; `unknown after 15:42`."""
    if row["is_end_known"]:
        return said.claimed(claims.episode(about, row, "ended_at"), _clock(row, row["ended_at"], zone))
    told = _clock(row, row["started_at"] + dt.timedelta(seconds=row["lasted_s"]), zone)
    lasted = claims.episode(about, row, "lasted_s", "s")
    return say("{} {}", "still at" if row["is_open"] else "unknown after", said.claimed(lasted, told))


def _clock(row: dict[str, Any], moment: dt.datetime, zone: str) -> str:
    """The time of day, with the date where it is not that of the beginning."""
    at = local(moment, zone)
    return wording.clock(at) if at.date() == local(row["started_at"], zone).date() else wording.short_moment(at)


def _lasted(row: dict[str, Any], about: About) -> Said:
    sure = row["is_begin_known"] and row["is_end_known"]
    return ("" if sure else LEAST) + said.duration(claims.episode(about, row, "lasted_s", "s"))


def kinetic_title(kinetic: Any, about: About = NOBODY) -> Said:
    """`Cold room: mean kinetic temperature 8.4 °C, above 8 °C`, or how many lie within, as far as is known.

    Args:
        kinetic: mean_c and kinetic_c in °C, unit, low and high as the sensor tells them, unknown_s
            (`tt.sensors.mean_kinetic_temperature`).
        about: what the numbers are claims of.
    """
    table = rows(kinetic, *_SERIES, *_KINETIC)
    limited = [row for row in table if is_known(row["low"]) or is_known(row["high"])]
    above = [row for row in limited if is_known(row["high"]) and _own(row, "kinetic_c") > row["high"]]
    below = [row for row in limited if is_known(row["low"]) and _own(row, "kinetic_c") < row["low"]]
    if not limited:
        return Said("Mean kinetic temperatures")
    if not above and not below:
        known = "" if all(row["unknown_s"] < HARDLY_S for row in limited) else ", as far as is known"
        if len(limited) == 1:
            return say("The one mean kinetic temperature lies within its limits{}", known)
        ids = [row["device_id"] for row in limited]
        count = said.in_words(claims.rows_of(about, "mean_kinetic_temperatures", _MKT, ids, len(limited)))
        return say("{} mean kinetic temperatures lie within their limits{}", said.sentence_case(count), known)
    row, side, name = (above[0], "above", "high") if above else (below[0], "below", "low")
    bound = wording.quantity(row[name], _degree(row), 0 if float(row[name]).is_integer() else 1)
    return say(
        "{}: mean kinetic temperature {}, {} {}",
        *(wording.sentence_case(row["name"]), _temperature(row, "kinetic_c", about), side),
        said.claimed(claims.condition(about, row, name, _degree(row), call=_MKT), bound),
    )


def kinetic_table(kinetic: Any, about: About = NOBODY) -> Table:
    """Each sensor of temperatures, in its own unit: readings, mean, mean kinetic temperature, limits, time unknown."""
    body = [
        [
            row["name"],
            said.number(claims.condition(about, row, "readings", call=_MKT)),
            _temperature(row, "mean_c", about),
            _temperature(row, "kinetic_c", about),
            _limits(row, about),
            _unknown(row, about),
        ]
        for row in rows(kinetic, *_SERIES, *_KINETIC)
    ]
    heads = ("Sensor", "Readings", "Mean", "Mean kinetic", "Limits", "Unknown")
    return Table(heads, body, right=(1, 2, 3, 5), wide=(1, 5))


def _temperature(row: dict[str, Any], column: str, about: About) -> Said:
    """A temperature in the unit that the sensor tells it and its limits in; the claim is in °C, as the call has it."""
    claim = claims.condition(about, row, column, "°C", call=_MKT)
    return said.claimed(claim, wording.quantity(_own(row, column), _degree(row), 1))


def _own(row: dict[str, Any], column: str) -> float:
    factor, offset = {"°F": (1.8, 32.0), "K": (1.0, 273.15)}.get(row["unit"], (1.0, 0.0))
    return float(row[column]) * factor + offset


def _degree(row: dict[str, Any]) -> str:
    return row["unit"] or "°C"


def _unknown(row: dict[str, Any], about: About) -> Said:
    if row["unknown_s"] < HARDLY_S:
        return Said("–")
    unknown = said.duration(claims.condition(about, row, "unknown_s", "s", call=_MKT))
    return say("{} of {}", unknown, wording.duration((row["end"] - row["start"]).total_seconds()))


def _limits(row: dict[str, Any], about: About) -> Said:
    low, high = (
        said.number(claims.condition(about, row, name, _degree(row), call=_MKT)) if is_known(row[name]) else ""
        for name in ("low", "high")
    )
    if low and high:
        return say("{}{}{}", low, " to " if min(row["low"], row["high"]) < 0 else wording.DASH, high)
    return say("from {}", low) if low else say("up to {}", high) if high else Said("–")


def consumption_title(consumption: Any, about: About = NOBODY) -> Said:
    """`Water meter counted 1,234 l`, or how many counters there are."""
    table = rows(consumption, *_SERIES, *_CONSUMED)
    if not table:
        return Said("No counter was read")
    if len(table) > 1:
        ids = [row["device_id"] for row in table]
        return say("What {} counters counted", said.in_words(_counters(about, ids, len(table))))
    (row,) = table
    name = wording.sentence_case(row["name"])
    if not is_known(row["consumed"]):
        return say("{} was read once: what it counted is not known", name)
    return say("{} counted {}{}", name, "at least " if row["may_be_low"] else "", _amount(row, "consumed", about))


def _counters(about: About, ids: list[str], count: int) -> Claim:
    return claims.rows_of(about, "counters", "consumption", ids, count)


def consumption_table(consumption: Any, *, timezone: str, about: About = NOBODY) -> Table:
    """Each counter: how much, between which readings, where it stood, how often it began again, what is not counted."""
    body = [
        [
            row["name"],
            _amount(row, "consumed", about),
            _between(row, timezone, about),
            _amount(row, "value_last", about) if is_known(row["value_last"]) else "–",
            said.number(claims.condition(about, row, "resets", call="consumption")),
            "at least so much" if row["may_be_low"] else "–" if is_known(row["consumed"]) else "read once",
        ]
        for row in rows(consumption, *_SERIES, *_CONSUMED)
    ]
    heads = ("Counter", "Counted", "From reading to reading", "Stood at", "Resets", "Note")
    return Table(heads, body, right=(1, 3, 4), wide=(2, 3))


def _between(row: dict[str, Any], zone: str, about: About) -> Said:
    """`Thu 19 Nov, 07:00 to Fri 20 Nov, 11:00`: the readings that the first step begins and the last one ends with."""
    start, end = local(row["counted_from"], zone), local(row["last_at"], zone)
    same_day = start.date() == end.date()
    moments = {"counted_from": wording.short_moment(start)}
    moments["last_at"] = wording.clock(end) if same_day else wording.short_moment(end)
    told = (said.claimed(claims.condition(about, row, name, call="consumption"), at) for name, at in moments.items())
    return said.together(list(told), wording.DASH if same_day else " to ")


def _amount(row: dict[str, Any], column: str, about: About) -> Said:
    """Thousands of Wh as kWh, of litres as m³."""
    claim, value = claims.condition(about, row, column, row["unit"], call="consumption"), row[column]
    larger = {"Wh": "kWh", "l": "m³"}.get(row["unit"])
    if larger and value is not None and abs(value) >= 10_000:
        return said.claimed(claim, wording.quantity(value / 1000, larger, 1))
    return said.claimed(claim, wording.quantity(value, row["unit"]).strip())


def overdue_title(overdue: Any, about: About = NOBODY) -> Said:
    """`Cold store was 2 h past the moment it had named`: the one that is or was silent for longest."""
    table = rows(overdue, *_OVERDUE)
    worst = max(table, key=lambda row: (row["is_open"], row["overdue_s"]), default=None)
    if worst is None:
        return Said("No device is known to be past a moment it had named")
    lasting = said.duration(claims.overdue(about, worst, "overdue_s", "s"))
    verb = "is" if worst["is_open"] else "was"
    return say("{} {} {} past the moment it had named", wording.sentence_case(worst["name"]), verb, lasting)


def overdue_table(overdue: Any, *, timezone: str, most: int = 12, about: About = NOBODY) -> Table:
    """When devices were not heard at the moment they had named: those that last first, then the newest."""
    table = rows(overdue, *_OVERDUE)
    table.sort(key=lambda row: (row["is_open"], row["expected_at"]), reverse=True)
    body = [
        [
            row["name"],
            _when(row, "expected_at", timezone, about),
            "not yet" if row["is_open"] else _when(row, "next_heard_at", timezone, about),
            said.duration(claims.overdue(about, row, "overdue_s", "s")),
        ]
        for row in table[:most]
    ]
    return Table(("Device", "Expected", "Heard", "Later by"), body, right=(3,))


def _when(row: dict[str, Any], column: str, zone: str, about: About) -> Said:
    return said.claimed(claims.overdue(about, row, column), wording.short_moment(local(row[column], zone)))
