"""The cards about sensors: what they measured, how they kept their limits, doors, counters, batteries."""

from telltale.health import cards as health
from telltale.health import trends as batteries
from telltale.page.pieces import Card, Footer, Sentence, Tiles
from telltale.sensors.answers import Answers
from telltale.sensors.charts.days import outside_by_day
from telltale.sensors.charts.doors import with_doors
from telltale.sensors.charts.readings import readings as readings_chart
from telltale.sensors.words import conditions, titles
from telltale.sensors.words.tiles import excursions_table, gaps_note, sensor_tiles, sensors_table, timing_note

__all__ = [
    "consumption",
    "episodes",
    "excursions",
    "figures",
    "footer",
    "kinetic",
    "missing",
    "outside",
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
        answers.excursions,
        answers.devices,
        now=answers.now,
        tolerated_min=answers.tolerated_min,
        period=answers.spelt,
    )
    return Sentence(text, answers.head)


def tiles(answers: Answers) -> Tiles:
    """Minutes outside limits, the sensor that matters most, messages received, sensors on time, readings."""
    return sensor_tiles(
        answers.stats,
        answers.excursions,
        answers.outside,
        answers.missing,
        answers.devices,
        tolerated_min=answers.tolerated_min,
    )


def readings(answers: Answers) -> Card:
    """What was measured, on the band of the limits; below it when doors stood open and alarms were on."""
    chart = readings_chart(answers.series, answers.excursions, answers.gaps, timezone=answers.zone)
    drawn = "single readings; thick: outside"
    if answers.width:
        drawn = f"means of {answers.width}; thick: outside, from single readings"
    return Card(
        titles.limits_title(answers.excursions, answers.stats),
        with_doors(chart, answers.episodes, timezone=answers.zone),
        f"{_over(answers, drawn)}. Bands: limits. Below: doors, alarms",
        [timing_note(answers.excursions), gaps_note(answers.gaps, timezone=answers.zone)],
    )


def outside(answers: Answers) -> Card:
    """How long limits were left, day by day."""
    which = "all chosen sensors" if answers.is_chosen else "all sensors"
    return Card(
        titles.outside_title(answers.outside, tolerated_min=answers.tolerated_min, timezone=answers.zone),
        outside_by_day(answers.outside, tolerated_min=answers.tolerated_min, timezone=answers.zone),
        f"Minutes outside limits per day, {which} together",
        ["Minutes without readings are unknown, not within."],
    )


def excursions(answers: Answers) -> Card:
    """Every time a limit was left."""
    return Card(
        titles.excursions_title(answers.excursions),
        excursions_table(answers.excursions, timezone=answers.zone),
        _over(answers, "newest first, twelve at most; how long is estimated between readings"),
        [
            "Limits are low and high of devices.csv. They hold for a temperature, or for the only quantity.",
            "Those of another quantity are low:humidity, high:humidity.",
        ],
        empty="No sensor left its limits. They stand in devices.csv as low and high.",
    )


def kinetic(answers: Answers) -> Card:
    """The cold chain: the steady temperature that would have done as much harm as the real course."""
    return Card(
        conditions.kinetic_title(answers.kinetic),
        conditions.kinetic_table(answers.kinetic),
        _over(answers, "mean and mean kinetic temperature of the readings, beside the limits"),
        ["Each reading has the same weight. Time without readings is left out: what happened in it is unknown."],
        empty="No temperature was measured in this period.",
    )


def episodes(answers: Answers) -> Card:
    """Which doors stood open, which alarms were on."""
    return Card(
        conditions.episodes_title(answers.episodes),
        conditions.episodes_table(answers.episodes, timezone=answers.zone),
        _over(answers, "doors, alarms and water, newest first, twelve at most; ≥: its begin or end is not known"),
        empty="No door, alarm or water sensor was active in this period.",
    )


def consumption(answers: Answers) -> Card:
    """What counters counted."""
    return Card(
        conditions.consumption_title(answers.consumption),
        conditions.consumption_table(answers.consumption),
        _over(answers, "sum of the steps between readings, across resets"),
        empty="No counter was read in this period.",
    )


def figures(answers: Answers) -> Card:
    """Each sensor in figures."""
    return Card(
        "Sensors in figures",
        sensors_table(answers.stats, timezone=answers.zone),
        _over(answers, "readings: how many, lowest, mean, highest and newest"),
        empty="No reading in this period. Check that the sensors send: telltale sources.",
    )


def missing(answers: Answers) -> Card:
    """Whether the data is complete."""
    return health.missing(answers)


def overdue(answers: Answers) -> Card:
    """Who was not heard by the moment it had named."""
    return Card(
        conditions.overdue_title(answers.overdue),
        conditions.overdue_table(answers.overdue, timezone=answers.zone),
        "Silences past the moment that the device had named; those that last first, then the newest, twelve at most",
        empty="Every device was heard when it had said.",
    )


def trends(answers: Answers) -> Card:
    """How long batteries last, and whether the network holds."""
    return batteries.card(answers.trends)


def footer(answers: Answers) -> Footer:
    """What a report rests on."""
    return health.footer(answers.health)


def _over(answers: Answers, text: str) -> str:
    """What a sub-title says, after the stretch where the head does not say it."""
    return f"{answers.over}, {text}" if answers.over else text[:1].upper() + text[1:]
