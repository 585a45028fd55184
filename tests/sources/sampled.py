"""The samples below tests/samples, and what a batch says when addresses stay readable."""

import datetime as dt
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from telltale.address import spelled
from telltale.arrow import Tables
from telltale.contract import Raw, Request, Secrets, SourceSettings
from telltale.pipeline.batch import decoder
from telltale.privacy import Pseudonyms
from telltale.tables import ORIGIN, TABLES

FOLDER = Path(__file__).parents[1] / "samples"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Sample(NamedTuple):
    """Bytes from a wire, and what they must become."""

    source: str
    name: str
    body: bytes
    received_at: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    settings: SourceSettings
    reply: int | None
    refused: tuple[int, str] | None
    tables: dict[str, list[dict[str, Any]]]

    @property
    def raw(self) -> Raw:
        meta = {"path": self.path, "query": self.query} if self.query else {"path": self.path}
        return Raw(7, self.source, self.received_at, "192.0.2.1", json.dumps(meta), self.body)

    @property
    def request(self) -> Request:
        sender = "192.0.2.1"
        return Request(
            self.source, self.received_at, sender, "http", self.method, self.path, self.headers, self.query, self.body
        )


@cache
def samples() -> tuple[Sample, ...]:
    return tuple(_sample(path) for path in sorted(FOLDER.glob("*/*.json")))


def _sample(path: Path) -> Sample:
    told = json.loads(path.read_text(encoding="utf-8"))
    refused = told.get("refused")
    return Sample(
        path.parent.name,
        path.stem,
        path.with_suffix(".body").read_bytes(),
        micros(told["received_at"]),
        told.get("method", "POST"),
        told.get("path", f"/{path.parent.name}"),
        told.get("query", ""),
        told["headers"],
        SourceSettings(told["options"], Secrets(told["secrets"])),
        told.get("reply"),
        refused and (refused["status"], refused["reason"]),
        told["tables"],
    )


def micros(text: str) -> int:
    return (dt.datetime.fromisoformat(text) - EPOCH) // dt.timedelta(microseconds=1)


class ClearStations:
    """Leaves addresses as they are, so that a test can read them."""

    def apply(self, _sites: pa.StringArray, addresses: NDArray[np.int64], _times: NDArray[np.int64]) -> Pseudonyms:
        none = np.zeros(len(addresses), np.bool_)
        return Pseudonyms(addresses, none, none, none, none, none)


def decoded(source: str, raws: Sequence[Raw], settings: SourceSettings | None = None) -> Tables:
    return decoder(ClearStations(), lambda _: settings.options if settings else {})(source, raws)


def readable(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """The rows as samples spell them: no origin, addresses with colons, times as text."""
    return {name: [_row(name, row) for row in rows.to_pylist()] for name, rows in tables.items()}


def _row(table: str, row: dict[str, Any]) -> dict[str, Any]:
    columns = [column for column in TABLES[table].columns if column not in ORIGIN]
    return {
        column.name: spelled(row[column.name]) if column.station else _plain(row[column.name]) for column in columns
    }


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, dt.datetime) else value
