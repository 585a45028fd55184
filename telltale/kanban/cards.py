"""Every card about items, buttons and their capture, once: for reports, notebooks and the page.

Each takes the answers about a period (`tt.kanban.answers`) and words what they say; limits, units and the calendar come
with the answers.
"""

from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.health.charts.arrivals import arrivals
from telltale.health.words.rejects import rejects_table
from telltale.kanban import charts
from telltale.kanban.answers import Answers
from telltale.kanban.words import capture as heard
from telltale.kanban.words import tables, tiles, titles
from telltale.page.pieces import Card, Footer, Sentence, Tiles

__all__ = [
    "capture",
    "capture_footer",
    "capture_sentence",
    "capture_tiles",
    "footer",
    "frames",
    "items",
    "lasting_shifts",
    "lead_times",
    "needed",
    "overview",
    "pauses",
    "pressed",
    "pulls",
    "rates",
    "rejects",
    "risk",
    "risk_curves",
    "sentence",
    "silence",
    "sizing",
    "slow_shifts",
    "trends",
]


def __dir__() -> list[str]:
    return __all__


NO_ITEM = "No item is known. List the buttons in buttons.csv."


def sentence(answers: Answers) -> Sentence:
    """The period in one sentence: which item runs short, which button may be dead, whether the rest is as usual."""
    return titles.kanban_report_sentence(
        answers.items, answers.coverage, answers.when, target=answers.target, name=answers.site
    )


def overview(answers: Answers) -> Tiles:
    """Pulls of seven days, mean lead time, open pulls, items above the accepted risk, capture running."""
    return tiles.kanban_tiles(
        answers.items, answers.pulls, answers.days, answers.lead_times, answers.coverage,
        target=answers.target, days=answers.when.days,
    )  # fmt: skip


def rates(answers: Answers) -> Card:
    """How often each item is pulled, with the exact interval of its Poisson count."""
    return Card(
        "Pulls a day, with their intervals",
        charts.pull_rates(answers.rates, timezone=answers.zone),
        f"Pulls a day by {answers.bucket}, with 95 % interval. Hollow: cut by the capture. One scale for all",
        [heard.capture_note(answers.coverage, timezone=answers.zone)],
    )


def pulls(answers: Answers) -> Card:
    """A c-chart of each item: are pulls normal?"""
    return Card(
        titles.pulls_title(answers.counts, timezone=answers.zone),
        charts.control_charts(answers.counts, answers.items, timezone=answers.zone),
        f"Containers pulled per {answers.bucket} (c-chart). Band: three-sigma limits; line: their mean. "
        "One scale for all",
        [_buckets(answers), heard.capture_note(answers.coverage, timezone=answers.zone)],
    )


def _buckets(answers: Answers) -> str:
    """Which buckets are not tested, where limits are rough, and that a free day counts as one without a pull."""
    is_free = answers.bucket == "day" and not (answers.settings.working_hours or answers.settings.holidays)
    free = "A day without work counts as one without a pull, unless [kanban] working_hours leaves it out."
    notes = (
        tiles.buckets_note(answers.counts),
        tiles.few_note(answers.counts, answers.bucket),
        free if is_free else "",
    )
    return " ".join(filter(None, notes))


def pauses(answers: Answers) -> Card:
    """The t-chart: is a button dead, or did a surge begin?"""
    return Card(
        titles.silence_title(answers.items),
        _chart(answers, answers.pauses, "t"),
        "Pause before each of the last 60 pulls, days (t-chart). Band: limits of an exponential pause; line: its "
        "median",
        [tiles.dead_note(answers.items)],
    )


def slow_shifts(answers: Answers) -> Card:
    """The EWMA chart: small lasting shifts, by a mean that forgets."""
    return Card(
        "Slow shifts: weighted means of pulls",
        _chart(answers, answers.means, "ewma"),
        f"Weighted mean of pulls per {answers.bucket} (EWMA, weight 0.2). Band: its limits, which widen from the start",
    )


def lasting_shifts(answers: Answers) -> Card:
    """The CUSUM chart: what is above or below the usual, added up."""
    return Card(
        "Lasting shifts: sums of what is above or below the usual",
        _chart(answers, answers.sums, "cusum"),
        f"CUSUM of pulls per {answers.bucket}, slack half a standard deviation. Band: four standard deviations",
    )


def _chart(answers: Answers, points: Any, kind: str) -> go.Figure:
    return charts.control_charts(points, kind=kind, timezone=answers.zone)


def trends(answers: Answers) -> Card:
    """Three tests: does demand rise or fall?"""
    return Card(
        tables.pull_trends_title(answers.trends),
        tables.pull_trends_table(answers.trends),
        "Tests of trend, two-sided, 5 %; slope: Sen's, pulls a day per day",
        ["A rhythm of the week or pulls that follow each other mislead such tests."],
        empty="No pull in this period.",
    )


def lead_times(answers: Answers) -> Card:
    """How long refills take, and what is still open."""
    return Card(
        tiles.leads_title(answers.lead_times),
        charts.lead_times(answers.lead_times, timezone=answers.zone),
        "From the pull to its acknowledgement. Rings: pulls still open, at their age",
        [tiles.leads_note(answers.lead_times, answers.items)],
    )


