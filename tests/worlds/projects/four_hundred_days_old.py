"""A project that was left 400 days ago: a fridge, a button and an access point spoke then, and nothing since."""

from tests.worlds.projects.common import BUTTON, LONE, NODE, NODE_ID, UNITS, listed
from tests.worlds.sent import HOUR, alive, at, at_work, every, messages, presses, stay
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 12:00"),
    sent=[
        *messages("2d24e6", every(HOUR, "2025-10-10 00:00", "2025-10-16 12:00"), lambda n: {"temperature": 4.0}),
        *alive("2025-10-10 00:00", "2025-10-16 12:00", step_s=7200),
        *presses(BUTTON, *(f"2025-10-{day} 10:00" for day in range(10, 16))),
        *stay(NODE, "02:00:00:00:00:01", "2025-10-16 08:00", "2025-10-16 12:00"),
        *at_work("desk-1", "2025-10-16 08:00", "2025-10-16 10:00"),
    ],
    settings=UNITS,
    devices=listed(
        f"{FRIDGE},Fridge,3600,2,8,", f"{NODE},Door,,,,node", columns="name,expected_interval_s,low,high,role"
    ),
    buttons=LONE,
    says={"operations": ["400 d"], "sensors": ["Fridge"], "health": ["400 d"]},
    never={
        "*": [
            "Nothing needs a look", "kept its limits in the last", "as they should be", "All sources deliver",
            "every button was pressed within its usual time", "No record has arrived yet",
        ],
        "presence": ["Present now | 0", "No visitor device today", "| 0 devices"],
        "activity": ["person today"],
        "kanban": ["Pulls, last 7 days | 0", "−6", "Capture running | 100"],
        "sensors": ["Fridge now", "none is late", "every sensor kept its limits"],
    },
    figures=[
        figure("newest", device=FRIDGE),
        figure("silent_s", device=FRIDGE),
        figure("state", device=FRIDGE),
        figure("state", device=NODE_ID),
        figure("nodes_reporting"),
        figure("nodes_known"),
        figure("pulls", item="bolts", days=7),
        figure("observed_s", item="bolts", days=7),
        figure("last_press", item="bolts"),
        figure("unknown_s", pc="desk-1", days=1),
        figure("readings", device=FRIDGE, quantity="temperature", hours=24),
        figure("visits", days=1),
    ],
)  # fmt: skip
