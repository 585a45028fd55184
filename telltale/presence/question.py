"""What is asked of one site, as Arrow: sessions and figures from `stays.py`, the rest from analysis.

A `Question` of this subject is about one site (`of`), by its clock; what lies before its first report is left out.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

import pyarrow as pa

from telltale.analysis import periods, publish
from telltale.contract import ConfigError
from telltale.presence import analysis, stays
from telltale.presence.analysis import Rules
from telltale.presence.thresholds import Thresholds, rules
from telltale.settings import SiteSettings
from telltale.tables import CLOCK_WRONG, PRESENCE_DAY, PRESENCE_HOUR, SIGHTING, VISIT
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question
from telltale.workbench.question import question as question_at
from telltale.workbench.times import DAY, Span, When, local_day, midnight
from telltale.workbench.view import View, answered

By = Literal["day", "hour"]

VISITORS = ("visitor", "engaged")
LOOKBACK_D = 30
NARROWEST_S = 900
"""The narrowest intervals that pages show, those of a day or two."""

STARTED = f"""
select {", ".join(VISIT.names)}, unix_micros(left_at) + :gap_us >= :now_us as open
from visit where entered_at >= timestamp_micros(:since_us) and contains(:classes, concat(',', class, ','))
order by entered_at, site, device
"""

LABELLED = """
select {columns}, case when f.address_kind = 'all' then greatest(f.late, coalesce(l.late, 0)) else f.late end as late,
  p.label, :name as name, f.{time} < timestamp_micros(:opens_us) as closed,
  p.so_far and f.{time} >= timestamp_micros(:opens_us) as so_far
from figure f inner join period p on unix_micros(f.{time}) = p.start_us
left join ledger l on l.label = p.label
order by f.{time}, f.address_kind
"""
"""Late rows keep coming after a day has closed; the ledger of closed days counts them. A closed day stands as it was
closed, whole, wherever the stretch ends."""

KNOWN = "case when start_us >= :kept_us then {0} end as {0}"
BINS = f"""
select site, address_kind, timestamp_micros(start_us) as start, timestamp_micros(end_us) as end, label,
  {", ".join(map(KNOWN.format, ("devices", "device_s", "mean", "peak")))}, nodes, expected,
  start_us < :kept_us as removed
from bin order by site, address_kind, start_us
"""

STRIPS = """
select s.site, s.node_id, coalesce(i.name, '') as name, coalesce(i.zone, '') as zone,
  greatest(s.started_at, timestamp_micros(:since_us)) as start, greatest(s.ended_at, timestamp_micros(:since_us)) as end
from strip s
inner join (select site, node_id, max(ended_at) as newest from strip group by site, node_id) n
  on n.site = s.site and n.node_id = s.node_id
