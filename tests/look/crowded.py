"""A project in which everything is many and long: names of sixty letters, equal names, ten PCs, eight items, zones.

Nothing is said of it here; it is drawn, at every width, and nothing may be cut off or stand upon something else.
"""

import datetime as dt
from functools import partial
from itertools import chain

from tests.worlds.sent import DAY, HOUR, MINUTE, Alive, Frame, Press, Sent, at, at_work, empty_reports, every, messages
from tests.worlds.world import World

NOW = at("2026-11-20 14:02")
FRIDGES = (
    "Fridge",
    "Fridge",
    "Vaccine fridge in the laboratory on the second floor",
    "Deep freezer, north wing",
    "Dock",
)
METER = "4c81b0"
ITEMS = ("bolts", "nuts M8 × 60 galvanised, in boxes of two hundred", *(f"gasket {n}" for n in range(6)))
PCS = ("Reception", "Reception", "Laboratory computer at the window of room 2.14", *(f"Desk {n}" for n in range(7)))
ZONES = ("Entrance hall and cloakroom of the main building", "Workshop", "")


def _moments(number: int) -> list[dt.datetime]:
    every_one = every(10 * MINUTE, NOW - (3 if number else 8) * DAY, NOW)
    return [moment for moment in every_one if number != 3 or not NOW - 2 * DAY < moment < NOW - DAY]


def _measured(number: int, moments: list[dt.datetime], n: int) -> dict[str, object]:
    is_warm = number == 2 and NOW - 5 * HOUR < moments[n] < NOW - 3 * HOUR
    return {"temperature": 4 + number / 4 + n % 5 / 2 + 9 * is_warm, "humidity": 40 + n % 9, "co2": 1400 + n % 70}


def _sensors() -> list[Sent]:
    """Five sensors of days, an excursion of the third today, the fourth with a gap of a day; a water meter."""
    sent: list[Sent] = []
    for number in range(len(FRIDGES)):
        sent += messages(f"4c81a{number}", iter(_moments(number)), partial(_measured, number, _moments(number)))
    sent += messages(METER, every(HOUR, NOW - 8 * DAY, NOW), lambda n: {"water": 3 * n})
    return sent + [
        Frame(moment, "282C024156AF", ((1, (50,) * 20), (1, (70 + number % 3,) * 20)), moment - HOUR)
        for number, moment in enumerate(every(HOUR, NOW - DAY, NOW))
    ]


def _buttons() -> list[Sent]:
    pressed = [
        Press(moment + number * 7 * MINUTE, f"02:7e:11:a0:00:{number:02x}")
        for number in range(len(ITEMS))
        for moment in every((6 + 5 * number) * HOUR, NOW - 40 * DAY, NOW - DAY)
    ]
    return [*pressed, *(Alive(moment, 21_600.0) for moment in every(6 * HOUR, NOW - 40 * DAY, NOW))]


def _nodes() -> list[Sent]:
    return list(
        chain.from_iterable(
            empty_reports(f"AC:86:74:11:22:3{number}", "2026-11-19 00:00", "2026-11-20 14:00", step_s=1800)
            for number in range(6)
        )
    )


WORLD = World(
    story=__doc__,
    now=NOW,
    sent=[
        *_sensors(),
        *_buttons(),
        *_nodes(),
        *chain.from_iterable(
            at_work(f"pc-{n}", "2026-11-20 08:00", "2026-11-20 09:00", every_s=60) for n in range(len(PCS))
        ),
    ],
    settings="""
[activity]
show_everyone = true
[sources.sigfox.quantities]
temperature = { unit = "°C" }
humidity = { unit = "%" }
co2 = { unit = "ppm" }
water = { unit = "l" }
""",
    devices="\n".join(
        (
            "device_id,name,zone,role,expected_interval_s,low,high",
            *(f'sigfox:4c81a{number},"{name}",,,600,2,8' for number, name in enumerate(FRIDGES)),
            f"sigfox:{METER},Water meter of the whole building,,,3600,,",
            "efento:282c024156af,Vaccine fridge of two channels,,,3600,2,8",
            *(f'AC:86:74:11:22:3{number},Node {number},"{ZONES[number % 3]}",node,,,' for number in range(6)),
            *(f'pc:pc-{number},"{name}",,,,,' for number, name in enumerate(PCS)),
            "",
        )
    ),
    buttons="\n".join(
        (
            "Name,MAC-Address,role,item,container_qty,dead_time_s,cards,lead_time_days",
            *(f'Button {n},02:7e:11:a0:00:{n:02x},button,"{item}",200,60,{2 + n},1' for n, item in enumerate(ITEMS)),
            "",
        )
    ),
)
