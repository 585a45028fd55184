"""`tt.health`: is every device heard as it should be, and what of its messages is missing?

Devices are whatever sends: access points by their reports, sensors by their messages. How often one should be heard
comes from devices.csv (`expected_interval_s`), else it is learned from the last week.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from telltale.analysis import periods, uplinks
from telltale.analysis.strips import node_strips
from telltale.engine import Engine, Relation
from telltale.health import analysis
from telltale.sensors.calls import stretch
from telltale.sources import SOURCES, source
from telltale.tables import ACTIVITY, NODE_HEARTBEAT, READING, UPLINK
from telltale.workbench.project import Project, here
from telltale.workbench.source_state import numbering_table, rejects_table
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, Span, When
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

LOOKBACK = {NODE_HEARTBEAT.name: DAY, UPLINK.name: 7 * DAY, READING.name: 7 * DAY}
"""How far before the stretch to look for what is usual; access points report so often that a day tells it."""

PC_SOURCE = "pc_idle"
BOTH = "select * from heard union all select * from pc order by source, site, device_id"
OF_SOURCE = "select * from signal where source = :source"

HEALTH = """
select d.source, d.device_id, coalesce(nullif(i.name, ''), d.device_id) as name, coalesce(i.place, '') as place,
  coalesce(i.zone, '') as zone, d.state, d.last_seen, d.reports, d.interval_s, d.is_given, d.patience_s,
  d.longest_gap_s, d.gaps, d.gap_s, d.silent_s, d.clock_offset_s, d.late, l.missing, l.resets,
  l.missing_share, l.rssi_dbm, l.snr_db, l.weak_share, d.site,
  case when d.site = '' then '' else d.device_id end as node_id
from device d
left join device_info i on i.device_id = d.device_id
left join loss l on l.device_id = d.device_id
order by d.source, d.site, d.device_id
"""

LISTED = """
select k.source, k.device_id, coalesce(nullif(i.name, ''), k.device_id) as name, coalesce(i.place, '') as place,
  coalesce(i.zone, '') as zone, case when e.last_seen is null then 'unheard' else 'silent' end as state, e.last_seen,
  cast(0 as bigint) as reports, i.expected_interval_s as interval_s, i.expected_interval_s is not null as is_given,
  (:now_us - unix_micros(e.last_seen)) / 1e6 as silent_s
from known k
inner join device_info i on i.device_id = k.device_id
left join (
  select device_id, max(observed_at) as last_seen
  from (select device_id, observed_at from uplink union all select device_id, observed_at from reading) u
  group by device_id
) e on e.device_id = k.device_id
order by k.device_id
"""

SOURCE_HEALTH = """
select s.source, s.state, s.last_seen, s.silent_s, d.devices, d.heard, d.on_time, d.reports, s.gaps, s.gap_s,
  s.longest_gap_s, d.missing, d.late, coalesce(r.rejects, 0) as rejects
from whole s
inner join (
  select source, count(*) as devices, count(case when reports > 0 then 1 end) as heard,
    count(case when state in ('on_time', 'unknown') then 1 end) as on_time,
    cast(sum(reports) as bigint) as reports, cast(sum(missing) as bigint) as missing, cast(sum(late) as bigint) as late
  from health group by source
) d on d.source = s.source
left join (select source, cast(sum(rejects) as bigint) as rejects from reject group by source) r on r.source = s.source
order by s.source
"""

MISSING = """
select m.source, m.device_id, coalesce(nullif(i.name, ''), m.device_id) as name, coalesce(i.place, '') as place,
  m.label, m.start, m.end, m.due, m.received, m.missing_share
from missing m left join device_info i on i.device_id = m.device_id
order by m.source, name, m.device_id, m.start
"""


AS_NODES = "select concat(source, ' ', site) as site, device_id as node_id, observed_at from signal"

HEARD = """
select s.site, s.node_id, coalesce(nullif(i.name, ''), s.node_id) as name, coalesce(i.zone, '') as zone,
  greatest(s.started_at, timestamp_micros(:since_us)) as start, s.ended_at as end
