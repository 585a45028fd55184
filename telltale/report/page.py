"""An executed notebook as one HTML file that opens anywhere, for years, without a network.

Code never appears. Pieces of `telltale.page.pieces` become the page; a plain plotly figure, a table or text that a cell
shows becomes one too, so that any notebook renders. plotly.js comes from plotly's wheel, packed once per file; the
page's own policy forbids every request.
"""

import base64
import gzip
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from string import Template
from typing import Any, NamedTuple

from telltale import look
from telltale.look.tokens import DARK, DARK_OF, FONT, LIGHT, css_variables
from telltale.page import html as markup
from telltale.page import pieces as show
from telltale.page.embedded import json_element, json_text
from telltale.report.digest import NOT_IN_REPORT, claims_in

SCRIPTS = ("plot.js", "tables.js", "save.js", "report.js")
DRAWN_BY = ("narrow",)
"""What plot.js reads of a layout's `meta`."""


class Page(NamedTuple):
    """What a notebook says, ready to be put into the template."""

    title: str
    body: list[str]
    figures: list[dict[str, Any]]
    facts: dict[str, str]
    sentence: str
    claims: list[dict[str, Any]]
    """What its words claim (`telltale.page.claims.Claim.data`), in reading order."""


def render(notebook: Mapping[str, Any], *, facts: Mapping[str, str], version: str = "") -> str:
    """The report of an executed notebook.

    Args:
        notebook: nbformat 4, executed.
        facts: what the footer says beside the notebook's own: period, parameters, revision, made at.
        version: of telltale, for the file's metadata.
    """
    page = read(notebook)
    title = " · ".join(part for part in (page.title, facts.get("Period", "")) if part)
    return Template(look.text("report.html")).substitute(
        version=escape(version),
        title=escape(markup.bare(title)),
        favicon=base64.b64encode(look.text("favicon.svg").encode()).decode(),
        style=style(),
        mark=look.text("mark.svg"),
        kicker=markup.inline(page.title),
        body="\n".join(page.body),
        footer=markup.facts({**facts, **page.facts}),
        scripts=_scripts(page.figures),
    )


def style() -> str:
    """The style sheet: light, dark by the system or by the switch, light on paper."""
    dark = css_variables(DARK)
    return "\n".join(
        (
            f":root{{--face:{FONT};{css_variables(LIGHT)}}}",
            f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}",
            f"@media screen{{:root[data-theme=dark]{{{dark}}}}}",
            look.text("style.css"),
            look.text("report.css"),
        )
    )


def read(notebook: Mapping[str, Any]) -> Page:
    """Collect title, pieces, figures and facts, cell by cell."""
    page = Page("", [], [], {}, "", [])
    for cell in notebook["cells"]:
        if NOT_IN_REPORT in cell["metadata"].get("tags", ()):
            continue
        if cell["cell_type"] == "markdown":
            page = _with_prose(page, "".join(cell["source"]))
        elif cell["cell_type"] == "code":
            for output in cell["outputs"]:
                page = _with_output(page, output)
    return page


def _with_prose(page: Page, source: str) -> Page:
    """Markdown as prose. The first heading is the title; the question below it is what the sentence answers."""
    if not page.title and (heading := re.match(r"#\s+(.+)", source)):
        return page._replace(title=heading[1].strip())
    from nbconvert.filters.markdown import markdown2html

    html = re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(source))
    page.body.append(f'<section class="prose">{html}</section>')
    return page


def _with_output(page: Page, output: Mapping[str, Any]) -> Page:
    """One output of a cell; warnings on stderr stay in the executed notebook."""
    if output["output_type"] not in ("display_data", "execute_result"):
        if output["output_type"] == "stream" and output["name"] == "stdout":
            page.body.append(f"<pre>{escape(''.join(output['text']))}</pre>")
        return page
    if output["metadata"].get(show.LAB_ONLY):
        return page
    bundle = output["data"]
    if show.MIME in bundle:
        return _with_piece(page, bundle[show.MIME], bundle.get(show.PLOTLY))
    page.body.extend(_foreign(page, bundle))
    return page


def _with_piece(page: Page, data: dict[str, Any], figure: dict[str, Any] | None) -> Page:
    page.claims.extend(claims_in(data))
    if data["kind"] == "footer":
        page.facts.update(data["facts"])
        return page
    if data["kind"] == "sentence" and not page.sentence:
        page = page._replace(sentence=data["text"])
    page.body.append(
        _plotted(page, markup.piece(data), figure) if data.get("figure") and figure else markup.piece(data)
    )
    return page


def _plotted(page: Page, html: str, figure: dict[str, Any]) -> str:
    """The card with room for its chart, so that nothing jumps when it is drawn."""
    # Its numbers stand in the page already, as a table.
    meta = {name: value for name, value in (figure["layout"].get("meta") or {}).items() if name in DRAWN_BY}
    page.figures.append({"data": figure["data"], "layout": {**figure["layout"], "meta": meta}})
    height = figure["layout"].get("height", 300)
    return html.replace('<div class="plot"', f'<div class="plot" style="height:{int(height)}px"', 1)


def _foreign(page: Page, bundle: Mapping[str, Any]) -> Iterator[str]:
    """What other libraries show: a bare figure, an HTML table, a picture, text."""
    if show.PLOTLY in bundle:
        card = {"kind": "card", "title": "", "subtitle": "", "notes": []}
        yield _plotted(page, markup.piece(card), bundle[show.PLOTLY])
    elif "text/html" in bundle:
        yield f'<section class="scroll">{"".join(bundle["text/html"])}</section>'
    elif "image/png" in bundle:
        yield f'<img alt="" src="data:image/png;base64,{"".join(bundle["image/png"]).strip()}">'
    elif "text/plain" in bundle:
        yield f"<pre>{escape(''.join(bundle['text/plain']))}</pre>"


def _scripts(figures: list[dict[str, Any]]) -> str:
    parts = [json_element(DARK_OF, id="dark-of")]
    if figures:
        parts.append(_packed("figures", _gzip64(json_text(figures).encode())))
        parts.append(_packed("plotly", _plotly_js()))
    return "\n".join((*parts, f"<script>{''.join(map(look.text, SCRIPTS))}</script>"))


def _packed(name: str, content: str) -> str:
    """A script element that the page's own script unpacks."""
    return f'<script id="{name}" type="application/gzip">{content}</script>'


def _gzip64(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


@cache
def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    return _gzip64(get_plotlyjs().encode())
