"""Sensors in figures: the tiles of a page, its tables, and the doubts beside them."""

import datetime as dt
from dataclasses import replace
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health import claims as of_health
from telltale.health.words.tiles import on_time_tile, received_tile
from telltale.page import said
from telltale.page.claims import About
from telltale.page.pieces import Table, Tile, Tiles
from telltale.page.said import Said, say
from telltale.sensors import claims
from telltale.sensors.claims import KEY
from telltale.sensors.words.beyond import EXCURSION, LEAST, beyond, lasting, quantity
from telltale.sensors.words.kept import HARDLY_S, Kept, kept, known, quantity_name
from telltale.sensors.words.titles import NOBODY, STATS
from telltale.wording import is_known

_COUNTERS = ("_total", "_major", "_minor")
STATE = ("state_last",)
PRESENT_INTERVALS = 2.0
"""A reading is the present one for two intervals of its device: the next has then failed to come."""


def sensor_tiles(
    stats: Any,
    coverage: Any,
    excursions: Any,
    *,
    outside: Any,
    missing: Any,
    health: Any,
    now: dt.datetime,
    tolerated_min: float,
    days: str = "",
    elsewhere: Any = None,
    about: About = NOBODY,
    reports: About = NOBODY,
    due: About = NOBODY,
) -> Tiles:
    """Minutes outside limits, the sensor that matters most, messages received, sensors on time, readings.

    Args:
        stats: of the stretch, `coverage` and `excursions` too.
        coverage: see there (`tt.sensors.coverage`).
        excursions: see there.
        outside: by day (`tt.sensors.minutes_outside`), `missing` (`tt.health.missing`) too.
        missing: see there.
        health: of each device now (`tt.health.devices`).
        now: the present on the site's clock.
        tolerated_min: see `limits_sentence`, `elsewhere` too.
        days: over which days `missing` counts, where that is another stretch, such as `last 14 days`.
        elsewhere: see there, `about` and `reports` too.
        about: see there.
        reports: see there.
        due: what the numbers of `missing` are claims of.
    """
    ids = sorted({row["device_id"] for row in rows(health, "device_id")})
    received = received_tile(missing, known=of_health.devices(reports, len(ids), only=ids), about=due, only=ids)
    if days and received.unit:
        received = replace(received, note=say("{}; {}", days, received.note))
    return Tiles(
        (
            limits_tile(
                kept(coverage, excursions, about), excursions, outside, tolerated_min=tolerated_min, elsewhere=elsewhere
            ),
            _newest_tile(excursions, stats, health, now, about),
            received,
            on_time_tile(health, about=reports, only=ids),
            _readings_tile(stats, about),
        )
    )


def limits_tile(judged: Kept, excursions: Any, outside: Any, *, tolerated_min: float, elsewhere: Any) -> Tile:
    """How long limits were left; arguments as of `sensor_tiles`."""
    if not judged.all:
        return Tile("Outside limits", "–", "", "no limits in devices.csv")
    left = beyond(excursions, judged.about)
    if not left and not judged.kept:
        return Tile("Outside limits", "–", "", "nothing is known of this time")
    course = [value / 60 for value in _by_day(outside, "outside_s")][-14:]
    seconds = sum(sensor.outside_s for sensor in left)
    over = any(value > tolerated_min for value in course[-1:]) or any(sensor.is_open for sensor in left)
    names = list(dict.fromkeys(sensor.name for sensor in left))
    note: str = wording.joined(names[:2] + (["others"] if len(names) > 2 else [])) or _nobody(judged)
    if elsewhere is not None and beyond(elsewhere):
        others = wording.joined(sorted({other.name for other in beyond(elsewhere)})[:2])
        note = say("{}; {} elsewhere", note, others)
    ids = sorted({sensor.device_id for sensor in left} or {sensor.device_id for sensor in judged.all})
    total = said.claimed(claims.all_outside(judged.about, ids, seconds), wording.number(seconds / 60))
    value = (LEAST if any(sensor.is_least for sensor in left) else "") + total
    return Tile("Outside limits", value, "min", note, course, bars=True, state="alarm" if over else "")


