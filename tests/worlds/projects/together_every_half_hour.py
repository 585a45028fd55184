"""Twelve sensors send together every half hour and did so 25 minutes ago: nothing is late yet, nothing is silent."""

from itertools import chain

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

DEVICES = [f"2d25{n:02x}" for n in range(12)]
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:25"),
    sent=list(
        chain.from_iterable(
            messages(one, every(30 * MINUTE, "2026-11-19 12:00", "2026-11-20 14:01"), lambda n: {"temperature": 4.0})
            for one in DEVICES
        )
    ),
    settings=UNITS,
    devices=listed(*(f"sigfox:{one},Fridge {n},1800,2,8" for n, one in enumerate(DEVICES))),
    says={"operations": ["Nothing needs a look."], "health": ["as they should be"]},
    never={
        "*": ["Sigfox is silent", "has sent no record", "nothing in 24 h", "each 0 s"],
        "operations": ["no record for"],
    },
    figures=[
        figure("state", device=f"sigfox:{DEVICES[0]}"),
        figure("interval_s", device=f"sigfox:{DEVICES[3]}"),
        figure("silent_s", source="sigfox"),
        figure("devices_on_time", source="sigfox"),
        figure("devices_known", source="sigfox"),
        figure("records", source="sigfox", days=2),
        figure("share_received", device=f"sigfox:{DEVICES[1]}", days=1),
    ],
)
