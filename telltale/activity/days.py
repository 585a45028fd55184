"""Table `activity_day`: how long each PC was in use on each local day, kept for questions about many days.

Only figures are kept, in whole microseconds, never a stretch: a day says how much and how much at least and at most,
when the first and the last input was, and how many records it is made of. It goes when a row of it goes (another
basis), and is of the project's own thresholds; others read rows. Of a PC that told nothing of a day nothing is kept,
and names and people are joined when it is read.

A day depends on what lies around it: what was corrected, imported or slept through may have begun a month before, an
input up to an hour after midnight may join one before it. So a day is kept with the files of that time, too.

Days begin where `[activity] day_starts_at` and the site's zone say; a day of another begin has another basis.
"""

import datetime as dt
import json
from typing import NamedTuple

import pyarrow as pa

from telltale.activity import analysis
from telltale.activity.analysis import Rules
from telltale.engine import Relation
from telltale.tables import ACTIVITY
from telltale.workbench.days import Around, DayTable, joined
from telltale.workbench.question import Question
from telltale.workbench.times import DAY, SECOND, Span
from telltale.workbench.view import View

ACTIVITY_DAY = "activity_day"
LONGEST_GIVEN_D = 31
"""No correction or imported stretch is longer, so none further back reaches into a stretch asked for."""
JOINS_S = 3_600
"""What follows a stretch may join it: an input a moment after its end."""
GIVEN = ("correction", "interval", "suspended")
"""The kinds that tell of a stretch from its beginning on."""
_FIGURES = ("active_us", "away_us", "locked_us", "suspended_us", "sure_us", "may_us", "samples", "first_us", "last_us")
ROWS = pa.schema([("start_us", pa.int64()), ("device_id", pa.string()), *((name, pa.int64()) for name in _FIGURES)])


class Reads(NamedTuple):
    """Where to read for a stretch: everything near it, and what was given long before."""

    near: Span
    before: Span


def reads(span: Span) -> Reads:
    """Where signals of a stretch are; what somebody entered as a stretch may begin much earlier."""
    near = Span(span.since_us - DAY, span.until_us + JOINS_S * SECOND)
    return Reads(near, Span(near.since_us - LONGEST_GIVEN_D * DAY, near.since_us))


def signals(question: Question, over: Span) -> Relation:
    """What was told of any PC in a stretch and around it, of `analysis.SIGNAL`."""
    view, engine, (near, before) = question.view, question.engine, reads(over)
    # In two parts, so that samples of long before are not read.
    rows = {"near": view.table(ACTIVITY.name, near), "before": view.table(ACTIVITY.name, before)}
    kinds = ", ".join(f"'{kind}'" for kind in GIVEN)
    text = f"select * from near union all select * from before where kind in ({kinds})"  # noqa: S608 - kinds of ours
    return analysis.signals(engine, engine.run(text, rows), question.device_info)


def figures(question: Question, over: Span) -> Relation:
    """The figures of each PC in each day of a stretch that anything is known of: of `ROWS`, of everybody."""
    everybody = Question(question.view, question.span, question.zone, None, question.day_starts_at)
    return question.engine.from_arrow(joined(everybody, DAYS, over))


def usual_rules(question: Question) -> Rules:
    """The project's thresholds."""
    return Rules(away_after_s=question.settings.activity.away_after_s)


def of_site(view: View) -> Question:
    """The question by whose days they are kept."""
    begins = dt.time.fromisoformat(view.project.settings.activity.day_starts_at)
    return Question(view, Span(0, view.now_us), view.project.zone(), None, begins)


def _made(question: Question, parts: pa.Table) -> pa.Table:
    engine, span = question.engine, question.span
    told = engine.keep(signals(question, span))
    spans = analysis.spans_of(engine, told, rules=usual_rules(question), **span._asdict())
    return analysis.figures(engine, told, spans, parts).arrow().select(ROWS.names).cast(ROWS)


def _settings(question: Question) -> str:
    """The thresholds, and which modem is which PC's."""

    def read() -> str:
        aliased = question.project.device_info().select(["device_id", "same_as"]).to_pylist()
        aliases = sorted((row["device_id"], row["same_as"]) for row in aliased if row["same_as"])
        return json.dumps([str(usual_rules(question)), aliases])

    return question.view.shared("settings of activity days", read)


_BACK_US = (LONGEST_GIVEN_D + 1) * DAY
DAYS = DayTable(
    ACTIVITY_DAY, 1, ROWS, {ACTIVITY.name: (_BACK_US, JOINS_S * SECOND)}, _made, _settings,
    around=Around(before=1, after=LONGEST_GIVEN_D + 1),
)  # fmt: skip
TABLES_OF_DAYS = (DAYS,)
"""What upkeep keeps."""
