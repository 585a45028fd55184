"""A fridge was called Kitchen until yesterday and is Pantry now: its history is one device's, under its new name."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

SENSOR = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=messages(
        "2d24e6",
        every(10 * MINUTE, "2026-11-17 14:00", "2026-11-20 14:01"),
        lambda n: {"temperature": 9.5 if 360 <= n < 372 else 4.5},
    ),
    settings=UNITS,
    devices=listed(f"{SENSOR},Pantry,600,2,8"),
    settles=at("2026-11-19 14:05"),
    says={"sensors": ["Pantry", "2 h"], "operations": ["Pantry"], "health": ["Pantry"]},
    never={"*": ["Kitchen", "2d24e6", "kept its limits"]},
    figures=[
        figure("readings", device=SENSOR, quantity="temperature", hours=24),
        figure("highest", device=SENSOR, quantity="temperature", hours=24),
        figure("outside_s", device=SENSOR, quantity="temperature", hours=24),
        figure("outside_s", device=SENSOR, quantity="temperature", hours=72),
        figure("excursions", device=SENSOR, quantity="temperature", hours=24),
        figure("excursions", device=SENSOR, quantity="temperature", hours=72),
        figure("numbers_left_out", device=SENSOR),
        figure("records", source="sigfox", days=4),
        figure("state", device=SENSOR),
    ],
)
