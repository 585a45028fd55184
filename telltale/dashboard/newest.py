"""The newest value of every device of all sources: as `telltale last` lists them and the pages' cards show them."""

from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.activity import newest as of_pcs
from telltale.health.known import OF_FRAMES, RESTING, last_heard, resting_ids
from telltale.health.newest import unread
from telltale.kanban import newest as of_buttons
from telltale.page.newest import SINCE, Newest, table
from telltale.presence import newest as of_nodes
from telltale.sensors import newest as of_sensors
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import Span, When, local_time
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd


def last(since: When = SINCE, *, project: Project | None = None) -> "pd.DataFrame":
    """The newest value of every device of all sources that was heard in a stretch.

    Columns: name (the id where there is none), device_id, source, kind (sensor, access point, button, PC, device),
    channel, quantity, value (null where there is no number), unit, newest (the value as people read it), at, age_s,
    received (how many came in the stretch; null where that may not be told), counted (what those are), says (what the
    value means: against its limits, or how often one comes), level (alarm where it is outside its limits).

    An access point tells how many devices it heard in the last hour, under k only that; PCs are told of one by one only
    where pages may, else in one row without a count.

    Args:
        since: beginning of the stretch, which ends now.
        project: another project than the one found from here.

    Raises:
        ConfigError: `since` cannot be read.
    """
    return tidy(last_table(project or here(), since))


def last_table(project: Project, since: When = SINCE) -> pa.Table:
    """As `last`, without pandas."""
    return answered(project, lambda view: table(newest(view, since), local_time(view.now_us, "UTC")))


def older(since: When = SINCE, *, project: Project | None = None) -> int:
    """How many sensors and access points have only values of before a stretch; of PCs and phones nothing is told.

    Args:
        since: beginning of the stretch.
        project: another project than the one found from here.
    """
    return answered(project or here(), lambda view: _older(view, since))


def _older(view: View, since: When) -> int:
    ever = last_heard(view, Span(0, view.now_us)).to_pylist()
    ids = {row["device_id"] for row in ever if row["source"] not in (*RESTING, *OF_FRAMES)}
    return len(ids - {row.device_id for row in newest(view, since)} - set(resting_ids(view)))


def newest(view: View, since: When = SINCE) -> list[Newest]:
    """Sensors first, what is outside its limits before the others; then access points, buttons, PCs, and the rest."""
    return view.remembered(("newest", since, view.now_us), lambda: _newest(view, since))  # type: ignore[no-any-return]


def _newest(view: View, since: When) -> list[Newest]:
    sensors = of_sensors.newest(view, since)
    told = {row.device_id for row in sensors} | set(resting_ids(view))
    return [
        *sensors,
        *of_nodes.newest(view, since),
        *of_buttons.newest(view, since),
        *of_pcs.newest(view),
        *unread(view, since, told=told),
    ]
