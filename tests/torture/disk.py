"""A disk as the power leaves it: of what a program wrote, only what it had synced is there for certain.

The system calls of the program are recorded by strace and played back to a moment. A file holds what was written before
its last fsync, and of later writes none, all, or some, each in whole sectors; a name is there once its file or its
folder was synced, a folder from the moment it was made. That is the contract of POSIX and of the disks; what a file
system adds of its own is not relied on.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat"
_LINE = re.compile(rb"(\d+)\s+(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)", re.DOTALL)
_STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_PATH = re.compile(rb"<((?:\\x[0-9a-f]{2})+)>")
_SECTOR = 512
_TO_SYNC = ("fsync", "fdatasync")


class Call(NamedTuple):
    """A system call on a file, when it has begun; of a sync, also when it is over."""

    name: str
    path: str
    data: bytes = b""
    at: int = 0
    """Where in the file; -1 at its end."""
    other: str = ""
    thread: int = 0


def calls(log: Path) -> Iterator[Call]:
    """What a program did, of a file written by `strace -f -y -xx`."""
    syncing: dict[int, str] = {}
    with log.open("rb") as lines:
        for line in lines:
            matched = _LINE.match(line.rstrip(b"\n"))
            if matched is None:
                continue
            thread, rest = int(matched[1]), matched["rest"]
            if matched["resumed"] is not None:
                if thread in syncing and rest.endswith(b"= 0"):
                    yield Call("synced", syncing.pop(thread), thread=thread)
                continue
            name = matched["name"].decode()
            yield from _call(name, rest, thread, syncing)


def _call(name: str, rest: bytes, thread: int, syncing: dict[int, str]) -> Iterator[Call]:
    is_over, failed = b"<unfinished" not in rest, b" = -1 " in rest
    strings = [_bytes(each) for each in _STRING.findall(rest)]
    paths = [_bytes(each).decode() for each in _PATH.findall(rest.partition(b'"')[0])]
    if failed:
        return
    if name in _TO_SYNC:
        yield Call("sync", paths[0], thread=thread)
        if is_over:
            yield Call("synced", paths[0], thread=thread)
        else:
            syncing[thread] = paths[0]
    elif name in ("write", "pwrite64", "ftruncate"):
        yield from _written(name, rest, paths[0], strings)
    elif name != "openat":
        yield Call(re.sub("(at)?2?$", "", name), strings[0].decode(), other=strings[-1].decode())
    elif b"O_CREAT" in rest or b"O_TRUNC" in rest:
        yield Call("truncate" if b"O_TRUNC" in rest else "create", strings[0].decode())


def _written(name: str, rest: bytes, path: str, strings: list[bytes]) -> Iterator[Call]:
    last = rest.rpartition(b'"')[2].split(b",")[-1].split(b")")[0].split()[0]
    if name == "ftruncate":
        yield Call("cut", path, at=int(last))
    elif strings:
        yield Call("write", path, strings[0], int(last) if name == "pwrite64" else -1)


def _bytes(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


class _Write(NamedTuple):
    at: int
    data: bytes | None
    """None cuts the file there."""


@dataclass
class _Content:
    durable: bytearray = field(default_factory=bytearray)
    later: list[_Write] = field(default_factory=list)
    size: int = 0
    begun: dict[int, int] = field(default_factory=dict)
    """By thread, how many of `later` a sync that is under way covers."""


class Disk:
    """What is written, and what would be left of it.

    Args:
        root: only what is below it counts.
    """

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self._names: dict[str, _Content] = {}
        self._durable: dict[str, _Content] = {}
        """What each name would lead to."""
        self.printed: list[bytes] = []
        """What the program had written to its output."""

    def take(self, call: Call) -> None:
        """Go on by one call."""
        if call.name == "write" and not call.path.startswith("/"):
            self.printed.append(call.data)
        elif call.path.startswith(self._root) or f"{call.path}/" == self._root:
            getattr(self, f"_{call.name}")(call)

    def _create(self, call: Call) -> _Content:
        return self._names.setdefault(call.path, _Content())

    def _truncate(self, call: Call) -> None:
        content = self._create(call)
        if content.size:
            content.later.append(_Write(0, None))
            content.size = 0

    def _write(self, call: Call) -> None:
        content = self._create(call)
        at = content.size if call.at < 0 else call.at
        content.later.append(_Write(at, call.data))
        content.size = max(content.size, at + len(call.data))

    def _cut(self, call: Call) -> None:
        content = self._create(call)
        content.later.append(_Write(call.at, None))
        content.size = call.at

    def _sync(self, call: Call) -> None:
        if call.path in self._names:
            content = self._names[call.path]
            content.begun[call.thread] = len(content.later)

    def _synced(self, call: Call) -> None:
        content = self._names.get(call.path)
        if content is None:  # a folder
            below = f"{call.path}/"
            for name in [name for name in {*self._names, *self._durable} if name.startswith(below)]:
                if str(PurePosixPath(name).parent) == call.path:
                    self._keep(name)
            return
        covered = content.begun.pop(call.thread, 0)
        for each in content.later[:covered]:
            _apply(content.durable, each)
        del content.later[:covered]
        content.begun = {thread: max(count - covered, 0) for thread, count in content.begun.items()}
        self._durable.setdefault(call.path, content)

    def _keep(self, name: str) -> None:
        if name in self._names:
            self._durable[name] = self._names[name]
        else:
            self._durable.pop(name, None)

    def _rename(self, call: Call) -> None:
        if call.path in self._names:
            self._names[call.other] = self._names.pop(call.path)

    def _link(self, call: Call) -> None:
        if call.path in self._names:
            self._names[call.other] = self._names[call.path]

    def _unlink(self, call: Call) -> None:
        self._names.pop(call.path, None)

    def left(self, folder: Path, dice: random.Random, *, share: float) -> None:
        """Write what the power leaves into an empty folder; of later writes a share is there, of one perhaps a part."""
        for name, content in self._durable.items():
            made = bytearray(content.durable)
            for each in content.later:
                if dice.random() < share:
                    whole = each.data is None or dice.random() < 0.5
                    sectors = dice.randrange(0, len(each.data or b"") + _SECTOR, _SECTOR)
                    _apply(made, each if whole else each._replace(data=(each.data or b"")[:sectors]))
            path = folder / name.removeprefix(self._root)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)


def _apply(content: bytearray, write: _Write) -> None:
    if write.data is None:
        del content[write.at :]
        content.extend(bytes(max(write.at - len(content), 0)))
    elif write.data:
        content.extend(bytes(max(write.at - len(content), 0)))
        content[write.at : write.at + len(write.data)] = write.data
