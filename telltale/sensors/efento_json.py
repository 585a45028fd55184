"""Efento records as an earlier ThingWorx server told them, for what passes them on."""

from collections.abc import Iterator
from typing import Any

from telltale.contract import DecodeError, Raw
from telltale.sources.efento.thingworx import thingworx
from telltale.workbench.project import Project
from telltale.workbench.raw_records import records
from telltale.workbench.times import Span

SOURCE = "efento"


def efento_json(project: Project, span: Span) -> Iterator[tuple[Raw, dict[str, Any]]]:
    """The records that arrived in a stretch of time, each with what that server would have said of it.

    Those it did not know, and those that cannot be decoded (they are in the rejects), are left out.
    """
    for raw in records(project, SOURCE, span):
        try:
            told = thingworx(raw)
        except DecodeError:
            continue
        if told is not None:
            yield raw, told
