"""What the store cannot hold stays in the spool, and costs few transactions more: nothing is taken in meanwhile."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.spooling import drained
from tests.landing.test_spool import bodies, spool_in
from tests.sources.toy import open_store, raw

LONGEST = 5_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One that holds no long body."""
    with closing(open_store(tmp_path)) as store:
        store.close()

        @sa.event.listens_for(store.engine, "connect")
        def limit(connection: sqlite3.Connection, _record: object) -> None:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)

        yield store


@pytest.mark.parametrize(
    ("count", "odd", "transactions"),
    [
        (64, [], 1),
        (64, [18], 13),  # 7 that fail on the way to it, and the 6 other halves
        (64, [1], 13),
        (64, [64], 13),
        (64, [17, 18], 13),  # neighbours: one way but for the last step, 8 that fail
        (64, [1, 64], 23),
        (100, [50], 15),
        (1, [1], 1),
        (8, [1, 2, 3, 4, 5, 6, 7, 8], 15),
    ],
)
def test_what_cannot_be_stored_is_found_by_halves(
    tmp_path: Path, store: Store, count: int, odd: list[int], transactions: int
) -> None:
    records = [raw(n, "x" * LONGEST if n in odd else f"{n}") for n in range(1, count + 1)]
    ended: list[str] = []
    for end in ("commit", "rollback"):
        sa.event.listen(store.engine, end, lambda _connection, end=end: ended.append(end))
    with closing(spool_in(tmp_path)) as spool:
        spool.append(records)
        done = drained(spool, store, spool.first(count, 1 << 20), patience_s=5)
        assert [one.id for one in spool.first(count, 1 << 20)] == odd
    assert done == (count - len(odd), odd)
    assert len(ended) == transactions
    assert bodies(store) == [b"%d" % n for n in range(1, count + 1) if n not in odd]
