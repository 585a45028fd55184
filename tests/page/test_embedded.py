"""Data inside a page stays data: no name ends a script element, begins one, or becomes a link of a chart."""

import ast
import gzip
import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.charts.base import figure
from telltale.dashboard.widget import page_bundle
from telltale.page import pieces as show
from telltale.page.embedded import figure_data, json_element, json_text
from telltale.report.page import render
from tests.page.hostile import NAMES
from tests.report import report_page

ROOT = Path(__file__).parents[2]
PAGES = ("page", "report", "dashboard", "look", "charts")
DUMPS = {
    "telltale/page/embedded.py": "the one place",
    "telltale/page/claims.py": "a digest",
    "telltale/report/digest.py": "a digest",
    "telltale/report/evidence/check.py": "a digest",
    "telltale/report/pack.py": "files of an evidence folder",
    "telltale/report/raw_days.py": "a file of the project",
    "telltale/report/execute.py": "a file beside the report",
    "telltale/dashboard/assets.py": "a copy, for a template's tojson",
    "telltale/dashboard/answers.py": "a copy",
    "telltale/dashboard/client.py": "the fields of a form, in a request's body",
    "telltale/dashboard/figures.py": "an answer of type application/json",
    "telltale/dashboard/persons.py": "a notebook's file, and a quoted key",
    "telltale/dashboard/roles.py": "a notebook's file, and a quoted key",
}
"""Where JSON is written for something else than a script element."""


class Elements(HTMLParser):
    """Script elements as a browser finds them, comments that look like one included, and every other tag's name."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.tags: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data


def elements(html: str) -> Elements:
    """What stands in a text of HTML."""
    found = Elements()
    found.feed(html)
    found.close()
    return found


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_reads_back_and_holds_nothing_a_parser_of_html_looks_for(value: Any) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029]", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_element_holds_any_name(name: str) -> None:
    (script,) = elements(json_element({"name": name}, id="figures")).scripts
    assert json.loads(script) == {"name": name}


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_shows_a_name_as_text(name: str) -> None:
    drawn = figure(height=200, yaxis={"ticktext": [name]}).add_scatter(
        x=[1], y=[name], hovertext=[f"<b>{name}</b><br>1 press"], hovertemplate="%{hovertext}<extra></extra>"
    )
    texts = json.dumps(figure_data(drawn), ensure_ascii=False)
    assert not re.search(r"<(?!/?b>|br>|/?extra>)", texts)
    assert "<b>" in texts
    assert "<extra></extra>" in texts


@pytest.mark.parametrize("name", NAMES)
def test_a_report_keeps_its_charts_whatever_a_device_is_called(name: str) -> None:
    html = render(report_page.notebook(*pieces_of(name)), facts={"Period": name})
    found = elements(html)
    ours = elements(render(report_page.notebook(*pieces_of("Door")), facts={"Period": "Door"}))
    assert found.tags == ours.tags
    (drawn, *_) = json.loads(gzip.decompress(b64decode(found.scripts[1])))
    assert drawn["data"][0]["y"] == drawn["layout"]["yaxis"]["ticktext"]


@pytest.mark.parametrize("name", NAMES)
def test_the_data_of_a_board_stay_in_their_element(name: str) -> None:
    html = page_bundle({"page": "own", "html": "<p>text</p>", "figures": {name: {"data": [name]}}})["text/html"]
    (script,) = elements(html).scripts
    assert json.loads(script) == {"page": "own", "figures": {name: {"data": [name]}}}


def pieces_of(name: str) -> list[show.Piece]:
    """A page that has a name everywhere a name can stand."""
    drawn = figure(
        height=200, key=[("accent", name)], numbers=show.Table((name,), [[name]]), yaxis={"ticktext": [name]}
    )
    drawn.add_bar(x=[1], y=[name], orientation="h", hovertext=[f"<b>{name}</b>"], name=name)
    return [
        show.Sentence(f"{name} was silent.", name),
        show.Tiles([show.Tile(name, name, name, name, [1, 2])]),
        show.Card(name, drawn, name, [name]),
        show.Card(name, show.Table((name, "Rows"), [[name, "3"]], right=(1,)), name),
        show.Footer({name: name}),
    ]


def test_json_gets_into_a_page_at_one_place_only() -> None:
    """`json.dumps` elsewhere is for something else, said here; no script element is put together by hand."""
    written = {str(path.relative_to(ROOT)) for path in _modules() if _dumps(path)}
    assert written == set(DUMPS)
    by_hand = [str(path.relative_to(ROOT)) for path in _modules() if 'application/json">' in path.read_text("utf-8")]
    reads_without_telltale = "telltale/report/evidence/check.py"
    assert by_hand == ["telltale/page/embedded.py", reads_without_telltale]


def test_templates_put_json_through_the_filter_that_escapes() -> None:
    for path in (ROOT / "telltale" / "look").rglob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert "json_dumps" not in text
        for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL):
            assert all("| tojson" in found for found in re.findall(r"\{\{(.*?)\}\}", script))


def _modules() -> list[Path]:
    return sorted(path for room in PAGES for path in (ROOT / "telltale" / room).rglob("*.py"))


def _dumps(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.Attribute) and node.attr == "dumps" for node in ast.walk(tree))
