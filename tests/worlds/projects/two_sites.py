"""Two sites: at the harbour all is well, at the depot the only access point has been silent for five hours."""

from tests.worlds.projects.common import NODE
from tests.worlds.sent import at, empty_reports, stay
from tests.worlds.world import World, figure

DEPOT = "AC:86:74:44:55:66"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:01"),
    sent=[
        *empty_reports(NODE, "2026-11-19 00:00", "2026-11-20 14:01"),
        *(
            one
            for n in range(1, 8)
            for one in stay(NODE, f"02:00:00:00:00:0{n}", "2026-11-20 13:00", "2026-11-20 14:00")
        ),
        *empty_reports(DEPOT, "2026-11-19 00:00", "2026-11-20 09:01", site="81234"),
    ],
    site='keep = true\n[site.71234]\nname = "Harbour"\n[site.81234]\nname = "Depot"\n',
    says={"operations": ["Depot", "Harbour"], "presence?site=81234": ["Depot"]},
    never={
        "*": ["Nothing needs a look", "all nodes report", "All sources deliver", "All two nodes report"],
        "presence?site=81234": ["Present now | 0", "All one nodes report", "7 devices", "no silence of an hour"],
    },
    figures=[
        figure("nodes_known", site="71234"),
        figure("nodes_known", site="81234"),
        figure("nodes_reporting", site="71234"),
        figure("nodes_reporting", site="81234"),
        figure("visitors", days=1, site="71234"),
        figure("visitors", days=1, site="81234"),
        figure("visits", days=1, site="71234"),
        figure("state", device="ac:86:74:44:55:66"),
        figure("silent_s", device="ac:86:74:44:55:66"),
    ],
)
