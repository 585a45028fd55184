"""What questions about buttons read: presses and captures from the first frame on, the calendar, the items meant."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from telltale import identity
from telltale.analysis import periods
from telltale.contract import ConfigError, did_you_mean
from telltale.kanban import analysis, days
from telltale.kanban.analysis import buckets, calendar, stretches
from telltale.kanban.analysis.buckets import Buckets, Clock
from telltale.kanban.analysis.coverage import patience
from telltale.kanban.press_rules import rules
from telltale.settings.working_hours import dates, working_hours
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME
from telltale.workbench.question import Question
from telltale.workbench.times import DAY, EVER, Span, midnight

if TYPE_CHECKING:
    from telltale.kanban.analysis.lead_times import Limit

By = Literal["day", "week", "stretch"]
BY: tuple[By, ...] = ("day", "week", "stretch")
BY_HAND = "item:"
HEARD = (FRAME.name, COLLECTOR_HEARTBEAT.name)
"""The tables all of it is made of."""
LOST_LEAD_TIMES = 10.0
"""Of the lead time listed: what is delivered later is not for that pull while a younger one is open."""
LOST_CARDS = 2
"""For a card listed: so many pulls may be open, as some press at an empty shelf, or use more cards than listed."""
LOST_DAYS = 90.0
"""The same of an item without a listed lead time, in working days where a calendar is kept."""


class History(NamedTuple):
    """What a snapshot holds of buttons from the beginning on; computed once for as long as no row of theirs comes."""

    presses: pa.Table
    signals: pa.Table
    coverage: pa.Table
    """The stretches in which captures were alive."""


class Item(NamedTuple):
    """One item: what buttons.csv says of it, and its pulls from the beginning to the end of the stretch."""

    name: str
    container_qty: float | None
    """Pieces in a container where its buttons agree."""
    cards: int | None
    lead_time_days: float | None
    pulled_us: npt.NDArray[np.int64]
    quantities: npt.NDArray[np.float64]


def history(question: Question) -> History:
    """Presses, signals and captures of all time: the dead time is counted from the first frame on."""
    press_rules, listed = rules(question.project), question.project.button_info()

    def read() -> History:
        engine, view = question.engine, question.view
        frames, heard = engine.from_arrow(days.frames(view)), days.captures(view)
        pressed = engine.keep(analysis.presses(engine, frames, press_rules, heard.steps))
        signals = analysis.signals(engine, pressed, engine.from_arrow(listed)).arrow()
        return History(pressed.arrow(), signals, heard.coverage)

    return question.view.kept(("kanban", _listed(question)), read, tables=HEARD, span=EVER)


def _listed(question: Question) -> tuple[tuple[Any, ...], ...]:
    """The rules and the allow list, which may change while the store does not."""
    tables = (rules(question.project), question.project.button_info())
    return tuple(tuple(column.to_pylist()) for table in tables for column in table.columns)


def limit_of(item: Item, *, day_s: float) -> "Limit":
    """Until when a pull of an item may be open: by its cards, and by the lead time that is listed, if one is."""
    from telltale.kanban.analysis.lead_times import Limit

    longest_s = LOST_DAYS * day_s if item.lead_time_days is None else LOST_LEAD_TIMES * item.lead_time_days * day_s
    return Limit(None if item.cards is None else LOST_CARDS * item.cards, round(longest_s * 1e6))


class Demand:
    """The demand of a stretch: the pulls of the items meant, and the time in which they could be heard."""

    def __init__(self, question: Question) -> None:
        self.question, self.span, self.zone = question, question.span, question.zone
        self.settings = question.settings.kanban
        self.buttons: list[dict[str, Any]] = question.project.button_info().to_pylist()
        self.history = history(question)
        self.only: str | None = None if question.of is None else self._named(question.of)
        self._periods: dict[tuple[By, Span], pa.Table] = {}

    @cached_property
    def signals(self) -> pa.Table:
        """Pulls and acknowledgements of the items meant, until the end of the stretch."""
        return self.of_items(self.before(self.history.signals, "signalled_at"))

    @cached_property
    def clock(self) -> Clock:
        """The time that counts, from the first heartbeat to the end of the stretch."""
        coverage = self.history.coverage
        listened = stretches.union(coverage["start"].cast(pa.int64()), coverage["end"].cast(pa.int64())).within(
            0, self.span.until_us
        )
        first_signal = self.history.signals["signalled_at"].cast(pa.int64()).to_pylist()[:1]
        first_us = min([self.span.since_us, *listened.starts[:1].tolist(), *first_signal])
        shifts = [calendar.Shift(*hours) for hours in working_hours(self.settings.working_hours)]
        working = calendar.working(
            shifts,
            holidays=dates(self.settings.holidays),
            timezone=self.zone,
            since_us=first_us - 8 * DAY,  # the week, and the day, it begins in count from end to end
            until_us=self.span.until_us + 8 * DAY,
        )
        has_calendar = bool(shifts or self.settings.holidays)
        observed = stretches.both(listened, working)
        return Clock(working, listened, observed, calendar.day_s(shifts), has_calendar)

    @cached_property
    def items(self) -> list[Item]:
        """The items meant, those never pulled included, by name."""
        pulls = self.signals.filter(pc.equal(self.signals["signal"], "pull"))
        listed = {row["item"]: row for row in reversed(self.buttons) if row["role"] == "button"}
        names = sorted({*listed, *self.signals["item"].to_pylist()})
        return [self._item(name, pulls) for name in names if self.only in (None, name)]

    @cached_property
    def lead_times(self) -> pa.Table:
        """The pairs of pulls and acknowledgements of all time, of `lead_times.lead_times`.

        Items that nobody acknowledges have none: their pulls would stay open for ever.
        """
        from telltale.kanban.analysis.lead_times import lead_times

        made = lead_times(self._pairs(), counted=self.clock.working, until_us=self.span.until_us)
        day_s = pa.array([self.clock.kept_day_s] * made.num_rows, pa.float64())
        return made.append_column("working_day_s", day_s)

    def _pairs(self) -> pa.Table:
        """Which acknowledgement closes which pull: made once, until a signal, a limit or the calendar is another.

        Of a stretch that ends before the newest signal they are made each time: what comes later closes no pull of it.
        """
        from telltale.kanban.analysis.lead_times import pairs

        limits = {item.name: limit_of(item, day_s=self.clock.day_s) for item in self.items}
        followed = sorted(self.acknowledged)

        def read() -> pa.Table:
            rows = self.signals.filter(pc.is_in(self.signals["item"], value_set=pa.array(followed, pa.string())))
            return pairs(rows, match=self.settings.match, limits=limits, counted=self.clock.working)

        of_items = self.of_items(self.history.signals)
        if self.signals.num_rows < of_items.num_rows:
            return read()
        calendar_of = (str(self.settings.working_hours), str(self.settings.holidays), self.zone)
        key = ("kanban pairs", _listed(self.question), self.only, tuple(followed), self.settings.match)
        bounds = tuple(sorted(limits.items()))
        return self.question.view.kept((*key, bounds, calendar_of), read, tables=HEARD, span=EVER)

    @cached_property
    def acknowledged(self) -> set[str]:
        """The items whose deliveries somebody acknowledges: an ack button is listed, or one was entered by hand."""
        named = {row["ack_for"] for row in self.buttons if row["role"] == "ack"}
        return named | set(self.signals.filter(pc.equal(self.signals["signal"], "ack"))["item"].to_pylist())

    @cached_property
    def heard_until_us(self) -> int | None:
        """Where the newest stretch ends in which a capture listened, until the end of the stretch; None without one."""
        ends = self.clock.listened.ends
        return int(ends[-1]) if len(ends) else None

    @cached_property
    def is_heard(self) -> bool:
        """Whether a capture listens at the end of the stretch: else what was not pressed since then is not known.

        A heartbeat is late by its interval as a rule, and by the time of a restart now and then; what lies outside
        working time does not matter.
        """
        if self.heard_until_us is None:
            return False
        ends = self.before(self.history.coverage, "start").to_pylist()
        late = patience(ends, interval_s=self.question.settings.arp.heartbeat_s)
        unheard_us = int(self.clock.working.between_us(self.heard_until_us, self.span.until_us))
        return unheard_us < late.total_seconds() * 1e6

    @property
    def observed_us(self) -> int:
        """How much of the stretch was observed, in working time."""
        return self.clock.observed.within(*self.span).total_us

    @property
    def observed_days(self) -> float:
        """The same in working days."""
        return self.observed_us / 1e6 / self.clock.day_s

    @cached_property
    def since_first_heartbeat(self) -> Span:
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

    def counted(self, item: Item) -> npt.NDArray[np.int64]:
        """The moments of its pulls in the stretch that were observed: those a rate may be made of."""
        inside = item.pulled_us[item.pulled_us >= self.span.since_us]
        return inside[self.clock.listened.hold(inside)]

    def bucketed(self, item: Item, by: By, span: Span | None = None) -> Buckets:
        """Its pulls by day or week of the stretch, or of another that ends with it."""
        over = span or self.span
        return buckets.bucketed(
            self._whole_periods(by, over), item.pulled_us, item.quantities, clock=self.clock,
            since_us=over.since_us, until_us=over.until_us,
        )  # fmt: skip

    def touched(self, by: By) -> Span:
        """The stretch with the beginning of the first day or week it touches: what a table of these reads."""
        starts = self.periods(by)["start_us"].to_pylist()
        return Span(min([self.span.since_us, *starts[:1]]), self.span.until_us)

    def periods(self, by: By) -> pa.Table:
        """The local days or weeks the stretch touches, from end to end."""
        return self._whole_periods(by, self.span)

    def before(self, rows: pa.Table, time: str) -> pa.Table:
        """The rows of before the end of the stretch."""
        return rows.filter(pc.less(rows[time].cast(pa.int64()), self.span.until_us))

    def inside(self, rows: pa.Table, time: str) -> pa.Table:
        """The rows of the stretch."""
        rows = self.before(rows, time)
        return rows.filter(pc.greater_equal(rows[time].cast(pa.int64()), self.span.since_us))

    def of_items(self, rows: pa.Table) -> pa.Table:
        """The rows of the item asked for."""
        return rows if self.only is None else rows.filter(pc.equal(rows["item"], self.only))

    def _whole_periods(self, by: By, span: Span) -> pa.Table:
        """The stretch as one period, or its local days or weeks from end to end: one cut by the present is not whole.

        Raises:
            ConfigError: another word.
        """
        if by not in BY:
            raise ConfigError(f'by "{by}": expected day, week or stretch')
        if by == "stretch":
            whole = {"label": [""], "start_us": [span.since_us], "end_us": [span.until_us]}
            return pa.table(whole, schema=periods.PERIOD)
        if (by, span) not in self._periods:
            self._periods[by, span] = (periods.days if by == "day" else periods.weeks)(self.zone, *span)
        return self._periods[by, span]

    def _item(self, name: str, pulls: pa.Table) -> Item:
        own = pulls.filter(pc.equal(pulls["item"], name))
        listed = [row for row in self.buttons if row["role"] == "button" and row["item"] == name]
        containers = {1.0 if row["container_qty"] is None else row["container_qty"] for row in listed} or {1.0}
        return Item(
            name,
            containers.pop() if len(containers) == 1 else None,
            _first(row["cards"] for row in listed),
            _first(row["lead_time_days"] for row in listed),
            own["signalled_at"].cast(pa.int64()).to_numpy(),
            own["quantity"].to_numpy(),
        )

    def _named(self, text: str) -> str:
        """The item a text means: its name in any case, or name or address of one of its buttons."""
        wanted, meant = text.strip().casefold(), identity.device_id(text)
        names = {str(row["item"]) for row in self.buttons if row["role"] == "button"}
        names |= set(self.history.signals["item"].to_pylist())
        for name in sorted(names):
            if name.casefold() == wanted:
                return name
        for row in self.buttons:
            is_meant = row["name"].casefold() == wanted or row["device_id"] == meant
            if is_meant and row["role"] in ("button", "ack"):
                return str(row["item"] if row["role"] == "button" else row["ack_for"])
        hint = did_you_mean(text, names) or f"; known: {', '.join(sorted(names)) or 'none yet'}"
        raise ConfigError(f'no item "{text}" in buttons.csv or pulled{hint}')


def of_demand(answer: Callable[[Demand], pa.Table]) -> Callable[[Question], pa.Table]:
    """An answer about the demand of a stretch, as `ask` takes it."""
    return lambda question: answer(Demand(question))


def table(rows: Sequence[dict[str, Any]] | Iterator[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows of plain values; moments in microseconds become times."""
    return pa.Table.from_pylist(list(rows), schema)


def _first(values: Iterator[Any]) -> Any:
    return next((value for value in values if value is not None), None)
