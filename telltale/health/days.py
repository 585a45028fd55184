"""Table `health_day`: what each device sent on each day, kept so that nobody reads years to know who was heard last.

    table_name source site device_id kind   whose rows: of a reading the quantity, of activity and status their kind
    records first_us last_us                rows, copies of messages left out, and their own first and last moment
    heard_us                                when the newest of them came, copies included: whoever resends is alive

Days are those of UTC, as the lake files its rows: no clock of a site and no setting enters, so that what is kept holds
whatever is set. A row of a clock that is flagged as wrong counts under the day it came on. A silence that goes on over
midnights is what lies between two days: the last moment of the one and the first of the next.
"""

# ruff: noqa: S608 - texts are composed of names of ours
from collections.abc import Collection, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import DAY_US
from telltale.engine import filed
from telltale.tables import ACTIVITY, DEVICE_STATUS, FRAME, NODE_HEARTBEAT, READING, TABLES, UPLINK
from telltale.workbench import messages
from telltale.workbench.days import DayTable, joined
from telltale.workbench.history import pieces
from telltale.workbench.question import Question
from telltale.workbench.times import Span
from telltale.workbench.view import View

HEALTH_DAY = "health_day"
KINDS: Mapping[str, str] = {
    UPLINK.name: "''",
    READING.name: "quantity",
    ACTIVITY.name: "kind",
    DEVICE_STATUS.name: "kind",
    NODE_HEARTBEAT.name: "''",
    FRAME.name: "''",
}
"""The tables whose rows say which device sent, and what tells its rows apart."""
_NAMES = ("table_name", "source", "site", "device_id", "kind")
_TOLD = {"records": "sum", "first_us": "min", "last_us": "max", "heard_us": "max"}
EVER_ROWS = pa.schema([*((name, pa.string()) for name in _NAMES), *((name, pa.int64()) for name in _TOLD)])
ROWS = pa.schema([("start_us", pa.int64()), *EVER_ROWS])

OF_TABLE = """
select cast(floor(filed_us / :day_us) as bigint) * :day_us as start_us, '{name}' as table_name, source, site,
  device_id, kind, {records} as records, {first} as first_us, {last} as last_us, {heard} as heard_us
from (
  select {filed_us} as filed_us, source, {site} as site, {device} as device_id, {kind} as kind,
    unix_micros(observed_at) as own_us, unix_micros(received_at) as received_us
  from {rows}
) {name}_row
group by cast(floor(filed_us / :day_us) as bigint) * :day_us, source, site, device_id, kind
"""
COUNTED = {"records": "count(*)", "first": "min(own_us)", "last": "max(own_us)"}
UNCOUNTED = {"records": "cast(0 as bigint)", "first": "cast(null as bigint)", "last": "cast(null as bigint)"}
HEARD, UNHEARD = {"heard": "max(received_us)"}, {"heard": "cast(null as bigint)"}

TOGETHER = f"""
select start_us, {", ".join(_NAMES)}, cast(sum(records) as bigint) as records, min(first_us) as first_us,
  max(last_us) as last_us, max(heard_us) as heard_us
from told group by start_us, {", ".join(_NAMES)} order by start_us, {", ".join(_NAMES)}
"""


def sent(view: View, *, of: Collection[str] = tuple(KINDS), counted: bool = True, with_today: bool = True) -> pa.Table:
    """What each device ever sent, of `EVER_ROWS`: of days that are kept what is kept of them.

    Args:
        view: the snapshot.
        of: whose rows; of a day that goes on those of other tables are not read.
        counted: whether `records`, `first_us` and `last_us` matter: else those of days that are not kept may be 0 and
            null, which costs less.
        with_today: also what is of today, by UTC, and of days to come.

    Returns:
        a row for each table, source, site, device_id, kind and block of days (`telltale.workbench.history`).
    """
    names = tuple(name for name in KINDS if name in of)
    has_copies = counted and any(name in messages.TABLES for name in names)
    reads = (*names, UPLINK.name) if has_copies and UPLINK.name not in names else names

    def read(span: Span) -> pa.Table:
        rows = joined(of_site(view), DAYS, span, unkept=partial(_made, names=names, counted=counted))
        rows = rows.filter(pc.is_in(rows["table_name"], pa.array(names)))
        made = rows.group_by(_NAMES, use_threads=False).aggregate(list(_TOLD.items()))
        return made.rename_columns(EVER_ROWS.names).cast(EVER_ROWS)

    return pa.concat_tables(pieces(view, ("sent", names, counted), read, tables=reads, with_today=with_today))


def last_sent(view: View, span: Span | None = None) -> pa.Table:
    """When each device was last heard, of each of `KINDS`, by what is filed under ended days (UTC); of `EVER_ROWS`.

    Args:
        view: the snapshot.
        span: whole days; None is all that have ended.
    """
    if span is None:
        return sent(view, counted=False, with_today=False)
    return joined(of_site(view), DAYS, span, unkept=_heard).select(EVER_ROWS.names)


def senders_of_activity(view: View) -> list[tuple[str, str]]:
    """The source and id of everything that ever told of the use of a PC, sorted."""
    rows = sent(view, of=[ACTIVITY.name], counted=False)
    return sorted(set(zip(rows["source"].to_pylist(), rows["device_id"].to_pylist(), strict=True)))


def of_site(view: View) -> Question:
    """The question by whose days they are kept."""
    return Question(view, Span(0, view.now_us), "UTC")


def _counted(question: Question, parts: pa.Table) -> pa.Table:
    return _made(question, parts, names=KINDS, counted=True)


def _heard(question: Question, parts: pa.Table) -> pa.Table:
    return _made(question, parts, names=KINDS, counted=False)


def _made(question: Question, _parts: pa.Table, *, names: Collection[str], counted: bool) -> pa.Table:
    """The rows of some tables; copies are told apart, where their number matters, in tables that hold messages."""
    engine, view, span = question.engine, question.view, question.span
    rows, texts = {}, []
    for name in names:
        has_copies = name in messages.TABLES
        rows[name] = view.rows(name, span)
        texts.append(_text(name, name, (COUNTED if counted and not has_copies else UNCOUNTED) | HEARD))
        if counted and has_copies:
            rows[f"{name}_once"] = view.table(name, span)
            texts.append(_text(name, f"{name}_once", COUNTED | UNHEARD))
    whole = " union all ".join(f"select * from ({text}) part_{at}" for at, text in enumerate(texts))
    told = engine.run(whole, rows, day_us=DAY_US)
    return engine.run(TOGETHER, {"told": told}).arrow().cast(ROWS)


def _text(name: str, rows: str, columns: Mapping[str, str]) -> str:
    of = ("site", "node_id") if name == NODE_HEARTBEAT.name else ("''", "device_id")
    return OF_TABLE.format(
        name=name, rows=rows, filed_us=f"unix_micros({filed(TABLES[name])})", site=of[0], device=of[1],
        kind=KINDS[name], **columns,
    )  # fmt: skip


DAYS = DayTable(HEALTH_DAY, 1, ROWS, dict.fromkeys(KINDS, 0) | {UPLINK.name: messages.MARGIN_US}, _counted,
                days_of=tuple(KINDS))  # fmt: skip
TABLES_OF_DAYS = (DAYS,)
"""What upkeep keeps."""
