"""A page is of one moment: one snapshot and one present for all its cards, whatever comes or goes meanwhile."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telltale.contract import Raw
from telltale.dashboard import concerns
from telltale.dashboard.boards import Boards
from telltale.dashboard.pages import PAGES
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell
from telltale.page.lists import Concern
from telltale.page.pieces import Card, Sentence, Table
from telltale.settings import load
from telltale.workbench import Project
from tests.dashboard import dashboards
from tests.lake_fixture import at, hear, set_clock, write_settings

NOON = "2026-11-20T12:00"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    opened = Project(settings=load(write_settings(tmp_path)))
    set_clock(opened, at("2026-11-20T14:00"))
    hear(opened, ("3c:06:30:aa:bb:01", NOON, NOON))
    yield opened
    opened.close()


def heard(project: Project) -> int:
    """How many reports the store shows."""
    return int(project.view().table("node_heartbeat").arrow().num_rows)


def two_cells(between: Callable[[Project], None]) -> Callable[[Ask], Board]:
    """A page of two cards that count the reports, and what happens between them."""

    def page(ask: Ask) -> Board:
        def first() -> Card:
            card = Card("First", Table(("n",), [(f"{heard(ask.project)} before",)]))
            between(ask.project)
            return card

        def second() -> Card:
            return Card("Second", Table(("n",), [(f"{heard(ask.project)} after",)]))

        return Board(Sentence("Two"), rows=[[Cell("first", 6, "One", first), Cell("second", 6, "Two", second)]])

    return page


def said(boards: Boards) -> list[str]:
    answer = boards.get("page", {}, again=True)
    assert answer is not None
    return re.findall(r"\d+ before|\d+ after", answer["html"])


def test_a_record_added_between_two_questions_of_one_page_is_seen_by_neither(project: Project) -> None:
    minutes = iter(("2026-11-20T12:10", "2026-11-20T12:20"))

    def arrive(one: Project) -> None:
        minute = next(minutes)
        hear(one, ("3c:06:30:aa:bb:02", minute, minute))

    boards = Boards(project, {"page": two_cells(arrive)})
    assert said(boards) == ["1 before", "1 after"]
    assert said(boards) == ["2 before", "2 after"]


def test_a_purge_between_two_questions_asks_the_whole_page_anew(project: Project) -> None:
    settle_all(project.lake, now_us=project.now_us())

    def purge(one: Project) -> None:
        files = [file for file in one.lake.snapshot().files if file.table_name == "node_heartbeat"]
        drop(one.lake, files, now_us=one.now_us(), freeze=False)
        for file in files:
            one.lake.root.delete(file.path)

    assert said(Boards(project, {"page": two_cells(purge)})) == ["0 before", "0 after"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    opened = Project(dashboards.fill_until_now(tmp_path_factory.mktemp("filled"), hours=3))
    yield opened
    opened.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_one_snapshot(filled: Project, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cold, and again when a record has come: also with the badges of all pages."""
    boards = Boards(filled, PAGES, concerns.gathered)
    take = filled.lake.snapshot
    taken: list[int] = []

    def counted(**told: Any) -> Any:
        taken.append(1)
        return take(**told)

    monkeypatch.setattr(filled.lake, "snapshot", counted)
    for _ in range(2):
        taken.clear()
        answer = boards.get(page, {}, again=True)
        assert answer is not None
        assert "No record has arrived yet" not in answer["html"]
        assert 'role="alert"' not in answer["html"]
        assert len(taken) == 1
        _land(filled)


def _land(project: Project) -> None:
    landing = project.landing()
    landing.append(Raw(0, "cloudtrax", project.now_us(), "", "{}", b"{}"))
    landing.close()


def test_what_needs_a_look_is_gathered_once_for_all_pages(project: Project) -> None:
    gathered: list[int] = []

    def gather(_project: Project) -> list[Notice]:
        gathered.append(1)
        return [Notice(Concern("alarm", "It is silent", "", "", "", "second"), "", None)]

    def page(_ask: Ask) -> Board:
        return Board(Sentence("Nothing to count"))

    names = ("first", "second", "third", "person-1")
    boards = Boards(project, dict.fromkeys(names, page), gather)
    badges = [(boards.get(name, {}) or {})["attention"] for name in names]
    assert badges == [{"second": 1}] * 3 + [{}], "one's own page tells nothing of others"
    assert len(gathered) == 1
    boards.get("second", {}, again=True)
    assert len(gathered) == 1, "a minute old at most"
    boards.get("first", {}, again=True)
    assert len(gathered) == 2, "the page that lists them counts as it lists"


def test_what_needs_a_look_is_found_once_for_one_state_of_the_store(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def gathered(_project: Project, *, with_refusals: bool) -> list[Notice]:
        calls.append(with_refusals)
        return []

    monkeypatch.setattr(concerns, "_gathered", gathered)
    for _ in range(3):
        assert concerns.gathered(project) == []
    assert len(calls) == 1
    _land(project)
    concerns.gathered(project)
    assert len(calls) == 2


def test_badges_that_cannot_be_computed_do_not_take_the_page(project: Project) -> None:
    def gather(_project: Project) -> list[Notice]:
        raise ZeroDivisionError

    answer = Boards(project, {"page": lambda _ask: Board(Sentence("Here"))}, gather).get("page", {})
    assert answer is not None
    assert "Here" in answer["html"]
    assert answer["attention"] == {}
