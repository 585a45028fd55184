"""A button pressed twice a working day until its battery died on 17 December; the holidays are over now."""

import datetime as dt

from tests.worlds.projects.common import BUTTON, LONE
from tests.worlds.sent import ZONE, Alive, Press, Sent, at, every
from tests.worlds.world import World, figure

HOLIDAYS = ("2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01")
FIRST = dt.date(2026, 11, 2)
PRESSED: list[Sent] = [
    Press(
        dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(hour, 5 * (day % 9)), ZONE).astimezone(dt.UTC),
        BUTTON,
    )
    for day in range(46)
    if (FIRST + dt.timedelta(days=day)).weekday() < 5
    for hour in (8, 13)
]
WORLD = World(
    story=__doc__,
    now=at("2027-01-04 14:00"),
    sent=[
        *PRESSED,
        *(Alive(moment, 6 * 3600.0) for moment in every(dt.timedelta(hours=6), "2026-11-02 06:00", "2027-01-04 14:00")),
        Alive(at("2027-01-04 14:00"), 7200.0),
    ],
    settings='[kanban]\nworking_hours = ["Mon-Fri 08:00-16:00"]\n'
    f"holidays = [{', '.join(chr(34) + day + chr(34) for day in HOLIDAYS)}]\n",
    buttons=LONE,
    works=((0, 1, 2, 3, 4), 8, 16),
    holidays=HOLIDAYS,
    says={
        "operations": ["Bolts: button silent", "8.1 working days (18 d 1 h)"],
        "kanban": ["8.1 working days (18 d 1 h)", "may be dead"],
    },
    never={
        "*": [
            "Nothing needs a look",
            "every button was pressed within its usual time",
            "2 d 17 h",
            "2 d 18 h",
            "2 d 19 h",
        ],
    },
    figures=[
        figure("pulls", item="bolts", days=70),
        figure("presses", item="bolts", days=70),
        figure("last_press", item="bolts"),
        figure("unpressed_s", item="bolts"),
    ],
)
