"""What a page or report says about presence at one site: each question asked once, when a part needs it."""

import datetime as dt
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.frames import rows
from telltale.health.words.silences import Reporting, Silence
from telltale.page.claims import About, Subject
from telltale.page.usual import Usual, usual_by_now
from telltale.presence import calls, overview
from telltale.presence import question as questions
from telltale.presence.asking import Asking
from telltale.presence.claims import Claims
from telltale.presence.recorded import is_current, unheard_nodes, whole_days
from telltale.presence.words import report, today
from telltale.presence.words.lengths import Lengths, by_stretch, shown_days
from telltale.presence.words.lengths import stays as stays_of
from telltale.presence.words.usual import FEWEST_DAYS
from telltale.tables import NODE_HEARTBEAT, VISIT
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import period as period_of
from telltale.workbench.reading import load
from telltale.workbench.source_state import health_table, sources_table
from telltale.workbench.times import Duration, local_day, seconds

FEWEST_BARS = 14
"""Days that have a bar at least, where earlier ones are looked back to."""
WEEK_D = 7
"""How many days of moves there are, where earlier ones are looked back to."""
VISITS_D = 28
"""How far back lengths of stay and the usual day go: visits are kept for 30 days."""


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


class Answers(Asking):
    """Answers about one site, as Arrow tables, and what a card needs to say them truly."""

    @cached_property
    def called(self) -> str:
        """The name of the site, with its id where another has the same, as those without one of their own do."""
        with self.project.at_one_moment() as view:
            names = [self.project.site(site).name for site in view.sites()]
        return self.name if names.count(self.name) < 2 else f"{self.name} ({self.when.site})"

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
    def all_days(self) -> pa.Table:
        """The figures of each day shown, of every kind; columns of `tt.presence.figures`."""
        return self._days(self.days_shown)

    @cached_property
    def days(self) -> pa.Table:
        """The same of the kind."""
        return self._of_kind(self.all_days)

    @cached_property
    def days_before(self) -> pa.Table | None:
        """The figures of each day of the stretch before; None where its last day is whole and this one's is not."""
        before = self.when.ask_before
        found = self._of_kind(self._ask(questions.days, before["since"], before["until"]))
        return found if not self.when.running or any(found["so_far"].to_pylist()) else None

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
        """Which nodes report, and which are silent; of listed ones also those that never did, or no more."""
        found = report.reporting_of(self.nodes, self.when)
        ends = found.ends or self.when.now
        unheard = tuple(Silence(name, self.begins, ends) for name in self.unheard)
        return Reporting(found.known + len(unheard), found.last, (*found.silences, *unheard), ends)

    @cached_property
    def unheard(self) -> list[str]:
        """The names of the nodes of devices.csv that have not reported here for a week, or never did."""
        seen = self.nodes["node_id"].to_pylist()
        return unheard_nodes(self.project, self.when.site, seen) if self.when.running else []

    @cached_property
    def claims(self) -> Claims:
        """What makes the numbers of its cards claims."""
        when, until = self.when, self.when.now if self.when.running else self._moments[1]
        about = About(
            "presence", self.begins, until, so_far=when.running is not None, arguments={"site": when.site or None}
        )
        return Claims(
            about,
            Subject("site", when.site, self.name),
            self.addresses,
            when.name.replace("--", "/"),
            self.looks_back,
            about.over(self.since(self.days_shown), until, so_far=about.so_far),
            str(self.interval),
            self.gap,
        )

    @property
    def claims_of_all(self) -> Claims:
        """The same for numbers of all addresses, whichever were chosen."""
        return replace(self.claims, kind="all")

    def since(self, days: int) -> dt.datetime:
        """The midnight with which the last days begin."""
        return dt.datetime.combine(dt.date.fromisoformat(self._first(days)), dt.time(), self.begins.tzinfo)

    @property
    def begins(self) -> dt.datetime:
        """The first midnight of the period."""
        return self._moments[0]

    @cached_property
    def newest(self) -> dt.datetime | None:
        """The newest report of any node in the period; None where none reported."""
        since = self._moments[0]
        return max((row["end"] for row in rows(self.nodes, "end") if row["end"] > since), default=None)

    @property
    def is_current(self) -> bool:
        """Whether the newest report is as new as the nodes' interval lets expect: else nothing is said of now."""
        return is_current(self.newest, self.reports, self.when.now)

    @cached_property
    def missing_s(self) -> float:
        """Seconds of the period in which no node reported."""
        return report.unrecorded_s(self.bins, self.nodes)

    @property
    def is_partly_recorded(self) -> bool:
        """Whether counts of the period are a lower bound: some time or some node is missing."""
        return bool(self.missing_s or self.reporting.silences)

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
        row = self._of_kind(self.all_kinds)
        if self.is_today or self.visits_known_since:
            return row
        # What is withheld of the lengths beside those of other periods is withheld here too.
        found = self.lengths
        for name, value in (("ended", found.ended), ("open", found.open)):
            at = row.schema.get_field_index(name)
            row = row.set_column(at, row.schema.field(at), pa.array([value] * row.num_rows, pa.int64()))
        return row

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
        return found[0] if found else dict.fromkeys(("visitors", "dwell_median_s", "capture_rate", "node_share"))

    @cached_property
    def recorded_days(self) -> set[dt.date]:
        """Of the days of four weeks those of which nearly all is recorded: the others are compared with nothing."""
        return whole_days(self._of_kind(self._days(VISITS_D)), since=self.visits_known_since)

    @cached_property
    def by_now(self) -> dict[dt.date, int]:
        """Visitor devices of each day as of this hour, of the days that are recorded."""
        return today.visitors_by_now(self.visits_of_weeks, self.when.now, days=self.recorded_days)

    @property
    def counted(self) -> int:
        """Today's visitor devices, counted as those of the usual day are."""
        return self.by_now.get(self.when.now.date(), 0)

    @cached_property
    def usual(self) -> Usual | None:
        """What a usual day comes to by this hour; None with too few days, or where today is recorded in part."""
        if self.when.now.date() not in self.recorded_days or not self.is_current:
            return None
        found = usual_by_now(self.by_now, self.when.now, k=self.k)
        return found if found and found.days >= FEWEST_DAYS else None

    @cached_property
    def lengths(self) -> Lengths:
        """What may be said of how long the visits were, of the kind; of days whose visits are not withheld.

        A page offers several periods: what it shows of a shorter one must not tell, beside a longer one, of the rest.
        """
        days = max(self.days_of_visits, VISITS_D) if self.looks_back else self.days_of_visits
        told = stays_of(self._visits(days), shown_days(self._days(days).to_pylist()), timezone=self.zone)
        if self.looks_back:
            recent = (self.when.now.date() - dt.timedelta(days=WEEK_D - 1)).isoformat()
            told = [stay._replace(is_recent=stay.day >= recent) for stay in told]
        whole, of_week = by_stretch(told, k=self.k)
        return (of_week if self.looks_back and self.days_of_visits == WEEK_D else whole)[self.addresses]

    @property
    def days_with_visits(self) -> int:
        """Of how many days the lengths of stay are, at most: those since the site was first heard of."""
        return len(set(self._days(self.days_of_visits)["label"].to_pylist()))

    @cached_property
    def visits_known_since(self) -> dt.date | None:
        """From which day on visits are kept, where the lengths of stay go further back."""
        with self.project.at_one_moment() as view:
            kept_us = view.kept_from(VISIT.name, self.when.site)
        first = self.when.first if not self.is_today else self.when.now.date() - dt.timedelta(days=VISITS_D - 1)
        kept = local_day(kept_us, self.zone)
        return kept if kept > first else None

    @cached_property
    def present(self) -> list[dict[str, Any]]:
        """Intervals in order: all kinds together, or the one that was chosen."""
        table = rows(self.bins, "address_kind", "start", "end", "mean", "nodes", "expected")
        return sorted((row for row in table if row["address_kind"] == self.addresses), key=lambda row: row["start"])
