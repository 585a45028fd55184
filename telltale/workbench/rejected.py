"""What was rejected: requests turned away at the door, and stored records, or parts of them, that cannot be decoded."""

from typing import Literal

import pyarrow as pa

from telltale.address import masked
from telltale.engine import Relation
from telltale.landing import RefusedRow, refused_rows
from telltale.landing.refused import KEPT
from telltale.sources import source as source_named
from telltale.workbench.project import Project
from telltale.workbench.times import Span, When
from telltale.workbench.view import View, answered

At = Literal["decode", "door"]

REJECTED = pa.schema(
    [
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("source", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("raw_id", pa.int64()),
        ("part", pa.string()),
        ("sender", pa.string()),
        ("status", pa.int64()),
        ("meta", pa.string()),
        ("body", pa.string()),
    ]
)
AT_DECODE = """
select received_at, source, reason, excerpt as detail, raw_id, part, cast(null as string) as sender,
  cast(null as bigint) as status, cast(null as string) as meta, cast(null as string) as body
from reject
"""
OF_SOURCE = """
select * from rejected where (:source = '' or source = :source) and received_at >= timestamp_micros(:since_us)
"""
NEWEST = "select * from rejected order by received_at desc, raw_id desc, part limit :most"
COUNTS = """
select source, reason, times as count, last_seen
from (
  select source, reason, count(*) as times, max(received_at) as last_seen from rejected group by source, reason
) told
order by source, times desc, reason
"""


def rejected(project: Project, at: At, since: When, *, source: str = "", limit: int = 50) -> pa.Table:
    """What was rejected, the newest first.

    Args:
        project: whose records.
        at: `decode` is what was stored but cannot be decoded, `door` what was turned away and never stored.
        since: beginning of the stretch, which ends now.
        source: one source; empty is all.
        limit: rows at most.

    Returns:
        received_at, source, reason, detail (what was seen; station addresses masked); of a record raw_id and part,
        of a request sender, status (of the answer), meta (headers as JSON) and body (its first 512 bytes, addresses
        masked); null where there is no such thing.

    Raises:
        ConfigError: nothing is there of that source, and no such source is listed.
    """
    return _chosen(project, at, since, source, NEWEST, most=limit)


def rejected_counts(project: Project, at: At, since: When, *, source: str = "") -> pa.Table:
    """How much was rejected: source, reason, count, last_seen; arguments and errors as for `rejected`."""
    return _chosen(project, at, since, source, COUNTS)


def _chosen(project: Project, at: At, since: When, source: str, text: str, **values: int) -> pa.Table:
    def answer(view: View) -> pa.Table:
        span = project.span(since, None)
        kept = project.engine.run(OF_SOURCE, {"rejected": _all(view, at, span)}, source=source, since_us=span.since_us)
        return project.engine.run(text, {"rejected": kept}, **values).arrow()

    rows = answered(project, answer)
    if source and not rows.num_rows:
        source_named(source)  # what is not listed any more may still have rows
    return rows


def _all(view: View, at: At, span: Span) -> Relation:
    engine = view.project.engine
    if at == "decode":
        return engine.run(AT_DECODE, {"reject": view.table("reject", span)})
    refused = [_of_request(row) for row in refused_rows(view.project.store, KEPT, until_us=view.project.came_until_us)]
    return engine.from_arrow(pa.Table.from_pylist(refused, REJECTED))


def _of_request(row: RefusedRow) -> dict[str, object]:
    return row._asdict() | {"body": masked(row.body.decode("utf-8", "replace"))}
