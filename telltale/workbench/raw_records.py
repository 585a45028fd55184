"""The raw records of one source as they arrived, settled or hot."""

from collections.abc import Iterator

from telltale.arrow import arrow_to_raws
from telltale.contract import Raw
from telltale.lake.catalog import RAW_TABLE, File
from telltale.workbench.project import Project
from telltale.workbench.times import Span


def records(project: Project, source: str, span: Span) -> Iterator[Raw]:
    """The records that arrived in a stretch of time, in the order of their files, the hot ones last.

    Args:
        project: whose store and lake.
        source: its name.
        span: of the moment of receipt.
    """
    snapshot = project.view().snapshot
    files = [file for file in snapshot.of(RAW_TABLE) if file.source == source and _touches(file, span)]
    for file in sorted(files, key=lambda file: (file.day, file.first_raw_id)):
        yield from (raw for raw in arrow_to_raws(project.lake.root.read(file.path)) if _within(raw, span))
    yield from (raw for raw in snapshot.hot if raw.source == source and _within(raw, span))


def _touches(file: File, span: Span) -> bool:
    return file.min_time < span.until_us and file.max_time >= span.since_us


def _within(raw: Raw, span: Span) -> bool:
    return span.since_us <= raw.received_at < span.until_us
