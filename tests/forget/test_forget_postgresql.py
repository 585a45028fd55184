"""On a server, too: what was kept of a device is in no file of its database afterwards."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.forget import forget, subject_of
from telltale.landing import Store
from telltale.landing.postgresql import REMOVED
from telltale.landing.schema import FORGETTING, metadata
from tests.forget.elsewhere import keep_elsewhere
from tests.forget.kept import PC, PERSON, PHONE, SENSOR, forms_of, project_in, searched
from tests.postgres import Server, own_server
from tests.stores import other_connection

pytestmark = pytest.mark.slow

NEEDLE = "3e:06:30:cc:dd:"
NOTHING_OF_PEOPLE = {
    "backfill": "simulated stretches",
    "closed_day": "site and day",
    "file_fact": "access points of a file",
    "files": "paths by source and day",
    "gone": "the same",
    "host_clock": "telltale's own hosts",
    "kept_mark": "site and day",
    "lease": "telltale's own processes",
    "lock": "the same",
    "lost": "source and day",
    "meta": "counters",
    "purged": "source and day",
    "redecoded": "the same",
    "spooled": "numbers of spooled records",
    "superseded": "paths by source and day",
}
"""Tables a forgetting or purge may leave the old rows of, and what these tell."""
_FILES = """
SELECT pg_relation_filepath(each.oid), coalesce(kept.relname, owner.relname, each.relname)
FROM pg_class each
LEFT JOIN pg_index i ON i.indexrelid = each.oid
LEFT JOIN pg_class owner ON owner.oid = i.indrelid
LEFT JOIN pg_class kept ON kept.reltoastrelid IN (each.oid, i.indrelid)
WHERE pg_relation_filepath(each.oid) IS NOT NULL
"""
"""Each file of the database, and the table whose rows, long values or index it holds."""


@pytest.fixture
def server() -> Iterator[Server]:
    """One whose own vacuum does nothing for us: of small tables it may never run."""
    with own_server("fsync=off", "full_page_writes=off", "autovacuum=off") as running:
        yield running


def test_every_table_is_scrubbed_or_holds_nothing_of_people() -> None:
    scrubbed = {table.name for table in REMOVED}
    assert not scrubbed & NOTHING_OF_PEOPLE.keys()
    assert scrubbed | NOTHING_OF_PEOPLE.keys() == {table.name for table in metadata.sorted_tables}


def test_nothing_of_a_removed_row_is_left_in_the_pages_of_any_table(server: Server) -> None:
    """Nor in those of its indexes: between the rows that stay, a plain vacuum leaves the bytes where they were."""
    with closing(Store(server.url)) as store:
        with store.writer() as connection:
            for table in REMOVED:
                connection.execute(table.insert(), [_row(table, number) for number in range(60)])
        before = _tables_with(store, server, [NEEDLE.encode()])
        assert before >= {table.name for table in REMOVED if _texts(table)}
        with store.writer() as connection:
            for table in REMOVED:
                for column in _texts(table)[:1]:
                    connection.execute(table.delete().where(column != _value(column, 30)))
                    values = {each.name: _other(each) for each in _texts(table)}
                    connection.execute(table.update().values(values))
        assert _tables_with(store, server, [NEEDLE.encode()]) == before

        assert store.scrub()

        assert _tables_with(store, server, [NEEDLE.encode()]) == set()


def test_of_who_is_forgotten_nothing_is_left_in_the_files_of_the_database(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address, a sensor and a person; the server's own log, pg_wal, keeps what was written for its own time."""
    monkeypatch.setenv("TELLTALE_PATHS__STORE_URL", server.url)
    wanted = [*forms_of(PHONE), *forms_of(SENSOR), PERSON.encode(), PC.replace(":", "").replace("-", "").encode()]
    with closing(project_in(tmp_path / "project")) as project:
        project.note_settings()
        keep_elsewhere(project)
        before = _tables_with(project.store, server, wanted)
        assert before >= {"raw", "refused", "memory", "outbox", "message", "settings_version", "alert_episode"}
        assert before >= {"forward_mark", "forward_count", "report_run"}

        for whom in (PHONE, f"efento:{SENSOR}", PERSON):
            forget(project, subject_of(project, whom), now_us=project.now_us())

        assert _tables_with(project.store, server, wanted) == set()
        with project.store.reader() as connection:
            assert list(connection.scalars(sa.select(FORGETTING.c.subject))) == ["", "", ""]


def _tables_with(store: Store, server: Server, wanted: list[bytes]) -> set[str]:
    """The tables in whose files, or those of their indexes and long values, one of these stands."""
    with closing(other_connection(store.url)) as connection:
        connection.exec_driver_sql("checkpoint")
        named = {row[0]: row[1] for row in connection.exec_driver_sql(_FILES)}
        (folder,) = {str(Path(path).parent) for path in named if path.startswith("base/")}
    found = searched(Path(server.data) / folder, wanted)
    return {named.get(f"{folder}/{path.partition('.')[0]}", path) for path in found}


def _texts(table: sa.Table) -> list[sa.Column[object]]:
    return [column for column in table.c if isinstance(column.type, sa.Text | sa.LargeBinary)]


def _row(table: sa.Table, number: int) -> dict[str, object]:
    return {column.name: _value(column, number) for column in table.c if column.identity is None}


def _value(column: sa.Column[object], number: int) -> object:
    text = f"{NEEDLE}{number:02x}"
    if isinstance(column.type, sa.LargeBinary):
        return text.encode()
    if isinstance(column.type, sa.Text):
        return text
    return dt.date(2026, 11, 20) if isinstance(column.type, sa.Date) else number


def _other(column: sa.Column[object]) -> object:
    return b"other" if isinstance(column.type, sa.LargeBinary) else "other"
