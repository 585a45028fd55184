"""Five PCs of five people worked until Friday evening; it is Sunday, they are off, and that is nobody's alarm."""

from itertools import chain

from tests.worlds.projects.common import listed
from tests.worlds.sent import at, at_work
from tests.worlds.world import World, figure

NAMES = ("anna", "ben", "carla", "dan", "eva")
WORLD = World(
    story=__doc__,
    now=at("2026-11-22 14:00"),
    sent=list(
        chain.from_iterable(
            [
                *at_work(f"desk-{name}", f"2026-11-20 {8 + n:02}:00", f"2026-11-20 {9 + n:02}:00", every_s=60),
                *at_work(
                    f"desk-{name}", f"2026-11-20 {9 + n:02}:00", f"2026-11-20 {9 + n:02}:30", idle=True, every_s=60
                ),
            ]
            for n, name in enumerate(NAMES)
        )
    ),
    settings="[activity]\nshow_everyone = true\n",
    devices=listed(*(f"pc:desk-{name},Desk {name},{name}" for name in NAMES), columns="name,person"),
    says={"operations": ["Nothing needs a look."]},
    never={
        "*": ["lost 100 %", "100 % of those due", "is silent since", "has sent no record", "messages received 67 %"],
        "health": ["None of five", "None of 5", "silent since"],
        "activity": ["0 min of"],
    },
    figures=[
        *(figure("active_s", pc=f"desk-{name}", days=3) for name in NAMES),
        *(figure("known_s", pc=f"desk-{name}", days=3) for name in NAMES[:2]),
        figure("active_s", pc="desk-anna", days=1),
        figure("unknown_s", pc="desk-anna", days=1),
        figure("last_active", pc="desk-eva"),
        figure("pcs"),
    ],
)
