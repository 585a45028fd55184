"""What every question about sensors shares: the stretch of time, the devices meant, the rows, and their names."""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa

from telltale.analysis import periods
from telltale.contract import ConfigError, did_you_mean
from telltale.engine import Engine, Relation
from telltale.sensors import analysis
from telltale.tables import DEVICE_STATUS, READING
from telltale.workbench import question
from telltale.workbench.project import Project, here
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, Span, When
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

By = Literal["stretch", "day", "hour"]

MEASURED = ("device_id", "channel", "quantity", "unit", "observed_at", "value", "text", "error_code", "meta")
TOLD = ("device_id", "kind", "observed_at", "received_at", "battery_v", "signal_dbm", "next_expected_at")

NAMED = """
select r.device_id, coalesce(nullif(i.name, ''), r.device_id) as name, coalesce(i.place, '') as place, {columns}
from row_in r left join device_info i on i.device_id = r.device_id
order by name, r.device_id, {order}
"""

LIMITED = """
select r.*, l.low, l.high
from row_in r left join limit_of l on l.device_id = r.device_id and l.quantity = r.quantity
"""


class Asked(NamedTuple):
    """A question about sensors, on one snapshot."""

    view: View
    span: Span
    device_ids: tuple[str, ...] | None
    quantity: str | None

    @property
    def engine(self) -> Engine:
        """Where it is answered."""
        return self.view.project.engine

    @property
    def zone(self) -> str:
        """By whose clock days begin."""
        return self.view.project.settings.site.timezone

    @property
    def info(self) -> Relation:
        """What devices.csv says."""
        return self.engine.from_arrow(self.view.project.device_info())

    def readings(self) -> Relation:
        """The readings of the stretch."""
        text = "select * from row_in where observed_at >= timestamp_micros(:since_us)"
        return self.engine.run(text, {"row_in": self.context()}, since_us=self.span.since_us)

    def status(self) -> Relation:
        """What the devices said of themselves in the stretch and the day before; `quantity` does not matter."""
        text = f"select {', '.join(TOLD)} from device_status where {self._wanted()}"
        rows = {
            "device_status": self.view.table(DEVICE_STATUS.name, Span(self.span.since_us - DAY, self.span.until_us))
        }
        return self.engine.run(text, rows, **self._values())

    def context(self) -> Relation:
        """Those and the readings of the day before: what lasts into the stretch began there.

        A page asks four questions about one stretch: they share the rows for as long as nothing changes.
        """
        key = ("readings", self.span, self.device_ids, self.quantity)
        found: Relation = self.view.remembered(key, self._context)
        return found

    def _context(self) -> Relation:
        wanted = self._wanted() + ("" if self.quantity is None else " and quantity = :quantity")
        text = f"select {', '.join(MEASURED)} from reading where {wanted}"
        rows = {"reading": self.view.table(READING.name, Span(self.span.since_us - DAY, self.span.until_us))}
        return self.engine.keep(self.engine.run(text, rows, quantity=self.quantity, **self._values()))

    def _wanted(self) -> str:
        if self.device_ids is None:
            return "true"
        return f"device_id in ({', '.join(f':{name}' for name in self._values())})"

    def _values(self) -> dict[str, str]:
        return {f"device_{number}": name for number, name in enumerate(self.device_ids or ())}

    def touching(self, rows: Relation, ends: str) -> Relation:
        """Those that reach into the stretch."""
        text = f"select * from row_in where unix_micros({ends}) >= :since_us"
        return self.engine.run(text, {"row_in": rows}, **self.span._asdict())

    def periods(self, by: By) -> pa.Table:
        """The stretch as one period, or its local days or hours."""
        if by == "stretch":
            whole = {"label": [""], "start_us": [self.span.since_us], "end_us": [self.span.until_us]}
            return pa.table(whole, schema=periods.PERIOD)
        return (periods.days if by == "day" else periods.hours)(self.zone, *self.span)

    def limited(self, rows: Relation, readings: Relation) -> Relation:
        """The rows with the limits that hold for their series."""
        limits = analysis.limits(self.engine, readings, self.info)
        return self.engine.run(LIMITED, {"row_in": rows, "limit_of": limits})

    def named(self, rows: Relation, *, time: str) -> pa.Table:
        """The rows with the devices' names, in the order people look for them."""
        columns = ", ".join(f"r.{name}" for name in rows.columns if name != "device_id")
        order = ", ".join([f"r.{name}" for name in ("channel", "quantity") if name in rows.columns] + [time])
        text = NAMED.format(columns=columns, order=order)
        return self.engine.run(text, {"row_in": rows, "device_info": self.info}).arrow()


def answer(
    ask: Callable[[Asked], pa.Table],
    since: When,
    until: When,
    *,
    device: str | None,
    quantity: str | None,
    project: Project | None,
) -> "pd.DataFrame":
    """What `ask` makes of the stretch of time and the devices meant, on one snapshot."""
    project = project or here()
    span = stretch(project, since, until)

    def asked(view: View) -> pa.Table:
        return ask(Asked(view, span, None if device is None else _ids(view, device), quantity))

    return tidy(answered(project, asked))


def stretch(project: Project, since: When, until: When) -> Span:
    """The stretch people mean; it ends now at the latest."""
    return question.stretch(since, until, zone=project.zone(), now_us=project.now_us())


def _ids(view: View, device: str) -> tuple[str, ...]:
    """The ids a text means: an id of any case, or the name of one or more devices of devices.csv."""
    wanted = device.strip().casefold()
    listed = view.project.device_info().to_pylist()
    named = tuple(row["device_id"] for row in listed if row["name"].casefold() == wanted)
    if named:
        return named
    text = "select distinct device_id from reading order by device_id"
    heard = view.project.engine.run(text, {"reading": view.table(READING.name)}).arrow()["device_id"].to_pylist()
    if wanted in heard:
        return (wanted,)
    known = [*heard, *(row["name"] for row in listed if row["name"] and row["device_id"] in heard)]
    hint = did_you_mean(device, known) or f"; known: {', '.join(known) or 'none yet'}"
    raise ConfigError(f'no device "{device}" has sent a reading{hint}')
