"""Three fridges with limits: two are well, the third has been silent for thirty hours."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

NAMES = {"2d24e6": "Fridge", "2d24e7": "Freezer", "2d2501": "Cold room"}
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-11-17 00:00", "2026-11-20 14:01"), lambda n: {"temperature": 4.0}),
        *messages("2d24e7", every(10 * MINUTE, "2026-11-17 00:03", "2026-11-20 14:01"), lambda n: {"temperature": 5.0}),
        *messages("2d2501", every(10 * MINUTE, "2026-11-17 00:06", "2026-11-19 08:01"), lambda n: {"temperature": 6.0}),
    ],
    settings=UNITS,
    devices=listed(*(f"sigfox:{one},{name},600,2,8" for one, name in NAMES.items())),
    says={
        "report:sensor_report@2026-11-19": ["Cold room"],
        "operations": ["Cold room", "30 h"], "sensors": ["Cold room", "30 h"], "health": ["Cold room", "30 h"]},
    never={
        "report:sensor_report@2026-11-19": [
            "~All three sensors kept their limits(?! as far as is known)",
            "All two sensors",
            "100.0 %",
        ],
        "*": ["All two sensors", "All three sensors kept", "Nothing needs a look"],
        "sensors": ["100.0 %", "Devices on time | 2 of 2", "none is late", "every sensor kept", "hardly any missing"],
        "health": ["100.0 %", "Devices on time | 2 of 2", "none is late", "hardly any missing"],
    },
    figures=[
        *(figure("state", device=f"sigfox:{one}") for one in NAMES),
        figure("silent_s", device="sigfox:2d2501"),
        figure("devices_known", source="sigfox"),
        figure("devices_heard", source="sigfox"),
        figure("devices_on_time", source="sigfox"),
        figure("share_received", device="sigfox:2d2501", days=1),
        figure("share_received", device="sigfox:2d24e6", days=1),
        figure("readings", device="sigfox:2d2501", quantity="temperature", hours=24),
        figure("readings", device="sigfox:2d24e7", quantity="temperature", hours=24),
    ],
)  # fmt: skip
