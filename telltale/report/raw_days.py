"""The raw records of a source and day as one digest, and the digests of days that were read before."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from telltale import private
from telltale.arrow import RAW_SCHEMA
from telltale.sources import SOURCES

FILE = ".raw-days.json"
MOST = 5_000
"""Days remembered: the newest."""


class RawDay(NamedTuple):
    """The raw records of one source that were received on one UTC day, up to the moment of the report.

    Of a source with people it says neither how many nor which: how often a PC reports tells of its person's day.
    """

    source: str
    day: str
    records: int | None
    first_id: int | None
    last_id: int | None
    digest: str
    """SHA-256 of the digests of the columns."""


class Known:
    """The digests of days whose files were read before; a file's name says what it holds.

    Args:
        folder: of reports, where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.days: dict[str, RawDay] = {}
        with suppress(OSError, ValueError, TypeError):  # it only saves work
            self.days = {key: RawDay(*day) for key, day in json.loads(self._path.read_text(encoding="utf-8")).items()}
        self._read = dict(self.days)

    def keep(self) -> None:
        """Keep what is new."""
        if self.days == self._read:
            return
        newest = dict(list(self.days.items())[-MOST:])
        private.folder(self._path.parent)
        draft = self._path.with_name(f"{FILE}.{os.getpid()}")
        with suppress(OSError):
            draft.write_text(json.dumps(newest), encoding="utf-8")
            draft.replace(self._path)


def key_of(paths: Sequence[str]) -> str:
    """What a day's files are known by."""
    return hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()[:32]


def raw_day(source: str, day: dt.date, parts: Sequence[pa.Table]) -> RawDay:
    """What a recipe says of a day's records.

    Args:
        source: of all of them.
        day: the UTC day they were received on.
        parts: raw records, in any order.
    """
    rows = pa.concat_tables([part.select(RAW_SCHEMA.names) for part in parts]).sort_by("id")
    made = digest_of_columns(column_digests(rows))
    if is_personal(source):
        return RawDay(source, day.isoformat(), None, None, None, made)
    ids = rows["id"].to_numpy()
    return RawDay(source, day.isoformat(), rows.num_rows, int(ids[0]), int(ids[-1]), made)


def is_personal(source: str) -> bool:
    """Whether a source's bodies tell of people; so may those of a source nobody lists any more."""
    return next((each.personal for each in SOURCES if each.name == source), True)


def digest_of_columns(digests: Mapping[str, str]) -> str:
    """The digest of a day from those of its columns."""
    return hashlib.sha256("".join(digests[name] for name in RAW_SCHEMA.names).encode()).hexdigest()


def column_digests(rows: pa.Table) -> dict[str, str]:
    """SHA-256 of each column of raw records in the order of their ids.

    Numbers and moments (µs UTC) as 8 bytes each; of texts and bytes first all lengths so, then all of them, joined;
    little-endian.
    """
    return {name: hashlib.sha256(b"".join(_bytes(rows[name]))).hexdigest() for name in RAW_SCHEMA.names}


def _bytes(column: pa.ChunkedArray) -> Iterator[bytes]:
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        values = column.cast(pa.binary()).to_pylist()
        yield np.fromiter(map(len, values), "<i8", len(values)).tobytes()
        yield b"".join(values)
    else:
        yield column.cast(pa.int64()).to_numpy().astype("<i8").tobytes()
