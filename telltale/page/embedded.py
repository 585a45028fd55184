"""Data inside a page: JSON in a script element, and figures whose texts cannot become markup.

A script element ends at `</script` and is read on past it after `<!--` and `<script`, whatever the JSON in it says, so
that a device called so would take a page's charts away or begin a script. Here no `<`, `>` or `&` is left. All JSON of
pages and reports goes through this module; a template takes Jinja's `tojson`, which does the same.

Source: HTML Living Standard, 13.2.5.17 script data escaped state; OWASP XSS Prevention, HTML JSON values.
"""

import json
import re
from html import escape
from typing import Any

_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_NOT_OURS = re.compile(r"<(?!(?:/?b|br|/?extra)>)")
"""Plotly takes links, pictures of fonts and more for markup in its texts; our charts use bold and new lines only."""


def json_text(value: Any) -> str:
    """A value as JSON that may stand in a script element; it reads back as the same value."""
    return json.dumps(value, separators=(",", ":")).translate(_ESCAPED)


def json_element(value: Any, **attributes: str) -> str:
    """A script element that holds a value.

    Args:
        value: JSON-able.
        **attributes: of the element; a `_` behind a name that is a word of Python falls away.
    """
    told = "".join(f' {name.rstrip("_")}="{escape(text)}"' for name, text in attributes.items())
    return f'<script{told} type="application/json">{json_text(value)}</script>'


def element_pattern(id: str) -> re.Pattern[str]:  # noqa: A002 - the attribute's name
    """Finds the script element with an id that `json_element` made, and the end of its line; the group is its JSON."""
    empty, end = json_element(None, id=id).split("null")
    return re.compile(f"{re.escape(empty)}(.*?){re.escape(end)}\n?", re.DOTALL)


def figure_data(figure: Any) -> dict[str, Any]:
    """A plotly figure as JSON-able data in which a `<` of a name is text, not the begin of a link."""
    told: dict[str, Any] = _plain(json.loads(figure.to_json()))
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _NOT_OURS.sub("&lt;", value) if "<" in value else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
