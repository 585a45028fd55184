"""An access point whose secret is wrong is all there is: nothing was taken in, and the page says why."""

import datetime as dt

from tests.worlds.sent import Heard, Report, at, every
from tests.worlds.world import World, figure

NODE, SECRET = "AC:86:74:99:99:99", "never-shown"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 10:10"),
    sent=[
        Report(moment, NODE, (Heard("02:00:00:00:00:01", moment, moment, -40),), secret=SECRET, is_refused=True)
        for moment in every(dt.timedelta(minutes=2), "2026-11-20 10:00", "2026-11-20 10:09")
    ],
    says={
        "operations": [
            *("No record has been taken in yet: 5 reports refused: wrong secret.", "The signature of network 71234"),
            *('[cloudtrax] "71234" = "…"', "refused: bad signature", "No record is kept yet"),
        ],
        "presence": ["No record has arrived yet."],
    },
    never={"*": [NODE, SECRET, "02:00:00:00:00:01", "Nothing needs a look"]},
    figures=[figure("records", source="cloudtrax"), figure("sightings")],
)
