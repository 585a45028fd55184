"""Seven visitors a day and once three: nothing on the page, by itself or by difference, tells of the three."""

import datetime as dt

from tests.worlds.projects.common import NODE
from tests.worlds.sent import Sent, at, empty_reports, stay
from tests.worlds.world import World, figure

FIRST = dt.date(2026, 11, 14)
SENT: list[Sent] = [
    one
    for day in range(7)
    for visitor in range(3 if day == 4 else 7)
    for one in stay(
        NODE,
        f"02:00:00:00:{day:02x}:{visitor:02x}",
        f"{FIRST + dt.timedelta(days=day)} {9 + visitor:02}:00",
        f"{FIRST + dt.timedelta(days=day)} {9 + visitor:02}:30",
        step_s=600,
    )
]
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 18:00"),
    sent=[*SENT, *empty_reports(NODE, "2026-11-14 00:02", "2026-11-20 17:59", step_s=600)],
    says={"report:presence_dwell@2026-11-18": ["Harbour site"], "presence?period=7d": ["At least 42", "≥ 42"]},
    never={
        "report:presence_dwell@2026-11-18": ["3 visits", "| 3 |", "n = 3"],
        "presence?period=7d": ["~\\b45\\b(?! min)(?<!–45)(?!–)", "| 3 |", "3 devices"],
    },
    figures=[
        figure("visitors", days=7),
        figure("visits", days=7),
        figure("median_dwell_s", days=7),
        figure("peak", days=7),
    ],
)
