"""What needs a look, gathered over all subjects once: for the list of the operations page and the tabs of all."""

import datetime as dt

from telltale.health.concerns import concerns as of_sources
from telltale.health.deliveries import delivered
from telltale.kanban.concerns import concerns as of_items
from telltale.kanban.concerns import watched as items
from telltale.page import attention
from telltale.page.attention import Notice
from telltale.presence.concerns import concerns as of_site
from telltale.presence.concerns import watched as sites
from telltale.sensors.answers import recent as sensors_now
from telltale.sensors.concerns import concerns as of_sensors
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND, local_time

MINUTE = 60 * SECOND


def gathered(project: Project) -> list[Notice]:
    """Alarms first, then the newest; looked for once a minute, and when anything in the store changes."""
    view = project.view()
    made: list[Notice] = view.remembered(("concerns", view.now_us // MINUTE), lambda: _gathered(project))
    return made


def present(project: Project) -> dt.datetime:
    """The present on the clock of the first site, else of `[site]`."""
    site = next(iter(project.view().sites()), None)
    return local_time(project.now_us(), project.zone(site))


def _gathered(project: Project) -> list[Notice]:
    return attention.ordered(
        [
            *of_sources(delivered(project), now=present(project)),
            *(notice for site in sites(project) for notice in of_site(site)),
            *of_sensors(sensors_now(project.view())),
            *of_items(items(project)),
        ]
    )
