"""No two published reports of one period tell of fewer than k devices by the difference of what they say.

One report withholds by itself what its own sums would tell, for every period and kind of address alike. Two that count
by different rules do not: visits joined across 20 minutes less those joined across 10 may be one device's. So the later
of two such reports is held back where a count of it differs from the earlier's by 1 to k - 1.

Source: wire/presence.md 8 (complementary suppression); DESIGN section 11 (published).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from telltale.analysis.publish import COUNTS
from telltale.contract import TelltaleError
from telltale.presence import question as questions
from telltale.presence.question import each
from telltale.publish import ledger
from telltale.publish.due import Stretch
from telltale.publish.inputs import OF_SUBJECT
from telltale.publish.looking import tables_of
from telltale.publish.readers import Readers, readers
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

RULE = "gap"
"""The parameter of a report by which it counts otherwise than another."""
Cell = tuple[str, ...]
"""What a count is of: name, site, day or band, kind of address."""


class TellsOfFew(TelltaleError):
    """A report that would tell of few devices beside one that is published."""


def check(project: Project, of: Readers, period: Stretch) -> None:
    """Hold a report back that, less one published for the same period, tells of fewer than k devices.

    Raises:
        TellsOfFew: it would; says which report it is beside, and what to do.
    """
    others = [other for other in _others(project, of) if _is_published(project, other, period)]
    if not others:
        return
    own = _counts(project, of, period)
    k = project.site(of.site).k if of.site else project.settings.site.k
    for other in others:
        theirs = _counts(project, other, period)
        cell = next((at for at, count in own.items() if at in theirs and 0 < abs(count - theirs[at]) < k), None)
        if cell is not None:
            raise TellsOfFew(
                f'report {of.report} {period.name}: with {RULE} = "{_rule(of)}" its {cell[0]} of {cell[2]} differ by '
                f'fewer than {k} from those of report {other.report} with {RULE} = "{_rule(other)}", so that the two '
                f"together would tell of few devices; it is held back: give both reports one {RULE}"
            )


def _others(project: Project, of: Readers) -> Iterator[Readers]:
    """The other reports about presence at the same site that count by another rule."""
    if not _is_about_presence(project, of):
        return
    for other in readers(project.settings):
        is_same = (other.report, other.key) == (of.report, of.key)
        if not is_same and other.site == of.site and _rule(other) != _rule(of) and _is_about_presence(project, other):
            yield other


def _is_about_presence(project: Project, of: Readers) -> bool:
    return bool(set(tables_of(project, of)) & set(OF_SUBJECT["presence"]))


def _rule(of: Readers) -> str:
    return str(of.parameters.get(RULE) or "")


def _is_published(project: Project, of: Readers, period: Stretch) -> bool:
    runs = ledger.runs(project.store, report=of.report)
    return any(
        run.readers == of.key and run.revision and (run.begins_at, run.ends_at) == tuple(period.span) for run in runs
    )


def _counts(project: Project, of: Readers, period: Stretch) -> dict[Cell, int]:
    """Every count a report may show of the period, small ones withheld as it does."""
    zone = project.zone(of.site or None)
    since, until = (local_time(at, zone).date().isoformat() for at in period.span)
    thresholds: Any = {RULE: _rule(of)} if _rule(of) else {}
    how = {"site": of.site or None, "thresholds": thresholds, "project": project}
    days = each(questions.days, since, until, published=True, **how)
    bands = each(questions.dwell_bands, since, until, published=True, **how)
    found: dict[Cell, int] = {}
    for row in days.to_pylist():
        found |= _of_row(row, COUNTS, (row["site"], row["label"], row["address_kind"]))
    for row in bands.to_pylist():
        found |= _of_row(row, ("visits",), (row["site"], str(row["band"]), row["address_kind"]))
    return found


def _of_row(row: Mapping[str, Any], names: tuple[str, ...], where: Cell) -> dict[Cell, int]:
    return {(name, *where): int(row[name]) for name in names if row[name] is not None}
