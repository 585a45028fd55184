"""The cards about sensors: what they measured, how they kept their limits, doors, counters, batteries."""

from dataclasses import replace
from urllib.parse import quote

from telltale.health import cards as health
from telltale.health import trends as batteries
from telltale.page.lines import Brief, Lines
from telltale.page.newest import SINCE, value_said
from telltale.page.pieces import Card, Footer, Sentence, Tile, Tiles
from telltale.page.said import say
from telltale.sensors.answers import DAYS, SPELT, Answers
from telltale.sensors.charts.days import outside_by_day
from telltale.sensors.charts.doors import with_doors
from telltale.sensors.charts.readings import readings as readings_chart
from telltale.sensors.newest import newest
from telltale.sensors.words import conditions, titles
from telltale.sensors.words.kept import kept
from telltale.sensors.words.tiles import (
    excursions_table,
    gaps_note,
    limits_tile,
    sensor_tiles,
    sensors_table,
    timing_note,
)

__all__ = [
    "calm",
    "consumption",
    "episodes",
    "excursions",
    "figures",
    "footer",
    "kinetic",
    "missing",
    "outside",
    "outside_tile",
    "overdue",
    "readings",
    "sentence",
    "tiles",
    "trends",
]


def __dir__() -> list[str]:
    return __all__


def sentence(answers: Answers) -> Sentence:
    """Who left its limits, for how long and how far; who kept them; who is silent."""
    text = titles.limits_sentence(
        answers.stats,
        answers.coverage,
        answers.excursions,
        answers.devices,
        now=answers.now,
        tolerated_min=answers.tolerated_min,
        period=answers.spelt,
        ends_now=answers.ends_now,
        scope=answers.quantity or "",
        elsewhere=answers.elsewhere,
        about=answers.about,
        reports=answers.about_reports,
    )
    return Sentence(text, answers.head)


def tiles(answers: Answers) -> Tiles:
    """Minutes outside limits, the sensor that matters most, messages received, sensors on time, readings."""
    return sensor_tiles(
        answers.stats,
        answers.coverage,
        answers.excursions,
        outside=answers.days_outside,
        missing=answers.missing,
        health=answers.devices,
        now=answers.now,
        tolerated_min=answers.tolerated_min,
        days=f"last {SPELT[DAYS]}" if answers.days != answers.question else "",
        elsewhere=answers.elsewhere,
        about=answers.about,
        reports=answers.about_reports,
        due=answers.about_missing,
    )


def calm(answers: Answers) -> Card:
    """Many sensors that need nobody in one row: the newest value of each.

    Args:
        answers: of the last 24 hours, in which none of them left its limits.
    """
    rows = [row for row in newest(answers.question.view, SINCE) if row.quantity == answers.quantity]
    briefs = [
        Brief(
            row.called, value_said(row), row.unit, row.says if row.says.startswith("within") else "",
            f"sensors?device={quote(row.device_id.replace(':', '-', 1))}",
        )
        for row in rows
    ]  # fmt: skip
    title = titles.limits_title(answers.excursions, answers.coverage, scope=answers.quantity or "", about=answers.about)
    if answers.excursions.num_rows:  # it stands above the chart of who left its limits already
        title = say("The newest value of each sensor")
    return Card(
        title,
        Lines(briefs),
        f"{_over(answers, 'newest value of each, and its limits')}. The course of each stands on Sensors",
        empty="No reading in this period. Check that the sensors send: telltale sources.",
    )


def outside_tile(answers: Answers) -> Tile:
    """How long limits were left, and by whom."""
    judged = kept(answers.coverage, answers.excursions, answers.about)
    return limits_tile(
        judged, answers.excursions, answers.days_outside, tolerated_min=answers.tolerated_min,
        elsewhere=answers.elsewhere,
    )  # fmt: skip


def readings(answers: Answers) -> Card:
    """What was measured, on the band of the limits; below it when doors stood open and alarms were on."""
    about = replace(answers.about, arguments={**answers.about.arguments, "bin": answers.width})
    chart = readings_chart(answers.series, answers.excursions, answers.gaps, timezone=answers.zone, about=about)
    drawn = "single readings; thick: outside"
    if answers.width:
        drawn = f"means of {answers.width}; thick: outside, from single readings"
    return Card(
        titles.limits_title(answers.excursions, answers.coverage, scope=answers.quantity or "", about=answers.about),
        with_doors(chart, answers.episodes, timezone=answers.zone),
        f"{_over(answers, drawn)}. Bands: limits. Below: doors, alarms",
        [
            timing_note(answers.excursions, answers.about),
            gaps_note(answers.gaps, timezone=answers.zone, about=answers.about),
        ],
    )


