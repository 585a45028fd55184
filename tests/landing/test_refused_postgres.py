"""The refused list on PostgreSQL under a flood: it neither waits nor grows, and one bad row takes no other with it."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from telltale.landing import TOO_MANY, Landing, Store, refused_rows
from telltale.landing.database import cause_of
from telltale.landing.floods import BURST
from tests.postgres import postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres() as running:
        yield running


def refuse(landing: Landing, number: int, sender: str) -> None:
    landing.refuse(
        "toy",
        received_at=number,
        sender=sender,
        status=403,
        reason="bad_signature",
        detail=f"{number} \0",
        body=bytes(600),
        meta="{}",
    )


def test_a_flood_is_cut_and_the_newest_are_kept(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale.landing.refused.KEPT", 150)
    with closing(Store(url)) as store, closing(Landing(store)) as landing:
        assert landing.health() == ""
        for round_ in range(3):
            before = len(refused_rows(store, 999)) and refused_rows(store, 1)[0].id
            began = time.perf_counter()
            for number in range(5_000):
                refuse(landing, number, f"10.0.{round_}.{number % 250}")
            assert (time.perf_counter() - began) / 5_000 < 0.01, "it waits for nothing"
            deadline = time.monotonic() + 30
            while not (rows := refused_rows(store, 999)) or rows[0].id < before + 100:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert len(rows) <= 150
        landing.close()
        rows = refused_rows(store, 999)
        assert len(rows) == 150
        assert sum(int(row.detail.split()[0].replace(",", "")) for row in rows if row.reason == TOO_MANY) == 14_700


def test_of_one_sender_a_few_are_noted(url: str) -> None:
    with closing(Store(url)) as store:
        with store.writer() as connection:
            connection.execute(sa.text("delete from refused"))
        with closing(Landing(store)) as landing:
            for number in range(1_000):
                refuse(landing, number, "10.0.0.1")
        assert len(refused_rows(store, 2_000)) == BURST + 1


def test_what_the_database_says_of_a_row_does_not_quote_it(url: str) -> None:
    """PostgreSQL shows the whole row in the second line of its message."""
    mark = "3c:06:30:aa:bb:01"
    with closing(Store(url)) as store:
        with pytest.raises(sa.exc.IntegrityError) as caught, store.writer() as connection:
            connection.execute(sa.text("insert into refused (source, detail) values ('x', :mark)"), {"mark": mark})
        assert mark in str(caught.value.orig), "which is why only its first line is ever said"
        assert mark not in cause_of(caught.value)