def needed(answers: Answers) -> Card:
    """Cards in use and recommended, as a chart."""
    service = wording.percent(answers.settings.service_level)
    formula = tables.FORMULAS[answers.settings.formula]
    return Card(
        titles.cards_title(answers.items),
        charts.cards_needed(answers.items, target=answers.target),
        f"Cards in use and recommended ({formula}, service {service})",
        [tiles.leads_note(answers.lead_times, answers.items)],
    )


def sizing(answers: Answers) -> Card:
    """Cards in use and recommended with what they follow from, as a table."""
    return Card(
        titles.cards_title(answers.items),
        tables.sizing_table(answers.items),
        tables.sizing_words(answers.settings),
        [tiles.risk_note(answers.settings.signal_when)],
        empty=NO_ITEM,
    )


def risk(answers: Answers) -> Card:
    """The risk of an empty bin with the cards in use."""
    return Card(
        titles.risk_title(answers.items, target=answers.target),
        charts.stock_out_risk(answers.items, target=answers.target),
        f"Chance that no full container is left at a pull, with 95{wording.NBSP}% interval. Band: target",
        [tiles.risk_note(answers.settings.signal_when)],
    )


def risk_curves(answers: Answers) -> Card:
    """The same over the number of cards: what would one more or fewer change?"""
    return Card(
        titles.risk_title(answers.items, target=answers.target),
        charts.risk_curves(answers.risks, answers.items, target=answers.target),
        f"Chance that no full container is left at a pull, over the number of cards. Band: 95{wording.NBSP}% interval",
        ["The interval comes from the pull rate alone; the lead time is taken as known."],
    )


def silence(answers: Answers) -> Card:
    """How long no button of an item was pressed, against what is usual for it."""
    return Card(
        titles.silence_title(answers.items),
        charts.button_silence(answers.items),
        "Time since the last press, against the item’s own upper limit (t-chart)",
        [tiles.dead_note(answers.items)],
    )


def items(answers: Answers) -> Card:
    """Each item in figures."""
    return Card(
        "Items in figures",
        tables.last_pulls_table(answers.items, timezone=answers.zone),
        "Rate with interval, pulls, open ones, last pull and press, presses of the buttons, trend",
        [tiles.hint_note(answers.presses)],
        empty=NO_ITEM,
    )


def footer(answers: Answers) -> Footer:
    """What a report on items rests on."""
    facts = {"Site": answers.site or "–"}
    return heard.kanban_footer(facts, answers.presses, answers.capture, answers.sources, timezone=answers.zone)


def capture_sentence(answers: Answers) -> Sentence:
    """What was heard of buttons in one sentence: frames, presses, what was dropped and missed."""
    return heard.buttons_sentence(answers.records, answers.presses, answers.coverage, answers.when, answers.site)


def capture_tiles(answers: Answers) -> Tiles:
    """Presses, frames of others, drops, capture running, rejects."""
    return heard.buttons_tiles(answers.presses, answers.rejects.to_pylist(), answers.coverage)


def frames(answers: Answers) -> Card:
    """When frames came, above the stretches in which a capture listened."""
    names = ["node_id" if name == "interface" else name for name in answers.capture.column_names]
    strip = answers.capture.rename_columns(names)
    strip = strip.append_column("zone", [["capture"] * strip.num_rows])
    return Card(
        heard.capture_title(answers.coverage),
        arrivals(answers.frames, strip, timezone=answers.zone, noun="frame", is_life=False),
        "Frames of listed devices. Below: when the capture listened",
        [heard.capture_note(answers.coverage, timezone=answers.zone), heard.flags_note(answers.frames)],
    )


def pressed(answers: Answers) -> Card:
    """Which devices were heard, and how many frames their presses made."""
    return Card(
        heard.pressed_title(answers.presses),
        heard.devices_pressed_table(answers.presses, timezone=answers.zone),
        "Presses and frames of each listed device; entries by hand stand under their item",
        [tiles.hint_note(answers.presses)],
        empty="No listed device was heard. Press a button: telltale discover finds its line for buttons.csv.",
    )


def capture(answers: Answers) -> Card:
    """When a capture listened without a break, what it kept, counted and lost."""
    return Card(
        "Stretches of the capture",
        heard.capture_table(answers.capture, timezone=answers.zone),
        "Newest first, twenty at most: how long it listened, frames kept, of others, lost",
        [heard.capture_note(answers.coverage, timezone=answers.zone)],
        empty="No heartbeat of a capture in this period. Start one: telltale collect arp.",
    )


def rejects(answers: Answers) -> Card:
    """What could not be decoded, and why."""
    return Card(
        "Frames that could not be decoded",
        rejects_table(answers.rejects, timezone=answers.zone),
        "Rows by reason, most frequent first",
        empty="Every frame of this period could be decoded.",
    )


def capture_footer(answers: Answers) -> Footer:
    """What a report on the capture rests on."""
    return heard.kanban_footer(
        {"Site": answers.site or "–"}, answers.presses, answers.capture, answers.sources,
        rejected=answers.rejected, timezone=answers.zone,
    )  # fmt: skip
