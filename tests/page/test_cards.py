"""Every card of every subject, of a project whose `[site] k` is 20: no figure of fewer devices is on any."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import telltale as tt
from telltale.page.pieces import Card, Sentence, Table, Tile, Tiles
from telltale.settings import load
from tests.lake_fixture import fill, write_settings

K = 20
PERIODS: dict[str, list[dict[str, Any]]] = {
    "presence": [
        {"period": "2026-11-19"},
        {"period": "2d"},
        {"period": "2d", "addresses": "global"},
        {"period": "1d", "looks_back": True},
        {"period": "7d", "looks_back": True},
    ],
    "health": [{"period": "2d", "source": "cloudtrax", "site": ""}],
}
"""What the cards of a subject are asked about; of the others, a week."""
SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
COUNTED = ("Visits", "Visitors", "Passers-by", "Devices seen", "Moves")
"""Columns of counts of devices, or of what few devices did."""
TILES = ("Visitors today so far", "Visitor devices", "Peak present")
COUNT = re.compile(r"(?<![\d.,–<−+±])(\d[\d,]*)[\s*]+(?:visits?|visitors?|visitor devices?|passers-by|moves?)\b")
DEVICES = re.compile(r"\b(?:about|n =) (\d[\d,]*)")
"""`with about 28 devices`, `n = 346`."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tt.Project]:
    """A whole day, and the next until 15:00; k is raised once everything is there."""
    root = tmp_path_factory.mktemp("quiet")
    filled = fill(root, hours=24 + 15)
    write_settings(root, more=f"k = {K}\n")
    project = tt.Project(settings=load(root), now=filled.project.clock)
    yield project
    project.close()
    filled.project.close()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_card_shows_a_cell_of_fewer_than_k(subject: str, project: tt.Project) -> None:
    cards = cards_of(subject)
    if cards is None:
        pytest.skip(f"{subject} has no cards yet")
    for choices in PERIODS.get(subject, [{"period": "7d"}]):
        answers = getattr(tt, subject).answers(**choices, project=project)
        for name in alone(cards):
            shown = counts(getattr(cards, name)(answers), bars=subject == "presence")
            small = [words for words, count in shown if 0 < count < K]
            assert small == [], (name, choices)


def test_the_search_finds_what_a_card_shows() -> None:
    """A card that withholds by another k than the site's is seen, wherever it says the number."""
    shown = Card(
        "With about 12 devices", Table(("Zone", "Visits"), [["Hall", "4"]]), "n = 11", ["3 visits may not have ended."]
    )
    assert sorted(count for _, count in counts(shown)) == [3, 4, 11, 12]
    assert [count for _, count in counts(Sentence("**7 visitor devices** today, **6 fewer** than usual"))] == [7]
    assert [count for _, count in counts(Tiles((Tile("Peak present", "9"), Tile("Peak present", "<20"))))] == [9]


def cards_of(subject: str) -> ModuleType | None:
    """The module of a subject's cards."""
    try:
        return import_module(f"telltale.{subject}.cards")
    except ModuleNotFoundError as error:
        if error.name != f"telltale.{subject}.cards":
            raise
        return None


def alone(cards: ModuleType) -> list[str]:
    """The cards that are made of `Answers` and nothing else."""
    needs = {
        name: [one for one in inspect.signature(getattr(cards, name)).parameters.values() if one.default is one.empty]
        for name in cards.__all__
    }
    return [name for name, parameters in needs.items() if [one.name for one in parameters] == ["answers"]]


def counts(piece: Any, *, bars: bool = True) -> Iterator[tuple[str, float]]:
    """Each count of devices, visits or moves that a piece shows, with the words around it.

    Args:
        piece: of a page.
        bars: its bars and the cells of its matrix are such counts; elsewhere they count reports or cards.
    """
    if isinstance(piece, Card):
        yield from _of_texts([piece.title, piece.subtitle, *piece.notes])
        if hasattr(piece.evidence, "to_plotly_json"):
            yield from _of_figure(piece.evidence, bars=bars)
        else:
            yield from _of_table(piece.data().get("table"))
    elif isinstance(piece, Sentence | str):
        yield from _of_texts([piece if isinstance(piece, str) else piece.text])
    elif isinstance(piece, Tiles | Tile):
        for tile in piece.tiles if isinstance(piece, Tiles) else [piece]:
            yield from _of_texts([tile.note])
            if tile.label in TILES and tile.value.replace(",", "").isdigit():
                yield tile.label, float(tile.value.replace(",", ""))


def _of_texts(texts: list[str]) -> Iterator[tuple[str, float]]:
    for text in texts:
        plain = text.replace("\N{NO-BREAK SPACE}", " ")
        for found in (*COUNT.finditer(plain), *DEVICES.finditer(plain)):
            yield plain, float(found[1].replace(",", ""))


def _of_table(table: Any) -> Iterator[tuple[str, float]]:
    if not table:
        return
    for row in table["rows"]:
        for head, cell in zip(table["columns"], row, strict=True):
            if head in COUNTED and str(cell).replace(",", "").isdigit():
                yield f"{row[0]} {head} {cell}", float(str(cell).replace(",", ""))


def _of_figure(figure: Any, *, bars: bool) -> Iterator[tuple[str, float]]:
    """Bars, cells of a matrix and their boxes; the levels of a line are means over an interval, not counts."""
    meta = figure.layout.meta or {}
    if "empty" in meta:
        return
    yield from _of_table(meta.get("numbers"))
    for trace in figure.data if bars else ():
        yield from _of_texts([str(text) for text in trace.hovertext or ()] if trace.type == "bar" else [])
        values = trace.y if trace.type == "bar" else [one for row in trace.z for one in row] if "z" in trace else ()
        yield from ((f"{trace.type} {value}", float(value)) for value in values or () if value is not None)
