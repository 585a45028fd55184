"""Somebody wrote the lower limit above the higher one: an error of the file, not a fridge that is always outside."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=messages("2d24e6", every(10 * MINUTE, "2026-11-20 02:00", "2026-11-20 14:01"), lambda n: {"temperature": 5.0}),
    settings=UNITS,
    devices=listed("sigfox:2d24e6,Fridge,600,8,2"),
    says={"sensors": ["devices.csv", "low"], "operations": ["devices.csv"]},
    never={"*": ["outside for", "kept its limits", "above 2 °C", "below 8 °C", "Nothing needs a look"]},
)
