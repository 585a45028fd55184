"""A lake's root that is a URL: an object store (`s3://bucket/path`), or another file system pyarrow knows.

An object appears whole or not at all when its upload ends, and bears the time of the store's own clock, so nothing is
renamed: a file becomes visible by its row in the catalog. What takes a round trip each is done for several at once.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from telltale.contract import StoreError
from telltale.lake.files import Found, Root
from telltale.lake.object_errors import failure, missing_bucket
from telltale.settings.objects import ObjectAccess

_AT_ONCE = 8
"""Requests under way at a time: as many as Arrow has threads for input and output."""
_MOST_FRAGMENTS = 1_024
"""Files whose layout is kept: some 20 kB each."""
TRIAL = "trial"
"""The folder of objects that are put to see whether they can be; gc removes what a crash leaves."""
_WORDS = b"telltale was here\n"
_T = TypeVar("_T")
_R = TypeVar("_R")


class ObjectRoot(Root):
    """A lake's URL.

    Args:
        url: bucket and path; no credentials.
        access: how the object store is reached.
    """

    def __init__(self, url: str, access: ObjectAccess) -> None:  # a folder's root makes it, which this one cannot
        self.shown = url.rstrip("/")
        self.folder = None
        self._access = access
        self._sizes: dict[str, int] = {}
        self._fragments: dict[str, Any] = {}

    @cached_property
    def _format(self) -> Any:
        from pyarrow.dataset import ParquetFileFormat  # who has no URL is spared its import

        return ParquetFileFormat()

    @property
    def _has_no_folders(self) -> bool:
        return self.shown.startswith("s3://")

    @cached_property
    def system(self) -> pa.fs.FileSystem:
        """Made when first used: at Amazon the region of the bucket may have to be asked for."""
        parts = urlsplit(self.shown)
        with self._explained():
            if parts.scheme == "s3":
                return pa.fs.SubTreeFileSystem(f"{parts.netloc}{parts.path}", _s3(parts.netloc, self._access))
            base, path = pa.fs.FileSystem.from_uri(self.shown)
        return pa.fs.SubTreeFileSystem(path, base)

    def absolute(self, path: str, size: int | None = None) -> str:
        """The URL; its size, where it is told, need not be asked for when it is read."""
        if size is not None:
            self._sizes[path] = size
        return f"{self.shown}/{path}"

    def read(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a file; FileNotFoundError when it was purged meanwhile."""
        if columns is None:
            return pq.ParquetFile(pa.BufferReader(self.content(path))).read()
        with self._explained(), self.system.open_input_file(path) as source:
            return pq.ParquetFile(source, pre_buffer=True).read(columns=columns)

    def read_where(self, path: str, name: str, value: object) -> pa.Table:
        """The rows of a file whose column `name` is `value`; other row groups are not read."""
        with self._explained():
            return super().read_where(path, name, value)

    def content(self, path: str) -> pa.Buffer:
        """The bytes of a file; FileNotFoundError when it was purged meanwhile."""
        with self._explained(), self.system.open_input_file(path) as source:
            return source.read_buffer()

    def each(self, do: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
        """What `do` gives for each; all have ended when the first error is raised."""
        listed = list(items)
        if len(listed) < 2:
            return [do(item) for item in listed]
        with ThreadPoolExecutor(min(_AT_ONCE, len(listed))) as threads:
            return list(threads.map(do, listed))

    def write(self, contents: Mapping[str, pa.Buffer], step: Callable[[str], None], *, at_us: int) -> None:  # noqa: ARG002 - the time is the store's own
        """Put objects; all of them are there when it returns."""
        self.each(self._put, contents.items())
        step("written")

    def size(self, path: str) -> int | None:
        """The bytes of a file; None where it is not there."""
        with self._explained():
            return super().size(path)

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Those of these files that are not there."""
        return [path for path, there in zip(paths, self.each(self.exists, paths), strict=True) if not there]

    def delete(self, path: str) -> bool:
        """Remove a file; False when it was gone already."""
        try:
            with self._explained():
                self.system.delete_file(path)
        except FileNotFoundError:
            return False
        return True

    def delete_all(self, paths: Sequence[str]) -> list[str]:
        """Remove files, and return those that were there."""
        return [path for path, gone in zip(paths, self.each(self.delete, paths), strict=True) if gone]

    def walk(self) -> Iterator[Found]:
        """Every file below the root."""
        found = list(self._listed(""))
        if not found:
            self._require_bucket()
        yield from found

    def dataset(self, columns: pa.Schema, paths: Sequence[str]) -> Any:
        """Files as one `pyarrow.dataset.Dataset`, read when it is scanned; what a file has no column for is null.

        Args:
            columns: the table's.
            paths: URLs, as `absolute` gives them.
        """
        from pyarrow.dataset import FileSystemDataset

        fragments = [self._fragment(path.removeprefix(f"{self.shown}/")) for path in paths]
        return FileSystemDataset(fragments, columns, self._format, self.system)

    def try_out(self) -> None:
        """Put an object, read it, list it and delete it.

        Raises:
            StoreError: one of these was refused, or the object store is away.
        """
        path = f"{TRIAL}/{uuid.uuid4().hex}"
        self._put((path, pa.py_buffer(_WORDS)))
        is_whole = self.content(path).to_pybytes() == _WORDS
        is_listed = any(found.path.endswith(path) for found in self._listed(TRIAL))
        self.delete(path)
        if not (is_whole and is_listed):
            raise StoreError(
                f"lake {self.shown}: what was put was not {'listed' if is_whole else 'read'} a moment later; expected "
                "an object store that is consistent at once, use another"
            )

    def failure(self, error: Exception) -> StoreError | None:
        """What to raise in place of an error of whoever scanned a dataset; None where it is not to blame."""
        return failure(self.shown, self._access, error)

    def _fragment(self, path: str) -> Any:
        """A file never changes, so what its end says of it is read once."""
        made = self._fragments.pop(path, None)
        if made is None:
            with self._explained():
                made = self._format.make_fragment(path, self.system, file_size=self._sizes.get(path))
        self._fragments[path] = made
        if len(self._fragments) > _MOST_FRAGMENTS:
            del self._fragments[next(iter(self._fragments))]
        return made

    def _listed(self, folder: str) -> Iterator[Found]:
        selector = pa.fs.FileSelector(folder, recursive=True, allow_not_found=True)
        with self._explained():
            infos = self.system.get_file_info(selector)
        return (
            Found(info.path, (info.mtime_ns or 0) // 1000, info.size)
            for info in infos
            if info.type == pa.fs.FileType.File
        )

    def _put(self, item: tuple[str, pa.Buffer]) -> None:
        path, content = item
        with self._explained():
            if not self._has_no_folders:
                self.system.create_dir(path.rpartition("/")[0], recursive=True)
            with self.system.open_output_stream(path) as sink:
                sink.write(content)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the object store as one sentence; that one file is not there stays what it is."""
        try:
            yield
        except FileNotFoundError:
            self._require_bucket()
            raise
        except OSError as error:
            raise self.failure(error) or StoreError(
                f"lake {self.shown}: {error}; check [paths] lake_root, nothing was changed"
            ) from error

    def _require_bucket(self) -> None:
        """A bucket that is not there looks like a file that was purged."""
        if not self._has_no_folders:
            return
        try:
            info = self.system.base_fs.get_file_info(urlsplit(self.shown).netloc)
        except OSError as error:
            raise self.failure(error) or error from error
        if info.type == pa.fs.FileType.NotFound:
            raise missing_bucket(self.shown, self._access)


def _s3(bucket: str, access: ObjectAccess) -> pa.fs.S3FileSystem:
    endpoint, secrets, settings = urlsplit(access.endpoint), access.secrets, access.settings
    return pa.fs.S3FileSystem(
        access_key=secrets.get("id"),
        secret_key=secrets.get("key"),
        session_token=secrets.get("token"),
        region=access.region or pa.fs.resolve_s3_region(bucket),
        scheme=endpoint.scheme or "https",
        endpoint_override=endpoint.netloc or None,
        connect_timeout=settings.connect_timeout_s,
        tls_ca_file_path=settings.ca_file or None,
        retry_strategy=pa.fs.AwsStandardS3RetryStrategy(max_attempts=settings.tries),
        background_writes=False,  # several files at once, each in a thread of its own
        allow_delayed_open=True,  # a small object is one request, not three
    )
