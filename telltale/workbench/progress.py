"""Where long work says how far it is: a line below the cell of a notebook, or on a terminal; nowhere in a pipe.

What a report's kernel says would stand in the report: it goes into a file that whoever runs the report reads.
"""

import os
import sys
from pathlib import Path
from typing import Any

from telltale.engine.stages import Tell
from telltale.workbench.as_of import VARIABLE

TOLD_IN = "TELLTALE_PROGRESS"
"""The file into which the kernel of a report says how far it is."""
_CLEAR = "\r\x1b[K"
"""To the begin of the line, and erase it (ECMA-48, CR and EL)."""


def outlet() -> Tell | None:
    """Where somebody looks now; None where nobody does."""
    if file := os.environ.get(TOLD_IN):
        return in_file(Path(file))
    if VARIABLE in os.environ:  # the kernel of a report that nobody waits for
        return None
    shell = _notebook()
    if shell is not None:
        return _below_cell()
    return _on_terminal if sys.stderr is not None and sys.stderr.isatty() else None


def in_file(path: Path) -> Tell:
    """Into a file, whole lines only."""

    def tell(line: str) -> None:
        part = path.with_suffix(".part")
        part.write_text(line, encoding="utf-8")
        part.replace(path)

    return tell


def _notebook() -> Any:
    """The shell of a kernel; None elsewhere, IPython on a terminal included."""
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None and hasattr(interactive, "get_ipython") else None
    return shell if hasattr(shell, "kernel") else None


def _below_cell() -> Tell:
    """A line in the output of the cell at work; what is over leaves an empty one."""
    from IPython.display import display

    handle: Any = None

    def tell(line: str) -> None:
        nonlocal handle
        if handle is None:
            handle = display({"text/plain": line}, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython types it not
        else:
            handle.update({"text/plain": line}, raw=True)
        if not line:
            handle = None  # the next cell has a line of its own

    return tell


def _on_terminal(line: str) -> None:
    sys.stderr.write(f"{_CLEAR}{line}")
    sys.stderr.flush()
