"""A PC tells of its use by a modem of its own, which is off when the PC is: in the evening nothing is amiss."""

from tests.worlds.projects.common import listed
from tests.worlds.sent import MINUTE, Message, at, every
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-20 22:00"),
    sent=[
        Message(moment, "1d3c08", {}, 55 * day + n, data=b"100".hex())
        for day in range(3)
        for n, moment in enumerate(every(10 * MINUTE, f"2026-11-{18 + day} 08:00", f"2026-11-{18 + day} 17:01"))
    ],
    settings='[sources.sigfox.types.pcs]\ndevices = ["1d3c08"]\nactivity = "levels"\n'
    "[activity]\nshow_everyone = true\n",
    devices=listed("pc:desk-3,Desk 3,Anna,", "sigfox:1d3c08,,,pc:desk-3", columns="name,person,same_as"),
    says={"operations": ["Nothing needs a look."]},
    never={"*": ["has sent no record", "is silent since", "lost 100 %", "silent for 5 h"]},
    figures=[
        figure("newest", device="sigfox:1d3c08"),
        figure("records", source="sigfox"),
        figure("devices_heard", source="sigfox"),
    ],
)
