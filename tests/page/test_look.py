"""Colours that can be read by everyone, and a page that can be read without a mouse, a network or a plot."""

import re
from itertools import combinations

import pytest

from telltale import look
from telltale.look import tokens
from telltale.look.tokens import DARK, LIGHT, Tokens, contrast
from telltale.page import html as markup
from telltale.page import pieces as show
from telltale.page import sparkline as spark

SETS = {"light": LIGHT, "dark": DARK}
GROUNDS = ("canvas", "surface", "sunk", "faint")
TEXTS = ("ink", "ink2", "ink3", "accent", "alarm_text", "gold_text")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#FFFFFF", 21), ("#FFFFFF", "#000000", 21), ("#777777", "#777777", 1), ("#767676", "#FFFFFF", 4.54)],
)
def test_contrast_as_wcag_computes_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("theme", SETS)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out_four_and_a_half_to_one(theme: str, ground: str, text: str) -> None:
    assert contrast(getattr(SETS[theme], text), getattr(SETS[theme], ground)) >= 4.5


@pytest.mark.parametrize("theme", SETS)
@pytest.mark.parametrize(
    ("text", "ground"),
    [("alarm_text", "alarm_ground"), ("ink", "soft"), ("ink", "heat"), ("surface", "accent"), ("surface", "ink")],
)
def test_text_on_coloured_ground_can_be_read(theme: str, text: str, ground: str) -> None:
    assert contrast(getattr(SETS[theme], text), getattr(SETS[theme], ground)) >= 4.5


@pytest.mark.parametrize("theme", SETS)
@pytest.mark.parametrize("mark", ["edge", "alarm", *tokens.CATEGORY_ROLES])
def test_marks_and_borders_stand_out_three_to_one(theme: str, mark: str) -> None:
    assert contrast(getattr(SETS[theme], mark), SETS[theme].surface) >= 3


@pytest.mark.parametrize("theme", SETS)
def test_borders_of_controls_stand_out_from_the_page_too(theme: str) -> None:
    assert contrast(SETS[theme].edge, SETS[theme].canvas) >= 3


@pytest.mark.parametrize(("theme", "smallest"), [("light", 0.09), ("dark", 0.08)])
@pytest.mark.parametrize("vision", ["normal", "deutan", "protan", "tritan"])
def test_series_and_alarm_stay_apart_for_every_eye(theme: str, smallest: float, vision: str) -> None:
    """Smallest OKLab distance between any two of the five categories and alarm."""
    colours = [*tokens.categories(SETS[theme]), SETS[theme].alarm]
    seen = [_oklab(_simulated(_linear(colour), vision)) for colour in colours]
    nearest = min(sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in combinations(seen, 2))
    assert nearest >= smallest - 0.005


Triple = tuple[float, float, float]

# Source: Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
_DEFICIENCY = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _linear(colour: str) -> Triple:
    r, g, b = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b))  # type: ignore[return-value]


def _simulated(rgb: Triple, vision: str) -> Triple:
    if vision == "normal":
        return rgb
    return tuple(  # type: ignore[return-value]
        min(1.0, max(0.0, sum(w * c for w, c in zip(row, rgb, strict=True)))) for row in _DEFICIENCY[vision]
    )


def _oklab(rgb: Triple) -> Triple:
    """Source: Ottosson 2020, linear sRGB to OKLab."""
    r, g, b = rgb
    lms = (
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
        0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    )
    long, middle, short = (value ** (1 / 3) for value in lms)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def test_a_light_value_says_which_role_it_is() -> None:
    assert len(set(LIGHT)) == len(Tokens._fields)
    assert tokens.DARK_OF[LIGHT.accent] == DARK.accent


@pytest.mark.parametrize("sheet", ["style.css", "report.css"])
def test_style_sheets_name_roles_that_exist_and_no_colours(sheet: str) -> None:
    known = {role.replace("_", "-") for role in Tokens._fields} | {"face", "ground"}
    css = look.text(sheet)
    assert set(re.findall(r"var\(--([a-z0-9-]+)", css)) <= known
    assert not re.findall(r"#[0-9A-Fa-f]{3,6}\b", css)


@pytest.mark.parametrize("sheet", ["style.css", "report.css", "lab.css"])
def test_no_text_is_smaller_than_twelve_pixels(sheet: str) -> None:
    assert min(float(size) for size in re.findall(r"font(?:-size)?:(?:\d+ )?([\d.]+)px", look.text(sheet))) >= 12


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**346 visits** kept", "<b>346 visits</b> kept"),
        ("give !!gaskets!! cards", 'give <b class="look">gaskets</b> cards'),
        ("a < b & **c > d**", "a &lt; b &amp; <b>c &gt; d</b>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_text_is_escaped_and_its_marks_are_drawn(text: str, html: str) -> None:
    assert markup.inline(text) == html


def test_every_piece_has_a_face_for_the_renderer_for_lab_and_for_plain_text() -> None:
    table = show.Table(("Item", "Pulls"), [["Tape", "9"]], right=(1,))
    for piece in (
        show.Sentence("**1** thing", "Week 46"),
        show.Tiles([show.Tile("Visits", "346", "", "**+4 %**", [1, 2, None, 4])]),
        show.Card("Tape runs short", table, "Pulls", ["A note"]),
        show.Card("Nothing", show.Table(("Item",), []), empty="No pulls. Press a button."),
        show.Prose("How", "so"),
        show.Footer({"Made": "now"}),
    ):
        bundle = piece._repr_mimebundle_()
        assert bundle[show.MIME]["kind"] == piece.kind
        assert '<div class="tt">' in bundle["text/html"]
        assert bundle["text/plain"]


def test_alarms_are_a_shape_as_well_as_a_colour() -> None:
    html = markup.piece(show.Tiles([show.Tile("Outside limits", "47", "min", state="alarm")]).data())
    assert 'class="triangle"' in html
    assert 'aria-label="alarm"' in html


def test_table_rows_must_fit_their_heads() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells, expected 2"):
        show.Table(("a", "b"), [["1", "2"], ["3"]])


@pytest.mark.parametrize(
    ("values", "lines", "circles"),
    [
        ([1, 2, 3], 1, 1),
        ([1, 2, None, 3], 2, 1),
        ([1, 2, 3, None], 1, 0),
        ([5, 5, 5], 1, 1),
        ([1, None], 0, 0),
        ([], 0, 0),
    ],
)
def test_spark_lines_leave_gaps_open(values: list[float | None], lines: int, circles: int) -> None:
    drawn = spark.svg(values)
    assert (drawn.count("<polyline"), drawn.count("<circle")) == (lines, circles)


def test_spark_bars_start_at_zero_and_mark_the_last() -> None:
    drawn = spark.svg([0, 5, 10], bars=True)
    heights = [float(height) for height in re.findall(r'" height="([\d.]+)"/>', drawn)]
    assert heights[1] == pytest.approx(heights[2] / 2, rel=0.01)
    assert drawn.count('class="last"') == 1
