"""Forgettings that were stopped: until they are finished, some of what they are about is kept still."""

from collections.abc import Iterator

import sqlalchemy as sa

from telltale.landing.schema import FORGETTING
from telltale.operate.finding import Finding
from telltale.wording import count
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

FIX = 'run the same "telltale forget" again, or any other: it finishes them first'


def forgettings(project: Project) -> Iterator[Finding]:
    """How many are not over, and since when; nothing is said where none is, and of nobody whom they are about."""
    query = sa.select(FORGETTING.c.begun_at).where(FORGETTING.c.ended_at.is_(None)).order_by(FORGETTING.c.begun_at)
    with project.store.reader() as connection:
        begun = list(connection.scalars(query))
    if begun:
        since = local_time(begun[0], project.zone())
        stopped = f"{count(len(begun), 'forgetting')} begun on {since:%Y-%m-%d %H:%M}, not over"
        yield Finding("forgettings", "wrong", stopped, FIX)
