"""What the ledger says of alerts, and what people say back: that they see to it, or not now."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from telltale.contract import ConfigError
from telltale.landing.schema import ALERT_EPISODE, ALERT_JOURNAL
from telltale.publish.alerts import words
from telltale.publish.alerts.ledger import as_episode
from telltale.publish.alerts.subjects import Subjects
from telltale.workbench.project import Project

ALL = "all"
LASTS = ("waiting", "told")


def listed(project: Project, since_us: int | None = None, *, with_persons: bool = True) -> list[dict[str, Any]]:
    """The alerts that last, and those that began or were over since a moment; the newest first.

    Args:
        project: whose.
        since_us: microseconds UTC; None lists what lasts alone.
        with_persons: those of people's devices too, which are nobody's but the owner's to see.

    Returns:
        id, alert, subject, name, what (in words), measure, unit, begins_at, known_at, ends_at, recovered_at, peak,
        raw_ids, end_raw_ids, state (waiting: not told yet; told: it lasts; over; dropped: nobody was told), note,
        told_at, recovery_told_at, acknowledged_by, acknowledged_at, snoozed_until, escalated_at; moments in
        microseconds UTC.
    """
    table = ALERT_EPISODE.c
    wanted = table.recovered_at.is_(None) & table.state.in_(LASTS)
    if since_us is not None:
        wanted |= (table.known_at >= since_us) | (table.recovered_at >= since_us)
    query = sa.select(ALERT_EPISODE).where(wanted).order_by(table.known_at.desc(), table.id.desc())
    with project.store.reader() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    subjects = Subjects(project.settings, project.view())
    return [_worded(row, subjects) for row in rows if with_persons or not subjects.is_personal(row["subject"])]


def journal(project: Project) -> list[dict[str, Any]]:
    """Who acknowledged or snoozed what, the newest first: at, who, what, episode_id, until."""
    with project.store.reader() as connection:
        query = sa.select(ALERT_JOURNAL).order_by(ALERT_JOURNAL.c.id.desc())
        return [dict(row) for row in connection.execute(query).mappings()]


def acknowledge(project: Project, ids: Sequence[str], *, who: str) -> list[int]:
    """Note that somebody sees to what lasts: nobody further is told.

    Args:
        project: whose.
        ids: of `listed`; `all` is all that last and nobody has acknowledged.
        who: who says so.

    Returns:
        the ids that were not acknowledged before.

    Raises:
        ConfigError: there is no such alert, or it is over.
    """
    now_us = project.now_us()
    with project.store.writer() as connection:
        new = [row for row in _meant(connection, ids) if row.acknowledged_at is None]
        for row in new:
            values = {"acknowledged_by": who, "acknowledged_at": now_us}
            connection.execute(ALERT_EPISODE.update().where(ALERT_EPISODE.c.id == row.id).values(**values))
            _note(connection, row.id, now_us, "acknowledged", who=who)
    return [row.id for row in new]


def snooze(project: Project, ids: Sequence[str], *, until_us: int, who: str) -> list[int]:
    """Put off what is still to be told of what lasts: the first message, or that nobody has acknowledged it.

    That it is over is told all the same. Arguments as for `acknowledge`.

    Returns:
        the ids that were meant.
    """
    now_us = project.now_us()
    with project.store.writer() as connection:
        meant = _meant(connection, ids)
        for row in meant:
            values = {"snoozed_until": until_us}
            connection.execute(ALERT_EPISODE.update().where(ALERT_EPISODE.c.id == row.id).values(**values))
            _note(connection, row.id, now_us, "snoozed", who=who, until=until_us)
    return [row.id for row in meant]


def _note(connection: sa.Connection, number: int, at_us: int, what: str, *, who: str, until: int | None = None) -> None:
    values = {"episode_id": number, "at": at_us, "who": who, "what": what, "until": until}
    connection.execute(ALERT_JOURNAL.insert().values(**values))


def _meant(connection: sa.Connection, ids: Sequence[str]) -> list[Any]:
    table = ALERT_EPISODE.c
    lasts = table.recovered_at.is_(None) & table.state.in_(LASTS)
    rows = connection.execute(sa.select(ALERT_EPISODE).where(lasts).order_by(table.id)).all()
    if ALL in ids:
        return list(rows)
    by_id = {str(row.id): row for row in rows}
    for text in ids:
        if text not in by_id:
            known = ", ".join(by_id) or "none"
            raise ConfigError(f'no alert "{text}" lasts; those that do: {known}, or say all; see telltale alerts')
    return [by_id[text] for text in ids]


def _worded(row: dict[str, Any], subjects: Subjects) -> dict[str, Any]:
    episode = as_episode(row)
    told = {
        "name": subjects.name(row["subject"]),
        "what": words.what(subjects.told(episode)),
        "peak_words": words.peak_words(episode),
    }
    return row | told | {"raw_ids": list(episode.raw_ids), "end_raw_ids": list(episode.end_raw_ids)}
