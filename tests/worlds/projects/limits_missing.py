"""Two quantities neither of which is a temperature, and a plain limit: nobody can know of which it is the limit."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

ROOM, STORE = "sigfox:4c81a0", "sigfox:4c81a1"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *messages(
            "4c81a0",
            every(10 * MINUTE, "2026-11-20 02:00", "2026-11-20 14:01"),
            lambda n: {"humidity": 47 + n % 3, "co2": 900 + n},
        ),
        *messages("4c81a1", every(10 * MINUTE, "2026-11-20 02:00", "2026-11-20 14:01"), lambda n: {"temperature": 9.0}),
    ],
    settings=UNITS,
    devices=listed(f"{ROOM},Meeting room,600,,60", f"{STORE},Store,600,,"),
    says={"sensors?quantity=all": ["Meeting room", "Store"]},
    never={
        "*": ["kept its limits", "kept their limits", "above 60", "limits –60", "left its limits on"],
    },
    figures=[
        *(figure("high", device=ROOM, quantity=quantity) for quantity in ("humidity", "co2")),
        figure("low", device=STORE, quantity="temperature"),
        figure("outside_s", device=ROOM, quantity="co2"),
        figure("outside_s", device=STORE, quantity="temperature"),
        figure("newest_value", device=ROOM, quantity="co2"),
    ],
)
