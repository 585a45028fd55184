"""Everything was off for three hours this morning and works since: whoever tells of the day must say so."""

from tests.worlds.projects.common import BUTTON, KEPT, LONE, NODE, UNITS, listed
from tests.worlds.sent import MINUTE, alive, at, empty_reports, every, messages, presses
from tests.worlds.world import World, figure

FRIDGE = "sigfox:2d24e6"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-11-18 00:00", "2026-11-20 06:00"), lambda n: {"temperature": 4.0}),
        *messages(
            "2d24e6",
            every(10 * MINUTE, "2026-11-20 09:00", "2026-11-20 14:01"),
            lambda n: {"temperature": 4.0},
            first_seq=324 + 18,
        ),
        *empty_reports(NODE, "2026-11-18 00:00", "2026-11-20 06:00"),
        *empty_reports(NODE, "2026-11-20 09:00", "2026-11-20 14:01"),
        *alive("2026-11-09 00:00", "2026-11-20 06:00", step_s=3600),
        *alive("2026-11-20 09:00", "2026-11-20 14:00"),
        *presses(BUTTON, *(f"2026-11-{day} 11:00" for day in (10, 11, 12, 13, 16, 17, 18, 19, 20))),
    ],
    settings=UNITS,
    devices=listed(f"{FRIDGE},Fridge,600,2,8"),
    buttons=LONE,
    says={
        "sensors": ["3 h"],
        "operations": ["3 h"],
        "presence": ["no node reported"],
    },
    never={
        "sensors": [KEPT, "No device missed", "100.0 %"],
        "health": ["100.0 %", "no silence of a whole source"],
        "kanban": ["Capture running | 100 %"],
    },
    figures=[
        figure("longest_pause_s", device=FRIDGE),
        figure("state", device=FRIDGE),
        figure("numbers_left_out", device=FRIDGE),
        figure("share_left_out", device=FRIDGE),
        figure("share_received", device=FRIDGE, days=1),
        figure("observed_s", item="bolts", days=1),
        figure("rate_per_day", item="bolts", days=14),
        figure("pulls", item="bolts", days=14),
        figure("unpressed_s", item="bolts"),
        figure("nodes_reporting"),
        figure("longest_pause_s", device="ac:86:74:11:22:33"),
    ],
)
