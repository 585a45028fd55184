"""How far the kernel of a report is inside a cell, told while it works: it writes a line into a file, which is read."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_S = 0.5


@contextmanager
def watching(file: Path, tell: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Gives what a cell is told by; until the next one the kernel's own lines are told behind it.

    Args:
        file: the kernel writes there, by `telltale.workbench.progress`; it is gone afterwards.
        tell: shown a line that takes the place of the one before.
    """
    over, cell, said = threading.Event(), "", ""

    def of_cell(text: str) -> None:
        nonlocal cell, said
        cell, said = text, ""
        tell(text)

    def look() -> None:
        nonlocal said
        while not over.wait(EVERY_S):
            try:
                line = file.read_text(encoding="utf-8")
            except FileNotFoundError:
                continue
            if line != said:
                said = line
                tell(" · ".join(filter(None, (cell, line))))

    thread = threading.Thread(target=look, daemon=True, name="progress of a report")
    thread.start()
    try:
        yield of_cell
    finally:
        over.set()
        thread.join()
        file.unlink(missing_ok=True)
