"""What every job on the lake works with, and the one way files come into being."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

from telltale.arrow import Decode
from telltale.contract import StoreError
from telltale.lake.catalog import RAW_TABLE, Changed, File
from telltale.lake.files import Root, encode
from telltale.lake.lock import HOST
from telltale.lake.rows import Draft
from telltale.landing.store import Store

_TRIES = 5
_T = TypeVar("_T")

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Context:
    """The store, the files and the decoder a lake works with."""

    store: Store
    root: Root
    decode: Decode
    versions: Mapping[str, int]
    """The present decoder version of each source."""
    personal: frozenset[str]
    """Sources whose raw files hold one received hour each, so that purge can drop them in time."""
    step: Step
    """Told the name of each step before the next begins; a test stops there."""
    lock_wait_s: float


def write(context: Context, job: str, drafts: Sequence[Draft], *, now_us: int) -> list[File]:
    """Write drafts as durable files, not yet listed; a file's name is the hash of its content.

    Raises:
        StoreError: the disk is full or the root away; what was written is not listed, gc removes it.
    """
    files, contents = [], {}
    for draft in drafts:
        content = encode(draft.rows, raw=draft.table_name == RAW_TABLE)
        digest = hashlib.sha256(content).hexdigest()
        path = f"{_folder(draft)}/{digest[:32]}.parquet"
        contents[path] = content
        files.append(
            File(
                path,
                draft.table_name,
                draft.source,
                draft.site,
                draft.day,
                draft.rows.num_rows,
                content.size,
                digest,
                draft.first_raw_id,
                draft.last_raw_id,
                draft.min_time,
                draft.max_time,
                draft.decoder_version,
                draft.is_unique,
                draft.is_frozen,
                now_us,
                HOST,
            )
        )
    try:
        context.root.write(contents, lambda step: context.step(f"{job}:3 {step}"), at_us=now_us)
    except OSError as error:
        raise StoreError(f"lake {context.root.shown}: {error}; free its disk, nothing was changed") from error
    return files


def read(context: Context, file: File, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a listed file.

    Raises:
        Changed: it was purged since it was listed.
    """
    try:
        return context.root.read(file.path, columns)
    except FileNotFoundError as error:
        raise Changed(f"lake {context.root.shown}: {file.path} was purged since it was listed; start again") from error


def retried(attempt: Callable[[], _T]) -> _T:
    """The outcome of an attempt, begun again when what it had read was changed before it could commit.

    Raises:
        Changed: that happened five times in a row; nothing was changed by this job.
    """
    for _ in range(_TRIES - 1):
        try:
            return attempt()
        except Changed:
            continue
    return attempt()


def going_on(now_us: int) -> Callable[[], int]:
    """The caller's present, going on while a job works: a file went when it was un-listed, not when its job began."""
    began_ns = time.monotonic_ns()
    return lambda: now_us + (time.monotonic_ns() - began_ns) // 1000


def _folder(draft: Draft) -> str:
    if draft.table_name == RAW_TABLE:
        return f"{RAW_TABLE}/source={draft.source}/day={draft.day}"
    return f"{draft.table_name}/day={draft.day}"
