"""Whether the files of the lake are what the catalog says: by name and size, by their end, or by every byte."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from telltale.lake.catalog import File
from telltale.lake.damage import Damaged, is_listed, is_of_its_name, seen_by_reading, seen_from_outside
from telltale.lake.files import Root
from telltale.lake.lake import Lake
from telltale.lake.superseded import Superseded

Progress = Callable[[int, int], None]
_TAIL, _MAGIC = 8, b"PAR1"
"""A Parquet file ends with the length of what says where its rows are (four bytes), and the word it begins with. More
of it is not read before its checksum is known to be right: its reader may die of it."""


def damaged(
    lake: Lake,
    files: Sequence[File],
    *,
    reads_all: bool,
    ends: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Iterator[Damaged]:
    """Those of some listed files that are not what was written.

    Args:
        lake: where.
        files: which.
        reads_all: compare the SHA-256 of all bytes; else name and size of all, and the ends of some.
        ends: of how many of them, the newest, the end of the file is read where not all is; None is all.
        progress: told how many of how many bytes are done.
    """
    total, done = sum(file.bytes for file in files), 0
    newest = sorted(files, key=lambda file: -file.created_at)[:ends]
    read_ends = set() if reads_all else {file.path for file in newest}
    for file in files:
        if reads_all:
            what = seen_by_reading(lake.root, file)
        else:
            what = seen_from_outside(lake.root, file) or (_end(lake.root, file) if file.path in read_ends else "")
        done += file.bytes
        progress(done, total)
        if what and is_listed(lake.store, file):  # else it was replaced meanwhile
            yield Damaged(lake.root, file, what)


def damaged_superseded(root: Root, files: Iterable[Superseded], *, reads_all: bool) -> Iterator[tuple[Superseded, str]]:
    """Files kept of what was decoded before that are not what was written, each with what is wrong."""
    for file in files:
        if not root.exists(file.path):
            yield file, "is missing"
        elif reads_all and not is_of_its_name(root, file.path):
            yield file, "holds other bytes than were written"


def _end(root: Root, file: File) -> str:
    """What is wrong with the end of a file, which says where its rows are."""
    with root.readable(file.path), root.system.open_input_file(file.path) as source:
        source.seek(max(0, file.bytes - _TAIL))
        tail = source.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    is_whole = tail[4:] == _MAGIC and 0 < length <= file.bytes - _TAIL - len(_MAGIC)
    return "" if is_whole else "has an end that is none"
