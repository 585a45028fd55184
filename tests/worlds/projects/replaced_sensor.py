"""A fridge's sensor was replaced yesterday noon: the new one has the name; the old one, unlisted, is silent since."""

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, at, every, messages
from tests.worlds.world import World, figure

OLD, NEW = "sigfox:2d24e6", "sigfox:2d24e9"
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *messages("2d24e6", every(10 * MINUTE, "2026-11-17 14:00", "2026-11-19 12:00"), lambda n: {"temperature": 4.5}),
        *messages("2d24e9", every(10 * MINUTE, "2026-11-19 12:00", "2026-11-20 14:01"), lambda n: {"temperature": 5.5}),
    ],
    settings=UNITS,
    devices=listed(f"{NEW},Fridge,600,2,8"),
    says={"sensors": ["Fridge", "5.5 °C"], "health": ["2d24e6"]},
    never={"sensors": ["Fridge | temperature | Tue 17 Nov", "left its limits on", "All two sensors", "Both sensors"]},
    figures=[
        figure("readings", device=NEW, quantity="temperature", hours=24),
        figure("lowest", device=NEW, quantity="temperature", hours=24),
        figure("state", device=NEW),
        figure("state", device=OLD),
        figure("silent_s", device=OLD),
        figure("low", device=NEW, quantity="temperature"),
        figure("low", device=OLD, quantity="temperature"),
        figure("numbers_left_out", device=NEW),
        figure("devices_known", source="sigfox"),
        figure("devices_on_time", source="sigfox"),
        figure("share_received", device=NEW, days=2),
    ],
)
