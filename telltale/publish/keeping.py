"""The schedule as a process that goes on: a pass when something is due, and none when nothing is."""

import threading
from collections.abc import Callable, Mapping

from telltale.lake.snapshot import change
from telltale.publish import ledger
from telltale.publish.clock import looked_us
from telltale.publish.going_on import again
from telltale.publish.looking import Found, due_of
from telltale.publish.readers import readers
from telltale.publish.schedule import once
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND

TICK_S = 5.0
AT_ONCE = 2
"""Notebooks run at the same time: on two cores ten reports take half as long as one after another."""
LOOKED_US = 60 * SECOND
"""How often late data is looked for, while records come."""


def keep(project: Project, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Make what becomes due until `stop` is set; what fails is said and tried again, and the rest goes on.

    Args:
        project: whose reports.
        stop: ends it, after what is under way.
        say: told what was made and what failed.
    """
    watch = Watch(project)

    def each() -> None:
        if watch.is_time():
            once(project, say=say, stop=stop, at_once=AT_ONCE, looked=watch.looked)

    again(each, stop, say, every_s=TICK_S)


class Watch:
    """Whether a pass has anything to do, for the price of two small questions to the store.

    Args:
        project: whose reports.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._first_us: Mapping[tuple[str, str], int] | None = None
        self._looked_us = 0
        self._change = -1

    def is_time(self) -> bool:
        """Whether a period is over and not made, an attempt may begin again, or the last look is too old."""
        project, now_us = self._project, self._project.now_us()
        changed = change(project.store)
        if self._first_us is None or (changed != self._change and not 0 <= now_us - self._looked_us < LOOKED_US):
            self._looked_us, self._change = now_us, changed
            return True
        wanted = {(of.report, of.key) for of in readers(project.settings)}
        runs = [run for run in ledger.runs(project.store) if run.key[:2] in wanted]
        if any(run.is_ready(now_us) for run in runs):
            return True
        if any(run.told_at is None and run.state in ("done", "failed") for run in runs):
            return not any(run.is_held(now_us) for run in runs)
        return self._is_missing({run.key for run in runs}, looked_us(project))

    def looked(self, found: Found) -> None:
        """What a pass saw."""
        self._first_us = found.first_us

    def _is_missing(self, known: set[tuple[str, str, str]], now_us: int) -> bool:
        first_us = self._first_us or {}
        return any(
            (of.report, of.key, period.name) not in known
            for of in readers(self._project.settings)
            if (of.report, of.key) in first_us
            for period in due_of(self._project, of, first_us=first_us[of.report, of.key], now_us=now_us).periods
        )
