"""`tt.sources`, and what has arrived: how the access points report, and what was set aside."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from telltale.lake import Snapshot
from telltale.lake.catalog import RAW_TABLE
from telltale.settings import Settings
from telltale.sources import BY_NAME, SOURCES
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

HEALTH = """
with step as (
  select site, node_id, observed_at, clock_offset_s,
    unix_micros(observed_at) - lag(unix_micros(observed_at)) over (partition by site, node_id order by observed_at)
      as interval_us,
    row_number() over (partition by site, node_id order by observed_at desc) as age
  from node_heartbeat
)
select site, node_id, max(observed_at) as last_seen, count(*) as reports,
  percentile(interval_us, 0.5e0) / 1e6 as interval_s, max(interval_us) / 1e6 as longest_gap_s,
  (:now_us - unix_micros(max(observed_at))) / 1e6 as silent_s,
  percentile(case when age <= 20 then clock_offset_s end, 0.5e0) as clock_offset_s
from step group by site, node_id order by site, node_id
"""
"""Clock offset: median of the last 20 reports. Source: wire/presence.md R8."""

REJECTS = """
select source, reason, count(*) as rejects, max(received_at) as last_seen
from reject group by source, reason order by source, rejects desc, reason
"""


def sources(*, project: Project | None = None) -> "pd.DataFrame":
    """The sources this telltale knows: name, title, transport, paths, decoder, records kept, hot ones, newest."""
    return tidy(sources_table(project or here()))


def sources_table(project: Project) -> pa.Table:
    """As `sources`, without pandas; after those listed, those that records are kept of but nobody lists any more."""
    kept = _kept(project.view().snapshot)
    rows = [
        {
            "source": source.name,
            "title": source.title,
            "transport": source.wire,
            "paths": " ".join(dict.fromkeys(route.path for route in source.routes)),
            "decoder": source.decoder_version,
        }
        for source in SOURCES
    ]
    unlisted = {"title": "not listed any more", "transport": "", "paths": "", "decoder": 0}
    rows += [{"source": name, **unlisted} for name in sorted(kept.keys() - BY_NAME.keys())]
    nothing = _Kept(0, 0, None)
    return pa.Table.from_pylist([row | kept.get(str(row["source"]), nothing)._asdict() for row in rows], SOURCES_SCHEMA)


class _Kept(NamedTuple):
    """How much is kept of a source, and when its newest record came."""

    records: int
    hot: int
    newest: int | None


def _kept(snapshot: Snapshot) -> dict[str, _Kept]:
    """Of each source that has records; one pass, for there are files of years."""
    rows, hot, newest = Counter[str](), Counter[str](), dict[str, int]()
    for file in snapshot.of(RAW_TABLE):
        source = file.source
        rows[source] += file.rows
        newest[source] = max(newest.get(source, file.max_time), file.max_time)
    for raw in snapshot.hot:
        hot[raw.source] += 1
        newest[raw.source] = max(newest.get(raw.source, raw.received_at), raw.received_at)
    return {source: _Kept(rows[source] + hot[source], hot[source], newest[source]) for source in newest}


def how_to_begin(settings: Settings, table_name: str) -> str:
    """How to send a first record that gives rows of a table, as each source says it: a sentence without its end."""
    host = f"[{settings.coap.host}]" if ":" in settings.coap.host else settings.coap.host
    addresses = {
        "http": settings.webhooks.url,
        "coap": f"coap://{host}:{settings.coap.port}/{settings.coap.prefix}".rstrip("/"),
    }
    ways = [
        source.first_record.format_map(addresses)
        for source in SOURCES
        if table_name in source.tables and source.first_record
    ]
    text = ", or ".join(ways)
    return text[:1].upper() + text[1:]


def health_table(project: Project, since: When, until: When) -> pa.Table:
    """How each node reports: last_seen, reports, usual interval, longest gap, silence until now, clock offset."""
    span = project.span(since, until)

    def ask(view: View) -> pa.Table:
        rows = {"node_heartbeat": view.table("node_heartbeat", span)}
        return project.engine.run(HEALTH, rows, now_us=view.now_us).arrow()

    return answered(project, ask)


def rejects_table(project: Project, since: When, until: When) -> pa.Table:
    """Rejects by source and reason, the most frequent first."""
    span = project.span(since, until)
    return answered(project, lambda view: project.engine.run(REJECTS, {"reject": view.table("reject", span)}).arrow())


SOURCES_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("title", pa.string()),
        ("transport", pa.string()),
        ("paths", pa.string()),
        ("decoder", pa.int64()),
        ("records", pa.int64()),
        ("hot", pa.int64()),
        ("newest", pa.timestamp("us", tz="UTC")),
    ]
)
