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
    from telltale import charts as charts
    from telltale import dashboard as dashboard
    from telltale import findings as findings
    from telltale import report as report
    from telltale import show as show
    from telltale import wording as wording
    from telltale.workbench import Project as Project
    from telltale.workbench import activity as activity
    from telltale.workbench import decode as decode
    from telltale.workbench import health as health
    from telltale.workbench import kanban as kanban
    from telltale.workbench import last_seen as last_seen
    from telltale.workbench import load as load
    from telltale.workbench import missing as missing
    from telltale.workbench import nodes_seen as nodes_seen
    from telltale.workbench import presence as presence
    from telltale.workbench import raw as raw
    from telltale.workbench import sample as sample
    from telltale.workbench import sensors as sensors
    from telltale.workbench import sightings as sightings
    from telltale.workbench import sources as sources
    from telltale.workbench import sql as sql
    from telltale.workbench import strips as strips

__version__ = "0.1.0"

WORKBENCH = (
    "Project",
    "activity",
    "decode",
    "health",
    "kanban",
    "last_seen",
    "load",
    "missing",
    "nodes_seen",
    "presence",
    "raw",
    "sample",
    "sensors",
    "sightings",
    "sources",
    "sql",
    "strips",
)
MODULES = ("charts", "dashboard", "findings", "report", "show", "wording")
__all__ = sorted((*WORKBENCH, *MODULES))  # noqa: PLE0605 - the names stand above, once


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for (PEP 562)."""
    if name in MODULES:
        return import_module(f"telltale.{name}")
    if name in WORKBENCH:
        return getattr(import_module("telltale.workbench"), name)
    raise AttributeError(f"telltale has no {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


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
