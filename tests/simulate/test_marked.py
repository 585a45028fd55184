"""Simulated records beside real ones: refused unless meant, marked, and taken out without a trace."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from telltale.cli import run
from telltale.contract import Raw, Request
from telltale.door import open_door
from telltale.lake.settle import settle_all
from telltale.landing.schema import FILES, RAW, REFUSED
from telltale.operate.retention.closing import close_again, close_days
from telltale.settings import load
from telltale.simulate.marked import holds_real, marked, take_out_simulated
from telltale.simulate.play import MARK, backfill, play
from telltale.sources import source
from telltale.tables import TABLES
from telltale.workbench.project import Project
from telltale.workbench.reading import load as table
from telltale.workbench.tidy import as_arrow
from tests.lake_fixture import set_clock
from tests.served import VECTOR, make_project
from tests.simulate.test_play import MIDNIGHT, NIGHT, SETTINGS

NOW_US = (MIDNIGHT + 5 * 86_400) * 1_000_000
"""Both days of the night are closed by then."""
SHORT = NIGHT._replace(start_s=MIDNIGHT - 600, end_s=MIDNIGHT + 600)
TOML = '[site]\ntimezone = "Europe/Berlin"\nkeep = true\n[webhooks]\nport = 0\n'
Change = Callable[[Raw], Raw]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    found = Project(settings=load(make_project(tmp_path, TOML)))
    set_clock(found, NOW_US)
    yield found
    found.close()


@contextmanager
def listening() -> Iterator[tuple[str, list[str | None]]]:
    """A real HTTP server that notes the mark of each request."""
    marks: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            marks.append(self.headers["Telltale-Simulated"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", marks
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def as_real(raw: Raw) -> Raw:
    """A simulated report as other access points would have sent it over HTTP."""
    meta = json.dumps({**json.loads(raw.meta), "transport": "http"}, separators=(",", ":"))
    return raw._replace(meta=meta, body=raw.body.replace(b"ac:86:74", b"ac:86:99"))


def put(project: Project, seed: int, *, settles: bool = True, change: Change = lambda raw: raw) -> int:
    """A night of a seed, in the store, and settled."""

    class Sink:
        def put_many(self, raws: Any) -> int:
            return landing.put_many(map(change, raws))

    landing = project.landing()
    records = sum(day.records for day in backfill(source("cloudtrax"), SHORT._replace(seed=seed), SETTINGS, Sink()))
    landing.close()
    if settles:
        settle_all(project.lake, now_us=NOW_US)
    return records


def lake_files(project: Project) -> list[Path]:
    return list(project.settings.data.rglob("*.parquet"))


def everything(project: Project) -> dict[str, Any]:
    """All rows of all tables, records and refusals; of the catalog what does not tell where a row lies."""
    told: dict[str, Any]
    with as_arrow():
        told = {name: sorted(map(repr, table(name, project=project).to_pylist())) for name in TABLES}
    with project.store.reader() as connection:
        told["hot"] = [tuple(row) for row in connection.execute(sa.select(RAW).order_by(RAW.c.id))]
        told["refused"] = [tuple(row) for row in connection.execute(sa.select(REFUSED).order_by(REFUSED.c.id))]
        columns = FILES.c.table_name, FILES.c.source, FILES.c.site, FILES.c.day, FILES.c.sha256, FILES.c.rows
        told["files"] = sorted(tuple(map(str, row)) for row in connection.execute(sa.select(*columns)))
    told["closed"] = {key: (day.site, day.day, day.late) for key, day in project.lake.closed_days().items()}
    return told


def test_what_was_simulated_goes_and_nothing_else_is_touched(project: Project) -> None:
    """Real reports of a site, its closed days, then simulated ones of the same site and hours among them."""
    put(project, 1, change=as_real)
    close_days(project, now_us=NOW_US)
    before = everything(project)
    assert before["sighting"]
    assert before["presence_day"]
    simulated = put(project, 2)
    simulated += put(project, 3, settles=False)
    for site, day in project.lake.closed_days():
        close_again(project, site, day, now_us=NOW_US)
    mixed = everything(project)
    assert mixed["presence_day"] != before["presence_day"], "they are counted until they are taken out"
    assert len(mixed["sighting"]) > len(before["sighting"])

    done = take_out_simulated(project)
    assert done.raws == {"cloudtrax": simulated}
    assert (done.closed, done.left) == (2, 0)
    assert done.rows["sighting"] > 100
    assert everything(project) == before
    assert take_out_simulated(project) == ({}, {}, 0, 0, 0), "once is enough"


def test_a_project_that_was_all_simulated_is_empty_again(project: Project) -> None:
    put(project, 2)
    close_days(project, now_us=NOW_US)
    assert not holds_real(project)
    take_out_simulated(project, "cloudtrax")
    left = {name: rows for name, rows in everything(project).items() if rows}
    assert left == {}
    left_there = {path.relative_to(project.settings.lake_root).parts[0] for path in lake_files(project)}
    assert left_there == {"visit", "presence_day", "presence_hour"}, "these wait for the next gc"


def test_another_source_stays(project: Project) -> None:
    records = put(project, 2)
    assert take_out_simulated(project, "sigfox").raws == {}
    assert take_out_simulated(project, "cloudtrax").raws == {"cloudtrax": records}


@pytest.mark.parametrize("settles", [True, False])
def test_one_real_record_makes_a_project_real(project: Project, *, settles: bool) -> None:
    assert not holds_real(project)
    put(project, 2, settles=settles)
    assert not holds_real(project)
    landing = project.landing()
    landing.put_many([Raw(0, "cloudtrax", NOW_US, "10.0.0.1", '{"transport":"http","method":"POST"}', VECTOR)])
    landing.close()
    if settles:
        settle_all(project.lake, now_us=NOW_US)
    assert holds_real(project)


@pytest.mark.parametrize(
    ("meta", "is_marked"),
    [
        ({"transport": "simulate", "method": "POST"}, True),
        ({"transport": "http", "headers": {"telltale-simulated": "1"}}, True),
        ({"transport": "coap", "headers": {"coap-65000": "01"}}, True),
        ({"transport": "http", "headers": {"user-agent": 'x", "telltale-simulated": "1'}}, False),
        ({"transport": "http", "query": '{"transport":"simulate"'}, False),
        ({"transport": "http", "path": "/simulate"}, False),
        ({}, False),
    ],
)
def test_a_mark_is_told_from_a_text_that_looks_like_it(meta: dict[str, Any], is_marked: bool) -> None:
    assert list(marked([json.dumps(meta, separators=(",", ":"))])) == [is_marked]


def test_what_is_sent_bears_the_mark_and_the_door_keeps_it(project: Project) -> None:
    """A refused one too."""
    night = list(source("cloudtrax").simulate(SHORT, SETTINGS))[:3]
    with listening() as (url, marks):
        play(night, url, origin_us=NOW_US, speed=1e9)
    assert marks == ["1"] * 3
    door = open_door(project.settings, [source("cloudtrax")])
    for number, emission in enumerate(night):
        headers = {name.lower(): value for name, value in {**emission.headers, **MARK}.items()}
        body = emission.body if number else b"{}"
        door.handle(Request("cloudtrax", NOW_US, "127.0.0.1", "http", "POST", "/cloudtrax", headers, "", body))
    door.close()
    done = take_out_simulated(project)
    assert (done.raws, done.refused) == ({"cloudtrax": 2}, 1)


def test_the_command_refuses_to_mix_unless_told_and_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path, TOML)))
    assert run(["simulate", "button", "--backfill", "1d"]) == 0, "into an empty one"
    assert run(["simulate", "button", "--backfill", "1d"]) == 0, "and again, beside simulated records"
    door = open_door(load(tmp_path), [source("cloudtrax")])
    door.landing.put_many([Raw(0, "cloudtrax", NOW_US, "", '{"transport":"http"}', VECTOR)])
    door.close()
    assert run(["simulate", "button", "--backfill", "1d"]) == 1
    assert "holds records that are not simulated; expected a project of its own" in capsys.readouterr().err
    assert run(["simulate", "--live", "--for", "1s"]) == 1
    assert "give --mix" in capsys.readouterr().err
    assert run(["simulate", "button", "--live", "--play", "none0", "--mix"]) == 1
    assert "frames bear no mark" in capsys.readouterr().err
    assert run(["simulate", "button", "--backfill", "1d", "--mix", "--json"]) == 0
    capsys.readouterr()
    assert run(["simulate", "--remove", "--json"]) == 0
    removed = json.loads(capsys.readouterr().out)
    assert removed["raws"].keys() == {"button"}
    assert run(["simulate", "--remove"]) == 0
    assert capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ") == (
        "Removed: 0 simulated records, 0 rows of tables, 0 refused requests.\n"
    )
