"""What a worker does: decode some raw files into rows, and write the files of a table and day from rows of all.

Between the two Spark brings together what belongs to one table and day. Rows go about as Arrow streams, one a line, so
that Spark copies bytes and looks into none; they hold pseudonyms, never addresses. Nothing is listed here.

A line is (kind, table_name, day, payload): `rows` an Arrow stream of a table and day; `old` which files hold rows of
that table and day already; `file` what was written; the other kinds are told to the one who asked, as JSON.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from telltale.arrow import arrow_to_raws, by_day, utc_day
from telltale.lake.files import Root, encode
from telltale.lake.rows import Draft, day_draft, key_refused, path_of
from telltale.tables import TABLES
from telltale.workers.given import Given, decoder_given

LINES = pa.schema([("kind", pa.string()), ("table_name", pa.string()), ("day", pa.int32()), ("payload", pa.binary())])
DDL = "kind string, table_name string, day int, payload binary"
"""The same, as Spark writes it."""
BATCH_ROWS = 20_000
BATCH_BYTES = 64 << 20
UNREADABLE = (OSError, pa.ArrowException, ValueError)
"""What reading a damaged file raises."""
_EPOCH = date(1970, 1, 1).toordinal()
Line = dict[str, Any]


def number_of(day: date) -> int:
    """The days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def line(kind: str, payload: object, table_name: str = "", day: int = 0) -> Line:
    """One line; a payload that is no bytes goes as JSON."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return {"kind": kind, "table_name": table_name, "day": day, "payload": content}


def reached(batches: Iterator[pa.RecordBatch], given: Given) -> Iterator[pa.RecordBatch]:
    """Whether the folder of the lake is here, to be written to: one line a part, `seen`, and why not."""
    for _ in batches:
        try:
            Root(given["folder"]).content(given["probe"])
            said = "" if os.access(given["folder"], os.W_OK) else "they may not write there"
        except OSError as error:
            said = type(error).__name__
        yield _batch([line("seen", said)])


def decoded(batches: Iterator[pa.RecordBatch], given: Given) -> Iterator[pa.RecordBatch]:
    """The rows of raw files; each line that comes in lists some of them."""
    root = Root(given["folder"])
    decode, keys = decoder_given(given)
    purged = {name: frozenset(days) for name, days in given["purged"].items()}
    for listed in _lines(batches):
        for file in json.loads(listed["payload"]):
            content = _content(root, file)
            if content is None:
                yield _batch([line("damaged", file["path"])])
                continue
            records, counts = 0, dict[str, int]()
            for piece in _pieces(pq.ParquetFile(pa.BufferReader(content)).read()):
                tables = decode(given["source"], arrow_to_raws(piece))
                records += piece.num_rows
                if refused := key_refused(tables):
                    yield _batch([line("refused", {"day": file["day"], "records": len(refused)})])
                made = []
                for name, rows in tables.items():
                    for day, part in by_day(TABLES[name], rows):
                        if number_of(day) not in purged[name]:  # what retention removed does not come back
                            made.append(line("rows", _stream(part), name, number_of(day)))
                            counts[name] = counts.get(name, 0) + part.num_rows
                yield from (_batch([each]) for each in made)
            yield _batch([line("count", {"day": file["day"], "records": records, "rows": counts})])
    if keys.wanted:
        yield _batch([line("wants", [(site, *period) for site, period in sorted(keys.wanted)])])


def written(batches: Iterator[pa.RecordBatch], given: Given) -> Iterator[pa.RecordBatch]:
    """The files made of the lines of each table and day, which come one after the other; other lines go through."""
    root = Root(given["folder"])
    for (table_name, day), of_day in groupby(_lines(batches), key=lambda each: (each["table_name"], each["day"])):
        if not table_name:
            yield from (_batch([each]) for each in of_day)
            continue
        new, old, raw = list[pa.Table](), list[Mapping[str, Any]](), list[Mapping[str, Any]]()
        for each in of_day:
            if each["kind"] == "rows":
                with pa.ipc.open_stream(each["payload"]) as stream:
                    new.append(stream.read_all())
            else:
                told = json.loads(each["payload"])
                old, raw = told["files"], told["raw"]
        yield _batch(_rebuilt(root, given, (table_name, day), new, _kept(root, old, raw)))


class _Kept(NamedTuple):
    """What a file holds beside the rows that are replaced; `rows` is None of one that cannot be read."""

    file: Mapping[str, Any]
    rows: pa.Table | None


def _kept(root: Root, old: Iterable[Mapping[str, Any]], raw: Sequence[Mapping[str, Any]]) -> Iterator[_Kept]:
    """The files that hold rows of these records."""
    ids_of: dict[str, Any] = {}
    for file in old:
        content = _content(root, file)
        if content is None:
            yield _Kept(file, None)
            continue
        near = [each["path"] for each in raw if each["first"] <= file["last"] and each["last"] >= file["first"]]
        for path in near:
            if path not in ids_of:
                try:
                    ids_of[path] = root.read(path, ["id"])["id"].to_numpy()
                except UNREADABLE:
                    yield _Kept({"path": path}, None)
                    return
        ids = np.concatenate([ids_of[path] for path in near]) if near else np.zeros(0, np.int64)
        rows = pq.ParquetFile(pa.BufferReader(content)).read()
        replaced = np.isin(rows["raw_id"].to_numpy(), ids)
        if replaced.any():
            yield _Kept(file, rows.filter(pa.array(~replaced)))


def _rebuilt(
    root: Root, given: Given, of: tuple[str, int], new: Sequence[pa.Table], old: Iterable[_Kept]
) -> list[Line]:
    """Write the file of a table and day, and tell of it and of those it replaces."""
    table_name, day = of
    parts = list(old)
    if damaged := [part.file["path"] for part in parts if part.rows is None]:
        return [line("damaged", path) for path in damaged]
    kept = [(part.file, part.rows) for part in parts if part.rows is not None]
    told: dict[str, Any] = {
        "replaced": [file["path"] for file, _ in kept],
        "kept": [_reach(rows, file) for file, rows in kept if rows.num_rows],
        "file": None,
    }
    # A file written before a column was added lacks it.
    tables = [*(rows for _, rows in kept), *new]
    if tables and (rows := pa.concat_tables(tables, promote_options="default")).num_rows:
        draft = day_draft(TABLES[table_name], given["source"], utc_day(day), rows, version=0)
        told["file"] = _write(root, draft, [file for file, _ in kept], at_us=given["at_us"])
    return [line("file", told)] if told["file"] or told["replaced"] else []


def _write(root: Root, draft: Draft, old: Sequence[Mapping[str, Any]], *, at_us: int) -> dict[str, Any]:
    content = encode(draft.rows, raw=False)
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(draft, digest)
    root.write({path: content}, lambda _step: None, at_us=at_us)
    return {
        "path": path,
        "table_name": draft.table_name,
        "day": number_of(draft.day),
        "rows": draft.rows.num_rows,
        "bytes": content.size,
        "sha256": digest,
        "first_raw_id": min([draft.first_raw_id, *(file["first"] for file in old)]),
        "last_raw_id": max([draft.last_raw_id, *(file["last"] for file in old)]),
        "min_time": draft.min_time,
        "max_time": draft.max_time,
        "is_unique": draft.is_unique,
        "is_frozen": any(file["is_frozen"] for file in old),
    }


def _reach(rows: pa.Table, file: Mapping[str, Any]) -> tuple[int, int, int]:
    ids = rows["raw_id"].to_numpy()
    return int(ids.min()), int(ids.max()), file["version"]


def _content(root: Root, file: Mapping[str, Any]) -> pa.Buffer | None:
    """The bytes of a listed file; None where they are not those that were written."""
    try:
        content = root.content(file["path"])
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == file["sha256"] else None


def _pieces(table: pa.Table) -> Iterator[pa.Table]:
    """Records in pieces that a decoder takes at once."""
    rows = max(1, min(BATCH_ROWS, table.num_rows * BATCH_BYTES // max(1, table.nbytes)))
    return (table.slice(start, rows) for start in range(0, table.num_rows, rows))


def _stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(rows)
    return bytes(memoryview(sink.getvalue()))


def _lines(batches: Iterable[pa.RecordBatch]) -> Iterator[Line]:
    for batch in batches:
        yield from batch.to_pylist()


def _batch(lines: Sequence[Line]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(lines), schema=LINES)
