"""Group commit: durable before acknowledged, bounded, and never stored after it was given up."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.contract import Memory, StoreError
from telltale.landing import TOO_MANY, Landing, Store, purge_refused, refused_rows
from telltale.landing.floods import BURST
from tests.sources.toy import open_store, raw
from tests.stores import held, other_connection


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    # A lock of a file is tried for; of a server one waits for an answer, too.
    store = Store(store_url, busy_timeout_s=0.3 if store_url.startswith("sqlite") else 2.0)
    yield store
    store.close()


@pytest.fixture
def landing(store: Store) -> Iterator[Landing]:
    landing = Landing(store, ticket_timeout_s=10.0)
    yield landing
    landing.close()


@pytest.fixture
def file_landing(tmp_path: Path) -> Iterator[Landing]:
    """On a SQLite file, for what is its own."""
    store = open_store(tmp_path, busy_timeout_s=0.3)
    landing = Landing(store, ticket_timeout_s=5.0)
    yield landing
    landing.close()
    store.close()


@pytest.fixture
def file_store(file_landing: Landing) -> Store:
    return file_landing.store


def second_connection(store: Store) -> sqlite3.Connection:
    """A connection that shares nothing with the store but the file."""
    return sqlite3.connect(sa.make_url(store.url).database or "", isolation_level=None)


def stored(store: Store) -> list[bytes]:
    """The bodies a second connection sees, by id."""
    with closing(other_connection(store.url)) as other:
        return [bytes(body) for (body,) in other.exec_driver_sql("select body from raw order by id")]


def test_an_appended_record_is_visible_to_a_second_connection_at_once(landing: Landing) -> None:
    record = raw(1, "n1 7 0 3")

    raw_id = landing.append(record)

    with closing(other_connection(landing.store.url)) as other:
        assert [*map(tuple, other.exec_driver_sql("select * from raw"))] == [(raw_id, *record[1:])]


def test_every_ticket_gets_the_id_of_its_own_record(landing: Landing) -> None:
    records = [raw(1, f"n1 {number} 0 3") for number in range(1000)]

    with ThreadPoolExecutor(32) as pool:
        ids = list(pool.map(landing.append, records))

    bodies = stored(landing.store)
    assert sorted(ids) == list(range(1, 1001))
    assert [bodies[raw_id - 1] for raw_id in ids] == [record.body for record in records]


def test_ids_are_never_used_again(landing: Landing) -> None:
    landing.put_many(raw(second) for second in range(3))
    with landing.store.writer() as connection:
        connection.exec_driver_sql("delete from raw")

    assert landing.append(raw(9)) == 4


def test_waiting_records_share_a_transaction(landing: Landing) -> None:
    commits: list[sa.Connection] = []
    sa.event.listen(landing.store.engine, "commit", commits.append)
    with held(landing.store):
        tickets = [landing.put(raw(second)) for second in range(200)]
        time.sleep(0.05)

    assert [ticket.result(5) for ticket in tickets] == list(range(1, 201))
    assert len(commits) <= 2  # the first may go alone, the others waited together


def test_a_full_queue_says_so_at_once_and_recovers(store: Store) -> None:
    landing = Landing(store, max_records=3)
    with held(store):
        tickets = [landing.put(raw(second)) for second in range(3)]
        with pytest.raises(StoreError, match="3 records"):
            landing.put(raw(4))
        assert landing.depth[0] == 3

    assert [ticket.result(5) for ticket in tickets] == [1, 2, 3]
    landing.close()
    assert landing.depth == (0, 0)


def test_the_queue_is_bounded_in_bytes_too(store: Store) -> None:
    landing = Landing(store, max_bytes=2000)

    with pytest.raises(StoreError, match="2000 bytes"):
        landing.put(raw(1, "x" * 2000))
    assert landing.append(raw(1, "x" * 1000)) == 1
    landing.close()


def test_a_lock_held_longer_than_the_busy_timeout_fails_the_ticket_and_stores_nothing(landing: Landing) -> None:
    with held(landing.store):
        with pytest.raises(StoreError, match=r"lock.*another program holds its lock"):
            landing.append(raw(1))
        with pytest.raises(StoreError, match="lock"):
            landing.store.try_write()

    landing.store.try_write()
    assert landing.append(raw(2, "after"))
    assert stored(landing.store) == [b"after"]


def test_an_abandoned_ticket_is_not_stored_later(tmp_path: Path) -> None:
    landing = Landing(open_store(tmp_path, busy_timeout_s=5.0), ticket_timeout_s=0.1)
    lock = second_connection(landing.store)
    lock.execute("begin immediate")

    with pytest.raises(StoreError, match=r"not durable after 0\.1 s"):
        landing.append(raw(1, "given up"))
    kept = landing.put(raw(2, "kept"))
    lock.execute("commit")
    lock.close()

    assert kept.result(5) == 1
    landing.close()
    assert stored(landing.store) == [b"kept"]


def test_a_full_disk_fails_the_tickets_and_service_resumes(file_landing: Landing) -> None:
    """SQLite's own limit of pages gives the error a full disk gives."""
    limited = threading.Event()

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count={pages + 5 if limited.is_set() else 2**30}").fetchall()

    sa.event.listen(file_landing.store.engine, "checkout", limit)
    file_landing.append(raw(1, "before"))
    limited.set()
    with pytest.raises(StoreError, match="full"):
        file_landing.append(raw(2, "x" * 100_000))
    limited.clear()

    file_landing.append(raw(3, "after"))
    assert stored(file_landing.store) == [b"before", b"after"]


