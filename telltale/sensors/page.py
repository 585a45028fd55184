"""Sensors: did they keep their limits, and is the data complete?"""

from functools import partial

from telltale import charts, findings, wording
from telltale.dashboard import concerns
from telltale.page import common
from telltale.page.board import Ask, Board, Cell, Control
from telltale.page.pieces import Card, Sentence
from telltale.sensors.page_answers import SensorFigures, freshness, known
from telltale.workbench.source_state import how_to_begin

PERIOD = Control("period", "Period", {"24h": "24 hours", "48h": "48 hours", "14d": "14 days"}, "toggle")


def page(ask: Ask) -> Board:
    """The page."""
    found = known(ask)
    if not found.names:
        return _nothing_yet(ask)
    all_of = f"All {wording.in_words(len(found.names))}"
    controls = [
        PERIOD,
        Control("device", "Sensors", {"all": all_of, **found.names}),
        Control("quantity", "Quantity", {name: wording.sentence_case(name) for name in (*found.quantities, "all")}),
    ]
    choice = {control.name: ask.chosen(control) for control in controls}
    figures = SensorFigures(
        ask,
        stretch=choice["period"],
        **{name: "" if choice[name] == "all" else choice[name] for name in ("device", "quantity")},
    )
    return Board(
        Sentence(_sentence(figures), common.head("Sensors", figures.now, figures.settings.site.name)),
        findings.sensor_tiles(
            figures.stats, figures.excursions, figures.outside, figures.missing, figures.health, **figures.tolerated
        ),
        (
            (
                Cell("readings", 8, "What the sensors measured", partial(readings, figures)),
                Cell("outside", 4, "Minutes outside limits by day", partial(_outside, figures)),
            ),
            (
                Cell("missing", 7, "Messages missing by device and day", partial(_missing, figures)),
                Cell("excursions", 5, "When limits were left", partial(_excursions, figures)),
            ),
        ),
        f"{common.foot(figures.zone)} Values are shown as sent, not smoothed.",
        freshness(figures),
        controls,
        choice,
        concerns.badges(ask),
    )


def readings(figures: SensorFigures) -> Card:
    """What was measured, on the band of the limits; below it when doors stood open and alarms were on."""
    shown = f"means of {figures.width}; marked: time outside, from single readings"
    chart = charts.readings(figures.series, figures.excursions, figures.gaps, timezone=figures.zone)
    return Card(
        findings.limits_title(figures.excursions, figures.stats),
        charts.with_doors(chart, figures.episodes, timezone=figures.zone),
        f"Last {PERIOD.options[figures.stretch]}, {shown if figures.width else 'single readings'}. Bands: limits",
        [findings.timing_note(figures.excursions), findings.gaps_note(figures.gaps, timezone=figures.zone)],
    )


def _sentence(figures: SensorFigures) -> str:
    return findings.limits_sentence(
        figures.stats,
        figures.excursions,
        figures.health,
        now=figures.now,
        period=f"in the last {PERIOD.options[figures.stretch]}",
        **figures.tolerated,
    )


def _excursions(figures: SensorFigures) -> Card:
    return Card(
        findings.excursions_title(figures.excursions),
        findings.excursions_table(figures.excursions, figures.stats, timezone=figures.zone, most=8),
        f"Last {PERIOD.options[figures.stretch]}, newest first; how long is estimated between readings",
        ["Limits are low and high of devices.csv. They hold for a temperature, or for the only quantity."],
        empty="No sensor left its limits. They stand in devices.csv as low and high.",
    )


def _missing(figures: SensorFigures) -> Card:
    return Card(
        findings.missing_title(figures.missing),
        charts.missing_by_day(figures.missing, timezone=figures.zone),
        "Missing messages, % of those due, by device and day. Pale: none missing",
        [findings.due_note(figures.health)],
    )


def _outside(figures: SensorFigures) -> Card:
    return Card(
        findings.outside_title(figures.outside, **figures.tolerated, timezone=figures.zone),
        charts.outside_by_day(figures.outside, **figures.tolerated, timezone=figures.zone),
        "Minutes outside limits per day, all chosen sensors together",
        ["Minutes without readings are unknown, not within."],
    )


def _nothing_yet(ask: Ask) -> Board:
    if not common.sites(ask):
        return common.nothing_yet(ask, "Sensors", "reading")
    figures = SensorFigures(ask)
    text = (
        "**No sensor has sent a reading** in the last 14 days. "
        f"{how_to_begin(ask.project.settings, 'reading')} while “telltale up” runs."
    )
    return Board(
        Sentence(text, common.head("Sensors", figures.now, figures.settings.site.name)),
        freshness=common.freshness(ask, figures.zone),
    )
