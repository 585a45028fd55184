"""While the store is away: records wait in the collector's spool, and are stored once and in their order afterwards.

The store is a SQLite file here, away while another program holds its lock; `test_spool_postgres.py` has a server.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collectors.http.meters import Meters
from collectors.http.pages import PATHS, pages
from collectors.http.unknown import Unknown
from telltale.contract import Memory, Raw, Refused, Reply, Request, SourceSettings, StoreError
from telltale.door import Door, open_door
from telltale.landing import Expiry, Landing, Spool, Spooling, Store, Uptime, recall, remember
from telltale.landing.spooling import NOTED_US, forget_old
from telltale.net import Hosts
from telltale.settings import Settings
from telltale.settings.model import LandingSettings, SiteSettings
from tests.landing.test_door import TOY
from tests.landing.test_door import request as toy_request
from tests.sources.toy import HOUR, open_store, raw


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(tmp_path, busy_timeout_s=0.1)) as store:
        yield store


def spool_in(folder: Path, *, records: int = 1000, size: int = 1 << 20) -> Spool:
    return Spool(folder / "spool", "http", most_records=records, most_bytes=size)


@contextmanager
def landing_on(store: Store, spool: Spool, *, group: int = 2) -> Iterator[Landing]:
    """A landing with a spool; groups are small, so that a drain has several batches."""
    spooling = Spooling(spool, store, group=group, expiry=Expiry(None, ()))
    with closing(Landing(store, ticket_timeout_s=5.0, spooling=spooling)) as landing:
        yield landing


@contextmanager
def away(store: Store) -> Iterator[None]:
    """Another program holds the lock of the store's file."""
    other = sqlite3.connect(sa.make_url(store.url).database or "", isolation_level=None)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


def bodies(store: Store) -> list[bytes]:
    with store.reader() as connection:
        return list(connection.scalars(sa.text("select body from raw order by id")))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_came_meanwhile_is_stored_in_its_order(tmp_path: Path, store: Store) -> None:
    records = [raw(second) for second in range(40)]
    with landing_on(store, spool_in(tmp_path)) as landing:
        assert landing.append(records[0]) == 1
        with away(store):
            assert [landing.append(one) for one in records[1:30]] == [0] * 29
            spooling = landing.spooling
            assert spooling is not None
            state = spooling.state
            assert (state.is_active, state.records, state.since_us) == (True, 29, records[1].received_at)
            assert state.bytes >= sum(len(one.body) for one in records[1:30])
        for one in records[30:]:  # behind what waits, or after it
            landing.append(one)
        until(lambda: not landing.is_spooling)
        assert landing.append(raw(40)) == 41
        assert spooling.state.records == 0

    with store.reader() as connection:
        rows = connection.execute(sa.text("select source, received_at, sender, meta, body from raw order by id")).all()
    assert [Raw(0, *row) for row in rows] == [*records, raw(40)]


def test_what_waits_is_drained_by_the_next_process(tmp_path: Path, store: Store) -> None:
    with away(store), landing_on(store, spool_in(tmp_path)) as landing:
        for second in range(5):
            landing.append(raw(second))
    assert bodies(store) == []

    with landing_on(store, spool_in(tmp_path)) as landing:
        until(lambda: not landing.is_spooling)
    assert bodies(store) == [raw(second).body for second in range(5)]


def test_a_full_spool_turns_away_and_recovers(tmp_path: Path, store: Store) -> None:
    with landing_on(store, spool_in(tmp_path, records=3)) as landing:
        with away(store):
            for second in range(3):
                landing.append(raw(second))
            with pytest.raises(StoreError, match=r"3 records \(.* bytes\) wait for the store, at most 3 .* later"):
                landing.append(raw(3))
            assert landing.spooling is not None
            state = landing.spooling.state
            assert state.is_full
            assert not state.takes
            assert "at most 3" in state.trouble
        until(lambda: not landing.is_spooling)
        assert landing.append(raw(4)) == 4
        assert landing.spooling.state.takes
    assert bodies(store) == [raw(second).body for second in (0, 1, 2, 4)]


def test_of_a_commit_that_failed_nobody_is_told_that_it_is_durable(tmp_path: Path, store: Store) -> None:
    """It may be in the store all the same: in the spool too it would be there twice."""
    with landing_on(store, spool_in(tmp_path)) as landing:

        def fail(_connection: sa.Connection) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        sa.event.listen(store.engine, "commit", fail)
        with pytest.raises(StoreError, match="disk I/O error"):
            landing.append(raw(1))
        assert landing.spooling is not None
        assert landing.spooling.state.records == 0
        assert landing.append(raw(2)) == 0, "from here on they wait"
        sa.event.remove(store.engine, "commit", fail)
        until(lambda: not landing.is_spooling)
    assert bodies(store) == [raw(2).body]


