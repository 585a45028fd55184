"""A sensor in degrees Fahrenheit, with limits in the same unit: it was at 50 °F for two hours, 46 is allowed."""

from tests.worlds.projects.common import listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=messages(
        "2d24e6",
        every(10 * MINUTE, "2026-11-19 12:00", "2026-11-20 14:01"),
        lambda n: {"temperature": 50.0 if 120 <= n < 132 else 40.0},
    ),
    settings='[sources.sigfox.quantities]\ntemperature = { unit = "°F" }\n',
    devices=listed(f"{FRIDGE},Fridge,600,35,46"),
    says={"sensors": ["°F", "Fridge"], "operations": ["Fridge"]},
    never={"*": ["°C", "no temperature was measured", "kept its limits", "Nothing needs a look"]},
    figures=[
        figure("low", device=FRIDGE, quantity="temperature"),
        figure("high", device=FRIDGE, quantity="temperature"),
        figure("outside_s", device=FRIDGE, quantity="temperature"),
        figure("excursions", device=FRIDGE, quantity="temperature"),
        figure("highest", device=FRIDGE, quantity="temperature"),
        figure("newest_value", device=FRIDGE, quantity="temperature"),
    ],
)