def test_one_record_that_cannot_be_stored_does_not_fail_its_group(landing: Landing) -> None:
    with held(landing.store):
        first = landing.put(raw(1, "a"))
        bad = landing.put(raw(2, "b")._replace(meta="\ud800"))
        last = landing.put(raw(3, "c"))

    assert first.result(5) < last.result(5)
    with pytest.raises(StoreError, match="cannot be stored"):
        bad.result(5)
    assert stored(landing.store) == [b"a", b"c"]


@pytest.mark.parametrize("error", [MemoryError, KeyError, SystemExit, sa.exc.InvalidRequestError])
def test_every_ticket_is_resolved_whatever_storing_meets(landing: Landing, error: type[BaseException]) -> None:
    """Once; then it goes on."""

    def fail(_: sa.Connection) -> None:
        sa.event.remove(landing.store.engine, "commit", fail)
        raise error

    sa.event.listen(landing.store.engine, "commit", fail)
    tickets = [landing.put(raw(second)) for second in range(5)]
    outcomes = [ticket.exception(10) for ticket in tickets]

    assert all(outcome is None or isinstance(outcome, StoreError) for outcome in outcomes)
    assert landing.append(raw(9))
    assert len(stored(landing.store)) == 1 + outcomes.count(None)
    assert landing.depth == (0, 0)


def test_what_the_database_says_of_a_record_it_refuses_does_not_quote_it(file_landing: Landing) -> None:
    """The library's text has all it was given, the whole body among it."""
    with file_landing.store.writer() as connection:
        connection.exec_driver_sql("create trigger no before insert on raw begin select raise(abort, 'no'); end")
    with pytest.raises(StoreError) as failed:
        file_landing.append(raw(1, "02:00:5e:00:53:01"))
    assert str(failed.value) == file_landing.health() == "landing: a record of toy cannot be stored (no)"


def test_a_lost_thread_is_started_again(landing: Landing, caplog: pytest.LogCaptureFixture) -> None:
    lost = threading.Thread(target=lambda: None)
    lost.start()
    lost.join()
    with landing._change:
        landing._thread = lost

    assert landing.append(raw(1))
    assert "the thread that stores was lost; another one is started" in caplog.text


