"""What `tt.presence` answers for one site, as Arrow: sessions and figures from `stays.py`, the rest from analysis."""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa

from telltale.analysis import periods, publish
from telltale.engine import Engine, Relation
from telltale.presence import analysis, stays
from telltale.presence.analysis import Rules
from telltale.settings import SiteSettings
from telltale.tables import CLOCK_WRONG, PRESENCE_DAY, SIGHTING, VISIT, Table
from telltale.workbench.times import DAY, Span
from telltale.workbench.view import View

LOOKBACK_D = 30

STARTED = f"""
select {", ".join(VISIT.names)}, unix_micros(left_at) + :gap_us >= :now_us as open
from visit where entered_at >= timestamp_micros(:since_us) and contains(:classes, concat(',', class, ','))
order by entered_at, site, device
"""

LABELLED = """
select {columns}, case when f.address_kind = 'all' then greatest(f.late, coalesce(l.late, 0)) else f.late end as late,
  p.label, :name as name, f.{time} < timestamp_micros(:opens_us) as closed
from figure f inner join period p on unix_micros(f.{time}) = p.start_us
left join ledger l on l.label = p.label
order by f.{time}, f.address_kind
"""
"""Late rows keep coming after a day has closed; the ledger of closed days counts them."""

KNOWN = "case when start_us >= :kept_us then {0} end as {0}"
BINS = f"""
select site, address_kind, timestamp_micros(start_us) as start, timestamp_micros(end_us) as end, label,
  {", ".join(map(KNOWN.format, ("devices", "device_s", "mean", "peak")))}, nodes, expected
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


class Asked(NamedTuple):
    """One question about one site."""

    view: View
    site: str
    span: Span
    rules: Rules
    published: bool = False

    @property
    def engine(self) -> Engine:
        """What runs it."""
        return self.view.project.engine

    @property
    def told(self) -> SiteSettings:
        """The site's settings."""
        return self.view.project.site(self.site)


def with_noise(rules: Rules) -> Rules:
    """The same rules without leaving listed staff and fixed devices out."""
    return replace(rules, excluded_flags=CLOCK_WRONG)


def visits(asked: Asked, classes: tuple[str, ...], *, noise: bool) -> pa.Table:
    """Sessions that start in the stretch."""
    view, rules = asked.view, with_noise(asked.rules) if noise else asked.rules
    found = stays.sessions(view, asked.site, asked.span, rules=rules, noise=noise)
    return asked.engine.run(
        STARTED,
        {"visit": found},
        since_us=asked.span.since_us,
        gap_us=rules.gap_us,
        now_us=view.now_us,
        classes=f",{','.join(classes)},",
    ).arrow()


def figures(asked: Asked, table: Table) -> pa.Table:
    """Figures of days or hours, labelled."""
    make = periods.days if table is PRESENCE_DAY else periods.hours
    relations = {
        "figure": stays.figures(asked.view, asked.site, asked.span, table, rules=asked.rules),
        "period": asked.engine.from_arrow(make(asked.told.timezone, *asked.span)),
        "ledger": asked.engine.from_arrow(_ledger(asked)),
    }
    columns = ", ".join(f"f.{name}" for name in table.names if name != "late")
    text = LABELLED.format(time=table.time, columns=columns)
    opens_us = stays.open_from(asked.view, asked.site)
    rows = asked.engine.run(text, relations, name=asked.told.name, opens_us=opens_us).arrow()
    return _published_figures(rows, table, asked.told.k) if asked.published else rows


def occupancy(asked: Asked, width_s: int) -> pa.Table:
    """Visitor devices present, bin by bin."""
    found = analysis.occupancy(
        asked.engine,
        stays.sessions(asked.view, asked.site, asked.span, rules=asked.rules),
        stays.heartbeats(asked.view, asked.site, asked.span),
        periods.bins(width_s, *asked.span, timezone=asked.told.timezone),
        rules=asked.rules,
    )
    if asked.published:
        found = asked.engine.from_arrow(publish.published_occupancy(found.arrow(), k=asked.told.k))
    return asked.engine.run(BINS, {"bin": found}, kept_us=asked.view.kept_from(VISIT.name, asked.site)).arrow()


def moves(asked: Asked) -> pa.Table:
    """Moves from zone to zone, of the days whose sightings are kept."""
    rows = _moves(asked).transitions.arrow()
    return publish.published_cells(rows, values=("moves",), k=asked.told.k) if asked.published else rows


def zones(asked: Asked) -> pa.Table:
    """Time in each zone, of the days whose sightings are kept."""
    rows = _moves(asked).zones.arrow()
    return publish.published_cells(rows, values=("device_s",), k=asked.told.k) if asked.published else rows


def nodes(asked: Asked) -> pa.Table:
    """The stretches in which each node reported."""
    strips = analysis.node_strips(asked.engine, stays.heartbeats(asked.view, asked.site, asked.span))
    relations = {"strip": strips, "device_info": _device_info(asked)}
    return asked.engine.run(STRIPS, relations, since_us=asked.span.since_us).arrow()


