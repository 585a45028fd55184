"""An access point with a wrong secret sends a report every ten seconds; all are refused, the right one reports."""

import datetime as dt

from tests.worlds.projects.common import NODE
from tests.worlds.sent import Heard, Report, at, empty_reports, every
from tests.worlds.world import World, figure

WRONG = "AC:86:74:99:99:99"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *empty_reports(NODE, "2026-11-20 10:00", "2026-11-20 14:01"),
        *(
            Report(moment, WRONG, (Heard("02:00:00:00:00:01", moment, moment, -40),), secret="guess", is_refused=True)
            for moment in every(dt.timedelta(seconds=10), "2026-11-20 13:00", "2026-11-20 14:00")
        ),
    ],
    says={"operations": ["refused"]},
    never={"*": ["ac:86:74:99:99:99", "02:00:00:00:00:01", "guess"], "operations": ["Nothing needs a look"]},
    figures=[
        figure("records", source="cloudtrax"),
        figure("nodes_known"),
        figure("nodes_reporting"),
        figure("visits"),
        figure("sightings"),
        figure("devices_known", source="cloudtrax"),
    ],
)
