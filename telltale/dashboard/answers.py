"""A page as its readers' browsers get it: JSON-able data, with what it claims and what a reader may choose next."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.contract import TelltaleError
from telltale.page import layout
from telltale.page.board import Board, Cell
from telltale.page.claims import Claim
from telltale.page.pieces import Card, plotly_json
from telltale.page.said import claims_of
from telltale.workbench.times import SECOND

log = logging.getLogger("telltale.dashboard")

MOST_READY = 4
"""A control of more options, such as the pages of a long table, is not kept ready."""

Answer = dict[str, Any]
Made = Card | str
"""A card, or why there is none."""


def claims(board: Board, cards: Mapping[str, Made]) -> dict[str, Claim]:
    """What the page claims, by id."""
    pieces = [board.sentence, *([board.tiles] if board.tiles else [])]
    pieces += [card for card in cards.values() if isinstance(card, Card)]
    said = [claim for piece in pieces for claim in piece.claims]
    return {claim.id: claim for claim in (*said, *claims_of(board.foot))}


def next_choices(board: Board) -> list[tuple[tuple[str, str], ...]]:
    """The choices one step away, as the page's address spells them: without what is the default."""
    defaults = {control.name: control.default for control in board.controls}
    steps = (
        {**board.choice, control.name: value}
        for control in board.controls
        if len(control.options) <= MOST_READY
        for value in control.options
        if value != board.choice.get(control.name, control.default)
    )
    return [tuple(sorted((name, value) for name, value in step.items() if value != defaults[name])) for step in steps]


def failure(error: Exception, where: str) -> str:
    """What went wrong, for people; the rest goes to the log."""
    if isinstance(error, TelltaleError):
        return f"{wording.sentence_case(str(error))}."
    log.error("%s", where, exc_info=error)
    return f'This could not be computed ({type(error).__name__}). Run "telltale doctor"; the log has the details.'


def told(page: str, board: Board, cards: Mapping[str, Made]) -> Answer:
    """A board as JSON-able data: the page's HTML, its figures by card, and freshness; a card not made yet waits."""
    figures: dict[str, Any] = {}
    rows = []
    for row in board.rows:
        placed = []
        for cell in row:
            data, figure = _card_data(cards.get(cell.name), cell)
            if figure:
                figures[cell.name] = figure
            placed.append(layout.Placed(cell.name, cell.span, data, figure["layout"].get("height", 0) if figure else 0))
        rows.append(placed)
    choices = [
        layout.Choice(one.name, one.label, one.options, one.kind, board.choice.get(one.name, one.default))
        for one in board.controls
    ]
    html = layout.html(
        page,
        sentence=board.sentence.data(),
        tiles=board.tiles.data() if board.tiles else None,
        choices=choices,
        rows=rows,
        foot=board.foot,
        finder=board.finder,
    )
    fresh = board.freshness
    newest = None if fresh.newest_us is None else fresh.newest_us / SECOND
    return {
        "html": html,
        "figures": figures,
        "freshness": {**fresh._asdict(), "newest": newest},
    }


def _card_data(card: Made | None, cell: Cell) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if not isinstance(card, Card):
        state = {"waits": True} if card is None else {"failed": card}
        return {"kind": "card", "title": cell.title, "subtitle": "", "notes": [], **state}, None
    data = card.data()
    if "figure" not in data:
        return data, None
    figure = plotly_json(card.evidence)
    # What stands around the plot is in its HTML; of `meta` the page needs only the layout of narrow places.
    figure["layout"]["meta"] = {"narrow": figure["layout"].get("meta", {}).get("narrow", {})}
    return data, {"data": figure["data"], "layout": json.loads(json.dumps(figure["layout"]))}
