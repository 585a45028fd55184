"""Every card about items once: of simulated buttons and of none, by the settings of the project, of one moment."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.kanban import cards
from telltale.kanban.answers import Answers, answers
from telltale.kanban.concerns import concerns, watched
from telltale.page.pieces import Card, Piece
from telltale.settings import load
from tests.kanban.pressed import Pressed
from tests.kanban.pressed import pressed as buttons_of
from tests.kanban.test_calls import START, beats, by_hand, small
from tests.lake_fixture import write_settings

ROOT = Path(__file__).parents[2]
REPORTS = {
    "kanban_trends": {
        *("sentence", "overview", "rates", "pulls", "pauses", "slow_shifts", "lasting_shifts", "trends", "lead_times"),
        *("sizing", "risk_curves", "items", "footer"),
    },
    "ingest_button": {
        *("capture_sentence", "capture_tiles", "frames", "pressed", "capture", "rejects", "capture_footer"),
    },
}


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Pressed:
    return buttons_of(tmp_path_factory.mktemp("pressed"), days=42)


@pytest.fixture(scope="module")
def about(pressed: Pressed) -> Answers:
    return answers("6w", project=pressed.project)


def said(piece: Piece) -> str:
    """All that a piece says, its figure and its numbers included."""
    figure = piece.evidence.to_json() if isinstance(piece, Card) and hasattr(piece.evidence, "to_json") else ""
    return (json.dumps(piece.data(), ensure_ascii=False) + figure).replace("\xa0", " ").replace("\\u00a0", " ")


@pytest.mark.parametrize("name", cards.__all__)
def test_every_card_can_be_made(about: Answers, name: str) -> None:
    piece = getattr(cards, name)(about)
    assert isinstance(piece, Piece)
    assert not re.search(r"\b(None|nan|NaT)\b", json.dumps(piece.data()))


@pytest.mark.parametrize("name", cards.__all__)
def test_every_card_of_a_project_without_buttons_says_so(name: str, tmp_path: Path) -> None:
    project = tt.Project(settings=load(write_settings(tmp_path)), now=lambda: START)
    try:
        assert isinstance(getattr(cards, name)(answers("7d", project=project)), Piece)
    finally:
        project.close()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_a_list_of_these_cards(name: str) -> None:
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    called = [re.fullmatch(r"tt\.kanban\.cards\.(\w+)\(answers\)", source) for source in code[2:]]
    assert {match[1] for match in called if match} == REPORTS[name]
    assert all(called)


def test_the_page_shows_cards_and_words_none_itself() -> None:
    tree = ast.parse((ROOT / "telltale/kanban/page.py").read_text())
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert "Card" not in called


def test_the_risk_one_accepts_comes_with_the_answers(pressed: Pressed, tmp_path: Path) -> None:
    """Service 80 % is a target of 20 %: in the sentence, the tile, each card about risk, and what needs a look."""
    more = f'[kanban]\nservice_level = 0.8\n[paths]\ndata = "{pressed.project.settings.data}"\n'
    other = tt.Project(settings=load(write_settings(tmp_path, more=more)), now=pressed.project.now_us)
    (tmp_path / "buttons.csv").write_text((pressed.project.settings.root / "buttons.csv").read_text())
    about = answers("6w", project=other)
    assert "Items above 20 % risk" in said(cards.overview(about))
    assert "target 20 %" in said(cards.risk_curves(about))
    assert "service 80 %" in said(cards.needed(about))
    assert "service 80 %" in said(cards.sizing(about))
    (band,) = cards.risk(about).evidence.layout.shapes
    assert band.x1 == pytest.approx(0.2)
    short = [found for found in concerns(watched(other)) if "run short" in found.concern.what]
    assert all("target 20 %" in found.concern.evidence.replace("\xa0", " ") for found in short)
    other.close()


def test_when_a_card_leaves_comes_with_the_answers(tmp_path: Path) -> None:
    told = [*beats((0, 336)), *by_hand("pull", "bolts", 1, 5, 9, 13, 17, 21)]
    about = answers("14d", project=small(tmp_path, told, more='[kanban]\nsignal_when = "emptied"\n'))
    assert "A card leaves when its container is emptied" in said(cards.risk(about))
    assert "P(X < N − 1)" in said(cards.sizing(about))


def test_answers_stay_of_the_moment_they_were_asked_at(tmp_path: Path) -> None:
    """A pull that is entered between two cards is in none of them; asked again, it is in both."""
    project = small(tmp_path, [*beats((0, 330)), *by_hand("pull", "bolts", 30, 34)])
    with project.at_one_moment():
        about = answers("14d", project=project)
        before = about.pulls.num_rows
        tt.kanban.pull("bolts", "1h", project=project)
        assert (before, about.items.to_pylist()[1]["pulls"], about.presses.num_rows) == (2, 2, 2)
        assert about.records == 3  # with the heartbeat
    after = answers("14d", project=project)
    assert (after.pulls.num_rows, after.items.to_pylist()[1]["pulls"], after.records) == (3, 3, 4)


def test_the_functions_of_a_cards_file_are_all_listed() -> None:
    tree = ast.parse((ROOT / "telltale/kanban/cards.py").read_text())
    public = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    assert public == set(cards.__all__)


def test_answers_is_a_function_whatever_was_imported_before() -> None:
    assert inspect.unwrap(tt.kanban.answers) is answers
    assert {"answers", "cards", "charts", "control", "items"} <= set(dir(tt.kanban))
    assert not {"calls", "question", "Demand", "rules", "presses_table"} & set(dir(tt.kanban))


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"bucket": "hour"}, 'bucket "hour": expected day or week'),
        ({"period": "soon"}, 'period "soon": expected a week'),
        ({"period": "7d", "item": "bolt"}, 'no item "bolt"'),
    ],
)
def test_a_wrong_choice_says_what_was_expected(tmp_path: Path, choice: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        _ = answers(**choice, project=small(tmp_path, [])).items  # type: ignore[arg-type] # on purpose
