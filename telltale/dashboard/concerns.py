"""What needs a look, gathered over all subjects once: for the list of the operations page and the tabs of all."""

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.health.concerns import concerns as of_sources
from telltale.kanban.concerns import concerns as of_items
from telltale.kanban.concerns import watched as items
from telltale.page import attention
from telltale.page.attention import Notice
from telltale.presence.concerns import of_sites
from telltale.presence.concerns import watched as sites
from telltale.sensors.answers import recent as sensors_now
from telltale.sensors.concerns import concerns as of_sensors
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import SECOND, local_time

if TYPE_CHECKING:
    import pandas as pd

MINUTE = 60 * SECOND


def gathered(project: Project, *, with_refusals: bool = True) -> list[Notice]:
    """The most urgent first; looked for once a minute, and when anything in the store changes.

    Args:
        project: whose.
        with_refusals: what was refused or not decoded too; a page that lists each of those with its remedy has them.
    """
    view = project.view()
    key = ("concerns", view.now_us // MINUTE, with_refusals)
    made: list[Notice] = view.remembered(key, lambda: _gathered(project, with_refusals=with_refusals))
    return made


def attention_table(*, project: Project | None = None) -> "pd.DataFrame":
    """What needs a look at this moment, as the operations page lists it: alarms first, then the newest.

    Columns: level (alarm, warning), what, evidence, since (where it is known), likely, page.

    Args:
        project: another project than the one found from here.
    """
    project = project or here()
    with project.at_one_moment():
        notices = gathered(project)
    names = ("level", "what", "evidence", "likely", "page")
    columns = {name: pa.array([str(getattr(n.concern, name)) for n in notices], pa.string()) for name in names}
    table = pa.table(columns).append_column("since", pa.array([n.since for n in notices], pa.timestamp("us", "UTC")))
    return tidy(table)


def present(project: Project) -> dt.datetime:
    """The present on the clock of the first site, else of `[site]`."""
    site = next(iter(project.view().sites()), None)
    return local_time(project.now_us(), project.zone(site))


def _gathered(project: Project, *, with_refusals: bool) -> list[Notice]:
    return attention.ordered(
        [
            *of_sources(project, now=present(project), with_refusals=with_refusals),
            *of_sites(sites(project)),
            *of_sensors(sensors_now(project.view())),
            *of_items(items(project)),
        ]
    )