from strip s left join device_info i on i.device_id = s.node_id
where s.ended_at >= timestamp_micros(:since_us)
order by s.site, zone, name, s.node_id, start
"""


def devices(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """How each device reports, one row a device.

    Columns: source, device_id, name, place, zone, state (on_time, late, silent; unknown: heard once; unheard: listed in
    devices.csv and never heard), last_seen, reports, interval_s (given or learned), is_given, patience_s (silence that
    makes it late), longest_gap_s, gaps, gap_s (silences longer than that), silent_s (until now), clock_offset_s, late
    (messages more than an hour after their own time), missing (numbers left out of its count; null where it has none),
    resets, missing_share (of all it is known to have sent), rssi_dbm, snr_db (medians of its messages), weak_share (of
    those the network judged, at the limit of being heard), site and node_id (of access points).

    A PC whose agent reported in the stretch or the week before is a row of source pc_idle (reports: records of its
    agent). Off for a night or a weekend it is on time, after four days late; never silent. When somebody's PC is on is
    personal: the rows are there where `source="pc_idle"` asks for them, and where `show_everyone` tells that nobody is
    real.

    In `.attrs`: `rejects` (what could not be decoded, by source and reason), `sources` (the same figures of each source
    as a whole), `attention` (what is silent, many devices of one cause in one line).

    Args:
        since: beginning of the stretch; `24h` counts back from now, `7d` is whole local days.
        until: its end, exclusive; None is now.
        source: one source; None is all.
        project: another project than the one found from here.
    """
    project = project or here()
    found = health_tables(project, since, until, source=source)
    frame = tidy(found.devices)
    frame.attrs["rejects"] = found.rejects.to_pylist()
    frame.attrs["sources"] = _titled(found.sources)
    frame.attrs["attention"] = _titled(found.attention)
    return frame


def missing(
    since: When = "14d", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Which share of the messages due from each device did not come, by local day.

    Columns: source, device_id, name, place, label, start, end, due, received, missing_share (0 to 1; null where nothing
    was due). Arguments as for `health`.
    """
    project = project or here()
    span = stretch(project, since, until)

    def ask(view: View) -> pa.Table:
        heard = _Heard(view, span, source, of=analysis.samples)
        days = periods.days(project.settings.site.timezone, *span)
        made = analysis.missing(
            heard.engine, heard.signals, heard.engine.keep(heard.devices()), days, now_us=span.until_us
        )
        return heard.engine.run(MISSING, {"missing": made, "device_info": heard.info}).arrow()

    return tidy(answered(project, ask))


