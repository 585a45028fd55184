"""Which project is meant where none is named: the one whose folder this is."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from telltale.settings import SETTINGS_FILE, find_root
from telltale.workbench.as_of import told
from telltale.workbench.project import DUCKDB, Project
from telltale.workbench.shown import in_zone

RUNS_ON = "TELLTALE_RUNS_ON"
"""The engine that the kernel of a report is told to answer by."""
_here: dict[Path, tuple[int, Project]] = {}
_standing: ContextVar[Project | None] = ContextVar("standing", default=None)


@contextmanager
def standing_at(project: Project) -> Iterator[None]:
    """Inside the block `here` is this project: one of a moment that has passed."""
    token = _standing.set(project)
    try:
        yield
    finally:
        _standing.reset(token)


def here() -> Project:
    """The project found from the current folder; opened once, and again when its telltale.toml has changed.

    The kernel of a report is told the moment it is of by the environment: see `telltale.workbench.as_of`.

    Raises:
        ConfigError: there is none from here upwards and `TELLTALE_HOME` is not set.
    """
    if (standing := _standing.get()) is not None:
        return standing
    root = find_root()
    changed = (root / SETTINGS_FILE).stat().st_mtime_ns
    opened = _here.get(root)
    if opened is None or opened[0] != changed:
        if opened is not None:
            opened[1].close()
        made = Project(root, as_of=told(), runs_on=os.environ.get(RUNS_ON, DUCKDB))
        if made.as_of is not None:
            atexit.register(made.close)
        _here[root] = opened = (changed, made)
        in_zone(opened[1].zone(), "" if made.as_of is None else made.as_of.words(made.zone()))
    return opened[1]
