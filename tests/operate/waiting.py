"""Waiting for something to happen, with a deadline; and whether a process still runs."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def until(happened: Callable[[], bool], *, within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process whose new parent has not taken note of it is still listed, as a zombie.
    with suppress(FileNotFoundError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0]
    return False


def with_word(word: str) -> dict[int, str]:
    """The running processes whose environment holds a word, and their command lines."""
    matches = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (folder / "environ").read_bytes():
                matches[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return matches
