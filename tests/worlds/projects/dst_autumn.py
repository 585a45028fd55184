"""The day the clocks go back has 25 hours, and 02:30 comes twice: nothing is doubled and nothing is lost."""

from tests.worlds.projects.common import BUTTON, LONE, NODE, UNITS, listed
from tests.worlds.sent import MINUTE, alive, at, at_work, every, messages, presses, stay
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-10-25 23:59:30"),
    sent=[
        *messages(
            "2d24e6",
            every(10 * MINUTE, "2026-10-24 00:00", "2026-10-25 23:59"),
            lambda n: {"temperature": 9.0 if 160 <= n < 166 else 4.0},
        ),
        *alive("2026-10-24 00:00", "2026-10-25 23:59"),
        *presses(BUTTON, "2026-10-24 10:00", "2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00"),
        *stay(NODE, "02:00:00:00:00:01", "2026-10-25 01:00", "2026-10-25 03:55"),
        *stay(NODE, "02:00:00:00:00:02", "2026-10-25 10:00", "2026-10-25 12:00"),
        *at_work("desk-1", "2026-10-25 01:30", "2026-10-25 03:30"),
    ],
    settings=UNITS,
    devices=listed(f"{FRIDGE},Fridge,600,2,8"),
    buttons=LONE,
    says={"sensors": ["60 min"], "operations": ["Fridge"]},
    never={
        "*": ["kept its limits"],
        "kanban": ["104 %"],
    },
    figures=[
        figure("share_received", device=FRIDGE, days=1),
        figure("outside_s", device=FRIDGE, quantity="temperature", hours=24),
        figure("excursions", device=FRIDGE, quantity="temperature", hours=24),
        figure("highest", device=FRIDGE, quantity="temperature", hours=24),
        figure("observed_s", item="bolts", days=1),
        figure("rate_per_day", item="bolts", days=1),
        figure("pulls", item="bolts", days=1),
        figure("presses", item="bolts", days=2),
        figure("visits", days=1),
        figure("median_dwell_s", days=1),
        figure("active_s", pc="desk-1", days=1),
        figure("known_s", pc="desk-1", days=1),
        figure("unknown_s", pc="desk-1", days=1),
    ],
)
