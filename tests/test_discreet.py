"""Tracebacks and log records of errors show where and of which kind, and never what was sent."""

import io
import logging
import subprocess
import sys
from pathlib import Path

from telltale.contract import StoreError
from telltale.discreet import record, told

MARK = "3c:06:30:aa:bb:01"

FAILING = f"""
import asyncio, logging, threading
from telltale import discreet
discreet.install()
logging.basicConfig()

def fail():
    try:
        int({MARK!r})
    except ValueError as error:
        raise KeyError({MARK!r}) from error

async def forgotten():
    task = asyncio.create_task(asyncio.to_thread(fail))
    await asyncio.sleep(0.1)

thread = threading.Thread(target=fail, name="receiver")
thread.start()
thread.join()
asyncio.run(forgotten())
try:
    fail()
except KeyError:
    logging.exception("logged")
    logging.warning("logged too", exc_info=True)
fail()
"""


def failed(mark: str) -> Exception:
    try:
        int(mark)
    except ValueError as error:
        return error
    raise AssertionError


def test_no_way_an_error_is_shown_shows_its_text() -> None:
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", FAILING], check=False, capture_output=True, text=True, cwd=root)
    assert run.returncode == 1
    source = "raise KeyError('"  # the line of a program shows in its traceback; this one has the mark only here
    lines = [line for line in run.stderr.splitlines() if source not in line and "int('" not in line]
    assert MARK not in "\n".join(lines)
    for words in ("thread receiver failed", "Task exception was never retrieved", "logged\n", "logged too"):
        assert words in run.stderr
    assert run.stderr.count("builtins.ValueError (what it says is left out") == 5
    assert run.stderr.count("in fail") == 10, "each says where, of both errors"


def test_our_own_errors_and_the_systems_keep_their_words() -> None:
    assert told(StoreError("store: gone; put it back")) == "StoreError: store: gone; put it back\n"
    assert told(OSError(28, "No space left on device", MARK)) == "OSError: No space left on device\n"
    assert MARK not in told(failed(MARK))


def test_a_record_without_an_error_is_as_it_was() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    made = record("telltale", logging.INFO, __file__, 1, "%d packets\nand more", (3,), None)
    handler.emit(made)
    assert stream.getvalue() == "3 packets\nand more\n"
