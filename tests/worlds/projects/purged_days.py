"""Three weeks of an access point with the usual retention: sightings of a day are gone after two, visits after 30."""

import datetime as dt

from tests.worlds.projects.common import NODE
from tests.worlds.sent import Sent, at, stay
from tests.worlds.world import World, figure

FIRST = dt.date(2026, 11, 2)
SENT: list[Sent] = [
    one
    for day in range(19)
    for visitor in range(6)
    for one in stay(
        NODE,
        f"02:00:00:00:{day:02x}:{visitor:02x}",
        f"{FIRST + dt.timedelta(days=day)} {9 + visitor:02}:00",
        f"{FIRST + dt.timedelta(days=day)} {9 + visitor:02}:30",
        step_s=600,
    )
]
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 16:00"),
    sent=SENT,
    site="",
    purge=True,
    says={"presence?period=28d": ["114"]},
    never={
        "presence?period=28d": ["| 0 devices", "No visitor device"],
    },
    figures=[
        figure("visitors", days=19),
        figure("visitors", days=1),
        figure("newest_day"),
        figure("visits", days=19),
        figure("median_dwell_s", days=19),
    ],
)
