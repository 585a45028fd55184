"""What the store keeps beside records and files: refused requests, memories, outboxes, alerts, messages, settings."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from telltale.forget.task import Task
from telltale.forget.unpacked import GZIP, overwritten
from telltale.lake.catalog import pieces
from telltale.landing.refused import BODY_BYTES
from telltale.landing.schema import (
    ALERT_EPISODE,
    ALERT_JOURNAL,
    FORWARD_COUNT,
    FORWARD_MARK,
    MEMORY,
    MESSAGE,
    META,
    OUTBOX,
    REFUSED,
    SETTINGS_VERSION,
)
from telltale.settings import DEVICES_FILE
from telltale.settings.unlisting import names_one, written_over

_ANY_GZIP = 31
"""What zlib calls a gzip header and any window."""
_MESSAGE_TEXTS = ("subject", "body", "html", "last_error")


def forget_in_store(task: Task) -> None:
    """Remove its rows, and write over what names it in the others."""
    _refused(task)
    _memories(task)
    _passed_on(task)
    _alerts(task)
    _messages(task)
    _settings(task)


def _refused(task: Task) -> None:
    """What was refused stays, as other records that name somebody else do, with the spellings written over."""
    changes: dict[int, Mapping[str, Any]] = {}
    with task.project.store.reader() as connection:
        for row in connection.execute(sa.select(REFUSED)):
            cut = len(row.body) >= BODY_BYTES
            body = _left_of(task, row.body)
            body = task.ids.cut_overwritten(body) if cut else body
            values = {"detail": task.ids.overwritten_text(row.detail), "meta": task.ids.overwritten_text(row.meta)}
            if body != row.body or values != {"detail": row.detail, "meta": row.meta}:
                changes[row.id] = {**values, "body": body}
    _update(task, REFUSED, changes)
    task.tell("refused", "requests", overwritten=len(changes))


def _left_of(task: Task, body: bytes) -> bytes:
    """A body as long as it was; of a packed one that names it, whole or cut, nothing is left."""
    if not body.startswith(GZIP):
        return overwritten(task.ids, body)
    try:
        inner = zlib.decompressobj(wbits=_ANY_GZIP).decompress(body)
    except zlib.error:
        return body
    return b"*" * len(body) if task.ids.found_in(inner) else body


def _memories(task: Task) -> None:
    def is_its(row: sa.Row[Any]) -> bool:
        return row.device_id in task.subject.devices or task.ids.found_in_text(f"{row.device_id} {row.value}")

    with task.project.store.reader() as connection:
        keys = [row[:3] for row in connection.execute(sa.select(MEMORY)) if is_its(row)]
    if keys and not task.is_trial:
        with task.project.store.writer() as connection:
            for source, device_id, name in keys:
                of_it = (MEMORY.c.source == source, MEMORY.c.device_id == device_id, MEMORY.c.name == name)
                connection.execute(MEMORY.delete().where(*of_it))
            more = META.update().where(META.c.key == "memory")  # running collectors read it again
            if connection.execute(more.values(value=META.c.value + sa.literal(1))).rowcount == 0:
                connection.execute(META.insert().values(key="memory", value=1))
    task.tell("memories", "things remembered", len(keys))


def _passed_on(task: Task) -> None:
    """What waits for other platforms, what they were given, and how far."""

    def is_its(row: sa.Row[Any]) -> bool:
        return row.device_id in task.subject.devices or task.texts.found_in_text(f"{row.device_id} {row.body}")

    with task.project.store.reader() as connection:
        rows = [row for row in connection.execute(sa.select(OUTBOX)) if is_its(row)]
        marks = [row for row in connection.execute(sa.select(FORWARD_MARK)) if row.device_id in task.subject.devices]
        lanes = [row for row in connection.execute(sa.select(FORWARD_COUNT)) if task.ids.found_in_text(row.lane)]
    for target in sorted({row.target for row in rows if row.state == "sent"}):
        sent = [row.sent_at for row in rows if row.target == target and row.state == "sent"]
        task.sent.append({"to": target, "what": f"{len(sent):,} events passed on", "sent_at": max(sent)})
    if not task.is_trial:
        with task.project.store.writer() as connection:
            for ids in pieces(row.id for row in rows):
                connection.execute(OUTBOX.delete().where(OUTBOX.c.id.in_(ids)))
            connection.execute(FORWARD_MARK.delete().where(FORWARD_MARK.c.device_id.in_(task.subject.devices)))
            for row in lanes:
                of_it = (FORWARD_COUNT.c.target == row.target, FORWARD_COUNT.c.lane == row.lane)
                connection.execute(FORWARD_COUNT.delete().where(*of_it))
    task.tell("outbox", "events", len(rows))
    task.tell("outbox", "marks of how far", len(marks) + len(lanes))


def _alerts(task: Task) -> None:
    def is_its(row: sa.Row[Any]) -> bool:
        return row.subject in task.subject.devices or task.texts.found_in_text(f"{row.subject} {row.note}")

    with task.project.store.reader() as connection:
        episodes = [row.id for row in connection.execute(sa.select(ALERT_EPISODE)) if is_its(row)]
    if not task.is_trial:
        for ids in pieces(episodes):
            with task.project.store.writer() as connection:
                connection.execute(ALERT_JOURNAL.delete().where(ALERT_JOURNAL.c.episode_id.in_(ids)))
                connection.execute(ALERT_EPISODE.delete().where(ALERT_EPISODE.c.id.in_(ids)))
    task.tell("alerts", "episodes", len(episodes))


def _messages(task: Task) -> None:
    """What waits to be sent goes; what was sent keeps its place, so that nothing is told twice, and is written over."""
    changes: dict[int, Mapping[str, Any]] = {}
    unsent: list[int] = []
    with task.project.store.reader() as connection:
        for row in connection.execute(sa.select(MESSAGE)):
            texts = {name: getattr(row, name) for name in _MESSAGE_TEXTS}
            made: dict[str, Any] = {name: task.texts.overwritten_text(text) for name, text in texts.items()}
            if task.texts.found_in_text(row.key):
                made["key"] = f"forgotten {row.id}"
            if task.texts.found_in_text(row.files):
                made["files"] = "[]"
            if row.state == "waiting" and (made != texts or task.withdrawn & set(json.loads(row.files))):
                unsent.append(row.id)
            elif made != texts:
                changes[row.id] = made
                if row.state == "sent":
                    what = f"message: {row.subject}"
                    task.sent.append({"to": row.recipient, "what": what, "sent_at": row.sent_at})
    _update(task, MESSAGE, changes)
    if not task.is_trial:
        for ids in pieces(unsent):
            with task.project.store.writer() as connection:
                connection.execute(MESSAGE.delete().where(MESSAGE.c.id.in_(ids)))
    task.tell("messages", "messages", len(unsent), overwritten=len(changes))


def _settings(task: Task) -> None:
    """The versions of the lists and of telltale.toml that the store keeps."""
    is_meant = names_one(task.subject.devices, task.subject.person)
    changes: dict[int, Mapping[str, Any]] = {}
    with task.project.store.reader() as connection:
        for row in connection.execute(sa.select(SETTINGS_VERSION).where(SETTINGS_VERSION.c.content.is_not(None))):
            is_list = row.name == DEVICES_FILE or row.name.endswith(".csv")
            content = written_over(row.content, is_meant) if is_list else task.texts.overwritten(row.content)
            if is_list:
                content = task.texts.overwritten(content)
            if content != row.content:
                changes[row.id] = {"content": content, "sha256": hashlib.sha256(content).hexdigest()}
    _update(task, SETTINGS_VERSION, changes)
    task.tell("settings as they were", "versions", overwritten=len(changes))


def _update(task: Task, table: sa.Table, changes: Mapping[int, Mapping[str, Any]]) -> None:
    if task.is_trial:
        return
    for piece in pieces(changes.items(), 100):
        with task.project.store.writer() as connection:
            for row_id, values in piece:
                connection.execute(table.update().where(table.c.id == row_id).values(**values))
