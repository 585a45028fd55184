"""What there is to do: closed periods that lack a success, and those that rest on rows that are others now."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from telltale import report
from telltale.publish import inputs, ledger
from telltale.publish.due import MOST, Closed, Stretch, closed
from telltale.publish.inputs import Rows, Tables
from telltale.publish.ledger import Run
from telltale.publish.readers import Readers, readers, workdays
from telltale.workbench.project import Project
from telltale.workbench.times import Span
from telltale.workbench.view import View


class Work(NamedTuple):
    """A period to make."""

    readers: Readers
    period: Stretch
    before: str | None
    """Of a success whose rows are others now, what they were judged by."""
    seen: str
    """See `telltale.publish.inputs`."""
    rows: Rows
    removed: str
    """Why rows of it are missing, where retention has removed some."""
    is_alone: bool = True
    """Nothing else of its report is to be made."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report."""
        return not self.rows.n and not self.readers.even_empty and self.before is None


class Found(NamedTuple):
    """What there is to do."""

    work: tuple[Work, ...]
    """The oldest first."""
    left_out: Mapping[tuple[str, str], int]
    """By report and readers: older periods that were never made, and that nobody looks after."""
    first_us: Mapping[tuple[str, str], int]
    """By report and readers: the first moment there is data of, microseconds UTC."""


def look(project: Project, *, now_us: int, most: int = MOST, since_us: int = 0, notes: bool = True) -> Found:
    """What there is to do at present; what is done and stays so though its files are others now is noted.

    Args:
        project: whose reports.
        now_us: the present, as far as it is believed.
        most: so many periods of a report are looked after.
        since_us: leave out what ended before; then `most` should be large.
        notes: note what was seen; a dry run changes nothing.
    """
    view = project.view()
    known = {run.key: run for run in ledger.runs(project.store)}
    found: list[Work] = []
    left_out: dict[tuple[str, str], int] = {}
    firsts: dict[tuple[str, str], int] = {}
    sees = _Sees(view)
    for of in readers(project.settings):
        tables = tables_of(project, of)
        first_us = inputs.first_us(view, tables)
        own = {key[2]: run for key, run in known.items() if key[:2] == (of.report, of.key)}
        if first_us is not None:
            firsts[of.report, of.key] = first_us
        due = Closed((), 0) if first_us is None else due_of(project, of, first_us=first_us, now_us=now_us, most=most)
        due = _since(due, since_us)
        left_out[of.report, of.key] = _never_made(due, own)
        begun = [run for run in own.values() if run.is_ready(project.now_us())]
        missing = [period for period in due.periods if period.name not in own]
        missing += [Stretch(run.period, Span(run.begins_at, run.ends_at)) for run in begun]
        found += [sees.work(of, period, tables) for period in missing]
        found += _others_now(of, own, tables, sees, project if notes else None)
    found.sort(key=lambda work: (work.period.span.until_us, work.readers.report, work.readers.key))
    count = Counter((work.readers.report, work.readers.key) for work in found if not work.is_empty)
    count.update(run.key[:2] for run in known.values() if run.is_held(project.now_us()))
    alone = (work._replace(is_alone=count[work.readers.report, work.readers.key] < 2) for work in found)
    return Found(tuple(alone), left_out, firsts)


def tables_of(project: Project, of: Readers) -> Tables:
    """The tables a report rests on; of a notebook that is not there all of them."""
    path = report.notebooks(project).get(of.notebook)
    return inputs.ALL if path is None else inputs.tables_of(path)


def due_of(project: Project, of: Readers, *, first_us: int, now_us: int, most: int = MOST) -> Closed:
    """The periods of a report that are over, from the first there is data of."""
    return closed(
        of.kind,
        zone=project.zone(of.site or None),
        first_us=first_us,
        now_us=now_us,
        grace_us=of.grace_us,
        workdays=workdays(project.settings),
        most=most,
    )


class _Sees:
    """What a moment shows of each stretch; reports of the same period share it."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.seen = cache(lambda tables, span: inputs.seen(view, tables, span))
        self.rows = cache(lambda tables, span: inputs.rows(view, tables, span))

    def removed(self, tables: Tables, span: Span, of: Readers) -> str:
        return inputs.removed(self.view, tables, span, site=of.site)

    def work(self, of: Readers, period: Stretch, tables: Tables, before: str | None = None) -> Work:
        span = period.span
        removed = self.removed(tables, span, of)
        return Work(of, period, before, self.seen(tables, span), self.rows(tables, span), removed)


def _since(due: Closed, since_us: int) -> Closed:
    kept = tuple(period for period in due.periods if period.span.until_us > since_us)
    return Closed(kept, due.left_out + len(due.periods) - len(kept))


def _never_made(due: Closed, own: Mapping[str, Run]) -> int:
    begins = due.periods[0].span.since_us if due.periods else 0
    return max(due.left_out - sum(run.ends_at <= begins for run in own.values()), 0)


def _others_now(
    of: Readers, own: Mapping[str, Run], tables: Tables, sees: _Sees, noted_in: Project | None
) -> Iterator[Work]:
    """Periods that are done and rest on rows that are others now; the cheaper question is asked first."""

    def note(run: Run, **values: str) -> None:
        if noted_in is not None:
            ledger.note(noted_in.store, run, **values)

    for run in own.values():
        span = Span(run.begins_at, run.ends_at)
        if not run.is_success or (seen := sees.seen(tables, span)) == run.seen:
            continue
        if removed := sees.removed(tables, span, of):
            note(run, seen=seen, reason=removed)
        elif sees.rows(tables, span).digest == run.rows:
            note(run, seen=seen)
        else:
            yield sees.work(of, Stretch(run.period, span), tables, run.seen)
