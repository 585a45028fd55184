"""The pages, in the order of their tabs; the first is the landing page."""

from collections.abc import Mapping

from telltale.dashboard.board import Page
from telltale.dashboard.pages import activity, health, kanban, operations, presence, sensors

PAGES: Mapping[str, Page] = {
    "operations": operations.page,
    "presence": presence.page,
    "activity": activity.page,
    "kanban": kanban.page,
    "sensors": sensors.page,
    "health": health.page,
}
