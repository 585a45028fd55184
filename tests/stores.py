"""The stores a test runs on: a SQLite file of its own, and a database of its own on a server of the worker's.

`store_url` has both as its parameters. Where it is PostgreSQL, the test's folder holds its address in `store.url`, so
that programs the test starts in that folder find it too.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from telltale.landing import Store
from tests.postgres import postgres

URL_FILE = "store.url"
_EMPTY = "telltale_empty"


class Server:
    """A running PostgreSQL, and databases on it that are copies of an empty store or of another."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._numbers = count(1)
        self._run(f"create database {_EMPTY}")
        Store(self._of(_EMPTY)).close()

    def new(self, like: str = "") -> str:
        """The store URL of a new database: an empty store, or a copy of the one that URL names."""
        name = f"test_{next(self._numbers)}"
        self._run(f"create database {name} template {sa.make_url(like).database if like else _EMPTY}")
        return self._of(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is in it."""
        self._run(f"drop database {sa.make_url(url).database} with (force)")

    @contextmanager
    def one(self, like: str = "") -> Iterator[str]:
        """A new database for the length of a block."""
        url = self.new(like)
        try:
            yield url
        finally:
            self.drop(url)

    def _of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with closing(psycopg.connect(plain(self._of("postgres")), autocommit=True)) as connection:
            connection.execute(statement)


def plain(url: str) -> str:
    """A store URL as libpq takes it."""
    return url.replace("+psycopg", "")


def other_connection(url: str) -> sa.Connection:
    """A connection that shares nothing with the store but the database; each statement by itself."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def held(store: Store) -> Iterator[None]:
    """No record can be stored: another program holds the lock each needs."""
    with closing(other_connection(store.url)) as lock:
        if lock.dialect.name == "sqlite":
            lock.exec_driver_sql("begin immediate")
        else:
            lock.exec_driver_sql("begin; lock table raw in exclusive mode")
        try:
            yield
        finally:
            lock.exec_driver_sql("commit")


def url_of(folder: Path) -> str:
    """The store of a test's folder."""
    named = folder / URL_FILE
    return named.read_text() if named.exists() else f"sqlite:///{folder}/landing/landing.sqlite"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The worker's own server; what it holds need not outlive a power cut."""
    with postgres("fsync=off", "full_page_writes=off", "max_connections=300") as url:
        yield Server(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store, of each kind; `url_of(tmp_path)` is the same."""
    if request.param == "sqlite":
        yield url_of(tmp_path)
        return
    with request.getfixturevalue("postgresql").one() as url:
        (tmp_path / URL_FILE).write_text(url)
        yield url


@pytest.fixture
def project_store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Projects of the test have their store there: one of their own where it is a file, else one for all."""
    if not store_url.startswith("sqlite"):
        monkeypatch.setenv("TELLTALE_PATHS__STORE_URL", store_url)
