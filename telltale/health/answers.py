"""What a page or report asks about devices and sources over one stretch: each question once."""

import datetime as dt
from dataclasses import replace
from functools import cached_property
from typing import Any

import pyarrow as pa

from telltale.contract import Source
from telltale.health.arrived import arrived_table
from telltale.health.calls import Health, health_tables, heard_table, missing_table
from telltale.health.deliveries import Delivered, delivered
from telltale.health.lateness import ARRIVED_IN, LATE_IN, Moments, moments
from telltale.health.trends import trends
from telltale.health.words.arrivals import Arrived
from telltale.page.claims import About
from telltale.sources import source as source_named
from telltale.workbench.here import here
from telltale.workbench.periods import Period
from telltale.workbench.project import Project
from telltale.workbench.question import ask
from telltale.workbench.question import period as period_of
from telltale.workbench.source_state import sources_table
from telltale.workbench.times import When, local_time
from telltale.workbench.view import answered

TRENDS_OF = "30d"


class Answers:
    """What is known of one stretch, of all sources or of one.

    Args:
        project: whose.
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        source: one source; None is all.
        when: the period of a report; None on a page.
        days: beginning of the stretch of `missing`, where it is another one.

    Raises:
        ConfigError: there is no such source.
    """

    def __init__(
        self,
        project: Project,
        since: When,
        until: When = None,
        *,
        source: str | None = None,
        when: Period | None = None,
        days: When = None,
    ) -> None:
        self.project, self.since, self.until, self.when = project, since, until, when
        self.source: Source | None = None if source is None else source_named(source)
        self._days = days or since
        self._which: dict[str, Any] = {"until": until, "source": source}

    @property
    def zone(self) -> str:
        """By whose clock moments are told."""
        return self.when.timezone if self.when else self.project.settings.site.timezone

    @property
    def now(self) -> dt.datetime:
        """The present on that clock."""
        return local_time(self.project.now_us(), self.zone)

    @property
    def site(self) -> str:
        """The name of the site the report is about; that of `[site]` where it is about none."""
        site = self.when.site if self.when else ""
        return self.project.site(site).name if site else self.project.settings.site.name

    @property
    def over(self) -> str:
        """The line over the sentence of a report."""
        head = self.when.head if self.when else ""
        return " · ".join(filter(None, (head, self.site)))

    @cached_property
    def about(self) -> About:
        """What the claims of the stretch share."""
        return self._about(self.since)

    @cached_property
    def about_days(self) -> About:
        """What the claims of `missing` share."""
        return self._about(self._days)

    @cached_property
    def about_trends(self) -> About:
        """What the claims of `trends` share."""
        return replace(self._about(TRENDS_OF), arguments={})

    def _about(self, since: When) -> About:
        span = ask(lambda question: question.span, since, self.until, project=self.project)
        begin, end = (local_time(at_us, "UTC") for at_us in span)
        arguments = {} if self.source is None else {"source": self.source.name}
        return About("health", begin, end, span.until_us == self.project.now_us(), arguments)

    @cached_property
    def tables(self) -> Health:
        """How devices and sources report, what is silent, what could not be decoded."""
        return health_tables(self.project, self.since, **self._which)

    @property
    def devices(self) -> pa.Table:
        """How each device reports."""
        return self.tables.devices

    @property
    def sources(self) -> pa.Table:
        """How each source reports as a whole."""
        return self.tables.sources

    @property
    def attention(self) -> pa.Table:
        """What is silent."""
        return self.tables.attention

    @property
    def rejects(self) -> pa.Table:
        """What could not be decoded, by source and reason."""
        return self.tables.rejects

    @cached_property
    def missing(self) -> pa.Table:
        """Which share of the messages due did not come, by device and day."""
        return missing_table(self.project, self._days, **self._which)

    @cached_property
    def heard(self) -> pa.Table:
        """The stretches in which each device was heard."""
        return heard_table(self.project, self.since, **self._which)

    @cached_property
    def records(self) -> pa.Table:
        """Raw records by day and source."""
        return arrived_table(self.project, self.since, **self._which)

    @cached_property
    def trends(self) -> pa.Table:
        """Where batteries and signals went in the 30 days up to the end of the stretch."""
        return ask(trends, TRENDS_OF, self.until, project=self.project)

    @cached_property
    def delivered(self) -> list[Delivered]:
        """What each source delivered in the last 24 hours."""
        return answered(self.project, lambda _view: delivered(self.project))

    @cached_property
    def decoders(self) -> pa.Table:
        """The sources telltale knows, with the version of their decoders."""
        return answered(self.project, lambda _view: sources_table(self.project))

    @cached_property
    def came(self) -> Moments:
        """When something of the source came."""
        return self._moments(ARRIVED_IN)

    @cached_property
    def lateness(self) -> Moments:
        """How late it came."""
        return self._moments(LATE_IN)

    def arrived(self, *, completeness: Any = None, overdue: Any = None) -> Arrived:
        """What is known of the one source, as its words take it.

        Args:
            completeness: which readings are here (`tt.sensors.completeness`), where devices keep them until
                acknowledged; those of other sources' devices are left out.
            overdue: silences past the moment that a device had named (`tt.sensors.overdue`).
        """
        if self.source is None:
            raise ValueError("what arrived is told of one source; name it")
        return Arrived(
            self.source, self.records, self.devices, self.attention, self.rejects, self.heard,
            self.own(completeness), self.own(overdue), self.about,
        )  # fmt: skip

    def own(self, rows: Any) -> Any:
        """Those rows of a table of devices that are of the one source; None stays None."""
        if rows is None:
            return None
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
        return table.filter(pa.compute.is_in(table["device_id"], self.devices["device_id"].combine_chunks()))

    def _moments(self, names: tuple[str, ...]) -> Moments:
        return moments(self.project, str(self._which["source"]), names, self.since, self.until)


def answers(
    period: str = "7d", *, source: str | None = None, site: str | None = None, project: Project | None = None
) -> Answers:
    """What a report asks about a period.

    Args:
        period: see `tt.period`.
        source: one source; None is all.
        site: network id, where the source has sites; empty is the only one that reported. None is of no site.
        project: another project than the one found from here.

    Raises:
        ConfigError: the period cannot be read, there is no such source, or several sites reported and none is named.
    """
    project = project or here()
    when = period_of(period, site, project=project)
    return Answers(project, when.since, when.until, source=source, when=when)
