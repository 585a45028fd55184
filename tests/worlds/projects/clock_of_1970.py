"""A sensor whose clock begins at 1970 whenever its battery was changed, as today; it sends twenty samples an hour."""

import datetime as dt

from tests.worlds.projects.common import KEPT, UNITS, listed
from tests.worlds.sent import HOUR, Frame, at, every
from tests.worlds.world import World, figure

SENSOR = "efento:282c024156af"
UNSET = dt.datetime(1970, 1, 1, 0, 5, tzinfo=dt.UTC)
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        Frame(moment, "282C024156AF", ((1, tuple(45 + n % 3 for n in range(20))),), UNSET + number * HOUR)
        for number, moment in enumerate(every(HOUR, "2026-11-20 08:00", "2026-11-20 14:01"))
    ],
    settings=UNITS,
    devices=listed("282C024156AF,Fridge,3600,2,8"),
    says={"operations": ["clock"], "health": ["Fridge", "clock"]},
    never={
        "*": ["1970", "never heard", "has sent no record"],
        "operations": ["Fridge is silent", "Nothing needs a look"],
        "health": ["all within a minute"],
        "sensors": ["No record has arrived", KEPT],
    },
    figures=[
        figure("newest", device=SENSOR),
        figure("silent_s", device=SENSOR),
        figure("state", device=SENSOR),
        figure("devices_heard", source="efento"),
        figure("devices_known", source="efento"),
        figure("records", source="efento"),
        figure("devices_on_time", source="efento"),
    ],
)
