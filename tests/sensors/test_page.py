"""The pages `sensors` and `health` as data: what they say of simulated sensors and access points, of some, of none."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from telltale.dashboard.boards import Boards
from telltale.dashboard.concerns import gathered
from telltale.dashboard.pages import PAGES
from telltale.settings import load
from telltale.workbench import Project
from tests.dashboard.test_dashboard import text
from tests.lake_fixture import Lake, write_settings
from tests.sensors.sensed import OPTIONS, sensed
from tests.sensors.small import NOW_S
from tests.worlds.building import hand_in
from tests.worlds.sent import Message
from tests.worlds.sent import at as sent_at


class Both(NamedTuple):
    boards: Boards
    truth: Mapping[str, Any]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Access points for a day, sensors for four days and a part of the fifth."""
    found = sensed(tmp_path_factory.mktemp("both"), nodes_h=24)
    return Both(Boards(found.project, PAGES, gathered), found.truth)


CHOICES = [
    ("sensors", {}),
    ("sensors", {"period": "48h", "quantity": "humidity"}),
    ("sensors", {"period": "14d", "device": "sigfox-2d24e7"}),
    ("sensors", {"quantity": "all"}),
    ("health", {}),
    ("health", {"period": "7d", "sightings": "2"}),
]


@pytest.mark.parametrize(("page", "choice"), CHOICES, ids=str)
def test_a_page_opens_with_a_sentence_and_has_its_figures(both: Both, page: str, choice: dict[str, str]) -> None:
    answer = both.boards.get(page, choice)
    assert answer is not None
    json.dumps(answer, allow_nan=False)
    assert answer["html"].count("<h1>") == 1
    assert answer["html"].count('class="tile ') == 5
    assert 1 <= len(answer["figures"]) <= 4
    assert "Harbour site" in text(answer)
    assert 'role="alert"' not in answer["html"]
    assert answer["freshness"]["newest"] is not None
    plots = re.findall(r'<div class="plot"[^>]*aria-label="([^"]+)"', answer["html"])
    assert len(plots) == len(answer["figures"])
    assert answer["html"].count('<details class="numbers">') == len(plots)


def test_the_sensors_page_says_who_left_its_limits(both: Both) -> None:
    answer = both.boards.get("sensors", {"period": "14d"})
    assert answer is not None
    said = text(answer).replace("\xa0", " ")
    times = both.truth["devices"]["sigfox:2d24e7"]["excursions"]
    peak = max(one["peak"] for one in times)
    assert len(times) == 2
    assert re.search(
        rf"Fridge 2 was above 8 °C for [\dhmin ]+, two times in the last 14 days, up to {peak:.1f} °C", said
    )
    assert "the other five sensors kept their limits as far as is known: up to" in said
    today = both.boards.get("sensors", {})
    assert today is not None
    assert today["attention"]["sensors"] == 1  # this morning's was longer than is tolerated


def test_what_needs_a_look_is_on_the_operations_page_too(both: Both) -> None:
    answer = both.boards.get("operations", {})
    assert answer is not None
    said = text(answer).replace("\xa0", " ")
    assert re.search(r"Fridge 2 above 8 °C ?\d+ min, peak [\d.]+ °C", said)
    assert list(answer["figures"])[-1].startswith("readings-"), "only sensors outside their limits are drawn"
    assert 'role="alert"' not in answer["html"]


def test_a_choice_narrows_the_page(both: Both) -> None:
    answer = both.boards.get("sensors", {"device": "sigfox-b7e02"})
    assert answer is not None
    assert "The one sensor with limits kept its limits in the last 24 hours as far as is known" in text(answer).replace(
        "\xa0", " "
    )
    lines = [trace for trace in answer["figures"]["readings"]["data"] if trace.get("mode") == "lines"]
    assert "selected" in re.findall(r'<option value="sigfox-b7e02"[^>]*>', answer["html"])[0]
    assert lines


def test_the_health_page_lists_sources_devices_and_sightings(both: Both) -> None:
    answer = both.boards.get("health", {})
    assert answer is not None
    said = text(answer).replace("\xa0", " ")
    assert "CloudTrax has been silent" in said  # its day ended before the sensors'
    assert "Sigfox" in said
    for device in both.truth["devices"].values():
        assert device["name"] in said
    assert answer["attention"]["presence"] == 1


def test_pages_of_sightings_follow_each_other(both: Both) -> None:
    pages = [both.boards.get("health", {"sightings": number}) for number in ("1", "2")]
    rows = [re.findall(r"<td[^>]*>([0-9a-f]{16})</td>", page["html"]) for page in pages if page]
    assert [len(found) for found in rows] == [20, 20] or rows == [[], []]


@pytest.mark.parametrize("page", ["sensors", "health"])
def test_a_project_without_records_says_what_to_do(page: str, tmp_path: Path) -> None:
    answer = Boards(Project(settings=load(write_settings(tmp_path))), PAGES).get(page, {})
    assert answer is not None
    assert "No record has arrived yet." in text(answer)
    assert answer["freshness"]["newest"] is None


def test_a_site_of_access_points_alone_has_no_sensors_yet(lake: Lake) -> None:
    boards = Boards(lake.project, PAGES)
    sensors, health = boards.get("sensors", {}), boards.get("health", {})
    assert sensors is not None
    assert health is not None
    assert "No sensor has sent a reading" in text(sensors)
    assert "/sigfox/uplink" in text(sensors)
    assert sensors["freshness"]["newest"] is not None
    assert 'role="alert"' not in health["html"]
    assert len(re.findall(r"<td[^>]*>[0-9a-f]{16}</td>", health["html"])) == 20


def test_readings_of_long_ago_are_told_of(tmp_path: Path) -> None:
    """Such as those of a tutorial's sample, which no chart of the last days shows."""
    project = Project(settings=load(write_settings(tmp_path, more=OPTIONS)), now=lambda: NOW_S * 1_000_000)
    now = dt.datetime.fromtimestamp(NOW_S, dt.UTC)
    hand_in(project, [Message(now, "a1", {"temperature": 5.0}, seq=1, measured=sent_at("2016-05-06 10:00"))])
    answer = Boards(project, PAGES).get("sensors", {})
    assert answer is not None
    assert "No sensor has sent a reading" in text(answer)
    assert "The newest reading that is kept is of Fri 6 May 2016, 10:00" in text(answer).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    project.close()


def test_the_time_of_a_clock_that_was_never_set_is_none_to_tell(tmp_path: Path) -> None:
    project = Project(settings=load(write_settings(tmp_path, more=OPTIONS)), now=lambda: NOW_S * 1_000_000)
    now = dt.datetime.fromtimestamp(NOW_S, dt.UTC)
    hand_in(project, [Message(now, "a1", {"temperature": 5.0}, seq=1, measured=sent_at("1970-01-01 10:00"))])
    answer = Boards(project, PAGES).get("sensors", {})
    assert answer is not None
    assert "The newest reading" not in text(answer)
    project.close()
