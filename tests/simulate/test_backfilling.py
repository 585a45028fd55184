"""Years of records into a store: stopped and gone on with, killed, beside a collector, of several sources at once."""

import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from telltale.cli import run
from telltale.contract import ConfigError, Emission, Raw, Scenario, Secrets, SourceSettings, StoreError
from telltale.landing.schema import BACKFILL, RAW
from telltale.settings import load
from telltale.simulate import backfilling
from telltale.simulate.backfilling import Filling, fill, forget, plan, plan_all
from telltale.simulate.marked import take_out_simulated
from telltale.simulate.play import received
from telltale.sources import source
from telltale.workbench.project import Project
from tests.lake_fixture import set_clock
from tests.served import make_project
from tests.simulate.test_play import MIDNIGHT

TOML = '[site]\ntimezone = "Europe/Berlin"\nkeep = true\n[webhooks]\nport = 0\n'
SETTINGS = SourceSettings({}, Secrets({}))
PC, EFENTO, BUTTON = source("pc_idle"), source("efento"), source("button")
DAYS = Scenario(7, MIDNIGHT - 3 * 86_400, MIDNIGHT, "Europe/Berlin")
"""Tuesday to Thursday."""
_Row = tuple[str, int, bytes]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    found = Project(settings=load(make_project(tmp_path, TOML)))
    set_clock(found, (MIDNIGHT + 86_400) * 1_000_000)
    yield found
    found.close()


def rows(project: Project) -> list[_Row]:
    """The hot records in their order."""
    with project.store.reader() as connection:
        found = connection.execute(sa.select(RAW.c.source, RAW.c.received_at, RAW.c.body).order_by(RAW.c.id))
        return [(row.source, row.received_at, row.body) for row in found]


def sent(of: str, scenario: Scenario) -> list[_Row]:
    simulated = source(of)
    raws = (received(simulated, each, SETTINGS) for each in simulated.simulate(scenario, SETTINGS))
    return [(of, raw.received_at, raw.body) for raw in raws]


def fillings(project: Project, asked: Scenario = DAYS, *names: str) -> list[Filling]:
    return [plan(project, source(name), SETTINGS, asked) for name in names or ("pc_idle", "efento", "button")]


def test_days_follow_one_another_with_all_sources_in_each(project: Project) -> None:
    days = list(fill(project, fillings(project), settles=False))
    assert [f"{filled.day}" for filled in days] == ["2026-11-10", "2026-11-11", "2026-11-12"]
    assert all(set(filled.records) == {"pc_idle", "efento", "button"} for filled in days)
    stored = rows(project)
    assert sorted(stored) == sorted(row for name in ("pc_idle", "efento", "button") for row in sent(name, DAYS))
    first_day = sum(days[0].records.values())
    midnight_us = (MIDNIGHT - 2 * 86_400) * 1_000_000
    assert {at < midnight_us for _, at, _ in stored[:first_day]} == {True}


def test_what_was_stopped_after_a_day_goes_on_with_the_next(project: Project) -> None:
    next(fill(project, fillings(project), settles=False))
    later = DAYS._replace(start_s=DAYS.start_s + 86_400, end_s=DAYS.end_s + 86_400)
    goes_on = fillings(project, later)
    assert backfilling.days_of(goes_on) == 3, "as it was begun; the day it stopped in may have had more"
    list(fill(project, goes_on, settles=False))
    assert sorted(rows(project)) == sorted(row for name in ("pc_idle", "efento", "button") for row in sent(name, DAYS))


