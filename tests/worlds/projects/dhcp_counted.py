"""The same button with DHCP counted: discover and request of one exchange are one press, over all history."""

from tests.worlds.projects import dhcp_only_button as other
from tests.worlds.world import World

WORLD = World(
    story=__doc__,
    now=other.WORLD.now,
    sent=other.WORLD.sent,
    settings="[arp]\ndhcp = true\n",
    buttons=other.WORLD.buttons,
    says={"kanban": ["5 pulls"]},
    never={"*": ["dhcp = true", "10 pulls"]},
    figures=other.WORLD.figures,
)
