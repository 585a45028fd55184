"""Keep some processes running: restart with back-off, one prefixed log, drain on Ctrl-C.

Every child gets a process group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then asks
each child to end and kills what has not ended in time. A crash of one child leaves the others alone. A child that
keeps failing is tried again for ever, at most every half minute: what it misses, a store that is away or a port that
is taken, may come back. What is to run may change meanwhile: a child is then drained and started as it is wanted now.
Should the supervisor itself be killed, its warden (`guard`, `warden`) ends all children.

Nothing of its own log ends it: lines are cut, what cannot be printed or kept is counted (`lines`, `outlet`).
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from telltale.backoff import back_off
from telltale.operate.guard import Guard
from telltale.operate.lines import Lines, shortened
from telltale.operate.outlet import LogFiles, unfailing_output

STOP_S = 30.0
"""How long a child may drain: longer than a landing ticket, and than a step of settling."""
LONGEST_WAIT_S = 30.0
STEADY_S = 60.0
"""A child that ran this long starts again without delay."""
LAST_WORDS_S = 1.0
"""How long what a child has printed is still read after its end; what it left behind may hold the pipe for ever."""
LOOK_S = 5.0
"""How often the warden is looked after."""
FOLLOW_S = 1.0
"""How often it is asked whether something else is to run."""

Say = Callable[[str, str], None]
"""Told (name of the child, one line)."""


class Child(NamedTuple):
    """A process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}


class Change(NamedTuple):
    """What is to run from now on, and who of those that run must start again for it."""

    children: Sequence[Child]
    again: Collection[str]


Follow = Callable[[], Change | None]
"""Asked now and then what is to run; None is what runs. It may block."""


def telltale_command(*arguments: str) -> tuple[str, ...]:
    """A telltale command as a child's command line, with this very Python."""
    return (sys.executable, "-m", "telltale", *arguments)


def print_line(name: str, line: str) -> None:
    """Print one line with the time and the child's name in front."""
    print(f"{time.strftime('%H:%M:%S')} {name:<10} │ {line}\n", end="", flush=True)


@contextmanager
def logging_to(folder: Path) -> Iterator[Say]:
    """A way to say lines that prints them, and keeps them in a file for each child; it never waits and never fails.

    Standard output is unfailing inside the block, for whoever prints.
    """
    files = LogFiles(folder)

    def say(name: str, line: str) -> None:
        print_line(name, line)
        files.put(name, line)

    try:
        with unfailing_output():
            yield say
    finally:
        files.close()


