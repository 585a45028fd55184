"""Where the supervisor's lines go: the terminal, and a file for each child, neither of which may ever hold it up.

Each is written from a thread of its own, out of a queue of bounded size. A terminal that nobody reads (Ctrl-S, a
pager), a closed pipe, a full disk, a removed folder: lines are then counted and let go, and everything else runs on.
"""

import io
import os
import re
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import NamedTuple, TextIO

from telltale import private

MOST_WAITING = 256 << 10
"""Characters of a child that wait at most."""
WRITES_EVERY_S = 0.25
"""So a child's files take 1 MiB/s of it at most; more is counted."""
CLOSES_S = 2.0
"""How long the end may wait for what is still to be written."""
FILE_BYTES, FILES_KEPT = 8 << 20, 4
"""A child's files at most: 40 MiB."""


class _Said(NamedTuple):
    name: str
    text: str


class _Outlet:
    """Hands what is put in to `write`, in order and in batches, from a thread of its own.

    Args:
        name: of the thread.
        write: told a batch; what it raises is let go.
        pause_s: between two batches; what more comes meanwhile than the queue holds is let go, so that a child that
            prints without end fills neither memory nor disk nor processor.
    """

    def __init__(self, name: str, write: Callable[[Sequence[_Said]], None], *, pause_s: float = 0.0) -> None:
        self._write = write
        self._pause_s = pause_s
        self._waiting: deque[_Said] = deque()
        self._sizes: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, name: str, text: str) -> None:
        """Never waits: what finds its share of the queue taken is counted, and said when there is room again."""
        with self._changed:
            if self._closed.is_set() or self._sizes[name] + len(text) > MOST_WAITING:
                self._lost[name] += 1
                return
            if lost := self._lost.pop(name, 0):
                text = _missing(lost) + text
            self._waiting.append(_Said(name, text))
            self._sizes[name] += len(text)
            self._changed.notify()

    def close(self, within_s: float = CLOSES_S) -> None:
        """Write what waits, for so long at most."""
        with self._changed:
            self._closed.set()
            self._changed.notify()
        self._thread.join(within_s)

    def _run(self) -> None:
        while batch := self._next():
            with suppress(Exception):  # no fault of a log is worth more than what it is about
                self._write(batch)
            self._closed.wait(self._pause_s)

    def _next(self) -> list[_Said]:
        """What waits; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed.is_set())
            batch = [*self._waiting]
            if self._closed.is_set():
                batch += [_Said(name, _missing(lost)) for name, lost in self._lost.items()]
                self._lost.clear()
            self._waiting.clear()
            self._sizes.clear()
        return batch


def _missing(lines: int) -> str:
    return f"({lines:,} lines are missing here)\n"


class Terminal(io.TextIOBase):
    """Stands for standard output: a write never waits and never fails."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream
        self._outlet = _Outlet("terminal", self._print)

    def writable(self) -> bool:
        """As print() asks."""
        return True

    def isatty(self) -> bool:
        """As click asks, for colours."""
        return False

    def write(self, text: str) -> int:
        """Print it as soon as the terminal takes it."""
        if not isinstance(text, str):
            raise TypeError("a text stream takes texts")
        if text:
            self._outlet.put("", text)
        return len(text)

    def finish(self) -> None:
        """Print what waits."""
        self._outlet.close()

    def _print(self, batch: Sequence[_Said]) -> None:
        if self._stream is None:
            return
        text = "".join(said.text for said in batch)
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):  # a stream in memory
            self._stream.write(text)
            self._stream.flush()
            return
        # Not through the stream: what its buffer could not get rid of would fail again at the program's end.
        rest = memoryview(text.encode(self._stream.encoding or "utf-8", "replace"))
        while rest:
            rest = rest[os.write(descriptor, rest) :]


@contextmanager
def unfailing_output() -> Iterator[None]:
    """Print without waiting and without errors inside the block: standard output may be closed, full or not read."""
    if isinstance(sys.stdout, Terminal):
        yield
        return
    terminal = Terminal(sys.stdout)
    try:
        with redirect_stdout(terminal):
            yield
    finally:
        terminal.finish()


class LogFiles:
    """A file for each child, 600 in a folder 700; lines have date and time. Full ones are `.1` to `.4`.

    Args:
        folder: where; made when it is needed, again should it be removed.
    """

    def __init__(self, folder: Path, *, file_bytes: int = FILE_BYTES, kept: int = FILES_KEPT) -> None:
        self._folder = folder
        self._file_bytes = file_bytes
        self._kept = kept
        self._files: dict[str, _LogFile] = {}
        self._outlet = _Outlet("log files", self._write, pause_s=WRITES_EVERY_S)

    def put(self, name: str, line: str) -> None:
        """Write one line of a child."""
        self._outlet.put(name, f"{time.strftime('%Y-%m-%d %H:%M:%S%z')} {line}\n")

    def close(self) -> None:
        """Write what waits, and close the files."""
        self._outlet.close()

    def _write(self, batch: Sequence[_Said]) -> None:
        by_name: dict[str, list[str]] = defaultdict(list)
        for said in batch:
            by_name[said.name].append(said.text)
        for name, texts in by_name.items():
            if name not in self._files:
                file_name = re.sub(r"[^\w.-]+", "-", name).strip(".") or "unnamed"
                self._files[name] = _LogFile(self._folder / f"{file_name}.log", self._file_bytes, self._kept)
            self._files[name].write(texts)


class _LogFile:
    """One file, written whole batches at a time."""

    def __init__(self, path: Path, most_bytes: int, kept: int) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._kept = kept
        self._lost = 0

    def write(self, texts: Sequence[str]) -> None:
        """Append; what the system refuses is counted, and the count is the first line it takes again."""
        text = "".join(texts)
        if self._lost:
            text = f"({self._lost:,} lines could not be written here)\n{text}"
        content = text.encode("utf-8", "replace")
        try:
            private.folder(self._path.parent)
            self._make_room(len(content))
            # Opened each time, a few times a second at most: the folder may have been removed, or the file moved away.
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, private.FILE)
            try:
                if os.write(descriptor, content) < len(content):
                    raise OSError(28, "No space left on device", str(self._path))
            finally:
                os.close(descriptor)
        except OSError:
            self._lost += len(texts)
        else:
            self._lost = 0

    def _make_room(self, size: int) -> None:
        try:
            if self._path.stat().st_size + size <= self._most_bytes:
                return
        except FileNotFoundError:
            return
        for number in range(self._kept, 0, -1):
            older = self._path if number == 1 else self._path.with_name(f"{self._path.name}.{number - 1}")
            with suppress(FileNotFoundError):
                older.replace(self._path.with_name(f"{self._path.name}.{number}"))


_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
