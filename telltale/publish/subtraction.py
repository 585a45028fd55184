"""No two published reports of one period tell of fewer than k devices by the difference of what they say.

One report withholds by itself what its own sums would tell, for every period and kind of address alike. Two that count
by different rules, or of records that came meanwhile, do not: visits joined across 20 minutes less those joined across
10 may be one device's, and so may be what late data added. What a publication says is noted (`telltale.publish.told`),
and whatever is made later of an overlapping stretch is compared with it cell by cell: days, bands and intervals of
occupancy, by any rule, of any report, revision or stretch. Where a count differs by 1 to k - 1 the later one is held
back; of a report that is published already that revision stands. A report that was made by hand counts as long as its
page is there.

Late records move counts, too, and that must be said: a report whose counts moved by k and more is made again, and
another one by the same rule, of a week or of the same day, is made though that day's own said otherwise before.

Source: wire/presence.md 8 (complementary suppression); DESIGN section 11 (published).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from telltale.contract import TelltaleError
from telltale.publish import ledger
from telltale.publish.due import Stretch
from telltale.publish.inputs import OF_SUBJECT
from telltale.publish.looking import tables_of
from telltale.publish.readers import Readers, readers
from telltale.publish.told import (
    MAKING_US,
    PRESENT,
    Cell,
    Told,
    appeared,
    clear,
    few,
    note,
    noted,
    rules,
    take_back,
    told,
)
from telltale.report import recipe
from telltale.workbench.as_of import Moment
from telltale.workbench.periods import parse
from telltale.workbench.project import Project
from telltale.workbench.times import Span, local_time, midnight

RULE = "gap"
"""The parameter of a report by which it mostly counts otherwise than another."""
_BEFORE = ".before.html"
"""What late data replaced, beside the page that is published."""


class TellsOfFew(TelltaleError):
    """A report that would tell of few devices beside one that is published."""


def check(project: Project, of: Readers, period: Stretch, *, by_hand: bool = False) -> Told:
    """Hold a report back that, less what is published of the same days, tells of fewer than k devices.

    Args:
        project: whose.
        of: the report.
        period: of which it is.
        by_hand: it may be made at any moment, and so is compared with what was said of the same at another.

    Returns:
        what it says, to be noted once it is published.

    Raises:
        TellsOfFew: it would; says which report it is beside, and what to do.
    """
    if not _is_about_presence(project, of):
        return Told(of.report, of.key, period.name, "", period.span, {}, {})
    return _checked(project, of, period, told(project, of, period.name, period.span), is_scheduled=not by_hand)


def check_by_hand(
    project: Project, notebook: str, period_text: str, values: Mapping[str, Any], *, moment: Moment | None = None
) -> Told:
    """The same of a report that is made by hand, beside scheduled ones and others made by hand.

    Args:
        project: whose.
        notebook: its name.
        period_text: as people write it.
        values: the parameters.
        moment: the one in the past it is asked at; it says what was known then.

    Raises:
        TellsOfFew: it would tell of few devices.
        ConfigError: the period is none.
    """
    if moment is not None:
        project = Project(settings=project.settings, as_of=moment, runs_on=project.runs_on)
    of = _asked_by_hand(notebook, notebook, values)
    zone, now_us = project.zone(of.site or None), project.now_us()
    when = parse(period_text, local_time(now_us, zone))
    since_us, until_us = midnight(when.first, zone), midnight(when.last + dt.timedelta(days=1), zone)
    span = Span(since_us, max(since_us, min(until_us, now_us)))
    return check(project, of, Stretch(when.name, span), by_hand=True)


def check_export(project: Project, what: str, values: Mapping[str, Any]) -> Told | None:
    """The same of figures of presence that leave as a file; None where an answer is none of those that are compared.

    Args:
        project: whose.
        what: such as presence.figures.
        values: the arguments of the call, of whole days.

    Raises:
        TellsOfFew: they would tell of few devices.
    """
    shows = _SHOWN_BY.get(what)
    if shows is None or not values.get("since"):
        return None
    given = {**values, "interval": values.get("bin") or f"{project.settings.presence.bin_min:g}min"}
    of = _asked_by_hand(f"export {what}", what, given)
    span = project.span(values["since"], values.get("until"), site=of.site or None)
    span = Span(span.since_us, max(span.since_us, min(span.until_us, project.now_us())))
    period = Stretch(f"{values['since']}/{values.get('until') or 'now'}", span)
    own = told(project, of, period.name, span)
    kept = {cell: count for cell, count in own.counts.items() if shows(cell)}
    return _checked(project, of, period, own._replace(counts=kept), is_scheduled=False)


_SHOWN_BY: Mapping[str, Callable[[Cell], bool]] = {
    "presence.figures": lambda cell: not cell.band and cell.name != PRESENT,
    "presence.dwell_bands": lambda cell: bool(cell.band),
    "presence.occupancy": lambda cell: cell.name == PRESENT,
}
"""The answers of which exports are compared, and what each shows."""


def claim(project: Project, said: Told, *, is_scheduled: bool) -> int | None:
    """Note what is about to appear, unless it tells of few beside what was noted since it was checked.

    Returns:
        the note, for `appeared` or `take_back`.

    Raises:
        TellsOfFew: another one was published meanwhile, or is about to be.
    """
    if not said.counts:
        return None
    now_us = project.now_us()
    with project.store.writer() as connection:
        _compare(project, said, _notes(project, said), is_scheduled=is_scheduled)
        if is_scheduled:
            clear(connection, said, now_us=now_us)
        return note(connection, said, now_us=now_us)


@contextmanager
def published_by_hand(project: Project, said: Told | None) -> Iterator[Callable[[Path], None]]:
    """Inside the block something is published by hand; it calls what it is given just before its page appears.

    Args:
        project: whose.
        said: what it says; None of what holds no such count.

    Raises:
        TellsOfFew: by that call, as of `claim`; then nothing may appear.
    """
    noted: int | None = None

    def about_to_appear(page: Path) -> None:
        nonlocal noted
        folder = project.settings.report_folder.absolute()
        place = page.absolute()
        name = place.relative_to(folder).as_posix() if place.is_relative_to(folder) else str(place)
        if said is not None:
            noted = claim(project, said._replace(page=name), is_scheduled=False)

    settle = take_back
    try:
        yield about_to_appear
        settle = appeared
    finally:
        if noted is not None:
            with project.store.writer() as connection:
                settle(connection, noted)


def _checked(project: Project, of: Readers, period: Stretch, own: Told, *, is_scheduled: bool) -> Told:
    """What is to be said, unless it would tell of few beside what is published."""
    if own.counts:
        _compare(project, own, _published(project, of, period, own), is_scheduled=is_scheduled)
    return own


def _compare(project: Project, own: Told, others: Iterable[Told], *, is_scheduled: bool) -> None:
    k = {site: (project.site(site) if site else project.settings.site).k for site in {cell.site for cell in own.counts}}
    for other in others:
        cell = _telling(own, other, k, is_scheduled=is_scheduled)
        if cell is not None:
            raise TellsOfFew(_sentence(own, other, cell, k[cell.site]))


def _notes(project: Project, own: Told) -> list[Told]:
    """What is noted of days that overlap and has appeared, or is about to."""
    folder, now_us = project.settings.report_folder, project.now_us()

    def counts(one: Told) -> bool:
        if one.begun_at is not None and _is_same(own, one):
            return False  # one process makes a scheduled report at a time: the one before was ended
        if one.begun_at is not None and now_us - one.begun_at < MAKING_US:
            return True
        return (folder / one.page).is_file() if one.page else one.begun_at is None

    return [one for one in noted(project.store, own.span) if counts(one)]


def _published(project: Project, of: Readers, period: Stretch, own: Told) -> Iterator[Told]:
    """What is published of presence in days that overlap: as it is noted, else, from before notes, as it is now."""
    notes = _notes(project, own)
    yield from notes
    yield from _scheduled_before(project, of, period, {(one.report, one.readers, one.period) for one in notes})
    yield from _by_hand_before(project, period, notes)


def _scheduled_before(
    project: Project, of: Readers, period: Stretch, known: set[tuple[str, str, str]]
) -> Iterator[Told]:
    """The scheduled reports without a note."""
    now = {(other.report, other.key): other for other in readers(project.settings)}
    now.pop((of.report, of.key), None)
    for run in ledger.runs(project.store):
        other = now.get((run.report, run.readers))
        span = Span(run.begins_at, run.ends_at)
        if other is None or not run.revision or run.key in known or not _overlap(span, period.span):
            continue
        if _is_about_presence(project, other):
            yield told(project, other, run.period, span)


def _by_hand_before(project: Project, period: Stretch, notes: Sequence[Told]) -> Iterator[Told]:
    """The reports made by hand without a note, of which the pages say by which parameters; `latest.html` is a copy."""
    folder = project.settings.report_folder
    if not folder.is_dir():
        return
    known = {one.page for one in notes} | {name for run in ledger.runs(project.store) for name in ledger.files_of(run)}
    for path in sorted(folder.glob("*/[!.]*.html")):
        name = path.relative_to(folder).as_posix()
        made = None if name in known or path.name.endswith(_BEFORE) else recipe.kept(path)
        if made is None or not _overlap(made.span, period.span):
            continue
        other = _asked_by_hand(name, made.notebook, made.parameters)
        is_noted = any((one.span, one.rules) == (made.span, rules(project, other)) for one in notes)
        if not is_noted and _is_about_presence(project, other):
            yield told(project, other, path.stem, made.span, page=name)


def _telling(own: Told, other: Told, k: Mapping[str, int], *, is_scheduled: bool) -> Cell | None:
    """A cell that tells of few beside another publication; None where there is none, or only late records moved it."""
    cells = list(few(own.counts, other.counts, k))
    if own.rules == other.rules and _is_same(own, other):
        cells = [] if _moved(own, other, k) else cells
    elif own.rules == other.rules and (is_scheduled or own.span != other.span):
        cells = [cell for cell in cells if cell.band and own.span != other.span]
    return next(iter(cells), None)


def _is_same(own: Told, other: Told) -> bool:
    return not other.page and (own.report, own.readers, own.period) == (other.report, other.readers, other.period)


def _moved(own: Told, other: Told, k: Mapping[str, int]) -> bool:
    """Whether a count moved by k and more."""
    both = own.counts.keys() & other.counts.keys()
    return any(abs(own.counts[cell] - other.counts[cell]) >= k[cell.site] for cell in both)


def _overlap(one: Span, other: Span) -> bool:
    return one.since_us < other.until_us and other.since_us < one.until_us


def _asked_by_hand(name: str, notebook: str, values: Mapping[str, Any]) -> Readers:
    """A report by hand as if it were scheduled."""
    return Readers(name, "", (), notebook, "day", values, 0, attach=False, even_empty=False, pdf=False)


def _is_about_presence(project: Project, of: Readers) -> bool:
    return bool(set(tables_of(project, of)) & set(OF_SUBJECT["presence"]))


def _sentence(own: Told, other: Told, cell: Cell, k: int) -> str:
    """Which report tells of few beside which, and what to do."""
    by = [name for name in own.rules if own.rules[name] != other.rules.get(name)]
    by_own, by_other = (
        ", ".join(f'{name} = "{one.rules.get(name, "")}"' for name in by or (RULE,)) for one in (own, other)
    )
    is_same = _is_same(own, other)
    name = f"report {other.report}"
    if other.page:
        name = other.page if Path(other.page).is_absolute() else f"data/reports/{other.page}"
    if is_same:
        name = "what is published of it"
    elif not other.page and own.period != other.period:
        name += f" {other.period}"
    name_of = own.report if own.report.startswith("export ") else f"report {own.report}"
    where = f"{cell.band} in {own.period}" if cell.band else cell.since[:16].replace("T", " ")
    what = f"{_WORDS.get(cell.name, cell.name)} of {where}"
    todo = [f"give both reports one {by[0]}"] if by and not is_same else []
    todo += [f"delete {name}"] if other.page else []
    return (
        f"{name_of} {own.period}: with {by_own} its {what} differ by fewer than {k} from those of {name} "
        f"with {by_other}, so that the two together would tell of few devices; it is held back"
        f"{': ' if todo else ''}{', or '.join(todo)}"
    )


_WORDS = {"seen": "devices heard", "passers_by": "passers-by", "bounced": "bounced visits"}
