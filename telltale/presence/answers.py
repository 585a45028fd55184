"""What a page or report says about presence at one site: each question asked once, when a part needs it."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from telltale.frames import local, rows
from telltale.health.words.silences import Reporting, reporting
from telltale.page.usual import Usual, usual_by_now
from telltale.presence import calls, overview, stays
from telltale.presence import question as questions
from telltale.presence.question import Answer, By, each
from telltale.presence.thresholds import Thresholds
from telltale.presence.words import today
from telltale.tables import NODE_HEARTBEAT, PRESENCE_DAY, SIGHTING, VISIT
from telltale.workbench.periods import Period
from telltale.workbench.project import Project, here
from telltale.workbench.question import period as period_of
from telltale.workbench.reading import load
from telltale.workbench.source_state import health_table, sources_table
from telltale.workbench.times import DAY, Duration, Span, midnight, seconds

FEWEST_BARS = 14
"""Days that have a bar at least, where earlier ones are looked back to."""
WEEK_D = 7
"""How many days of moves there are, where earlier ones are looked back to."""
VISITS_D = 28
"""How far back lengths of stay and the usual day go: visits are kept for 30 days."""
LOOKED_AT_D = 8
"""The days before a stretch that its figures read: the rules for staff, and which nodes there are."""
READ = (SIGHTING.name, NODE_HEARTBEAT.name, VISIT.name, PRESENCE_DAY.name)


def answers(
    period: str = "7d",
    site: str = "",
    *,
    addresses: str = "all",
    gap: Duration | None = None,
    interval: Duration | None = None,
    looks_back: bool = False,
    project: Project | None = None,
) -> "Answers":
    """What the cards of `tt.presence.cards` say about a period; small cells are withheld.

    Args:
        period: 2026-W47, 2026-11-20, 2026-11, 2026-11-09/2026-11-15, or 7d: today and the six days before.
        site: network id; empty is the only one that reported in the period.
        addresses: all, local (randomised) or global.
        gap: silence that ends a visit; None is that of telltale.toml.
        interval: width of the intervals of the occupancy chart; None is as suits the period.
        looks_back: a short period shows earlier days too, as a dashboard does.
        project: another project than the one found from here.

    Raises:
        ConfigError: the period cannot be read, or several sites reported and none is named.
    """
    project = project or here()
    when = period_of(period, site, project=project)
    return Answers(project, when, addresses=addresses, gap=gap or None, interval=interval, looks_back=looks_back)


class Answers:
    """Answers about one site, as Arrow tables, and what a card needs to say them truly.

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
    def is_today(self) -> bool:
        """Whether it is about the running day only, beside the days before."""
        return self.looks_back and self.when.days == 1 and self.when.running is not None

    @property
    def days_shown(self) -> int:
        """How many days have a bar."""
        return max(self.when.days, FEWEST_BARS) if self.looks_back else self.when.days

    @property
    def days_of_visits(self) -> int:
        """Of how many days the lengths of stay are."""
        return VISITS_D if self.is_today else self.when.days

    @property
    def days_of_moves(self) -> int:
        """Of how many days the moves are."""
        return WEEK_D if self.looks_back else self.when.days

    @cached_property
    def days(self) -> pa.Table:
        """The figures of each day shown, of the kind; columns of `tt.presence.figures`."""
        return self._of_kind(self._days(self.days_shown))

    @cached_property
    def days_before(self) -> pa.Table:
        """The figures of each day of the stretch before."""
        before = self.when.ask_before
        return self._of_kind(self._ask(partial(questions.figures, by=_DAY), before["since"], before["until"]))

    @cached_property
    def nodes(self) -> pa.Table:
        """When each node reported; columns of `tt.presence.node_uptime`."""
        return self._ask(questions.node_uptime, self.when.since, self.when.until)

    @cached_property
    def heartbeats(self) -> pa.Table:
        """The reports of the nodes: site, observed_at."""
        columns = ("site", "observed_at")
        since, until = self._moments
        found: pa.Table = load(NODE_HEARTBEAT.name, since, until, columns=columns, engine="arrow", project=self.project)
        return found.filter(pc.equal(found["site"], self.when.site))

    @cached_property
    def reports(self) -> pa.Table:
        """How each node reported: reports, interval_s, longest_gap_s, last_seen, clock_offset_s."""
        found = health_table(self.project, *self._moments)
        return found.filter(pc.equal(found["site"], self.when.site))

    @cached_property
    def sources(self) -> pa.Table:
        """Every source, its decoder and how many records are kept (`tt.sources`)."""
        return sources_table(self.project)

    @cached_property
    def reporting(self) -> Reporting:
        """Which nodes report, and which are silent."""
        return reporting(self.nodes, self.when.now if self.when.running else None)

    @cached_property
    def bins(self) -> pa.Table:
        """Devices present, interval by interval, of every kind or of the one chosen; `tt.presence.occupancy`."""
        answer = partial(questions.occupancy, width_s=round(seconds(self.interval)))
        return self._chosen(self._split(f"bins {self.interval}", self.when.days, answer))

    @cached_property
    def earlier_bins(self) -> pa.Table:
        """The same of the four weeks before today, of every kind: what a usual day is made of."""
        answer = partial(questions.occupancy, width_s=round(seconds(self.interval)))
        return self._before_today(f"bins {self.interval}", VISITS_D, answer)

    @cached_property
    def visits(self) -> pa.Table:
        """The visits that lengths of stay are about, of the kind; owner's rows, of which only enough are shown."""
        if not self.is_today:
            return self._chosen(self._visits(self.when.days))
        return self.visits_of_weeks

    @cached_property
    def visits_of_weeks(self) -> pa.Table:
        """The visits of four weeks until now, of the kind."""
        return self._chosen(self._visits(VISITS_D))

    @cached_property
    def all_kinds(self) -> pa.Table:
        """The whole period, one row an address kind; columns of `tt.presence.summary`."""
        return self._ask(overview.summary, self.when.since, self.when.until)

    @cached_property
    def summary(self) -> pa.Table:
        """The whole period in one row, of the kind."""
        return self._of_kind(self.all_kinds)

    @cached_property
    def before(self) -> pa.Table:
        """The stretch before in one row, of the kind."""
        since, until = self.when.ask_before["since"], self.when.ask_before["until"]
        return self._of_kind(self._ask(overview.summary, since, until))

    @cached_property
    def moves(self) -> pa.Table:
        """Moves between zones; columns of `tt.presence.moves`."""
        return self._ask(questions.moves, self._first(self.days_of_moves), self.when.until)

    @cached_property
    def moves_known_since(self) -> dt.date | None:
        """From which day on moves are known, where it is later than their first."""
        since = self._first(self.days_of_moves)
        return calls.known_since(since, self.when.until, site=self._site, project=self.project)

    @cached_property
    def running(self) -> dict[str, Any]:
        """The figures of the running day."""
        label = self.when.now.date().isoformat()
        found = [row for row in self.days.to_pylist() if row["label"] == label]
        return found[0] if found else dict.fromkeys(("visitors", "dwell_median_s", "capture_rate"))

    @cached_property
    def by_now(self) -> dict[dt.date, int]:
        """Visitor devices of each day as of this hour."""
        return today.visitors_by_now(self.visits_of_weeks, self.when.now)

    @property
    def counted(self) -> int:
        """Today's visitor devices, counted as those of the usual day are."""
        return self.by_now.get(self.when.now.date(), 0)

    @cached_property
    def usual(self) -> Usual | None:
        """What a usual day comes to by this hour."""
        return usual_by_now(self.by_now, self.when.now, k=self.k)

    @cached_property
    def present(self) -> list[dict[str, Any]]:
        """Intervals in order: all kinds together, or the one that was chosen."""
        table = rows(self.bins, "address_kind", "start", "end", "mean", "nodes", "expected")
        return sorted((row for row in table if row["address_kind"] == self.addresses), key=lambda row: row["start"])

    @property
    def _moments(self) -> tuple[dt.datetime, dt.datetime | None]:
        """Beginning and end by the clock of the site, for what asks by that of `[site]`."""
        zone = ZoneInfo(self.zone)
        since = dt.datetime.combine(self.when.first, dt.time(), zone)
        until = dt.datetime.combine(self.when.last + dt.timedelta(days=1), dt.time(), zone)
        return since, None if self.when.running else until

    def _days(self, days: int) -> pa.Table:
        return self._split("days", days, partial(questions.figures, by=_DAY))

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


_DAY: By = "day"
