"""`tt.kanban.capture_summary` and `.capture_gaps`: how much of a stretch somebody listened, and when nobody did."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import TIMESTAMP
from telltale.kanban.analysis.coverage import Coverage, coverage, patience
from telltale.kanban.press_tables import capture_coverage_table, records_count
from telltale.kanban.question import history, table
from telltale.workbench.question import Question
from telltale.workbench.times import local_time

SUMMARY = pa.schema(
    [
        ("start", TIMESTAMP),
        ("end", TIMESTAMP),
        ("is_whole", pa.bool_()),
        ("lasted_s", pa.float64()),
        ("covered_s", pa.float64()),
        ("missing_s", pa.float64()),
        ("share", pa.float64()),
        ("gaps", pa.int64()),
        ("silent_since", TIMESTAMP),
        ("frames", pa.int64()),
        ("unlisted", pa.int64()),
        ("drops", pa.int64()),
        ("records", pa.int64()),
    ]
)
GAPS = pa.schema([("start", TIMESTAMP), ("end", TIMESTAMP), ("lasted_s", pa.float64()), ("is_open", pa.bool_())])


def began(question: Question) -> dt.datetime | None:
    """When the first capture ever began to listen, by the clock of the question; None before that."""
    starts = history(question).coverage["start"].cast(pa.int64())
    return local_time(pc.min(starts).as_py(), question.zone) if len(starts) else None


def patience_of(question: Question) -> dt.timedelta:
    """How late a heartbeat may be before nobody listens: by the capture that listened last."""
    return patience(history(question).coverage.to_pylist(), interval_s=question.settings.arp.heartbeat_s)


def coverage_of(question: Question) -> Coverage | None:
    """How much of a stretch a capture listened, or of the time since the first one ever; None without one."""
    since, until = (local_time(moment, question.zone) for moment in question.span)
    rows = capture_coverage_table(question).to_pylist()
    return coverage(rows, since=since, until=until, began=began(question), patience=patience_of(question))


def capture_summary_table(question: Question) -> pa.Table:
    """The columns of `tt.kanban.capture_summary`."""
    found = coverage_of(question)
    row: dict[str, Any] = {"records": records_count(question)}
    if found is not None:
        names = ("start", "end", "is_whole", "lasted_s", "covered_s", "missing_s", "share", "silent_since")
        row |= {name: getattr(found, name) for name in (*names, "frames", "unlisted", "drops")}
        row["gaps"] = len(found.gaps)
    return table([row], SUMMARY)


def capture_gaps_table(question: Question) -> pa.Table:
    """The columns of `tt.kanban.capture_gaps`."""
    found = coverage_of(question)
    gaps = [] if found is None else found.gaps
    return table(
        [
            {
                "start": start,
                "end": end,
                "lasted_s": (end - start).total_seconds(),
                "is_open": found is not None and start == found.silent_since,
            }
            for start, end in gaps
        ],
        GAPS,
    )
