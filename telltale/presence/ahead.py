"""From when on each chart of presence says something."""

import datetime as dt

from telltale import wording
from telltale.page.lines import Ahead
from telltale.presence.answers import Answers
from telltale.presence.words.usual import FEWEST_DAYS, usual_days
from telltale.wording import is_known

PAGE = "presence"


def ahead(answers: Answers) -> list[Ahead]:
    """The charts of a site. No share tells how many of k there are: that would be a count under k.

    Args:
        answers: of today, with the days before (`presence.concerns.watched`).

    Source: `FEWEST_DAYS` of words/usual.py, `[site] k`, `[presence] visit_min`.
    """
    k, today = answers.k, answers.when.now.date()
    page = f"{PAGE}?site={answers.when.site}"
    shown = any(is_known(row["mean"]) and row["mean"] for row in answers.bins.to_pylist())
    told = answers.lengths.median_s is not None
    lasting = f"{answers.project.settings.presence.visit_min:g}{wording.NBSP}min"
    before, _ = usual_days(answers.earlier_bins, answers.when.now)
    return [
        Ahead("Who is here today", _or_now(f"once {k} devices are here at a time", is_there=shown), float(shown), page,
              "occupancy"),
        Ahead("Visits by length", _or_now(f"after {k} visits of {lasting} or more", is_there=told), float(told), page,
              "dwell"),
        _by_day(len(before), today, page),
        _usual(len(before), today),
        _moves(answers, page),
    ]  # fmt: skip


def _or_now(when: str, *, is_there: bool) -> str:
    return "now" if is_there else when


def _by_day(days: int, today: dt.date, page: str) -> Ahead:
    tomorrow = wording.short_date(today + dt.timedelta(days=1))
    when = _or_now(f"{tomorrow}, after the first day", is_there=days > 0)
    return Ahead("Visitors by day", when, float(days > 0), page, "days")


def _usual(days: int, today: dt.date) -> Ahead:
    lacking = FEWEST_DAYS - days
    when = wording.short_date(today + dt.timedelta(days=lacking))
    when = _or_now(f"{when}, after {wording.in_words(FEWEST_DAYS)} days", is_there=lacking <= 0)
    return Ahead("Against a usual day", when, days / FEWEST_DAYS, "operations", "usual")


def _moves(answers: Answers, page: str) -> Ahead:
    is_there = answers.moves.num_rows > 0
    needed = f"once {answers.k} devices moved" if answers.reporting.known > 1 else "with a second access point"
    return Ahead("Moves between zones", _or_now(needed, is_there=is_there), float(is_there), page, "moves")
