"""Seven people of whom six worked today: means of six may be told, and nothing of any single one."""

from itertools import chain

from tests.worlds.projects.common import listed
from tests.worlds.sent import at, at_work
from tests.worlds.world import World, figure

NAMES = ("Anna", "Ben", "Carla", "Dan", "Eva", "Finn", "Gerda")
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 18:00"),
    sent=list(
        chain.from_iterable(
            at_work(f"desk-{n}", "2026-11-20 08:00", f"2026-11-20 {9 + n:02}:00", every_s=60) for n in range(6)
        )
    ),
    devices=listed(*(f"pc:desk-{n},Desk {n},{name}" for n, name in enumerate(NAMES)), columns="name,person"),
    never={
        "activity": [*NAMES, *(f"Desk {n}" for n in range(7)), "1.0 h", "6.0 h"],
        "operations": [*NAMES],
        "health": [*NAMES],
    },
    figures=[
        figure("team_people", days=1),
        figure("team_mean_s", days=1),
        *(figure("active_s", pc=f"desk-{n}", days=1) for n in (0, 5)),
    ],
)
