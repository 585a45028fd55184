"""What needs a look of the sensors."""

import datetime as dt
from typing import Any
from urllib.parse import quote

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.devices import silent_devices
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.claims import About
from telltale.page.lists import Concern
from telltale.page.said import say
from telltale.sensors import claims
from telltale.sensors.answers import Answers
from telltale.sensors.words.beyond import beyond
from telltale.sensors.words.titles import NOBODY
from telltale.sources import SOURCES

PAGE = "sensors"
NODES = {source.name for source in SOURCES if "node_heartbeat" in source.tables}
"""Sources of access points: the presence page says which of them are silent."""


def concerns(answers: Answers) -> list[Notice]:
    """The sensors that left their limits, or are silent while others of their source are heard.

    Args:
        answers: of the last 24 hours (`recent`).
    """
    if not answers.seen.names:
        return []
    alone = [
        silence
        for silence in answers.health.attention.to_pylist()
        if silence["kind"] != "source" and not silence["site"] and silence["device_id"] not in answers.replaced
    ]
    sensed = [silence for silence in alone if silence["source"] not in NODES]
    pages = {silence["source"]: PAGE for silence in sensed}
    return [
        *beyond_limits(
            answers.excursions,
            answers.devices,
            now=answers.now,
            tolerated_min=answers.tolerated_min,
            about=answers.about,
            reports=answers.about_reports,
        ),
        *silent_devices(sensed, answers.health.devices, now=answers.now, pages=pages, about=answers.about_reports),
    ]


def beyond_limits(
    excursions: Any,
    health: Any,
    *,
    now: dt.datetime,
    tolerated_min: float,
    about: About = NOBODY,
    reports: About = NOBODY,
) -> list[Notice]:
    """A line for each series that is beyond a limit, or was for longer than tolerated.

    Args:
        excursions: of the last 24 hours (`tt.sensors.excursions`).
        health: state and last_seen of each device (`tt.health.devices`): of a silent one nothing is known now.
        now: the present on the site's clock.
        tolerated_min: minutes that nobody needs to hear about.
        about: what the numbers are claims of.
        reports: what those of `health` are claims of.
    """
    table = rows(health, "device_id", "name", "state", "last_seen")
    away = {row["device_id"]: row for row in table if row["state"] != "on_time"}
    lines = []
    for sensor in beyond(excursions, about):
        if not sensor.is_open and sensor.outside_s <= 60 * tolerated_min:
            continue
        silent = away.get(sensor.device_id) if sensor.is_open else None
        is_now = sensor.is_open and silent is None
        at = local(sensor.peak_at, str(now.tzinfo))
        when: str = "now" if is_now else sensor.moment("peak_at", _moment(at, now))
        if silent:
            heard = _moment(local(silent["last_seen"], str(now.tzinfo)), now)
            when = say("when last heard, {}", said.claimed(claims.report(reports, silent, "last_seen"), heard))
        evidence = say("{}{}, peak {}", sensor.lasting, sensor.since(str(now.tzinfo)), sensor.peak)
        what = say("{} {} {}", wording.sentence_case(sensor.name), sensor.side, sensor.level)
        choice = f"device={quote(sensor.device_id.replace(':', '-', 1))}&quantity={quote(sensor.quantity)}"
        concern = Concern("alarm", what, evidence, when, "door, load or cooling", PAGE, choice)
        phrase = say(
            "!!{}!! {} {} {} for !!{}!!{}", sensor.name, "has been" if is_now else "was", sensor.side, sensor.level,
            sensor.lasting, " when last heard" if silent else "",
        )  # fmt: skip
        lines.append(Notice(concern, phrase, at))
    return lines


def _moment(at: dt.datetime, now: dt.datetime) -> str:
    """`07:50 today`, `23:10 yesterday`, else with the date."""
    days = (now.date() - at.date()).days
    return f"{wording.clock(at)} {('today', 'yesterday')[days]}" if 0 <= days <= 1 else wording.short_moment(at)
