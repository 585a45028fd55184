"""The raw records of one source as they arrived, settled or hot."""

from collections.abc import Iterator

from telltale.arrow import arrow_to_raws
from telltale.contract import Raw
from telltale.lake.catalog import RAW_TABLE
from telltale.lake.lake import read
from telltale.workbench.project import Project
from telltale.workbench.times import Span


def records(project: Project, source: str, span: Span) -> Iterator[Raw]:
    """The records that arrived in a stretch of time, in the order of their files, the hot ones last.

    Args:
        project: whose store and lake.
        source: its name.
        span: of the moment of receipt.
    """
    view = project.view()
    files = [file for file in view.files(RAW_TABLE, span) if file.source == source]
    for file in sorted(files, key=lambda file: (file.day, file.first_raw_id)):
        yield from (raw for raw in arrow_to_raws(read(project.lake, file)) if _within(raw, span))
    yield from (raw for raw in view.snapshot.hot if raw.source == source and _within(raw, span))


def _within(raw: Raw, span: Span) -> bool:
    return span.since_us <= raw.received_at < span.until_us