def test_what_is_durable_is_acknowledged_though_it_cannot_be_remembered_at_once(landing: Landing) -> None:
    odd = Memory("toy:1", "seen", 7)  # type: ignore[arg-type]
    assert landing.append(raw(1), (odd,)) == 1
    assert landing.append(raw(2)) == 2


def test_close_commits_what_waits_and_takes_nothing_new(store: Store) -> None:
    landing = Landing(store)
    tickets = [landing.put(raw(second)) for second in range(2000)]

    landing.close()

    assert all(ticket.done() for ticket in tickets)
    assert len(stored(store)) == 2000
    with pytest.raises(StoreError, match="stopping"):
        landing.put(raw(1))


def test_close_answers_what_does_not_become_durable_in_time(tmp_path: Path) -> None:
    landing = Landing(open_store(tmp_path, busy_timeout_s=5.0), group=2)
    lock = second_connection(landing.store)
    lock.execute("begin immediate")
    tickets = [landing.put(raw(second)) for second in range(9)]

    landing.close(timeout_s=0.1)
    with pytest.raises(StoreError, match="told to stop"):
        tickets[-1].result(0)
    lock.execute("commit")
    lock.close()

    assert tickets[0].result(5) == 1
    landing.close()
    answered = [ticket for ticket in tickets if ticket.exception(5) is None]
    assert len(stored(landing.store)) == len(answered) < 9


def test_the_newest_received_time_is_known(landing: Landing) -> None:
    assert landing.last_received_at is None
    landing.append(raw(5))
    assert landing.last_received_at == raw(5).received_at


def test_reads_of_one_transaction_see_one_moment(landing: Landing) -> None:
    count = sa.text("select count(*) from raw")
    with landing.store.reader() as connection:
        before = connection.scalar(count)
        landing.append(raw(1))
        assert connection.scalar(count) == before == 0
    with landing.store.reader() as connection:
        assert connection.scalar(count) == 1


def test_a_reader_on_a_new_connection_does_not_wait_for_a_writer(store: Store) -> None:
    pool = store.engine.pool
    with store.writer():
        store.engine.dispose(close=False)  # the pool is empty, as in a process that has just begun
        began = time.monotonic()
        with store.reader() as connection:
            assert connection.scalar(sa.text("select count(*) from raw")) == 0
        assert time.monotonic() - began < 1
    pool.dispose()


def test_an_exception_rolls_a_write_back(store: Store) -> None:
    def half() -> None:
        with store.writer() as connection:
            store.insert(connection, [raw(1)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert stored(store) == []


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("auto_vacuum", 2), ("secure_delete", 1)]
)
def test_the_store_keeps_its_promises(file_store: Store, pragma: str, value: object) -> None:
    with file_store.reader() as connection:
        assert connection.exec_driver_sql(f"pragma {pragma}").scalar() == value


def test_two_processes_worth_of_stores_write_one_store(store_url: str) -> None:
    first, second = Landing(Store(store_url)), Landing(Store(store_url))

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda number: (first, second)[number % 2].append(raw(number)), range(400)))

    assert sorted(ids) == list(range(1, 401))
    first.close()
    second.close()


