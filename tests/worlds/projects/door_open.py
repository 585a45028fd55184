"""A door that tells its state each quarter of an hour: open for ten and for forty minutes."""

import datetime as dt

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, Sent, Switch, at, every
from tests.worlds.world import World, figure

DOOR = "efento:282c02a00005"
OPEN = (("2026-11-20 09:02", "2026-11-20 09:12"), ("2026-11-20 12:05", "2026-11-20 12:45"))


def is_open(moment: dt.datetime) -> bool:
    """Whether it stands open."""
    return any(at(since) <= moment < at(until) for since, until in OPEN)


def frame(end: dt.datetime) -> Sent:
    """What it tells at the end of a quarter."""
    begin = end - 15 * MINUTE
    edges = [at(edge) for span in OPEN for edge in span]
    moments = [begin, *(edge for edge in edges if begin < edge < end), end]
    return Switch(end, "282C02A00005", 5, tuple((moment, is_open(moment)) for moment in moments))


WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[frame(moment) for moment in every(15 * MINUTE, "2026-11-20 08:00", "2026-11-20 14:01")],
    settings=UNITS,
    devices=listed(f"{DOOR},Back door,900,,"),
    says={"sensors?quantity=all": ["Back door"], "operations": ["Nothing needs a look."], "health": ["Back door"]},
    never={"*": ["kept its limits", "2 h 5", "5 h"]},
    figures=[
        figure("active_time_s", device=DOOR),
        figure("state", device=DOOR),
        figure("reports", device=DOOR),
        figure("devices_known", source="efento"),
        figure("interval_s", device=DOOR),
    ],
)
