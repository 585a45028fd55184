"""Connections of a store that was closed meanwhile, or that could not be made ready, are closed at once."""

import gc
import sqlite3
import warnings
from contextlib import closing
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.landing import Store
from tests.stores import Server, plain


def is_closed(connection: Any) -> bool:
    if isinstance(connection, psycopg.Connection):
        return connection.closed
    try:
        connection.execute("select 1")
    except sqlite3.ProgrammingError as error:
        return "closed" in str(error)
    return False


def test_one_that_was_out_while_the_store_was_closed_is_closed_when_it_comes_back(store_url: str) -> None:
    """One thread saw the store away and closed it, the other still had its answer: it stayed open, unseen."""
    with closing(Store(store_url)) as store:
        with store.reader() as connection:
            out = connection.connection.driver_connection
            store.close()
            assert connection.exec_driver_sql("select 1").scalar() == 1, "who has it goes on"
            assert not is_closed(out)
        assert is_closed(out)
        with store.reader() as connection:
            kept = connection.connection.driver_connection
        assert not is_closed(kept), "the next one is kept for whoever comes after"
    assert is_closed(kept)


@pytest.mark.slow
def test_one_on_which_the_server_fails_at_once_is_closed(postgresql: Server) -> None:
    """The driver warns of one that Python has to close, and a warning fails the test."""
    with postgresql.one() as url, closing(psycopg.connect(plain(url), autocommit=True)) as owner:
        owner.execute("create schema trap")
        owner.execute(
            "create function trap.set_config(text, text, boolean) returns text language plpgsql"
            " as $$ begin raise exception 'the trap' using errcode = '57014'; end $$"
        )
        owner.execute("create role caught login")
        owner.execute("grant usage on schema trap to caught")
        owner.execute("alter role caught set search_path = trap, pg_catalog, public")
        owner.execute("alter role caught set synchronous_commit = off")
        try:
            with pytest.raises(StoreError, match="the trap"):
                Store(sa.make_url(url).set(username="caught").render_as_string(hide_password=False))
            gc.collect()
        finally:
            owner.execute("drop schema trap cascade")
            owner.execute("drop role caught")


@pytest.mark.slow
@pytest.mark.parametrize("got", [0, 1], ids=["before the first row", "after the first row"])
def test_a_cursor_whose_server_goes_away_is_closed(postgresql: Server, got: int) -> None:
    """Rows that come by and by have a cursor of the driver's, which warns where Python has to close it."""
    with postgresql.one() as url, closing(Store(url)) as store, closing(psycopg.connect(plain(url))) as owner:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            with pytest.raises(StoreError), store.reader() as connection:
                read_until_it_is_gone(connection, owner, got)
            gc.collect()
        assert [str(each.message) for each in told] == []


def read_until_it_is_gone(connection: sa.Connection, owner: psycopg.Connection[Any], got: int) -> None:
    """Read the numbers to 1,000; the session ends once so many were got."""
    mine = connection.exec_driver_sql("select pg_backend_pid()").scalar()
    query = sa.text("select * from generate_series(1, 1000)").execution_options(yield_per=1)
    rows = connection.execute(query) if got else None
    for number in range(1, got + 1):
        assert rows is not None
        assert next(rows) == (number,)
    owner.execute("select pg_terminate_backend(%s, 5000)", (mine,))
    (rows or connection.execute(query)).all()
