"""A dashboard page as HTML in slots: the page replaces only the slots that changed (see board.js)."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from telltale.page import html as markup
from telltale.page.board import Finder


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
    finder: Finder | None = None,
) -> str:
    """The page below the bar."""
    cards = "".join(f'<div class="cards">{"".join(map(_placed, row))}</div>' for row in rows)
    return (
        f'<div class="board" data-page="{escape(name)}">'
        f"{_slot('opening', markup.piece(sentence))}"
        f"{_slot('controls', controls(choices)) if choices else ''}"
        f"{_slot('tiles', markup.piece(tiles)) if tiles else ''}"
        f"{cards}"
        f"{_finder(finder) if finder else ''}"
        f"{_slot('foot', f'<footer class=foot><p>{markup.inline(foot)}</p></footer>') if foot else ''}"
        "</div>"
    )


_FIELDS = (
    ("limit", "Rows", 'type="number" min="1" max="200" placeholder="25"'),
    ("min_dbm", "Weakest frame at least, dBm", 'type="number" min="-120" max="0" placeholder="−120"'),
    ("avg_dbm", "Mean at least, dBm", 'type="number" min="-120" max="0" placeholder="−120"'),
)


def _finder(finder: Finder) -> str:
    """The form, in a slot that never changes, so that what is typed and found stays when the page is renewed."""
    options = "".join(
        f'<option value="{escape(node)}">{escape(name or node)}</option>' for node, name in finder.nodes.items()
    )
    node = (
        f'<label>Node <select name="node"><option value="">All</option>{options}</select></label>'
        if finder.nodes
        else '<label>Node <input name="node" autocomplete="off" placeholder="ac:86:74:…"></label>'
    )
    numbers = "".join(f'<label>{label} <input name="{name}" {how}></label>' for name, label, how in _FIELDS)
    form = (
        '<form autocomplete="off" aria-label="Look up sightings">'
        '<label>Station <input name="station" autocomplete="off" spellcheck="false" size="18" '
        'placeholder="address or pseudonym"></label>'
        f'{node}{numbers}<button name="find">Look up</button><button name="sample">Sample data</button></form>'
        '<p class="basis">A typed address is turned into its pseudonyms and goes no further. For the owner: single '
        'sightings, under pseudonyms.</p><div class="found" aria-live="polite"></div>'
    )
    return (
        f'<section class="finder">{_slot("found", f"<h2>{markup.inline(finder.title)}</h2>")}'
        f"{_slot('finder', form)}</section>"
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
