"""Six devices over the change of keys at four in the morning, one of a sender that keeps first_seen since midnight."""

import datetime as dt

from tests.worlds.projects.common import NODE
from tests.worlds.sent import Heard, Report, Sent, at, every, stay
from tests.worlds.world import World, figure

KEEPS = "02:00:00:00:00:09"
KEPT: list[Sent] = [
    Report(moment, NODE, (Heard(KEEPS, at("2026-11-20 00:30"), moment - dt.timedelta(seconds=5), -45),))
    for moment in every(dt.timedelta(minutes=5), "2026-11-20 00:35", "2026-11-20 07:31")
]
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 10:00"),
    sent=[
        *KEPT,
        *(
            one
            for n in range(1, 7)
            for one in stay(NODE, f"02:00:00:00:00:0{n}", "2026-11-20 02:00", "2026-11-20 03:00")
        ),
        *stay(NODE, "02:00:00:00:00:01", "2026-11-20 09:00", "2026-11-20 10:00"),
    ],
    site="keep = true\nk = 2\n",
    says={"presence": ["9 devices"]},
    never={"presence": ["6 h 5"]},
    figures=[
        figure("visits", days=1),
        figure("visitors", days=1),
        figure("median_dwell_s", days=1),
        figure("longest_dwell_s", days=1),
        figure("peak", days=1),
        figure("strongest_dbm", address=KEEPS),
    ],
)
