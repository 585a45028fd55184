"""What a report or page asks about PCs in one stretch; each question once, however many cards want it."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property, partial
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from telltale.activity import devices, records
from telltale.activity import question as pcs
from telltale.activity.analysis import Rules
from telltale.activity.question import LOOKBACK, LOOKBACK_D, Rule, day_starts_at
from telltale.activity.usual import day_of
from telltale.health.answers import Answers as Agents
from telltale.page.board import Freshness
from telltale.page.claims import About
from telltale.settings import Settings
from telltale.sources import SOURCES
from telltale.tables import ACTIVITY
from telltale.workbench.here import here
from telltale.workbench.periods import Period, parse
from telltale.workbench.project import Project
from telltale.workbench.question import Question, local_now
from telltale.workbench.source_state import sources_table
from telltale.workbench.times import Duration, When, local_day, local_time, micros

LATE_S, SILENT_S = 1_500.0, 366 * 86_400.0
"""A modem sends each ten minutes or so: late after two and a half. PCs may be off for a holiday."""
SOURCES_OF_PCS = tuple(source.name for source in SOURCES if ACTIVITY.name in source.tables)
T = TypeVar("T")


class Answers:
    """Answers about PCs, and what a card needs to say them truly: the period, the zone, the rules, whom it may show.

    Args:
        project: whose records.
        when: the local days, which begin at `[activity] day_starts_at`.
        of: whose page or report it is: a PC or a person, by id or name; empty is nobody's.
        pc: which of these PCs, by id; empty is all.
        rule: how the hours of each day are told: `input`, `seed`, `seed_web`.
        away_after: the longest pause that stays active; None is the project's.
        is_live: whether it is a page of now: it speaks of today, and looks back over four weeks where one day says
            little. A report keeps to its period.
    """

    def __init__(
        self,
        project: Project,
        when: Period,
        *,
        of: str = "",
        pc: str = "",
        rule: Rule = "input",
        away_after: Duration | None = None,
        is_live: bool = False,
    ) -> None:
        pcs.checked(rule, pcs.RULES)
        self.project, self.when, self.rule, self.is_live = project, when, rule, is_live
        self.of = pc or of or None
        self.shows_single = shows_single(of, project=project)
        self._away_after = away_after

    @property
    def settings(self) -> Settings:
        """telltale.toml."""
        return self.project.settings

    @property
    def zone(self) -> str:
        """The site's."""
        return self.settings.site.timezone

    @property
    def name(self) -> str:
        """The site's."""
        return self.settings.site.name

    @property
    def k(self) -> int:
        """Of fewer people than this no team is told of."""
        return pcs.least_people(self.settings)

    @property
    def now(self) -> dt.datetime:
        """The present on the site's clock."""
        return local_time(self.project.now_us(), self.zone)

    @property
    def within(self) -> str:
        """What the figures are of, in words."""
        if not self.is_live:
            return "in the period"
        return {1: "today", 7: "in 7 days", 28: "in 4 weeks"}[self.when.days]

    @cached_property
    def rules(self) -> Rules:
        """The thresholds."""
        return self._ask(lambda question: pcs.rules(question, self._away_after))

    @cached_property
    def pcs(self) -> pa.Table:
        """The PCs meant: device_id, name, person; by name."""
        return self._ask(pcs.pcs)

    @cached_property
    def listed(self) -> pa.Table:
        """The PCs meant that are listed, and those that have told anything."""
        return self._ask(devices.listed, "24h", None)

    @cached_property
    def usual(self) -> pa.Table:
        """Today beside a usual day, of a page of today."""
        return self._ask(partial(devices.usual, away_after=self._away_after), LOOKBACK, None)

    @property
    def about(self) -> About:
        """What the claims of the period share."""
        first, last = (self._begin(day) for day in (self.when.first, self.when.last + dt.timedelta(days=1)))
        asked = {"device": self.of, "away_after": self._away_after}
        running = last > self.now
        return About("activity", first, self.now if running else last, running, asked)

    @property
    def about_past(self) -> About:
        """Of the weeks a page looks back; of a report its period."""
        if not self.is_live:
            return self.about
        return self.about.over(self._begin(self.today - dt.timedelta(days=LOOKBACK_D - 1)), self.now, so_far=True)

    @property
    def about_week(self) -> About:
        """Of the stretches of `week`."""
        if not self.is_live or self.when.days > 1:
            return self.about
        return self.about.over(self._begin(self.when.last - dt.timedelta(days=6)), self.now, so_far=True)

    @property
    def about_levels(self) -> About:
        """Of 24 hours."""
        return self.about.over(self.now - dt.timedelta(hours=24), self.now, so_far=True)

    def _begin(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, self.starts_at, self.now.tzinfo)

    @property
    def starts_at(self) -> dt.time:
        """When a day begins."""
        return day_starts_at(self.project)

    @property
    def today(self) -> dt.date:
        """The running day."""
        return day_of(self.now, self.starts_at)

    @cached_property
    def strips(self) -> pa.Table:
        """The stretches of the period, day by day."""
        return self._days("strips", partial(pcs.strips, away_after=self._away_after))

    @cached_property
    def totals(self) -> pa.Table:
        """The sums of the period by day."""
        return self._days("totals", partial(pcs.totals, away_after=self._away_after))

    @cached_property
    def totals_by_rule(self) -> pa.Table:
        """The same by the rule that was chosen."""
        if self.rule == "input":
            return self.totals
        return self._ask(partial(pcs.totals, rule=self.rule, away_after=self._away_after))

    @cached_property
    def intervals(self) -> pa.Table:
        """The stretches of the period, with their basis."""
        return self._ask(partial(pcs.intervals, away_after=self._away_after))

    @cached_property
    def history(self) -> pa.Table:
        """The stretches of four weeks, of a page; a report has those of its period."""
        return self._looking_back("strips", partial(pcs.strips, away_after=self._away_after), self.strips)

    @cached_property
    def past(self) -> pa.Table:
        """The sums of the same days."""
        return self._looking_back("totals", partial(pcs.totals, away_after=self._away_after), self.totals)

    @property
    def past_days(self) -> str:
        """What they are of, where that is not the period."""
        return "of 4 weeks" if self.is_live else ""

    @property
    def week(self) -> pa.Table:
        """The stretches of the period, or where that is today, of the newest seven days."""
        if not self.is_live or self.when.days > 1:
            return self.strips
        since = (self.when.last - dt.timedelta(days=6)).isoformat()
        return self.history.filter(pc.greater_equal(self.history["label"], since))

    @cached_property
    def team_days(self) -> pa.Table:
        """The means of the team by day that has ended: of a page over four weeks, of a report over its period."""
        by_day = partial(pcs.team, by="day")
        return _ended(self._ask(by_day, LOOKBACK, None, of=None) if self.is_live else self._ask(by_day, of=None))

    @cached_property
    def team_hours(self) -> pa.Table:
        """The means of the team by hour of the period, of hours that have ended."""
        return _ended(self._ask(partial(pcs.team, by="hour"), of=None))

    @cached_property
    def levels(self) -> pa.Table:
        """The levels of 24 hours."""
        return self._ask(pcs.levels, "24h", None)

    def messages(self, newest: int | None = None) -> pa.Table:
        """What arrived: of a page the newest of a week, of a report all of its period."""
        answer = partial(records.messages, newest=newest)
        return self._ask(answer, "7d", None) if self.is_live else self._ask(answer)

    @cached_property
    def kept(self) -> pa.Table:
        """What is kept."""
        return self._ask(records.kept, None, None)

    @cached_property
    def decoders(self) -> pa.Table:
        """The sources that tell of PCs, with the version of their decoder."""
        sources = sources_table(self.project)
        return sources.filter(pc.is_in(sources["source"], pa.array(SOURCES_OF_PCS)))

    @cached_property
    def agents(self) -> Agents:
        """The agents on the PCs as a source: what arrived, how it reports, what could not be decoded."""
        return Agents(self.project, self.when.since, self.when.until, source=records.SOURCE, when=self.when)

    @cached_property
    def delivered(self) -> pa.Table:
        """The messages of the agents."""
        every = self.messages()
        return every.filter(pc.equal(every["source"], records.SOURCE))

    @cached_property
    def samples(self) -> pa.Table:
        """When each sample was taken and received: observed_at, received_at, late_s."""
        return self._ask(devices.samples)

    @property
    def freshness(self) -> Freshness:
        """Of what was heard last; a page of PCs that are off is late, never silent."""
        newest = pc.max(self.listed["heard_at"]).as_py()
        return Freshness(None if newest is None else micros(newest), LATE_S, SILENT_S, timezone=self.zone)

    def _ask(self, answer: Callable[[Question], T], *stretch: When, **of: str | None) -> T:
        """The answer about the period, or another stretch; about whom it is asked for, or somebody else."""
        since, until = stretch or (self.when.since, self.when.until)
        return pcs.ask(answer, since, until, of=of.get("of", self.of), project=self.project)

    def _days(self, name: str, make: Callable[[Question], pa.Table], *stretch: When) -> pa.Table:
        return self._ask(lambda question: pcs.with_today(question, (name, self.rules), make), *stretch)

    def _looking_back(self, name: str, make: Callable[[Question], pa.Table], own: pa.Table) -> pa.Table:
        return self._days(name, make, LOOKBACK, None) if self.is_live else own


