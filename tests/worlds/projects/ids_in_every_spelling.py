"""Devices listed as their labels spell them: upper case, dashes, no separators, leading zeros; one that never spoke."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import HOUR, MINUTE, Frame, at, at_work, empty_reports, every, messages
from tests.worlds.world import World, figure

SIGFOX, EFENTO, NODE = "sigfox:2d24e6", "efento:282c024156af", "ac:86:74:61:4f:c0"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-11-20 08:00", "2026-11-20 14:01"), lambda n: {"temperature": 4.5}),
        *(
            Frame(moment + HOUR, "282C024156AF", ((1, tuple(45 + n % 3 for n in range(20))),), moment)
            for moment in every(HOUR, "2026-11-20 07:00", "2026-11-20 13:01")
        ),
        *empty_reports("AC:86:74:61:4F:C0", "2026-11-20 08:00", "2026-11-20 14:01"),
        *at_work("desk-1", "2026-11-20 09:00", "2026-11-20 11:00"),
    ],
    settings=UNITS,
    devices=listed(
        "sigfox:002D24E6,Fridge,600,2,8,",
        "282C024156AF,Lab probe,3600,4,5,",
        "AC-86-74-61-4F-C0,Door,,,,node",
        " pc:desk-1 ,Desk one,,,,",
        "sigfox:2D24E8,Freezer,600,2,8,",
        columns="name,expected_interval_s,low,high,role",
    ),
    says={
        "sensors": ["Fridge", "Lab probe"],
        "health": ["Fridge", "Lab probe", "Door", "Freezer"],
    },
    never={
        "*": ["2D24E6", "sigfox:2d24e6", "282c024156af", "282C024156AF", "AC-86-74-61-4F-C0", "ac:86:74:61:4f:c0"],
        "operations": ["Nothing needs a look"],
    },
    figures=[
        figure("low", device=SIGFOX, quantity="temperature"),
        figure("high", device=SIGFOX, quantity="temperature"),
        figure("low", device=EFENTO, quantity="temperature"),
        figure("high", device=EFENTO, quantity="temperature"),
        figure("state", device=SIGFOX),
        figure("state", device=EFENTO),
        figure("interval_s", device=EFENTO),
        figure("devices_known", source="sigfox"),
        figure("devices_known", source="efento"),
        figure("devices_known", source="cloudtrax"),
        figure("nodes_known"),
        figure("lowest", device=EFENTO, quantity="temperature"),
        figure("highest", device=EFENTO, quantity="temperature"),
        figure("readings", device=EFENTO, quantity="temperature"),
        figure("pcs"),
    ],
)
