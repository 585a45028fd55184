"""A project that was made a moment ago: no record, no list of devices."""

from tests.worlds.sent import at
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    says={
        **{page: ["No record has arrived yet."] for page in ("operations", "sensors", "health", "presence")},
        "activity": ["No activity has been recorded yet."],
        "kanban": ["No capture has been started."],
    },
    never={"*": ["Nothing needs a look", "| 0", "as they should be", "kept", "unknown", "silent"]},
    figures=[
        figure("records", source="sigfox"),
        figure("records", source="cloudtrax"),
        figure("devices_known", source="sigfox"),
        figure("devices_heard", source="efento"),
        figure("pcs"),
        figure("sightings"),
    ],
)
