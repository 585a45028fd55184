"""Errors without their values: whatever fails in a collector, its log says where and of which kind, and no more.

The text of an error from outside may quote what was sent: `invalid literal for int(): '3c:06:30:aa:bb:01'`. Our own
errors are sentences written to be read, and stay.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from telltale.contract import TelltaleError

LEFT_OUT = "(what it says is left out: it may quote what was sent)"
_MOST_FRAMES = 40
_HOME = Path(__file__).parents[1]


def install() -> None:
    """From here on, no traceback of this process and none in its log shows the text of a foreign error.

    Who has set handlers of their own, as a test's or a notebook's runner does, keeps them.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _of_process
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _of_thread
    if logging.getLogRecordFactory() is logging.LogRecord:
        logging.setLogRecordFactory(record)


def told(error: BaseException) -> str:
    """The traceback of an error and of those it came from, each by its kind alone."""
    lines: list[str] = []
    for each in _chain(error):
        lines += traceback.format_list(traceback.extract_tb(each.__traceback__)[-_MOST_FRAMES:])
        lines.append(f"{_kind(each)}\n")
    return "".join(lines)


def place(error: BaseException) -> str:
    """The kind of an error and the innermost line of ours it passed: `KeyError in collectors/a.py line 3 (b)`."""
    found = "in an unknown place"
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if any(path.is_relative_to(_HOME / room) for room in ("telltale", "collectors")):
            found = f"in {path.relative_to(_HOME).as_posix()} line {line} ({frame.f_code.co_name})"
    return f"{type(error).__name__} {found}"


def record(*arguments: Any, **options: Any) -> logging.LogRecord:
    """A log record whose error is shown without its text; a message that came with one keeps its first line.

    asyncio's further lines are the values at hand.
    """
    made = logging.LogRecord(*arguments, **options)
    error = made.exc_info[1] if made.exc_info else None
    if error is not None:
        made.exc_text = told(error).rstrip()  # what a formatter shows in place of the traceback it would make
        if made.name == "asyncio":
            made.msg, made.args = str(made.msg).partition("\n")[0], ()
    return made


def _of_process(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        sys.stderr.write(told(error))


def _of_thread(arguments: "threading.ExceptHookArgs") -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        name = arguments.thread.name if arguments.thread is not None else "?"
        sys.stderr.write(f"thread {name} failed\n{told(arguments.exc_value)}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """What it came from first, itself last."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in found:
        found.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return reversed(found)


def _kind(error: BaseException) -> str:
    if isinstance(error, TelltaleError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return f"{type(error).__module__}.{type(error).__qualname__} {LEFT_OUT}"
