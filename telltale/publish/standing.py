"""How the reports stand: the ledger as a table, and how old the newest success of each report is."""

import datetime as dt
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.schema import REPORT_RUN
from telltale.publish import ledger
from telltale.publish.ledger import Run
from telltale.publish.looking import look
from telltale.publish.readers import readers
from telltale.publish.schedule import believed_us
from telltale.workbench.project import Project

_SHOWN = {"waiting": "failed, will be tried again"}
_ALL = 1_000_000


class Age(NamedTuple):
    """How a report stands."""

    report: str
    succeeded_at: int | None
    """When it was last made, or nothing came of a period; microseconds UTC, None if never."""
    ended_at: int | None
    """The end of the newest period that is a success."""
    failing: int
    """Periods whose last attempt failed."""


def table(project: Project) -> list[dict[str, Any]]:
    """The ledger, the newest period first.

    Returns:
        report, readers (of those with parameters of their own what these are), period, state, revision (how often it
        was published), made_at, told_at (UTC; None: not yet), inputs (digest of its rows), sentence, changed (numbers
        that moved with the last revision), attempts (that failed since), next_try (UTC), why, files.
    """
    named = {(each.report, each.key): each for each in readers(project.settings)}
    return [_row(run, named.get(run.key[:2])) for run in reversed(ledger.runs(project.store))]


def planned(project: Project, *, since_us: int = 0) -> list[dict[str, Any]]:
    """What a pass would make now, the oldest first; nothing is changed by asking.

    Args:
        project: whose reports.
        since_us: periods that ended before are left out; 0 takes as many as the schedule looks after.

    Returns:
        report, period, ended_at (UTC), records (rows of the period), what.
    """
    now_us = believed_us(project)
    found = (
        look(project, now_us=now_us, most=_ALL, since_us=since_us, notes=False)
        if since_us
        else look(project, now_us=now_us, notes=False)
    )
    rows: list[dict[str, Any]] = []
    for work in found.work:
        what = "made again: late data" if work.before else "nothing to report" if work.is_empty else "made"
        rows.append(
            {
                "report": work.readers.report,
                "period": work.period.name,
                "ended_at": _moment(work.period.span.until_us),
                "records": work.rows.n,
                "what": work.removed if work.is_empty and work.removed else what,
            }
        )
    return rows


def ages(store: Store) -> list[Age]:
    """How each report stands that was ever begun; one small question, without what reports say."""
    is_success = REPORT_RUN.c.state.in_(("done", "nothing"))
    query = (
        sa.select(
            REPORT_RUN.c.report,
            sa.func.max(sa.case((is_success, REPORT_RUN.c.made_at))),
            sa.func.max(sa.case((is_success, REPORT_RUN.c.ends_at))),
            sa.func.sum(sa.case((REPORT_RUN.c.state.in_(("waiting", "failed")), 1), else_=0)),
        )
        .group_by(REPORT_RUN.c.report)
        .order_by(REPORT_RUN.c.report)
    )
    with store.reader() as connection:
        return [Age(report, made, ended, int(failing)) for report, made, ended, failing in connection.execute(query)]


def _row(run: Run, of: Any) -> dict[str, Any]:
    own = ", ".join(f"{name} = {value}" for name, value in of.parameters.items()) if of is not None and of.key else ""
    return {
        "report": run.report,
        "readers": own or run.readers,
        "period": run.period,
        "state": _SHOWN.get(run.state, run.state),
        "revision": run.revision,
        "made_at": _moment(run.made_at),
        "told_at": _moment(run.told_at),
        "inputs": run.rows[:12],
        "sentence": run.sentence,
        "changed": len(ledger.changes_of(run)),
        "attempts": run.attempts,
        "next_try": _moment(run.next_try or None),
        "why": run.reason,
        "files": ledger.files_of(run),
    }


def _moment(us: int | None) -> dt.datetime | None:
    return None if us is None else dt.datetime.fromtimestamp(us / 1e6, dt.UTC)
