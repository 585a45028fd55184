"""All that is kept of a device, an address or a person, as one file for whoever asks about themselves.

Of a record that names others too the bytes are left out: they are not the asker's. What it says of the asker stands
among the rows.
"""

import hashlib
import json
import os
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from telltale import private
from telltale.arrow import arrow_to_raws, raws_to_arrow
from telltale.contract import ConfigError, Raw
from telltale.forget.files import in_secrets, names_it, waiting_in_spools
from telltale.forget.plain import plain_files_that_name_it
from telltale.forget.records import Judge
from telltale.forget.rows import of_subject
from telltale.forget.run import keyless
from telltale.forget.subject import Subject
from telltale.forget.task import Task
from telltale.lake.forgetting import sources_with_records
from telltale.lake.lake import read
from telltale.landing.refused import BODY_BYTES
from telltale.landing.schema import ALERT_EPISODE, EXPORTED, MEMORY, MESSAGE, OUTBOX, REFUSED, REPORT_RUN
from telltale.publish import exported
from telltale.settings import DEVICES_FILE
from telltale.settings.unlisting import names_one, numbers_of
from telltale.tables import TABLES
from telltale.workbench.project import Project
from telltale.workbench.tidy import shown
from telltale.workbench.times import DAY, local_time

OF_STORE: Mapping[str, sa.Table] = {
    "refused": REFUSED,
    "memories": MEMORY,
    "passed_on": OUTBOX,
    "alerts": ALERT_EPISODE,
    "messages": MESSAGE,
    "reports": REPORT_RUN,
}
"""Tables of the store whose rows may name somebody."""
LEFT_OUT = ("body", "html", "claims", "changed", "sentence", "failure", "meta", "detail")
"""Columns of theirs that may tell of others too."""


class Told(NamedTuple):
    """What was written."""

    path: Path
    records: int
    shared: int
    """Records that name others too, of which only size, time and SHA-256 are given."""
    rows: dict[str, int]
    """Decoded rows by table."""


def about(project: Project, subject: Subject, path: Path, *, now_us: int) -> Told:
    """Write all that is kept of a subject, readable by its owner alone (mode 600), and list it among the exports.

    Args:
        project: whose records.
        subject: of whom.
        path: of the file, JSON; it appears whole.
        now_us: the present.

    Raises:
        ConfigError: the file is there already, or cannot be written.
    """
    if path.exists():
        raise ConfigError(f"about: {path} is there already; name another file or remove it")
    task = Task(project, subject, now_us=now_us, is_trial=True)
    own, shared = _records(task)
    rows = {name: found for name in TABLES if (found := _rows(task, name))}
    zone = project.zone()
    content = {
        "about": subject.person or subject.devices[0],
        "devices": subject.devices,
        "made_at": local_time(now_us, zone).isoformat(),
        "records": own,
        "records_that_name_others_too": shared,
        "rows": rows,
        **{name: found for name, table in OF_STORE.items() if (found := _stored(task, table))},
        "listed": _listed(task),
        "files": [str(each) for each in _files(task)],
        "kept_without_a_key": keyless(task),
    }
    kept_us = project.settings.site.visit_retention_d * DAY
    noted = exported.Exported(str(path.absolute()), "about", len(own) + len(shared), now_us, now_us + kept_us)
    try:
        _write(path, json.dumps(content, indent=1, ensure_ascii=False, default=str).encode(), project, noted)
    except OSError as error:
        raise ConfigError(f"about: {path} cannot be written: {error.strerror}; name another file") from error
    return Told(path, len(own), len(shared), {name: len(found) for name, found in rows.items()})


