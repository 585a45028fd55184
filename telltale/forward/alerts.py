"""Alerts as events: that one has begun, and that it is over; fixed when it is written to the outbox.

An episode of the ledger is passed on when somebody is told of it, so quiet hours and snoozing hold here too: once at
its beginning, once at its end, and its end only where its beginning was. One that is no longer watched ends then. Of a
person's device nothing is passed on.

Source: the ledger of alerts, table `alert_episode`.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.contract import ConfigError, did_you_mean
from telltale.forward.outbox import Event, Row
from telltale.forward.target import Never
from telltale.landing import Store
from telltale.landing.schema import ALERT_EPISODE
from telltale.publish.alerts import words
from telltale.publish.alerts.ledger import as_episode
from telltale.publish.alerts.subjects import Subjects
from telltale.settings import Settings
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND

DEVICE_PREFIX = "alert:"
WATERMARK = DEVICE_PREFIX
"""The device whose watermark is that of all alerts: they are found by when somebody was told."""
SLACK_US = 600 * SECOND
"""How long after that moment a row of the ledger may become visible: its transaction is shorter by far."""
BEGAN, OVER = "began", "over"
_OVER_AT = sa.func.coalesce(
    ALERT_EPISODE.c.recovery_told_at, sa.case((ALERT_EPISODE.c.state == "dropped", ALERT_EPISODE.c.recovered_at))
)


class Told(NamedTuple):
    """What is known of an episode when one of its two messages is written."""

    episode_id: str
    """The same for beginning and end, whoever computes it and however often."""
    series_id: str
    """The same for all episodes of one alert, subject and measure."""
    step: str
    """began or over."""
    alert: str
    subject: str
    name: str
    text: str
    at: int
    """When it began, or ended: microseconds UTC."""
    peak: float | None
    unit: str
    on: str = ""
    """The kind of alert, such as `leak`; empty in rows of versions that did not write it."""


def named(settings: Settings, target: str) -> tuple[str, ...]:
    """The names of the alerts that a target is passed.

    Raises:
        ConfigError: there is no such alert, or the target has no place for them.
    """
    told = getattr(settings.forward, target)
    names: tuple[str, ...] = told.alerts
    where = f"telltale.toml [forward.{target}] alerts"
    for name in names:
        if name not in settings.alerts:
            known = ", ".join(sorted(settings.alerts)) or "none"
            raise ConfigError(f"{where}: no [alerts.{name}]; known: {known}{did_you_mean(name, settings.alerts)}")
    if names and target == "thingworx" and not told.alerts_thing:
        raise ConfigError(f'{where}: they go to the service of a Thing; set alerts_thing = "..." there')
    if names and target == "cumulocity" and told.mode != "gateway":
        raise ConfigError(f'{where}: they are alarms of the gateway; expected mode = "gateway"')
    return names


def state(store: Store, names: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """What was told of some alerts, in short: equal as long as nobody is told of anything further."""
    if not names:
        return ()
    table = ALERT_EPISODE.c
    query = sa.select(sa.func.count(table.told_at), sa.func.count(_OVER_AT))
    with store.reader() as connection:
        began, over = connection.execute(query.where(table.alert.in_(list(names)))).one()
    return ((DEVICE_PREFIX, began, over),)


def events(project: Project, names: Sequence[str], since_us: int, *, started_us: int) -> Iterator[Event]:
    """What was told of some alerts from a moment on.

    Args:
        project: whose.
        names: of the alerts.
        since_us: from when on.
        started_us: what began to be told before is not passed on, nor is its end.

    Raises:
        ConfigError: a list of devices is wrong.
    """
    table = ALERT_EPISODE.c
    recent = (table.told_at >= since_us) | (since_us <= _OVER_AT)
    query = sa.select(ALERT_EPISODE, _OVER_AT.label("over_at")).where(
        table.alert.in_(list(names)), table.told_at >= started_us, recent
    )
    with project.store.reader() as connection:
        rows = [dict(row) for row in connection.execute(query.order_by(table.told_at, table.id)).mappings()]
    if not rows:
        return
    subjects = Subjects(project.settings, project.view())
    for row in rows:
        if subjects.is_personal(row["subject"]):
            continue
        settings = project.settings.alerts.get(row["alert"])
        on = settings.on if settings else ""
        yield _event(_told(row, subjects, BEGAN, row["begins_at"], on), row["told_at"])
        if row["over_at"] is not None:
            yield _event(_told(row, subjects, OVER, row["ends_at"] or row["begins_at"], on), row["over_at"])


def alert_of(row: Row) -> Told:
    """The alert of a row of the outbox.

    Raises:
        Never: its body does not tell one.
    """
    try:
        return Told(**json.loads(row.body))
    except (ValueError, TypeError) as error:
        raise Never(f"outbox row {row.id}: its body is not that of an alert ({error}); nothing was sent") from error


def _told(row: dict[str, Any], subjects: Subjects, step: str, at_us: int, on: str) -> Told:
    name, series = subjects.name(row["subject"]), (row["alert"], row["subject"], row["measure"])
    ends = " is no longer watched" if row["state"] == "dropped" else " is over"
    text = f"{name}: {words.what(subjects.told(as_episode(row)))}{ends if step == OVER else ''}"
    episode_id, series_id = _digest(*series, str(row["begins_at"])), _digest(*series)[:8]
    about = (row["alert"], row["subject"], name, text, at_us, row["peak"], row["unit"], on)
    return Told(episode_id, series_id, step, *about)


def _event(told: Told, told_us: int) -> Event:
    device, lane = f"{DEVICE_PREFIX}{told.subject}", f"{DEVICE_PREFIX}{told.series_id}"
    return Event(
        f"{told.episode_id} {told.step}", device, lane, told_us, json.dumps(told._asdict(), ensure_ascii=False)
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
