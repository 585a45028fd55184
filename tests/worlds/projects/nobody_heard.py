"""A network in the night: its access point reports each minute, and there was nobody to hear."""

from tests.worlds.sent import MINUTE, Scan, at, every
from tests.worlds.world import World, figure

NODE = "0e:18:0a:00:00:01"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 04:00:30"),
    sent=[Scan(moment, NODE) for moment in every(MINUTE, "2026-11-20 00:01", "2026-11-20 04:01")],
    says={"operations": ["Nothing needs a look."], "presence": ["0 devices"], "health": ["as it should be"]},
    never={
        "*": ["No record has arrived yet", "nothing is known about visitors", "no records", "no node reported"],
        "presence": ["Nothing was heard in this period", "unknown"],
    },
    figures=[
        figure("records", source="meraki"),
        figure("devices_known", source="meraki"),
        figure("devices_heard", source="meraki"),
        figure("nodes_known", site="N_1"),
        figure("nodes_reporting", site="N_1"),
        figure("visits", site="N_1"),
        figure("peak", site="N_1"),
        figure("state", device=NODE),
        figure("newest", device=NODE),
        figure("sightings"),
    ],
)  # fmt: skip
