"""What is left of a raw record: nothing where it names no other device, else its bytes without this one.

What a body names is asked of its decoder. A node's heartbeat is another device, too: a body that says that it was alive
stays, or a stretch without anybody would look like an outage. A body that cannot be decoded stays: whom else it names
is not known. The signature of a body that was written over no longer verifies; `meta.redacted` says so.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from telltale.arrow import arrow_to_raws
from telltale.contract import Raw
from telltale.forget.rows import of_subject
from telltale.forget.task import Task
from telltale.lake.forgetting import Left, Verdicts, forget_records, sources_with_records, would_forget
from telltale.lake.settle import settle_all
from telltale.tables import REJECT

REDACTED = "device"
"""How `meta.redacted` calls what was written over."""
_BATCH = 2_000


def forget_in_records(task: Task) -> None:
    """Take it out of every raw record; what is hot is settled first, so that its rows are in files."""
    lake = task.project.lake
    if not task.is_trial:
        settle_all(lake, now_us=task.now_us)
    for source in sources_with_records(lake):
        judge = Judge(task, source)
        if task.is_trial:
            done = would_forget(lake, source, judge)
        else:
            done = forget_records(lake, source, judge, now_us=task.now_us)
        task.tell(f"raw {source}", "records", done.removed, done.overwritten)
        for name, count in done.rows.items():
            task.tell(f"lake {name}", "rows", count)
        if judge.unreadable:
            task.notes.append(
                f"{judge.unreadable:,} records of {source} can no longer be decoded without it: the rows made of them "
                "stay, and go if their day is decoded again"
            )


class Judge:
    """Judges records of a source.

    Args:
        task: whose.
        source: of the records.
    """

    def __init__(self, task: Task, source: str) -> None:
        self._task = task
        self._source = source
        self.unreadable = 0
        """Records whose other rows are others once it is written over."""

    def __call__(self, records: pa.Table) -> Verdicts:
        """What is left of each record that names it."""
        hits = [raw for batch in records.to_batches(max_chunksize=_BATCH) for raw in self._hits(batch)]
        verdicts: dict[int, Left | None] = {}
        for start in range(0, len(hits), _BATCH):
            verdicts |= self._judged(hits[start : start + _BATCH])
        return verdicts

    def _hits(self, batch: pa.RecordBatch) -> list[Raw]:
        ids = self._task.ids
        texts = [b"\0".join(batch["body"].to_pylist()), "\0".join(batch["meta"].to_pylist()).encode()]
        if not any(map(ids.may_be_in, texts)):
            return []
        raws = arrow_to_raws(pa.Table.from_batches([batch]))
        return [raw for raw in raws if ids.found_in(raw.body) or ids.found_in(raw.meta.encode())]

    def _judged(self, hits: Sequence[Raw]) -> Mapping[int, Left | None]:
        theirs = self._rows_of_others(hits)
        left = {raw.id: left_of(self._task, raw) for raw in hits if raw.id not in theirs or theirs[raw.id]}
        kept = [raw._replace(**left[raw.id]._asdict()) for raw in hits if raw.id in left]
        after = self._rows_of_others(kept)
        self.unreadable += sum(after.get(raw.id, 0) < theirs.get(raw.id, 0) for raw in kept)
        return {raw.id: left.get(raw.id) for raw in hits}

    def _rows_of_others(self, raws: Sequence[Raw]) -> dict[int, int]:
        """Of each record that gives rows: how many are of others."""
        found: dict[int, int] = {}
        if not raws:
            return found
        for name, rows in self._task.project.lake.decode(self._source, list(raws)).items():
            if name == REJECT.name:
                continue
            ids, own = rows["raw_id"].to_numpy(), of_subject(self._task, rows, name)
            for raw_id in np.unique(ids).tolist():
                found[raw_id] = found.get(raw_id, 0) + int((~own[ids == raw_id]).sum())
        return found


def left_of(task: Task, raw: Raw) -> Left:
    """A record with each spelling written over, and a note of it."""
    meta = _overwritten(task, json.loads(raw.meta or "{}"))
    meta["redacted"] = sorted({*meta.get("redacted", ()), REDACTED})
    return Left(json.dumps(meta, separators=(",", ":")), task.ids.overwritten(raw.body))


def _overwritten(task: Task, value: Any) -> Any:
    """A value of JSON with its texts written over, names among them: what stays is JSON."""
    if isinstance(value, str):
        return task.ids.overwritten_text(value)
    if isinstance(value, dict):
        return {task.ids.overwritten_text(name): _overwritten(task, each) for name, each in value.items()}
    return [_overwritten(task, each) for each in value] if isinstance(value, list) else value
