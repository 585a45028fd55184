"""A collector on PostgreSQL whose server is stopped, started, and hangs: it goes on, and loses and doubles nothing."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from telltale.contract import StoreError
from telltale.door import open_door
from telltale.landing import Landing, Store
from telltale.settings import Settings
from telltale.settings.model import LandingSettings, PathSettings, SiteSettings
from tests.landing.test_door import TOY
from tests.landing.test_door import request as toy_request
from tests.landing.test_spool import bodies, landing_on, spool_in, until
from tests.postgres import NOBODY, hanging, postgres, program
from tests.served import VECTOR, collecting, make_project
from tests.sources.toy import raw

WAKING_S = 1.0
"""Until a thread whose ticket is over runs again, on a busy machine."""
pytestmark = pytest.mark.slow


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, url: str) -> None:
        self.url = url
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            query = "select pg_read_file('postmaster.pid'), current_setting('data_directory'), current_setting('port')"
            text, self._data, self._port = connection.exec_driver_sql(query).one()
        self._pid = int(text.split()[0])
        self._started: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """As `systemctl stop` does; sessions end."""
        os.kill(self._pid, signal.SIGINT)
        lock = Path(self._data) / "postmaster.pid"
        until(lambda: not lock.exists())
        if self._started is not None:
            self._started.wait(60)

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        folder = Path(self._data).parent
        options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [program("postgres"), "-D", self._data, "-p", self._port, "-c", "listen_addresses=127.0.0.1"]
        command += ["-c", f"unix_socket_directories={folder}"]
        quiet = subprocess.DEVNULL
        self._started = subprocess.Popen(command, stdout=quiet, stderr=quiet, cwd=folder, **options)
        self._pid = self._started.pid

    def hanging(self) -> AbstractContextManager[None]:
        """Its sessions take what is sent to them, and give no answer."""
        return hanging(self._pid)


@pytest.fixture
def server() -> Iterator[Server]:
    with postgres() as url:
        running = Server(url)
        yield running
        with suppress(ProcessLookupError):
            running.stop()


def is_stored(landing: Landing) -> bool:
    return not landing.is_spooling


def test_stopped_started_and_hung_under_load_nothing_is_lost_or_doubled(server: Server, tmp_path: Path) -> None:
    acknowledged: list[bytes] = []
    waits_s: list[float] = []
    stop = threading.Event()

    with (
        closing(Store(server.url, busy_timeout_s=1.0)) as store,
        landing_on(store, spool_in(tmp_path, records=1 << 20, size=1 << 30), group=512) as landing,
    ):

        def send(sender: int) -> None:
            number = sender * 1_000_000
            while not stop.is_set():
                number += 1
                began = time.monotonic()
                with suppress(StoreError):  # told so, it sends another one here
                    landing.append(raw(number, f"{number}"))
                    acknowledged.append(b"%d" % number)
                waits_s.append(time.monotonic() - began)

        senders = [threading.Thread(target=send, args=(number,)) for number in range(1, 5)]
        for sender in senders:
            sender.start()
        until(lambda: len(acknowledged) > 20)
        server.stop()
        until(lambda: landing.is_spooling)
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 20)
        server.start()
        until(lambda: is_stored(landing))
        with server.hanging():
            until(lambda: landing.is_spooling)
            before = len(acknowledged)
            until(lambda: len(acknowledged) > before + 20)
        until(lambda: is_stored(landing))
        stop.set()
        for sender in senders:
            sender.join(30)
        until(lambda: is_stored(landing))
        stored = bodies(store)

    assert set(acknowledged) <= set(map(bytes, stored))
    assert max(Counter(map(bytes, stored)).values()) == 1
    for number in range(1, 5):
        own = [int(body) for body in stored if int(body) // 1_000_000 == number]
        assert own == sorted(own), "each sender's records keep their order"
    assert max(waits_s) < landing.ticket_timeout_s + WAKING_S


def test_a_collector_starts_while_the_server_is_stopped(server: Server, tmp_path: Path) -> None:
    settings = Settings(
        root=tmp_path,
        site=SiteSettings(keep=True),  # its requests are of a fixed day
        paths=PathSettings(store_url=server.url),
        landing=LandingSettings(spool=True, busy_timeout_s=1.0),
    )
    server.stop()
    with closing(open_door(settings, [TOY])) as door:
        assert door.handle(toy_request(b"x")).reason == "stored"
        server.start()
        until(lambda: is_stored(door.landing))
        assert [bytes(body) for body in bodies(door.landing.store)] == [b"x"]


def test_what_the_server_cannot_hold_keeps_no_other_waiting(server: Server, tmp_path: Path) -> None:
    """SQLite takes a text with a zero in it."""
    with closing(spool_in(tmp_path)) as spool:
        spool.append([raw(1, "a"), raw(2, "odd")._replace(sender="\0"), raw(3, "b")])
    with closing(Store(server.url)) as store, landing_on(store, spool_in(tmp_path)) as landing:
        until(lambda: is_stored(landing))
        assert landing.spooling is not None
        state = landing.spooling.state
        assert (state.records, state.unstorable) == (1, 1)
        landing.append(raw(4, "c"))
        assert [bytes(body) for body in bodies(store)] == [b"a", b"b", b"c"]


def test_a_real_collector_is_killed_and_started_again_without_its_store(server: Server, tmp_path: Path) -> None:
    toml = f'[paths]\nstore_url = "{server.url}"\n[landing]\nspool = true\nbusy_timeout_s = 1.0\n'
    root = make_project(tmp_path / "project", toml)
    with collecting(root) as collector:
        assert collector.post_vector().status == 200
        server.stop()
        assert [collector.post_vector().status for _ in range(3)] == [200] * 3
        collector.kill()
    with collecting(root) as collector:
        assert collector.post_vector().status == 200
        said = collector.send("GET", "/healthz")
        assert said.status == 200
        answer = json.loads(said.body)
        assert (answer["status"], answer["spool"]["records"]) == ("spooling", 4)
        server.start()
        until(lambda: json.loads(collector.send("GET", "/healthz").body)["status"] == "ok")
        assert json.loads(collector.send("GET", "/healthz").body)["spool"]["records"] == 0
        assert collector.post_vector().status == 200
    with closing(Store(server.url)) as store:
        assert [bytes(body) for body in bodies(store)] == [VECTOR] * 6
