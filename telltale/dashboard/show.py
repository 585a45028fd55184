"""What a dashboard's notebook calls: the page, live where `telltale dashboard` serves it, as of now in JupyterLab."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from telltale.dashboard.client import Asking, FiguresAway, Remote, computed_for_all

if TYPE_CHECKING:
    from telltale.page.board import Ask, Board, Page

MARK = "telltale_page"
"""Metadata of the output that is a page; the template puts it below the bar."""


def show(page: "str | Page", **choice: str) -> None:
    """Show a page.

    Args:
        page: the name of one of ours (presence, operations …), or a function `(Ask) -> Board` of your own.
        **choice: what to show of it outside a dashboard, such as `period="7d"`.
    """
    from IPython.display import display, publish_display_data

    if not computed_for_all():
        for piece in _pieces(page, choice):
            display(piece)  # type: ignore[no-untyped-call]
        return
    from telltale.dashboard.widget import Live, page_bundle

    ask = _asking(page)
    answer = None
    with suppress(FiguresAway):  # the live line says so, and brings the page when they are back
        answer = ask({})
    if answer is not None:
        publish_display_data(page_bundle(answer), metadata={MARK: True})  # type: ignore[no-untyped-call]
    display(Live(ask))  # type: ignore[no-untyped-call]


def _asking(page: "str | Page") -> Asking:
    if isinstance(page, str):
        return Remote(page)
    from telltale.dashboard.boards import Boards, OnePage
    from telltale.workbench.project import Project

    name = page.__name__
    return OnePage(Boards(Project(), {name: partial(_fresh, page)}), name)


def _fresh(page: "Page", ask: "Ask") -> "Board":
    """The page; where it does not say how fresh its records are, the newest of any source counts."""
    from telltale.page.board import Freshness
    from telltale.workbench.source_state import sources_table
    from telltale.workbench.times import micros

    board = page(ask)
    if board.freshness != Freshness():
        return board
    newest = max(filter(None, sources_table(ask.project)["newest"].to_pylist()), default=None)
    fresh = Freshness(None if newest is None else micros(newest), timezone=ask.project.zone())
    return replace(board, freshness=fresh)


def _pieces(page: "str | Page", choice: dict[str, str]) -> list[Any]:
    """The pieces of the page as it stands now."""
    from telltale.dashboard.pages import PAGES
    from telltale.page.board import Ask
    from telltale.workbench.here import here

    board = (PAGES[page] if isinstance(page, str) else page)(Ask(here(), choice))
    tiles = [board.tiles] if board.tiles else []
    return [board.sentence, *tiles, *(cell.make() for row in board.rows for cell in row)]
