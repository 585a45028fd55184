"""Of four listed devices one speaks: a sensor, an access point and a PC were never heard, one has a typing error."""

from tests.worlds.projects.common import KEPT, UNITS, listed
from tests.worlds.sent import MINUTE, at, empty_reports, every, messages
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-11-19 08:00", "2026-11-20 14:01"), lambda n: {"temperature": 4.5}),
        *empty_reports("AC:86:74:61:4F:C0", "2026-11-19 08:00", "2026-11-20 14:01"),
    ],
    settings=UNITS,
    devices=listed(
        "sigfox:2d24e6,Fridge,600,2,8,",
        "sigfox:2d24ea,Freezer,600,2,8,",
        "ac:86:74:61:4f:c0,Door,,,,node",
        "ac:86:74:61:4f:c9,Hall,,,,node",
        "pc:desk-1,Desk 1,,,,",
        columns="name,expected_interval_s,low,high,role",
    ),
    says={"operations": ["Freezer", "Hall"], "health": ["Freezer", "Hall", "never heard"]},
    never={
        "*": ["All nodes report", "All one nodes report", "All two nodes report", "all 1 nodes report"],
        "operations": ["Nothing needs a look"],
        "sensors": [KEPT, "All two sensors", "1 of 1", "100.0 % | hardly", "14 days; hardly"],
        "health": ["none is late", "as they should be", "Devices on time | 2 of 2"],
    },
    figures=[
        figure("state", device="sigfox:2d24e6"),
        figure("state", device="sigfox:2d24ea"),
        figure("devices_known", source="sigfox"),
        figure("devices_heard", source="sigfox"),
        figure("devices_on_time", source="sigfox"),
        figure("nodes_known"),
        figure("nodes_reporting"),
    ],
)
