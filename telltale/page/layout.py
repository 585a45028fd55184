"""A dashboard page as HTML in slots: the page replaces only the slots that changed (see board.js)."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from telltale.page import html as markup


class Placed(NamedTuple):
    """A card as data (`telltale.page.pieces.Card.data`) in its place."""

    name: str
    span: int
    card: Mapping[str, Any]
    height: int = 0
    """Of its chart, px; 0 without one."""


class Choice(NamedTuple):
    """A control and what is chosen."""

    name: str
    label: str
    options: Mapping[str, str]
    kind: str
    value: str


def html(
    name: str,
    *,
    sentence: Mapping[str, Any],
    tiles: Mapping[str, Any] | None,
    choices: Sequence[Choice],
    rows: Sequence[Sequence[Placed]],
    foot: str,
) -> str:
    """The page below the bar."""
    cards = "".join(f'<div class="cards">{"".join(map(_placed, row))}</div>' for row in rows)
    return (
        f'<div class="board" data-page="{escape(name)}">'
        f"{_slot('opening', markup.piece(sentence))}"
        f"{_slot('controls', controls(choices)) if choices else ''}"
        f"{_slot('tiles', markup.piece(tiles)) if tiles else ''}"
        f"{cards}"
        f"{_slot('foot', f'<footer class=foot><p>{markup.inline(foot)}</p></footer>') if foot else ''}"
        "</div>"
    )


def controls(choices: Sequence[Choice]) -> str:
    """The row of controls."""
    return f'<form class="controls" aria-label="What to show">{"".join(map(_control, choices))}</form>'


def _slot(name: str, content: str) -> str:
    return f'<div data-slot="{name}">{content}</div>'


def _placed(placed: Placed) -> str:
    html = markup.piece(placed.card)
    if placed.height:
        html = html.replace('<div class="plot"', f'<div class="plot" style="min-height:{placed.height}px"', 1)
    return f'<div class="cell s{placed.span}" data-slot="card-{escape(placed.name)}">{html}</div>'


def _control(choice: Choice) -> str:
    name, label = escape(choice.name), escape(choice.label)
    default = escape(next(iter(choice.options)))
    if choice.kind == "toggle":
        options = "".join(
            f'<label><input type="radio" name="{name}" value="{escape(value)}"'
            f"{' checked' if value == choice.value else ''}><span>{escape(words)}</span></label>"
            for value, words in choice.options.items()
        )
        return f'<fieldset class="toggle" data-default="{default}"><legend>{label}</legend>{options}</fieldset>'
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == choice.value else ""}>{escape(words)}</option>'
        for value, words in choice.options.items()
    )
    return f'<label class="list">{label} <select name="{name}" data-default="{default}">{options}</select></label>'
