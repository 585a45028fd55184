"""How a page or report asks about one site: of one moment, small cells withheld, days that are over computed once."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from telltale.frames import local
from telltale.presence import question as questions
from telltale.presence import stays
from telltale.presence.question import Answer, each
from telltale.presence.thresholds import Thresholds
from telltale.tables import NODE_HEARTBEAT, PRESENCE_DAY, SIGHTING, VISIT
from telltale.workbench.periods import Period
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, Duration, Span, midnight

LOOKED_AT_D = 8
"""The days before a stretch that its figures read: the rules for staff, and which nodes there are."""
READ = (SIGHTING.name, NODE_HEARTBEAT.name, VISIT.name, PRESENCE_DAY.name)


class Asking:
    """Questions about a period at one site.

    Args:
        project: whose records.
        when: the period and site.
        addresses: kind of address: all, local or global.
        gap: silence that ends a visit; None is that of telltale.toml.
        interval: width of the intervals of occupancy; None is as suits the period.
        looks_back: a short period shows earlier days too, as a dashboard does.
    """

    def __init__(
        self,
        project: Project,
        when: Period,
        *,
        addresses: str = "all",
        gap: Duration | None = None,
        interval: Duration | None = None,
        looks_back: bool = False,
    ) -> None:
        self.project, self.when, self.addresses, self.looks_back = project, when, addresses, looks_back
        self.gap, self.interval = gap, interval or when.bin
        self.rules = project.settings.presence
        """`[presence]` of telltale.toml, as notes word it."""
        self.zone = when.timezone
        settings = project.site(when.site)
        self.name, self.k = settings.name, settings.k
        self._site = when.site or None
        self._thresholds: Thresholds = {"gap": gap} if gap else {}

    @property
    def _moments(self) -> tuple[dt.datetime, dt.datetime | None]:
        """Beginning and end by the clock of the site, for what asks by that of `[site]`."""
        zone = ZoneInfo(self.zone)
        since = dt.datetime.combine(self.when.first, dt.time(), zone)
        until = dt.datetime.combine(self.when.last + dt.timedelta(days=1), dt.time(), zone)
        return since, None if self.when.running else until

    def _days(self, days: int) -> pa.Table:
        return self._split("days", days, questions.days)

    def _visits(self, days: int) -> pa.Table:
        found = self._split("visits", days, questions.visits)
        first = self._first(days)
        inside = [local(moment, self.zone).date().isoformat() >= first for moment in found["entered_at"].to_pylist()]
        return found.filter(pa.array(inside, pa.bool_()))

    def _ask(self, answer: Answer, since: str | None, until: str | None) -> pa.Table:
        """The answer of the site, small cells withheld."""
        how = {"thresholds": self._thresholds, "site": self._site, "project": self.project}
        return each(answer, since, until, published=True, **how)  # type: ignore[arg-type]

    def _split(self, name: str, days: int, answer: Answer) -> pa.Table:
        """The answer for the last days: what is over is kept, yesterday and today are of this moment."""
        since, yesterday = self._first(days), self._first(2)
        if self.when.running is None or since >= yesterday:
            return self._ask(answer, since, self.when.until)
        earlier = self._kept(name, since, yesterday, answer)
        return pa.concat_tables([earlier, self._ask(answer, yesterday, None)], promote_options="permissive")

    def _before_today(self, name: str, days: int, answer: Answer) -> pa.Table:
        yesterday = self._first(2)
        earlier = self._kept(name, self._first(days), yesterday, answer)
        return pa.concat_tables([earlier, self._ask(answer, yesterday, self._first(1))], promote_options="permissive")

    def _kept(self, name: str, since: str, until: str, answer: Answer) -> pa.Table:
        """The answer for days before yesterday: what began on them is over by midnight, and reads no row of today."""
        with self.project.at_one_moment() as view:
            site = self.when.site
            first, last = (midnight(dt.date.fromisoformat(day), self.zone) for day in (since, until))
            span = Span(first - LOOKED_AT_D * DAY, midnight(self.when.now.date(), self.zone))
            removed = tuple(view.kept_from(table, site) for table in (SIGHTING.name, VISIT.name))
            key = ("presence", name, site, first, last, repr(self._thresholds), stays.open_from(view, site), removed)
            make: Callable[[], pa.Table] = lambda: self._ask(answer, since, until)  # noqa: E731
            return view.kept(key, make, tables=READ, span=span)

    def _first(self, days: int) -> str:
        """The first of the last days, the last of the period included."""
        last = self.when.running or self.when.last
        return (last - dt.timedelta(days=days - 1)).isoformat()

    def _chosen(self, table: pa.Table) -> pa.Table:
        return table if self.addresses == "all" else table.filter(pc.equal(table["address_kind"], self.addresses))

    def _of_kind(self, table: pa.Table) -> pa.Table:
        """The rows of the kind, called `all` as whatever words them expects."""
        chosen = table.filter(pc.equal(table["address_kind"], self.addresses))
        at = chosen.schema.get_field_index("address_kind")
        return chosen.set_column(at, "address_kind", pa.array(["all"] * chosen.num_rows, pa.string()))
