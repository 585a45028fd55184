"""What health reads through a question: the signs of life of each device, and what is usual for it."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis import uplinks
from telltale.engine import Engine, Relation
from telltale.health import analysis
from telltale.sources import SOURCES, source
from telltale.tables import ACTIVITY, NODE_HEARTBEAT, READING, UPLINK
from telltale.workbench.question import Question
from telltale.workbench.source_state import numbering_table
from telltale.workbench.times import DAY, Span
from telltale.workbench.view import union

LOOKBACK = {NODE_HEARTBEAT.name: DAY, UPLINK.name: 7 * DAY, READING.name: 7 * DAY}
"""How far before the stretch to look for what is usual; access points report so often that a day tells it."""

PC_SOURCE = "pc_idle"
RESTING = tuple(source.name for source in SOURCES if source.rests)
"""The sources whose silence is no fault: nothing is due from them."""
BOTH = "select * from heard union all select * from pc order by source, site, device_id"

BY_RECEIPT = """
select * from row_in
where received_at >= timestamp_micros(:since_us) and received_at < timestamp_micros(:until_us)
  and (observed_at >= timestamp_micros(:until_us) or (:past = 1 and observed_at < timestamp_micros(:since_us)))
"""
"""What came in the stretch and is of another time by the device's own clock; of the past only where that is asked."""
OF_SOURCE = "select * from signal where source = :source"

LISTED = """
select k.source, k.device_id, coalesce(nullif(i.name, ''), k.device_id) as name, coalesce(i.place, '') as place,
  coalesce(i.zone, '') as zone, case when e.last_seen is null then 'unheard' else 'silent' end as state, e.last_seen,
  cast(0 as bigint) as reports, i.expected_interval_s as interval_s, i.expected_interval_s is not null as is_given,
  (:now_us - unix_micros(e.last_seen)) / 1e6 as silent_s
from known k
inner join device_info i on i.device_id = k.device_id
left join (
  select device_id, max(heard_at) as last_seen
  from (
    select device_id, least(observed_at, received_at) as heard_at from uplink
    union all
    select r.device_id, r.received_at as heard_at
    from reading r
    left join (select distinct device_id from uplink) m on m.device_id = r.device_id
    where m.device_id is null
  ) u
  where heard_at < timestamp_micros(:now_us)
  group by device_id
) e on e.device_id = k.device_id
order by k.device_id
"""


class Signals:
    """The signs of life of a stretch, and what is usual: of all sources, or of one.

    Args:
        question: the stretch.
        of_source: one source; None is all.
        of: which signs: `analysis.signals` as they came, `analysis.samples` by what they tell of.
        span: another stretch than the question's, such as whole days.

    Raises:
        ConfigError: there is no such source; says which there are.
    """

    def __init__(
        self,
        question: Question,
        of_source: str | None,
        *,
        of: Callable[[Engine, Relation, Relation, Relation], Relation] = analysis.signals,
        span: Span | None = None,
    ) -> None:
        if of_source is not None:
            source(of_source)  # says what is known
        self.view, self.span, self.source = question.view, span or question.span, of_source
        self.engine, self.info = question.engine, question.device_info
        self._shows_pcs = question.settings.shows_single_pcs
        back = {name: Span(self.span.since_us - us, self.span.until_us) for name, us in LOOKBACK.items()}
        tables = {name: self.view.table(name, stretch) for name, stretch in back.items()}
        if of is analysis.signals:
            # A network's stamps are right: an old message is no sign of life now. A device's own may be of any year.
            for name, past in ((UPLINK.name, False), (READING.name, True)):
                tables[name] = self._with_wrong_clocks(name, tables[name], back[name], past=past)
        rows = of(self.engine, tables[UPLINK.name], tables[READING.name], tables[NODE_HEARTBEAT.name])
        if of_source is not None:
            rows = self.engine.run(OF_SOURCE, {"signal": rows}, source=of_source)
        self.rows: Relation = self.engine.keep(rows)

    def devices(self, *, whole: bool = False) -> Relation:
        """Each device, or each source as one."""
        heard = self._judged(self.rows, whole=whole)
        if not (self.source == PC_SOURCE or (self.source is None and self._shows_pcs)):
            return heard
        span = Span(self.span.since_us - 7 * DAY, self.span.until_us)
        activity = self._with_wrong_clocks(ACTIVITY.name, self.view.table(ACTIVITY.name, span), span, past=False)
        agents = analysis.of_pcs(self.engine, activity)
        pcs = self._judged(agents, whole=whole, rules=analysis.RESTING)
        return self.engine.run(BOTH, {"heard": heard, "pc": pcs})

    def due(self) -> Relation:
        """Each device from which messages are due: none of a source that rests."""
        judged = self._judged(self.rows, whole=False).arrow()
        resting = pc.is_in(judged["source"], pa.array(RESTING, pa.string()))
        return self.engine.from_arrow(judged.filter(pc.invert(resting)))

    def losses(self) -> Relation:
        """The messages of each device, and how many of their numbers were left out."""
        messages = self.view.table(UPLINK.name, self.span)
        gaps = uplinks.gaps(self.engine, messages, self.engine.from_arrow(numbering_table()))
        return uplinks.losses(self.engine, messages, gaps)

    def with_listed(self, devices: pa.Table) -> pa.Table:
        """The devices, and those of devices.csv that were not heard lately."""
        seen = set(devices["device_id"].to_pylist())
        names = {source.name for source in SOURCES if self.source in (None, source.name)}
        listed = [row["device_id"] for row in self.view.project.device_info().to_pylist()]
        unheard: list[dict[str, Any]] = [
            {"source": name, "device_id": device_id}
            for device_id in listed
            if device_id not in seen and (name := device_id.partition(":")[0]) in names
        ]
        if not unheard:
            return devices
        relations = {
            "known": self.engine.from_arrow(pa.Table.from_pylist(unheard)),
            "device_info": self.info,
            "uplink": self.view.table(UPLINK.name),
            "reading": self.view.table(READING.name),
        }
        rows = self.engine.run(LISTED, relations, now_us=self.span.until_us).arrow().to_pylist()
        empty = dict.fromkeys(devices.column_names) | {"gaps": 0, "gap_s": 0.0, "late": 0, "site": "", "node_id": ""}
        return pa.concat_tables([devices, pa.Table.from_pylist([empty | row for row in rows], devices.schema)])

    def _with_wrong_clocks(self, name: str, rows: Relation, span: Span, *, past: bool) -> Relation:
        """The rows of a stretch, and those that came in it under a time of their own outside it."""
        beside = {"row_in": self.view.table(name)}
        return union(self.engine, [rows, self.engine.run(BY_RECEIPT, beside, **span._asdict(), past=int(past))])

    def _judged(self, signals: Relation, *, whole: bool, rules: analysis.Rules | None = None) -> Relation:
        rows = analysis.as_sources(self.engine, signals) if whole else signals
        span = self.span
        return analysis.devices(
            self.engine, rows, self.info, since_us=span.since_us, now_us=span.until_us, until_us=span.until_us,
            rules=rules,
        )  # fmt: skip
