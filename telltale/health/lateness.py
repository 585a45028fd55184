"""How long after their own time rows of a source came."""

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.sources import source as source_named
from telltale.tables import TABLES
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question, ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When

if TYPE_CHECKING:
    import pandas as pd

ARRIVED_IN = ("node_heartbeat", "uplink", "device_status", "frame", "activity", "reading")
"""The tables that tell when something of a source came; the first that a source has counts."""
LATE_IN = ("sighting", "uplink", "reading", "activity", "frame", "device_status")
"""The tables that tell how late what they hold came."""
OWN_TIME = {"sighting": "last_seen"}
"""The column of the rows' own time, where it is not `observed_at`."""
PROMPT = {"sighting": dt.timedelta(minutes=5)}
"""What counts as prompt for the rows of a table; a minute for all others."""


class Moments(NamedTuple):
    """When rows came and by their own clock."""

    table: str
    own: str
    rows: pa.Table
    """received_at and `own`."""


def moments(project: Project, source: str, names: tuple[str, ...], since: When, until: When = None) -> Moments:
    """When rows of a source came: of the first of these tables that it has."""
    table = next(name for name in names if name in source_named(source).tables)
    own = OWN_TIME.get(table, TABLES[table].time)

    def answer(question: Question) -> pa.Table:
        rows = {"row_in": question.view.table(table, question.span)}
        text = f"select received_at, {own} from row_in where source = :source order by received_at, {own}"  # noqa: S608 - names of ours
        return question.engine.run(text, rows, source=source).arrow()

    return Moments(table, own, ask(answer, since, until, project=project))


def prompt(of: Moments) -> pa.Array:
    """Whether each row came within a minute, a sighting within five."""
    received, own = (of.rows[name].cast(pa.timestamp("us", "UTC")) for name in ("received_at", of.own))
    limit = pa.scalar(PROMPT.get(of.table, dt.timedelta(minutes=1)), pa.duration("us"))
    return pc.less(pc.subtract(received, own), limit)


def lateness(since: When = "24h", until: When = None, *, source: str, project: Project | None = None) -> "pd.DataFrame":
    """How long after their own time the rows of a source came, one row each; whose they are is not told.

    Columns: received_at, own_at (its own time: of a sighting the last frame), late_s, is_prompt (within a minute, of a
    sighting within five). Of the table that tells it best: sighting, uplink, reading, activity, frame or device_status.

    Args:
        since: beginning of the stretch, by their own time.
        until: its end, exclusive; None is now.
        source: which source.
        project: another project than the one found from here.

    Raises:
        ConfigError: there is no such source.
    """
    found = moments(project or here(), source, LATE_IN, since, until)
    received, own = (found.rows[name].cast(pa.timestamp("us", "UTC")) for name in ("received_at", found.own))
    late_s = pc.divide(pc.subtract(received, own).cast(pa.int64()), 1e6)
    columns = {"received_at": received, "own_at": own, "late_s": late_s, "is_prompt": prompt(found)}
    return tidy(pa.table(columns))
