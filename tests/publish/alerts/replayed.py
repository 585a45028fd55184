"""A project whose records come one after another, while its alerts look now and then."""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.contract import Raw
from telltale.landing.schema import ALERT_EPISODE, MESSAGE
from telltale.publish.alerts.history import would_have_told
from telltale.publish.alerts.live import Alerts
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings
from tests.sensors.small import NOW_S, UNITS
from tests.worlds.building import hand_in
from tests.worlds.sent import Sent

S = 1_000_000
START_US = NOW_S * S


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def project_of(root: Path, listed: str, alerts: str, clock: Clock, *, more: str = "") -> Project:
    """A project with devices.csv and some `[alerts.…]`."""
    write_settings(root, more=f"{UNITS}{more}\n{alerts}")
    (root / "devices.csv").write_text(listed)
    return Project(settings=load(root), now=clock)


def put(project: Project, raws: Iterable[Raw]) -> None:
    """Records, as they were received."""
    landing = project.landing()
    try:
        for ticket in [landing.append(raw) for raw in raws]:
            assert ticket is None or ticket
    finally:
        landing.close()


def replay(project: Project, clock: Clock, raws: Sequence[Raw], looks_us: Iterable[int]) -> int:
    """Let the records come, and look at some moments; how many messages that made."""
    alerts, waiting, made = Alerts(project), sorted(raws, key=lambda raw: raw.received_at), 0
    for look_us in sorted(looks_us):
        come = [raw for raw in waiting if raw.received_at <= look_us]
        waiting = waiting[len(come) :]
        put(project, come)
        clock.now_us = look_us
        made += alerts.look()
    assert not waiting, "records that nobody looked at"
    return made


def replay_sent(project: Project, clock: Clock, sent: Sequence[Sent], looks: Iterable[dt.datetime]) -> int:
    """The same of what devices sent, through the door; how many messages that made."""
    alerts, waiting, made = Alerts(project), sorted(sent, key=lambda one: one.received), 0
    for look in sorted(looks):
        come = [one for one in waiting if one.received <= look]
        waiting = waiting[len(come) :]
        hand_in(project, come)
        clock.now_us = round(look.timestamp() * S)
        made += alerts.look()
    assert not waiting, "records that nobody looked at"
    return made


def episodes(project: Project) -> list[dict[str, Any]]:
    """The ledger."""
    with project.store.reader() as connection:
        query = sa.select(ALERT_EPISODE).order_by(ALERT_EPISODE.c.known_at, ALERT_EPISODE.c.subject)
        return [dict(row) for row in connection.execute(query).mappings()]


def messages(project: Project) -> list[dict[str, Any]]:
    """The outbox."""
    with project.store.reader() as connection:
        return [dict(row) for row in connection.execute(sa.select(MESSAGE).order_by(MESSAGE.c.id)).mappings()]


def told_of(project: Project, step: str) -> int:
    """How many episodes the messages of a step tell of: `alert 7+2 began …` of three."""
    keys = [row["key"].split() for row in messages(project)]
    return sum(1 + int(number.partition("+")[2] or 0) for _, number, of, *_ in keys if of == step)


Told = list[tuple[str, str, int, int, int | None, str]]


def told(project: Project) -> Told:
    """What the ledger says was told, in short: subject, measure, begin, known, end, what of it was told."""
    return sorted(
        (
            row["subject"], row["measure"], row["begins_at"], row["known_at"], row["ends_at"],
            _words(row["told_at"], row["recovery_told_at"]),
        )
        for row in episodes(project)
    )  # fmt: skip


def would(project: Project, name: str, since_us: int) -> Told:
    """The same as the dry-run says it."""
    found = would_have_told(project.view(), name, project.settings.alerts[name], since_us)
    return sorted(
        (
            one.episode.subject, one.episode.measure, one.episode.begins_us, one.episode.known_us, one.episode.ends_us,
            _words(one.plan.tell_us, one.plan.recovery_us),
        )
        for one in found
    )  # fmt: skip


def _words(told_at: int | None, recovery_told_at: int | None) -> str:
    return " and ".join(name for name, at in (("begin", told_at), ("end", recovery_told_at)) if at is not None)
