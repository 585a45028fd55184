"""What needs a look of the sensors."""

import datetime as dt
from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.health.words.devices import silent_devices
from telltale.page.attention import Notice
from telltale.page.lists import Concern
from telltale.sensors.answers import Answers
from telltale.sensors.words.titles import beyond, plain
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
        if silence["kind"] != "source" and not silence["site"]
    ]
    sensed = [silence for silence in alone if silence["source"] not in NODES]
    pages = {silence["source"]: PAGE for silence in sensed}
    return [
        *beyond_limits(answers.excursions, now=answers.now, tolerated_min=answers.tolerated_min),
        *silent_devices(sensed, answers.health.devices, now=answers.now, pages=pages),
    ]


def beyond_limits(excursions: Any, *, now: dt.datetime, tolerated_min: float) -> list[Notice]:
    """A line for each sensor that is beyond a limit, or was for longer than tolerated.

    Args:
        excursions: of the last 24 hours (`tt.sensors.excursions`).
        now: the present on the site's clock.
        tolerated_min: minutes that nobody needs to hear about.
    """
    lines = []
    for sensor in beyond(excursions):
        if not sensor.is_open and sensor.outside_s <= 60 * tolerated_min:
            continue
        level, peak = (wording.quantity(value, sensor.unit, 1) for value in (sensor.limit, sensor.peak))
        what = f"{wording.sentence_case(sensor.name)} {sensor.side} {plain(level)}"
        at = local(sensor.peak_at, str(now.tzinfo))
        day = "today" if at.date() == now.date() else "yesterday"
        when = "now" if sensor.is_open else f"{wording.clock(at)} {day}"
        lasting = wording.duration(sensor.outside_s)
        concern = Concern("alarm", what, f"{lasting}, peak {peak}", when, "door, load or cooling", PAGE)
        verb = "has been" if sensor.is_open else "was"
        phrase = f"!!{sensor.name}!! {verb} {sensor.side} {plain(level)} for !!{lasting}!!"
        lines.append(Notice(concern, phrase, at))
    return lines
