"""What is to be told and to whom: an outbox in the store, written in the transaction that decides it.

A message has a key that says what it tells of, such as `report cold_chain 2026-W47 ops@example.org`: whoever decides
the same again after a crash finds it there, so nothing is told twice and nothing that was decided is lost.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing.schema import MESSAGE


class Message(NamedTuple):
    """What is told.

    Args:
        key: what it tells of, one text for one fact and one recipient.
        recipient: a mail address, or a name below `[publish]` in secrets.toml.
        subject: one line.
        body: the whole of it as plain text.
        html: the same for mail, without pictures; empty where there is none.
        files: what is attached, relative to the reports folder.
    """

    key: str
    recipient: str
    subject: str
    body: str
    html: str = ""
    files: Sequence[str] = ()


def put(connection: sa.Connection, messages: Sequence[Message], *, now_us: int) -> int:
    """Note what is to be told, in the caller's transaction; what is known by its key already is left as it is.

    Returns:
        how many are new.
    """
    new = 0
    for message in messages:
        if connection.scalar(sa.select(MESSAGE.c.id).where(MESSAGE.c.key == message.key)) is not None:
            continue
        values = message._asdict() | {"files": json.dumps(list(message.files))}
        kept = {"created_at": now_us, "state": "waiting", "attempts": 0, "next_try": now_us, "last_error": ""}
        connection.execute(MESSAGE.insert().values(**values, **kept))
        new += 1
    return new
