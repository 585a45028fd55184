"""`telltale new notebook`: a notebook of one's own that runs as it is, and stands where reports and pages are found."""

import json
from pathlib import Path
from typing import Any

import pytest

from telltale.cli import run
from telltale.cli.new import written
from telltale.contract import ConfigError, Raw
from telltale.settings import load
from telltale.workbench.here import here
from telltale.workbench.project import Project
from tests.served import VECTOR, make_project

NOW_US = 1_795_160_000_000_000


def test_the_command_says_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path)))
    assert run(["new", "notebook", "fridges"]) == 0
    assert capsys.readouterr().out == (
        f"wrote  {tmp_path}/notebooks/fridges.ipynb; telltale report fridges, or open it in telltale lab\n"
    )
    assert run(["new", "notebook", "fridges"]) == 1
    assert "fridges.ipynb is there already; choose another name" in capsys.readouterr().err
    assert run(["new", "notebook", "fridges", "--page"]) == 0
    assert f"wrote  {tmp_path}/dashboards/fridges.ipynb; restart telltale dashboard" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Cold Rooms", "../x", "", "1st", "x.ipynb", "a" * 65])
def test_a_name_that_is_no_file_of_a_report_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="expected lower-case letters, digits and _"):
        written(tmp_path, name, is_page=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "is_page"), [("presence_dwell", False), ("health", True)])
def test_a_name_of_ours_is_not_taken(tmp_path: Path, name: str, *, is_page: bool) -> None:
    with pytest.raises(ConfigError, match=r"telltale has .* itself; choose another name"):
        written(tmp_path, name, is_page=is_page)


def code(path: Path) -> str:
    cells = json.loads(path.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_the_report_runs_on_an_empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="reports need the extra lab")
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path)))
    names: dict[str, Any] = {}
    exec(code(written(tmp_path, "fridges", is_page=False)), names)
    assert names["rows"] == []
    here().close()


@pytest.mark.slow
def test_the_report_runs_with_records(tmp_path: Path) -> None:
    pytest.importorskip("papermill", reason="reports need the extra lab")
    from telltale import report

    project = Project(settings=load(make_project(tmp_path)))
    written(tmp_path, "fridges", is_page=False)
    assert "fridges" in report.notebooks(project)
    landing = project.landing()
    landing.append(Raw(0, "cloudtrax", NOW_US, "10.0.0.5", "{}", VECTOR))
    landing.close()
    page = report.run("fridges", "2026-11-20", project=project, with_pdf=False).html.read_text()
    assert "cloudtrax" in page
    assert "What arrived" in page
    project.close()


def test_the_page_is_found_and_shows_a_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="pages need the extra lab")
    from telltale import dashboard as tt_dashboard
    from telltale.dashboard.serve import notebooks, title

    settings = load(make_project(tmp_path))
    path = written(tmp_path, "cold_rooms", is_page=True)
    assert notebooks(settings)["cold_rooms"] == path
    assert title(path) == "Cold rooms"
    shown: list[Any] = []
    monkeypatch.setattr(tt_dashboard, "show", shown.append)
    exec(code(path), {})
    [page] = shown
    board = page(tt_dashboard.Ask(Project(settings=settings)))
    assert "**0** records arrived" in str(board.sentence)
    assert board.rows[0][0].make().title == "What arrived"


def test_an_error_in_a_notebook_is_its_sentence_without_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell", reason="notebooks need the extra lab")
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path)))
    without_history = Config({"HistoryManager": {"enabled": False}})
    with capture_output() as told:
        shell.InteractiveShell(config=without_history).run_cell("import telltale as tt\ntt.load('sightingz')")
    assert 'ConfigError: no table "sightingz"; known: ' in told.stdout
    assert told.stdout.rstrip().endswith('did you mean "sighting"?')
    assert "Traceback" not in told.stdout
    assert "reading.py" not in told.stdout
