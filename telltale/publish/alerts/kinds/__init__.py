"""What alerts may watch, one file a family: each gives the episodes of a stretch."""

from collections.abc import Callable
from typing import NamedTuple

from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.kinds import devices, excursion, kanban, reports, state, turned_away
from telltale.publish.alerts.watch import Watch
from telltale.settings.publish import AlertKind
from telltale.tables import ACTIVITY, DEVICE_STATUS, FRAME, NODE_HEARTBEAT, READING, REJECT, UPLINK


class Kind(NamedTuple):
    """One kind of alert."""

    episodes: Callable[[Watch], list[Episode]]
    tables: tuple[str, ...]
    """Whose rows it reads: without a new one, and before the next moment that is due, nothing is to be done."""
    days: float
    """How far before the present its samples may matter."""
    every_s: float = 0
    """How often it is looked at without a new row, where time alone changes it; 0 never."""
    begins_with_rows: bool = True
    """Whether a new row may begin one; else only the time that passes does, and a row may end it."""
    by_own_time: bool = False
    """Whether its samples are of their own times: what comes late is then looked for as far back as it tells of."""


SIGNS = (UPLINK.name, READING.name, NODE_HEARTBEAT.name)
KINDS: dict[AlertKind, Kind] = {
    "excursion": Kind(excursion.excursions, (READING.name,), 2, by_own_time=True),
    "silent": Kind(devices.silent, SIGNS, 2, every_s=60, begins_with_rows=False),
    "wrong_clock": Kind(devices.wrong_clocks, (*SIGNS, ACTIVITY.name), 2, every_s=60, begins_with_rows=False),
    "battery": Kind(state.batteries, (DEVICE_STATUS.name,), 2, by_own_time=True),
    "leak": Kind(state.leaks, (READING.name,), 2, by_own_time=True),
    "stock_out": Kind(kanban.stock_outs, (FRAME.name,), 3, every_s=3_600, begins_with_rows=False),
    "dead_button": Kind(kanban.dead_buttons, (FRAME.name,), 3, every_s=3_600, begins_with_rows=False),
    "rejects": Kind(turned_away.rejects, (REJECT.name,), 2, every_s=600),
    "refusals": Kind(turned_away.refusals, (), 2, every_s=30),
    "report_late": Kind(reports.late, (), 2, every_s=30),
}