@pytest.mark.parametrize("groups", [1, 7])
def test_what_was_killed_between_two_groups_goes_on_between_them(
    project: Project, groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store fails after some groups, within a day, as if the process had ended there."""
    monkeypatch.setattr(backfilling, "GROUP", 50)
    insert, left = project.store.insert, [groups]

    def failing(connection: sa.Connection, raws: list[Raw]) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise StoreError("gone")
        return insert(connection, raws)

    monkeypatch.setattr(project.store, "insert", failing)
    with pytest.raises(StoreError, match="gone"):
        list(fill(project, fillings(project), settles=False))
    assert len(rows(project)) == 50 * groups
    left[0] = 10**6
    list(fill(project, fillings(project), settles=False))
    assert sorted(rows(project)) == sorted(row for name in ("pc_idle", "efento", "button") for row in sent(name, DAYS))


def test_records_of_one_moment_are_told_apart_by_their_number(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven messages of one moment, in groups of two: each stop is within the moment."""
    at_us = DAYS.start_s * 1_000_000 + 5
    emissions = [Emission(at_us, "POST", "/idle", {}, b"%d" % number) for number in range(7)]
    still = dataclasses.replace(
        PC, simulate=lambda _scenario, _settings: iter(emissions), accept=source("pc_idle").accept
    )
    monkeypatch.setattr(backfilling, "GROUP", 2)
    monkeypatch.setattr(
        backfilling, "received", lambda _source, one, _settings: Raw(0, "pc_idle", one.at, "", "{}", one.body)
    )
    insert = project.store.insert
    for _ in range(5):
        with monkeypatch.context() as stopping:
            done: list[bool] = []

            def once(connection: sa.Connection, raws: list[Raw], done: list[bool] = done) -> object:
                if done:
                    raise StoreError("gone")
                done.append(True)
                return insert(connection, raws)

            stopping.setattr(project.store, "insert", once)
            try:
                list(fill(project, [plan(project, still, SETTINGS, DAYS)], settles=False))
            except StoreError:
                continue
    assert [body for _, _, body in rows(project)] == [b"%d" % number for number in range(7)]


def test_a_finished_one_adds_only_what_has_passed_since(project: Project) -> None:
    list(fill(project, fillings(project, DAYS, "pc_idle"), settles=False))
    list(fill(project, fillings(project, DAYS, "pc_idle"), settles=False))
    assert rows(project) == sent("pc_idle", DAYS)
    later = DAYS._replace(start_s=DAYS.start_s + 86_400, end_s=DAYS.end_s + 86_400)
    list(fill(project, fillings(project, later, "pc_idle"), settles=False))
    assert rows(project) == sent("pc_idle", DAYS._replace(end_s=later.end_s))


@pytest.mark.parametrize(
    "changed", [{"start_s": DAYS.start_s - 86_400}, {"timezone": "UTC"}], ids=["earlier", "another zone"]
)
def test_an_earlier_beginning_or_another_zone_is_refused(project: Project, changed: dict[str, object]) -> None:
    list(fill(project, fillings(project, DAYS, "pc_idle"), settles=False))
    with pytest.raises(ConfigError, match=r"seed 7 is in the store from 2026-11-10 on .* --remove"):
        plan(project, PC, SETTINGS, DAYS._replace(**changed))  # type: ignore[arg-type]


def test_another_seed_is_another_past(project: Project) -> None:
    list(fill(project, fillings(project, DAYS, "pc_idle"), settles=False))
    other = DAYS._replace(seed=8)
    assert plan(project, PC, SETTINGS, other).part == other


def test_what_is_taken_out_can_be_filled_again(project: Project) -> None:
    list(fill(project, fillings(project, DAYS, "pc_idle", "efento")))
    take_out_simulated(project, "pc_idle")
    with project.store.reader() as connection:
        assert connection.scalars(sa.select(BACKFILL.c.source)).all() == ["efento"]
    assert plan(project, PC, SETTINGS, DAYS).part == DAYS
    forget(project.store, None)
    assert plan(project, EFENTO, SETTINGS, DAYS).part == DAYS


def test_a_source_without_its_secret_is_left_out_and_said(project: Project) -> None:
    def without(name: str) -> SourceSettings:
        return SourceSettings({}, Secrets({} if name == "cloudtrax" else {"71234": "telltale"}))

    found, left_out = plan_all(project, [source("cloudtrax"), PC, EFENTO], without, DAYS)
    assert [filling.source.name for filling in found] == ["pc_idle"]
    assert "no network has a secret" in left_out["cloudtrax"]
    assert "expected a cloud token" in left_out["efento"], "there is a secret, and the simulator does not send it"


def test_a_collector_goes_on_meanwhile(project: Project) -> None:
    """Each record put beside it is stored within its ticket's time, and the longest wait is that of one group."""
    landing, over, took = project.landing(), threading.Event(), list[float]()
    own = Raw(0, "pc_idle", DAYS.end_s * 1_000_000, "192.0.2.1", '{"transport":"http"}', b"{}")

    def collector() -> None:
        while not over.wait(0.02):
            began = time.perf_counter()
            landing.append(own)
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=collector)
    thread.start()
    try:
        list(fill(project, fillings(project, DAYS._replace(start_s=MIDNIGHT - 86_400), "pc_idle", "efento")))
    finally:
        over.set()
        thread.join()
        landing.close()
    assert took
    assert max(took) < landing.ticket_timeout_s + 1.0  # until a waiting thread runs again


def _telltale(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "telltale", "--project", str(folder), *arguments]


def _last_days(folder: Path, until: Callable[[], bool]) -> str:
    """Begin to fill, and end it as a service manager does once something is true; what it said."""
    command = _telltale(folder, "simulate", "all", "--backfill", "20d", "--no-settle", "--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not until() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert "left out meraki" in errors
    return said


def test_the_command_ends_after_a_day_when_told_to(tmp_path: Path) -> None:
    root = make_project(tmp_path, TOML)
    (root / "secrets.toml").write_text('[cloudtrax]\n71234 = "telltale"\n')
    (root / "secrets.toml").chmod(0o600)
    project = Project(settings=load(root))
    with project.store.reader() as connection:
        assert not connection.scalar(sa.select(sa.func.count()).select_from(BACKFILL))

    def has_begun() -> bool:
        with project.store.reader() as connection:
            return bool(connection.scalar(sa.select(sa.func.count()).select_from(BACKFILL)))

    told = json.loads(_last_days(root, has_begun))
    assert told["stopped"]
    assert 1 <= told["days"] < 21
    zone = ZoneInfo("Europe/Berlin")
    assert zone.key in project.zone()
    project.close()


@pytest.mark.parametrize("more", [["--live"], ["--backfill", "1d", "--truth", "truth.json"]])
def test_all_goes_with_backfill_alone(
    tmp_path: Path, more: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path, TOML)))
    assert run(["simulate", "all", *more]) == 1
    assert '"all" goes with --backfill' in capsys.readouterr().err
