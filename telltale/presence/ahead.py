"""From when on each chart of presence says something."""

import datetime as dt
from urllib.parse import quote

from telltale import wording
from telltale.page.lines import Ahead
from telltale.presence.answers import Answers
from telltale.presence.words.usual import FEWEST_DAYS, usual_days
from telltale.wording import is_known

PAGE = "presence"
INTERVALS = 12
"""So many intervals of a quarter of an hour in which nobody was there are a finding."""


def ahead(answers: Answers) -> list[Ahead]:
    """The charts of a site. No share tells how many of k there are: that would be a count under k.

    Args:
        answers: of today, with the days before (`presence.concerns.watched`).

    Source: `FEWEST_DAYS` of words/usual.py, `[site] k`, `[presence] visit_min`.
    """
    today, page = answers.when.now.date(), _page(answers)
    told = answers.lengths.median_s is not None
    lasting = f"{answers.project.settings.presence.visit_min:g}{wording.NBSP}min"
    days = _days(answers)
    return [
        here(answers),
        Ahead(
            "Visits by length", _or_now(f"after {answers.k} visits of {lasting} or more", is_there=told), float(told),
            page, "dwell",
        ),
        _by_day(days, today, page),
        usual(answers),
        _moves(answers, page),
    ]  # fmt: skip


def _or_now(when: str, *, is_there: bool) -> str:
    return "now" if is_there else when


def _by_day(days: int, today: dt.date, page: str) -> Ahead:
    tomorrow = wording.short_date(today + dt.timedelta(days=1))
    when = _or_now(f"{tomorrow}, after the first day", is_there=days > 0)
    return Ahead("Visitors by day", when, float(days > 0), page, "days")


def here(answers: Answers) -> Ahead:
    """The devices present today: once enough are here at a time that they may be told of, or nobody was for hours."""
    rows = [row for row in answers.bins.to_pylist() if row["address_kind"] == "all" and row["nodes"]]
    known = [row["mean"] for row in rows if is_known(row["mean"])]
    is_there = any(known) or len(known) >= INTERVALS
    when = _or_now(f"once {answers.k} devices are here at a time", is_there=is_there)
    return Ahead("Who is here today", when, float(is_there), _page(answers), "occupancy")


def usual(answers: Answers) -> Ahead:
    """Today on the band of the days before, once there are enough."""
    days = _days(answers)
    lacking = FEWEST_DAYS - days
    when = wording.short_date(answers.when.now.date() + dt.timedelta(days=lacking))
    when = _or_now(f"{when}, after {wording.in_words(FEWEST_DAYS)} days", is_there=lacking <= 0)
    return Ahead("Against a usual day", when, days / FEWEST_DAYS, "operations", "usual")


def _days(answers: Answers) -> int:
    """How many days before today have reports: those a usual day is made of."""
    return len(usual_days(answers.earlier_bins, answers.when.now)[0])


def _page(answers: Answers) -> str:
    return f"{PAGE}?site={quote(answers.when.site)}"


def _moves(answers: Answers, page: str) -> Ahead:
    is_there = answers.moves.num_rows > 0
    needed = f"once {answers.k} devices moved" if answers.reporting.known > 1 else "with a second access point"
    return Ahead("Moves between zones", _or_now(needed, is_there=is_there), float(is_there), page, "moves")
