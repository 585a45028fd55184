"""A period is taken by one, whatever database: many at once, a holder that ends, and one that comes too late."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from telltale.landing import Store, report_ages
from telltale.publish import ledger
from telltale.publish.due import Stretch
from telltale.publish.ledger import LEASE_US, PATIENT, LeaseLost, Run
from telltale.workbench.times import SECOND, Span

NOW_US = 1_795_000_000 * SECOND
PERIOD = Stretch("2026-11-13", Span(1, 2))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as store:
        yield store


def _claim(store: Store, now_us: int = NOW_US, seen: str | None = None) -> Run | None:
    return ledger.claim(store, "cold", "", PERIOD, now_us=now_us, seen=seen)


def _finish(store: Store, run: Run) -> None:
    with store.writer() as connection:
        ledger.finish(connection, run, "done", seen="a", made_at=NOW_US)


def test_a_period_is_taken_by_one_of_many_and_given_up_by_who_lost_it(store: Store) -> None:
    taken: list[Run | None] = []
    threads = [threading.Thread(target=lambda: taken.append(_claim(store))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (run,) = [run for run in taken if run is not None]
    assert ledger.renew(store, run, now_us=NOW_US)
    assert _claim(store, NOW_US + LEASE_US) is None, "renewed, and its process lives"
    ledger.let_go(run)
    other = _claim(store)
    assert other is not None
    assert other.interrupted == 1
    assert not ledger.renew(store, run, now_us=NOW_US)
    with pytest.raises(LeaseLost):
        _finish(store, run)
    _finish(store, other)
    assert _claim(store) is None, "it is done"
    assert _claim(store, seen="b") is None, "another has looked at it since"
    again = _claim(store, seen="a")
    assert again is not None
    with store.writer() as connection:
        assert ledger.fail(connection, again, "cell 7", now_us=NOW_US) == "waiting"
    (age,) = report_ages(store)
    assert (age.report, age.failing) == ("cold", 1)


def test_one_that_has_not_renewed_is_taken_over_and_so_is_a_lease_of_the_future(store: Store) -> None:
    run = _claim(store)
    assert run is not None
    assert _claim(store, NOW_US + LEASE_US + 1) is not None
    assert _claim(store, NOW_US - 10 * LEASE_US) is not None, "taken by a clock that was ahead"


def test_what_ends_its_process_each_time_waits_as_a_failure_does(store: Store) -> None:
    interrupted = []
    for _ in range(PATIENT + 1):
        run = _claim(store)
        assert run is not None
        ledger.let_go(run)
        interrupted.append(run.interrupted)
    assert interrupted == [0, 1, 2, 3]
    assert _claim(store) is None
    assert _claim(store, NOW_US + ledger.RETRIES_US[0]) is not None