def strips(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The stretches in which each device was heard; between them it was silent for more than three usual intervals.

    Columns: site (with its source), node_id (the device), name, zone, start, end. Arguments as for `health`.
    """
    project = project or here()
    span = stretch(project, since, until)

    def ask(view: View) -> pa.Table:
        told = _Heard(view, span, source)
        found = node_strips(told.engine, told.engine.run(AS_NODES, {"signal": told.signals}))
        relations = {"strip": found, "device_info": told.info}
        return told.engine.run(HEARD, relations, since_us=span.since_us).arrow()

    return tidy(answered(project, ask))


class Health(NamedTuple):
    """What `health` gives, without pandas."""

    devices: pa.Table
    sources: pa.Table
    attention: pa.Table
    rejects: pa.Table


def health_tables(project: Project, since: When = "24h", until: When = None, *, source: str | None = None) -> Health:
    """As `health`, without pandas."""
    span = stretch(project, since, until)
    rejects = rejects_table(project, since, until)
    if source is not None:
        rejects = rejects.filter(pa.compute.equal(rejects["source"], source))

    def ask(view: View) -> Health:
        heard = _Heard(view, span, source)
        engine, found = heard.engine, heard.engine.keep(heard.devices())
        devices = _with_listed(heard, engine.run(HEALTH, heard.beside({"device": found})).arrow())
        whole = {
            "whole": heard.devices(whole=True),
            "health": engine.from_arrow(devices),
            "reject": engine.from_arrow(rejects),
        }
        attention = analysis.attention(engine, found).arrow()
        return Health(devices, engine.run(SOURCE_HEALTH, whole).arrow(), attention, rejects)

    return answered(project, ask)


def _titled(rows: pa.Table) -> list[dict[str, Any]]:
    """The rows, each with the short title of its source."""
    titles = {one.name: one.short_title or one.title for one in SOURCES}
    return [row | {"title": titles.get(row["source"], row["source"])} for row in rows.to_pylist()]


class _Heard:
    """The signs of life of a stretch and what is usual, on one snapshot."""

    def __init__(
        self,
        view: View,
        span: Span,
        of_source: str | None,
        of: Callable[[Engine, Relation, Relation, Relation], Relation] = analysis.signals,
    ) -> None:
        if of_source is not None:
            source(of_source)  # says what is known
        self.view, self.span, self.source = view, span, of_source
        self.engine: Engine = view.project.engine
        self.info: Relation = self.engine.from_arrow(view.project.device_info())
        tables = {name: view.table(name, Span(span.since_us - back, span.until_us)) for name, back in LOOKBACK.items()}
        rows = of(self.engine, tables[UPLINK.name], tables[READING.name], tables[NODE_HEARTBEAT.name])
        if of_source is not None:
            rows = self.engine.run(OF_SOURCE, {"signal": rows}, source=of_source)
        self.signals: Relation = self.engine.keep(rows)

    def devices(self, *, whole: bool = False) -> Relation:
        """Each device, or each source as one."""
        found = self._judged(self.signals, whole=whole)
        if not (self.source == PC_SOURCE or (self.source is None and self.view.project.settings.shows_single_pcs)):
            return found
        span = Span(self.span.since_us - 7 * DAY, self.span.until_us)
        told = analysis.of_pcs(self.engine, self.view.table(ACTIVITY.name, span))
        pcs = self._judged(told, whole=whole, rules=analysis.RESTING)
        return self.engine.run(BOTH, {"heard": found, "pc": pcs})

    def _judged(self, signals: Relation, *, whole: bool, rules: analysis.Rules | None = None) -> Relation:
        rows = analysis.as_sources(self.engine, signals) if whole else signals
        span = self.span
        return analysis.devices(self.engine, rows, self.info, since_us=span.since_us, now_us=span.until_us, rules=rules)

    def beside(self, relations: dict[str, Relation]) -> dict[str, Relation]:
        """The relations, and what stands beside a device: its line of devices.csv, its lost messages."""
        heard = self.view.table(UPLINK.name, self.span)
        gaps = uplinks.gaps(self.engine, heard, self.engine.from_arrow(numbering_table()))
        losses = uplinks.losses(self.engine, heard, gaps)
        return {**relations, "device_info": self.info, "loss": losses}


def _with_listed(heard: _Heard, devices: pa.Table) -> pa.Table:
    """The devices, and those of devices.csv that were not heard lately."""
    known = set(devices["device_id"].to_pylist())
    names = {one.name for one in SOURCES if heard.source in (None, one.name)}
    listed = [row["device_id"] for row in heard.view.project.device_info().to_pylist()]
    unheard: list[dict[str, Any]] = [
        {"source": name, "device_id": device_id}
        for device_id in listed
        if device_id not in known and (name := device_id.partition(":")[0]) in names
    ]
    if not unheard:
        return devices
    relations = {
        "known": heard.engine.from_arrow(pa.Table.from_pylist(unheard)),
        "device_info": heard.info,
        "uplink": heard.view.table(UPLINK.name),
        "reading": heard.view.table(READING.name),
    }
    rows = heard.engine.run(LISTED, relations, now_us=heard.span.until_us).arrow().to_pylist()
    empty = dict.fromkeys(devices.column_names) | {"gaps": 0, "gap_s": 0.0, "late": 0, "site": "", "node_id": ""}
    return pa.concat_tables([devices, pa.Table.from_pylist([empty | row for row in rows], devices.schema)])
