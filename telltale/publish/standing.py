"""How the reports stand: the ledger as a table, and what a pass would make."""

import datetime as dt
from typing import Any, NamedTuple

from telltale.publish import ledger
from telltale.publish.clock import looked_us
from telltale.publish.ledger import Run
from telltale.publish.looking import look
from telltale.publish.readers import readers
from telltale.workbench.project import Project

_SHOWN = {"waiting": "failed, will be tried again"}
_ALL = 1_000_000


def table(project: Project) -> list[dict[str, Any]]:
    """The ledger, the newest period first.

    Returns:
        report, readers (of those with parameters of their own what these are), period, state, revision (how often it
        was published), made_at, told_at (UTC; None: not yet), inputs (digest of its rows), sentence, changed (numbers
        that moved with the last revision), attempts (that failed since), next_try (UTC), why, files.
    """
    named = {(each.report, each.key): each for each in readers(project.settings)}
    return [_row(run, named.get(run.key[:2])) for run in reversed(ledger.runs(project.store))]


class Planned(NamedTuple):
    """What a pass would do."""

    rows: list[dict[str, Any]]
    left_out: int
    """Older periods that were never made, and that nobody looks after."""


def planned(project: Project, *, since_us: int = 0) -> Planned:
    """What a pass would make now, the oldest first; nothing is changed by asking.

    Args:
        project: whose reports.
        since_us: periods that ended before are left out; 0 takes as many as the schedule looks after.

    Returns:
        rows of report, period, ended_at (UTC), records (rows of the period), what.
    """
    now_us = looked_us(project)
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
    return Planned(rows, sum(found.left_out.values()))


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
