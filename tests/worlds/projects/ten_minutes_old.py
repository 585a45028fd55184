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
        "operations": [
            *("Three devices are heard", "Fridge reads 5.9 °C, within 2–8 °C", "recording for 10 min"),
            *("One thing needs you: one device has no name", "ac:86:74:11:22:33,…,,,", "in devices.csv"),
            *("< 5 devices in 1 h", "10 readings", "1 press", "Newest 5 of 32 records, one heartbeat at most"),
            *("now: 10 points", "after five whole weeks with five pulls", "Mon 23 Nov, after three days"),
            *("once 5 devices are here at a time", "fewer than 5 sightings", "1 reading", "1 heartbeat"),
        ],
        "kanban": ["bolts", "after five pulls", "after 14 days with pulls"],
        "sensors": ["5.9 °C", "now: 10 points", "Sat 21 Nov, after the first day"],
        "presence": ["< 5", "after 5 visits of 5 min or more", "with a second access point"],
        "health": ["What arrived, as it arrived"],
    },
    never={
        "*": [KEPT, "silent since", "as usual", "02:00:00:00:00:01", "~\\b[1-4] sightings?\\b"],
        "operations": ["Nothing needs a look", "withheld", "No band yet", "too few to say"],
        "kanban": ["more often than", "may be dead", "every button was pressed within its usual time"],
        "presence": ["0 visitors", "as usual", "no records", "No move between zones was seen"],
        "sensors": ["No limit is known to have been left", "No device missed"],
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
