"""What the catalog lists is read once as long as it stands still, and of a question only what it needs."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telltale.lake import Changed, Lake
from telltale.lake.listing import Listing
from telltale.lake.purge import drop
from telltale.lake.retained import mark_closed
from telltale.lake.settle import settle, settle_all
from telltale.landing import Store
from tests.sources.toy import DAY, MONDAY, fill, open_lake, open_store, raw

NOW = MONDAY + 9 * DAY
FIRST = date(2025, 11, 24)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def lake(store: Store, tmp_path: Path) -> Lake:
    return open_lake(tmp_path, store)


def _settle_days(lake: Lake, days: int) -> None:
    for day in range(days):
        fill(lake.store, [raw(day * 86_400 + 60)])
        settle_all(lake, now_us=NOW)


def test_a_snapshot_of_what_stands_still_is_the_same_one(store: Store, lake: Lake) -> None:
    _settle_days(lake, 2)
    before = lake.snapshot()
    assert lake.snapshot() is before
    fill(store, [raw(300), raw(360)])
    landed = lake.snapshot()
    assert [record.id for record in landed.hot] == [3, 4]
    assert landed.listing is before.listing, "a record that lands changes nothing that is listed"
    settle(lake, now_us=NOW)
    assert lake.snapshot().listing is not landed.listing
    assert lake.snapshot().hot == ()


def test_hot_records_are_those_of_the_store_whatever_order_they_come_and_go_in(store: Store, lake: Lake) -> None:
    for number in range(4):
        fill(store, [raw(60 * number), raw(60 * number + 30)])
        assert lake.snapshot().hot == open_lake(Path(lake.root.shown).parent, store).snapshot().hot
        if number == 2:
            settle(lake, now_us=NOW, max_rows=3)
            assert [record.id for record in lake.snapshot().hot] == [4, 5, 6]


def test_a_question_reads_its_table_and_days_and_no_raw_file(lake: Lake) -> None:
    _settle_days(lake, 5)
    listing = lake.snapshot(pinned=False).listing
    found = listing.of("sighting", FIRST + timedelta(days=1), FIRST + timedelta(days=3))
    assert [file.day - FIRST for file in found] == [timedelta(days=1), timedelta(days=2)]
    assert {(file.table_name, file.day) for file in listing.read()} == {("sighting", file.day) for file in found}


def test_what_was_not_read_before_the_catalog_changed_is_asked_anew(store: Store, lake: Lake) -> None:
    _settle_days(lake, 3)
    readers = [open_lake(Path(lake.root.shown).parent, store) for _ in range(2)]
    passing, lasting = readers[0].snapshot(pinned=False), readers[1].snapshot()
    sightings = passing.of("sighting")
    drop(lake, lake.snapshot().of("raw")[:1], now_us=NOW, freeze=False)

    assert passing.of("sighting") == sightings, "what was read stays"
    with pytest.raises(Changed, match="start again"):
        passing.of("raw")
    with pytest.raises(Changed, match="start again"):
        passing.listing.closed_days()
    assert len(lasting.of("raw")) == 3, "a moment that lasts has all of it"
    assert len(lake.snapshot().of("raw")) == 2


def test_the_sources_of_a_table_are_told_without_reading_its_list(lake: Lake) -> None:
    _settle_days(lake, 2)
    listing = lake.snapshot(pinned=False).listing
    assert [set(listing.sources(name)) for name in ("raw", "sighting", "visit")] == [{"toy"}, {"toy"}, set()]
    assert not list(listing.read())
    whole = Listing.of_files(listing, listing.of("sighting"), {})
    assert [set(whole.sources(name)) for name in ("raw", "sighting")] == [set(), {"toy"}]


def test_what_is_made_of_a_list_is_made_once_and_anew_of_another(store: Store, lake: Lake) -> None:
    _settle_days(lake, 3)
    made: list[int] = []

    def count(listing: Listing) -> int:
        def make() -> int:
            made.append(len(listing.of("sighting")))
            return made[-1]

        return listing.once("files", make)

    for number in range(3):
        assert count(lake.snapshot().listing) == 3
        fill(store, [raw(5 * 86_400 + number)])  # hot: nothing is listed anew
    assert made == [3]
    drop(lake, lake.snapshot().of("sighting")[:1], now_us=NOW, freeze=False)
    assert (count(lake.snapshot().listing), made) == (2, [3, 2])


def test_closed_days_are_of_the_same_moment(store: Store, lake: Lake) -> None:
    before = lake.snapshot()
    mark_closed(store, "7", FIRST, now_us=NOW)
    assert before.listing.closed_days() == {}
    assert list(lake.snapshot().listing.closed_days()) == [("7", FIRST)]


DAYS = st.one_of(st.none(), st.integers(-2, 8).map(lambda number: FIRST + timedelta(days=number)))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(asked=st.lists(st.tuples(st.sampled_from(["raw", "sighting", "visit"]), DAYS, DAYS), max_size=14))
def test_any_days_of_a_table_are_those_of_the_whole_list(
    store: Store, lake: Lake, asked: list[tuple[str, date | None, date | None]]
) -> None:
    if not lake.snapshot().files:
        _settle_days(lake, 5)
    every = lake.snapshot().files
    listing = Listing(store, lake.snapshot().listing.counter)
    for name, since, until in asked:
        of_table = [file for file in every if file.table_name == name]
        of_days = [f for f in of_table if (since is None or f.day >= since) and (until is None or f.day < until)]
        assert list(listing.of(name, since, until)) == of_days
    assert listing.all() == every