def _nobody(judged: Kept) -> Said:
    """That nobody left its limits, of how many and as far as is known."""
    if judged.is_whole:
        return Said("all with limits kept them")
    counts = (
        said.number(claims.sensors(judged.about, measure, [sensor.device_id for sensor in some]))
        for measure, some in (("sensors_within_limits", judged.kept), ("sensors_with_limits", judged.all))
    )
    worst = max(judged.kept, key=lambda sensor: sensor.unknown_s)
    unknown = "" if worst.is_whole else say(", up to {} unknown", known(judged, worst, "unknown_s"))
    if len(judged.all) == 1:
        return say("kept{}", unknown)
    return say("{} of {} sensors{}", *counts, unknown)


def _newest_tile(excursions: Any, stats: Any, health: Any, now: dt.datetime, about: About) -> Tile:
    """Of the sensor that left its limits, else of the one nearest to one of them; `now` only while it is."""
    table = [row for row in rows(stats, *KEY, *STATS, optional=STATE) if is_known(row["value_last"])]
    table = [row for row in table if not row["state_last"]] or table
    limited = [row for row in table if is_known(row["low"]) or is_known(row["high"])]
    if not table:
        return Tile("Newest reading", "–", "", "no reading")
    left = [(sensor.device_id, sensor.quantity) for sensor in beyond(excursions)]
    row = next((row for key in left for row in limited if (row["device_id"], row["quantity"]) == key), None)
    row = row or min(limited or table, key=_room)
    level = _last(row, about)
    limits = _limits(row, about)
    note = say("limits {}", limits) if limits else said.count(claims.figure(about, row, "readings"), "reading")
    name = wording.sentence_case(row["name"])
    at = local(row["value_last_at"], str(now.tzinfo))
    if _is_present(row["device_id"], at, health, now):
        return Tile(f"{name} now", level, row["unit"], note)
    old = said.claimed(claims.figure(about, row, "value_last_at"), wording.ago(at, now))
    return Tile(f"{name}, last", level, row["unit"], say("{}; {}", old, note))


def _last(row: dict[str, Any], about: About) -> Said:
    """The newest value; of a state its word."""
    if row["state_last"]:
        return said.claimed(claims.figure(about, row, "state_last"), row["state_last"])
    return said.number(claims.figure(about, row, "value_last", row["unit"]), 1)


def _is_present(device_id: str, at: dt.datetime, health: Any, now: dt.datetime) -> bool:
    """Whether a reading is as new as readings of its device are: the next one is not late yet."""
    table = rows(health, "device_id", "interval_s")
    interval_s = next((row["interval_s"] for row in table if row["device_id"] == device_id), None)
    return is_known(interval_s) and (now - at).total_seconds() <= PRESENT_INTERVALS * float(interval_s or 0)


def _room(row: dict[str, Any]) -> float:
    """How far a sensor is from its nearer limit, as a share of its band."""
    sides = [row["value_last"] - row["low"] if is_known(row["low"]) else None,
             row["high"] - row["value_last"] if is_known(row["high"]) else None]  # fmt: skip
    band = row["high"] - row["low"] if None not in sides else 1.0
    return float(min((side for side in sides if side is not None), default=0.0) / (band or 1.0))


def _limits(row: dict[str, Any], about: About = NOBODY) -> Said:
    """`2–8`, `up to 8`, `from 2`; empty without any."""
    low, high = row["low"], row["high"]
    claim = {name: claims.figure(about, row, name, row["unit"]) for name in ("low", "high")}
    if is_known(low) and is_known(high):
        between = " to " if low < 0 or high < 0 else wording.DASH
        return say("{}{}{}", said.number(claim["low"]), between, said.number(claim["high"]))
    if is_known(high):
        return say("up to {}", said.number(claim["high"]))
    return say("from {}", said.number(claim["low"])) if is_known(low) else Said()


def _readings_tile(stats: Any, about: About) -> Tile:
    table = rows(stats, "device_id", "readings", "errors")
    ids = sorted({row["device_id"] for row in table})
    errors, readings = (sum(int(row[name]) for row in table) for name in ("errors", "readings"))
    left_out = say("{} left out", said.count(claims.total(about, "errors", errors, ids), "error code"))
    note = left_out if errors else Said("none with an error code")
    return Tile("Readings", said.number(claims.total(about, "readings", readings, ids)), "", note)


def _by_day(frame: Any, name: str) -> list[float]:
    days: dict[dt.datetime, float] = {}
    for row in rows(frame, "start", name):
        days[row["start"]] = days.get(row["start"], 0.0) + (row[name] if is_known(row[name]) else 0.0)
    return [days[day] for day in sorted(days)]


