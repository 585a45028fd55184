"""The ledger of episodes: what is known is written with the messages it makes, in one transaction.

Whoever looks again, after a crash or beside another, finds the episode there: it is told once when it is known and once
when it is over. One episode stays one whatever comes late: what shares a moment with a known one is that one.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.landing.schema import ALERT_EPISODE, ALERT_MARK
from telltale.publish.alerts import words
from telltale.publish.alerts.episodes import Episode, overlap
from telltale.settings.publish import AlertSettings

NEW_RULE = "no longer watched: the rule was changed"
REMOVED = "no longer watched: the alert was removed"


class Mark(NamedTuple):
    """How far an alert has come."""

    rule: str
    started_us: int
    looked_us: int


@dataclass
class Changed:
    """What a look wrote."""

    known: list[str] = field(default_factory=list)
    """A line for each episode that is new."""
    over: list[str] = field(default_factory=list)


def rule_of(settings: AlertSettings) -> str:
    """What an alert judges by; whom it tells and when may change without beginning anew."""
    kept = ("on", "subjects", "lasts", "above", "below", "quantity", "clears_by")
    return json.dumps({name: getattr(settings, name) for name in kept}, default=list)


def mark_of(connection: sa.Connection, alert: str) -> Mark | None:
    """How far an alert has come; None before its first look."""
    row = connection.execute(sa.select(ALERT_MARK).where(ALERT_MARK.c.alert == alert)).first()
    return None if row is None else Mark(row.rule, row.started_at, row.looked_at)


def put_mark(connection: sa.Connection, alert: str, mark: Mark) -> None:
    """Note how far an alert has come."""
    values = {"rule": mark.rule, "started_at": mark.started_us, "looked_at": mark.looked_us}
    if not connection.execute(ALERT_MARK.update().where(ALERT_MARK.c.alert == alert).values(**values)).rowcount:
        connection.execute(ALERT_MARK.insert().values(alert=alert, **values))


def rows_of(connection: sa.Connection, alert: str, since_us: int) -> list[dict[str, Any]]:
    """The episodes of an alert that last, are to be told of, or ended since a moment; in order."""
    table = ALERT_EPISODE.c
    lasts = table.ends_at.is_(None) | (table.ends_at >= since_us) | table.state.in_(("waiting", "told"))
    query = sa.select(ALERT_EPISODE).where(table.alert == alert, lasts).order_by(table.begins_at, table.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def as_episode(row: dict[str, Any]) -> Episode:
    """A row of the ledger as the kernel gives episodes."""
    ids = [tuple(json.loads(row[name])) for name in ("raw_ids", "end_raw_ids")]
    names = ("subject", "measure", "unit", "begins_at", "known_at", "ends_at", "recovered_at", "peak")
    return Episode(*(row[name] for name in names), *ids)


def enter(
    connection: sa.Connection, alert: str, found: Sequence[Episode], rows: list[dict[str, Any]], *, ended_us: int | None
) -> Changed:
    """Write what is new of the episodes that were found.

    Args:
        connection: in the transaction that tells them too.
        alert: its name.
        found: what the rows that are kept show.
        rows: what the ledger had; it becomes what it has.
        ended_us: where the rule of the alert has changed, when: what the new one does not find is watched no more.
    """
    changed = Changed()
    before = list(rows)
    for one in found:
        row = row_of(rows, one)
        if row is not None and row["recovered_at"] is not None and one.recovered_us is None:
            # Only by a new rule is what was over not over: what was told of it is not told again.
            one = one._replace(begins_us=row["ends_at"])  # noqa: PLW2901 - it is the same one
            row = None
        if row is None:
            rows.append(_insert(connection, alert, one))
            changed.known.append(f"{one.subject}: {words.what(one)}")
        elif row["recovered_at"] is None:
            values: dict[str, Any] = {"peak": _worst(row, one)}
            if one.recovered_us is not None:
                ends = {"ends_at": one.ends_us, "recovered_at": one.recovered_us}
                values |= ends | {"end_raw_ids": json.dumps(one.end_raw_ids)}
                changed.over.append(f"{one.subject}: {words.what(one)} is over")
            if any(row[name] != value for name, value in values.items()):
                update(connection, row, **values)
    if ended_us is not None:
        lost = [row for row in before if row["recovered_at"] is None and not any(_is_same(row, one) for one in found)]
        for row in lost:
            update(connection, row, state="dropped", note=NEW_RULE, ends_at=ended_us, recovered_at=ended_us)
    return changed


def row_of(rows: Sequence[dict[str, Any]], one: Episode) -> dict[str, Any] | None:
    """The row of an episode, one that lasts before one that is over; None where the ledger has none."""
    same = [row for row in rows if _is_same(row, one)]
    return next((row for row in same if row["recovered_at"] is None), next(iter(same), None))


def end_removed(connection: sa.Connection, alerts: Collection[str], *, now_us: int) -> int:
    """Close what lasts of alerts that are no more in telltale.toml: nobody judges it."""
    table = ALERT_EPISODE.c
    lasts = table.alert.not_in(list(alerts)) & table.state.in_(("waiting", "told"))
    ends = {
        "ends_at": sa.func.coalesce(table.ends_at, now_us),
        "recovered_at": sa.func.coalesce(table.recovered_at, now_us),
    }
    values = {"state": "dropped", "note": REMOVED, **ends}
    return connection.execute(ALERT_EPISODE.update().where(lasts).values(**values)).rowcount


def _is_same(row: dict[str, Any], one: Episode) -> bool:
    if (row["subject"], row["measure"]) != (one.subject, one.measure):
        return False
    return overlap(one.begins_us, one.ends_us, row["begins_at"], row["ends_at"])


def _insert(connection: sa.Connection, alert: str, one: Episode) -> dict[str, Any]:
    row: dict[str, Any] = {
        "alert": alert, "subject": one.subject, "measure": one.measure, "unit": one.unit, "begins_at": one.begins_us,
        "known_at": one.known_us, "ends_at": one.ends_us, "recovered_at": one.recovered_us, "peak": one.peak,
        "raw_ids": json.dumps(one.raw_ids), "end_raw_ids": json.dumps(one.end_raw_ids), "state": "waiting", "note": "",
        "told_at": None, "recovery_told_at": None, "acknowledged_by": "", "acknowledged_at": None,
        "snoozed_until": None, "escalated_at": None,
    }  # fmt: skip
    inserted = connection.execute(ALERT_EPISODE.insert().values(**row))
    return {"id": int((inserted.inserted_primary_key or (0,))[0])} | row


def update(connection: sa.Connection, row: dict[str, Any], **values: Any) -> None:
    """Change a row, in the ledger and here."""
    connection.execute(ALERT_EPISODE.update().where(ALERT_EPISODE.c.id == row["id"]).values(**values))
    row.update(values)


def _worst(row: dict[str, Any], one: Episode) -> float | None:
    """Of two looks at what lasts: a stretch that begins later may not hold the worst."""
    values = [value for value in (row["peak"], one.peak) if value is not None]
    is_low = one.measure.endswith(" below") or (one.measure == "clock" and all(value < 0 for value in values))
    return (min if is_low else max)(values, default=None)
