"""What health reads through a question: the signs of life of each device, and what is usual for it."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale import identity
from telltale.analysis import uplinks
from telltale.arrow import empty
from telltale.engine import Engine, Relation
from telltale.health import analysis
from telltale.health.known import KNOWN_US, RESTING, last_heard, resting_ids, served_by
from telltale.settings import devices as listed_devices
from telltale.sources import source
from telltale.tables import ACTIVITY, FRAME, NODE_HEARTBEAT, READING, UPLINK, Table
from telltale.workbench.messages import numbering_table
from telltale.workbench.question import Question
from telltale.workbench.times import DAY, Span, micros
from telltale.workbench.view import union

LOOKBACK = {NODE_HEARTBEAT.name: DAY, UPLINK.name: 7 * DAY, READING.name: 7 * DAY}
"""How far before the stretch to look for what is usual; access points report so often that a day tells it."""

PC_SOURCE = "pc_idle"

BY_RECEIPT = """
select * from row_in
where observed_at >= timestamp_micros(:until_us) or (:past = 1 and observed_at < timestamp_micros(:since_us))
"""
"""What came in the stretch and is of another time by the device's own clock; of the past only where that is asked."""
ENDED = "select * from gap where before_at >= timestamp_micros(:since_us)"
OF_SOURCE = "select * from signal where source = :source"

KEPT = """
select s.* from signal s left join resting r on r.device_id = s.device_id
where (r.device_id is not null) = (:rests = 1)
"""

UNHEARD = """
select k.source, k.site, k.device_id, coalesce(nullif(i.name, ''), k.device_id) as name,
  coalesce(i.place, '') as place, coalesce(i.zone, '') as zone,
  case when k.last_seen is null then 'unheard' when k.rests then 'late' else 'silent' end as state, k.last_seen,
  cast(0 as bigint) as reports, i.expected_interval_s as interval_s, i.expected_interval_s is not null as is_given,
  (:now_us - unix_micros(k.last_seen)) / 1e6 as silent_s,
  case when k.site = '' then '' else k.device_id end as node_id, k.rests
from known k left join device_info i on i.device_id = k.device_id
order by k.source, k.site, k.device_id
"""
KNOWN = pa.schema(
    [
        *(("source", pa.string()), ("site", pa.string()), ("device_id", pa.string())),
        *(("last_seen", pa.timestamp("us", tz="UTC")), ("rests", pa.bool_())),
    ]
)


