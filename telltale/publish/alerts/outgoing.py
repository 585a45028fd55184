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

BEGAN, ESCALATED, OVER = words.TELLS


class Alert(NamedTuple):
    """Whom an alert tells, and when."""

    name: str
    settings: AlertSettings
    subjects: Subjects
    zone: str
    started_us: int
    """When it was first looked at."""


class Letters:
    """What is told in one look at an alert: of each step one message a recipient, however many episodes it tells."""

    def __init__(self) -> None:
        self._due: dict[str, dict[str, list[_Telling]]] = {BEGAN: {}, ESCALATED: {}, OVER: {}}

    def add(self, step: str, told: "_Telling", to: Sequence[str]) -> None:
        """Tell this, too."""
        for recipient in dict.fromkeys(to):
            self._due[step].setdefault(recipient, []).append(told)

    def messages(self) -> Iterator[Message]:
        """Beginnings before ends."""
        for step, by_recipient in self._due.items():
            for recipient, told in by_recipient.items():
                yield _message(step, recipient, told)


def tell(connection: sa.Connection, alert: Alert, rows: Sequence[dict[str, Any]], *, now_us: int) -> int:
    """Put the messages that are due into the outbox, and note in the ledger that they are told.

    Each episode is told in exactly one message to a recipient, and so is its end; what is due together goes together.

    Returns:
        how many messages are new.
    """
    letters = Letters()
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
                letters.add(BEGAN, at, recipients.to)
                update(connection, row, state="told", told_at=now_us, note=recipients.note)
        if row["state"] == "told":
            _further(connection, at, due.recovery_us, letters, now_us)
    return put(connection, list(letters.messages()), now_us=now_us)


def _further(connection: sa.Connection, at: "_Telling", recovery_us: int | None, letters: Letters, now_us: int) -> None:
    """What follows on the first message: that nobody has acknowledged it, or that it is over."""
    row, settings = at.row, at.alert.settings
    if recovery_us is not None:
        if recovery_us <= now_us:
            # Who was told that nobody sees to it is told that it is over, too.
            further = settings.escalate_to if row["escalated_at"] is not None else ()
            letters.add(OVER, at, (*at.alert.subjects.recipients(row["subject"], settings.to).to, *further))
            update(connection, row, state="over", recovery_told_at=now_us)
        return
    due_us = at.escalates_us()
    if due_us is not None and due_us <= now_us:
        letters.add(ESCALATED, at, settings.escalate_to)
        update(connection, row, escalated_at=now_us)


def _message(step: str, recipient: str, told: Sequence["_Telling"]) -> Message:
    """One message of one episode or several, the one that lasts longest first.

    Its key names the first of them and how many more: an episode is in one message of a step and recipient only.
    """
    # What still lasts before what was over when it was known.
    urgent = sorted(told, key=lambda one: (one.row["recovered_at"] is not None, one.row["begins_at"], one.row["id"]))
    alert, first_id = urgent[0].alert, min(one.row["id"] for one in told)
    parts = [one.part(step) for one in urgent]
    said = words.TELLS[step](parts, alert=alert.name, zone=alert.zone, after=alert.settings.escalate_after)
    more = f"+{len(told) - 1}" if len(told) > 1 else ""
    return Message(f"alert {first_id}{more} {step} {recipient}", recipient, said.subject, said.body)


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

    def part(self, step: str) -> words.Part:
        """Its part of a message."""
        subjects = self.alert.subjects
        episode, name = subjects.told(as_episode(self.row)), subjects.name(self.row["subject"])
        ids = episode.end_raw_ids if step == OVER else episode.raw_ids
        return words.Part(name, episode, self.row["id"], ids if self._names_records else ())

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
    def _names_records(self) -> bool:
        return names_records(self.row["subject"]) and not self.alert.subjects.is_personal(self.row["subject"])
