"""Operations: what matters first, links that lead to what they name, many calm sensors in one row."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.worlds import reading
from tests.worlds.building import built
from tests.worlds.sent import MINUTE, Message, at, every
from tests.worlds.world import World, worlds

UNITS = '[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\n'
NOW = "2026-11-20 14:02"


def page(world: World, root: Path, *names: str) -> list[dict[str, Any]]:
    project = built(world, root)
    try:
        boards = reading.boards(project)
        return [reading.page(boards, name) for name in names]
    finally:
        project.close()


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("third_sensor_silent", "sensors?device=sigfox-"),
        ("two_sites", "presence?site="),
    ],
)
def test_a_line_of_the_list_leads_to_the_page_that_shows_it(tmp_path: Path, name: str, link: str) -> None:
    project = built(worlds()[name], tmp_path)
    try:
        boards = reading.boards(project)
        html = reading.page(boards, "operations")["html"]
        targets = [unescape(target) for target in re.findall(r'<td class="num"><a href="([^"]*)"', html)]
        (target,) = [target for target in targets if target.startswith(link)]
        parts = urlsplit(target)
        shown = reading.page(boards, target)["html"]
        for value in dict(parse_qsl(parts.query)).values():
            assert f'<option value="{value}" selected' in shown
    finally:
        project.close()


def ten(outside: int) -> World:
    """Ten sensors of half a day, of which so many are warm."""
    ids = [f"4c81a{n:x}" for n in range(10)]
    sent = [
        Message(moment, device, {"temperature": 21.5 if at_place < outside and n > 60 else 4.5}, n)
        for at_place, device in enumerate(ids)
        for n, moment in enumerate(every(10 * MINUTE, "2026-11-20 02:00", NOW))
    ]
    lines = "\n".join(f"sigfox:{device},Fridge {n},600,2,8" for n, device in enumerate(ids))
    listed = f"device_id,name,expected_interval_s,low,high\n{lines}\n"
    return World("", at(NOW), sent, settings=UNITS, devices=listed)


def test_ten_calm_sensors_take_one_row(tmp_path: Path) -> None:
    (answer,) = page(ten(0), tmp_path, "operations")
    assert not [name for name in answer["figures"] if name.startswith("readings")]
    assert answer["html"].count('<li><span class="of">') == 10
    text = reading.text(answer["html"])
    assert "4.5 °C" in text
    assert text.index("Outside limits") < text.index("Sigfox delivers")


def test_what_is_outside_is_drawn_and_named_first(tmp_path: Path) -> None:
    (answer,) = page(ten(2), tmp_path, "operations")
    assert {"readings-0", "readings-1"} <= answer["figures"].keys()
    text = reading.text(answer["html"])
    sentence = text.split(" | ")[1]
    assert re.match(r"Fridge [01] has been above 8 °C for .*; one more thing needs a look\.", sentence)
    assert text.count("above 8 °C") >= 2
    assert 'href="sensors?device=sigfox-4c81a0&amp;quantity=temperature"' in answer["html"]


def test_ages_of_a_project_decide_between_first_hours_and_the_overview(tmp_path: Path) -> None:
    world = worlds()["one_reading"]
    (young,) = page(world, tmp_path / "young", "operations")
    (older,) = page(replace(world, now=at("2026-11-20 18:00")), tmp_path / "older", "operations")
    assert "What will be here" in young["html"]
    assert "recording for" not in older["html"]
    assert "tiles" in older["html"]
