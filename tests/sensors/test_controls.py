"""The choices of the sensors page: what one may choose of a sensor is what it measures."""

import re
from collections.abc import Iterator

import pytest

from telltale.dashboard.boards import Boards
from telltale.sensors.words.kept import quantity_name
from tests.worlds import reading
from tests.worlds.building import built
from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import HOUR, at, every, messages
from tests.worlds.world import World

NOW = at("2026-11-20 14:02")
MORNING = "2026-11-20 08:00"
WORLD = World(
    story="A fridge, a second one of the same name, and a water meter.",
    now=NOW,
    sent=[
        *messages(
            "2d24e6", every(HOUR, at(MORNING), NOW), lambda n: {"temperature": 4 + n, "humidity": 50, "co2": 700}
        ),
        *messages("2d24e7", every(HOUR, at(MORNING), NOW), lambda n: {"temperature": 5 + n}),
        *messages("4c81b0", every(HOUR, at(MORNING), NOW), lambda n: {"water": 3 * n, "pm_2_5": 8}),
    ],
    settings=UNITS + 'water = { unit = "l" }\npm_2_5 = { unit = "µg/m³" }\n',
    devices=listed("sigfox:2d24e6,Fridge,3600,2,8", "sigfox:2d24e7,Fridge,3600,2,8", "sigfox:4c81b0,Meter,3600,,"),
)


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    project = built(WORLD, tmp_path_factory.mktemp("controls"))
    yield reading.boards(project)
    project.close()


def options(boards: Boards, query: str, name: str) -> tuple[list[str], str]:
    """The words one may choose from, and which are chosen."""
    html = reading.page(boards, f"sensors?{query}")["html"]
    found = re.search(rf'<select name="{name}".*?</select>', html, re.DOTALL)
    assert found
    words = re.findall(r"<option value=\"[^\"]*\"( selected)?>(.*?)</option>", found[0])
    return [text for _, text in words], next(text for chosen, text in words if chosen)


@pytest.mark.parametrize(
    ("query", "quantities", "chosen"),
    [
        ("", ["Temperature", "CO₂", "Humidity", "PM2.5", "Water", "All"], "Temperature"),
        ("device=sigfox-4c81b0", ["PM2.5", "Water", "All"], "PM2.5"),
        ("device=sigfox-4c81b0&quantity=humidity", ["PM2.5", "Water", "All"], "PM2.5"),
        ("device=sigfox-4c81b0&quantity=water", ["PM2.5", "Water", "All"], "Water"),
        ("device=sigfox-2d24e7", ["Temperature"], "Temperature"),
        ("quantity=humidity", ["Temperature", "CO₂", "Humidity", "PM2.5", "Water", "All"], "Humidity"),
        ("device=nobody", ["Temperature", "CO₂", "Humidity", "PM2.5", "Water", "All"], "Temperature"),
    ],
)
def test_quantities_follow_the_sensor(boards: Boards, query: str, quantities: list[str], chosen: str) -> None:
    assert options(boards, query, "quantity") == (quantities, chosen)


def test_two_sensors_of_one_name_are_told_apart(boards: Boards) -> None:
    assert options(boards, "", "device")[0] == ["All three", "Fridge (2d24e6)", "Fridge (2d24e7)", "Meter"]


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("co2", "CO₂"),
        ("electricity", "electricity"),
        ("electricity_total", "electricity in all"),
        ("atmospheric_pressure", "atmospheric pressure"),
        ("pm_2_5", "PM2.5"),
        ("type_44", "type 44"),
    ],
)
def test_a_quantity_is_written_as_people_write_it(quantity: str, words: str) -> None:
    assert quantity_name(quantity) == words
