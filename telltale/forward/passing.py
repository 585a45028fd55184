"""What each target is passed, and the looks that fill its outbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from telltale.contract import ConfigError
from telltale.forward import alerts, cumulocity, efento, presses, thingworx
from telltale.forward.account import account
from telltale.forward.efento import SOURCE
from telltale.forward.facts import Press, event
from telltale.forward.outbox import Event, Outbox
from telltale.forward.presses import History, Look
from telltale.forward.target import Target
from telltale.landing import Store
from telltale.landing.schema import RAW
from telltale.settings import Settings
from telltale.workbench.project import Project
from telltale.workbench.times import DAY

PRESSES = "button"
State = tuple[tuple[str | int, ...], ...]


class Found(NamedTuple):
    """What a look found for one target."""

    new: int
    late: int


class Pending(NamedTuple):
    """What is not in the outbox yet."""

    presses: Look
    records: list[Event]
    """Of sensors."""
    alerts: list[Event]


@dataclass
class Passing:
    """A target and what it is passed."""

    target: Target
    outbox: Outbox
    lane_of: Callable[[Press], str]
    """What is sent in the order of its time."""
    with_readings: bool
    """Sensors' records too."""
    alerts: tuple[str, ...] = ()
    """And what became of the alerts of these names."""
    seen: State | None = None
    """What was hot at the last look."""

    def has_news(self, store: Store) -> bool:
        """Whether records it may be passed have arrived or moved since `seen` was set."""
        return self.state(store) != self.seen

    def state(self, store: Store) -> State:
        """What there is to pass on, in short: equal as long as nothing arrived, was settled or told."""
        return (*state(store, with_readings=self.with_readings), *alerts.state(store, self.alerts))


def state(store: Store, *, with_readings: bool) -> State:
    """What is hot, in short: equal as long as nothing arrived and nothing was settled."""
    names = [PRESSES, SOURCE] if with_readings else [PRESSES]
    query = (
        sa.select(RAW.c.source, sa.func.count(), sa.func.max(RAW.c.id), sa.func.sum(RAW.c.id))
        .where(RAW.c.source.in_(names))
        .group_by(RAW.c.source)
        .order_by(RAW.c.source)
    )
    with store.reader() as connection:
        # With the sum: of records that arrive together a smaller id may show later, just when another is settled.
        return tuple((source, count, last, int(ids)) for source, count, last, ids in connection.execute(query))


def targets(settings: Settings) -> list[Target]:
    """The platforms that are configured; none is connected to.

    Raises:
        ConfigError: one is not complete, or a value of it is wrong.
    """
    found: list[Target] = []
    if (login := account(settings)) is not None:
        try:
            found.append(cumulocity.Cumulocity(login))
        except ConfigError as error:
            raise ConfigError(f"telltale.toml [forward.cumulocity] {error}") from error
    if (platform := thingworx.thingworx_of(settings)) is not None:
        found.append(platform)
    return found


def passings(project: Project) -> list[Passing]:
    """The targets that are configured, with their outboxes.

    Raises:
        ConfigError: none is, or one is not complete.
    """
    with_readings = bool(project.settings.forward.thingworx.efento_thing)
    names = {name: alerts.named(project.settings, name) for name in (thingworx.NAME, cumulocity.NAME)}
    found = [
        Passing(target, Outbox(project.store, target.name), thingworx.lane_of, with_readings, names[target.name])
        if target.name == thingworx.NAME
        else Passing(
            target, Outbox(project.store, target.name), _own_lane, with_readings=False, alerts=names[target.name]
        )
        for target in targets(project.settings)
    ]
    if not found:
        raise ConfigError(
            "nothing to forward to: set tenant below [forward.cumulocity] or base_url below [forward.thingworx]"
        )
    return found


def _own_lane(press: Press) -> str:
    return press.device_id


def pending(project: Project, passing: Passing, *, started_us: int, late_since_us: int | None = None) -> Pending:
    """What is not in the outbox yet: presses, and as events sensors' records and alerts."""
    history = History(project)
    found = presses.look(
        passing.outbox, history, started_us=started_us, now_us=project.now_us(), late_since_us=late_since_us
    )
    marks = passing.outbox.marks("watermark") if passing.with_readings or passing.alerts else {}
    mark, alerted = marks.get(efento.WATERMARK), marks.get(alerts.WATERMARK)
    since_us = started_us if mark is None else mark - efento.slack_us(project)
    records = list(efento.events(project, since_us)) if passing.with_readings else []
    since_us = started_us if alerted is None else alerted - alerts.SLACK_US
    told = alerts.events(project, passing.alerts, since_us, started_us=started_us) if passing.alerts else ()
    return Pending(found, records, list(told))


def fill(project: Project, passing: Passing, *, count_late: bool) -> Found:
    """Write what is new to the outbox, with the watermarks, in one transaction.

    Raises:
        StoreError: it could not be made durable.
        ConfigError: buttons.csv cannot be read.
    """
    now_us, outbox = project.now_us(), passing.outbox
    seen = passing.state(project.store)  # before the look: what comes meanwhile is news
    started_us = outbox.start(starting(project, now_us))
    # What was sent long ago is no longer in the outbox, and would look as if it came late.
    kept_us = now_us - project.settings.forward.keep_sent_days * DAY
    late_since_us = max(started_us, kept_us) if count_late else None
    found = pending(project, passing, started_us=started_us, late_since_us=late_since_us)
    events = [event(press, passing.lane_of(press)) for press in found.presses.new]
    moved = {efento.WATERMARK: found.records, alerts.WATERMARK: found.alerts}
    marks = {name: max(one.event_at for one in new) for name, new in moved.items() if new}
    new = outbox.add([*events, *found.records, *found.alerts], marks=marks, now_us=now_us)
    passing.seen = seen
    return Found(new, found.presses.late)


def starting(project: Project, now_us: int) -> int:
    """From when on a target that is new is passed things."""
    return now_us - round(project.settings.forward.backlog_days * DAY)


def preview(project: Project, passing: Passing) -> Sequence[Event]:
    """What `fill` would write, in the order of its time; nothing is written."""
    started_us = passing.outbox.mark("started")
    if started_us is None:
        started_us = starting(project, project.now_us())
    found = pending(project, passing, started_us=started_us)
    others = [*found.records, *found.alerts]
    known = passing.outbox.known([one.event_id for one in others]) if others else set()
    events = [event(press, passing.lane_of(press)) for press in found.presses.new]
    events += [one for one in others if one.event_id not in known]
    return sorted(events, key=lambda one: (one.event_at, one.event_id))
