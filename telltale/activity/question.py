"""What every question about activity shares: the stretch of time, the PCs meant, the records, and their names."""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa

from telltale.activity import analysis
from telltale.analysis import periods
from telltale.contract import ConfigError, did_you_mean
from telltale.engine import Engine, Relation
from telltale.tables import ACTIVITY
from telltale.workbench import question
from telltale.workbench.project import Project, here
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, SECOND, Span, When
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

By = Literal["day", "week", "stretch", "hour"]

LONGEST_GIVEN_D = 31
"""No correction or imported stretch is longer, so none further back reaches into a stretch asked for."""
JOINS_S = 3_600
"""What follows a stretch may join it: an input a moment after its end."""

PCS = """
select p.device_id, coalesce(nullif(i.name, ''), nullif(m.name, ''), p.device_id) as name,
  coalesce(nullif(i.person, ''), nullif(m.person, ''), '') as person
from (
  select distinct coalesce(nullif(i.same_as, ''), a.device_id) as device_id
  from (select distinct device_id from activity) a left join info i on i.device_id = a.device_id
) p
left join info i on i.device_id = p.device_id
left join (
  select same_as, max(name) as name, max(person) as person from info where same_as <> '' group by same_as
) m on m.same_as = p.device_id
order by name, p.device_id
"""

NAMED = "select r.*, p.name, p.person from row_in r inner join pc p on p.device_id = r.device_id"


