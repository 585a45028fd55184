"""A server that is away, hangs, refuses, or gives ids out of order; what is said of it never holds the password."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from telltale.contract import Memory, StoreError
from telltale.landing import Landing, Store, recall
from telltale.landing.memory import Memories
from telltale.net import free_port
from tests.postgres import HOST, Server, own_server
from tests.sources.toy import raw
from tests.stores import Server as Databases
from tests.stores import other_connection, plain

pytestmark = pytest.mark.slow
PASSWORD = "open-sesame"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that may be stopped."""
    with own_server("max_connections=20") as running:
        rules = Path(running.data) / "pg_hba.conf"
        rules.write_text(f"host all guarded all scram-sha-256\nhost all stranger all reject\n{rules.read_text()}")
        with closing(psycopg.connect(plain(running.url), autocommit=True)) as connection:
            for role in ("guarded", "stranger", "plain"):
                connection.execute(f"create role {role} login password '{PASSWORD}'")
            connection.execute("select pg_reload_conf()")
            connection.execute("create database read_only")
            connection.execute("alter database read_only set default_transaction_read_only = on")
            connection.execute("create database crowded connection limit 0")
            connection.execute("create database strict")
        yield running


@pytest.fixture
def url(postgresql: Databases) -> Iterator[str]:
    with postgresql.one() as url:
        yield url


def count(url: str) -> int:
    with closing(other_connection(url)) as other:
        return int(other.exec_driver_sql("select count(*) from raw").scalar_one())


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        ("guarded:wrong-password", "postgres", "authentication failed.*put the right user, and its password"),
        ("guarded", "postgres", "no password.*put the right user, and its password"),
        ("stranger", "postgres", "rejects.*put the right user"),
        ("telltale", "nowhere", '"nowhere" does not exist; make it with "createdb"'),
        ("plain", "crowded", "too many connections.*raise max_connections"),
        ("telltale", "read_only", "read-only transaction; its server takes no changes"),
        ("plain", "strict", "permission denied.*GRANT CREATE ON SCHEMA"),
    ],
)
def test_a_server_that_refuses_says_why_and_what_to_do(server: Server, user: str, database: str, words: str) -> None:
    url = server.url.replace("telltale@", f"{user}@").replace("/postgres", f"/{database}")
    with pytest.raises(StoreError, match=words) as failed:
        Store(url)
    assert "wrong-password" not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_server_that_is_away_is_said_without_its_password() -> None:
    port = free_port(HOST, 0)
    for url in (
        f"postgresql://me:{PASSWORD}@{HOST}:{port}/name",
        f"postgresql+psycopg://me@{HOST}:{port}/name?password={PASSWORD}",
    ):
        with pytest.raises(StoreError, match=r"refused.*is its server running") as failed:
            Store(url)
        assert PASSWORD not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["mysql://me:open-sesame@host/name", "postgresql+asyncpg://me:open-sesame@h/n", "nonsense"]
)
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="expected") as failed:
        Store(url)
    assert PASSWORD not in str(failed.value)


def test_a_server_that_takes_no_changes_any_more_is_said(url: str) -> None:
    name = url.rpartition("/")[2]
    with closing(Store(url)) as store:
        assert store.trouble() == ""
        with closing(other_connection(url)) as other:
            other.exec_driver_sql(f"alter database {name} set default_transaction_read_only = on")
        store.close()
        assert "takes no changes; let [paths] store_url name the primary" in store.trouble()


def test_many_programs_open_an_empty_database_at_once(server: Server) -> None:
    with closing(psycopg.connect(plain(server.url), autocommit=True)) as connection:
        connection.execute("create database untouched")
    url = server.url.replace("/postgres", "/untouched")
    with ThreadPoolExecutor(8) as pool:
        stores = [*pool.map(lambda _: Store(url), range(8))]
    assert [store.is_new for store in stores].count(True) == 1
    for store in stores:
        store.close()


def test_a_restart_between_two_records_is_not_noticed(server: Server) -> None:
    with closing(Store(server.url)) as store, closing(Landing(store)) as landing:
        landing.append(raw(1))
        server.stop()
        server.start()
        landing.append(raw(2))
        with store.reader() as connection:
            assert len(connection.exec_driver_sql("select id from raw").all()) == 2


def test_a_server_that_hangs_holds_nobody_longer_than_his_ticket(server: Server) -> None:
    with (
        closing(Store(server.url, busy_timeout_s=2.0)) as store,
        closing(Landing(store, ticket_timeout_s=4.0)) as landing,
    ):
        landing.append(raw(1))
        before = count(server.url)
        memories = Memories(store)
        assert memories.known("toy") == {}
        waited: list[float] = []

        def send(number: int) -> int:
            began = time.monotonic()
            try:
                landing.append(raw(number))
            except StoreError:
                return 0
            finally:
                waited.append(time.monotonic() - began)
            return 1

        with server.hanging(), ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(send, range(16))) == 0
            time.sleep(1.1)
            began = time.monotonic()
            memories.known("toy")
            assert time.monotonic() - began < 1.5, "an answer by what is known needs no server"
            assert landing.health()
        # 4 s by their tickets; the rest is what a machine with too much to do needs to wake a thread.
        assert max(waited) < 4.0 + 1.5
        deadline = time.monotonic() + 30
        while not send(99):
            assert time.monotonic() < deadline
        assert count(server.url) >= before + 1


