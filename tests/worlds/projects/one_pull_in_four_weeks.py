"""A capture has listened for four weeks and one container was pulled: too few to say what is usual."""

from tests.worlds.projects.common import BUTTON, LONE
from tests.worlds.sent import alive, at, presses
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[*alive("2026-10-24 00:00", "2026-11-20 14:00", step_s=3600), *presses(BUTTON, "2026-11-19 10:00")],
    buttons=LONE,
    says={"operations": ["Nothing needs a look."], "kanban": ["too few", "1 pull"]},
    never={
        "*": ["more often than its limits allow", "may be dead", "0.0–0.0", "rising", "falling"],
        "operations": ["bolts is"],
    },
    figures=[
        figure("pulls", item="bolts", days=28),
        figure("presses", item="bolts", days=28),
        figure("observed_s", item="bolts", days=28),
        figure("rate_per_day", item="bolts", days=28),
        figure("unpressed_s", item="bolts"),
        figure("last_press", item="bolts"),
    ],
)
