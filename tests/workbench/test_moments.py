"""`tt.at` gives what the ordinary calls gave at 20 moments, whatever came, was decoded again or was set since."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import telltale as tt
from telltale.contract import Scenario
from telltale.lake.merge import merge
from telltale.lake.redecode import redecode
from telltale.landing.schema import RAW
from telltale.operate import retention
from telltale.simulate.play import backfill
from telltale.sources import source
from telltale.workbench.project import Project
from tests.lake_fixture import FIRST, ZONE, hear, set_clock, write_settings
from tests.sensors.sensed import OPTIONS, list_devices, truth_of

STEP_H = 5
MOMENTS = 20
START_S = int(FIRST.timestamp())
CALLS: dict[str, Callable[[Project], Any]] = {
    "days": lambda p: tt.presence.figures("4d", project=p),
    "visits": lambda p: tt.presence.visits("4d", project=p),
    "excursions": lambda p: tt.sensors.excursions("26h", project=p),
    "health": lambda p: tt.health.devices("6h", project=p),
    "readings": lambda p: tt.load("reading", since="12h", project=p),
    "sources": lambda p: tt.sources(project=p).drop(columns=["hot"]),
}
"""What is asked at each moment."""


def digest(frame: Any) -> str:
    """Of all that a table says; the order in which a sum was added up moves no figure."""
    rounded = frame.copy()
    for name in rounded.select_dtypes("float").columns:
        rounded[name] = rounded[name].map(lambda value: float(f"{value:.9g}"))
    return hashlib.sha256(rounded.to_json(orient="table", index=False, double_precision=9).encode()).hexdigest()


def answers(project: Project) -> dict[str, str]:
    return {name: digest(call(project)) for name, call in CALLS.items()}


class Seen(NamedTuple):
    """What was answered at each moment."""

    project: Project
    answers: dict[int, dict[str, str]]


def step(project: Project, plan: Scenario, at_us: int) -> None:
    """What arrives in a few hours: simulated sensors, and eight stations of which some stay; and what upkeep notes."""
    landing = project.landing()
    try:
        for _ in backfill(source("sigfox"), plan, project.settings.source("sigfox"), landing):
            pass
    finally:
        landing.close()
    begin = dt.datetime.fromtimestamp(plan.start_s, FIRST.tzinfo)
    for number in range(8):
        since = begin + dt.timedelta(minutes=7 * number)
        until = since + dt.timedelta(minutes=10 * (number % 4), hours=number % 3)
        hear(project, (f"3c:06:30:aa:bb:{number:02x}", f"{since:%Y-%m-%d %H:%M}", f"{until:%Y-%m-%d %H:%M}"))
    set_clock(project, at_us)
    project.note_settings()


def late(project: Project, at_us: int) -> None:
    """Sightings of yesterday and of days that have closed; and a message of this morning once more."""
    now = dt.datetime.fromtimestamp(at_us / 1e6, FIRST.tzinfo)
    told = [(f"{now - dt.timedelta(days=days):%Y-%m-%d} 12:0{days}", f"{now - dt.timedelta(days=days):%Y-%m-%d} 12:41")
            for days in (1, 3)]  # fmt: skip
    received = f"{now - dt.timedelta(minutes=3):%Y-%m-%d %H:%M:%S}"
    hear(project, *(("3c:06:30:aa:bb:01", since, until) for since, until in told), received=received)
    with project.store.writer() as connection:
        rows = project.lake.root.read(project.lake.snapshot().of("raw")[-1].path).slice(0, 5).to_pylist()
        for number, row in enumerate(rows):
            row.pop("id")
            values = {**row, "received_at": at_us - number - 1}
            connection.execute(RAW.insert().values(**values))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Four days; late data each day, decoded again on the third, another limit and another gap on the way."""
    root = write_settings(tmp_path_factory.mktemp("moments"), more=OPTIONS)
    project = Project(root, now=lambda: START_S * 10**6)
    whole = Scenario(7, START_S, START_S + MOMENTS * STEP_H * 3600, ZONE)
    list_devices(root, truth_of(project, "sigfox", whole))
    found: dict[int, dict[str, str]] = {}
    for number in range(MOMENTS):
        begin_s = START_S + number * STEP_H * 3600
        at_us = (begin_s + STEP_H * 3600) * 10**6
        step(project, whole._replace(start_s=begin_s, end_s=begin_s + STEP_H * 3600), at_us)
        if number % 4 == 3:
            late(project, at_us)
        if number in (6, 13):
            list_devices(root, truth_of(project, "sigfox", whole), f"sigfox:{number:x}bc,Freezer {number},,,,,,")
            raise_limits(root)
            project.note_settings()
        if number == 11:
            with (root / "telltale.toml").open("a") as file:
                file.write("\n[presence]\ngap_min = 25\n")
            project.close()
            project = Project(root, now=lambda: START_S * 10**6)
            set_clock(project, at_us)
            project.note_settings()
        if number % 2:
            retention.purge(project, now_us=at_us)
            merge(project.lake, now_us=at_us)
        if number == 14:
            redecode(project.lake, now_us=at_us)
        found[at_us] = answers(project)
    yield Seen(project, found)
    project.close()


def raise_limits(root: Path) -> None:
    lines = [line.split(",") for line in (root / "devices.csv").read_text().splitlines()]
    at = lines[0].index("high")
    for line in lines[1:]:
        line[at] = str(float(line[at]) + 1.5) if line[at] else ""
    (root / "devices.csv").write_text("\n".join(map(",".join, lines)) + "\n")


@pytest.mark.slow
def test_each_moment_is_as_it_was(seen: Seen) -> None:
    other: dict[str, list[str]] = {}
    for at_us, before in seen.answers.items():
        then = tt.at(dt.datetime.fromtimestamp(at_us / 1e6, dt.UTC), project=seen.project)
        after = answers(then.project)
        for name in before:
            if before[name] != after[name]:
                other.setdefault(name, []).append(f"{dt.datetime.fromtimestamp(at_us / 1e6, FIRST.tzinfo):%d %H:%M}")
        then.close()
    assert not other, json.dumps(other, indent=1)
