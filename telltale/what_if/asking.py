"""Ask a call several times, each time with something set otherwise."""

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from telltale.contract import ConfigError
from telltale.presence.thresholds import Thresholds
from telltale.what_if.alerts import of_alert
from telltale.what_if.apart import withheld
from telltale.what_if.choices import with_setting
from telltale.what_if.comparison import Comparison
from telltale.what_if.measures import AS_SET, Measures, measures_of
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import as_arrow
from telltale.workbench.unpublished import refuse_to_publish
from telltale.workbench.view import whole

MOST = 24
"""Answers that are asked for at most: each is computed anew."""
Asked = Mapping[str, Any]


def compare(call: Callable[..., Any] | str, *given: Any, project: Project | None = None, **named: Any) -> Comparison:
    """What a call says as everything is set, beside what it would say otherwise.

        tt.compare(tt.presence.figures, "28d", gap=["10min", "15min", "20min"])
        tt.compare(tt.sensors.minutes_outside, "30d", device="Fridge", high=[6, 8])
        tt.compare(tt.kanban.items, item="Gloves", cards=[2, 3, 4])
        tt.compare(tt.kanban.rates, "8w", dead_time=[30, 120])
        tt.compare("alerts.fridge", "30d", above=[7, 8])

    A list is what is tried; whatever else is given goes to the call as it is. What is tried is an argument of the call,
    a column of devices.csv or buttons.csv (of the line that `device` or `item` names, else of all that have one), or a
    key of [sensors] or [kanban]. Nothing is written, and nothing of it can be published.

    Counts of people's devices are shown as in reports: none of fewer than k, and here no two whose difference is.

    Args:
        call: of `tt.presence`, `tt.sensors` or `tt.kanban`, see `telltale.what_if.measures`; or `alerts.<name>`.
        *given: for the call, such as the stretch.
        project: another project than the one found from here.
        **named: what is tried, in lists; and what the call is given.

    Raises:
        ConfigError: the call cannot be compared, nothing is tried, a value cannot stand there, or it is asked in a
            report or on a page.
    """
    refuse_to_publish("tt.compare")
    project = project or here()
    tried = {name: list(value) for name, value in named.items() if isinstance(value, list | tuple)}
    if not tried or not all(tried.values()):
        none = next((f"{name} = []: " for name, values in tried.items() if not values), "")
        raise ConfigError(f'tt.compare: {none}nothing is tried; give a list, such as gap=["10min", "20min"]')
    rest = {name: value for name, value in named.items() if name not in tried}
    choices = [dict(zip(tried, values, strict=True)) for values in itertools.product(*tried.values())]
    if len(choices) > MOST:
        raise ConfigError(
            f"tt.compare: {len(choices)} answers are asked for; expected at most {MOST}, try fewer values"
        )
    if isinstance(call, str):
        return of_alert(call, given, rest, choices, project)
    name, measures = measures_of(call)
    asking = _Asking(call, given, rest, measures)
    found = whole(
        project,
        lambda: [
            (AS_SET, asking.of(project)),
            *((words(choice), asking.otherwise(choice, project)) for choice in choices),
        ],
    )
    hidden = 0
    if measures.devices:
        found, hidden = withheld(found, measures, k=_strictest_k(project))
    return Comparison.of(name, measures, found, hidden=hidden)


class _Asking(NamedTuple):
    """A call, and what it is given whatever is tried."""

    call: Callable[..., Any]
    given: Sequence[Any]
    rest: Asked
    measures: Measures

    def of(self, project: Project, own: Asked | None = None) -> pa.Table:
        """The answer of a project, small counts of people's devices withheld."""
        published = {"published": True} if self.measures.devices else {}
        with as_arrow():
            found: pa.Table = self.call(*self.given, **{**self.rest, **(own or {}), **published}, project=project)
        return found

    def otherwise(self, choice: Asked, project: Project) -> pa.Table:
        """The answer where something is set otherwise."""
        arguments = _arguments(self.call)
        own = {name: value for name, value in choice.items() if name in arguments}
        settings = project.settings
        for name, value in choice.items():
            if name not in own:
                only = self.rest.get("device") or self.rest.get("item")
                settings = with_setting(settings, name, value, only=only)
        if settings is project.settings:
            return self.of(project, own)
        other = project.otherwise(settings)
        try:
            return self.of(other, own)
        finally:
            other.close()


def _arguments(call: Callable[..., Any]) -> set[str]:
    """What a call takes by name, the thresholds of presence among it."""
    parameters = inspect.signature(call).parameters
    names = {name for name, each in parameters.items() if each.kind is not inspect.Parameter.VAR_KEYWORD}
    return names | (set(Thresholds.__annotations__) if len(names) < len(parameters) else set())


def words(choice: Asked) -> str:
    """What is tried, as people read it: `gap = 10min`."""
    return ", ".join(f"{name} = {value}" for name, value in choice.items())


def _strictest_k(project: Project) -> int:
    return max(site.k for site in (project.settings.site, *project.settings.sites.values()))
