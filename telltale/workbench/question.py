"""A question: a stretch of time, by one site's clock, on one snapshot. Every call of every subject asks through it."""

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis import periods
from telltale.contract import ConfigError
from telltale.engine import Engine, Relation
from telltale.settings import Settings
from telltale.tables import NODE_HEARTBEAT
from telltale.workbench.here import here
from telltale.workbench.periods import Period, parse
from telltale.workbench.project import Project
from telltale.workbench.times import MIDNIGHT, Span, When, local_time, span
from telltale.workbench.view import View, answered

By = Literal["stretch", "day", "week", "hour"]
BY: tuple[By, ...] = ("stretch", "day", "week", "hour")
T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """What is asked about, and of whom.

    Args:
        view: the snapshot, and the present.
        span: the stretch; it ends now at the latest.
        zone: by whose clock days and hours begin.
        of: the device, item, person or site meant, as typed; None is all.
        day_starts_at: when a day begins, where that is not midnight.
    """

    view: View
    span: Span
    zone: str
    of: str | None = None
    day_starts_at: dt.time = MIDNIGHT

    @property
    def project(self) -> Project:
        """Whose records."""
        return self.view.project

    @property
    def settings(self) -> Settings:
        """telltale.toml."""
        return self.project.settings

    @property
    def engine(self) -> Engine:
        """Where it is answered."""
        return self.project.engine

    @property
    def device_info(self) -> Relation:
        """What devices.csv and buttons.csv say of each device."""
        return self.engine.from_arrow(self.project.device_info())

    def remembered(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives; made once for as long as nothing in the store changes.

        The questions of a page share what they read; `key` must name all that `make` depends on but the store.
        """
        return self.view.remembered(key, make)

    def begins_inside(self, rows: Relation, begin: str) -> Relation:
        """The rows that begin in the stretch, whole: a table of rows clips none.

        Args:
            rows: any.
            begin: their column that says when they begin.
        """
        text = f"select * from row_in where {begin} >= timestamp_micros(:since_us) and {begin} < timestamp_micros(:until_us)"  # noqa: E501, S608 - a column of ours
        return self.engine.run(text, {"row_in": rows}, **self.span._asdict())

    def periods(self, by: By) -> pa.Table:
        """The stretch as one period, or each local day, week or hour that it touches.

        Days, weeks and hours begin where the calendar says, so that what is said of a day does not depend on when the
        stretch began. They end with the stretch at the latest: `so_far` marks what that cut.

        Returns:
            label, start_us, end_us, so_far; in order.

        Raises:
            ConfigError: `by` is none of these.
        """
        if by == "stretch":
            made = pa.table({"label": [""], "start_us": [self.span.since_us], "end_us": [self.span.until_us]})
        elif by == "hour":
            made = periods.hours(self.zone, *self.span)
        elif by in ("day", "week"):
            make = periods.days if by == "day" else periods.weeks
            made = make(self.zone, *self.span, starts_at=self.day_starts_at)
        else:
            raise ConfigError(f'by "{by}": expected one of {", ".join(BY)}')
        made = made.cast(periods.PERIOD)
        ends = pc.min_element_wise(made["end_us"], pa.scalar(self.span.until_us, pa.int64()))
        so_far = pc.less(ends, made["end_us"])
        at = made.schema.get_field_index("end_us")
        return made.set_column(at, periods.PERIOD.field("end_us"), ends).append_column("so_far", so_far)

    def over(self, by: By) -> Span:
        """The stretch with the beginning of the first period it touches: what a table of periods reads."""
        made = self.periods(by)
        starts = made["start_us"].to_pylist()
        return Span(min([self.span.since_us, *starts[:1]]), self.span.until_us)


def ask(
    answer: Callable[[Question], T],
    since: When,
    until: When,
    *,
    of: str | None = None,
    site: str | None = None,
    day_starts_at: dt.time = MIDNIGHT,
    project: Project | None = None,
) -> T:
    """What `answer` makes of a stretch of time, on the present snapshot or that of the moment all is asked at.

    Args:
        answer: the question's answer.
        since: beginning of the stretch, see `telltale.workbench.times`.
        until: its end, exclusive; None is now, and it never lies after now.
        of: the device, item or person meant, as typed.
        site: whose clock counts, where a site is asked about; None is that of `[site]`.
        day_starts_at: when a day begins.
        project: another project than the one found from here.

    Raises:
        ConfigError: a moment cannot be read, or `since` is not before `until` and now.
    """
    project = project or here()

    def asked(view: View) -> T:
        return answer(question(view, since, until, of=of, site=site, day_starts_at=day_starts_at))

    return answered(project, asked)


def question(
    view: View,
    since: When,
    until: When,
    *,
    of: str | None = None,
    site: str | None = None,
    day_starts_at: dt.time = MIDNIGHT,
) -> Question:
    """The question of a stretch of time, on a view that is at hand; see `ask`."""
    zone = view.project.zone(site)
    meant = stretch(since, until, zone=zone, now_us=view.now_us, day_starts_at=day_starts_at)
    return Question(view, meant, zone, of, day_starts_at)


def stretch(since: When, until: When, *, zone: str, now_us: int, day_starts_at: dt.time = MIDNIGHT) -> Span:
    """The stretch people mean, which ends now at the latest.

    Raises:
        ConfigError: a moment cannot be read, or `since` is not before `until` and now.
    """
    meant = span(since, until, zone=zone, now_us=now_us, day_starts_at=day_starts_at)
    if meant.since_us >= now_us:
        raise ConfigError(f"since {since!r} lies in the future; expected a moment before now")
    return meant._replace(until_us=min(meant.until_us, now_us))


def period(text: str = "7d", site: str | None = "", *, project: Project | None = None) -> Period:
    """The whole local days a text means at a site: `2026-W47`, `2026-11-20`, `2026-11`, `2026-11-09/2026-11-15`, `7d`.

    Args:
        text: see `telltale.workbench.periods`.
        site: network id; empty is the only one that reported in the period; None is none, for what has no site.
        project: another project than the one found from here.

    Raises:
        ConfigError: the text is none of these, or several sites reported and none is named.
    """
    project = project or here()
    if site is None:
        return parse(text, local_now(project))
    site = site or answered(project, lambda view: _only_site(view, parse(text, local_now(project))))
    return parse(text, local_now(project, site))._replace(site=site)


def local_now(project: Project, site: str = "") -> dt.datetime:
    """The present on the clock of a site; empty is that of `[site]`."""
    return local_time(project.now_us(), project.zone(site))


def _only_site(view: View, when: Period) -> str:
    within = span(when.since, when.until, zone=view.project.zone(), now_us=view.now_us + 1)
    text = "select distinct site from node_heartbeat order by site"
    reports = {"node_heartbeat": view.table(NODE_HEARTBEAT.name, within)}
    sites = view.project.engine.run(text, reports).arrow()["site"].to_pylist()
    if len(sites) > 1:
        raise ConfigError(f"{len(sites)} sites reported in this period: {', '.join(sites)}; name one as site")
    return str(sites[0]) if sites else ""
