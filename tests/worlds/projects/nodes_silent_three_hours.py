"""Eight visitors were there this morning; all access points have been silent for three hours: who is there now?"""

from tests.worlds.projects.common import NODE, NODE_ID
from tests.worlds.sent import at, empty_reports, stay
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:00"),
    sent=[
        *(
            one
            for n in range(1, 9)
            for one in stay(NODE, f"02:00:00:00:00:0{n}", "2026-11-20 09:00", "2026-11-20 11:00")
        ),
        *empty_reports(NODE, "2026-11-19 08:00", "2026-11-20 09:00"),
    ],
    says={"operations": ["3 h"], "presence": ["8 devices", "no node reported"]},
    never={
        "*": ["Nothing needs a look", "All one nodes report", "All nodes report"],
        "presence": ["Present now | 0", "Present now | 8"],
    },
    figures=[
        figure("visitors"),
        figure("visits"),
        figure("peak"),
        figure("median_dwell_s"),
        figure("nodes_reporting"),
        figure("nodes_known"),
        figure("state", device=NODE_ID),
        figure("silent_s", device=NODE_ID),
        figure("sightings"),
    ],
)
