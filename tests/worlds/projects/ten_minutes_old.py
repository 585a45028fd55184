"""A project ten minutes old: an access point, a button's capture, a sensor; nothing of yesterday to compare with."""

from tests.worlds.projects.common import KEPT
from tests.worlds.sent import MINUTE, alive, at, every, messages, presses, stay
from tests.worlds.world import World, figure

SENSOR = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 10:10"),
    sent=[
        *stay("AC:86:74:11:22:33", "02:00:00:00:00:01", "2026-11-20 10:00", "2026-11-20 10:09", step_s=60),
        *alive("2026-11-20 10:00", "2026-11-20 10:09", step_s=60),
        *presses("02:7e:11:a0:00:01", "2026-11-20 10:04"),
        *messages(
            "2d24e6", every(MINUTE, "2026-11-20 10:00", "2026-11-20 10:10"), lambda n: {"temperature": 5 + n / 10}
        ),
    ],
    settings='[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\n',
    devices="device_id,name,expected_interval_s,low,high\nsigfox:2d24e6,Fridge,60,2,8\n",
    buttons="Name,MAC-Address,role,item\nBolts line 1,02:7e:11:a0:00:01,button,bolts\n",
    says={
        "operations": ["Nothing needs a look."],
        "kanban": ["bolts"],
        "sensors": ["5.9 °C"],
    },
    never={
        "*": [KEPT, "silent since", "as usual"],
        "kanban": ["more often than", "may be dead", "every button was pressed within its usual time"],
        "presence": ["0 visitors", "as usual"],
    },
    figures=[
        figure("readings", device=SENSOR, quantity="temperature", hours=24),
        figure("mean", device=SENSOR, quantity="temperature", hours=24),
        figure("highest", device=SENSOR, quantity="temperature", hours=24),
        figure("newest", device=SENSOR),
        figure("newest", device="ac:86:74:11:22:33"),
        figure("pulls", item="bolts", days=7),
        figure("presses", item="bolts", days=7),
        figure("observed_s", item="bolts", days=7),
        figure("outside_s", device=SENSOR, quantity="temperature", hours=24),
        figure("visitors", days=1),
        figure("devices_known", source="cloudtrax"),
    ],
)
