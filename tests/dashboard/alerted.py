"""Alerts that last, as the ledger holds them: one of a sensor, one of a person's PC."""

from contextlib import closing
from pathlib import Path

from telltale.publish.alerts import ledger
from telltale.publish.alerts.episodes import Episode
from telltale.settings import load
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND

SENSOR, PC = "1", "2"
"""Their numbers."""
RAW_ID = 4711
ALERTS = '[alerts.fridges]\non = "excursion"\n[alerts.clocks]\non = "wrong_clock"\n'


def alert(root: Path) -> None:
    """Let both last for an hour."""
    with (root / "telltale.toml").open("a") as file:
        file.write(ALERTS)
    with closing(Project(settings=load(root))) as project, project.store.writer() as connection:
        now_us = project.now_us()
        begins_us = now_us - 3_600 * SECOND
        warm = Episode("sigfox:a1", "temperature above", "°C", begins_us, now_us, peak=9.5, raw_ids=(RAW_ID,))
        wrong = Episode("pc:desk-3", "clock", "s", begins_us, now_us, peak=900.0)
        ledger.enter(connection, "fridges", [warm], [], ended_us=None)
        ledger.enter(connection, "clocks", [wrong], [], ended_us=None)
