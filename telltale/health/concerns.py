"""What needs a look of sources and devices: silence, wrong clocks, listed and never heard, too many rejects."""

import datetime as dt
from collections.abc import Mapping, Sequence

from telltale import wording
from telltale.health import claims, own_clock, refusals, spooled, unsent
from telltale.health.clocks import wrong
from telltale.health.deliveries import Delivered, delivered
from telltale.health.known import never_heard
from telltale.health.words import listed
from telltale.page import said
from telltale.page.attention import Notice, since
from telltale.page.lists import Concern
from telltale.page.said import claimed, say
from telltale.sources import SOURCES
from telltale.workbench.project import Project
from telltale.workbench.times import micros
from telltale.workbench.view import answered

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


TITLES = {source.name: source.short_title or source.title for source in SOURCES}


def concerns(project: Project, *, now: dt.datetime, with_refusals: bool = True) -> list[Notice]:
    """A clock of ours that was stepped, messages unsent, records that wait, silent sources, clocks of devices, rejects.

    Args:
        project: whose.
        now: the present on the site's clock.
        with_refusals: what was refused or not decoded too.
    """
    sources = delivered(project)
    found = [
        *own_clock.concerns(project, now=now),
        *unsent.concerns(project, now=now),
        *spooled.concerns(project, now=now),
        *silent_sources(sources, now=now),
        *clocks_and_lists(project, now=now),
    ]
    if not with_refusals:
        return found
    return [*found, *many_rejects(sources, now=now), *refusals.concerns(project, now=now)]


def clocks_and_lists(project: Project, *, now: dt.datetime, shows_persons: bool = False) -> list[Notice]:
    """Of devices: clocks that are wrong, and what is listed and was never heard.

    Args:
        project: whose.
        now: the present on the site's clock.
        shows_persons: name PCs and phones too, for the owner.
    """
    unheard = answered(project, never_heard)
    return [
        *listed.wrong_clocks(wrong(project), TITLES, now=now),
        *listed.never_heard(unheard, now=now, shows_persons=shows_persons),
    ]


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
        if not source.is_silent(micros(now)):
            continue
        newest = dt.datetime.fromtimestamp((source.newest_us or 0) / 1e6, now.tzinfo)
        age = said.duration(claims.delivered(source, "age_s", source.age_s(micros(now)), now))
        usual = say("how often its devices report is unknown")
        if source.interval_s:
            each = said.duration(claims.delivered(source, "interval_s", source.interval_s, now))
            usual = say("its most regular device reports each {}", each)
        concern = Concern(
            "alarm", say("{} is silent", source.title), say("no record for {}; {}", age, usual),
            claimed(claims.delivered(source, "newest", newest, now), since(newest, now)),
            "sender, network or collector", pages.get(source.source.name, "health"),
        )  # fmt: skip
        phrase = say("!!{}!! has sent no record for !!{}!!", source.title, age)
        silent.append(Notice(concern, phrase, newest))
    return silent


def many_rejects(sources: Sequence[Delivered], *, now: dt.datetime) -> list[Notice]:
    """The sources of which too much could not be decoded in 24 hours.

    Args:
        sources: what `deliveries.delivered` gave.
        now: the present on the site's clock.
    """
    many = []
    for source in sources:
        records = sum(source.hours)
        if source.rejects < FEWEST_REJECTS or source.rejects <= MANY_REJECTS * records:
            continue
        count = said.count(claims.delivered(source, "rejects", source.rejects, now), "row")
        of = said.count(claims.delivered(source, "records", records, now), "record")
        concern = Concern(
            "warning", say("{}: {} rejected", source.title, count), say("of {} in 24 h", of),
            f"last 24{wording.NBSP}h", "a changed format, or a wrong device", "health",
        )  # fmt: skip
        many.append(Notice(concern, say("!!{}!! of {} could not be decoded", count, source.title), None))
    return many
