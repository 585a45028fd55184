"""What every question about buttons shares: the presses and the capture of one snapshot, the calendar, the items."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis import periods
from telltale.contract import ConfigError, did_you_mean
from telltale.kanban import analysis
from telltale.kanban.analysis import buckets, calendar, stretches
from telltale.kanban.analysis.buckets import Buckets, Clock
from telltale.kanban.rules import rules
from telltale.sensors.question import stretch
from telltale.settings.working_hours import dates, working_hours
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME
from telltale.workbench.project import Project, here
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, Span, When, midnight
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

By = Literal["day", "week", "stretch"]
SOURCE = "button"
BY_HAND = "item:"

OF_FRAMES = "select device_id, observed_at, kind, interface from frame"
OF_BUTTONS = "select * from collector_heartbeat where source = :source"


class Known(NamedTuple):
    """What a snapshot knows of buttons from the beginning on; computed once for as long as nothing changes."""

    presses: pa.Table
    signals: pa.Table
    observed: pa.Table


class Item(NamedTuple):
    """One item: what buttons.csv says of it, and its pulls from the beginning to the end of the stretch."""

    name: str
    container_qty: float | None
    """Pieces in a container where its buttons agree."""
    cards: int | None
    lead_time_days: float | None
    pulled_us: npt.NDArray[np.int64]
    quantities: npt.NDArray[np.float64]


class Asked:
    """A question about buttons, on one snapshot."""

    def __init__(self, view: View, span: Span, item: str | None) -> None:
        self.view, self.span = view, span
        self.settings = view.project.settings.kanban
        self.zone = view.project.settings.site.timezone
        self.buttons: list[dict[str, Any]] = view.project.button_info().to_pylist()
        self._periods: dict[tuple[By, Span], pa.Table] = {}
        self.only: str | None = None if item is None else self._named(item)

    @cached_property
    def known(self) -> Known:
        """Presses, signals and observed stretches of all time: the dead time is counted from the first frame on."""
        # The allow list may change while the store does not.
        told = rules(self.view.project)
        listed = tuple(tuple(row.values()) for row in self.buttons)
        key = ("kanban", listed, tuple(map(tuple, (column.to_pylist() for column in told.columns))))
        found: Known = self.view.remembered(key, lambda: self._known(told))
        return found

    @cached_property
    def signals(self) -> pa.Table:
        """Pulls and acknowledgements of the items meant, until the end of the stretch."""
        return self.mine(self.before(self.known.signals, "signalled_at"))

    @cached_property
    def clock(self) -> Clock:
        """The time that counts, from the first heartbeat to the end of the stretch."""
        listened = stretches.union(
            self.known.observed["start"].cast(pa.int64()), self.known.observed["end"].cast(pa.int64())
        ).within(0, self.span.until_us)
        first_us = min([self.span.since_us, *listened.starts[:1].tolist(), *self._first_signal()])
        shifts = [calendar.Shift(*hours) for hours in working_hours(self.settings.working_hours)]
        working = calendar.working(
            shifts,
            holidays=dates(self.settings.holidays),
            timezone=self.zone,
            since_us=first_us - 8 * DAY,  # the week, and the day, it begins in count from end to end
            until_us=self.span.until_us + 8 * DAY,
        )
        return Clock(working, listened, stretches.both(listened, working), calendar.day_s(shifts))

    @cached_property
    def items(self) -> list[Item]:
        """The items meant, those never pulled included, by name."""
        pulls = self.signals.filter(pc.equal(self.signals["signal"], "pull"))
        listed = {row["item"]: row for row in reversed(self.buttons) if row["role"] == "button"}
        names = sorted({*listed, *self.signals["item"].to_pylist()})
        return [self._item_of(name, pulls) for name in names if self.only in (None, name)]

    @cached_property
    def lead_times(self) -> pa.Table:
        """The pairs of pulls and acknowledgements of all time, of `lead_times.lead_times`.

        Items that nobody acknowledges have none: their pulls would stay open for ever.
        """
        from telltale.kanban.analysis.lead_times import lead_times, pairs

        told = {row["ack_for"] for row in self.buttons if row["role"] == "ack"}
        told |= set(self.signals.filter(pc.equal(self.signals["signal"], "ack"))["item"].to_pylist())
        acknowledged = pc.is_in(self.signals["item"], value_set=pa.array(sorted(told), pa.string()))
        made = pairs(self.signals.filter(acknowledged), match=self.settings.match)
        return lead_times(made, counted=self.clock.working, until_us=self.span.until_us)

    @property
    def observed_us(self) -> int:
        """How much of the stretch was observed, in working time."""
        return self.clock.observed.within(*self.span).total_us

    @property
    def observed_days(self) -> float:
        """The same in working days."""
        return self.observed_us / 1e6 / self.clock.day_s

    def counted(self, item: Item) -> npt.NDArray[np.int64]:
        """The moments of its pulls in the stretch that were observed: those a rate may be made of."""
        inside = self.pulled(item)
        return inside[self.clock.listened.hold(inside)]

    def pulled(self, item: Item) -> npt.NDArray[np.int64]:
        """The moments of its pulls in the stretch."""
        return item.pulled_us[item.pulled_us >= self.span.since_us]

    def bucketed(self, item: Item, by: By, span: Span | None = None) -> Buckets:
        """Its pulls by day or week of the stretch, or of another."""
        over = span or self.span
        return buckets.bucketed(
            self.periods(by, over), item.pulled_us, item.quantities, clock=self.clock,
            since_us=over.since_us, until_us=over.until_us,
        )  # fmt: skip

    def periods(self, by: By, span: Span) -> pa.Table:
        """The stretch as one period, or its local days or weeks.

        Raises:
            ConfigError: another word.
        """
        if by not in ("day", "week", "stretch"):
            raise ConfigError(f'by "{by}": expected day, week or stretch')
        if by == "stretch":
            whole = {"label": [""], "start_us": [span.since_us], "end_us": [span.until_us]}
            return pa.table(whole, schema=periods.PERIOD)
        if (by, span) not in self._periods:
            self._periods[by, span] = (periods.days if by == "day" else buckets.weeks)(self.zone, *span)
        return self._periods[by, span]

    @cached_property
    def history(self) -> Span:
        """From the first heartbeat to the end of the stretch: where a baseline comes from."""
        starts = self.clock.listened.starts
        first_us = int(starts[0]) if len(starts) else self.span.since_us
        return Span(min(first_us, self.span.since_us), self.span.until_us)

    @cached_property
    def baseline(self) -> Span | None:
        """The dated window of `[kanban] baseline`; None where none is given."""
        days = dates(self.settings.baseline)
        if len(days) == 1 or days != tuple(sorted(days)):
            raise ConfigError(
                f"telltale.toml [kanban] baseline = {list(self.settings.baseline)}: expected a first and a last day"
            )
        if not days:
            return None
        return Span(midnight(days[0], self.zone), midnight(days[1] + dt.timedelta(days=1), self.zone))

    def before(self, rows: pa.Table, time: str) -> pa.Table:
        """The rows of before the end of the stretch."""
        return rows.filter(pc.less(rows[time].cast(pa.int64()), self.span.until_us))

    def inside(self, rows: pa.Table, time: str) -> pa.Table:
        """The rows of the stretch."""
        rows = self.before(rows, time)
        return rows.filter(pc.greater_equal(rows[time].cast(pa.int64()), self.span.since_us))

    def mine(self, rows: pa.Table) -> pa.Table:
        """The rows of the item asked for."""
        return rows if self.only is None else rows.filter(pc.equal(rows["item"], self.only))

    def _first_signal(self) -> list[int]:
        first: list[int] = self.known.signals["signalled_at"].cast(pa.int64()).to_pylist()[:1]
        return first

    def _known(self, told: pa.Table) -> Known:
        engine = self.view.project.engine
        frames = engine.keep(engine.run(OF_FRAMES, {"frame": self.view.table(FRAME.name)}))  # read three times below
        pressed = engine.keep(analysis.presses(engine, frames, told))
        buttons = engine.from_arrow(self.view.project.button_info())
        heartbeats = {"collector_heartbeat": self.view.table(COLLECTOR_HEARTBEAT.name)}
        of_buttons = engine.run(OF_BUTTONS, heartbeats, source=SOURCE)
        signals = analysis.signals(engine, pressed, buttons).arrow()
        return Known(pressed.arrow(), signals, analysis.observed(engine, of_buttons).arrow())

    def _item_of(self, name: str, pulls: pa.Table) -> Item:
        mine = pulls.filter(pc.equal(pulls["item"], name))
        told = [row for row in self.buttons if row["role"] == "button" and row["item"] == name]
        containers = {1.0 if row["container_qty"] is None else row["container_qty"] for row in told} or {1.0}
        return Item(
            name,
            containers.pop() if len(containers) == 1 else None,
            _first(row["cards"] for row in told),
            _first(row["lead_time_days"] for row in told),
            mine["signalled_at"].cast(pa.int64()).to_numpy(),
            mine["quantity"].to_numpy(),
        )

    def _named(self, item: str) -> str:
        """The item a text means: its name in any case, or that of one of its buttons."""
        wanted = item.strip().casefold()
        names = {str(row["item"]) for row in self.buttons if row["role"] == "button"}
        names |= set(self.known.signals["item"].to_pylist())
        for name in sorted(names):
            if name.casefold() == wanted:
                return name
        for row in self.buttons:
            if row["name"].casefold() == wanted and row["role"] in ("button", "ack"):
                return str(row["item"] if row["role"] == "button" else row["ack_for"])
        hint = did_you_mean(item, names) or f"; known: {', '.join(sorted(names)) or 'none yet'}"
        raise ConfigError(f'no item "{item}" in buttons.csv or pulled{hint}')


def answer(
    ask: Callable[[Asked], pa.Table], since: When, until: When, *, item: str | None, project: Project | None
) -> "pd.DataFrame":
    """What `ask` makes of the stretch of time and the item meant, on one snapshot."""
    project = project or here()
    return tidy(answer_table(ask, project, since, until, item=item))


def answer_table(
    ask: Callable[[Asked], pa.Table], project: Project, since: When, until: When, *, item: str | None = None
) -> pa.Table:
    """As `answer`, without pandas."""
    span = stretch(project, since, until)
    return answered(project, lambda view: ask(Asked(view, span, item)))


def table(rows: Sequence[dict[str, Any]] | Iterator[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows of plain values; moments in microseconds become times."""
    return pa.Table.from_pylist(list(rows), schema)


def _first(values: Iterator[Any]) -> Any:
    return next((value for value in values if value is not None), None)