class PCs(NamedTuple):
    """A question about PCs, on one snapshot."""

    view: View
    span: Span
    device: str | None
    away_after_s: float | None = None
    """None is the project's threshold."""

    @property
    def engine(self) -> Engine:
        """Where it is answered."""
        return self.view.project.engine

    @property
    def zone(self) -> str:
        """By whose clock days begin."""
        return self.view.project.settings.site.timezone

    @property
    def rules(self) -> analysis.Rules:
        """The thresholds."""
        return analysis.Rules(away_after_s=self.away_after_s or self.view.project.settings.activity.away_after_s)

    @property
    def info(self) -> Relation:
        """What devices.csv says; of a PC that is not listed the person its modem is listed with."""
        return self.engine.from_arrow(self.view.project.device_info())

    def pcs(self) -> pa.Table:
        """The PCs meant that were ever heard: device_id, name, person; by name."""
        known: pa.Table = self.view.remembered("pcs", self._pcs)
        if self.device is None:
            return known
        wanted = self.device.strip().casefold()
        aliases = {row["device_id"]: row["same_as"] for row in self.view.project.device_info().to_pylist()}
        wanted = (aliases.get(wanted) or wanted).casefold()
        # An id means more than a person, and a person more than what somebody called a PC.
        for column in ("device_id", "person", "name"):
            found = [wanted == text.casefold() for text in known[column].to_pylist()]
            if any(found):
                return known.filter(pa.array(found))
        raise ConfigError(self._unknown(known))

    def heard(self) -> Relation:
        """The records about them, and a row for each, so that one that is silent is there too.

        A page asks several questions about one stretch: they share the rows for as long as nothing changes.
        """
        key = ("activity", self.span, self.device)
        found: Relation = self.view.remembered(key, self._heard)
        return found

    def spans(self, *, by_seed: bool = False) -> Relation:
        """Their stretches of active, away and unknown."""
        key = ("activity spans", self.span, self.device, self.away_after_s, by_seed)
        found: Relation = self.view.remembered(key, lambda: self._spans(by_seed=by_seed))
        return found

    def levels(self) -> Relation:
        """The levels the seed's rule goes by, within the stretch."""
        made = self.engine.apply(analysis.seed_levels, self.heard(), by=["device_id"], schema=analysis.LEVEL)
        text = "select * from row_in where at_us >= :since_us and at_us < :until_us"
        return self.engine.run(text, {"row_in": made}, **self.span._asdict())

    def named(self, rows: Relation, *columns: str, order: str) -> pa.Table:
        """The rows with name and person behind the id."""
        pcs = {"row_in": rows, "pc": self.engine.from_arrow(self.pcs())}
        named = self.engine.run(NAMED, pcs)
        text = f"select {', '.join(columns)} from row_in order by {order}"
        return self.engine.run(text, {"row_in": named}).arrow()

    def periods(self, by: By) -> pa.Table:
        """The stretch as one period, or its local days, weeks or hours, cut to it."""
        starts_at = self.view.project.settings.activity.day_starts_at
        if by == "stretch":
            whole = {"label": [""], "start_us": [self.span.since_us], "end_us": [self.span.until_us]}
            return pa.table(whole, schema=periods.PERIOD)
        if by == "day":
            return analysis.days(self.zone, *self.span, starts_at=starts_at)
        if by == "week":
            return analysis.weeks(self.zone, *self.span, starts_at=starts_at)
        if by == "hour":
            return periods.hours(self.zone, *self.span)
        raise ConfigError(f'by "{by}": expected day, week, hour or stretch')

    def _pcs(self) -> pa.Table:
        rows = {"activity": self.view.table(ACTIVITY.name), "info": self.info}
        return self.engine.run(PCS, rows).arrow()

    def _heard(self) -> Relation:
        near_us = self.span.since_us - DAY
        near = self.view.table(ACTIVITY.name, Span(near_us, self.span.until_us + JOINS_S * SECOND))
        # What somebody told as a stretch may begin much earlier; in two parts, so that samples of then are not read.
        before = self.view.table(ACTIVITY.name, Span(near_us - LONGEST_GIVEN_D * DAY, near_us))
        text = "select * from near union all select * from before where kind in ('correction', 'interval')"
        told = self.engine.run(text, {"near": near, "before": before})
        rows = analysis.heard(self.engine, told, self.info)
        columns = ", ".join(f"r.{name}" for name in analysis.HEARD)
        listed = ", ".join(
            {"device_id": "device_id", "kind": f"'{analysis.LISTED}' as kind", "at_us": "0 as at_us"}.get(
                name, f"null as {name}"
            )
            for name in analysis.HEARD
        )
        text = (
            f"select {columns} from row_in r inner join pc p on p.device_id = r.device_id "
            f"union all select {listed} from pc"
        )
        pcs = self.engine.from_arrow(self.pcs())
        return self.engine.keep(self.engine.run(text, {"row_in": rows, "pc": pcs}))

    def _spans(self, *, by_seed: bool) -> Relation:
        return analysis.found_spans(self.engine, self.heard(), rules=self.rules, by_seed=by_seed, **self.span._asdict())

    def _unknown(self, known: pa.Table) -> str:
        names = [*known["name"].to_pylist(), *known["device_id"].to_pylist()]
        told = ", ".join(known["name"].to_pylist()) or "none yet"
        hint = did_you_mean(self.device or "", names) or f"; known: {told}"
        return f'no PC "{self.device}" has told of its activity{hint}'


def answer(
    ask: Callable[[PCs], pa.Table],
    since: When,
    until: When,
    *,
    device: str | None,
    project: Project | None,
    away_after_s: float | None = None,
) -> "pd.DataFrame":
    """What `ask` makes of the stretch of time and the PCs meant, on one snapshot."""
    project = project or here()
    asked = stretch(project, since, until)
    return tidy(answered(project, lambda view: ask(PCs(view, asked, device, away_after_s))))


def everyone(project: Project) -> list[dict[str, str]]:
    """The PCs that were ever heard: device_id, name, person; by name."""
    found = answered(project, lambda view: PCs(view, Span(0, 1), None).pcs())
    names = ("device_id", "name", "person")
    return [{name: row[name] for name in names} for row in found.to_pylist()]


def stretch(project: Project, since: When, until: When) -> Span:
    """The stretch people mean; days begin at `[activity] day_starts_at`, and it ends now at the latest."""
    starts_at = dt.time.fromisoformat(project.settings.activity.day_starts_at)
    return question.stretch(since, until, zone=project.zone(), now_us=project.now_us(), day_starts_at=starts_at)