class Signals:
    """The signs of life of a stretch, and what is usual: of all sources, or of one.

    Args:
        question: the stretch.
        of_source: one source; None is all.
        of: which signs: `analysis.signals` as they came, `analysis.samples` by what they tell of.
        span: another stretch than the question's, such as whole days.
        sensors_only: leave out access points, which of all report the most often, and PCs.

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
        sensors_only: bool = False,
    ) -> None:
        if of_source is not None:
            source(of_source)  # says what is known
        self.view, self.span, self.source = question.view, span or question.span, of_source
        self.engine, self.info = question.engine, question.device_info
        self.shows_pcs = of_source == PC_SOURCE or (of_source is None and question.settings.shows_single_pcs)
        self.shows_pcs &= not sensors_only
        back = {name: Span(self.span.since_us - us, self.span.until_us) for name, us in LOOKBACK.items()}
        tables = {
            name: self._none(NODE_HEARTBEAT)
            if sensors_only and name == NODE_HEARTBEAT.name
            else self.view.table(name, stretch)
            for name, stretch in back.items()
        }
        if of is analysis.signals:
            # A network's stamps are right: an old message is no sign of life now. A device's own may be of any year.
            for name, past in ((UPLINK.name, False), (READING.name, True)):
                tables[name] = self._with_wrong_clocks(name, tables[name], back[name], past=past)
        rows = of(self.engine, tables[UPLINK.name], tables[READING.name], tables[NODE_HEARTBEAT.name])
        if of_source is not None:
            rows = self.engine.run(OF_SOURCE, {"signal": rows}, source=of_source)
        self.rows: Relation = self.engine.keep(rows)

    @cached_property
    def agents(self) -> Relation | None:
        """The signs of life of the agents on PCs; None where they are not asked about."""
        return self.pcs() if self.shows_pcs else None

    def pcs(self) -> Relation:
        """The same, whoever asks."""
        span = Span(self.span.since_us - KNOWN_US, self.span.until_us)
        activity = self._with_wrong_clocks(ACTIVITY.name, self.view.table(ACTIVITY.name, span), span, past=True)
        return self.engine.keep(analysis.of_pcs(self.engine, activity))

    @property
    def everyone(self) -> Relation:
        """The signs of life of devices and of PCs that are asked about."""
        return self.rows if self.agents is None else union(self.engine, [self.rows, self.agents])

    def devices(self) -> Relation:
        """Each device that was heard."""
        heard = [self._judged(self._parted(rests=False)), self._judged(self._parted(rests=True), analysis.RESTING)]
        if self.agents is not None:
            heard.append(self._judged(self.agents, analysis.RESTING))
        return self.engine.keep(union(self.engine, heard))

    def due(self) -> Relation:
        """Each device from which messages are due: none of what rests.

        One that has not been heard for so long that nothing tells its interval is due at the one of devices.csv.
        """
        judged = self._judged(self._parted(rests=False)).arrow()
        judged = judged.filter(pc.invert(pc.is_in(judged["source"], pa.array(RESTING, pa.string()))))
        given = {device.device_id: device.expected_interval_s for device in listed_devices(self.view.project.settings)}
        heard = set(judged["device_id"].to_pylist())
        silent = [
            row | {"first_seen": row["last_seen"], "due_s": given[row["device_id"]]}
            for row in self.known(heard)
            if row["last_seen"] is not None and not row["rests"] and given.get(row["device_id"])
        ]
        names = ("source", "site", "device_id", "first_seen", "due_s")
        rows = [{name: row[name] for name in names} for row in silent]
        schema = pa.schema([judged.schema.field(name) for name in names])
        return self.engine.from_arrow(pa.concat_tables([judged.select(names), pa.Table.from_pylist(rows, schema)]))

    def losses(self) -> Relation:
        """The messages of each device, and how many of their numbers were left out.

        Those left out before its first message of the stretch are told by the last one before: they count too.
        """
        messages = self.view.table(UPLINK.name, self.span)
        earlier = self.view.table(UPLINK.name, Span(self.span.since_us - KNOWN_US, self.span.until_us))
        gaps = uplinks.gaps(self.engine, earlier, self.engine.from_arrow(numbering_table()))
        ended = self.engine.run(ENDED, {"gap": gaps}, since_us=self.span.since_us)
        return uplinks.losses(self.engine, messages, ended)

    def with_known(self, devices: pa.Table) -> pa.Table:
        """The devices, and those that are listed, or were heard in the week before, and not in the stretch."""
        known = self.known(set(devices["device_id"].to_pylist()))
        if not known:
            return devices
        relations = {"known": self.engine.from_arrow(pa.Table.from_pylist(known, KNOWN)), "device_info": self.info}
        rows = self.engine.run(UNHEARD, relations, now_us=self.span.until_us).arrow().to_pylist()
        empty = dict.fromkeys(devices.column_names) | {"late": 0}
        return pa.concat_tables([devices, pa.Table.from_pylist([empty | row for row in rows], devices.schema)])

    def with_rests(self, devices: pa.Table) -> pa.Table:
        """The devices, and whether each rests."""
        ids, sources = pa.array(resting_ids(self.view), pa.string()), pa.array(RESTING, pa.string())
        rests = pc.or_(pc.is_in(devices["device_id"], ids), pc.is_in(devices["source"], sources))
        return devices.append_column("rests", rests)

    def known(self, seen: set[str]) -> list[dict[str, Any]]:
        """The devices that are known and not among those seen: source, site, device_id, last_seen, rests."""
        return [row for row in self._known() if row["device_id"] not in seen]

    def _known(self) -> Iterator[dict[str, Any]]:
        """Of the sources asked about; PCs where they are asked about."""
        devices = listed_devices(self.view.project.settings)
        listed = [device.device_id for device in devices]
        since_us = self.span.since_us - KNOWN_US
        heard = last_heard(self.view, Span(since_us, self.span.until_us), listed).to_pylist()
        resting = set(resting_ids(self.view))
        ever = {row["device_id"] for row in heard}
        ever |= served_by(devices, ever)
        for row in heard:
            last_us = micros(row["last_seen"])
            is_known = row["device_id"] in listed or last_us >= since_us
            if is_known and self._is_asked(row["source"]):
                yield row | {"rests": row["device_id"] in resting or row["source"] in RESTING}
        for device_id in listed:
            if device_id not in ever and (name := self._source_of(device_id)) is not None:
                yield {"source": name, "site": "", "device_id": device_id, "last_seen": None, "rests": False}

    def _source_of(self, device_id: str) -> str | None:
        """Whose device a listed one is that was never heard: empty of several, None where it is not asked about."""
        names = [each.name for each in identity.sources_of(device_id) if self._is_asked(each.name)]
        if len(names) > 1:
            there = set(self.rows.arrow()["source"].to_pylist())
            names = [name for name in names if name in there] or names
        return None if not names else names[0] if len(names) == 1 or self.source is not None else ""

    def _is_asked(self, name: str) -> bool:
        if FRAME.name in source(name).tables or (name == PC_SOURCE and not self.shows_pcs):
            return False
        return self.source in (None, name)

    def _parted(self, *, rests: bool) -> Relation:
        """The signs of life of what rests, or of everything else."""
        resting = self.engine.from_arrow(pa.table({"device_id": pa.array(resting_ids(self.view), pa.string())}))
        return self.engine.run(KEPT, {"signal": self.rows, "resting": resting}, rests=int(rests))

    def _with_wrong_clocks(self, name: str, rows: Relation, span: Span, *, past: bool) -> Relation:
        """The rows of a stretch, and those that came in it under a time of their own outside it."""
        beside = {"row_in": self.view.received(name, span)}
        return union(self.engine, [rows, self.engine.run(BY_RECEIPT, beside, **span._asdict(), past=int(past))])

    def _none(self, table: Table) -> Relation:
        return self.engine.from_arrow(empty(table))

    def _judged(self, signals: Relation, rules: analysis.Rules | None = None) -> Relation:
        span = self.span
        return analysis.devices(
            self.engine, signals, self.info, since_us=span.since_us, now_us=span.until_us, until_us=span.until_us,
            rules=rules,
        )  # fmt: skip
