"""The bytes of a file, and those packed in it: gzip and base64 in pages and notebooks, members of zips, Parquet."""

import base64
import binascii
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from telltale.privacy.spelling import Spellings

_DEEPEST = 4
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
_UNREADABLE = (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error)
"""What a damaged or encrypted file raises, beside the errors of its form."""


def unpacked(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes themselves, then all that is packed in them; what cannot be unpacked is given as it is."""
    yield data
    if depth >= _DEEPEST:
        return
    if data.startswith(_PARQUET):
        yield from _of_parquet(data)
    elif data.startswith(_ZIP):
        yield from _of_zip(data, depth)
    elif data.startswith(GZIP):
        try:
            yield from unpacked(gzip.decompress(data), depth + 1)
        except (OSError, EOFError, zlib.error):
            return
    else:
        for found in _BASE64.finditer(data):
            if (inner := _decoded(found[0])) is None:
                continue
            yield from unpacked(inner, depth + 1) if inner.startswith((GZIP, _ZIP)) else (inner,)


def overwritten(texts: Spellings, data: bytes) -> bytes:
    """The bytes with each spelling written over, in base64 within them too; as long as they were.

    Of base64 that has packed bytes in it nothing is left: what is packed again would be of another length.
    """
    made = bytearray(data)
    for run in _BASE64.finditer(data):
        inner = _decoded(run[0])
        if inner is None or not any(map(texts.found_in, unpacked(inner, 1))):
            continue
        digits = run[0].rstrip(b"=")
        left = inner if inner.startswith((GZIP, _ZIP)) else overwritten(texts, inner)
        is_written_over = left != inner and base64.b64encode(inner).startswith(digits)
        again = base64.b64encode(left)[: len(digits)] if is_written_over else b"*" * len(digits)
        made[run.start() : run.start() + len(digits)] = again
    left = bytes(made)
    while (again := texts.overwritten(left)) != left:  # beside what was written over a word may now stand alone
        left = again
    return left


def is_packed(data: bytes) -> bool:
    """Whether it is of a form in which nothing can be written over."""
    return data.startswith((_PARQUET, _ZIP))


def is_closed(data: bytes) -> bool:
    """Whether it is packed and cannot be unpacked: damaged, or encrypted."""
    try:
        if data.startswith(_PARQUET):
            _rows_of(data)
        elif data.startswith(GZIP):
            gzip.decompress(data)
        elif data.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                return packed.testzip() is not None
    except (*_UNREADABLE, pa.ArrowException, zipfile.BadZipFile):
        return True
    return False


def _decoded(digits: bytes) -> bytes | None:
    """What digits of base64 stand for, with or without the padding at their end; None where they are none."""
    try:
        return base64.b64decode(digits + b"=" * (-len(digits.rstrip(b"=")) % 4))
    except binascii.Error:
        return None


def _of_zip(data: bytes, depth: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from unpacked(packed.read(name), depth + 1)
    except (*_UNREADABLE, zipfile.BadZipFile):
        return


def _rows_of(data: bytes) -> pa.Table:
    """In this thread: one of a pool would still hold the bytes after an error, and abort the process on its way out."""
    return pq.read_table(pa.BufferReader(data), partitioning=None, use_threads=False)


def _of_parquet(data: bytes) -> Iterator[bytes]:
    try:
        table = _rows_of(data)
    except (*_UNREADABLE, pa.ArrowException):
        return
    for column in table.columns:
        values = column.drop_null().to_pylist()
        if pa.types.is_binary(column.type):
            yield b"\0".join(values)
        else:
            yield "\0".join(map(str, values)).encode(errors="surrogatepass")
