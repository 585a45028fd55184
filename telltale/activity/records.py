"""The records behind activity: what arrived, what is kept of whom, corrections by hand, imports."""

import datetime as dt
import json
from functools import partial
from typing import Any

import pyarrow as pa

from telltale.activity.activitywatch import PATH as ACTIVITYWATCH
from telltale.activity.activitywatch import Afk, decoded
from telltale.activity.days import LONGEST_GIVEN_D
from telltale.activity.pieces import pieces
from telltale.activity.question import ask, named, pcs, senders
from telltale.contract import ConfigError, Request
from telltale.door import record
from telltale.health.days import sent
from telltale.sources import SOURCES, source
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question
from telltale.workbench.times import DAY, Span, When, local_time, micros, moment

SOURCE = "pc_idle"
BY_HAND = "by hand"
MINUTES = {source.name: source.minutes for source in SOURCES if source.minutes}
"""How the minutes of a modem's message are read."""

OF_RECORDS = """
select device_id, raw_id, source, kind, count(*) as rows_in, max(observed_at) as observed_at,
  min(observed_at) as first_at, max(case when place = 1 then idle_s end) as idle_s, max(period_s) as period_s,
  bool_or(active) as active, max(note) as note, '' as data, cast(null as double) as score_pct
from (
  select *, row_number() over (
    partition by device_id, raw_id, source, kind
    order by case when idle_s is null then 1 else 0 end, observed_at desc, idle_s desc
  ) as place
  from (
    select coalesce(nullif(i.same_as, ''), a.device_id) as device_id, a.raw_id, a.source, a.kind, a.observed_at,
      a.idle_s, a.period_s, a.active, a.note
    from activity a left join info i on i.device_id = a.device_id
    where a.source = 'pc_idle'
  ) of_pcs
) placed
group by device_id, raw_id, source, kind
"""
OF_UPLINKS = """
select coalesce(nullif(i.same_as, ''), u.device_id) as device_id, u.raw_id, u.source, 'uplink' as kind, 1 as rows_in,
  u.observed_at, u.observed_at as first_at, cast(null as double) as idle_s, cast(null as double) as period_s,
  cast(null as boolean) as active, cast(null as string) as note, coalesce(u.data, '') as data, a.score_pct
from uplink u
inner join (select distinct device_id from sender where source <> 'pc_idle') m on m.device_id = u.device_id
left join info i on i.device_id = u.device_id
left join activity a on a.device_id = u.device_id and a.kind = 'level' and a.observed_at = u.observed_at
"""
OF_PCS = """
select coalesce(nullif(i.same_as, ''), s.device_id) as device_id, s.table_name, s.kind,
  cast(sum(s.records) as bigint) as records, timestamp_micros(min(s.first_us)) as first_at,
  timestamp_micros(max(s.last_us)) as last_at
from sent s left join info i on i.device_id = s.device_id
where s.records > 0 and (s.device_id in (select device_id from sender) or coalesce(i.same_as, '') <> '')
group by coalesce(nullif(i.same_as, ''), s.device_id), s.table_name, s.kind
"""
KEPT_OF_PCS = ("activity", "uplink", "reading", "device_status")
"""The tables that hold rows of PCs and their modems."""


def messages(question: Question, *, newest: int | None = None) -> pa.Table:
    """See `tt.activity.messages`."""
    view, span, run = question.view, question.span, question.engine.run
    rows = {"activity": view.table("activity", span), "info": question.device_info}
    sender = question.engine.from_arrow(senders(question))
    uplinks = run(OF_UPLINKS, {**rows, "sender": sender, "uplink": view.table("uplink", span)})
    both = {"record": run(OF_RECORDS, rows), "uplink": uplinks}
    joined = run("select * from record union all select * from uplink", both)
    columns = ("observed_at", "device_id", "name", "data", "score_pct", "source", "raw_id")
    extra = ("kind", "rows_in", "idle_s", "period_s", "active", "note", "first_at")
    order = "observed_at, name, raw_id, kind"
    listed = named(question, joined, *columns, *extra, order=order)
    if newest is not None:
        listed = listed.slice(max(0, listed.num_rows - newest))
    texts = pa.array([_text(row, question.zone) for row in listed.to_pylist()], pa.string())
    return listed.select(columns).add_column(4, "text", texts)


def kept(question: Question) -> pa.Table:
    """See `tt.activity.kept`; of days that have ended what is kept of them is added up."""
    rows = sent(question.view, of=KEPT_OF_PCS)
    from_arrow = question.engine.from_arrow
    relations = {"sent": from_arrow(rows), "sender": from_arrow(senders(question)), "info": question.device_info}
    columns = ("device_id", "name", "person", "table_name", "kind", "records", "first_at", "last_at")
    made = named(question, question.engine.run(OF_PCS, relations), *columns,
                 order="name, device_id, table_name, kind")  # fmt: skip
    return made.rename_columns({"table_name": "table"})  # a word of SQL: texts call it otherwise


