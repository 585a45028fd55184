"""The day the clocks go forward has 23 hours: a fridge, a capture and an access point never missed a minute of it."""

from tests.worlds.projects.common import BUTTON, LONE, NODE, NODE_ID, UNITS, listed
from tests.worlds.sent import MINUTE, alive, at, at_work, every, messages, presses, stay
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-03-29 23:59:30"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-03-28 00:00", "2026-03-29 23:59"), lambda n: {"temperature": 4.0}),
        *alive("2026-03-28 00:00", "2026-03-29 23:59"),
        *presses(BUTTON, "2026-03-28 10:00", "2026-03-29 01:30", "2026-03-29 03:30"),
        *stay(NODE, "02:00:00:00:00:01", "2026-03-29 01:00", "2026-03-29 03:55"),
        *stay(NODE, "02:00:00:00:00:02", "2026-03-29 10:00", "2026-03-29 12:00"),
        *at_work("desk-1", "2026-03-29 01:30", "2026-03-29 03:30"),
    ],
    settings=UNITS,
    devices=listed(f"{FRIDGE},Fridge,600,2,8"),
    buttons=LONE,
    says={"sensors": ["kept its limits"]},
    never={
        "*": ["unknown minutes", "1 h unknown"],
        "sensors": ["4 % |", "| 138 | 144 |"],
        "kanban": ["96 %"],
    },
    figures=[
        figure("share_received", device=FRIDGE, days=1),
        figure("readings", device=FRIDGE, quantity="temperature", hours=24),
        figure("numbers_left_out", device=FRIDGE),
        figure("observed_s", item="bolts", days=1),
        figure("observed_s", item="bolts", days=2),
        figure("rate_per_day", item="bolts", days=2),
        figure("pulls", item="bolts", days=1),
        figure("visits", days=1),
        figure("median_dwell_s", days=1),
        figure("active_s", pc="desk-1", days=1),
        figure("known_s", pc="desk-1", days=1),
        figure("unknown_s", pc="desk-1", days=1),
        figure("state", device=NODE_ID),
    ],
)
