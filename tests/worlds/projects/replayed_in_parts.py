"""A capture of eight hours was read, then its last half hour once more: what is known must not become less."""

from tests.worlds.projects.common import BUTTON, LONE
from tests.worlds.sent import Alive, at, presses
from tests.worlds.world import World, figure

END = at("2026-11-19 16:00")
WORLD = World(
    story=__doc__,
    now=at("2026-11-19 18:00"),
    sent=[
        Alive(END, 28_800.0, frames=12, collector="replay"),
        *presses(BUTTON, "2026-11-19 09:00", "2026-11-19 12:00", "2026-11-19 15:45"),
        Alive(END, 1_800.0, frames=4, collector="replay"),
        *presses(BUTTON, "2026-11-19 15:45"),
    ],
    buttons=LONE,
    says={"kanban": ["3 pulls"]},
    never={"kanban": ["48.0", "1 pull of"]},
    figures=[
        figure("observed_s", item="bolts", days=1),
        figure("pulls", item="bolts", days=1),
        figure("presses", item="bolts", days=1),
        figure("rate_per_day", item="bolts", days=1),
        figure("last_press", item="bolts"),
    ],
)
