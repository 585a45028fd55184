"""What leaves of the ledger's episodes, when and to whom: put into the outbox in the transaction that notes it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.publish.alerts import words
from telltale.publish.alerts.ledger import as_episode, update
from telltale.publish.alerts.subjects import Subjects, names_records
from telltale.publish.alerts.telling import Plan, after_quiet, plan
from telltale.publish.alerts.watch import length_us
from telltale.publish.messages import Message, put
from telltale.settings.publish import AlertSettings


class Alert(NamedTuple):
    """Whom an alert tells, and when."""

    name: str
    settings: AlertSettings
    subjects: Subjects
    zone: str
    started_us: int
    """When it was first looked at."""


def tell(connection: sa.Connection, alert: Alert, rows: Sequence[dict[str, Any]], *, now_us: int) -> int:
    """Put the messages that are due into the outbox, and note in the ledger that they are told.

    Returns:
        how many messages are new.
    """
    made = 0
    for row in rows:
        if row["state"] not in {"waiting", "told"}:
            continue
        at = _Telling(row, alert)
        due = _plan(row, alert)
        if row["state"] == "waiting":
            if due.dropped:
                update(connection, row, state="dropped", note=due.dropped)
            elif due.tell_us is not None and max(due.tell_us, row["snoozed_until"] or 0) <= now_us:
                recipients = alert.subjects.recipients(row["subject"], alert.settings.to)
                made += put(connection, list(at.began(recipients.to)), now_us=now_us)
                update(connection, row, state="told", told_at=now_us, note=recipients.note)
        if row["state"] == "told":
            made += _further(connection, row, at, due.recovery_us, now_us)
    return made


def _further(
    connection: sa.Connection, row: dict[str, Any], at: "_Telling", recovery_us: int | None, now_us: int
) -> int:
    """What follows on the first message: that nobody has acknowledged it, or that it is over."""
    recipients = at.alert.subjects.recipients(row["subject"], at.alert.settings.to).to
    if recovery_us is not None:
        if recovery_us > now_us:
            return 0
        # Who was told that nobody sees to it is told that it is over, too.
        further = at.alert.settings.escalate_to if row["escalated_at"] is not None else ()
        made = put(connection, list(at.over(tuple(dict.fromkeys((*recipients, *further))))), now_us=now_us)
        update(connection, row, state="over", recovery_told_at=now_us)
        return made
    due_us = at.escalates_us()
    if due_us is None or due_us > now_us:
        return 0
    made = put(connection, list(at.escalated()), now_us=now_us)
    update(connection, row, escalated_at=now_us)
    return made


def due_us(rows: Sequence[dict[str, Any]], alert: Alert) -> int | None:
    """When the next message of what is known may be due without anything new; None where none is."""
    moments: list[int | None] = []
    for row in rows:
        if row["state"] not in {"waiting", "told"}:
            continue
        due = _plan(row, alert)
        if row["state"] == "waiting":
            moments.append(max(due.tell_us or 0, row["snoozed_until"] or 0))
        else:
            moments += [due.recovery_us, _Telling(row, alert).escalates_us()]
    return min((moment for moment in moments if moment is not None), default=None)


def _plan(row: dict[str, Any], alert: Alert) -> Plan:
    """When a row is told; of one that was, only when its end is."""
    started_us = alert.started_us if row["state"] == "waiting" else 0
    quiet = alert.settings.quiet
    return plan(row["known_at"], row["recovered_at"], quiet=quiet, zone=alert.zone, started_us=started_us)


class _Telling(NamedTuple):
    """What is said of one row, to whom."""

    row: dict[str, Any]
    alert: Alert

    def began(self, to: Sequence[str]) -> Iterator[Message]:
        return self._messages("began", to, self._told())

    def over(self, to: Sequence[str]) -> Iterator[Message]:
        episode = as_episode(self.row)
        ids = episode.end_raw_ids if self._names_records else ()
        told = words.recovered(self._name, episode, alert=self.alert.name, zone=self.alert.zone, raw_ids=ids)
        return self._messages("over", to, told)

    def escalated(self) -> Iterator[Message]:
        told = words.escalated(self._name, as_episode(self.row), self._told(), after=self.alert.settings.escalate_after)
        return self._messages("escalated", self.alert.settings.escalate_to, told)

    def escalates_us(self) -> int | None:
        """When somebody further is told, unless it is acknowledged; None: never. A person's alert goes no further."""
        row, settings = self.row, self.alert.settings
        is_done = row["acknowledged_at"] is not None or row["escalated_at"] is not None or row["told_at"] is None
        if is_done or not settings.escalate_after or not settings.escalate_to:
            return None
        if self.alert.subjects.is_personal(row["subject"]) or row["recovered_at"] is not None:
            return None
        at_us = max(row["told_at"] + length_us(settings.escalate_after), row["snoozed_until"] or 0)
        return after_quiet(at_us, settings.quiet, self.alert.zone)

    @property
    def _name(self) -> str:
        return self.alert.subjects.name(self.row["subject"])

    @property
    def _names_records(self) -> bool:
        return names_records(self.row["subject"]) and not self.alert.subjects.is_personal(self.row["subject"])

    def _told(self) -> words.Told:
        episode = as_episode(self.row)
        ids = episode.raw_ids if self._names_records else ()
        number = self.row["id"]
        return words.began(self._name, episode, alert=self.alert.name, number=number, zone=self.alert.zone, raw_ids=ids)

    def _messages(self, step: str, to: Sequence[str], told: words.Told) -> Iterator[Message]:
        for recipient in dict.fromkeys(to):
            yield Message(f"alert {self.row['id']} {step} {recipient}", recipient, told.subject, told.body)
