"""What needs a look, gathered over all sources: for the list of the operations page, and for the tabs of every page."""

import datetime as dt
from collections.abc import Mapping, Sequence

from telltale.health.deliveries import Delivered, delivered
from telltale.kanban import page_answers as kanban_figures
from telltale.page import attention, common
from telltale.page.attention import Found
from telltale.page.board import Ask
from telltale.presence.page_answers import Figures
from telltale.sensors import page_answers as sensor_figures
from telltale.sources import SOURCES
from telltale.workbench.times import local_time

_PAGE_OF_TABLE = {"sighting": "presence", "frame": "kanban", "reading": "sensors", "activity": "activity"}
"""Where the rows of a table are shown; of a source with several, the first of these counts."""
PAGE_OF = {
    source.name: page
    for source in SOURCES
    if (page := next((page for table, page in _PAGE_OF_TABLE.items() if table in source.tables), None))
}
"""Where the figures of a source are."""


def found(
    sources: Sequence[Delivered], sites: Sequence[Figures], now: dt.datetime, sensors: Sequence[Found] = ()
) -> list[Found]:
    """Alarms first, then the newest.

    Args:
        sources: what each delivered.
        sites: presence of each site today.
        now: the present on the site's clock.
        sensors: what needs a look of sensors and items (`of_things`).
    """
    return attention.ordered(
        [
            *attention.silent_sources(sources, now=now, pages=PAGE_OF),
            *(one for site in sites for one in attention.silent_nodes(site.reporting, now=now)),
            *attention.many_rejects(sources),
            *sensors,
        ]
    )


def of_things(ask: Ask) -> list[Found]:
    """What needs a look of sensors, items and their buttons."""
    return [*sensor_figures.concerns(ask), *kanban_figures.concerns(ask)]


def badges(ask: Ask) -> Mapping[str, int]:
    """How many alarms each page has, at most a minute old."""
    counts: Mapping[str, int] = ask.slowly("badges", lambda: _counted(ask))
    return counts


def present(ask: Ask, sites: Sequence[Figures]) -> dt.datetime:
    """The present on the clock of the first site, else of `[site]`."""
    zone = sites[0].when.timezone if sites else ask.project.settings.site.timezone
    return local_time(ask.project.now_us(), zone)


def _counted(ask: Ask) -> Mapping[str, int]:
    sites = [Figures(ask, site) for site in common.sites(ask)]
    return attention.badges(found(delivered(ask.project), sites, present(ask, sites), of_things(ask)))
