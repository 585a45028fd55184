"""What arrived before anything was decoded: records, bytes and repeats per day and source."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.contract import Raw
from telltale.lake.catalog import RAW_TABLE
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question, ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When, local_day

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class _Day:
    records: int = 0
    size: int = 0
    copies: Counter[bytes] = field(default_factory=Counter)


def arrived(
    since: When = "7d", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Raw records by local day and source: day, source, records, bytes, repeated.

    A record is repeated when the same sightings arrived before on that day: a sender that did not hear our answer tries
    again, and decoding counts its rows once. Records that say nothing but "I am here" are alike and not repeats. Bodies
    that retention removed are not in the figures.

    Args:
        since: beginning of the stretch, by the moment of receipt.
        until: its end, exclusive; None is now.
        source: one source; None is all.
        project: another project than the one found from here.
    """
    return tidy(arrived_table(project or here(), since, until, source=source))


def arrived_table(project: Project, since: When = "7d", until: When = None, *, source: str | None = None) -> pa.Table:
    """As `arrived`, without pandas."""
    return ask(partial(_counted, source=source), since, until, project=project)


def _counted(question: Question, *, source: str | None) -> pa.Table:
    days: dict[tuple[dt.date, str], _Day] = defaultdict(_Day)
    twice: dict[bytes, tuple[str, bytes]] = {}
    for name, received_us, body in _records(question, source):
        day = days[local_day(received_us, question.zone), name]
        # Sixteen bytes tell bodies apart; a day of a busy site would not fit whole.
        digest = blake2b(body, digest_size=16).digest()
        day.records, day.size = day.records + 1, day.size + len(body)
        day.copies[digest] += 1
        if day.copies[digest] == 2:
            twice[digest] = name, body
    telling = {digest for digest, (name, body) in twice.items() if _says(question.project, name, body)}
    rows = [
        {
            "day": date,
            "source": name,
            "records": day.records,
            "bytes": day.size,
            "repeated": sum(day.copies[one] - 1 for one in telling & day.copies.keys()),
        }
        for (date, name), day in sorted(days.items())
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


OF_RECEIPT = ("node_heartbeat", "reject")
"""Tables whose rows come from the receipt itself: equal bytes received twice are two of them."""


def _says(project: Project, source: str, body: bytes) -> bool:
    """Whether a body holds anything that equal bytes would repeat."""
    decoded = project.decode(source, [Raw(0, source, project.now_us(), "", "{}", body)])
    return any(rows.num_rows for table, rows in decoded.items() if table not in OF_RECEIPT)


_SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("source", pa.string()),
        ("records", pa.int64()),
        ("bytes", pa.int64()),
        ("repeated", pa.int64()),
    ]
)


def _records(question: Question, source: str | None) -> Iterator[tuple[str, int, bytes]]:
    """Source, moment of receipt and body of each record of the stretch, a file at a time."""
    view, span = question.view, question.span
    for raw in view.snapshot.hot:
        if source in (None, raw.source) and span.since_us <= raw.received_at < span.until_us:
            yield raw.source, raw.received_at, raw.body
    for file in view.files(RAW_TABLE, span):
        if source not in (None, file.source):
            continue
        table = question.project.lake.root.read(file.path, ["received_at", "body"])
        received = table.column("received_at").cast(pa.int64()).to_pylist()
        for moment, body in zip(received, table.column("body").to_pylist(), strict=True):
            if span.since_us <= moment < span.until_us:
                yield file.source, moment, body
