"""The computer that collects died at nine in the morning: everything is silent since, and nobody knows of anything."""

from tests.worlds.projects.common import BUTTON, KEPT, LONE, NODE, NODE_ID, UNITS, listed
from tests.worlds.sent import MINUTE, alive, at, at_work, every, messages, presses, stay
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:00"),
    sent=[
        *messages(
            "2d24e6", every(10 * MINUTE, "2026-11-19 00:00", "2026-11-20 09:00"), lambda n: {"temperature": 4 + n % 5}
        ),
        *stay(NODE, "02:00:00:00:00:01", "2026-11-19 00:00", "2026-11-20 09:00"),
        *alive("2026-11-16 00:00", "2026-11-20 09:00", step_s=3600),
        *presses(BUTTON, "2026-11-16 10:00", "2026-11-17 11:00", "2026-11-18 09:30", "2026-11-19 15:00"),
        *at_work("desk-1", "2026-11-20 07:00", "2026-11-20 09:00"),
    ],
    settings=UNITS,
    devices=listed(f"{FRIDGE},Fridge,600,2,8", "pc:desk-1,Desk 1,,,"),
    buttons=LONE,
    says={
        "operations": ["5 h"],
        "health": ["5 h"],
        "sensors": ["5 h"],
    },
    never={
        "*": [
            "Nothing needs a look", "Every source delivers", "All sources deliver", "All one nodes report",
            "every button was pressed within its usual time",
        ],
        "presence": ["Present now | 0", "All nodes report"],
        "sensors": ["Fridge now", KEPT, "none is late"],
        "health": ["as they should be", "no silence of a whole source", "none is late", "Messages received | 100"],
        "kanban": ["Capture running | 100 %"],
    },
    figures=[
        figure("newest", device=FRIDGE),
        figure("silent_s", device=FRIDGE),
        figure("state", device=FRIDGE),
        figure("state", device=NODE_ID),
        figure("silent_s", source="sigfox"),
        figure("nodes_reporting"),
        figure("nodes_known"),
        figure("readings", device=FRIDGE, quantity="temperature", hours=24),
        figure("share_received", device=FRIDGE, days=1),
        figure("observed_s", item="bolts", days=7),
        figure("pulls", item="bolts", days=7),
        figure("rate_per_day", item="bolts", days=7),
        figure("unpressed_s", item="bolts"),
        figure("last_press", item="bolts"),
        figure("active_s", pc="desk-1", days=1),
        figure("unknown_s", pc="desk-1", days=1),
    ],
)  # fmt: skip
