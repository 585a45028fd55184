"""A sensor of temperature, humidity and CO₂ with limits for the temperature only; the other two are high all day."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

LAB = "sigfox:4c81a0"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=messages(
        "4c81a0",
        every(10 * MINUTE, "2026-11-19 12:00", "2026-11-20 14:01"),
        lambda n: {"temperature": 21 + n % 4 / 10, "humidity": 47 + n % 3, "co2": 1400 + n % 7},
    ),
    settings=UNITS,
    devices=listed(f"{LAB},Lab A,600,18,26"),
    says={
        "sensors": ["kept its limits"],
        "sensors?quantity=humidity": ["Lab A", "47"],
        "operations": ["Nothing needs a look."],
    },
    never={
        "*": ["above 26 %", "above 26 ppm", "limits 18–26 %", "left its limits on", "Lab A left"],
        "sensors?quantity=humidity": ["limits 18–26", "above 26", "outside for"],
        "sensors?quantity=co2": ["limits 18–26", "above 26", "outside for"],
    },
    figures=[
        *(figure("low", device=LAB, quantity=quantity) for quantity in ("temperature", "humidity", "co2")),
        *(figure("high", device=LAB, quantity=quantity) for quantity in ("temperature", "humidity", "co2")),
        *(figure("outside_s", device=LAB, quantity=quantity) for quantity in ("temperature", "humidity", "co2")),
        *(figure("excursions", device=LAB, quantity=quantity) for quantity in ("temperature", "humidity")),
        *(figure("mean", device=LAB, quantity=quantity) for quantity in ("temperature", "humidity", "co2")),
    ],
)
