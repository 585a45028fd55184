"""A button that only asks for an address when it is pressed, and DHCP is not counted: a setting, not an idle item."""

from tests.worlds.projects.common import BUTTON, LONE
from tests.worlds.sent import Joins, alive, at
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *alive("2026-11-16 00:00", "2026-11-20 14:00", step_s=3600),
        *(Joins(at(f"2026-11-{day} 10:00"), BUTTON, day) for day in range(16, 21)),
    ],
    buttons=LONE,
    says={"kanban": ["dhcp = true"], "operations": ["DHCP"]},
    never={"kanban": ["less often than", "usual time"]},
    figures=[
        figure("pulls", item="bolts", days=7),
        figure("presses", item="bolts", days=7),
        figure("observed_s", item="bolts", days=7),
        figure("records", source="button", days=5),
    ],
)