def test_a_spool_is_bounded_in_bytes_too(tmp_path: Path) -> None:
    with closing(spool_in(tmp_path, size=1000)) as spool:
        spool.append([raw(1, "x" * 500)])
        with pytest.raises(StoreError, match=r"at most 1,000 \(|1,000 bytes"):
            spool.append([raw(2, "x" * 500)])
        assert spool.waiting.records == 1
        spool.remove(spool.first(10, 1 << 20))
        assert spool.waiting[:3] == (0, 0, None)
    with closing(spool_in(tmp_path)) as again:
        assert again.waiting[:3] == (0, 0, None)


def test_a_batch_is_bounded_in_bytes_and_has_at_least_one(tmp_path: Path) -> None:
    with closing(spool_in(tmp_path)) as spool:
        spool.append([raw(second, "x" * 100) for second in range(5)])
        assert [one.id for one in spool.first(10, 250)] == [1, 2]
        assert [one.id for one in spool.first(10, 1)] == [1]
        assert [one.id for one in spool.first(2, 1000, without=[1])] == [2, 3]


def test_two_processes_own_a_file_each(tmp_path: Path) -> None:
    with closing(spool_in(tmp_path)) as first, closing(spool_in(tmp_path)) as second:
        assert (first.path.name, second.path.name) == ("http-1.db", "http-2.db")
        assert first.name != second.name
        assert first.path.stat().st_mode & 0o077 == 0
        with pytest.raises(StoreError, match=r"belongs to another process .*pid"):
            Spool(tmp_path / "spool", "http", most_records=1, most_bytes=1, number=1)
    with closing(spool_in(tmp_path)) as again:
        assert again.name == first.name


def test_a_file_put_back_gives_numbers_again_and_loses_nothing(tmp_path: Path, store: Store) -> None:
    """As where a machine's disk is restored: its next records have numbers the store knows already."""
    with closing(spool_in(tmp_path)) as spool:
        copy = spool.path.read_bytes()
    for round_ in range(2):
        path = tmp_path / "spool" / "http-1.db"
        path.write_bytes(copy)
        with closing(spool_in(tmp_path)) as spool:
            spool.append([raw(10 * round_ + second) for second in range(3)])
        with landing_on(store, spool_in(tmp_path)) as landing:
            until(lambda landing=landing: not landing.is_spooling)  # type: ignore[misc]
    assert bodies(store) == [raw(second).body for second in (0, 1, 2, 10, 11, 12)]


def test_what_was_noted_long_ago_is_forgotten(tmp_path: Path, store: Store) -> None:
    with closing(spool_in(tmp_path)) as spool:
        spool.append([raw(1)])
    with landing_on(store, spool_in(tmp_path)) as landing:
        until(lambda: not landing.is_spooling)

    def noted() -> int:
        with store.reader() as connection:
            return connection.scalar(sa.text("select count(*) from spooled")) or 0

    now_us = time.time_ns() // 1000
    forget_old(store, now_us + NOTED_US - HOUR)
    assert noted() == 1
    forget_old(store, now_us + NOTED_US + HOUR)
    assert noted() == 0


# What must not be kept longer


