"""Which row groups of a damaged raw file are whole: a program of its own, for such a file may end its reader.

    python -m telltale.lake.whole_groups FIRST_ID LAST_ID SOURCE < file > groups

Each page of a raw file has a checksum (CRC-32, Apache Parquet format, `PageHeader.crc`), which reading compares. The
end of the file, which says where pages begin, has none: read by the C++ library, a wrong one was seen to end the
process. What comes out is an Arrow stream of the whole groups with their numbers, and the rows of all in its metadata.
"""

import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from telltale.arrow import RAW_SCHEMA
from telltale.lake.catalog import File
from telltale.lake.damage import UNREADABLE

GROUP = "group"
_ROWS = b"rows"
_I32 = 0x15
"""A field of type i32 that follows the one before it (Thrift compact protocol): type, two sizes, then the checksum."""
_PATIENCE_S = 300.0


def whole_groups(content: pa.Buffer, file: File) -> list[tuple[int, pa.Table | None]]:
    """The rows of each group of a file and, where they are proven to be whole, themselves; empty where no end is read.

    Args:
        content: the bytes of the file.
        file: what the catalog says of it.
    """
    # Numbers, and a name of a folder of the lake, to ourselves.
    command = [sys.executable, "-m", __name__, str(file.first_raw_id), str(file.last_raw_id), file.source]
    try:
        ended = subprocess.run(command, input=content, capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603
        if ended.returncode:
            return []
        with pa.ipc.open_stream(ended.stdout) as stream:
            counts, rows = json.loads(stream.schema.metadata[_ROWS]), stream.read_all()
    except (*UNREADABLE, subprocess.SubprocessError):
        return []
    parts = {number: rows.filter(pc.equal(rows[GROUP], number)).drop_columns(GROUP) for number in range(len(counts))}
    return [(count, parts[number] if parts[number].num_rows else None) for number, count in enumerate(counts)]


def of_content(content: pa.Buffer, first_id: int, last_id: int, source: str) -> tuple[list[int], dict[int, pa.Table]]:
    """The rows of each group, and the whole groups by number."""
    parquet = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
    groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
    found = {}
    for number, group in enumerate(groups):
        try:
            rows = parquet.read_row_group(number) if _has_checksums(content, group) else None
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
    fields = RAW_SCHEMA.append(pa.field(GROUP, pa.int32())).with_metadata({_ROWS: json.dumps(counts).encode()})
    with pa.ipc.new_stream(sys.stdout.buffer, fields) as stream:
        for number, rows in sorted(found.items()):
            numbered = rows.append_column(fields.field(GROUP), pa.repeat(pa.scalar(number, pa.int32()), rows.num_rows))
            stream.write_table(numbered.cast(fields))


if __name__ == "__main__":
    _main()
