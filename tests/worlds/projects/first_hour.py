"""Forty minutes of own devices: a warm fridge, a wrong secret, bytes without a meaning, a sensor nobody named."""

import datetime as dt

from tests.worlds.projects.common import NODE, UNITS, listed
from tests.worlds.sent import MINUTE, Heard, Message, Report, at, empty_reports, every, messages
from tests.worlds.world import World, figure

WRONG = "AC:86:74:99:99:99"
SECRET = "never-shown"
START, NOW = "2026-11-20 10:00", "2026-11-20 10:41"
FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at(NOW),
    sent=[
        *empty_reports(NODE, START, NOW),
        *messages("2d24e6", every(10 * MINUTE, START, NOW), lambda n: {"temperature": 7.5 if n < 2 else 21.5}),
        *messages("3a91c1", every(10 * MINUTE, START, NOW), lambda _: {"temperature": 4.2, "humidity": 61}),
        *(Message(moment, "3a91c0", {}, n, data="00e5ff38") for n, moment in enumerate(every(5 * MINUTE, START, NOW))),
        *(
            Report(moment, WRONG, (Heard("02:00:00:00:00:01", moment, moment, -40),), secret=SECRET, is_refused=True)
            for moment in every(dt.timedelta(minutes=3), START, NOW)
        ),
    ],
    settings=UNITS,
    devices=listed("sigfox:2d24e6,Fridge,600,2,8", "ac:86:74:11:22:33,Entrance,60,,", "sigfox:3a91c0,Tank,300,,"),
    says={
        "operations": [
            *("Four things need you, first: Fridge has been above 8 °C", "Four devices are heard"),
            *("Fridge reads 21.5 °C, above 8 °C since", "14 reports refused: wrong secret", "network 71234"),
            *('[cloudtrax] "71234" = "…"', "in secrets.toml", "9 rows gave no reading: bytes without a meaning"),
            *('payload = "temperature::int:16 level::uint:16"', "00e5ff38", "sigfox:3a91c1,…,,,", "no name yet"),
            *("One device has no name", "4.2 °C", "61 %", "refused: bad signature"),
        ],
        "health": ["14 reports refused: wrong secret", "9 rows gave no reading: bytes without a meaning"],
        "sensors": ["Fridge", "above 8 °C", "When limits were left"],
    },
    never={
        "*": [SECRET, WRONG, "02:00:00:00:00:01", "Nothing needs"],
        "operations": ["No band yet", "too few to say what is usual", "withheld", "| – |"],
    },
    figures=[
        figure("records", source="sigfox"),
        figure("records", source="cloudtrax"),
        figure("newest_value", device=FRIDGE, quantity="temperature", hours=24),
        figure("readings", device=FRIDGE, quantity="temperature", hours=24),
    ],
)
