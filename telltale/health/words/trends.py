"""Where batteries and signals go: title and table, with neutral fallbacks."""

from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.page.pieces import Table
from telltale.wording import is_known

_TREND = ("name", "measure", "days", "level", "per_day", "is_clear", "days_left")


def trends_title(trends: Any) -> str:
    """`Freezer has a battery for about 26 days`, or that none is known to run low."""
    table = [row for row in rows(trends, *_TREND) if is_known(row["days_left"])]
    table.sort(key=lambda row: (row["measure"] != "battery", row["days_left"]))
    if not table:
        return "No battery or signal is known to run low"
    first = table[0]
    name, left = wording.sentence_case(first["name"]), wording.count(int(first["days_left"]), "day")
    if first["measure"] == "battery":
        return f"{name} has a battery for about {left}"
    return f"{name} may lose its network in about {left}"


def trends_table(trends: Any, *, most: int = 20) -> Table:
    """Battery and signal of each device: where, which way, how long; those that run low first.

    What the data do not bear is not said.
    """
    shown = {"battery": ("V", 2, 30), "signal": ("dBm", 0, 30)}
    table = rows(trends, *_TREND)
    table.sort(key=lambda row: row["days_left"] if is_known(row["days_left"]) else float("inf"))
    body = []
    for row in table[:most]:
        unit, digits, month = shown[row["measure"]]
        slope = row["per_day"] * month if row["is_clear"] else None
        course = wording.quantity(slope, f"{unit} in 30 d", digits, signed=True) if slope is not None else _steady(row)
        left = f"about {wording.count(int(row['days_left']), 'day')}" if is_known(row["days_left"]) else "–"
        body.append([row["name"], row["measure"], wording.quantity(row["level"], unit, digits), course, left])
    return Table(("Device", "Of its", "Now", "Trend", "Left"), body, right=(2,), wide=(3,))


def _steady(row: dict[str, Any]) -> str:
    return "no clear trend" if is_known(row["per_day"]) else f"{wording.count(int(row['days']), 'day')}: too few to say"
