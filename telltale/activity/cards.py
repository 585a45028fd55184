"""The cards about PCs, once each, for reports and pages.

Cards of single PCs are None where they may not be shown (`Answers.shows_single`); a cell that ends with one then shows
nothing.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from telltale import wording
from telltale.activity import charts, claims
from telltale.activity import sheet as work
from telltale.activity.answers import LATE_S, Answers
from telltale.activity.records import SOURCE
from telltale.activity.words import page as words
from telltale.activity.words import report, titles
from telltale.health import cards as health
from telltale.health.charts.arrivals import arrivals, lateness
from telltale.page import common, said
from telltale.page.pieces import Card, Footer, Sentence, Tiles
from telltale.page.said import say

__all__ = [
    "agents_arrivals",
    "agents_lateness",
    "agents_pcs",
    "agents_rejects",
    "agents_sentence",
    "agents_tiles",
    "footer",
    "hours",
    "hours_of_days",
    "kept",
    "levels",
    "messages",
    "possible_hours",
    "sentence",
    "strips",
    "team_days",
    "team_hours",
    "tiles",
    "work_hours",
    "work_hours_sentence",
]


def __dir__() -> list[str]:
    return __all__


T = TypeVar("T")

ROWS = 12
"""Messages a card shows."""


def _of_single_pcs(make: Callable[[Answers], T]) -> Callable[[Answers], T | None]:
    """Of a card about single PCs one that is None where they may not be shown."""

    @wraps(make)
    def guarded(answers: Answers) -> T | None:
        return make(answers) if answers.shows_single else None

    return guarded


def sentence(answers: Answers) -> Sentence:
    """The hours in use of the PCs, or where single ones may not be shown, of the team."""
    over = common.head("Activity", answers.now, answers.name) if answers.is_live else _over(answers)
    zone, within = answers.zone, answers.within
    if not answers.shows_single:
        of_days, about = answers.past_days or within, answers.about_past
        text: str = words.team_text(answers.team_days, k=answers.k, over=of_days, timezone=zone, about=about)
        return Sentence(text, over)
    text = words.activity_text(
        answers.strips,
        answers.totals,
        listed=answers.listed,
        now=answers.now,
        period=within,
        timezone=zone,
        usual=answers.usual if answers.is_live and answers.when.days == 1 else None,
        about=answers.about,
    )
    return Sentence(text, over)


@_of_single_pcs
def tiles(answers: Answers) -> Tiles:
    """Of a page what is so far, and who reports; of a report its period, and the mean of a day."""
    if not answers.is_live:
        return report.hours_tiles(answers.strips, answers.totals, answers.when, answers.about)
    return words.activity_tiles(
        answers.strips,
        answers.totals,
        answers.history,
        answers.listed,
        now=answers.now,
        timezone=answers.zone,
        period=answers.within,
        about=answers.about,
        looking_back=answers.about_past,
    )


@_of_single_pcs
def strips(answers: Answers) -> Card:
    """When each PC was in use, by hour of day."""
    zone, about = answers.zone, answers.about
    left_out = (
        titles.reasons_note(answers.totals, about=about),
        titles.missing_days_note(answers.strips, timezone=zone, about=about),
        titles.corrections_note(answers.intervals, about=about),
    )
    return Card(
        titles.strips_title(answers.strips, timezone=zone, about=about),
        charts.day_strips(answers.strips, timezone=zone, intervals=answers.intervals),
        f"Active, away and unknown by hour of day, {answers.within}; sums from first to last record of each day",
        [titles.strips_note(answers.strips, timezone=zone, about=about), said.together(left_out)],
    )


@_of_single_pcs
def hours(answers: Answers) -> Card:
    """How many hours each PC was in use, day by day; of a page of today the newest seven days."""
    zone = answers.zone
    until = f". Today runs until {wording.clock(answers.now)}" if answers.when.running else ""
    return Card(
        titles.hours_title(answers.week, today=answers.today, timezone=zone, about=answers.about_week),
        charts.daily_hours(answers.week, timezone=zone),
        f"Hours per day between first and last record; the number is the active part{until}",
        [titles.hours_note(answers.rules.away_after_s)],
    )


@_of_single_pcs
def hours_of_days(answers: Answers) -> Card:
    """The hours of each day: first and last moment of activity, and how long it was in all, by the rule chosen."""
    return Card(
        "Hours of each day",
        titles.hours_table(answers.totals_by_rule, timezone=answers.zone, rule=answers.rule, about=answers.about),
        f"Start and end of activity, active time, and its bounds where it is only bounded; rule: {answers.rule}",
        [titles.hours_note(answers.rules.away_after_s)],
        empty="No day of this period has a record.",
    )


@_of_single_pcs
def work_hours(answers: Answers) -> Card:
    """The work-hours sheet: each day of the period, also those without a record."""
    return work.card(answers)


def work_hours_sentence(answers: Answers) -> Sentence:
    """The hours of whose sheet it is; of nobody's how to say whose."""
    return sentence(answers) if answers.shows_single else Sentence(work.NOBODYS, _over(answers))


@_of_single_pcs
def possible_hours(answers: Answers) -> Card:
    """How sure the hours are: a range where a source is sparse."""
    return Card(
        titles.ranges_title(answers.past),
        charts.possible_hours(answers.past),
        " ".join(f"Possible active hours per day, mean of the days with records {answers.past_days}".split()),
        [titles.ranges_note(answers.intervals)],
    )