def test_a_store_of_another_schema_version_is_refused(store: Store) -> None:
    with store.writer() as connection:
        connection.exec_driver_sql("update meta set value = 99 where key = 'schema_version'")

    with pytest.raises(StoreError, match="schema version 99, expected"):
        Store(store.url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "expected a file"),
        ("sqlite:///{0}/text.txt", "not a database"),
        ("sqlite:///{0}/text.txt/below", "folder cannot be made"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why(tmp_path: Path, url: str, words: str) -> None:
    (tmp_path / "text.txt").write_text("no database at all, and longer than a page's header " * 3)

    with pytest.raises(StoreError, match=words):
        Store(url.format(tmp_path))


def test_deleted_bodies_leave_the_file_and_its_log_after_a_scrub(file_landing: Landing, tmp_path: Path) -> None:
    file_landing.put_many(raw(second, f"secret-{second} " * 500) for second in range(50))
    with file_landing.store.writer() as connection:
        connection.exec_driver_sql("delete from raw")
    files = list((tmp_path / "landing").iterdir())
    assert any(b"secret-7 " in file.read_bytes() for file in files)

    assert file_landing.store.scrub()

    assert not any(b"secret-7 " in file.read_bytes() for file in files)


def test_a_reader_that_stays_keeps_a_scrub_from_ending(file_store: Store) -> None:
    with file_store.writer() as connection:
        file_store.insert(connection, [raw(1)])
    reader = second_connection(file_store)
    reader.execute("begin")
    reader.execute("select count(*) from raw").fetchall()
    with file_store.writer() as connection:
        file_store.insert(connection, [raw(2)])

    assert not file_store.scrub()
    reader.close()
    assert file_store.scrub()


def refuse(landing: Landing, number: int, *, body: bytes = b"", sender: str = "192.0.2.9") -> bool:
    return landing.refuse(
        "toy",
        received_at=number,
        sender=sender,
        status=401,
        reason="bad_signature",
        detail=f"request {number}",
        body=body,
        meta="{}",
    )


def test_what_was_refused_is_listed_newest_first_in_pages(landing: Landing) -> None:
    for number in range(5):
        refuse(landing, number, body=b"x" * 600)
    landing.close()

    page = refused_rows(landing.store, 2)
    assert [row.detail for row in page] == ["request 4", "request 3"]
    assert [row.detail for row in refused_rows(landing.store, 9, page[-1].id)] == [
        "request 2",
        "request 1",
        "request 0",
    ]
    assert page[0].body == b"x" * 512


def test_a_flood_of_refused_requests_is_cut(landing: Landing) -> None:
    """Of many senders: 100 rows a second; that there were more is one row."""
    for number in range(500):
        assert refuse(landing, number, sender=f"192.0.2.{number % 250}")
    landing.close()

    rows = refused_rows(landing.store, 1000)
    assert [row.reason for row in rows].count("bad_signature") == 100
    (counted,) = [row for row in rows if row.reason == TOO_MANY]
    assert (counted.sender, counted.detail.split()[0]) == ("several", "400")


def test_of_one_sender_a_few_are_noted_and_the_rest_counted_in_one_row(landing: Landing) -> None:
    noted = [refuse(landing, number) for number in range(500)]
    assert refuse(landing, 500, sender="192.0.2.10"), "another sender is not affected"
    landing.close()

    assert noted == [True] * BURST + [False] * (500 - BURST)
    rows = refused_rows(landing.store, 1000)
    assert [row.sender for row in rows].count("192.0.2.9") == BURST + 1
    (counted,) = [row for row in rows if row.reason == TOO_MANY]
    assert counted.sender == "192.0.2.9"
    assert counted.detail.startswith(f"{500 - BURST} more were refused within ")
    assert counted.detail.endswith(" s, the last for bad_signature")


def test_text_no_database_takes_does_not_lose_the_rows_beside_it(landing: Landing) -> None:
    row = {"received_at": 1, "sender": "x", "status": 400, "reason": "bad", "body": b"", "meta": "{}"}
    landing.refuse("toy", detail="half a \ud800 and \0", **row)  # type: ignore[arg-type]
    refuse(landing, 2)
    landing.close()
    assert [row.detail for row in refused_rows(landing.store, 9)] == ["request 2", "half a ? and \ufffd"]


def test_refused_rows_are_purged_by_source_and_time(landing: Landing) -> None:
    for number in range(4):
        refuse(landing, number)
    landing.close()

    assert purge_refused(landing.store, 9, kept=["toy"]) == 0
    assert purge_refused(landing.store, 2, kept=["other"]) == 2
    assert [row.received_at for row in refused_rows(landing.store, 9)] == [3, 2]
