"""Conditions of sensors: doors, kinetic temperature, counters, silences past what they announced; with fallbacks."""

from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.page.pieces import Table
from telltale.wording import is_known

_NAMED = ("device_id", "name")
_EPISODE = ("state", "started_at", "ended_at", "lasted_s", "is_begin_known", "is_end_known", "is_open")
_KINETIC = ("readings", "mean_c", "kinetic_c", "low", "high")
_CONSUMED = ("unit", "consumed", "resets", "may_be_low", "value_last")
_OVERDUE = ("expected_at", "next_heard_at", "overdue_s", "is_open")


def episodes_title(episodes: Any) -> str:
    """`Back door said alarm 12 times, for 47 min at the longest`: the sensor of the longest episode."""
    table = rows(episodes, *_NAMED, *_EPISODE)
    longest = max(table, key=lambda row: row["lasted_s"], default=None)
    if longest is None:
        return "No door, alarm or water sensor was active"
    times = sum(row["device_id"] == longest["device_id"] for row in table)
    said = f"{wording.sentence_case(longest['name'])} said {longest['state']}"
    lasting = wording.duration(longest["lasted_s"])
    if times == 1:
        return f"{said} once, for {lasting}"
    return f"{said} {wording.in_words(times)} times, for {lasting} at the longest"


def episodes_table(episodes: Any, *, timezone: str, most: int = 12) -> Table:
    """When doors stood open and alarms were on: the newest first; what is not known is said."""
    table = sorted(rows(episodes, *_NAMED, *_EPISODE), key=lambda row: row["started_at"], reverse=True)
    body = [
        [
            row["name"],
            row["state"],
            f"{'' if row['is_begin_known'] else 'before '}{wording.short_moment(local(row['started_at'], timezone))}",
            wording.clock(local(row["ended_at"], timezone)) if row["is_end_known"] else _until(row),
            _lasted(row),
        ]
        for row in table[:most]
    ]
    return Table(("Sensor", "State", "From", "Until", "Lasted"), body, right=(4,), wide=(1,))


def _until(row: dict[str, Any]) -> str:
    return "still" if row["is_open"] else "unknown"


def _lasted(row: dict[str, Any]) -> str:
    sure = row["is_begin_known"] and row["is_end_known"]
    return f"{'' if sure else '≥' + wording.NBSP}{wording.duration(row['lasted_s'])}"


def kinetic_title(kinetic: Any) -> str:
    """`Cold room: mean kinetic temperature 8.4 °C, above 8 °C`, or that all lie within."""
    limited = [row for row in rows(kinetic, *_NAMED, *_KINETIC) if is_known(row["low"]) or is_known(row["high"])]
    above = [row for row in limited if is_known(row["high"]) and row["kinetic_c"] > row["high"]]
    below = [row for row in limited if is_known(row["low"]) and row["kinetic_c"] < row["low"]]
    if not limited:
        return "Mean kinetic temperatures"
    if not above and not below:
        return "Every mean kinetic temperature lies within the limits"
    row, side, limit = (above[0], "above", above[0]["high"]) if above else (below[0], "below", below[0]["low"])
    level = wording.quantity(row["kinetic_c"], "°C", 1)
    bound = wording.quantity(limit, "°C", 0 if float(limit).is_integer() else 1)
    return f"{wording.sentence_case(row['name'])}: mean kinetic temperature {level}, {side} {bound}"


def kinetic_table(kinetic: Any) -> Table:
    """Each sensor of temperatures: readings, mean, mean kinetic temperature, limits."""
    body = [
        [
            row["name"],
            wording.number(row["readings"]),
            wording.quantity(row["mean_c"], "°C", 1),
            wording.quantity(row["kinetic_c"], "°C", 1),
            _limits(row),
        ]
        for row in rows(kinetic, *_NAMED, *_KINETIC)
    ]
    return Table(("Sensor", "Readings", "Mean", "Mean kinetic", "Limits"), body, right=(1, 2, 3), wide=(1,))


def _limits(row: dict[str, Any]) -> str:
    low, high = (wording.number(row[name]) if is_known(row[name]) else "" for name in ("low", "high"))
    if low and high:
        return wording.number_range(row["low"], row["high"])
    return f"from {low}" if low else f"up to {high}" if high else "–"


def consumption_title(consumption: Any) -> str:
    """`Water meter counted 1,234 l`, or how many counters there are."""
    table = rows(consumption, *_NAMED, *_CONSUMED)
    if len(table) != 1:
        return f"What {wording.in_words(len(table))} counters counted" if table else "No counter was read"
    (row,) = table
    return f"{wording.sentence_case(row['name'])} counted {_amount(row['consumed'], row['unit'])}"


def consumption_table(consumption: Any) -> Table:
    """Each counter: how much, where it stands, how often it began again, whether some was not counted."""
    body = [
        [
            row["name"],
            _amount(row["consumed"], row["unit"]),
            _amount(row["value_last"], row["unit"]),
            wording.number(row["resets"]),
            "at least so much" if row["may_be_low"] else "–",
        ]
        for row in rows(consumption, *_NAMED, *_CONSUMED)
    ]
    return Table(("Counter", "Counted", "Stands at", "Resets", "Note"), body, right=(1, 2, 3), wide=(2,))


def _amount(value: float, unit: str) -> str:
    """Thousands of Wh as kWh, of litres as m³."""
    larger = {"Wh": "kWh", "l": "m³"}.get(unit)
    if larger and abs(value) >= 10_000:
        return wording.quantity(value / 1000, larger, 1)
    return wording.quantity(value, unit).strip()


def overdue_title(overdue: Any) -> str:
    """`Cold store was silent past its time twice`: the one that is or was silent for longest."""
    table = rows(overdue, *_NAMED, *_OVERDUE)
    worst = max(table, key=lambda row: (row["is_open"], row["overdue_s"]), default=None)
    if worst is None:
        return "Every device was heard when it had said"
    name, lasting = wording.sentence_case(worst["name"]), wording.duration(worst["overdue_s"])
    return f"{name} {'is' if worst['is_open'] else 'was'} {lasting} past the moment it had named"


def overdue_table(overdue: Any, *, timezone: str, most: int = 12) -> Table:
    """When devices were not heard at the moment they had named: those that last first, then the newest."""
    table = rows(overdue, *_NAMED, *_OVERDUE)
    table.sort(key=lambda row: (row["is_open"], row["expected_at"]), reverse=True)
    body = [
        [
            row["name"],
            wording.short_moment(local(row["expected_at"], timezone)),
            "not yet" if row["is_open"] else wording.short_moment(local(row["next_heard_at"], timezone)),
            wording.duration(row["overdue_s"]),
        ]
        for row in table[:most]
    ]
    return Table(("Device", "Expected", "Heard", "Later by"), body, right=(3,))