@_of_single_pcs
def levels(answers: Answers) -> Card:
    """The newest levels."""
    now = answers.now
    return Card(
        titles.levels_title(answers.levels, now=now, late_s=LATE_S, about=answers.about_levels),
        charts.level_course(answers.levels, start=now - dt.timedelta(hours=24), end=now, timezone=answers.zone),
        "Level, 0 to 100 %, last 24 hours: how recent the last input was, not a share of time",
        ["100: less than 4 min ago; 50: less than 8; 25: up to 10; 0: longer."],
    )


def messages(answers: Answers, *, skip: int = 0) -> Card | None:
    """Twelve of the messages, the newest first; so many newer ones are left out."""
    if not answers.shows_single:
        return None
    newest = answers.messages(skip + ROWS)
    shown = max(0, newest.num_rows - skip)
    of = f"{skip + 1:,} to {skip + shown:,}" if shown else "none here"
    return Card(
        "What arrived",
        titles.messages_table(newest, now=answers.now, agent=SOURCE, newest=ROWS, skip=skip),
        f"Messages of 7 days, newest first, {of}" if answers.is_live else f"Messages, newest first, {of}",
        empty="No message has arrived in this place of the list.",
    )


@_of_single_pcs
def kept(answers: Answers) -> Card:
    """What is kept of whoever uses these PCs."""
    return Card(
        titles.kept_title(answers.kept, about=answers.about),
        titles.kept_table(answers.kept, timezone=answers.zone),
        "What is recorded about whoever uses these PCs: table, kind, rows, since when",
        [titles.kept_note(answers.rules.away_after_s)],
        empty="Nothing is recorded.",
    )


def team_days(answers: Answers) -> Card:
    """The mean of all people, day by day."""
    over = ", 4 weeks" if answers.is_live else ""
    return Card(
        "Active hours of the team by day",
        charts.team_hours(answers.team_days, timezone=answers.zone, by="day"),
        f"Hours per person and day, mean of all of whom anything is known{over}; "
        f"today and days with fewer than {answers.k} people are left out",
        ["Whoever has several PCs counts once."],
    )


def team_hours(answers: Answers) -> Card:
    """The mean of all people, hour by hour."""
    return Card(
        "Active share of the team by hour",
        charts.team_hours(answers.team_hours, timezone=answers.zone, by="hour"),
        f"Share of the time that is known, by hour, {answers.within}; "
        f"the running hour, and hours that would tell of fewer than {answers.k} people, are left out",
    )


def footer(answers: Answers) -> Footer:
    """What a report on hours rests on."""
    return report.hours_footer(answers.totals, answers.decoders, answers.kept, name=answers.name, timezone=answers.zone)


def agents_sentence(answers: Answers) -> Sentence:
    """What the agents on the PCs sent, and whether all of it could be decoded."""
    about = answers.about
    return report.agents_sentence(
        claims.arrived(about, answers.agents.records, SOURCE),
        claims.messages(about, answers.delivered, SOURCE, distinct=True),
        claims.listed_pcs(about, answers.listed),
        claims.rejected(about, answers.agents.rejects.to_pylist(), SOURCE),
        _over(answers),
    )


def agents_tiles(answers: Answers) -> Tiles:
    """Records, samples, gaps, rejects, how late they came."""
    about, rejects = answers.about, answers.agents.rejects.to_pylist()
    return report.agents_tiles(
        answers.totals,
        answers.strips,
        arrived=claims.arrived(about, answers.agents.records, SOURCE),
        by_day=[float(count) for count in answers.agents.records["records"].to_pylist()],
        rejected=claims.rejected(about, rejects, SOURCE),
        reason=rejects[0]["reason"] if rejects else "",
        late=claims.lateness(about, answers.samples["late_s"].to_pylist()),
        about=about,
    )


@_of_single_pcs
def agents_arrivals(answers: Answers) -> Card:
    """When records came; below, when something is known of each PC."""
    heard = report.heard_of(answers.intervals)
    return Card(
        report.agents_title(answers.strips, answers.about),
        arrivals(answers.delivered, heard, timezone=answers.zone, noun="record", is_life=False),
        "Records of all PCs. Below: when something is known of each",
        ["A PC that is off or asleep sends nothing: that time is unknown, not away."],
    )


@_of_single_pcs
def agents_pcs(answers: Answers) -> Card:
    """Each PC: records, days, known and unknown time, gaps."""
    return Card(
        "Each PC in figures",
        report.agents_table(answers.totals, answers.strips, answers.about),
        "Samples and other rows, days with any, known and unknown time between first and last record, gaps over 10 min",
        empty="No PC has told of its activity in this period. Start the agent: telltale collect idle.",
    )


@_of_single_pcs
def agents_lateness(answers: Answers) -> Card:
    """How late samples came."""
    timed = claims.timed(answers.about, answers.samples["late_s"].to_pylist())
    return Card(
        "How late samples came",
        lateness(answers.samples, own="observed_at"),
        say("Time from a sample to the receipt of its record, share of {} samples", said.number(timed)),
    )


def agents_rejects(answers: Answers) -> Card:
    """What of the agents could not be decoded, and why."""
    return health.rejects(answers.agents)


def _over(answers: Answers) -> str:
    return f"{answers.when.head} · {answers.name}" if answers.name else answers.when.head