def excursions_table(excursions: Any, *, timezone: str, most: int = 12, about: About = NOBODY) -> Table:
    """When limits were left: sensor, from when, how long, how far; the newest first. Silences in it are not counted."""
    table = rows(excursions, *KEY, *EXCURSION)
    table.sort(key=lambda row: row["counted_from"], reverse=True)
    body = [
        [
            row["name"],
            say("{}{}", "" if row["is_begin_known"] else "before ", _moment(row, timezone, about)),
            _outside(row, about),
            say("{} {}", row["side"], said.number(claims.excursion(about, row, "limit_value", row["unit"]))),
            quantity(claims.excursion(about, row, "peak", row["unit"]), 1),
        ]
        for row in table[:most]
    ]
    return Table(("Sensor", "From", "Outside", "Limit", "Peak"), body, right=(2, 4), wide=(3,))


def _moment(row: dict[str, Any], zone: str, about: About) -> Said:
    at = wording.short_moment(local(row["counted_from"], zone))
    return said.claimed(claims.excursion(about, row, "counted_from"), at)


def _outside(row: dict[str, Any], about: About) -> Said:
    """`≥ 47 min so far, 10 min unknown`."""
    lasted = lasting(row, about)
    if row["unknown_s"] < HARDLY_S:
        return lasted
    return say("{}, {} unknown", lasted, said.duration(claims.excursion(about, row, "unknown_s", "s")))


def sensors_table(stats: Any, *, timezone: str, about: About = NOBODY) -> Table:
    """Each series: readings, lowest, mean, highest, newest, limits; counters are told by what they counted."""
    body = [
        [
            row["name"],
            quantity_name(row["quantity"]),
            said.number(claims.figure(about, row, "readings")),
            *(
                "–" if row["state_last"] else said.number(claims.figure(about, row, name, row["unit"]), 1)
                for name in ("value_min", "value_mean", "value_max")
            ),
            _last(row, about),
            row["unit"],
            _limits(row, about) or "–",
            _newest(row, timezone, about),
        ]
        for row in rows(stats, *KEY, *STATS, optional=STATE)
        if not row["quantity"].endswith(_COUNTERS)
    ]
    heads = ("Sensor", "Quantity", "Readings", "Lowest", "Mean", "Highest", "Newest", "Unit", "Limits", "Newest at")
    return Table(heads, body, right=(2, 3, 4, 5, 6), wide=(2, 4, 7, 8, 9))


def _newest(row: dict[str, Any], zone: str, about: About) -> Said:
    if row["value_last_at"] is None:
        return Said("–")
    at = wording.short_moment(local(row["value_last_at"], zone))
    return said.claimed(claims.figure(about, row, "value_last_at"), at)


def timing_note(excursions: Any, about: About = NOBODY) -> Said:
    """How surely the moments are known at which limits were left."""
    table = rows(excursions, "device_id", "resolution_s")
    if not table:
        return Said()
    ids = sorted({row["device_id"] for row in table})
    sure = said.duration(claims.timing(about, max(row["resolution_s"] for row in table), ids))
    return say("Crossings are timed to ±{}, half the interval. Values are shown as sent.", sure)


def gaps_note(gaps: Any, *, timezone: str, most: int = 2, about: About = NOBODY) -> Said:
    """`**Gaps** Cold room Mon 16 Nov, 11:14–13:54, 14 readings; …`: the longest ones."""
    spans: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows(gaps, "device_id", "name", "quantity", "after_at", "before_at", "missing"):
        key = (row["device_id"], row["after_at"], row["before_at"])
        spans[key] = max(spans.get(key, row), row, key=lambda one: one["missing"])
    longest = sorted(
        (row for row in spans.values() if row["missing"] > 1), key=lambda row: row["after_at"] - row["before_at"]
    )
    if not longest:
        return Said()
    listed = said.together([_gap(row, timezone, about) for row in longest[:most]], "; ")
    more = ", and shorter ones" if len(longest) > most else ""
    head = "Gap" if len(longest) == 1 else "Gaps"
    return say("**{}** {}{}. What was missed is unknown, not within.", head, listed, more)


def _gap(row: dict[str, Any], zone: str, about: About) -> Said:
    span = wording.clock_span(local(row["after_at"], zone), local(row["before_at"], zone))
    when = said.claimed(claims.gap(about, row, "after_at"), span)
    return say("{} {}, {}", row["name"], when, said.count(claims.gap(about, row, "missing"), "reading"))
