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
from telltale.kanban.words import dhcp, limits, tables, tiles, titles
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
        answers.items,
        answers.coverage,
        answers.when,
        target=answers.target,
        name=answers.site,
        about=answers.about,
    )


def overview(answers: Answers) -> Tiles:
    """Pulls of seven days, mean lead time, open pulls, items above the accepted risk, capture running."""
    return tiles.kanban_tiles(
        answers.items, answers.weeks, answers.lead_times, answers.coverage,
        target=answers.target, days=answers.when.days, timezone=answers.zone, about=answers.about,
    )  # fmt: skip


def rates(answers: Answers) -> Card:
    """How often each item is pulled, with the exact interval of its Poisson count."""
    return Card(
        f"Pulls a {_day(answers)}, with their intervals",
        charts.pull_rates(answers.rates, timezone=answers.zone, by=answers.bucket, about=answers.about),
        f"Pulls a {_day(answers)} by {answers.bucket}, with 95 % interval. Hollow: cut by the capture. "
        "One scale for all",
        [_gaps(answers), dhcp.note(answers.only_dhcp)],
    )


def pulls(answers: Answers) -> Card:
    """A c-chart of each item: are pulls normal?"""
    return Card(
        limits.pulls_title(answers.counts, by=answers.bucket, timezone=answers.zone, about=answers.about),
        _chart(answers, answers.counts, "c", answers.items),
        f"Containers pulled per {answers.bucket} (c-chart). Band: three-sigma limits; line: their mean. "
        "One scale for all",
        [_buckets(answers), _gaps(answers), dhcp.note(answers.only_dhcp)],
    )


def _gaps(answers: Answers) -> str:
    """What was not captured, and what the capture dropped."""
    return heard.capture_note(answers.coverage, timezone=answers.zone, about=answers.about)


def _day(answers: Answers) -> str:
    """What rates are per."""
    return "day" if answers.working_day_s is None else "working day"


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
        titles.silence_title(answers.items, answers.about),
        _chart(answers, answers.pauses, "t"),
        f"Pause before each of the last 60 pulls, {_day(answers)}s (t-chart). Band: limits of an exponential pause; "
        "line: its median",
        [tiles.dead_note(answers.items, answers.about)],
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


def _chart(answers: Answers, points: Any, kind: str, items: Any = None) -> go.Figure:
    zone, by, about = answers.zone, answers.bucket, answers.about
    return charts.control_charts(points, items, kind=kind, by=by, timezone=zone, about=about)


def trends(answers: Answers) -> Card:
    """Three tests: does demand rise or fall?"""
    return Card(
        tables.pull_trends_title(answers.trends, answers.about),
        tables.pull_trends_table(answers.trends, answers.about),
        f"Tests of trend, two-sided, 5 %; slope: Sen's, pulls a {_day(answers)} per day",
        ["A rhythm of the week or pulls that follow each other mislead such tests."],
        empty="No pull in this period.",
    )


def lead_times(answers: Answers) -> Card:
    """How long refills take, and what is still open."""
    return Card(
        tiles.leads_title(answers.lead_times, answers.items, answers.about),
        charts.lead_times(answers.lead_times, timezone=answers.zone, about=answers.about),
        f"From the pull to its acknowledgement{_in_working_time(answers)}. Rings: pulls still open, at their age",
        [tiles.leads_note(answers.lead_times, answers.items, answers.about)],
    )


def _in_working_time(answers: Answers) -> str:
    """The basis of a card where a calendar is kept."""
    return "" if answers.working_day_s is None else f" in working time, {wording.duration(answers.working_day_s)} a day"


def needed(answers: Answers) -> Card:
    """Cards in use and recommended, as a chart."""
    service = wording.percent(answers.settings.service_level)
    formula = tables.FORMULAS[answers.settings.formula]
    return Card(
        titles.cards_title(answers.items, answers.about),
        charts.cards_needed(answers.items, target=answers.target, about=answers.about),
        f"Cards in use and recommended ({formula}, service {service})",
        [tiles.leads_note(answers.lead_times, answers.items, answers.about)],
    )


def sizing(answers: Answers) -> Card:
    """Cards in use and recommended with what they follow from, as a table."""
    return Card(
        titles.cards_title(answers.items, answers.about),
        tables.sizing_table(answers.items, answers.about),
        tables.sizing_words(answers.settings),
        [tiles.risk_note(answers.settings.signal_when)],
        empty=NO_ITEM,
    )


