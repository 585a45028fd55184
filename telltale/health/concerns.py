"""What needs a look of the sources: those that have stopped, and those of which too much cannot be decoded."""

import datetime as dt
from collections.abc import Mapping, Sequence

from telltale import wording
from telltale.health.deliveries import Delivered
from telltale.page.attention import Notice, since
from telltale.page.lists import Concern
from telltale.sources import SOURCES

SILENT_AT_LEAST_S = 600.0
SILENT_INTERVALS = 20
"""A source is silent after so many of its usual intervals, but not before ten minutes."""
MANY_REJECTS = 0.01
"""More than one row in a hundred that cannot be decoded needs a look."""
FEWEST_REJECTS = 5

_PAGE_OF_TABLE = {"sighting": "presence", "frame": "kanban", "reading": "sensors", "activity": "activity"}
"""Where the rows of a table are shown; of a source with several, the first of these counts."""
PAGE_OF = {
    source.name: page
    for source in SOURCES
    if (page := next((page for table, page in _PAGE_OF_TABLE.items() if table in source.tables), None))
}
"""The page with the figures of a source."""


def concerns(sources: Sequence[Delivered], *, now: dt.datetime) -> list[Notice]:
    """The sources that are silent, and those with many rejects.

    Args:
        sources: what `deliveries.delivered` gave.
        now: the present on the site's clock.
    """
    return [*silent_sources(sources, now=now), *many_rejects(sources)]


def silent_sources(
    sources: Sequence[Delivered], *, now: dt.datetime, pages: Mapping[str, str] = PAGE_OF
) -> list[Notice]:
    """The sources that delivered before and have stopped; those that may rest (`Delivered.rests`) never.

    Args:
        sources: see `concerns`, `now` too.
        now: see there.
        pages: the page of each source by its name.
    """
    silent = []
    for source in sources:
        newest = dt.datetime.fromtimestamp((source.newest_us or 0) / 1e6, now.tzinfo)
        age_s = (now - newest).total_seconds()
        if source.rests or age_s < silent_after_s(source):
            continue
        usual = f"usually one each {wording.duration(source.interval_s)}" if source.interval_s else "nothing in 24 h"
        concern = Concern(
            "alarm", f"{source.title} is silent", f"no record for {wording.duration(age_s)}; {usual}",
            since(newest, now), "sender, network or collector", pages.get(source.source.name, "health"),
        )  # fmt: skip
        phrase = f"!!{source.title}!! has sent no record for !!{wording.duration(age_s)}!!"
        silent.append(Notice(concern, phrase, newest))
    return silent


def silent_after_s(source: Delivered) -> float:
    """The age of its newest record from which on a source is silent."""
    return max(SILENT_AT_LEAST_S, SILENT_INTERVALS * source.interval_s)


def many_rejects(sources: Sequence[Delivered]) -> list[Notice]:
    """The sources of which too much could not be decoded in 24 hours."""
    many = []
    for source in sources:
        records = sum(source.hours)
        if source.rejects < FEWEST_REJECTS or source.rejects <= MANY_REJECTS * records:
            continue
        count = wording.count(source.rejects, "row")
        concern = Concern(
            "warning", f"{source.title}: {count} rejected", f"of {wording.count(records, 'record')} in 24 h",
            f"last 24{wording.NBSP}h", "a changed format, or a wrong device", "health",
        )  # fmt: skip
        many.append(Notice(concern, f"!!{count}!! of {source.title} could not be decoded", None))
    return many