def _records(task: Task) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Those that name it alone, and those that name others too; what waits in a spool among them."""
    own: list[dict[str, Any]] = []
    shared: list[dict[str, Any]] = []

    def judge(source: str, tables: Iterable[pa.Table], **where: str) -> None:
        judged = Judge(task, source)
        for records in tables:
            verdicts = judged(records)
            chosen = records.filter(pa.array([one in verdicts for one in records["id"].to_pylist()]))
            for raw in arrow_to_raws(chosen) if chosen.num_rows else ():
                whole = verdicts[raw.id] is None
                (own if whole else shared).append(_told(task, raw, whole=whole) | where)

    for source in sources_with_records(task.project.lake):
        judge(source, _raw_tables(task, source))
    for path, waiting in waiting_in_spools(task):
        for source in sorted({raw.source for raw in waiting}):
            judge(source, [raws_to_arrow([raw for raw in waiting if raw.source == source])], waits_in=path.name)
    return own, shared


def _raw_tables(task: Task, source: str) -> Iterator[pa.Table]:
    snapshot = task.project.lake.snapshot()
    if hot := [raw for raw in snapshot.hot if raw.source == source]:
        yield raws_to_arrow(hot)
    yield from (read(task.project.lake, file) for file in snapshot.of("raw") if file.source == source)


def _told(task: Task, raw: Raw, *, whole: bool) -> dict[str, Any]:
    received = local_time(raw.received_at, task.project.zone()).isoformat()
    told = {"id": raw.id, "source": raw.source, "received_at": received, "bytes": len(raw.body)}
    if not whole:
        return {**told, "sha256": hashlib.sha256(raw.body).hexdigest()}
    try:
        return {**told, "sender": raw.sender, "meta": json.loads(raw.meta), "body": raw.body.decode("utf-8")}
    except UnicodeDecodeError:
        return {**told, "sender": raw.sender, "meta": json.loads(raw.meta), "base64": b64encode(raw.body).decode()}


def _rows(task: Task, table_name: str) -> list[dict[str, Any]]:
    lake, found = task.project.lake, []
    view = task.project.view()
    tables = [read(lake, file) for file in view.snapshot.of(table_name)]
    tables += [view.hot[table_name]] if table_name in view.hot else []
    for rows in tables:
        chosen = rows.filter(pa.array(of_subject(task, rows, table_name)))
        found += shown(chosen).to_pylist()
    return found


def _stored(task: Task, table: sa.Table) -> list[dict[str, Any]]:
    """The rows of a table of the store that name it, without what may tell of others."""
    with task.project.store.reader() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    left_out = (*LEFT_OUT, "subject") if table is MESSAGE else LEFT_OUT
    found = [row for row in rows if _names_it(task, row)]
    return [{name: value for name, value in row.items() if name not in left_out} for row in found]


def _names_it(task: Task, row: Mapping[str, Any]) -> bool:
    """Whether a row does; of a body that was cut at its end a part of an address is enough."""
    bodies = [value for value in row.values() if isinstance(value, bytes)]
    if any(task.texts.found_in(body) for body in bodies):
        return True
    if any(len(body) >= BODY_BYTES and task.ids.cut_overwritten(body) != body for body in bodies):
        return True
    return task.texts.found_in_text("\n".join(str(value) for value in row.values() if not isinstance(value, bytes)))


def _listed(task: Task) -> list[str]:
    """Where the lists name it."""
    settings, is_meant = task.project.settings, names_one(task.subject.devices, task.subject.person)
    found = []
    for name in dict.fromkeys((DEVICES_FILE, settings.arp.allow_list)):
        path = settings.root / name
        if path.is_file():
            found += [f"{name} line {number}" for number in numbers_of(path.read_bytes(), is_meant)]
    return found + in_secrets(task)


def _files(task: Task) -> Iterator[Path]:
    """Reports, logs, captures and exports that name it."""
    folder = task.project.settings.report_folder
    with task.project.store.reader() as connection:
        exports = [Path(text) for text in connection.scalars(sa.select(EXPORTED.c.path))]
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and names_it(task, path))
    yield from plain_files_that_name_it(task)
    yield from (path for path in exports if path.is_file() and names_it(task, path))


def _write(path: Path, content: bytes, project: Project, noted: exported.Exported) -> None:
    private.folder(path.absolute().parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)  # mode 600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        exported.note(project.store, noted)  # before it appears: no such file is ever unknown
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
