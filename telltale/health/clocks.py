"""Devices whose own clock is wrong: a fault of its own, whatever else they tell.

A device is heard when its message comes, by our clock; its own only orders what it told. So a wrong one hides nothing,
and what it stamped lies in another year.
"""

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from telltale.health import analysis
from telltale.health.calls import health_tables
from telltale.health.question import PC_SOURCE, Signals
from telltale.tables import AHEAD_US, LATE_US
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question, ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import SECOND

if TYPE_CHECKING:
    import pandas as pd

AHEAD_S, BEHIND_S = AHEAD_US / SECOND, LATE_US / SECOND
"""A clock is wrong that is ahead of ours by more than five minutes, which no delay explains, or behind by more than the
day after which rows count as late. Source: wire/presence.md R8."""


class WrongClock(NamedTuple):
    """One device, and how far its clock is from ours."""

    source: str
    device_id: str
    name: str
    """Empty of a PC, unless single PCs are shown."""
    behind_s: float
    """The median of its last twenty messages; negative: ahead."""


def wrong_clocks(*, project: Project | None = None) -> "pd.DataFrame":
    """The devices heard in the last 24 hours whose clock is wrong, the farthest first.

    Columns: source, device_id, name (empty of a PC, unless single PCs are shown, and so is its id), behind_s (the
    median of its last twenty messages; negative: ahead). Wrong is more than five minutes ahead, or more than a day
    behind.

    Args:
        project: another project than the one found from here.
    """
    project = project or here()
    with project.at_one_moment():
        found = wrong(project)
    rows = [one._asdict() | {"device_id": one.device_id if one.name else ""} for one in found]
    return tidy(pa.Table.from_pylist(rows, WRONG))


WRONG = pa.schema([*((name, pa.string()) for name in ("source", "device_id", "name")), ("behind_s", pa.float64())])


def wrong(project: Project) -> list[WrongClock]:
    """The devices heard in the last 24 hours whose clock is wrong, the farthest first."""
    rows = health_tables(project, "24h").devices.to_pylist()
    found = [
        WrongClock(row["source"], row["device_id"], row["name"], row["clock_offset_s"])
        for row in rows
        if row["reports"] and _is_wrong(row["clock_offset_s"])
    ]
    if not project.settings.shows_single_pcs:
        found += ask(_of_pcs, "24h", None, project=project)
    return sorted(found, key=lambda one: (-abs(one.behind_s), one.device_id))


def _of_pcs(question: Question) -> list[WrongClock]:
    signals, span = Signals(question, PC_SOURCE), question.span
    judged = analysis.devices(
        signals.engine, signals.pcs(), signals.info, since_us=span.since_us, now_us=span.until_us,
        rules=analysis.RESTING,
    ).arrow()  # fmt: skip
    return [
        WrongClock(row["source"], row["device_id"], "", row["clock_offset_s"])
        for row in judged.to_pylist()
        if row["reports"] and _is_wrong(row["clock_offset_s"])
    ]


def _is_wrong(behind_s: float | None) -> bool:
    return behind_s is not None and not -AHEAD_S <= behind_s <= BEHIND_S
