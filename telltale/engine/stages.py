"""How far Spark is with what takes long: its stages and their tasks, for whoever looks.

A server of Spark Connect tells by itself while it works. A Java machine beside this process is asked from a thread of
its own; no answer waits for it or depends on it.

Source: PySpark API reference, SparkSession.registerProgressHandler and StatusTracker.
"""

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

Tell = Callable[[str], None]
"""Shown a line that takes the place of the one before; the empty one when there is nothing to tell any more."""
AFTER_S = 2.0
"""What is answered sooner needs no telling."""
EVERY_S = 0.5


class Stage(NamedTuple):
    """A stage that is at work."""

    number: int
    tasks: int
    done: int


def words(stages: Iterable[Stage]) -> str:
    """The stages at work in a line: `Spark: stage 12, 143 of 400 tasks`; empty where none is."""
    at_work = sorted(stages)
    if not at_work:
        return ""
    numbers = ", ".join(str(stage.number) for stage in at_work)
    tasks, done = sum(stage.tasks for stage in at_work), sum(stage.done for stage in at_work)
    return f"Spark: stage{'s' if len(at_work) > 1 else ''} {numbers}, {done:,} of {tasks:,} tasks"


@contextmanager
def told(session: Any, tell: Tell | None, *, is_remote: bool) -> Iterator[None]:
    """Inside the block the stages at work are told, once it has lasted a while; nothing is done where nobody looks.

    Args:
        session: of Spark.
        tell: where to.
        is_remote: whether it is one of Spark Connect.
    """
    if tell is None:
        yield
        return
    with _by_server(session, tell) if is_remote else _by_asking(session, tell):
        yield


@contextmanager
def _by_server(session: Any, tell: Tell) -> Iterator[None]:
    was_told = False

    def heard(stages: Any, inflight_tasks: int, operation_id: str | None, done: bool) -> None:  # noqa: ARG001 - as PySpark calls it
        nonlocal was_told
        at_work = [Stage(each.stage_id, each.num_tasks, each.num_completed_tasks) for each in stages if not each.done]
        if at_work and not done:
            was_told = True
            tell(words(at_work))

    session.registerProgressHandler(heard)
    try:
        yield
    finally:
        session.removeProgressHandler(heard)
        if was_told:
            tell("")


@contextmanager
def _by_asking(session: Any, tell: Tell) -> Iterator[None]:
    over = threading.Event()
    tracker = session.sparkContext.statusTracker()

    def ask() -> None:
        said, wait_s = "", AFTER_S
        while not over.wait(wait_s):
            wait_s = EVERY_S
            try:
                found = [(number, tracker.getStageInfo(number)) for number in tracker.getActiveStageIds()]
            except Exception:  # noqa: BLE001 - a machine that is gone is said by the question itself
                break
            line = words(Stage(number, info.numTasks, info.numCompletedTasks) for number, info in found if info)
            if line and line != said:
                said = line
                tell(line)
        if said:
            tell("")

    # A notebook shows what a thread says below the cell whose context it has.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(ask,), daemon=True, name="stages of Spark")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
