"""A sensor that was set up two minutes ago and has sent one reading."""

from tests.worlds.projects.common import KEPT
from tests.worlds.sent import Message, at
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[Message(at("2026-11-20 14:00"), "2d24e6", {"temperature": 4.5}, 1)],
    settings='[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\n',
    devices="device_id,name,expected_interval_s,low,high\nsigfox:2d24e6,Fridge,600,2,8\n",
    says={
        "operations": [
            *("One device is heard; Fridge reads 4.5 °C, within 2–8 °C.", "1 reading", "now: 1 point"),
            *("Nothing needs you now", "Newest 1 of 1 record", "recording for 2 min"),
        ],
        "sensors": ["4.5 °C", "Fridge", "is not known"],
        "health": ["Sigfox"],
    },
    never={
        "*": [KEPT, "never heard", "Nothing needs a look"],
        "sensors": ["0 °C", "100 %"],
        "health": ["silent since"],
    },
    figures=[
        figure("readings", device="sigfox:2d24e6", quantity="temperature", hours=24),
        figure("newest", device="sigfox:2d24e6"),
        figure("silent_s", device="sigfox:2d24e6"),
        figure("state", device="sigfox:2d24e6"),
        figure("lowest", device="sigfox:2d24e6", quantity="temperature", hours=24),
        figure("newest_value", device="sigfox:2d24e6", quantity="temperature", hours=24),
        figure("devices_known", source="sigfox"),
        figure("devices_heard", source="sigfox"),
        figure("records", source="sigfox"),
        figure("low", device="sigfox:2d24e6", quantity="temperature"),
    ],
)