def supervise(children: Sequence[Child], *, say: Say = print_line, follow: Follow = lambda: None) -> tuple[str, ...]:
    """Keep the children running until Ctrl-C, SIGTERM or the end of the terminal, then drain them.

    Returns:
        the names of those that were not drained: they had to be killed, or ended with an error.
    """
    supervisor = Supervisor(children, say=say, follow=follow)
    with unfailing_output():
        asyncio.run(_until_signal(supervisor))
    return tuple(supervisor.undrained)


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

    def __init__(
        self,
        children: Sequence[Child],
        *,
        say: Say = print_line,
        stop_s: float = STOP_S,
        follow: Follow = lambda: None,
    ) -> None:
        self._children = children
        self._heard_by = say
        self._stop_s = stop_s
        self._follow_what = follow
        self._guard = Guard()
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event
        self._kept: dict[str, _Kept] = {}
        self.undrained: list[str] = []
        """Children that at the end of all had to be killed, or ended with an error."""

    async def run(self) -> None:
        """Keep all children running until `stop`, and return when every one has ended."""
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stopping.is_set() or not self._children:
            return
        self._look_after_warden()
        beside = [asyncio.create_task(self._watch()), asyncio.create_task(self._follow())]
        self._change(Change(self._children, ()))
        try:
            await self._stopped.wait()
            for kept in self._kept.values():
                kept.end.set()
            await asyncio.gather(*(kept.task for kept in self._kept.values()))
        finally:
            for task in beside:
                task.cancel()
            self._guard.close()

    def stop(self) -> None:
        """Ask the children to end."""
        self._stopping.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stopped.set)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            try:
                change = await asyncio.to_thread(self._follow_what)
            except Exception as error:  # noqa: BLE001 - whatever it is, the children run on as they are
                self._say("up", f"what is to run cannot be told ({error or type(error).__name__})")
                continue
            if change is not None and not self._stopped.is_set():
                self._change(change)

    def _change(self, change: Change) -> None:
        """Let what is not wanted any more end, and start what is, each after its former self has ended."""
        wanted = {child.name: child for child in change.children}
        for name in list(self._kept):
            if name not in wanted or name in change.again:
                self._kept[name].end.set()
        for name, child in wanted.items():
            former = self._kept.get(name)
            if former is None or former.end.is_set():
                end = asyncio.Event()
                after = former.task if former else None
                self._kept[name] = _Kept(end, asyncio.create_task(self._keep(child, end, after)))

    def _say(self, name: str, line: str) -> None:
        with suppress(Exception):  # whoever listens, and whatever goes wrong there: the children run on
            self._heard_by(name, line)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._look_after_warden()

    def _look_after_warden(self) -> None:
        try:
            self._guard.look()
        except (OSError, MemoryError) as error:
            self._say("up", f"the warden of the processes cannot be started ({error}); tried again in {LOOK_S:g} s")

    async def _keep(self, child: Child, end: asyncio.Event, after: "asyncio.Task[None] | None") -> None:
        if after is not None:
            await asyncio.wait({after})
        failures = 0
        while not end.is_set():
            started = time.monotonic()
            try:
                how = await self._once(child, end)
            except Exception as error:  # noqa: BLE001 - no memory, no processes, no such program: others run on
                how = f"cannot be started ({error or type(error).__name__})"
            if end.is_set():
                return
            failures = 0 if time.monotonic() - started > STEADY_S else failures + 1
            wait = back_off(failures, longest_s=LONGEST_WAIT_S)
            self._say(child.name, f"{how}; starts again in {wait:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), wait)

    async def _once(self, child: Child, end: asyncio.Event) -> str:
        """One life of a child, its lines said as they come: how it ended."""
        transport, life = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Life(partial(self._say, child.name)),
            *child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **child.environment, **self._guard.environment},
            **_own_group(),
        )
        pid = transport.get_pid()
        self._guard.began(pid)
        is_asked = False
        try:
            stopped = asyncio.create_task(end.wait())
            either: set[asyncio.Future[Any]] = {life.ended, stopped}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not life.ended.done():
                is_asked = True
                _ask_to_end(transport)
                await asyncio.wait({life.ended}, timeout=self._stop_s)
        finally:
            _kill_group(transport)  # also what the child has left behind
            await asyncio.wait({life.ended})
            await asyncio.wait({life.silent}, timeout=LAST_WORDS_S)
            transport.close()
            self._guard.ended(pid)
        if is_asked and self._stopped.is_set() and transport.get_returncode() != 0:  # at a restart it is of no moment
            self.undrained.append(child.name)
        return _ending(transport.get_returncode(), life.lines.last)


class _Kept(NamedTuple):
    """A child that is kept running until its end is asked for."""

    end: asyncio.Event
    task: "asyncio.Task[None]"


class _Life(asyncio.SubprocessProtocol):
    """What is heard of a child from its start to its end."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        self.lines = Lines(hear)
        self.ended: asyncio.Future[None] = loop.create_future()
        self.silent: asyncio.Future[None] = loop.create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - one pipe for both
        self.lines.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        self.lines.finish()
        if not self.silent.done():
            self.silent.set_result(None)

    def process_exited(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _ending(code: int | None, last: str) -> str:
    """How a child ended, and what it said at last."""
    how = f"ended with exit code {code}"
    if code is not None and code < 0:
        with suppress(ValueError):
            how = f"was ended by {signal.Signals(-code).name}"
    return f"{how}, last said: {shortened(last)}" if last else how


async def _until_signal(supervisor: Supervisor) -> None:
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):  # started by nohup
            continue
        try:
            loop.add_signal_handler(number, supervisor.stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: supervisor.stop())
    await supervisor.run()


if sys.platform == "win32":

    def _own_group() -> dict[str, Any]:
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def _ask_to_end(transport: asyncio.SubprocessTransport) -> None:
        with suppress(ProcessLookupError):
            transport.send_signal(signal.CTRL_BREAK_EVENT)

    def _kill_group(transport: asyncio.SubprocessTransport) -> None:
        with suppress(ProcessLookupError):
            transport.kill()

else:

    def _own_group() -> dict[str, Any]:
        return {"start_new_session": True}

    def _ask_to_end(transport: asyncio.SubprocessTransport) -> None:
        with suppress(ProcessLookupError):
            transport.terminate()

    def _kill_group(transport: asyncio.SubprocessTransport) -> None:
        with suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
