"""A button was pressed twice a day until the capture was switched off eight days ago: nobody knows of any since."""

from tests.worlds.projects.common import BUTTON, LONE
from tests.worlds.sent import alive, at, presses
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *alive("2026-10-24 00:00", "2026-11-12 14:00", step_s=3600),
        *presses(BUTTON, *(f"2026-11-{day:02} {hour}:{day:02}" for day in range(1, 12) for hour in ("09", "14"))),
    ],
    buttons=LONE,
    says={"operations": ["8 d"], "kanban": ["Bolts"]},
    never={
        "*": ["Nothing needs a look", "more often than", "less often than", "may be dead"],
        "kanban": [
            "Every button was pressed within its usual time", "Pulls, last 7 days | 0", "−14", "Capture running | 100",
            "falling",
        ],
    },
    figures=[
        figure("pulls", item="bolts", days=28),
        figure("pulls", item="bolts", days=7),
        figure("observed_s", item="bolts", days=28),
        figure("observed_s", item="bolts", days=7),
        figure("rate_per_day", item="bolts", days=28),
        figure("unpressed_s", item="bolts"),
    ],
)  # fmt: skip
