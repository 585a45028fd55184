"""What arrived, as it arrived: newest first, personal bodies by their size alone, and what each became."""

from pathlib import Path

import pytest

from telltale.health import arriving
from telltale.page.first_hour import HOURS, is_young
from telltale.workbench.times import SECOND
from tests.worlds.building import built
from tests.worlds.sent import Heard, Message, Report, Sent, alive, at
from tests.worlds.world import World

NOW = at("2026-11-20 10:10")
NODE = "AC:86:74:11:22:33"
UNITS = '[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\n'


def report(heard: int, secret: str = "telltale") -> Report:
    moment = at("2026-11-20 10:09")
    stations = tuple(Heard(f"02:00:00:00:00:0{n}", moment, moment, -50) for n in range(heard))
    return Report(moment, NODE, stations, secret=secret, is_refused=secret != "telltale")


def told(root: Path, *sent: Sent, settles: bool = True) -> list[tuple[str, str, bool, str]]:
    """Source, body, whether it is shown as bytes, and what became of it."""
    project = built(World("", NOW, sent, settings=UNITS, settles=settles), root)
    try:
        lines = arriving.arrived(project, "Europe/Berlin")
    finally:
        project.close()
    return [(line.source, line.body, line.is_code, line.became.replace("\xa0", " ")) for line in lines]


@pytest.mark.parametrize("settles", [True, False])
def test_a_reading_is_told_with_its_bytes_hot_or_settled(tmp_path: Path, *, settles: bool) -> None:
    sent = Message(at("2026-11-20 10:05"), "2d24e6", {"temperature": 4.5}, 1)
    ((source, body, is_code, became),) = told(tmp_path, sent, settles=settles)
    assert (source, is_code, became) == ("Sigfox", True, "1 reading")
    assert body.startswith('{"device":"2D24E6"')
    assert body.endswith("…")


@pytest.mark.parametrize(
    ("heard", "became"), [(0, "fewer than 5 sightings"), (4, "fewer than 5 sightings"), (5, "5 sightings")]
)
def test_of_stations_only_the_size_and_no_count_under_k(tmp_path: Path, heard: int, became: str) -> None:
    ((source, body, is_code, what),) = told(tmp_path, report(heard))
    assert (source, is_code, what) == ("CloudTrax", False, became)
    assert body.endswith("\xa0bytes")
    assert "02:00" not in body


def test_what_gave_nothing_yet_and_what_was_refused_say_so(tmp_path: Path) -> None:
    lines = told(tmp_path, Message(at("2026-11-20 10:05"), "3a91c0", {}, 1, data="00e5ff38"), report(1, "another"))
    assert [line[3] for line in lines] == ["refused: bad signature", "no reading yet: no payload config"]
    assert not lines[0][2], "a refused body is told by its size: it may hold anything"


def test_a_capture_that_listens_does_not_hide_the_rest(tmp_path: Path) -> None:
    beats = alive("2026-11-20 10:00", "2026-11-20 10:09", step_s=60)
    lines = told(tmp_path, Message(at("2026-11-20 10:00"), "2d24e6", {"temperature": 4.5}, 1), *beats)
    assert [line[3] for line in lines] == ["1 heartbeat", "1 reading"]


@pytest.mark.parametrize(
    ("came", "began"),
    [
        ([(10, 10, 1)], 10),
        ([(10, 10, 1), (40, 41, 900)], 40),
        ([(10, 10, 3), (12, 12, 2), (40, 41, 900)], 40),
        ([(10, 10, 6), (40, 41, 900)], 10),
        ([(10, 10, 1), (11, 30, 900), (60, 61, 900)], 10),
        ([(0, 0, 1), (30, 30, 1), (60, 60, 1)], 30),
    ],
    ids=["one", "a sample", "samples", "more than a sample", "no silence after it", "nothing but samples"],
)
def test_a_sample_of_long_ago_begins_nothing(came: list[tuple[int, int, int]], began: int) -> None:
    hour = 3600 * SECOND
    assert arriving.began([(first * hour, last * hour, records) for first, last, records in came]) == began * hour


@pytest.mark.parametrize(
    ("age_s", "young"), [(0, True), (HOURS * 3600 - 1, True), (HOURS * 3600, False), (None, False)]
)
def test_a_project_is_young_for_some_hours(age_s: int | None, *, young: bool) -> None:
    now_us = 10**15
    assert is_young(None if age_s is None else now_us - age_s * SECOND, now_us) == young
