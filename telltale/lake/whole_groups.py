"""Which row groups of a damaged raw file are whole: a program of its own, for such a file may end its reader.

    python -m telltale.lake.whole_groups FIRST_ID LAST_ID SOURCE < file > groups

Each page of a raw file has a checksum (CRC-32, Apache Parquet format, `PageHeader.crc`), which reading compares. The
end of the file, which says where pages begin, has none: read by the C++ library, a wrong one was seen to end the
process. What comes out is an Arrow stream of the whole groups with their numbers; its metadata names the rows of all
groups and those that are whole, so that a stream says by itself whether all of it is there. How the process ended
says less: one that was done was seen to abort on its way out (a thread of Arrow's pool that let go of a Python buffer
when the interpreter was gone), and one that was killed says nothing about the file.
"""

import json
import signal
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from telltale.arrow import RAW_SCHEMA
from telltale.contract import StoreError
from telltale.lake.damage import UNREADABLE

GROUP = "group"
_ROWS, _WHOLE = b"rows", b"whole"
_I32 = 0x15
"""A field of type i32 that follows the one before it (Thrift compact protocol): type, two sizes, then the checksum."""
_PATIENCE_S = 300.0
_TRIES = 2
"""Of a reader that crashes: a file that ends it does so again."""
_CRASHES = frozenset(
    -number
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV")
    if (number := getattr(signal, name, None)) is not None
)
_NT_ERROR = 0xC0000000
"""Exit codes of Windows from here on are those of crashes.
Source: Microsoft, Windows Protocols [MS-ERREF], 2.3 NTSTATUS (severity in the two highest bits)."""


class NotRead(StoreError):
    """The program that reads a damaged file was kept from it; nothing is known of the file."""


def whole_groups(content: pa.Buffer, path: str, source: str, ids: tuple[int, int]) -> list[tuple[int, pa.Table | None]]:
    """The rows of each group of a file and, where they are proven to be whole, themselves; empty where no end is read.

    Args:
        content: the bytes of the file.
        path: of the file, for what is said of it.
        source: whose records it holds.
        ids: the first and the last that may be in it.

    Raises:
        NotRead: the reading was ended from outside, or could not begin.
    """
    # Numbers, and a name of a folder of the lake, to ourselves.
    command = [sys.executable, "-m", __name__, *map(str, ids), source]
    for _ in range(_TRIES):
        try:
            ended = subprocess.run(  # noqa: S603 - see above
                command, input=content, capture_output=True, check=False, timeout=_PATIENCE_S
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _not_read(path, str(error)) from error
        if (groups := all_of(ended.stdout)) is not None:
            return groups
        if not _is_crash(ended.returncode):
            last = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise _not_read(path, f"it ended with {ended.returncode}{last and f' ({last})'}")
    return []


def _not_read(path: str, why: str) -> NotRead:
    return NotRead(
        f"lake: reading the damaged {path} in a process of its own was kept from its end: {why}; nothing was "
        "changed: see that there is memory and time for it, and run it again"
    )


def _is_crash(code: int) -> bool:
    return code in _CRASHES or code >= _NT_ERROR


def all_of(stream: bytes) -> list[tuple[int, pa.Table | None]] | None:
    """What a stream tells of all groups; None where not all of it is there."""
    try:
        with pa.ipc.open_stream(stream) as parts:
            said, rows = parts.schema.metadata or {}, parts.read_all()
    except (OSError, pa.ArrowInvalid):
        return None
    counts, whole = json.loads(said[_ROWS]), json.loads(said[_WHOLE])
    found = {number: rows.filter(pc.equal(rows[GROUP], number)).drop_columns(GROUP) for number in whole}
    if any(found[number].num_rows != counts[number] for number in whole):
        return None
    return [(count, found.get(number)) for number, count in enumerate(counts)]


def of_content(content: pa.Buffer, first_id: int, last_id: int, source: str) -> tuple[list[int], dict[int, pa.Table]]:
    """The rows of each group, and the whole groups by number; nothing of a file whose end cannot be read."""
    try:
        parquet = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
    except UNREADABLE:
        return [], {}
    groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
    found = {}
    for number, group in enumerate(groups):
        try:
            # In this thread: one of a pool would still hold the content after an error, and abort on the way out.
            rows = parquet.read_row_group(number, use_threads=False) if _has_checksums(content, group) else None
        except UNREADABLE:
            continue
        if rows is not None and rows.num_rows == group.num_rows and _is_possible(rows, first_id, last_id, source):
            found[number] = rows
    return [group.num_rows for group in groups], found


def _is_possible(rows: pa.Table, first_id: int, last_id: int, source: str) -> bool:
    """Whether rows may be records of a file: a wrong end may lead to other whole pages."""
    if not rows.schema.equals(RAW_SCHEMA) or not rows.num_rows:
        return False
    ids = rows["id"].to_numpy()
    return bool(ids[0] >= first_id and ids[-1] <= last_id and (ids[1:] > ids[:-1]).all()) and bool(
        pc.all(pc.equal(rows["source"], source)).as_py()
    )


def _has_checksums(content: pa.Buffer, group: pq.RowGroupMetaData) -> bool:
    """Whether the first page of each column has one."""
    columns = (group.column(number) for number in range(group.num_columns))
    begins = (column.dictionary_page_offset or column.data_page_offset for column in columns)
    return all(_has_checksum(content, begin) for begin in begins)


def _has_checksum(content: pa.Buffer, at: int) -> bool:
    for _ in range(3):  # type, uncompressed size, compressed size: each a byte of what it is, then a varint
        if not 0 <= at < len(content) - 1 or content[at] != _I32:
            return False
        at += 1
        while content[at] & 0x80 and at < len(content) - 1:
            at += 1
        at += 1
    return at < len(content) and bool(content[at] == _I32)


def _main() -> None:
    first_id, last_id, source = sys.argv[1:]
    content = pa.py_buffer(sys.stdin.buffer.read())
    counts, found = of_content(content, int(first_id), int(last_id), source)
    said = {_ROWS: json.dumps(counts).encode(), _WHOLE: json.dumps(sorted(found)).encode()}
    fields = RAW_SCHEMA.append(pa.field(GROUP, pa.int32())).with_metadata(said)
    with pa.ipc.new_stream(sys.stdout.buffer, fields) as stream:
        for number, rows in sorted(found.items()):
            numbered = rows.append_column(fields.field(GROUP), pa.repeat(pa.scalar(number, pa.int32()), rows.num_rows))
            stream.write_table(numbered.cast(fields))


if __name__ == "__main__":
    _main()
