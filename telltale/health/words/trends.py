"""Where batteries and signals go: title and table, with neutral fallbacks."""

from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.health import claims
from telltale.page import said
from telltale.page.claims import About
from telltale.page.pieces import Table
from telltale.page.said import Said, claimed, say
from telltale.wording import is_known

_TREND = ("device_id", "name", "measure", "days", "last_on", "level", "per_day", "is_clear", "days_left")


def trends_title(trends: Any, about: About = claims.ABOUT) -> Said:
    """`Freezer has a battery for about 26 days, should it go on like this`, or that none is known to run low."""
    table = [row for row in rows(trends, *_TREND) if is_known(row["days_left"])]
    table.sort(key=lambda row: (row["measure"] != "battery", row["days_left"]))
    if not table:
        return say("No battery or signal is known to run low")
    first = table[0]
    name, left = wording.sentence_case(first["name"]), _left(first, about)
    if first["measure"] == "battery":
        return say("{} has a battery for {}, should it go on like this", name, left)
    return say("{} may lose its network in {}, should it go on like this", name, left)


def trends_table(trends: Any, *, most: int = 20, about: About = claims.ABOUT) -> Table:
    """Battery and signal of each device: where, which way, how long; those that run low first.

    What the data do not bear is not said.
    """
    shown = {"battery": ("V", 2, 30), "signal": ("dBm", 0, 30)}
    table = rows(trends, *_TREND)
    table.sort(key=lambda row: row["days_left"] if is_known(row["days_left"]) else float("inf"))
    body = []
    for row in table[:most]:
        unit, digits, month = shown[row["measure"]]
        course: str = _steady(row, about)
        if row["is_clear"] and is_known(row["per_day"]):
            slope = wording.quantity(row["per_day"] * month, unit, digits, signed=True)
            told = claimed(claims.trend(about, row, "per_day", f"{unit}/d"), slope)
            course = say("{} in 30 d, from {}", told, _days(row, about))
        left = _left(row, about) if is_known(row["days_left"]) else "–"
        level = said.quantity(claims.trend(about, row, "level", unit), digits)
        on = claimed(claims.trend(about, row, "last_on"), wording.short_date(row["last_on"]))
        body.append([row["name"], row["measure"], say("{}, {}", level, on), course, left])
    return Table(("Device", "Of its", "Newest", "Trend", "Left"), body, right=(2,), wide=(3,))


def _left(row: dict[str, Any], about: About) -> Said:
    return claimed(claims.trend(about, row, "days_left", "d"), f"about {wording.count(int(row['days_left']), 'day')}")


def _days(row: dict[str, Any], about: About) -> Said:
    return said.count(claims.trend(about, row, "days"), "day")


def _steady(row: dict[str, Any], about: About) -> Said:
    if is_known(row["per_day"]):
        return say("no clear trend")
    return say("{}: too few to say", _days(row, about))
