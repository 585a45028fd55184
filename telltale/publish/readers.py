"""Who gets a report: those of its own `to`, and others with parameters of their own; from telltale.toml alone."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from telltale.publish.due import Kind, Workdays, grace_us
from telltale.settings import Settings
from telltale.settings.publish import ReportSettings
from telltale.settings.working_hours import dates, working_hours


class Readers(NamedTuple):
    """A report as some get it."""

    report: str
    """The name of its section."""
    key: str
    """Empty for those of its own `to`; else a digest of their parameters, so that their order may change."""
    to: tuple[str, ...]
    notebook: str
    kind: Kind
    parameters: Mapping[str, Any]
    grace_us: int
    attach: bool
    even_empty: bool
    pdf: bool

    @property
    def site(self) -> str:
        """By whose clock its periods begin; empty is that of [site]."""
        return str(self.parameters.get("site", ""))


def readers(settings: Settings) -> list[Readers]:
    """Each report with each of those who get it, in the order of telltale.toml; who ask the same are told together."""
    found: dict[tuple[str, str], Readers] = {}
    for name, report in settings.reports.items():
        for each in _of(name, report):
            known = found.get((name, each.key))
            to = dict.fromkeys((*(known.to if known else ()), *each.to))
            found[name, each.key] = each._replace(to=tuple(to))
    return list(found.values())


def workdays(settings: Settings) -> Workdays:
    """The days people work: those of [kanban] working_hours without its holidays; without any, Monday to Friday."""
    hours = working_hours(settings.kanban.working_hours)
    weekdays = frozenset(day for each in hours for day in each.weekdays)
    return Workdays(weekdays or Workdays().weekdays, frozenset(dates(settings.kanban.holidays)))


def _of(name: str, report: ReportSettings) -> Iterator[Readers]:
    waits = grace_us(report.grace)
    rest = (waits, report.attach, report.even_empty, report.pdf)
    if report.to or not report.also:
        yield Readers(name, "", report.to, report.notebook, report.period, report.parameters, *rest)
    for each in report.also:
        own = {**report.parameters, **each.parameters}
        key = "" if own == report.parameters else _key(own)
        yield Readers(name, key, each.to, report.notebook, report.period, own, *rest)


def _key(parameters: Mapping[str, Any]) -> str:
    told = json.dumps(parameters, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:12]