left join device_info i on i.device_id = s.node_id
where s.ended_at >= timestamp_micros(:since_us) or s.ended_at = n.newest
order by s.site, zone, name, s.node_id, start
"""
"""A node that was silent all through has one stretch of no length at the beginning: it is known, and missing."""

ZONES = "select device_id as node_id, zone from device_info where zone <> ''"

LISTED = """
select site, device, reason as kind, 'listed' as why from (
  select distinct site, device, case when regexp_like(concat(',', flags, ','), ',fixed,') then 'fixed' else 'staff' end
    as reason
  from sighting where site = :site and regexp_like(concat(',', flags, ','), ',(fixed|staff),')
) listed order by kind, device
"""

STATUSES = """
select r.site, p.label, r.address_kind, r.status, count(*) as visits, count(distinct r.device) as devices
from status r inner join period p on unix_micros(r.entered_at) >= p.start_us and unix_micros(r.entered_at) < p.end_us
group by r.site, p.label, r.address_kind, r.status order by p.label, r.address_kind, r.status
"""


RETURNING = pa.schema(
    [
        *((name, pa.string()) for name in ("site", "label", "address_kind", "status")),
        *((name, pa.int64()) for name in ("visits", "devices")),
    ]
)


class Choices(NamedTuple):
    """What a call may choose beside stretch and site."""

    rules: Rules
    published: bool = False
    """Whether cells of fewer than k devices are withheld."""


Answer = Callable[[Question, Choices], pa.Table]


def each(
    answer: Answer,
    since: When,
    until: When,
    *,
    site: str | None = None,
    published: bool = False,
    thresholds: Thresholds | None = None,
    project: Project | None = None,
) -> pa.Table:
    """The answers for each site, one below the other, by each site's own clock.

    Args:
        answer: what is asked of a site.
        since: beginning of the stretch, see `telltale.workbench.times`.
        until: its end, exclusive; None is now.
        site: one network id; None is every site that has reported.
        published: withhold cells of fewer than k devices.
        thresholds: those that differ from telltale.toml.
        project: another project than the one found from here.

    Raises:
        ConfigError: no such site, thresholds that contradict each other, or a stretch that cannot be read.
    """
    project = project or here()
    choices = Choices(rules(project.settings.presence, thresholds), published)
    return answered(
        project,
        lambda view: pa.concat_tables([answer(question, choices) for question in questions(view, since, until, site)]),
    )


def questions(view: View, since: When, until: When, site: str | None) -> list[Question]:
    """The question of each site; where none has reported, that of a site without a name.

    Raises:
        ConfigError: no such site has reported.
    """
    seen = view.sites()
    if site is not None and site not in seen:
        raise ConfigError(f'no site "{site}" has reported; known: {", ".join(seen) or "none yet"}')
    return [_of_site(view, since, until, name) for name in ([site] if site is not None else seen or [""])]


def _of_site(view: View, since: When, until: When, site: str) -> Question:
    whole = question_at(view, since, until, of=site, site=site)
    # What lies before the first report is not a silence, it is before the beginning.
    since_us = min(max(whole.span.since_us, stays.first_midnight(view, site)), whole.span.until_us)
    return replace(whole, span=Span(since_us, whole.span.until_us))


def site_of(question: Question) -> str:
    """The network id a question is about."""
    return question.of or ""


def settings_of(question: Question) -> SiteSettings:
    """The settings of its site."""
    return question.project.site(site_of(question))


def visits(
    question: Question, choices: Choices, classes: tuple[str, ...] = VISITORS, *, keep_excluded: bool = False
) -> pa.Table:
    """Sessions that start in the stretch, those of staff and fixed devices left out or kept."""
    chosen = replace(choices.rules, excluded_flags=CLOCK_WRONG) if keep_excluded else choices.rules
    sessions = stays.sessions(question.view, site_of(question), question.span, rules=chosen, noise=keep_excluded)
    return question.engine.run(
        STARTED,
        {"visit": sessions},
        since_us=question.span.since_us,
        gap_us=chosen.gap_us,
        now_us=question.view.now_us,
        classes=f",{','.join(classes)},",
    ).arrow()


def figures(question: Question, choices: Choices, by: By, *, inside: bool = False) -> pa.Table:
    """Figures of days or hours, labelled; an open one that the end of the stretch cuts is `so_far`.

    Counts are null where no node reported in all of the day or hour.

    Args:
        question: of one site.
        choices: thresholds, and whether small cells are withheld.
        by: day or hour.
        inside: of the first day or hour only what the stretch touches, where it is open.
    """
    table, site = PRESENCE_DAY if by == "day" else PRESENCE_HOUR, settings_of(question)
    span = question.span if inside else question.over(by)
    relations = {
        "figure": stays.figures(question.view, site_of(question), span, table, rules=choices.rules),
        "period": question.engine.from_arrow(question.periods(by)),
        "ledger": question.engine.from_arrow(_ledger(question)),
    }
    columns = ", ".join(f"f.{name}" for name in table.names if name != "late")
    text = LABELLED.format(time=table.time, columns=columns)
    opens_us = stays.open_from(question.view, site_of(question))
    rows = question.engine.run(text, relations, name=site.name, opens_us=opens_us).arrow()
    if choices.published:
        rows = (publish.published_figures if by == "day" else publish.published_hours)(rows, k=site.k)
        if question.span.until_us < question.view.now_us and by == "day" and any(rows["so_far"].to_pylist()):
            rows = publish.without_rest(rows, _whole_day(question, choices), k=site.k)
    return publish.unknown_as_null(rows)


def _whole_day(question: Question, choices: Choices) -> pa.Table:
    """The figures of the day that the end of the stretch cuts, until it ended or until now."""
    day = local_day(question.span.until_us, question.zone)
    ends = min(midnight(day + stays.ONE_DAY, question.zone), question.view.now_us)
    whole = replace(question, span=Span(midnight(day, question.zone), ends))
    return figures(whole, choices._replace(published=False), "day")


def days(question: Question, choices: Choices) -> pa.Table:
    """Figures of the local days that the stretch touches."""
    return figures(question, choices, "day")


def occupancy(question: Question, choices: Choices, width_s: int) -> pa.Table:
    """Visitor devices present, bin by bin.

    Published, a wide bin is shown only with all of the narrow ones it is the mean of, which another period shows.
    """
    found = _present(question, choices, width_s)
    if choices.published:
        k, narrow = settings_of(question).k, None
        if width_s > NARROWEST_S and width_s % NARROWEST_S == 0:
            narrow = publish.published_occupancy(_present(question, choices, NARROWEST_S), k=k)
        found = publish.published_occupancy(found, k=k, parts=narrow)
    kept_us = question.view.kept_from(VISIT.name, site_of(question))
    return question.engine.run(BINS, {"bin": question.engine.from_arrow(found)}, kept_us=kept_us).arrow()


def _present(question: Question, choices: Choices, width_s: int) -> pa.Table:
    return analysis.occupancy(
        question.engine,
        stays.sessions(question.view, site_of(question), question.span, rules=choices.rules),
        stays.heartbeats(question.view, site_of(question), question.span),
        periods.bins(width_s, *question.span, timezone=question.zone),
        rules=choices.rules,
    ).arrow()


def moves(question: Question, choices: Choices) -> pa.Table:
    """Moves from zone to zone, of the days whose sightings are kept."""
    rows = _moves(question, choices).transitions.arrow()
    return publish.published_cells(rows, values=("moves",), k=settings_of(question).k) if choices.published else rows


def zones(question: Question, choices: Choices) -> pa.Table:
    """Time in each zone, of the days whose sightings are kept."""
    rows = _moves(question, choices).zones.arrow()
    return publish.published_cells(rows, values=("device_s",), k=settings_of(question).k) if choices.published else rows


def node_uptime(question: Question, _choices: Choices) -> pa.Table:
    """The stretches in which each node reported."""
    strips = analysis.node_strips(question.engine, stays.heartbeats(question.view, site_of(question), question.span))
    relations = {"strip": strips, "device_info": question.device_info}
    return question.engine.run(STRIPS, relations, since_us=question.span.since_us).arrow()


def excluded(question: Question, choices: Choices) -> pa.Table:
    """Devices left out before counting: those of the lists, and those the rules find."""
    rows = {"sighting": question.view.table(SIGHTING.name, question.span)}
    sightings = question.engine.run(stays.OF_RADIO, rows, radio=choices.rules.radio)
    listed = question.engine.run(LISTED, {"sighting": sightings}, site=site_of(question))
    if settings_of(question).rotation == "day":
        return listed.arrow()
    found = stays.noise_of(question.view, site_of(question), question.span, rules=choices.rules)
    ruled = question.engine.run("select site, device, reason as kind, 'rule' as why from found", {"found": found})
    return pa.concat_tables([listed.arrow(), ruled.arrow()])


def returning(question: Question, choices: Choices, mode: str) -> pa.Table:
    """Visits and devices a day by status: new, returning, unknown; none where keys change every day."""
    if settings_of(question).rotation == "day":
        return RETURNING.empty_table()
    first_us = question.span.since_us - LOOKBACK_D * DAY
    kept_us = question.view.kept_from(VISIT.name, site_of(question))
    since_us = max(first_us, kept_us, stays.first_midnight(question.view, site_of(question)))
    wider = Span(min(since_us, question.span.since_us), question.span.until_us)
    everyone = stays.sessions(question.view, site_of(question), wider, rules=choices.rules)
    sessions = analysis.of_mode(question.engine, everyone, mode)
    status = analysis.new_returning(question.engine, sessions, since_us=since_us, lookback_d=LOOKBACK_D)
    days = question.engine.from_arrow(question.periods("day"))
    rows = question.engine.run(STATUSES, {"status": status, "period": days}).arrow()
    within, k = ("site", "label", "address_kind"), settings_of(question).k
    return publish.published_cells(rows, values=("visits",), within=within, k=k) if choices.published else rows


def dwell_bands(question: Question, choices: Choices) -> pa.Table:
    """Visits of the stretch by band of dwell."""
    rows = analysis.engagement(
        question.engine,
        stays.sessions(question.view, site_of(question), question.span, rules=choices.rules),
        stays.heartbeats(question.view, site_of(question), question.span),
        whole(question),
    ).arrow()
    rows = rows.drop_columns(["label", "start_us"])
    return publish.published_bands(rows, k=settings_of(question).k) if choices.published else rows


def connected(question: Question, choices: Choices) -> pa.Table:
    """Visitors of the stretch, and how many of them joined the network."""
    return analysis.connection(
        question.engine,
        stays.sessions(question.view, site_of(question), question.span, rules=choices.rules),
        stays.heartbeats(question.view, site_of(question), question.span),
        whole(question),
    ).arrow()


def whole(question: Question) -> pa.Table:
    """The stretch as the only period."""
    return pa.table(
        {"label": [""], "start_us": [question.span.since_us], "end_us": [question.span.until_us]}, schema=periods.PERIOD
    )


def _moves(question: Question, choices: Choices) -> analysis.Moves:
    view, site, span = question.view, site_of(question), question.span
    since_us = min(max(span.since_us, view.kept_from(SIGHTING.name, site)), span.until_us)
    kept = Span(since_us, span.until_us)
    return analysis.moves(
        question.engine,
        question.engine.run(stays.OF_SITE, {"rows_in": view.table(SIGHTING.name, kept)}, site=site),
        stays.sessions(view, site, kept, rules=choices.rules),
        question.engine.run(ZONES, {"device_info": question.device_info}),
        rules=choices.rules,
        hysteresis_db=round(question.settings.presence.hysteresis_db),
    )


def _ledger(question: Question) -> pa.Table:
    """The closed days by label, with their late rows."""
    late = stays.late_of(question.view, site_of(question))
    return pa.table(
        {
            "label": pa.array([day.isoformat() for day in late], pa.string()),
            "late": pa.array(list(late.values()), pa.int64()),
        }
    )
