"""The outbox: a message is there once, whoever decides it again."""

from pathlib import Path

import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.schema import MESSAGE
from telltale.publish.messages import Message, put

NOW_US = 1_795_000_000_000_000


def test_what_is_decided_twice_is_told_once(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    message = Message("report cold_chain 2026-W47 ops", "ops", "Cold chain", "All within limits.", files=("a.html",))
    with store.writer() as connection:
        assert put(connection, [message, message], now_us=NOW_US) == 1
    with store.writer() as connection:
        assert (
            put(connection, [message._replace(body="another"), message._replace(key="other")], now_us=NOW_US + 1) == 1
        )
    with store.reader() as connection:
        rows = connection.execute(sa.select(MESSAGE.c.key, MESSAGE.c.body, MESSAGE.c.state, MESSAGE.c.files)).all()
    store.close()
    assert sorted(tuple(row) for row in rows) == [
        ("other", "All within limits.", "waiting", '["a.html"]'),
        (message.key, "All within limits.", "waiting", '["a.html"]'),
    ]


def test_what_was_not_committed_is_not_told(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.engine.connect() as connection, connection.begin() as transaction:
        put(connection, [Message("a", "ops", "", "")], now_us=NOW_US)
        transaction.rollback()
    with store.reader() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(MESSAGE)) == 0
    store.close()
