"""The ledger of reports as a card: what became of each period, what failed first."""

import datetime as dt

from telltale import wording
from telltale.frames import local
from telltale.page.pieces import Card, Table
from telltale.publish import ledger
from telltale.publish.ledger import Run
from telltale.workbench.project import Project

SHOWN = 20
HEADS = ("Report", "Period", "State", "Made", "Moved", "Inputs", "Why")
_STATES = {"done": "made", "waiting": "tried again soon", "failed": "!!failed!!", "nothing": "nothing came"}


def reports(project: Project, zone: str) -> Card:
    """What became of each period of the scheduled reports: those that failed first, then the newest.

    Columns: report, period, state, made (when it was last published or found empty; by the site's clock), moved (how
    many numbers late data changed with its last revision), inputs (digest of the rows it rests on), why.

    Args:
        project: whose.
        zone: of the clock its moments are told by.
    """
    runs = ledger.runs(project.store)
    ordered = sorted(runs, key=lambda run: (run.state not in ("waiting", "failed"), -run.ends_at))
    return Card(
        _title(runs),
        Table(HEADS, [_line(run, zone) for run in ordered[:SHOWN]], right=(4,), wide=(4, 5)),
        _subtitle(len(runs)),
        empty="No period of a report is over yet.",
    )


def _title(runs: list[Run]) -> str:
    lost = [run for run in runs if run.state in ("waiting", "failed")]
    if lost:
        names = wording.joined(sorted({run.report for run in lost}))
        return f"!!{wording.count(len(lost), 'period')}!! of {names} could not be made"
    if not runs:
        return "Scheduled reports"
    newest = max(runs, key=lambda run: run.ends_at)
    return f"Every closed period is made, the newest is {newest.period}"


def _subtitle(n: int) -> str:
    which = "the newest" if n <= SHOWN else f"{SHOWN} of {n:,}, the newest"
    return f"Scheduled reports by period, {which} first. Late data makes a period again"


def _line(run: Run, zone: str) -> list[str]:
    moved = len(ledger.changes_of(run))
    return [
        run.report,
        run.period,
        _STATES.get(run.state, run.state),
        wording.short_moment(local(dt.datetime.fromtimestamp(run.made_at / 1e6, dt.UTC), zone)) if run.made_at else "–",
        wording.number(moved) if run.revision > 1 else "–",
        run.rows[:8] or "–",
        run.reason or "–",
    ]
