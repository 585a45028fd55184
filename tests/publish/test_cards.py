"""What became of each period, on the owner's health page."""

from contextlib import closing
from pathlib import Path

from telltale.dashboard import owner_health
from telltale.page.board import Ask
from telltale.page.table import Table
from telltale.publish import ledger, schedule
from telltale.publish.cards import reports
from telltale.publish.due import Stretch
from telltale.workbench.times import Span
from tests.publish.scheduled import ZONE, World, at


def test_what_failed_stands_first_and_then_the_newest(tmp_path: Path) -> None:
    world = World(tmp_path, now="2026-11-16 01:00")
    world.hears("2026-11-13 10:00")
    with closing(world.project()) as project:
        assert reports(project, ZONE).data()["empty"] == "No period of a report is over yet."
        schedule.once(project, make=world.make)
        card = reports(project, ZONE)
        assert card.title == "Every closed period is made, the newest is 2026-11-15"
        assert isinstance(card.evidence, Table)
        assert [row[:3] for row in card.evidence.rows] == [
            ["visitors", "2026-11-15", "nothing came"],
            ["visitors", "2026-11-14", "nothing came"],
            ["visitors", "2026-11-13", "made"],
        ]
        world.hears("2026-11-13 11:00", 2, received="2026-11-16 02:00")
        world.now_us = at("2026-11-16 02:00")
        (run,) = [run for run in ledger.runs(project.store) if run.period == "2026-11-13"]
        again = ledger.claim(project.store, "visitors", "", _stretch(run), now_us=world.now_us, seen=run.seen)
        assert again is not None
        with project.store.writer() as connection:
            ledger.fail(connection, again, "cell 7 failed", now_us=world.now_us)
        card = reports(project, ZONE)
        assert card.title == "!!1\N{NO-BREAK SPACE}period!! of visitors could not be made"
        assert isinstance(card.evidence, Table)
        assert card.evidence.rows[0][1:3] == ["2026-11-13", "tried again soon"]
        assert card.evidence.rows[0][-1] == "cell 7 failed"

        board = owner_health.page(Ask(project))
        assert [cell.name for row in board.rows for cell in row if cell.name == "reports"] == ["reports"]


def _stretch(run: ledger.Run) -> Stretch:
    return Stretch(run.period, Span(run.begins_at, run.ends_at))
