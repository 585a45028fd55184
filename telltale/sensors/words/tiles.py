"""Sensors in figures: the tiles of a page, its tables, and the doubts beside them."""

import datetime as dt
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.tiles import on_time_tile, received_tile
from telltale.page.pieces import Table, Tile, Tiles
from telltale.sensors.words.titles import EXCURSION, KEY, STATS, beyond
from telltale.wording import is_known

_COUNTERS = ("_total", "_major", "_minor")


def sensor_tiles(
    stats: Any, excursions: Any, outside: Any, missing: Any, health: Any, *, tolerated_min: float
) -> Tiles:
    """Minutes outside limits, the sensor that matters most, messages received, sensors on time, readings.

    Args:
        stats: of the stretch, `excursions` too.
        excursions: see there.
        outside: by day (`tt.sensors.minutes_outside`), `missing` (`tt.health.missing`) too.
        missing: see there.
        health: of each device now (`tt.health.devices`).
        tolerated_min: see `limits_sentence`.
    """
    return Tiles(
        (
            _outside_tile(excursions, stats, outside, tolerated_min),
            _newest_tile(excursions, stats),
            received_tile(missing),
            on_time_tile(health),
            _readings_tile(stats),
        )
    )


def _outside_tile(excursions: Any, stats: Any, outside: Any, tolerated_min: float) -> Tile:
    left = beyond(excursions)
    course = [value / 60 for value in _by_day(outside, "outside_s")][-14:]
    minutes = sum(sensor.outside_s for sensor in left) / 60
    over = any(value > tolerated_min for value in course[-1:]) or any(sensor.is_open for sensor in left)
    names = wording.joined([sensor.name for sensor in left[:2]] + (["others"] if len(left) > 2 else []))
    note = names or "every sensor kept its limits"
    if not any(is_known(row["low"]) or is_known(row["high"]) for row in rows(stats, "low", "high")):
        return Tile("Outside limits", "–", "", "no limits in devices.csv")
    return Tile(
        "Outside limits", wording.number(minutes), "min", note, course, bars=True, state="alarm" if over else ""
    )  # fmt: skip


def _newest_tile(excursions: Any, stats: Any) -> Tile:
    """Of the sensor that left its limits, else of the one nearest to one of them."""
    table = [row for row in rows(stats, *KEY, *STATS) if is_known(row["value_last"])]
    limited = [row for row in table if is_known(row["low"]) or is_known(row["high"])]
    if not table:
        return Tile("Newest reading", "–", "", "no reading")
    left = [sensor.name for sensor in beyond(excursions)]
    row = next((row for name in left for row in limited if row["name"] == name), None)
    row = row or min(limited or table, key=_room)
    level = wording.number(row["value_last"], 1)
    limits = _limits(row)
    note = f"limits {limits}" if limits else f"{wording.number(row['readings'])} readings"
    return Tile(f"{wording.sentence_case(row['name'])} now", level, row["unit"], note)


def _room(row: dict[str, Any]) -> float:
    """How far a sensor is from its nearer limit, as a share of its band."""
    sides = [row["value_last"] - row["low"] if is_known(row["low"]) else None,
             row["high"] - row["value_last"] if is_known(row["high"]) else None]  # fmt: skip
    band = row["high"] - row["low"] if None not in sides else 1.0
    return float(min((side for side in sides if side is not None), default=0.0) / (band or 1.0))


def _limits(row: dict[str, Any]) -> str:
    low, high = row["low"], row["high"]
    if is_known(low) and is_known(high):
        return wording.number_range(low, high)
    if is_known(high):
        return f"up to {wording.number(high)}"
    return f"from {wording.number(low)}" if is_known(low) else ""


def _readings_tile(stats: Any) -> Tile:
    table = rows(stats, "device_id", "readings", "errors")
    errors = sum(int(row["errors"]) for row in table)
    note = f"{wording.count(errors, 'error code')} left out" if errors else "none with an error code"
    return Tile("Readings", wording.number(sum(int(row["readings"]) for row in table)), "", note)


def _by_day(frame: Any, name: str) -> list[float]:
    days: dict[dt.datetime, float] = {}
    for row in rows(frame, "start", name):
        days[row["start"]] = days.get(row["start"], 0.0) + (row[name] if is_known(row[name]) else 0.0)
    return [days[day] for day in sorted(days)]


def excursions_table(excursions: Any, *, timezone: str, most: int = 12) -> Table:
    """When limits were left: sensor, from when, how long, how far; the newest first."""
    table = rows(excursions, *EXCURSION, "crossed_at")
    table.sort(key=lambda row: row["crossed_at"], reverse=True)
    body = [
        [
            row["name"],
            wording.short_moment(local(row["crossed_at"], timezone)),
            f"{wording.duration(row['outside_s'])}{' so far' if row['is_open'] else ''}",
            f"{row['side']} {wording.number(row['limit_value'])}",
            wording.quantity(row["peak"], row["unit"], 1).strip(),
        ]
        for row in table[:most]
    ]
    return Table(("Sensor", "From", "Outside", "Limit", "Peak"), body, right=(2, 4), wide=(3,))


def sensors_table(stats: Any, *, timezone: str) -> Table:
    """Each series: readings, lowest, mean, highest, newest, limits; counters are told by what they counted."""
    body = [
        [
            row["name"],
            row["quantity"],
            wording.number(row["readings"]),
            *(wording.number(row[name], 1) for name in ("value_min", "value_mean", "value_max", "value_last")),
            row["unit"],
            _limits(row) or "–",
            wording.short_moment(local(row["last_at"], timezone)),
        ]
        for row in rows(stats, *KEY, *STATS)
        if not row["quantity"].endswith(_COUNTERS)
    ]
    heads = ("Sensor", "Quantity", "Readings", "Lowest", "Mean", "Highest", "Newest", "Unit", "Limits", "Heard")
    return Table(heads, body, right=(2, 3, 4, 5, 6), wide=(2, 4, 7, 8, 9))


def timing_note(excursions: Any) -> str:
    """How surely the moments are known at which limits were left."""
    sure = sorted({round(row["resolution_s"]) for row in rows(excursions, "resolution_s")})
    if not sure:
        return ""
    return f"Crossings are timed to ±{wording.duration(sure[-1])}, half the interval. Values are shown as sent."


def gaps_note(gaps: Any, *, timezone: str, most: int = 2) -> str:
    """`**Gaps** Cold room Mon 16 Nov, 11:14–13:54, 14 readings; …`: the longest ones."""
    table = rows(gaps, "name", "quantity", "after_at", "before_at", "missing")
    spans = {(row["name"], row["after_at"], row["before_at"]): row["missing"] for row in table if row["missing"] > 1}
    if not spans:
        return ""
    longest = sorted(spans, key=lambda span: span[1] - span[2])[:most]
    named = [
        f"{name} {wording.clock_span(local(after, timezone), local(before, timezone))}, "
        f"{wording.count(spans[name, after, before], 'reading')}"
        for name, after, before in longest
    ]
    more = f" and {wording.in_words(len(spans) - most)} more" if len(spans) > most else ""
    return (
        f"**{'Gap' if len(spans) == 1 else 'Gaps'}** {'; '.join(named)}{more}. What was missed is unknown, not within."
    )
