"""One PC of one person, without leave to show people: only its own page may tell anything of it."""

from tests.worlds.projects.common import listed
from tests.worlds.sent import at, at_work
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:00"),
    sent=[
        *at_work("desk-3", "2026-11-20 08:00", "2026-11-20 10:00"),
        *at_work("desk-3", "2026-11-20 10:00", "2026-11-20 10:30", idle=True),
        *at_work("desk-3", "2026-11-20 11:00", "2026-11-20 12:00"),
    ],
    devices=listed("pc:desk-3,Desk 3,Anna", columns="name,person"),
    people=["Anna"],
    says={
        "person-Anna": ["3.0 h"],
    },
    never={
        "operations": ["Desk 3", "Anna", "3.0 h"],
        "activity": ["Desk 3", "Anna", "3.0 h", "2.0 h", "3 h 30 min"],
        "health": ["Desk 3", "Anna", "12:00"],
        "person-Anna": ["nearly every hour is recorded", "6.0 h of"],
    },
    figures=[
        figure("active_s", pc="desk-3", days=1),
        figure("known_s", pc="desk-3", days=1),
        figure("unknown_s", pc="desk-3", days=1),
        figure("last_active", pc="desk-3"),
        figure("pcs"),
    ],
)