def outside(answers: Answers) -> Card:
    """How long limits were left, day by day."""
    which = "all chosen sensors" if answers.is_chosen else "all sensors"
    return Card(
        titles.outside_title(
            answers.days_outside,
            tolerated_min=answers.tolerated_min,
            timezone=answers.zone,
            scope=answers.quantity or "",
            about=answers.about_days,
        ),
        outside_by_day(
            answers.days_outside,
            tolerated_min=answers.tolerated_min,
            timezone=answers.zone,
            about=answers.about_days,
        ),
        f"Minutes outside limits per day, {which} together",
        ["Minutes without readings are unknown, not within."],
    )


def excursions(answers: Answers) -> Card:
    """Every time a limit was left."""
    return Card(
        titles.excursions_title(
            answers.excursions, answers.coverage, scope=answers.quantity or "", about=answers.about
        ),
        excursions_table(answers.excursions, timezone=answers.zone, about=answers.about),
        _over(answers, "newest first, twelve at most; how long is estimated between readings; ≥: at least"),
        [
            "Limits are low and high of devices.csv. They hold for a temperature, or for the only quantity.",
            "Those of another quantity are low:humidity, high:humidity.",
        ],
        empty="No limit is known to have been left. Limits stand in devices.csv as low and high.",
    )


def kinetic(answers: Answers) -> Card:
    """The cold chain: the steady temperature that would have done as much harm as the real course."""
    return Card(
        conditions.kinetic_title(answers.kinetic, answers.about_devices),
        conditions.kinetic_table(answers.kinetic, answers.about_devices),
        _over(answers, "mean and mean kinetic temperature of the readings, beside the limits"),
        [
            "Each reading has the same weight. Time without readings is left out: what happened in it is unknown.",
            "Limits and temperatures are in the sensor's own unit; one without a unit is taken for °C.",
        ],
        empty="No temperature in °C, °F or K arrived of this period.",
    )


def episodes(answers: Answers) -> Card:
    """Which doors stood open, which alarms were on."""
    return Card(
        conditions.episodes_title(answers.episodes, answers.about_all),
        conditions.episodes_table(answers.episodes, timezone=answers.zone, about=answers.about_all),
        _over(answers, "doors, alarms and water, newest first, twelve at most; ≥: its begin or end is not known"),
        empty="No door, alarm or water sensor is known to have been active in this period.",
    )


def consumption(answers: Answers) -> Card:
    """What counters counted."""
    about = answers.about_devices
    by_stretch = replace(about, arguments={**about.arguments, "by": "stretch"})
    return Card(
        conditions.consumption_title(answers.consumption, by_stretch),
        conditions.consumption_table(answers.consumption, timezone=answers.zone, about=by_stretch),
        _over(answers, "sum of the steps between readings, across resets; a step counts where it ends"),
        empty="No counter was read in this period.",
    )


def figures(answers: Answers) -> Card:
    """Each sensor in figures."""
    return Card(
        "Sensors in figures",
        sensors_table(answers.stats, timezone=answers.zone, about=answers.about),
        _over(answers, "readings: how many, lowest, mean, highest and newest"),
        empty="No reading in this period. Check that the sensors send: telltale sources.",
    )


def missing(answers: Answers) -> Card:
    """Whether the data is complete."""
    return health.missing(answers, about=answers.about_missing)


def overdue(answers: Answers) -> Card:
    """Who was not heard by the moment it had named."""
    return Card(
        conditions.overdue_title(answers.overdue, answers.about_devices),
        conditions.overdue_table(answers.overdue, timezone=answers.zone, about=answers.about_devices),
        "Silences past the moment that the device had named; those that last first, then the newest, twelve at most",
        empty="No device is known to be past a moment it had named.",
    )


def trends(answers: Answers) -> Card:
    """How long batteries last, and whether the network holds."""
    return batteries.card(answers.trends, answers.about_trends)


def footer(answers: Answers) -> Footer:
    """What a report rests on."""
    return health.footer(answers.health)


def _over(answers: Answers, text: str) -> str:
    """What a sub-title says, after the stretch where the head does not say it."""
    return f"{answers.over}, {text}" if answers.over else text[:1].upper() + text[1:]