def answers(period: str = "7d", device: str = "", rule: Rule = "input", *, project: Project | None = None) -> Answers:
    """What reports on PCs are made of; `tt.activity.cards` shows it, and its tables are Arrow.

    Args:
        period: `2026-W47`, `2026-11-20`, `2026-11`, `2026-11-09/2026-11-15`, or `7d`: today and the six days before.
        device: whose report it is: a PC by id or name, or a person; empty is nobody's: then only a team is told of.
        rule: how the hours of each day are told: `input`, `seed` or `seed_web`.
        project: another project than the one found from here.

    Raises:
        ConfigError: the period cannot be read, or there is no such rule.
    """
    project = project or here()
    return Answers(project, period_of(period, project), of=device, rule=rule)


def period_of(text: str, project: Project) -> Period:
    """The days a text means, where a day begins at `[activity] day_starts_at`."""
    now = local_now(project)
    day = local_day(project.now_us(), str(now.tzinfo), day_starts_at(project))
    return parse(text, dt.datetime.combine(day, now.timetz()))


def shows_single(device: str = "", *, project: Project | None = None) -> bool:
    """Whether a page or report may tell of single PCs: of the one it is for, the owner's own, or invented ones.

    Args:
        device: whose report it is; empty is nobody's, and then only a team may be told of.
        project: another project than the one found from here.
    """
    project = project or here()
    return bool(device) or project.settings.shows_single_pcs or are_owners(project)


def are_owners(project: Project) -> bool:
    """Whether all PCs that ever told anything are the owner's: `[activity] mine`, and they are one person's.

    What is set once must not show a colleague's PC that is added later.
    """
    if not project.settings.activity.mine:
        return False
    known = pcs.ask(pcs.all_pcs, "1d", None, of=None, project=project).to_pylist()
    return len({row["person"].casefold() or row["device_id"] for row in known}) == 1


def _ended(team: pa.Table) -> pa.Table:
    """Without the running period: who looks before and after somebody comes would see what that person did."""
    return team.filter(pc.invert(team["so_far"]))
