"""Which rows of a table are of the device that is forgotten, and taking them out of decoded and derived files."""

from functools import partial
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.forget.task import Task
from telltale.lake import File
from telltale.lake.day_rows import drop_days_that
from telltale.lake.lake import read
from telltale.lake.superseded import Superseded, remove_superseded, superseded
from telltale.operate.retention.removing import trim
from telltale.tables import NODE_HEARTBEAT, TABLES

NEVER_OF_A_DEVICE = frozenset(("source", "site", "node_id", "nodes", "station", "quantity", "channel", "unit", "flags"))
"""Columns that say where or what, and not of whom; of a node's heartbeat the node is the device."""
OF_AN_ID = frozenset(("device_id", "node_id"))
"""Columns of one id and nothing else: whose a row is, what stands in them says alone."""


def of_subject(task: Task, rows: pa.Table, table_name: str = "") -> np.ndarray:
    """A mask of the rows that are of the subject, or name it."""
    mask = np.zeros(rows.num_rows, np.bool_)
    for field in rows.schema:
        if field.name == "device" and pa.types.is_int64(field.type):
            mask |= np.isin(rows["device"].to_numpy(), np.array(task.pseudonyms, np.int64))
        elif field.name in OF_AN_ID and _may_name(field, table_name):
            mask |= _are_of(task, rows[field.name])
        elif _may_name(field, table_name):
            mask |= _named(task, rows[field.name])
    return mask


def forget_rows(task: Task) -> None:
    """Take its rows out of every decoded and derived table, kept days and what a decode replaced."""
    lake = task.project.lake
    for name in TABLES:
        columns = _columns(name)
        if not columns:
            continue
        if task.is_trial:
            files = lake.snapshot().of(name)
            count = sum(int(of_subject(task, read(lake, file, columns), name).sum()) for file in files)
        else:
            count = trim(lake, name, partial(_holds, task, columns), partial(_staying, task, name), now_us=task.now_us)
        task.tell(f"lake {name}", "rows", count)
    _superseded(task)
    days = drop_days_that(lake.store, lambda rows: bool(of_subject(task, rows).any()), is_trial=task.is_trial)
    task.tell("store day_rows", "kept days", days)


def _columns(table_name: str) -> list[str]:
    """The columns of a table that may say of whom a row is."""
    table = TABLES[table_name]
    of_people = [column.name for column in table.columns if column.name == "device"]
    types = {column.name: column.type for column in table.columns}
    texts = [name for name, kind in types.items() if kind == "string" and _is_meant(name, table_name)]
    return of_people + texts


def _is_meant(name: str, table_name: str) -> bool:
    return name not in NEVER_OF_A_DEVICE or (name == "node_id" and table_name == NODE_HEARTBEAT.name)


def _may_name(field: pa.Field, table_name: str) -> bool:
    return pa.types.is_string(field.type) and _is_meant(field.name, table_name)


def _are_of(task: Task, column: pa.ChunkedArray) -> np.ndarray:
    """Where a column's id is one of its devices; a device that tells its name in another case is no other."""
    own = pa.array(sorted({normalize("NFC", each).lower() for each in task.subject.devices}), pa.string())
    found: np.ndarray = pc.is_in(pc.utf8_lower(pc.utf8_normalize(column, "NFC")), own).to_numpy()
    return found


def _named(task: Task, column: pa.ChunkedArray) -> np.ndarray:
    """Where a column's text names it; each distinct text is looked at once, and most all at once."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    hits = np.zeros(len(texts) + 1, np.bool_)  # the last is of no text
    if task.ids.may_be_in("\0".join(texts).encode(errors="surrogatepass")):
        hits[:-1] = [task.ids.found_in(text.encode(errors="surrogatepass")) for text in texts]
    codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    found: np.ndarray = hits[codes]
    return found


def _staying(task: Task, table_name: str, rows: pa.Table) -> pa.Array:
    return pa.array(~of_subject(task, rows, table_name))


def _holds(task: Task, columns: list[str], file: File) -> bool:
    return bool(of_subject(task, read(task.project.lake, file, columns), file.table_name).any())


def _superseded(task: Task) -> None:
    """Files that a decode replaced go whole where they hold a row of it."""
    lake = task.project.lake

    def is_due(file: Superseded) -> bool:
        return lake.root.exists(file.path) and bool(of_subject(task, lake.root.read(file.path), file.table_name).any())

    if task.is_trial:
        count = sum(map(is_due, superseded(lake.store)))
    else:
        count = remove_superseded(lake, is_due, now_us=task.now_us)
    task.tell("lake superseded", "files", count)
