"""What is asked beside the hours: which PCs are listed and heard, gaps, how late samples came, a usual day."""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from telltale.activity.question import STRIP, all_pcs, named, pcs, rules, strips, with_today
from telltale.activity.usual import COMPARISON, compared
from telltale.tables import ACTIVITY
from telltale.workbench.question import Question
from telltale.workbench.times import SECOND, Duration, local_time, micros, seconds

HEARD = """
select coalesce(nullif(i.same_as, ''), a.device_id) as device_id, max(a.received_at) as heard_at
from activity a left join info i on i.device_id = a.device_id
where a.kind not in ('interval', 'correction')
group by 1
"""
GAP = STRIP[:-1]
REPORTS_S = 3_600
"""A PC that was heard of within so long is reporting."""
LISTED = pa.schema(
    [
        *((name, pa.string()) for name in ("device_id", "name", "person")),
        ("is_heard", pa.bool_()),
        ("heard_at", pa.timestamp("us", "UTC")),
        ("is_reporting", pa.bool_()),
    ]
)


def heard(question: Question) -> pa.Table:
    """When each PC was last heard of by our clock: device_id, name, heard_at; imports and corrections are no life."""
    rows = {"activity": question.view.table(ACTIVITY.name, question.span), "info": question.device_info}
    return named(question, question.engine.run(HEARD, rows), "device_id", "name", "heard_at", order="name, device_id")


def gaps(question: Question, at_least: Duration, *, away_after: Duration | None = None) -> pa.Table:
    """See `tt.activity.gaps`."""
    strip = question.engine.from_arrow(strips(question, away_after=away_after))
    columns = ", ".join(f"row_in.{column}" for column in GAP)  # so that "end" is a column to every engine
    text = f"select {columns} from row_in where state = 'unknown' and is_recorded and lasted_s >= :least order by name, device_id, start"  # noqa: E501
    return question.engine.run(text, {"row_in": strip}, least=seconds(at_least)).arrow()


def listed(question: Question) -> pa.Table:
    """See `tt.activity.pcs`."""
    heard_at = {row["device_id"]: row["heard_at"] for row in heard(question).to_pylist()}
    known = [row | {"is_heard": True} for row in pcs(question).to_pylist()]
    rows = known + [row | {"is_heard": False} for row in never_heard(question)]
    for row in rows:
        at = row["heard_at"] = heard_at.get(row["device_id"])
        row["is_reporting"] = at is not None and question.view.now_us - micros(at) < REPORTS_S * SECOND
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["name"], row["device_id"])), LISTED)


def samples(question: Question) -> pa.Table:
    """See `tt.activity.lateness`."""
    text = """select device_id, observed_at, received_at,
      (unix_micros(received_at) - unix_micros(observed_at)) / 1e6 as late_s
      from row_in where kind = 'sample' order by observed_at, device_id"""
    rows = question.engine.run(text, {"row_in": question.view.table(ACTIVITY.name, question.span)})
    return named(question, rows, "device_id", "name", "observed_at", "received_at", "late_s", order="observed_at, name")


def usual(question: Question, *, away_after: Duration | None = None) -> pa.Table:
    """See `tt.activity.usual`; of a question that looks back over some weeks."""
    rows = with_today(question, ("strips", rules(question, away_after)), partial(strips, away_after=away_after))
    now = local_time(question.view.now_us, question.zone)
    told = compared(rows, now=now, timezone=question.zone, starts_at=question.day_starts_at)
    return pa.Table.from_pylist([] if told is None else [told], COMPARISON)


def never_heard(question: Question) -> list[dict[str, Any]]:
    """The PCs that devices.csv lists and that never told anything: of the one meant, or of all."""
    seen = {row["device_id"] for row in all_pcs(question).to_pylist()}
    listed = question.project.device_info().to_pylist()
    served = {row["same_as"] for row in listed if row["same_as"]}
    pcs_listed = [row for row in listed if row["role"] == "pc" or row["device_id"].startswith("pc:")]
    known = {row["device_id"]: row for row in pcs_listed if not row["same_as"]}
    silent = [
        {"device_id": device_id, "name": row["name"] or device_id, "person": row["person"]}
        for device_id, row in known.items()
        if device_id not in seen and (question.of is None or _is_meant(question.of, row))
    ]
    unnamed = sorted(served - seen - known.keys()) if question.of is None else []
    return silent + [{"device_id": device_id, "name": device_id, "person": ""} for device_id in unnamed]


def _is_meant(of: str, row: Mapping[str, str]) -> bool:
    return of.strip().casefold() in {row[name].casefold() for name in ("device_id", "person", "name")}
