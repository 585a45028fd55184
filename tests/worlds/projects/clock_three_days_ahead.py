"""A sensor whose clock is three days ahead, beside one whose clock is right; the first fell silent two hours ago."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import DAY, MINUTE, Message, at, every, messages
from tests.worlds.world import World, figure

AHEAD, RIGHT = "sigfox:2d24e6", "sigfox:2d24e7"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *(
            Message(moment, "2d24e6", {"temperature": 4.5}, n, measured=moment + 3 * DAY)
            for n, moment in enumerate(every(10 * MINUTE, "2026-11-20 04:00", "2026-11-20 12:01"))
        ),
        *messages("2d24e7", every(10 * MINUTE, "2026-11-20 04:00", "2026-11-20 14:01"), lambda n: {"temperature": 5.5}),
    ],
    settings=UNITS,
    devices=listed(f"{AHEAD},Fridge,600,2,8", f"{RIGHT},Freezer,600,2,8"),
    says={"operations": ["Fridge"], "health": ["Fridge", "2 h 2 min"]},
    never={
        "*": [
            "−2 d",
            "−3 d",
            "silent for −",
            "in 2 d",
            "in 3 d",
            "Mon 23 Nov, 12:00",
            "Mon 23 Nov, 14:00",
            "All sensors are heard",
        ],
        "operations": ["Nothing needs a look"],
        "health": ["all within a minute", "as they should be", "none is late"],
        "sensors": ["Fridge now"],
    },
    figures=[
        figure("newest", device=AHEAD),
        figure("silent_s", device=AHEAD),
        figure("state", device=AHEAD),
        figure("state", device=RIGHT),
        figure("silent_s", source="sigfox"),
        figure("devices_on_time", source="sigfox"),
        figure("clock_offset_s", device=RIGHT),
        figure("records", source="sigfox"),
    ],
)