class Clocks:
    """A wall clock and a running time that go together, until one is set."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self.running_us = HOUR
        self.boot = "boot"

    def pass_(self, us: int) -> None:
        self.now_us += us
        self.running_us += us

    def expiry(self) -> Expiry:
        return Expiry(
            24 * HOUR,
            {"plain"},
            now=lambda: self.now_us,
            running=lambda: Uptime(self.running_us, self.boot),
            steady_s=lambda: self.running_us / 1e6,
        )


NOVEMBER = 1_795_000_000_000_000


def dated(hours: float, *, source: str = "toy") -> Raw:
    return raw(0, f"3c:06:30:aa:bb:{hours:02.0f}", source=source)._replace(received_at=NOVEMBER + round(hours * HOUR))


def test_bodies_with_addresses_go_in_time_though_the_store_is_away(tmp_path: Path) -> None:
    clocks = Clocks(NOVEMBER)
    expiry = clocks.expiry()
    with closing(spool_in(tmp_path)) as spool:
        assert expiry.apply(spool) == 0
        spool.append([dated(0), dated(0, source="plain"), dated(1)])
        clocks.pass_(24 * HOUR + HOUR // 2)
        assert expiry.apply(spool) == 1
        assert [one.id for one in spool.first(10, 1 << 20)] == [2, 3]
        assert (spool.waiting.records, spool.waiting.expired) == (2, 1)
        kept = b"".join(path.read_bytes() for path in (tmp_path / "spool").iterdir())
        assert dated(1).body in kept
        assert dated(0).body not in kept.replace(dated(0, source="plain").meta.encode() + dated(0).body, b"", 1)
        clocks.pass_(HOUR)
        assert expiry.apply(spool) == 1
        assert expiry.apply(spool) == 0
    with closing(spool_in(tmp_path)) as again:
        assert (again.waiting.records, again.waiting.expired) == (1, 2)


def test_nothing_goes_by_a_clock_that_was_stepped(tmp_path: Path) -> None:
    clocks = Clocks(NOVEMBER)
    expiry = clocks.expiry()
    with closing(spool_in(tmp_path)) as spool:
        expiry.apply(spool)
        spool.append([dated(0)])
        clocks.pass_(HOUR)
        clocks.now_us += 1000 * HOUR
        assert expiry.apply(spool) == 0
        clocks.now_us -= 1000 * HOUR
        clocks.pass_(24 * HOUR)
        assert expiry.apply(spool) == 1


def test_what_bears_a_later_time_goes_with_what_came_after_it(tmp_path: Path) -> None:
    clocks = Clocks(NOVEMBER)
    expiry = clocks.expiry()
    with closing(spool_in(tmp_path)) as spool:
        expiry.apply(spool)
        spool.append([dated(5000), dated(1)])
        clocks.pass_(26 * HOUR)
        assert expiry.apply(spool) == 2


# Answers that need the store


def answering(request: Request, _settings: SourceSettings) -> Reply:
    """The queued word, and how often the device was heard."""
    if request.body == b"wrong":
        raise Refused(401, "wrong", "the word is wrong")
    known = request.known.get("toy:1", {})
    heard = known.get("heard", {}).get("times", 0) + 1
    word = known.get("wanted", {}).get("word", "nothing")
    told = Memory("toy:1", "heard", {"times": heard})
    return Reply(200, f"{word} {heard}".encode(), remember=(told,))


ASKED = replace(TOY, accept=answering, remembers=True, queue="wanted")


def project(root: Path) -> Settings:
    kept = SiteSettings(keep=True)  # its requests are of a fixed day
    return Settings(root=root, site=kept, landing=LandingSettings(spool=True, busy_timeout_s=0.1))


def test_answers_are_those_of_an_empty_queue(tmp_path: Path) -> None:
    """And the store knows nothing of them: what is queued waits as it did."""
    settings = project(tmp_path)
    with closing(open_door(settings, [ASKED])) as door:
        store = door.landing.store
        remember(store, "toy", [Memory("toy:1", "wanted", {"word": "reset"})])
        assert door.handle(toy_request(b"x")).reply.body == b"reset 1"
        with away(store):
            answers = [door.handle(toy_request(b"x")) for _ in range(3)]
            assert [one.reply.body for one in answers] == [b"nothing 2", b"nothing 3", b"nothing 4"]
            assert {one.reason for one in answers} == {"stored"}
            assert door.landing.spooling is not None
            assert door.handle(toy_request(b"wrong")).reply.status == 401
            said = _healthz(door, settings)
            assert (said["status"], said["spool"]["without_queue"]) == ("spooling", 3), "turned away is no answer"
        until(lambda: not door.landing.is_spooling)
        assert recall(store, "toy")["toy:1"] == {"wanted": {"word": "reset"}, "heard": {"times": 1}}
        assert door.handle(toy_request(b"x")).reply.body == b"reset 2"
        assert len(bodies(store)) == 5


def _healthz(door: Door, settings: Settings) -> dict[str, Any]:
    meters = Meters(door.landing)
    unknown = Unknown(door, meters.count_unknown, more=PATHS)
    app = pages(door, meters, Hosts("127.0.0.1"), settings, unknown)
    return dict(app.test_client().get("/healthz").get_json())


def test_without_a_spool_it_is_turned_away_as_before(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, landing=LandingSettings(busy_timeout_s=0.1))
    with closing(open_door(settings, [ASKED])) as door:
        with away(door.landing.store):
            assert door.handle(toy_request(b"x")).reason == "store_away"
        assert not settings.spools.exists()


def test_a_collector_starts_while_the_store_is_away(tmp_path: Path) -> None:
    settings = project(tmp_path)
    with closing(Store(settings.store_url)) as store, away(store):
        door = open_door(settings, [ASKED])
        assert door.handle(toy_request(b"x")).reply.body == b"nothing 1"
    with closing(door):
        until(lambda: not door.landing.is_spooling)
        assert len(bodies(door.landing.store)) == 1


def test_it_does_not_start_with_the_store_of_another_version(tmp_path: Path) -> None:
    settings = project(tmp_path)
    with closing(Store(settings.store_url)) as store, store.writer() as connection:
        connection.execute(sa.text("update meta set value = 99 where key = 'schema_version'"))
    with pytest.raises(StoreError, match="schema version 99"):
        open_door(settings, [ASKED])
