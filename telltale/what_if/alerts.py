"""What an alert would have told at other thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from telltale.contract import ConfigError, did_you_mean
from telltale.publish.alerts.history import would_have_told
from telltale.settings.publish import AlertSettings
from telltale.what_if.comparison import Comparison
from telltale.what_if.measures import AS_SET, Measures
from telltale.workbench.project import Project
from telltale.workbench.times import span
from telltale.workbench.view import answered, whole

PREFIX = "alerts."
MEASURES = Measures(("alert",), "messages")
ROW = pa.schema(
    [
        ("alert", pa.string()),
        ("episodes", pa.int64()),
        ("told", pa.int64()),
        ("messages", pa.int64()),
        ("subjects", pa.int64()),
        ("longest_s", pa.float64()),
    ]
)


def of_alert(
    text: str, given: Sequence[Any], rest: Mapping[str, Any], choices: Sequence[Mapping[str, Any]], project: Project
) -> Comparison:
    """How often an alert would have told of something, as it is set and otherwise.

    Columns: alert, episodes (that lasted), told (of which somebody would have heard), messages, subjects (of how many
    devices, items or sources), longest_s (the longest that is over).

    Args:
        text: `alerts.<name>`.
        given: the beginning of the stretch; `30d` without one.
        rest: `since`, or nothing.
        choices: keys of its section and what is tried.
        project: whose.

    Raises:
        ConfigError: no such alert, an argument it does not take, or a value that cannot stand in its section.
    """
    name = text.removeprefix(PREFIX)
    alerts = project.settings.alerts
    if not text.startswith(PREFIX) or name not in alerts:
        known = [f"{PREFIX}{each}" for each in alerts]
        raise ConfigError(
            f'tt.compare: no "{text}"; known: {", ".join(known) or "no alert"}{did_you_mean(text, known)}'
        )
    unknown = [*(repr(each) for each in given[1:]), *(name for name in rest if given or name != "since")]
    if unknown:
        raise ConfigError(
            f"tt.compare: {text} takes the beginning of the stretch and lists to try, not {', '.join(unknown)}; "
            "leave that out"
        )
    since = given[0] if given else rest.get("since", "30d")
    stretch = span(since, None, zone=project.zone(), now_us=project.now_us())
    tried = [(AS_SET, alerts[name])]
    tried += [
        (", ".join(f"{key} = {value}" for key, value in one.items()), _with(alerts[name], one)) for one in choices
    ]
    found = whole(
        project, lambda: [(words, _row(project, name, settings, stretch.since_us)) for words, settings in tried]
    )
    return Comparison.of(text, MEASURES, found)


def _with(settings: AlertSettings, choice: Mapping[str, Any]) -> AlertSettings:
    try:
        return AlertSettings.model_validate(settings.model_dump() | dict(choice))
    except ValidationError as error:
        place, said = error.errors()[0]["loc"], error.errors()[0]["msg"]
        raise ConfigError(f"tt.compare: {'.'.join(map(str, place))}: {said}") from error


def _row(project: Project, name: str, settings: AlertSettings, since_us: int) -> pa.Table:
    found = answered(project, lambda view: would_have_told(view, name, settings, since_us))
    lasted = [(one.episode.ends_us - one.episode.begins_us) / 1e6 for one in found if one.episode.ends_us is not None]
    row = {
        "alert": name,
        "episodes": len(found),
        "told": sum(one.plan.tell_us is not None for one in found),
        "messages": sum(one.messages for one in found),
        "subjects": len({one.episode.subject for one in found}),
        "longest_s": max(lasted, default=None),
    }
    return pa.Table.from_pylist([row], ROW)
