"""A room's temperature kept its limits while its CO₂ was over its own for three hours; pages open on temperature."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

ROOM = "sigfox:4c81a0"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=messages(
        "4c81a0",
        every(10 * MINUTE, "2026-11-19 12:00", "2026-11-20 14:01"),
        lambda n: {"temperature": 21.0, "co2": 1600 if 120 <= n < 138 else 700},
    ),
    settings=UNITS,
    devices=listed(f"{ROOM},Meeting room,600,18,26,1200", columns="name,expected_interval_s,low,high,high:co2"),
    says={"operations": ["Meeting room", "3 h"], "sensors": ["CO₂"], "sensors?quantity=co2": ["1,600", "3 h"]},
    never={
        "*": ["Nothing needs a look", "above 26"],
        "sensors": ["No sensor left its limits.", "| The one sensor with limits kept"],
        "sensors?quantity=co2": ["kept its limits"],
    },
    figures=[
        figure("high", device=ROOM, quantity="co2"),
        figure("high", device=ROOM, quantity="temperature"),
        figure("low", device=ROOM, quantity="co2"),
        figure("outside_s", device=ROOM, quantity="co2"),
        figure("outside_s", device=ROOM, quantity="temperature"),
        figure("excursions", device=ROOM, quantity="co2"),
        figure("highest", device=ROOM, quantity="co2"),
    ],
)
