"""The pages, in the order of their tabs; the first is the landing page."""

from collections.abc import Mapping

from telltale.activity import page as activity
from telltale.dashboard import operations
from telltale.health import page as health
from telltale.kanban import page as kanban
from telltale.page.board import Page
from telltale.presence import page as presence
from telltale.sensors import page as sensors

PAGES: Mapping[str, Page] = {
    "operations": operations.page,
    "presence": presence.page,
    "activity": activity.page,
    "kanban": kanban.page,
    "sensors": sensors.page,
    "health": health.page,
}