def noise(asked: Asked) -> pa.Table:
    """Devices left out before counting: those of the lists, and those the rules find."""
    told = {"sighting": asked.view.table(SIGHTING.name, asked.span)}
    sightings = asked.engine.run(stays.OF_RADIO, told, radio=asked.rules.radio)
    listed = asked.engine.run(LISTED, {"sighting": sightings}, site=asked.site)
    if asked.told.rotation == "day":
        return listed.arrow()
    found = stays.noise_of(asked.view, asked.site, asked.span, rules=asked.rules)
    ruled = asked.engine.run("select site, device, reason as kind, 'rule' as why from found", {"found": found})
    return pa.concat_tables([listed.arrow(), ruled.arrow()])


def returning(asked: Asked, mode: str) -> pa.Table:
    """Visits and devices a day by status: new, returning, unknown; none where keys change every day."""
    if asked.told.rotation == "day":
        return RETURNING.empty_table()
    first_us = asked.span.since_us - LOOKBACK_D * DAY
    kept_us = asked.view.kept_from(VISIT.name, asked.site)
    since_us = max(first_us, kept_us, stays.first_midnight(asked.view, asked.site))
    wider = Span(min(since_us, asked.span.since_us), asked.span.until_us)
    sessions = analysis.of_mode(asked.engine, stays.sessions(asked.view, asked.site, wider, rules=asked.rules), mode)
    status = analysis.new_returning(asked.engine, sessions, since_us=since_us, lookback_d=LOOKBACK_D)
    days = asked.engine.from_arrow(periods.days(asked.told.timezone, *asked.span))
    rows = asked.engine.run(STATUSES, {"status": status, "period": days}).arrow()
    if not asked.published:
        return rows
    within = ("site", "label", "address_kind")
    return publish.published_cells(rows, values=("visits",), within=within, k=asked.told.k)


def bands(asked: Asked) -> pa.Table:
    """Visits of the stretch by band of dwell."""
    rows = analysis.engagement(
        asked.engine,
        stays.sessions(asked.view, asked.site, asked.span, rules=asked.rules),
        stays.heartbeats(asked.view, asked.site, asked.span),
        whole(asked),
    ).arrow()
    rows = rows.drop_columns(["label", "start_us"])
    if not asked.published:
        return rows
    return publish.published_cells(rows, values=("visits",), within=("site", "address_kind"), k=asked.told.k)


def connected(asked: Asked) -> pa.Table:
    """Visitors of the stretch, and how many of them joined the network."""
    return analysis.connection(
        asked.engine,
        stays.sessions(asked.view, asked.site, asked.span, rules=asked.rules),
        stays.heartbeats(asked.view, asked.site, asked.span),
        whole(asked),
    ).arrow()


def whole(asked: Asked) -> pa.Table:
    """The stretch as the only period."""
    return pa.table(
        {"label": [""], "start_us": [asked.span.since_us], "end_us": [asked.span.until_us]}, schema=periods.PERIOD
    )


def _moves(asked: Asked) -> analysis.Moves:
    view, site, span = asked.view, asked.site, asked.span
    since_us = min(max(span.since_us, view.kept_from(SIGHTING.name, site)), span.until_us)
    kept = Span(since_us, span.until_us)
    return analysis.moves(
        asked.engine,
        asked.engine.run(stays.OF_SITE, {"rows_in": view.table(SIGHTING.name, kept)}, site=site),
        stays.sessions(view, site, kept, rules=asked.rules),
        asked.engine.run(ZONES, {"device_info": _device_info(asked)}),
        rules=asked.rules,
        hysteresis_db=round(view.project.settings.presence.hysteresis_db),
    )


def _device_info(asked: Asked) -> Relation:
    return asked.engine.from_arrow(asked.view.project.device_info())


def _ledger(asked: Asked) -> pa.Table:
    """The closed days by label, with their late rows."""
    closed = asked.view.closed_days.get(asked.site, {})
    return pa.table(
        {
            "label": pa.array([day.isoformat() for day in closed], pa.string()),
            "late": pa.array([found.late for found in closed.values()], pa.int64()),
        }
    )


def _published_figures(rows: pa.Table, table: Table, k: int) -> pa.Table:
    rows = publish.published_figures(rows, k=k)
    if table is PRESENCE_DAY:
        return rows
    # Visits and seconds of the hours add up to those of the day: where one hour is withheld, all of that day's are.
    days = [label[:10] for label in rows["label"].to_pylist()]
    partly = {day for day, hidden in zip(days, rows["hidden"].to_pylist(), strict=True) if hidden}
    shown = pa.array([day not in partly for day in days])
    for name in ("visits", "bounced", "device_s"):
        at = rows.schema.get_field_index(name)
        column = pa.compute.if_else(shown, rows[name], None)
        rows = rows.set_column(at, pa.field(name, rows.schema.field(at).type), column)
    return rows
