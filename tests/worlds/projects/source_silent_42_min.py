"""Three sensors that send together every five minutes have all been silent for 42 minutes; the access point reports."""

from itertools import chain

from tests.worlds.sent import MINUTE, at, empty_reports, every, messages
from tests.worlds.world import World, figure

NAMES = {"2d24e6": "Fridge", "2d24e7": "Freezer", "2d2501": "Cold room"}
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:42:02"),
    sent=[
        *chain.from_iterable(
            messages(
                device,
                every(5 * MINUTE, "2026-11-19 14:00", "2026-11-20 14:01"),
                lambda n: {"temperature": 4 + n % 3 / 10},
            )
            for device in NAMES
        ),
        *empty_reports("AC:86:74:11:22:33", "2026-11-19 14:00", "2026-11-20 14:42"),
    ],
    settings='[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\n',
    devices="device_id,name,low,high\n" + "".join(f"sigfox:{one},{name},2,8\n" for one, name in NAMES.items()),
    says={
        "operations": ["Sigfox", "42 min"],
        "health": ["42 min"],
    },
    never={
        "*": ["Nothing needs a look", "Every source delivers", "All sources deliver"],
        "sensors": ["now 4.0 °C", "now 4.1 °C", "now 4.2 °C"],
    },
    figures=[
        *(figure("newest", device=f"sigfox:{one}") for one in NAMES),
        *(figure("silent_s", device=f"sigfox:{one}") for one in NAMES),
        *(figure("state", device=f"sigfox:{one}") for one in NAMES),
        figure("silent_s", source="sigfox"),
        figure("interval_s", device="sigfox:2d24e6"),
        figure("records", source="sigfox"),
        figure("devices_heard", source="sigfox"),
        figure("longest_pause_s", device="sigfox:2d24e6"),
        figure("state", device="ac:86:74:11:22:33"),
        figure("share_left_out", device="sigfox:2d24e6"),
    ],
)
