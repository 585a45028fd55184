"""The pages, in the order of their tabs; the first is the landing page, with the list of what needs a look."""

from collections.abc import Mapping

from telltale.activity import page as activity
from telltale.dashboard import operations, owner_health
from telltale.kanban import page as kanban
from telltale.page.board import Page
from telltale.presence import lookup
from telltale.presence import page as presence
from telltale.sensors import page as sensors

PAGES: Mapping[str, Page] = {
    "operations": operations.page,
    "presence": presence.page,
    "activity": activity.page,
    "kanban": kanban.page,
    "sensors": sensors.page,
    "health": owner_health.page,
}

FINDERS = {"presence": lookup.looked_up}
"""Where rows are looked up that are not for the page itself."""
