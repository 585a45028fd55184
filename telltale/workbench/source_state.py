"""`tt.sources`, and what has arrived: how the access points report, and what was set aside."""

from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.lake import Snapshot
from telltale.lake.catalog import RAW_TABLE
from telltale.settings import Settings
from telltale.sources import BY_NAME, SOURCES
from telltale.workbench.project import Project, here
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
    snapshot = project.view().snapshot
    kept = {file.source for file in snapshot.of(RAW_TABLE)} | {raw.source for raw in snapshot.hot}
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
    rows += [{"source": name, **unlisted} for name in sorted(kept - BY_NAME.keys())]
    return pa.Table.from_pylist([row | _stored(snapshot, str(row["source"])) for row in rows], SOURCES_SCHEMA)


def _stored(snapshot: Snapshot, source: str) -> dict[str, int | None]:
    """How much is kept of a source, and when its newest record came."""
    files = [file for file in snapshot.of(RAW_TABLE) if file.source == source]
    hot = [raw.received_at for raw in snapshot.hot if raw.source == source]
    newest = max([file.max_time for file in files] + hot, default=None)
    return {"records": sum(file.rows for file in files) + len(hot), "hot": len(hot), "newest": newest}


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