def test_a_commit_waits_for_the_disk_whatever_the_server_was_told(url: str) -> None:
    name = url.rpartition("/")[2]
    with closing(other_connection(url)) as other:
        other.exec_driver_sql(f"alter database {name} set synchronous_commit = off")
        other.exec_driver_sql(f"alter database {name} set default_transaction_isolation = serializable")
    with closing(Store(url)) as store, store.writer() as connection:
        assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"
        assert connection.exec_driver_sql("show transaction_isolation").scalar() == "read committed"


def test_a_server_that_does_not_wait_for_its_disk_is_said(url: str, server: Server) -> None:
    with closing(Store(url)) as store:
        assert [found.split(" = ")[0].split()[-1] for found, _ in store.weaknesses()] == ["fsync", "full_page_writes"]
    with closing(Store(server.url)) as store:
        assert store.weaknesses() == []


def test_ids_that_become_visible_out_of_order_are_waited_for(url: str) -> None:
    """Who counts what arrived counts up to an id, and must not pass one that shows later."""
    with closing(Store(url)) as store:
        began, go_on, last = threading.Event(), threading.Event(), []

        def slow() -> None:
            with store.appender() as connection:
                assert store.insert(connection, [raw(1)]) == [1]
                began.set()
                go_on.wait(20)

        threads = [threading.Thread(target=slow), threading.Thread(target=lambda: last.append(store.last_id()))]
        threads[0].start()
        assert began.wait(20)
        with store.appender() as connection:
            assert store.insert(connection, [raw(2)]) == [2]
        with store.reader() as connection:
            assert connection.exec_driver_sql("select id from raw").all() == [(2,)]
        threads[1].start()
        threads[1].join(0.3)
        assert last == []
        go_on.set()
        for thread in threads:
            thread.join(20)
        assert last == [2]


def test_who_is_adding_for_too_long_is_not_waited_for(url: str) -> None:
    with closing(Store(url)) as store, store.appender() as connection:
        store.insert(connection, [raw(1)])
        with pytest.raises(StoreError, match="lock timeout"):
            store.last_id()


def test_collectors_that_remember_the_same_do_not_lock_each_other(url: str) -> None:
    memories = [Memory(f"toy:{number}", "seen", {"hash": number}) for number in range(20)]
    with closing(Store(url)) as one, closing(Store(url)) as other:
        with closing(Landing(one, group=8)) as first, closing(Landing(other, group=8)) as second:
            tickets = [
                landing.put(raw(number), tuple(memories if landing is first else reversed(memories)))
                for number in range(60)
                for landing in (first, second)
            ]
            assert len({ticket.result(60) for ticket in tickets}) == 120
        assert len(recall(one, "toy")) == 20


def test_what_a_device_said_to_one_host_is_known_to_the_other(url: str) -> None:
    now = [100.0]
    with closing(Store(url)) as one, closing(Store(url)) as other:
        memories = Memories(other, clock=lambda: now[0])
        assert memories.known("toy") == {}
        with closing(Landing(one)) as landing:
            landing.append(raw(1), (Memory("toy:1", "seen", {"hash": 7}),))
        deadline = time.monotonic() + 20
        while memories.known("toy") != {"toy:1": {"seen": {"hash": 7}}}:
            assert time.monotonic() < deadline
            now[0] += 60.0
            time.sleep(0.05)


def test_a_vacuum_touches_the_tables_rows_were_removed_from(url: str) -> None:
    with closing(Store(url)) as store:
        with store.writer() as connection:
            store.insert(connection, [raw(number) for number in range(100)])
        with store.writer() as connection:
            connection.exec_driver_sql("delete from raw")
        assert store.scrub()
        with closing(other_connection(url)) as other:
            assert other.exec_driver_sql("select pg_relation_size('raw')").scalar() == 0


@pytest.mark.parametrize("table", ["raw", "meta"])
def test_who_may_still_see_what_was_removed_keeps_a_scrub_from_ending(url: str, table: str) -> None:
    """Whether it reads that table or another: its moment is before the removal. Records are stored meanwhile."""
    with closing(Store(url, busy_timeout_s=2.0)) as store:
        with store.writer() as connection:
            store.insert(connection, [raw(1)])
        with closing(other_connection(url)) as reader:
            reader.exec_driver_sql("begin isolation level repeatable read")
            reader.exec_driver_sql(f"select count(*) from {table}")
            with store.writer() as connection:
                connection.exec_driver_sql("delete from raw")
            with ThreadPoolExecutor(1) as other:
                scrubbed = other.submit(store.scrub)
                while not scrubbed.done():
                    with store.appender() as connection:
                        store.insert(connection, [raw(2)])
                assert not scrubbed.result()
            reader.exec_driver_sql("commit")
        assert store.scrub()


def test_whose_moment_is_after_the_removal_is_not_waited_for(url: str) -> None:
    with closing(Store(url, busy_timeout_s=2.0)) as store, closing(other_connection(url)) as reader:
        with store.writer() as connection:
            store.insert(connection, [raw(1)])
            connection.exec_driver_sql("delete from raw")
        reader.exec_driver_sql("begin isolation level repeatable read")
        reader.exec_driver_sql("select count(*) from meta")
        assert store.scrub()
        reader.exec_driver_sql("commit")
