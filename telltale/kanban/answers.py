"""What a page or report asks about items and their buttons: each question once, when a card needs it."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from telltale.contract import ConfigError
from telltale.kanban.analysis.coverage import Coverage
from telltale.kanban.capture_figures import began, coverage_of, patience_of
from telltale.kanban.control_limits import Kind, control_table, trends_table
from telltale.kanban.item_figures import items_table
from telltale.kanban.press_rules import PRESSED
from telltale.kanban.press_tables import (
    capture_coverage_table,
    frames_table,
    lead_times_table,
    only_dhcp,
    presses_table,
    pulls_table,
    records_count,
    rejects_table,
)
from telltale.kanban.pull_rates import rates_table, risks_table
from telltale.kanban.question import BY_HAND, Demand
from telltale.kanban.weeks import weeks_table
from telltale.kanban.words.claims import Items
from telltale.workbench.here import here
from telltale.workbench.periods import Period, parse
from telltale.workbench.project import Project
from telltale.workbench.question import Question, question
from telltale.workbench.source_state import sources_table
from telltale.workbench.times import local_time
from telltale.workbench.view import answered

Bucket = Literal["day", "week"]
BUCKETS: tuple[Bucket, ...] = ("day", "week")
T = TypeVar("T")


class Answers:
    """Answers about the items of a period, as Arrow tables, all of one moment; with them what a card says of limits.

    Args:
        question: of which stretch and item.
        when: the stretch as a period of days, for heads and comparisons.
        bucket: what pulls are counted by.
    """

    def __init__(self, question: Question, when: Period, *, bucket: Bucket) -> None:
        self.question, self.when, self.bucket = question, when, bucket
        self.project, self.zone = question.project, question.zone
        self.settings = question.settings.kanban
        self.site = question.settings.site.name

    @property
    def now(self) -> dt.datetime:
        """The present on the site's clock."""
        return self.when.now

    @cached_property
    def about(self) -> Items:
        """What the claims of its cards share: stretch, item, and where the records of each item are."""
        devices: dict[str, list[str]] = {}
        for row in self.project.button_info().to_pylist():
            if row["role"] in PRESSED:
                devices.setdefault(row["ack_for"] if row["role"] == "ack" else row["item"], []).append(row["device_id"])
        for item in self._demand.items:
            devices.setdefault(item.name, []).append(f"{BY_HAND}{item.name}")
        since, until = (local_time(moment, self.zone) for moment in self.question.span)
        only = {} if self.question.of is None else {"item": self.question.of}
        return Items(
            "kanban", since, until, bool(self.when.running), only, devices,
            has_calendar=self.working_day_s is not None,
        )  # fmt: skip

    @property
    def target(self) -> float:
        """The largest stock-out risk one accepts, 0 to 1: that of `[kanban] service_level`."""
        return 1 - self.settings.service_level

    @property
    def item_names(self) -> list[str]:
        """The items meant, once any was pulled; before that none."""
        items = self._demand.items
        return [item.name for item in items] if any(len(item.pulled_us) for item in items) else []

    @cached_property
    def items(self) -> pa.Table:
        """What is known of each item (`tt.kanban.items`)."""
        return self._of(items_table)

    @cached_property
    def pulls(self) -> pa.Table:
        """Each pull (`tt.kanban.pulls`)."""
        return self._of(pulls_table)

    @cached_property
    def presses(self) -> pa.Table:
        """Presses of the items' buttons (`tt.kanban.presses`)."""
        return self._of(presses_table)

    @cached_property
    def rates(self) -> pa.Table:
        """How often items are pulled, by bucket (`tt.kanban.rates`)."""
        return self._of(lambda demand: rates_table(demand, self.bucket))

    @cached_property
    def days(self) -> pa.Table:
        """The same by day."""
        return self.rates if self.bucket == "day" else self._of(lambda demand: rates_table(demand, "day"))

    @cached_property
    def counts(self) -> pa.Table:
        """The c-chart of pulls by bucket (`tt.kanban.control`)."""
        return self._control("c")

    @cached_property
    def pauses(self) -> pa.Table:
        """The t-chart of the gaps between pulls."""
        return self._control("t")

    @cached_property
    def means(self) -> pa.Table:
        """The EWMA chart of pulls by bucket."""
        return self._control("ewma")

    @cached_property
    def sums(self) -> pa.Table:
        """The CUSUM chart of pulls by bucket."""
        return self._control("cusum")

    @cached_property
    def trends(self) -> pa.Table:
        """Three tests of trend (`tt.kanban.trends`)."""
        return self._of(trends_table)

    @cached_property
    def lead_times(self) -> pa.Table:
        """Lead times (`tt.kanban.lead_times`)."""
        return self._of(lead_times_table)

    @cached_property
    def risks(self) -> pa.Table:
        """The stock-out risk over the number of cards (`tt.kanban.risks`)."""
        return self._of(lambda demand: risks_table(demand, None))

    @cached_property
    def capture(self) -> pa.Table:
        """The stretches in which a capture listened (`tt.kanban.capture_coverage`)."""
        return self._asked(lambda: capture_coverage_table(self.question))

    @cached_property
    def coverage(self) -> Coverage | None:
        """How much of the period a capture listened, or of the time since the first one ever; None without one."""
        return self._asked(lambda: coverage_of(self.question))

    @cached_property
    def began(self) -> dt.datetime | None:
        """When the first capture ever began to listen; None before that."""
        return self._asked(lambda: began(self.question))

    @cached_property
    def patience(self) -> dt.timedelta:
        """How late a heartbeat of a capture may be."""
        return self._asked(lambda: patience_of(self.question))

    @cached_property
    def weeks(self) -> pa.Table:
        """Pulls of seven days at a time (`tt.kanban.weeks`)."""
        return self._of(weeks_table)

    @cached_property
    def working_day_s(self) -> float | None:
        """How long a working day is where `[kanban]` keeps a calendar; None where it keeps none."""
        return self._demand.clock.kept_day_s

    @cached_property
    def listed(self) -> pa.Table:
        """The buttons and ack buttons of buttons.csv, heard or not: device_id, name, role."""
        rows = self.project.button_info()
        return rows.filter(pc.is_in(rows["role"], pa.array(PRESSED))).select(["device_id", "name", "role"])

    @cached_property
    def frames(self) -> pa.Table:
        """When frames were heard, and what is odd about them: observed_at, flags."""
        return self._asked(lambda: frames_table(self.question))

    @cached_property
    def only_dhcp(self) -> list[str]:
        """Buttons that were heard by DHCP alone, while that does not count."""
        return self._asked(lambda: only_dhcp(self.question))

    @cached_property
    def rejects(self) -> pa.Table:
        """Why records could not be decoded: reason, rejects, last_seen."""
        return self._asked(lambda: rejects_table(self.question))

    @property
    def rejected(self) -> int:
        """How many rows could not be decoded."""
        return int(pc.sum(self.rejects["rejects"]).as_py() or 0)

    @cached_property
    def records(self) -> int:
        """How many records of buttons are kept of the period."""
        return self._asked(lambda: records_count(self.question))

    @cached_property
    def sources(self) -> pa.Table:
        """The sources and their decoders (`tt.sources`)."""
        return self._asked(lambda: sources_table(self.project))

    @cached_property
    def _demand(self) -> Demand:
        return self._asked(lambda: Demand(self.question))

    def _control(self, kind: Kind) -> pa.Table:
        return self._of(lambda demand: control_table(demand, kind, self.bucket, "exact"))

    def _of(self, answer: Callable[[Demand], T]) -> T:
        demand = self._demand
        return self._asked(lambda: answer(demand))

    def _asked(self, make: Callable[[], T]) -> T:
        # Says so where a purge has removed files of this moment meanwhile: the whole page is then asked anew.
        return answered(self.project, lambda _view: make())


def answers(
    period: str = "112d", item: str = "", bucket: Bucket = "week", *, project: Project | None = None
) -> Answers:
    """What reports and pages show of the items of a period.

    Args:
        period: `2026-W47`, `2026-11`, `2026-08-01/2026-11-20`, or `112d` (`16w`): today and the 111 days before.
        item: one item, or one of its buttons; empty is all.
        bucket: of the charts, `week` or `day`; a c-chart wants five pulls or more in each.
        project: another project than the one found from here.

    Raises:
        ConfigError: the period or bucket cannot be read, or lies ahead.
    """
    if bucket not in BUCKETS:
        raise ConfigError(f'bucket "{bucket}": expected {" or ".join(BUCKETS)}')
    view = (project or here()).view()
    when = parse(period, local_time(view.now_us, view.project.zone()))
    return Answers(question(view, when.since, when.until, of=item or None), when, bucket=bucket)
