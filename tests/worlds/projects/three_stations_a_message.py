"""Every message is heard by three stations, and the backend passes all copies on unmarked; every second one is lost."""

import datetime as dt

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, Message, Sent, at, every
from tests.worlds.world import World, figure

SENSOR = "sigfox:2d24e6"
SENT: list[Sent] = [
    Message(
        moment + dt.timedelta(seconds=2 + copy),
        "2d24e6",
        {"temperature": 4 + n / 100},
        n,
        measured=moment + dt.timedelta(seconds=copy),
        is_copy=copy > 0,
        says_copy=False,
        station=station,
        rssi=-110.0 - copy,
    )
    for n, moment in enumerate(every(10 * MINUTE, "2026-11-20 06:00", "2026-11-20 14:01"))
    if n % 2 == 0
    for copy, station in enumerate(("1A2B", "2B3C", "3C4D"))
]
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=SENT,
    settings=UNITS,
    devices=listed(f"{SENSOR},Fridge,600,2,8"),
    says={"sensors": ["Fridge"], "health": ["Fridge"]},
    never={
        "*": ["100.0 %", "hardly any missing", "No device missed", "each 1 s"],
    },
    figures=[
        figure("reports", device=SENSOR),
        figure("readings", device=SENSOR, quantity="temperature"),
        figure("mean", device=SENSOR, quantity="temperature"),
        figure("numbers_left_out", device=SENSOR),
        figure("share_left_out", device=SENSOR),
        figure("interval_s", device=SENSOR),
        figure("share_received", device=SENSOR, days=1),
        figure("longest_pause_s", device=SENSOR),
    ],
)
