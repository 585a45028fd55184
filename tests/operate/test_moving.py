"""Moving a store: the same rows, ids and answers on the other side, or nothing and a sentence that says why."""

import datetime as dt
import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

import telltale as tt
from telltale.cli import telltale
from telltale.contract import ConfigError, StoreError
from telltale.landing import Store
from telltale.landing.schema import metadata
from telltale.operate.moving import copying, move
from telltale.operate.project_lock import only_one
from telltale.settings import Settings, load
from telltale.workbench.project import Project
from tests.lake_fixture import fill, hear, write_settings
from tests.postgres import postgres

NEW = "sqlite:///moved/new.db"
DAY = dt.date(2026, 11, 20)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project whose store has three rows in each table."""
    settings = load(write_settings(tmp_path / "project"))
    with closing(Store(settings.store_url)) as store:
        fill_tables(store)
    return settings


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with postgres() as running:
        yield running


@pytest.fixture
def server(running: str) -> str:
    """An empty database of the running server."""
    engine = sa.create_engine(running, poolclass=sa.NullPool)
    with engine.begin() as connection:
        metadata.drop_all(connection)
    return running


def fill_tables(store: Store) -> None:
    """Odd values of every type; and the newest id of `raw` was settled long ago."""
    with store.writer() as connection:
        for table in copying.TABLES:
            rows = [{column.name: value(column, row) for column in table.columns} for row in range(3)]
            connection.execute(table.insert(), rows if table.name != "meta" else rows[1:])
        connection.execute(metadata.tables["raw"].delete().where(sa.text("id > 60")))


def value(column: "sa.Column[Any]", row: int) -> object:
    if column.name == "id":
        return row * 30 + 7
    if column.nullable and row == 0:
        return None
    values = {
        "int": (1 << 31) - 1 - row if isinstance(column.type, sa.Integer) else 1_793_491_200_000_001 + row,
        "str": f"Größe \n'{column.name}' % :x {row}" + "\N{PILE OF POO}" * row,
        "bytes": bytes(range(256)) * row,
        "float": (0.1 + 0.2) / 3**row,
        "bool": bool(row % 2),
        "date": DAY + dt.timedelta(row),
    }
    return values[column.type.python_type.__name__]


def contents(url: str) -> dict[str, copying.Content]:
    with closing(Store(url)) as store, store.reader() as connection:
        return {table.name: copying.content(connection, table) for table in copying.TABLES}


def next_raw_id(url: str) -> int:
    with closing(Store(url)) as store, store.writer() as connection:
        raw = {"source": "toy", "received_at": 1, "sender": "", "meta": "{}", "body": b""}
        inserted = connection.execute(metadata.tables["raw"].insert().values(**raw))
        assert inserted.inserted_primary_key is not None
        return int(inserted.inserted_primary_key[0])


def test_every_row_is_there_and_no_id_is_used_again(settings: Settings) -> None:
    before = contents(settings.store_url)
    new = f"sqlite:///{settings.root / 'moved' / 'new.db'}"

    moved = move(settings, NEW)

    assert contents(new) == before == contents(settings.store_url)
    assert all(content.rows >= 2 for content in before.values())
    assert moved.rows == {name: content.rows for name, content in before.items()}
    assert moved.digests == {name: content.digest for name, content in before.items()}
    assert next_raw_id(new) == 68, "67 was the highest ever given, and is settled"
    assert (settings.root / "moved" / "new.db").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_to_postgresql_and_back(settings: Settings, server: str) -> None:
    before = contents(settings.store_url)

    move(settings, server)
    there = settings.model_copy(update={"paths": settings.paths.model_copy(update={"store_url": server})})
    assert contents(server) == before
    assert move(there, NEW).digests == move_digests(before)

    back = f"sqlite:///{settings.root / 'moved' / 'new.db'}"
    assert contents(back) == before
    assert next_raw_id(back) == 68
    with pytest.raises(StoreError, match=r"holds \d+ rows in \d+ tables.*expected an empty database"):
        move(settings, server)


def move_digests(before: dict[str, copying.Content]) -> dict[str, str]:
    return {name: content.digest for name, content in before.items()}


def answers(root: Path, now_us: int) -> dict[str, str]:
    """A digest of what `tt` says of the project."""
    project = Project(root, now=lambda: now_us)
    try:
        frames = {
            "visits": tt.presence.visits(project=project),
            "devices": tt.health.devices(project=project),
            "sources": tt.sources(project=project),
            "hot": tt.load("sighting", project=project),
        }
        return {
            name: hashlib.sha256(frame.to_json(date_format="iso").encode()).hexdigest()
            for name, frame in frames.items()
        }
    finally:
        project.close()


@pytest.mark.slow
def test_what_is_answered_is_the_same(tmp_path: Path) -> None:
    with postgres() as server:
        world = fill(tmp_path / "project", hours=5)
        hear(world.project, ("02:00:5e:00:53:01", "2026-11-19 04:00", "2026-11-19 04:50"))  # not settled yet
        now_us = world.project.now_us()
        world.project.close()
        root = tmp_path / "project"
        before = answers(root, now_us)

        moved = move(load(root), server)
        toml = (root / "telltale.toml").read_text()
        (root / "telltale.toml").write_text(f'{toml}\n[paths]\nstore_url = "{server}"\n')

        assert moved.rows["files"] > 0 < moved.rows["raw"]
        assert answers(root, now_us) == before


def test_the_command_says_what_to_write_and_changes_nothing(settings: Settings) -> None:
    toml = (settings.root / "telltale.toml").read_text()

    ended = CliRunner().invoke(telltale, ["--project", str(settings.root), "move-store", NEW])

    assert ended.exit_code == 0, ended.output
    assert f'store_url = "sqlite:///{settings.root}/moved/new.db"' in ended.output
    assert "counted and compared on both sides" in ended.output
    assert (settings.root / "telltale.toml").read_text() == toml


@pytest.mark.parametrize("command", ["up", "upkeep"])
def test_it_waits_for_nothing_that_runs(settings: Settings, command: Any) -> None:
    with only_one(settings, command), pytest.raises(ConfigError, match=rf"telltale {command} already runs.*pid"):
        move(settings, NEW)
    assert not (settings.root / "moved").exists()


def test_who_has_the_file_open_is_named(settings: Settings) -> None:
    """A collector that somebody started by hand holds no lock of the project."""
    path = settings.data / "landing" / "telltale.db"
    text = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('select * from meta').fetchall(); "
    command = [sys.executable, "-c", f"{text}print('open', flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        named = rf"is open in process {other.pid} \(python.*\)" if Path("/proc/self/fd").is_dir() else "is open in"
        with pytest.raises(StoreError, match=named):
            move(settings, NEW)
        other.communicate(b"\n", timeout=30)
    move(settings, NEW)


@pytest.mark.slow
def test_who_has_a_session_is_named(settings: Settings, server: str) -> None:
    engine = sa.create_engine(server, poolclass=sa.NullPool)
    with engine.connect() as other:
        pid = other.scalar(sa.text("select pg_backend_pid()"))
        with pytest.raises(StoreError, match=rf"session {pid} from 127\.0\.0\.1"):
            move(settings, server)


def test_stopped_in_the_middle_nothing_was_moved(settings: Settings) -> None:
    before = contents(settings.store_url)

    def stop(name: str, *_: int) -> None:
        if name == "compare raw":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(settings, NEW, progress=stop)

    new = f"sqlite:///{settings.root / 'moved' / 'new.db'}"
    assert {name for name, content in contents(new).items() if content.rows} == {"meta"}
    assert contents(settings.store_url) == before
    move(settings, NEW)
    assert contents(new) == before


def test_a_difference_is_found(settings: Settings) -> None:
    """Whatever changes a row on its way: here somebody who writes it anew within the copy's own transaction."""
    path = settings.root / "moved" / "new.db"

    def spoil(name: str, *_: int) -> None:
        if name == "compare files":
            raw = metadata.tables["raw"]
            opened[0].execute(raw.update().where(raw.c.id == 7).values(body=b"other"))

    opened: list[sa.Connection] = []
    original = copying.copy

    def copy(source: sa.Connection, target: sa.Connection, progress: copying.Progress) -> dict[str, copying.Content]:
        opened.append(target)
        return original(source, target, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("telltale.operate.moving.moving.copy", copy)
        with pytest.raises(StoreError, match=r"raw has 2 rows with digest .* nothing was moved"):
            move(settings, NEW, progress=spoil)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("select count(*) from raw").fetchone() == (0,)


@pytest.mark.slow
def test_what_the_new_store_cannot_hold_is_said_without_quoting_it(settings: Settings, server: str) -> None:
    with closing(Store(settings.store_url)) as store, store.writer() as connection:
        refused = metadata.tables["refused"]
        connection.execute(refused.update().where(refused.c.id == 37).values(detail="02:00:5e:00:53:01 \0"))

    with pytest.raises(StoreError, match=r"cannot hold a row of refused between \(7\) and \(67\)") as caught:
        move(settings, server)

    assert "02:00" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("telltale", "expected a URL such as postgresql"),
        ("mysql://user:secret@host/name", "expected a URL such as postgresql"),
        ("sqlite:///data/landing/telltale.db", "that is the store of this project"),
    ],
)
def test_a_url_that_is_none_is_said(settings: Settings, url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        move(settings, url)
    assert "secret" not in str(caught.value)


def test_without_a_store_there_is_nothing_to_move(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path / "project"))
    with pytest.raises(ConfigError, match="is not there, so nothing can be moved"):
        move(settings, NEW)
    assert not (settings.data / "landing").exists()
