"""From midnight to noon nothing reached us of a fridge, a button's capture and an access point; then all came back."""

from tests.worlds.projects.common import BUTTON, KEPT, LONE, NODE, UNITS, listed
from tests.worlds.sent import MINUTE, alive, at, every, messages, presses, stay
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 18:00"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-11-17 00:00", "2026-11-20 00:00"), lambda n: {"temperature": 4.0}),
        *messages(
            "2d24e6",
            every(10 * MINUTE, "2026-11-20 12:00", "2026-11-20 18:00"),
            lambda n: {"temperature": 5.0},
            first_seq=504,
        ),
        *alive("2026-11-01 00:00", "2026-11-20 00:00", step_s=3600),
        *alive("2026-11-20 12:00", "2026-11-20 18:00"),
        *presses(BUTTON, "2026-11-17 10:00", "2026-11-18 10:00", "2026-11-19 10:00", "2026-11-20 13:00"),
        *stay(NODE, "02:00:00:00:00:01", "2026-11-19 18:00", "2026-11-19 23:50"),
        *stay(NODE, "02:00:00:00:00:02", "2026-11-20 12:00", "2026-11-20 18:00"),
    ],
    settings=UNITS,
    devices=listed(f"{FRIDGE},Fridge,600,2,8"),
    buttons=LONE,
    says={
        "sensors": ["12 h"],
        "presence": ["no node reported"],
    },
    never={
        "*": ["nearly every hour is recorded"],
        "sensors": [
            KEPT, "hardly any missing", "100.0 %",
            "No device missed",
        ],
        "kanban": ["Capture running | 100 %"],
        "health": ["hardly any missing", "100.0 %"],
    },
    figures=[
        figure("longest_pause_s", device=FRIDGE),
        figure("state", device=FRIDGE),
        figure("numbers_left_out", device=FRIDGE),
        figure("share_left_out", device=FRIDGE),
        figure("readings", device=FRIDGE, quantity="temperature", hours=24),
        figure("mean", device=FRIDGE, quantity="temperature", hours=24),
        figure("share_received", device=FRIDGE, days=1),
        figure("observed_s", item="bolts", days=1),
        figure("observed_s", item="bolts", days=7),
        figure("pulls", item="bolts", days=7),
        figure("rate_per_day", item="bolts", days=7),
        figure("unpressed_s", item="bolts"),
        figure("visits", days=2),
        figure("peak", days=1),
        figure("visitors", days=1),
    ],
)  # fmt: skip
