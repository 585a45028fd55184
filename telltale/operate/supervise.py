"""Keep some processes running: restart with back-off, one prefixed log, drain on Ctrl-C.

Every child gets a process group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then asks
each child to end and kills what has not ended in time. A crash of one child leaves the others alone. A child that
keeps failing is tried again for ever, at most every half minute: what it misses, a store that is away or a port that
is taken, may come back.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from telltale.backoff import back_off

STOP_S = 30.0
"""How long a child may drain: longer than a landing ticket, and than a step of settling."""
LONGEST_WAIT_S = 30.0
STEADY_S = 60.0
"""A child that ran this long starts again without delay."""
LONGEST_LINE = 1 << 20

Say = Callable[[str, str], None]
"""Told (name of the child, one line)."""


class Child(NamedTuple):
    """A process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}


def telltale_command(*arguments: str) -> tuple[str, ...]:
    """A telltale command as a child's command line, with this very Python."""
    return (sys.executable, "-m", "telltale", *arguments)


def print_line(name: str, line: str) -> None:
    """Print one line with the time and the child's name in front."""
    print(f"{time.strftime('%H:%M:%S')} {name:<10} │ {line}", flush=True)


def supervise(children: Sequence[Child], *, say: Say = print_line) -> None:
    """Keep the children running until Ctrl-C or SIGTERM, then drain them."""
    asyncio.run(_until_signal(Supervisor(children, say=say)))


@contextmanager
def running(children: Sequence[Child], *, say: Say = print_line) -> Iterator[None]:
    """Keep the children running during the block, then drain them."""
    supervisor = Supervisor(children, say=say)
    thread = threading.Thread(target=lambda: asyncio.run(supervisor.run()), name="supervisor")
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        thread.join()


class Supervisor:
    """Runs children until it is told to stop; `stop` may come from any thread or a signal handler."""

    def __init__(self, children: Sequence[Child], *, say: Say = print_line, stop_s: float = STOP_S) -> None:
        self._children = children
        self._say = say
        self._stop_s = stop_s
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event

    async def run(self) -> None:
        """Keep all children running until `stop`, and return when every one has ended."""
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stopping.is_set():
            return
        await asyncio.gather(*(self._keep(child) for child in self._children))

    def stop(self) -> None:
        """Ask the children to end."""
        self._stopping.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stopped.set)

    async def _keep(self, child: Child) -> None:
        failures = 0
        while not self._stopped.is_set():
            started = time.monotonic()
            code = await self._once(child)
            if self._stopped.is_set():
                return
            failures = 0 if time.monotonic() - started > STEADY_S else failures + 1
            wait = back_off(failures, longest_s=LONGEST_WAIT_S)
            self._say(child.name, f"ended with exit code {code}; starts again in {wait:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), wait)

    async def _once(self, child: Child) -> int:
        """One life of a child: its exit code, its lines said as they come."""
        process = await asyncio.create_subprocess_exec(
            *child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **child.environment},
            limit=LONGEST_LINE,
            **_own_group(),
        )
        reading = asyncio.create_task(self._read(child, process))
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            _ask_to_end(process)
            await asyncio.wait({ended}, timeout=self._stop_s)
        _kill_group(process)  # also what the child has left behind
        code = await ended
        stopped.cancel()
        await reading
        return code

    async def _read(self, child: Child, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe, see above
        while line := await process.stdout.readline():
            self._say(child.name, line.decode("utf-8", "replace").rstrip())


async def _until_signal(supervisor: Supervisor) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, supervisor.stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: supervisor.stop())
    await supervisor.run()


if sys.platform == "win32":

    def _own_group() -> dict[str, Any]:
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def _ask_to_end(process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.CTRL_BREAK_EVENT)

    def _kill_group(process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.kill()

else:

    def _own_group() -> dict[str, Any]:
        return {"start_new_session": True}

    def _ask_to_end(process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.terminate()

    def _kill_group(process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
