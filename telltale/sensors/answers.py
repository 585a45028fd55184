"""What a page or report asks about sensors: each question once, of one moment, as Arrow tables."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.health.answers import Answers as HealthAnswers
from telltale.health.calls import missing_table, sensors_table
from telltale.page import common
from telltale.page.claims import About
from telltale.sensors import question as read
from telltale.sensors.claims import KEY
from telltale.sensors.coverage import coverage as known
from telltale.sensors.coverage import replacements
from telltale.sensors.question import Sensors
from telltale.sensors.words.titles import in_period, main_quantity
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question, question
from telltale.workbench.question import period as period_of
from telltale.workbench.times import Duration, local_time, seconds
from telltale.workbench.view import View

DAYS = "14d"
"""How far back the charts by day of a page go, and where sensors are looked for."""
SPELT = {"24h": "24 hours", "48h": "48 hours", "14d": "14 days"}
"""The stretches that a page is about, and how they are said."""
SINGLY_D = 2
"""Up to so many days each reading is drawn, beyond them means of an hour."""


@dataclass(frozen=True)
class Answers:
    """Answers about sensors.

    Args:
        question: of which stretch, and of which device.
        days: of which stretch the charts by day are.
        reports: of which stretch it is looked at how the sensors report.
        head: the line over the sentence.
        spelt: how a sentence says the stretch, such as `in this week`.
        over: how a sub-title says it, such as `Last 24 hours`; empty where the head does.
        quantity: such as temperature; None is all.
        width: of the intervals of the chart, such as `1 h`; None draws each reading.
        source: such as efento; None is all.
    """

    question: Question
    days: Question
    reports: Question
    head: str
    spelt: str
    over: str = ""
    quantity: str | None = None
    width: Duration | None = None
    source: str | None = None

    @property
    def project(self) -> Project:
        """Whose sensors."""
        return self.question.project

    @property
    def zone(self) -> str:
        """By whose clock moments are told and days begin."""
        return self.question.zone

    @property
    def now(self) -> dt.datetime:
        """The present on that clock."""
        return local_time(self.question.view.now_us, self.zone)

    @property
    def site(self) -> str:
        """The name of the site."""
        return self.project.settings.site.name

    @property
    def tolerated_min(self) -> float:
        """Minutes a day outside limits that nobody needs to hear about."""
        return self.project.settings.sensors.tolerated_min

    @property
    def about(self) -> About:
        """What the numbers of the stretch are claims of: of the device and the quantity looked at."""
        return self._about(self.question, device=self.question.of, quantity=self.quantity)

    @property
    def about_devices(self) -> About:
        """The same of all quantities."""
        return self._about(self.question, device=self.question.of)

    @property
    def about_all(self) -> About:
        """The same of all devices."""
        return self._about(self.question)

    @property
    def about_days(self) -> About:
        """What the numbers by day are claims of."""
        return self._about(self.days, device=self.question.of, quantity=self.quantity)

    @property
    def about_reports(self) -> About:
        """What is said of how sensors report is a claim of health."""
        return self.health.about

    @property
    def about_missing(self) -> About:
        """What is said of messages missing is one too."""
        return self.health.about_days

    @property
    def about_trends(self) -> About:
        """And what is said of batteries."""
        return replace(self._about(self._month), calls="health")

    @property
    def ends_now(self) -> bool:
        """Whether the stretch ends at present."""
        return self.question.span.until_us >= self.question.view.now_us

    @property
    def is_chosen(self) -> bool:
        """Whether only some of the sensors or quantities are looked at."""
        return self.question.of is not None or self.quantity is not None

    @cached_property
    def stats(self) -> pa.Table:
        """Figures of the stretch."""
        return self._own(read.stats(self.question, quantity=self.quantity))

    @cached_property
    def series(self) -> pa.Table:
        """What was measured."""
        bin_s = None if self.width is None else round(seconds(self.width))
        return self._own(read.series(self.question, quantity=self.quantity, bin_s=bin_s))

    @cached_property
    def coverage(self) -> pa.Table:
        """How much of the stretch is known of each sensor with limits, the silent ones too."""
        return self._own(known(self.question, quantity=self.quantity))

    @cached_property
    def excursions(self) -> pa.Table:
        """When limits were left, also where that began before the stretch and lasts into it."""
        return self._own(read.excursions(self.question, quantity=self.quantity, lasting=True))

    @cached_property
    def elsewhere(self) -> pa.Table:
        """The same of what is not looked at: a choice narrows what is shown, not what needs a look."""
        if not self.is_chosen:
            return self.excursions.slice(0, 0)
        rows = self._own(read.excursions(self._of_all(self.question), lasting=True))
        shown = {tuple(row.values()) for row in self.excursions.select(list(KEY)).to_pylist()}
        others = [tuple(row.values()) not in shown for row in rows.select(list(KEY)).to_pylist()]
        return rows.filter(pa.array(others, pa.bool_()))

    @cached_property
    def episodes(self) -> pa.Table:
        """When doors stood open and alarms were on, of every switch: a door matters to the fridge behind it."""
        return self._own(read.episodes(self._of_all(self.question), lasting=True))

    @cached_property
    def gaps(self) -> pa.Table:
        """Where readings are missing."""
        return self._own(read.gaps(self.question, quantity=self.quantity, lasting=True))

    @cached_property
    def outside(self) -> pa.Table:
        """Seconds outside limits by day."""
        return self._own(read.minutes_outside(self.days, quantity=self.quantity))

    @cached_property
    def days_outside(self) -> pa.Table:
        """The same of all sensors together, and which days are over what is tolerated."""
        return read.days_outside(self.days, quantity=self.quantity)

    @cached_property
    def kinetic(self) -> pa.Table:
        """Mean kinetic temperatures of the stretch."""
        return self._own(read.mean_kinetic_temperature(self.question))

    @cached_property
    def consumption(self) -> pa.Table:
        """What counters counted in the stretch."""
        return self._own(read.consumption(self.question, by="stretch"))

    @cached_property
    def completeness(self) -> pa.Table:
        """Readings received of those due."""
        return self._own(read.completeness(self.question))

    @cached_property
    def overdue(self) -> pa.Table:
        """Where sensors were not heard at the moment they had named, also since before the stretch."""
        return self._own(read.overdue(self.question, lasting=True))

    @cached_property
    def trends(self) -> pa.Table:
        """Where batteries and signals went in the 30 days up to the end of the stretch; none of a replaced sensor."""
        rows = self._own(read.trends(self._month))
        return _only(rows, set(rows["device_id"].to_pylist()) - self.replaced)

    @cached_property
    def seen(self) -> Sensors:
        """The sensors of the last fortnight, and what they measured."""
        until = local_time(self.question.span.until_us, self.zone)
        seen = read.sensors(question(self.question.view, DAYS, until))
        if self.source is None:
            return seen
        own = set(self.reporting["device_id"].to_pylist())
        return seen._replace(names={device_id: name for device_id, name in seen.names.items() if device_id in own})

    @cached_property
    def missing(self) -> pa.Table:
        """Messages missing by day, of the same sensors as `devices`."""
        since, until = self._stretch(self.days)
        rows = missing_table(self.project, since, until, source=self.source, sensors_only=True)
        return _only(rows, self.devices["device_id"].to_pylist())

    @cached_property
    def devices(self) -> pa.Table:
        """How each of these sensors reports: heard lately or listed, silent ones too; none that was replaced."""
        silent = read.device_ids(self.question) if self.question.of else (*self.seen.names, *self._listed)
        limited = self.coverage["device_id"].to_pylist()
        wanted = {*self.stats["device_id"].to_pylist(), *(silent or ()), *limited}
        return _only(self.reporting, wanted - self.replaced)

    @property
    def _listed(self) -> set[str]:
        """The sensors of devices.csv, however long ago they measured anything."""
        listed = self.project.device_info()["device_id"].to_pylist()
        return set(listed) & replacements(self.question).keys()

    @cached_property
    def replaced(self) -> set[str]:
        """The ids of sensors that another one of the same name took the place of."""
        return {device_id for device_id, life in replacements(self.question).items() if life.successor}

    @cached_property
    def reporting(self) -> pa.Table:
        """How what sends messages reports, sensor or not."""
        since, until = self._stretch(self.reports)
        return sensors_table(self.project, since, until, source=self.source)

    @cached_property
    def health(self) -> HealthAnswers:
        """How all devices report, sensor or not, and what of their messages is missing."""
        (since, until), (days, _) = self._stretch(self.reports), self._stretch(self.days)
        return HealthAnswers(self.project, since, until, source=self.source, days=days)

    @property
    def _month(self) -> Question:
        until = local_time(self.question.span.until_us, self.zone)
        return question(self.question.view, "30d", until, of=self.question.of)

    def _own(self, rows: pa.Table) -> pa.Table:
        """Those rows that are of a device of the source."""
        return rows if self.source is None else _only(rows, self.reporting["device_id"].to_pylist())

    def _about(self, asked: Question, **arguments: str | None) -> About:
        since, until = self._stretch(asked)
        return About("sensors", since, until, asked.span.until_us >= asked.view.now_us, arguments)

    def _stretch(self, asked: Question) -> tuple[dt.datetime, dt.datetime]:
        return local_time(asked.span.since_us, self.zone), local_time(asked.span.until_us, self.zone)

    def _of_all(self, asked: Question) -> Question:
        return Question(asked.view, asked.span, asked.zone)


def answers(
    period: str = "7d",
    *,
    device: str = "",
    quantity: str = "",
    interval: str = "",
    source: str = "",
    project: Project | None = None,
) -> Answers:
    """What a report asks about the sensors of a period.

    Args:
        period: see `tt.period`.
        device: one device, by id or name; empty is all.
        quantity: such as temperature; empty is all.
        interval: width of the intervals of the chart, such as `30min`; empty is as suits the period.
        source: such as efento; empty is all.
        project: another project than the one found from here.

    Raises:
        ConfigError: the period, the device or the interval cannot be read.
    """
    project = project or here()
    when, view = period_of(period, None, project=project), project.view()
    meant = question(view, when.since, when.until, of=device or None)
    width = interval or (None if when.days <= SINGLY_D else when.bin)
    if width is not None:
        seconds(width)  # says what is expected
    site = project.settings.site.name
    return Answers(
        question=meant,
        days=meant,
        reports=meant,
        head=f"{when.head} · {site}" if site else when.head,
        spelt=in_period(when),
        quantity=quantity or None,
        width=width,
        source=source or None,
    )


def recent(view: View, stretch: str = "24h", *, device: str = "", quantity: str = "") -> Answers:
    """What a page asks about the sensors of the last hours or days.

    Args:
        view: of which moment.
        stretch: `24h`, `48h` or `14d`.
        device: one device, by its id; empty is all.
        quantity: such as temperature; empty is all.
    """
    return view.shared(("sensors", stretch, device, quantity), lambda: _recent(view, stretch, device, quantity))


def _recent(view: View, stretch: str, device: str, quantity: str) -> Answers:
    meant = question(view, stretch, None, of=device or None)
    site = view.project.settings.site
    return Answers(
        question=meant,
        days=question(view, DAYS, None, of=device or None),
        reports=question(view, "24h", None),
        head=common.head("Sensors", local_time(view.now_us, site.timezone), site.name),
        spelt=f"in the last {SPELT[stretch]}",
        over=f"Last {SPELT[stretch]}",
        quantity=quantity or None,
        width=f"1{wording.NBSP}h" if stretch == DAYS else None,
    )


def opening(view: View) -> Answers:
    """What the page of sensors opens with: the last 24 hours of the quantity that matters most."""
    return recent(view, quantity=main_quantity(recent(view).seen.quantities))


def _only(rows: pa.Table, device_ids: Collection[str]) -> pa.Table:
    return rows.filter(pc.is_in(rows["device_id"], pa.array(sorted(device_ids), pa.string())))
