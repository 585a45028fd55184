"""The records behind activity: what arrived, what is kept of whom, corrections by hand, imports."""

import datetime as dt
import json
from typing import Any

import pyarrow as pa

from telltale.activity.question import LONGEST_GIVEN_D, PCs
from telltale.contract import ConfigError, Request
from telltale.door import record
from telltale.sources import source
from telltale.sources.sigfox.minutes import minutes
from telltale.workbench.project import Project, here
from telltale.workbench.times import DAY, SECOND, Span, When, local_time, moment
from telltale.workbench.view import View, answered

SOURCE = "pc_idle"
BY_HAND = "by hand"

OF_RECORDS = """
select coalesce(nullif(i.same_as, ''), a.device_id) as device_id, a.raw_id, a.source, a.kind, count(*) as rows_in,
  max(a.observed_at) as observed_at, min(a.observed_at) as first_at, arg_max(a.idle_s, a.observed_at) as idle_s,
  max(a.period_s) as period_s, bool_or(a.active) as active, max(a.note) as note, '' as data, null::double as score_pct
from activity a left join info i on i.device_id = a.device_id
where a.source = 'pc_idle'
group by 1, 2, 3, 4
"""
OF_UPLINKS = """
select coalesce(nullif(i.same_as, ''), u.device_id) as device_id, u.raw_id, u.source, 'uplink' as kind, 1 as rows_in,
  u.observed_at, u.observed_at as first_at, null::double as idle_s, null::double as period_s, null::boolean as active,
  null::varchar as note, coalesce(u.data, '') as data, a.score_pct
from uplink u
inner join (select distinct device_id from activity where source <> 'pc_idle') m on m.device_id = u.device_id
left join info i on i.device_id = u.device_id
left join activity a on a.device_id = u.device_id and a.kind = 'level' and a.observed_at = u.observed_at
"""
KEPT = """
select device_id, '{table}' as "table", kind, count(*) as records, min(observed_at) as first_at,
  max(observed_at) as last_at
from (select coalesce(nullif(i.same_as, ''), r.device_id) as device_id, {kind} as kind, r.observed_at
      from {table} r left join info i on i.device_id = r.device_id
      where r.device_id in (select device_id from activity) or coalesce(i.same_as, '') <> '') told
group by device_id, kind
"""
TABLES_OF_PCS = {"activity": "r.kind", "uplink": "''", "reading": "r.quantity", "device_status": "r.kind"}


def messages(asked: PCs, *, newest: int | None = None) -> pa.Table:
    """See `tt.activity.messages`."""
    span = asked.span
    rows = {"activity": asked.view.table("activity", span), "info": asked.info}
    told = asked.engine.run(OF_RECORDS, rows)
    every = {**rows, "activity": asked.view.table("activity"), "uplink": asked.view.table("uplink", span)}
    both = {"told": told, "heard": asked.engine.run(OF_UPLINKS, every)}
    found = asked.engine.run("select * from told union all select * from heard", both)
    columns = ("observed_at", "device_id", "name", "data", "score_pct", "source", "raw_id")
    extra = ("kind", "rows_in", "idle_s", "period_s", "active", "note", "first_at")
    order = "observed_at, name, raw_id, kind"
    listed = asked.named(found, *columns, *extra, order=order)
    if newest is not None:
        listed = listed.slice(max(0, listed.num_rows - newest))
    texts = pa.array([_text(row, asked.zone) for row in listed.to_pylist()], pa.string())
    return listed.select(columns).add_column(4, "text", texts)


def kept(asked: PCs) -> pa.Table:
    """See `tt.activity.records`."""
    named = {name: asked.view.table(name) for name in TABLES_OF_PCS} | {"info": asked.info}
    parts = " union all ".join(f"({KEPT.format(table=table, kind=kind)})" for table, kind in TABLES_OF_PCS.items())
    found = asked.engine.run(parts, named)
    columns = ("device_id", "name", "person", '"table"', "kind", "records", "first_at", "last_at")
    return asked.named(found, *columns, order='name, device_id, "table", kind')


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
    device_id, taken_us = answered(project, lambda view: _pc_and_taken(view, device, since_us))
    # Two corrections that begin alike have one natural key, and the older would be gone, not overlapped.
    begin_us = since_us if taken_us is None else taken_us + 1
    body = {"device_id": device_id, "start_us": begin_us, "end_us": until_us, "active": bool(active), "note": note}
    return _append(project, "/correction", json.dumps(body, ensure_ascii=False).encode())


def import_activitywatch(body: bytes, *, project: Project | None = None) -> int:
    """Keep an ActivityWatch export, byte for byte; its AFK buckets count where nothing better is known.

    Returns:
        the id of the record.

    Raises:
        ConfigError: it is no export, or has no AFK bucket.
    """
    from telltale.activity.activitywatch import afk_buckets

    afk_buckets(body)
    return _append(project or here(), "/activitywatch", body)


def _pc_and_taken(view: View, device: str, since_us: int) -> tuple[str, int | None]:
    """The PC meant, and the newest correction of it that begins within a millisecond of this moment."""
    pcs = PCs(view, Span(0, since_us), device).pcs().to_pylist()
    if len(pcs) > 1:
        names = ", ".join(row["device_id"] for row in pcs)
        raise ConfigError(f'"{device}" has {len(pcs)} PCs ({names}): name the one to correct')
    row = pcs[0]
    near = view.table("activity", Span(since_us, since_us + 1_000))
    text = """select max(epoch_us(observed_at)) as at_us from activity
        where kind = 'correction' and device_id = :device_id"""
    (found,) = view.project.engine.run(text, {"activity": near}, device_id=row["device_id"]).arrow().to_pylist()
    return row["device_id"], found["at_us"]


def _append(project: Project, path: str, body: bytes) -> int:
    request = Request(SOURCE, project.now_us(), BY_HAND, "hand", "POST", path, {}, "", body)
    landing = project.landing()
    try:
        return landing.append(record(source(SOURCE), request, project.settings.source(SOURCE)))
    finally:
        landing.close()


def _text(row: dict[str, Any], zone: str) -> str:
    """What a message says, in words."""
    if row["kind"] == "uplink":
        return _of_payload(bytes.fromhex(row["data"]), row["observed_at"], zone)
    if row["kind"] == "sample":
        told = "idle time unknown" if row["idle_s"] is None else f"idle {row['idle_s']:.0f} s"
        return f"{row['rows_in']} samples, {told}"
    if row["kind"] == "correction":
        state = "active" if row["active"] else "away"
        return f"corrected to {state} for {row['period_s'] / 60:.0f} min" + (f": {row['note']}" if row["note"] else "")
    return f"{row['rows_in']} imported stretches"


def _of_payload(payload: bytes, at: dt.datetime, zone: str) -> str:
    told = minutes(payload, round(at.timestamp() * SECOND)) if len(payload) > 3 else None
    if told:
        begin = local_time(told[0].at_us, zone)
        return f"{len(told)} minutes from {begin:%H:%M}, input in {sum(one.is_active for one in told)}"
    text = payload.decode("utf-8", errors="replace")
    return text if text.isprintable() else payload.hex()