def risk(answers: Answers) -> Card:
    """The risk of an empty bin with the cards in use."""
    return Card(
        titles.risk_title(answers.items, target=answers.target, about=answers.about),
        charts.stock_out_risk(answers.items, target=answers.target, about=answers.about),
        f"Chance that no full container is left at a pull, with 95{wording.NBSP}% interval. Band: target",
        [tiles.risk_note(answers.settings.signal_when)],
    )


def risk_curves(answers: Answers) -> Card:
    """The same over the number of cards: what would one more or fewer change?"""
    return Card(
        titles.risk_title(answers.items, target=answers.target, about=answers.about),
        charts.risk_curves(answers.risks, answers.items, target=answers.target, about=answers.about),
        f"Chance that no full container is left at a pull, over the number of cards. Band: 95{wording.NBSP}% interval",
        ["The interval comes from the pull rate alone; the lead time is taken as known."],
    )


def silence(answers: Answers) -> Card:
    """How long no button of an item was pressed, against what is usual for it."""
    return Card(
        titles.silence_title(answers.items, answers.about),
        charts.button_silence(answers.items, answers.about),
        f"Time heard since the last press{_in_working_time(answers)}, against the item’s own upper limit (t-chart)",
        [tiles.dead_note(answers.items, answers.about)],
    )


def items(answers: Answers) -> Card:
    """Each item in figures."""
    return Card(
        "Items in figures",
        tables.last_pulls_table(answers.items, timezone=answers.zone, about=answers.about),
        "Rate with interval, pulls, open ones, last pull and press, presses of the buttons, trend",
        [tiles.hint_note(answers.presses, answers.about), dhcp.note(answers.only_dhcp)],
        empty=NO_ITEM,
    )


def footer(answers: Answers) -> Footer:
    """What a report on items rests on."""
    return heard.kanban_footer(
        _facts(answers), answers.presses, answers.capture, answers.sources, timezone=answers.zone
    )


def _facts(answers: Answers) -> dict[str, str]:
    """The site, and what was heard of buttons and is not counted."""
    facts = {"Site": answers.site or "–"}
    said = wording.dhcp_alone(answers.only_dhcp)
    return facts | {"Not counted": said} if said else facts


def capture_sentence(answers: Answers) -> Sentence:
    """What was heard of buttons in one sentence: frames, presses, what was dropped and missed."""
    return heard.buttons_sentence(
        answers.records, answers.presses, answers.coverage, answers.when, answers.site, about=answers.about
    )


def capture_tiles(answers: Answers) -> Tiles:
    """Presses, frames of others, drops, capture running, rejects."""
    rejects, days = answers.rejects.to_pylist(), answers.when.days
    zone, about = answers.zone, answers.about
    return heard.buttons_tiles(answers.presses, rejects, answers.coverage, days=days, timezone=zone, about=about)


def frames(answers: Answers) -> Card:
    """When frames came, above the stretches in which a capture listened."""
    names = ["node_id" if name == "interface" else name for name in answers.capture.column_names]
    strip = answers.capture.rename_columns(names)
    strip = strip.append_column("zone", [["capture"] * strip.num_rows])
    return Card(
        heard.capture_title(answers.coverage, timezone=answers.zone, about=answers.about),
        arrivals(answers.frames, strip, timezone=answers.zone, noun="frame", is_life=False),
        "Frames of listed devices. Below: when the capture listened",
        [
            _gaps(answers),
            heard.flags_note(answers.frames),
        ],
    )


def pressed(answers: Answers) -> Card:
    """Which devices were heard, and how many frames their presses made."""
    return Card(
        heard.pressed_title(answers.presses, answers.about),
        heard.devices_pressed_table(answers.presses, answers.listed, timezone=answers.zone, about=answers.about),
        "Presses and frames of each listed device; entries by hand stand under their item",
        [tiles.hint_note(answers.presses, answers.about), dhcp.note(answers.only_dhcp)],
        empty=dhcp.note(answers.only_dhcp)
        or "No listed device was heard. Press a button: telltale discover finds its line for buttons.csv.",
    )


def capture(answers: Answers) -> Card:
    """When a capture listened without a break, what it kept, counted and lost."""
    return Card(
        "Stretches of the capture",
        heard.capture_table(answers.capture, timezone=answers.zone, about=answers.about),
        "Newest first, twenty at most: how long it listened, frames kept, of others, lost",
        [_gaps(answers)],
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
        _facts(answers), answers.presses, answers.capture, answers.sources,
        rejected=answers.rejected, timezone=answers.zone,
    )  # fmt: skip
