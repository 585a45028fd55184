"""What the pages load besides Voilà's own script: style sheet, page script, plotly.js; all from this server, cached."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from telltale import look
from telltale.dashboard.roles import places
from telltale.look.tokens import DARK, DARK_OF, FONT, LIGHT, css_variables

SCRIPTS = ("plot.js", "tables.js", "save.js", "origin.js", "finder.js", "answers.js", "copy.js", "board.js")
JUPYTER = Path(look.__file__).parent / "jupyter"
"""Holds the Voilà template, where Jupyter expects one, and the login page."""


class Served(NamedTuple):
    """One file as it goes over the wire, packed."""

    content: bytes
    kind: str


@cache
def served() -> Mapping[str, Served]:
    """The files by name."""
    from plotly.offline import get_plotlyjs

    texts = {
        "board.css": (style(), "text/css"),
        "board.js": (_script(), "text/javascript"),
        "plotly.js": (get_plotlyjs(), "text/javascript"),
    }
    return {
        name: Served(gzip.compress(text.encode(), 6, mtime=0), f"{kind}; charset=utf-8")
        for name, (text, kind) in texts.items()
    }


def style() -> str:
    """The style sheet: light, dark by the system or by the switch, light on paper."""
    dark = f"{css_variables(DARK)}color-scheme:dark"
    return "\n".join(
        (
            f":root{{--face:{FONT};{css_variables(LIGHT)}color-scheme:light}}",
            f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}",
            f"@media screen{{:root[data-theme=dark]{{{dark}}}}}",
            look.text("style.css"),
            look.text("board.css"),
        )
    )


def _script() -> str:
    return "\n".join(map(look.text, SCRIPTS))


def template_values(
    titles: Mapping[str, str], base_url: str, *, roles: Iterable[str] = (), has_login: bool = True
) -> dict[str, Any]:
    """What the templates know as `telltale`: the tabs by name, mark, and the marks that renew a browser's cache.

    Args:
        titles: of the pages by name.
        base_url: the path all pages lie below.
        roles: that have pages of their own, besides the owner.
        has_login: whether one can log out.
    """
    import plotly

    stamp = hashlib.sha256(f"{style()}{_script()}".encode()).hexdigest()[:10]
    return {
        "titles": dict(titles),
        "places": places(titles, roles),
        "base_url": base_url,
        "has_login": has_login,
        "mark": look.text("mark.svg"),
        "favicon": base64.b64encode(look.text("favicon.svg").encode()).decode(),
        "dark_of": json.loads(json.dumps(dict(DARK_OF))),
        "stamp": stamp,
        "plotly": plotly.__version__,
    }
