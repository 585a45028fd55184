"""Simulated devices at work: the past into the store, messages over real HTTP, the command."""

import json
import math
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from telltale.cli import run
from telltale.contract import ConfigError, Emission, Raw, Scenario, Secrets, SourceSettings, StoreError
from telltale.landing import Landing, Store
from telltale.simulate.play import backfill, play
from telltale.sources import source

CLOUDTRAX = source("cloudtrax")
SETTINGS = SourceSettings({}, Secrets({"71234": "telltale"}))
MIDNIGHT = 1_794_524_400
"""Friday 13 November 2026, 00:00 in Berlin."""
NIGHT = Scenario(7, MIDNIGHT - 1800, MIDNIGHT + 1800, "Europe/Berlin")


@pytest.fixture(scope="module")
def night() -> list[Emission]:
    """An hour around midnight."""
    return list(CLOUDTRAX.simulate(NIGHT, SETTINGS))


class Records:
    """A store that keeps its records in a list."""

    def __init__(self) -> None:
        self.raws: list[Raw] = []

    def put_many(self, raws: Iterable[Raw]) -> int:
        before = len(self.raws)
        self.raws.extend(raws)
        return len(self.raws) - before


def test_backfill_hands_in_when_each_record_was_received(night: list[Emission]) -> None:
    records = Records()
    days = list(backfill(CLOUDTRAX, NIGHT, SETTINGS, records))
    assert [one.day for one in days] == [date(2026, 11, 12), date(2026, 11, 13)]
    assert sum(one.records for one in days) == len(night)
    assert [(raw.received_at, raw.body) for raw in records.raws] == [(one.at, one.body) for one in night]
    meta = json.loads(records.raws[0].meta)
    assert meta.pop("headers").keys() == {"content-type"}, "those the door keeps"
    assert meta == {"transport": "simulate", "method": "POST", "path": "/cloudtrax"}


def test_backfill_fills_a_real_store_a_day_at_a_time(night: list[Emission], tmp_path: Path) -> None:
    """What was not asked for is not stored."""
    store = Store(f"sqlite:///{tmp_path / 'telltale.db'}")
    landing = Landing(store)
    first = next(backfill(CLOUDTRAX, NIGHT, SETTINGS, landing))
    landing.close()
    with store.reader() as connection:
        stored = connection.exec_driver_sql("select body from raw order by id").scalars().all()
    store.close()
    assert first.records == len(stored)
    assert stored == [emission.body for emission in night if emission.at < MIDNIGHT * 1_000_000]


@contextmanager
def collector(*statuses: int) -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """A real HTTP server on a free port that answers with these statuses in turn; what it got is in the list."""
    got: list[tuple[str, str, bytes]] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status = statuses[len(got) % len(statuses)]
                got.append((self.path, self.headers["Signature"], body))
            self.send_response(status)
            self.send_header("Content-Length", "4")
            if status == 503:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"note")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_play_sends_the_exact_bytes_over_http(night: list[Emission]) -> None:
    some = night[:200]
    with collector(200) as (url, got):
        played = play(some, url, origin_us=0, speed=math.inf)
    assert (played.accepted, played.refused, played.lost) == (200, 0, 0)
    assert Counter(got) == Counter((one.path, one.headers["Signature"], one.body) for one in some)


def test_play_counts_what_was_refused_and_lost(night: list[Emission]) -> None:
    with collector(200, 403, 503) as (url, got):
        played = play(night[:30], url, origin_us=0, speed=math.inf, connections=1)
    assert (played.accepted, played.refused, played.lost) == (10, 10, 10)
    assert played.answer == "403 note"
    assert len(got) == 30, "nothing is sent again"


def test_play_waits_for_the_moment_of_each_message(night: list[Emission]) -> None:
    """The first ten are due; the others in an hour, so that only stopping ends the wait."""
    due, later = (
        night[:10],
        [one._replace(at=one.at + 3_600_000_000) for one in night[10:30]],
    )
    stop = threading.Event()
    with collector(200) as (url, got):
        played = play(
            [*due, *later],
            url,
            origin_us=due[-1].at,
            tell=lambda played: stop.set() if played.accepted == 10 else None,
            stop=stop,
        )
    assert (played.accepted, len(got)) == (10, 10)


def test_play_goes_on_when_the_collector_goes_away(night: list[Emission]) -> None:
    with collector(200) as (url, _):
        pass
    with pytest.raises(StoreError, match="no collector at"):
        play(night[:3], url, origin_us=0)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "udp://127.0.0.1", "http://"])
def test_play_refuses_what_is_neither_http_nor_coap(url: str) -> None:
    with pytest.raises(ConfigError, match="expected the collector's address"):
        play([], url, origin_us=0)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "telltale.toml").write_text('[site]\ntimezone = "Europe/Berlin"\nkeep = true\n')
    secrets = tmp_path / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text('[cloudtrax]\n71234 = "telltale"\n')
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    return tmp_path


def test_the_command_plays_the_last_hours_to_a_collector(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with collector(200) as (url, got):
        code = run(["simulate", "--live", "--since", "10m", "--speed", "1e9", "--url", url, "--json"])
    assert code == 0
    assert json.loads(capsys.readouterr().out) == {"accepted": len(got), "refused": 0, "lost": 0}
    assert len(got) >= 8 * 10 - 8


def test_the_command_says_why_all_was_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with collector(403) as (url, _):
        assert run(["simulate", "--live", "--since", "5m", "--speed", "1e9", "--url", url]) == 1
    assert "403 note" in capsys.readouterr().err


def test_the_command_fills_the_store_and_the_lake(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = project / "truth.json"
    assert run(["simulate", "--backfill", "1d", "--truth", str(told), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    totals = json.loads(told.read_text())["totals"]
    assert counts["records"] == totals["reports"]
    assert counts["days"] == 2, "yesterday from midnight, and today"
    assert list((project / "data" / "lake" / "sighting").rglob("*.parquet"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--live", "--backfill", "1d"],
        ["--backfill", "0d"],
        ["--backfill", "ninety"],
        ["--live", "--speed", "60"],
        ["--live", "--truth", "truth.json"],
        ["clodtrax", "--live"],
    ],
)
def test_the_command_refuses_what_makes_no_sense(project: Path, arguments: list[str]) -> None:
    assert run(["simulate", *arguments]) == 1
    assert not (project / "truth.json").exists()
