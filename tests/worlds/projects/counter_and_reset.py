"""A water meter that was reset by a change of its battery at noon; what it counted before is not lost."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

METER = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=messages(
        "2d24e6",
        every(10 * MINUTE, "2026-11-20 00:00", "2026-11-20 14:01"),
        lambda n: {"pulses": 5000 + 3 * n if n < 72 else 3 * (n - 72)},
    ),
    settings=UNITS,
    devices=listed(f"{METER},Water,600,,"),
    says={"sensors": ["Water"]},
    never={"*": ["−5,2", "kept its limits"]},
    figures=[
        figure("readings", device=METER, quantity="pulses", hours=24),
        figure("newest_value", device=METER, quantity="pulses", hours=24),
        figure("state", device=METER),
    ],
)
