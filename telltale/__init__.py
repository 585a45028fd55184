"""telltale: small signals, kept as they arrived, answered in Jupyter.

    import telltale as tt

    tt.load("sighting", since="24h")
    tt.presence.visits(since="7d")

Nothing heavy is imported before it is used: a Raspberry Pi that only collects never loads an engine.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telltale import activity as activity
    from telltale import dashboard as dashboard
    from telltale import health as health
    from telltale import kanban as kanban
    from telltale import page as page
    from telltale import presence as presence
    from telltale import report as report
    from telltale import sensors as sensors
    from telltale import wording as wording
    from telltale.page.why import why as why
    from telltale.what_if import compare as compare
    from telltale.workbench import Project as Project
    from telltale.workbench import at as at
    from telltale.workbench import at_one_moment as at_one_moment
    from telltale.workbench import decode as decode
    from telltale.workbench import engines as engines
    from telltale.workbench import hold as hold
    from telltale.workbench import load as load
    from telltale.workbench import on as on
    from telltale.workbench import period as period
    from telltale.workbench import raw as raw
    from telltale.workbench import sources as sources
    from telltale.workbench import sql as sql
    from telltale.workbench import superseded as superseded

__version__ = "0.1.0"

WORKBENCH = (
    "Project",
    "at",
    "at_one_moment",
    "decode",
    "engines",
    "hold",
    "load",
    "on",
    "period",
    "raw",
    "sources",
    "sql",
    "superseded",
)
ASKED = ("sources", "sql")
"""Those that take `engine="spark"` as the calls of the subjects do; `load` has forms of its own."""
SUBJECTS = ("activity", "health", "kanban", "presence", "sensors")
COMPUTES = {
    **dict.fromkeys(("presence_day", "presence_hour", "visit"), "telltale.presence.stays"),
    "sensor_day": "telltale.sensors.days",
}
"""Who computes a table that no decoder writes: a module with `derived(view, name, span)`; imported when asked for."""
ELSEWHERE = {"compare": "telltale.what_if", "why": "telltale.page.why"}
MODULES = ("dashboard", "page", "report", "wording")
__all__ = sorted((*WORKBENCH, *SUBJECTS, *MODULES, *ELSEWHERE))  # noqa: PLE0605 - the names stand above, once


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for (PEP 562)."""
    if name in MODULES or name in SUBJECTS:
        return import_module(f"telltale.{name}")
    if name in ELSEWHERE:
        return getattr(import_module(ELSEWHERE[name]), name)
    if name in WORKBENCH:
        thing = getattr(import_module("telltale.workbench"), name)
        return import_module("telltale.workbench.on_engine").by_engine(thing) if name in ASKED else thing
    raise AttributeError(f"telltale has no {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return list(__all__)


class _Telltale(ModuleType):
    """This module, whose `sources` stays the function `tt.sources()`.

    Importing the package `telltale.sources` makes Python bind it here under the same name; that binding is left out.
    `from telltale.sources import …` does not look here and works as ever.
    """

    @property
    def sources(self) -> Any:
        """The function that lists the sources."""
        return __getattr__("sources")

    @sources.setter
    def sources(self, package: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _Telltale
