"""Equal answers have equal digests, wherever they were made; other answers have others."""

import base64
import json
import math
import struct
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.page import pieces as show
from telltale.report import digest
from tests.report import report_page


def packed(code: str, numbers: list[float], shape: str = "") -> dict[str, str]:
    """An array as plotly packs it."""
    kinds = {"i1": "b", "u2": "H", "i4": "i", "f4": "f", "f8": "d"}
    data = base64.b64encode(struct.pack(f"<{len(numbers)}{kinds[code]}", *numbers)).decode()
    return {"dtype": code, "bdata": data} | ({"shape": shape} if shape else {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (3, 3.0),
        (0.1 + 0.2, 0.3),
        (1e300, 1.0000000000000001e300),
        (-0.0, 0),
        (2.9999999999999996, 3),
        (1 / 3, 0.333333333),
        (float("nan"), None),
        (float("inf"), None),
        ([1, 2, 3], (1, 2, 3)),
        ([1, 2, -3], packed("i1", [1, 2, -3])),
        ([1, 40000], packed("u2", [1, 40000])),
        ([1.5, None], packed("f8", [1.5, math.nan])),
        ([[1, 2, 3], [4, 5, 6]], packed("i4", [1, 2, 3, 4, 5, 6], "2, 3")),
        ([0.5, 0.25], packed("f4", [0.5, 0.25])),
    ],
)
def test_what_is_equal_has_one_text(one: Any, other: Any) -> None:
    assert digest.canonical(one) == digest.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (0.3, 0.3000001),
        (1795129200001.0, 1795129200002.0),
        ([1, 2], [2, 1]),
        ({"a": None}, {}),
        ("é", "e"),
        ([[1], [2]], [1, 2]),
    ],
)
def test_what_differs_has_another(one: Any, other: Any) -> None:
    assert digest.digest(one) != digest.digest(other)


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        digest.canonical({"a": {1}})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_text_reads_back_as_what_has_the_same_text(value: Any) -> None:
    text = digest.canonical(value)
    assert digest.canonical(json.loads(text)) == text


def test_a_chart_is_the_same_packed_or_as_a_list() -> None:
    import numpy as np

    listed = go.Figure(go.Scatter(x=[1, 2, 3], y=[1.5, 2.5, 3.5]))
    arrays = go.Figure(go.Scatter(x=np.array([1, 2, 3]), y=np.array([1.5, 2.5, 3.5])))
    texts = [json.loads(figure.to_json()) for figure in (listed, arrays)]
    assert texts[0] != texts[1]
    assert digest.digest(texts[0]["data"]) == digest.digest(texts[1]["data"])


def test_every_output_of_a_report_is_a_figure_with_its_title() -> None:
    notebook = report_page.notebook(show.Sentence("**All** well"), show.Footer({"Data until": "now"}))
    found = digest.figures(notebook)
    assert [(figure.kind, figure.title) for figure in found] == [("sentence", "All well"), ("footer", "footer")]
    assert digest.answers_digest(notebook) == digest.of_figures(found[:1])


def test_the_footer_and_what_is_only_for_the_lab_change_no_answer() -> None:
    before = report_page.notebook(show.Sentence("**All** well"), show.Footer({"Data until": "now"}))
    after = report_page.notebook(show.Sentence("**All** well"), show.Footer({"Data until": "later"}))
    after["cells"].append(_cell({"output_type": "stream", "name": "stderr", "text": "FutureWarning"}))
    lab = {"output_type": "display_data", "metadata": {show.LAB_ONLY: True}, "data": {"text/html": "again"}}
    after["cells"].append(_cell(lab))
    assert digest.answers_digest(before) == digest.answers_digest(after)
    other = report_page.notebook(show.Sentence("**Not all** well"), show.Footer({"Data until": "now"}))
    assert digest.answers_digest(before) != digest.answers_digest(other)


def test_a_table_of_another_library_is_what_its_page_shows() -> None:
    frame = {"text/html": "<table>1</table>", "text/plain": "<Frame at 0x7f>"}
    again = frame | {"text/plain": "<Frame at 0x8a>"}
    told = [
        digest.figures({"cells": [_cell({"output_type": "execute_result", "metadata": {}, "data": data})]})
        for data in (frame, again)
    ]
    assert told[0] == told[1]
    assert told[0][0].title == "text/html"


def _cell(output: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "id": "x", "metadata": {}, "source": "", "outputs": [output]}
