"""Two shifts, six to ten at night on weekdays: a refill takes a weekend by the calendar, hours by the shifts."""

from tests.worlds.projects.common import ACK, BUTTON, BUTTONS
from tests.worlds.sent import alive, at, presses
from tests.worlds.world import World, figure

WORLD = World(
    story=__doc__,
    now=at("2026-11-27 16:00"),
    sent=[
        *alive("2026-10-26 00:00", "2026-11-27 16:00", step_s=7200),
        *presses(
            BUTTON,
            *("2026-11-09 07:00", "2026-11-10 12:00", "2026-11-13 21:00", "2026-11-17 08:00", "2026-11-19 20:00"),
            *("2026-11-20 21:30", "2026-11-24 09:00"),
        ),
        *presses(
            ACK,
            *("2026-11-10 07:00", "2026-11-11 12:00", "2026-11-16 08:00", "2026-11-18 08:00", "2026-11-20 20:00"),
            *("2026-11-23 07:00", "2026-11-25 10:00"),
        ),
    ],
    settings='[kanban]\nworking_hours = ["Mon-Fri 06:00-22:00"]\n',
    buttons=BUTTONS,
    works=((0, 1, 2, 3, 4), 6, 22),
    says={"kanban": ["working"], "report:kanban_trends@2026-W47": ["bolts", "working"]},
    never={"*": ["may be dead"], "kanban": ["37.4 h"]},
    figures=[
        figure("pulls", item="bolts", days=28),
        figure("presses", item="bolts", days=28),
        figure("lead_median_s", item="bolts", days=28),
        figure("lead_mean_s", item="bolts", days=28),
        figure("lead_median_s", item="bolts", days=28, working=False),
        figure("lead_mean_s", item="bolts", days=28, working=False),
        figure("open_pulls", item="bolts", days=28),
        figure("last_press", item="bolts"),
        figure("unpressed_s", item="bolts"),
    ],
)
