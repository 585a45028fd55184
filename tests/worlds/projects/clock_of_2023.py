"""A sensor whose messages are stamped three years ago, beside one whose clock is right; both send every ten minutes."""

import datetime as dt

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, Message, at, every, messages
from tests.worlds.world import World, figure

BEHIND, RIGHT = "sigfox:2d24e6", "sigfox:2d24e7"
YEARS = dt.timedelta(days=3 * 365)
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *(
            Message(moment, "2d24e6", {"temperature": 4.5}, n, measured=moment - YEARS)
            for n, moment in enumerate(every(10 * MINUTE, "2026-11-20 08:00", "2026-11-20 14:01"))
        ),
        *messages("2d24e7", every(10 * MINUTE, "2026-11-20 08:00", "2026-11-20 14:01"), lambda n: {"temperature": 5.5}),
    ],
    settings=UNITS,
    devices=listed(f"{BEHIND},Fridge,600,2,8", f"{RIGHT},Freezer,600,2,8"),
    says={"operations": ["Fridge", "clock"], "health": ["Fridge", "clock"]},
    never={
        "*": ["never heard", "Fridge is silent", "Fridge has been silent", "has sent no record"],
        "operations": ["Nothing needs a look"],
        "health": ["all within a minute", "Fridge silent"],
        "sensors": ["Fridge now", "All two sensors kept", "Both sensors kept"],
    },
    figures=[
        figure("newest", device=BEHIND),
        figure("silent_s", device=BEHIND),
        figure("state", device=BEHIND),
        figure("state", device=RIGHT),
        figure("clock_offset_s", device=BEHIND),
        figure("devices_heard", source="sigfox"),
        figure("devices_on_time", source="sigfox"),
        figure("records", source="sigfox"),
    ],
)