def correct(
    device: str,
    start: When,
    end: When,
    active: bool,
    note: str = "",
    *,
    project: Project | None = None,
) -> int:
    """Say for a stretch that somebody was active, or away; a record of its own that counts over what was measured.

    Where corrections overlap, the one received last counts. Nothing is overwritten: the samples stay.

    Args:
        device: a PC by id or name, or the id of its modem.
        start: an ISO time on the site's clock, or an aware datetime.
        end: later, and not in the future.
        active: False for away.
        note: why, such as "meeting".
        project: another project than the one found from here.

    Returns:
        the id of the record.

    Raises:
        ConfigError: no such PC; the stretch is empty, in the future or longer than 31 days.
    """
    project = project or here()
    zone, now_us = project.settings.site.timezone, project.now_us()
    since_us, until_us = (moment(value, zone=zone, now_us=now_us) for value in (start, end))
    if not 0 < until_us - since_us <= LONGEST_GIVEN_D * DAY or until_us > now_us:
        raise ConfigError(
            f"correction from {start} to {end}: expected a stretch of at most {LONGEST_GIVEN_D} days that has passed"
        )
    taken = partial(_pc_and_taken, since_us=since_us)
    device_id, taken_us = ask(taken, None, None, of=device, project=project)
    # Two corrections that begin alike have one natural key, and the older would be gone, not overlapped.
    begin_us = since_us if taken_us is None else taken_us + 1
    body = {"device_id": device_id, "start_us": begin_us, "end_us": until_us, "active": bool(active), "note": note}
    return _append(project, "/correction", json.dumps(body, ensure_ascii=False).encode(), now_us)


def import_activitywatch(body: bytes, *, project: Project | None = None) -> int:
    """Keep an ActivityWatch export; its AFK buckets count where nothing better is known.

    It is one record, byte for byte; one of more than 10,000 events becomes several that together say the same.

    Returns:
        the id of the record, the first of several.

    Raises:
        ConfigError: it is no export, or has no AFK bucket.
    """
    return imported(body, project=project)[0]


def imported(body: bytes, *, project: Project | None = None) -> tuple[int, Afk]:
    """The id of the first record, and what the export says; see `import_activitywatch`."""
    project = project or here()
    now_us = project.now_us()
    found = decoded(body, received_at=now_us)
    ids = [_append(project, ACTIVITYWATCH, piece, now_us) for piece in pieces(body)]
    return ids[0], found


def _pc_and_taken(question: Question, since_us: int) -> tuple[str, int | None]:
    """The PC meant, and the newest correction of it that begins within a millisecond of this moment."""
    meant = pcs(question).to_pylist()
    if len(meant) > 1:
        names = ", ".join(row["device_id"] for row in meant)
        raise ConfigError(f'"{question.of}" has {len(meant)} PCs ({names}): name the one to correct')
    device_id = meant[0]["device_id"]
    near = question.view.table("activity", Span(since_us, since_us + 1_000))
    text = """select max(unix_micros(observed_at)) as at_us from activity
        where kind = 'correction' and device_id = :device_id"""
    (row,) = question.engine.run(text, {"activity": near}, device_id=device_id).arrow().to_pylist()
    return device_id, row["at_us"]


def _append(project: Project, path: str, body: bytes, now_us: int) -> int:
    request = Request(SOURCE, now_us, BY_HAND, "hand", "POST", path, {}, "", body)
    landing = project.landing()
    try:
        return landing.append(record(source(SOURCE), request, project.settings.source(SOURCE)))
    finally:
        landing.close()


def _text(row: dict[str, Any], zone: str) -> str:
    """What a message says, in words."""
    if row["kind"] == "uplink":
        return _of_payload(row["source"], bytes.fromhex(row["data"]), row["observed_at"], zone)
    if row["kind"] == "sample":
        idle = "idle time unknown" if row["idle_s"] is None else f"idle {row['idle_s']:.0f} s"
        return f"{row['rows_in']} samples, {idle}"
    if row["kind"] == "locked":
        return f"screen locked at {row['rows_in']} looks"
    if row["kind"] == "suspended":
        return f"suspended for {row['period_s'] / 60:.0f} min"
    if row["kind"] == "correction":
        state = "active" if row["active"] else "away"
        return f"corrected to {state} for {row['period_s'] / 60:.0f} min" + (f": {row['note']}" if row["note"] else "")
    return f"{row['rows_in']} imported stretches"


def _of_payload(name: str, payload: bytes, at: dt.datetime, zone: str) -> str:
    read = MINUTES.get(name)
    minutes = read(payload, micros(at)) if read else None
    if minutes:
        begin = local_time(minutes[0][0], zone)
        return f"{len(minutes)} minutes from {begin:%H:%M}, input in {sum(is_active for _, is_active in minutes)}"
    text = payload.decode("utf-8", errors="replace")
    return text if text.isprintable() else payload.hex()
