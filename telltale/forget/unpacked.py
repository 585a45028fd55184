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

_DEEPEST = 4
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
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
    elif data.startswith(_GZIP):
        try:
            yield from unpacked(gzip.decompress(data), depth + 1)
        except (OSError, EOFError, zlib.error):
            return
    else:
        for found in _BASE64.finditer(data):
            try:
                inner = base64.b64decode(found[0] + b"=" * (-len(found[0].rstrip(b"=")) % 4))
            except binascii.Error:
                continue
            yield from unpacked(inner, depth + 1) if inner.startswith((_GZIP, _ZIP)) else (inner,)


def is_packed(data: bytes) -> bool:
    """Whether it is of a form in which nothing can be written over."""
    return data.startswith((_PARQUET, _ZIP))


def is_closed(data: bytes) -> bool:
    """Whether it is packed and cannot be unpacked: damaged, or encrypted."""
    try:
        if data.startswith(_PARQUET):
            pq.read_table(pa.BufferReader(data), partitioning=None)
        elif data.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                return packed.testzip() is not None
    except (*_UNREADABLE, pa.ArrowException, zipfile.BadZipFile):
        return True
    return False


def _of_zip(data: bytes, depth: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from unpacked(packed.read(name), depth + 1)
    except (*_UNREADABLE, zipfile.BadZipFile):
        return


def _of_parquet(data: bytes) -> Iterator[bytes]:
    try:
        table = pq.read_table(pa.BufferReader(data), partitioning=None)
    except (*_UNREADABLE, pa.ArrowException):
        return
    for column in table.columns:
        values = column.drop_null().to_pylist()
        if pa.types.is_binary(column.type):
            yield b"\0".join(values)
        else:
            yield "\0".join(map(str, values)).encode(errors="surrogatepass")
