"""The oracle shares no code with what it judges, and is right where one can count by hand."""

import ast
from pathlib import Path

import pytest

from tests.worlds.oracle import ORACLE
from tests.worlds.oracle.facts import plain_id
from tests.worlds.sent import Message, alive, at, presses, stay
from tests.worlds.world import World

HERE = Path(__file__).parent
PLAIN = {
    *("__future__", "collections", "csv", "dataclasses", "datetime", "importlib", "itertools", "json", "pathlib"),
    *("pkgutil", "statistics", "typing", "zoneinfo", "tests"),
}


@pytest.mark.parametrize("path", [HERE / "sent.py", HERE / "world.py", *(HERE / "oracle").glob("*.py")], ids=str)
def test_the_oracle_imports_the_standard_library_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name.split(".")[0] for name in names} <= PLAIN
    assert all(name.startswith("tests.worlds.") for name in names if name.startswith("tests"))


WORKED = World(
    story="a fridge, a button and a visitor whose figures can be counted by hand",
    now=at("2026-11-20 14:00"),
    sent=[
        *(Message(at(f"2026-11-20 {hour}:00"), "2D24E6", {"temperature": degrees}, seq)
          for hour, degrees, seq in ((10, 4.0, 1), (11, 9.0, 2), (12, 9.5, 5), (13, 5.0, 6))),
        *alive("2026-11-20 06:00", "2026-11-20 14:00"),
        *presses("02:7e:11:a0:00:01", "2026-11-20 07:00", "2026-11-20 09:00"),
        *presses("02:7e:11:a0:00:02", "2026-11-20 10:00"),
        *stay("AC:86:74:11:22:33", "02:00:00:00:00:01", "2026-11-20 08:00", "2026-11-20 08:40"),
    ],
    devices="device_id,name,expected_interval_s,low,high\nsigfox:02d24e6,Fridge,3600,2,8\n",
    buttons="Name,MAC-Address,role,item,ack_for\nA,02:7e:11:a0:00:01,button,bolts,\nB,02:7e:11:a0:00:02,ack,,bolts\n",
)  # fmt: skip
FRIDGE = {"device": "sigfox:2d24e6"}
TEMPERATURE = {**FRIDGE, "quantity": "temperature"}
BOLTS = {"item": "bolts", "days": 1}
CASES = [
    ("silent_s", FRIDGE, 3600),
    ("state", FRIDGE, "on_time"),
    ("numbers_left_out", FRIDGE, 2),
    ("share_left_out", FRIDGE, 2 / 6),
    ("mean", TEMPERATURE, 27.5 / 4),
    ("outside_s", TEMPERATURE, (3600, 3 * 3600)),
    ("excursions", TEMPERATURE, 1),
    ("high", TEMPERATURE, 8),
    ("pulls", BOLTS, 2),
    ("observed_s", BOLTS, 8 * 3600),
    ("rate_per_day", BOLTS, 6),
    ("lead_median_s", BOLTS, 3 * 3600),
    ("open_pulls", BOLTS, 1),
    ("unpressed_s", {"item": "bolts"}, 5 * 3600),
    ("visits", {}, 1),
    ("median_dwell_s", {}, 40 * 60),
    ("peak", {}, 1),
]


@pytest.mark.parametrize(("measure", "about", "worked"), CASES)
def test_a_figure_is_what_one_counts_by_hand(measure: str, about: dict[str, object], worked: object) -> None:
    assert ORACLE[measure](WORKED, **about) == pytest.approx(worked)


def test_ids_of_every_spelling_are_one() -> None:
    assert {plain_id(text) for text in ("sigfox:002D24E6", " SIGFOX:2d24e6")} == {"sigfox:2d24e6"}
    assert {plain_id(text) for text in ("AC-86-74-11-22-33", "ac:86:74:11:22:33")} == {"ac:86:74:11:22:33"}
    assert plain_id("282C024156AF") == "efento:282c024156af"


def test_there_are_forty_figures() -> None:
    assert len(ORACLE) >= 40
