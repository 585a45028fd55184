"""Pages and reports of an invented project as files that a browser opens, without a kernel and without a server.

A page is what the page's script gets on its arrival, in the frame of the template, with the style sheet and the scripts
that the dashboards serve. A report is its notebook's cells run here, through the renderer of reports.
"""

import ast
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

import telltale
from telltale.dashboard import assets
from telltale.dashboard.widget import page_bundle
from telltale.page import pieces
from telltale.page.embedded import json_text
from telltale.report import page as report_page
from tests.worlds import reading
from tests.worlds.building import built
from tests.worlds.world import PAGES, World

if TYPE_CHECKING:
    from telltale.workbench import Project

REPORTS = {
    "activity_time": "7d",
    "data_health": "7d",
    "kanban_trends": "112d",
    "presence_dwell": "7d",
    "sensor_report": "7d",
    "work_hours": "7d",
}
"""Each report, and the period it is asked for when nobody says another."""
TITLES = {name: name.capitalize() for name in PAGES}
NOTEBOOKS = Path(telltale.__file__).parents[1] / "notebooks"
FRAME = """{% import 'frame.html.j2' as frame %}<!doctype html><html lang="en"><head>{{ frame.head(tt, title) }}
<script defer src="look/plotly.js"></script><script>window.telltaleDarkOf = {{ tt.dark_of | tojson }};</script>
<script src="look/board.js"></script></head><body>{{ frame.bar(tt, "", here, tt.titles) }}
<main id="page" data-name="{{ here }}" aria-busy="true"></main><p id="said" class="unseen"></p>
{{ came | safe }}<script>telltale.arrived();</script></body></html>"""


@contextmanager
def opened(world: World, folder: Path) -> Iterator["Project"]:
    """The project of a world, found as the one of this folder too."""
    from telltale.workbench import here as workbench

    root = folder / "project"
    project = built(world, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELLTALE_HOME", str(root))
        patch.setitem(workbench._here, root.resolve(), ((root / "telltale.toml").stat().st_mtime_ns, project))
        yield project
    project.close()


def write_assets(folder: Path) -> None:
    """What every page loads."""
    (folder / "look").mkdir(parents=True)
    for name, served in assets.served().items():
        (folder / "look" / name).write_bytes(gzip.decompress(served.content))


def write_pages(project: "Project", world: World, folder: Path, names: tuple[str, ...] = ()) -> dict[str, Path]:
    """The pages of a project, those of its people too; `names` picks some."""
    boards = reading.boards(project, tuple(world.people))
    wanted = names or (*PAGES, *(f"person-{name}" for name in world.people))
    return {name: _written(folder, name, _framed(name, reading.page(boards, name))) for name in wanted}


def write_reports(project: "Project", folder: Path, names: tuple[str, ...] = ()) -> dict[str, Path]:
    """The reports of a project; `names` picks some."""
    return {name: _written(folder, name, _report(name)) for name in names or REPORTS}


def _written(folder: Path, name: str, html: str) -> Path:
    path = folder / f"{name.replace('?', '-')}.html"
    path.write_text(html, encoding="utf-8")
    return path


def _framed(name: str, answer: dict[str, Any]) -> str:
    templates = jinja2.FileSystemLoader(assets.JUPYTER / "voila" / "templates" / "telltale")
    environment = jinja2.Environment(loader=templates, autoescape=False)
    environment.policies["json.dumps_function"] = lambda value, **_: json_text(value)
    here = name.partition("?")[0]
    came = page_bundle(answer)["text/html"]
    told = assets.template_values(TITLES, "")
    return environment.from_string(FRAME).render(tt=told, here=here, title=TITLES.get(here, here), came=came)


def _report(name: str) -> str:
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    space: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = _ran("".join(cell["source"]), space)
            if "parameters" in cell["metadata"].get("tags", ()):
                space["period"] = REPORTS[name]
    return report_page.render(notebook, facts={"Period": REPORTS[name], "Parameters": "as in telltale.toml"})


def _ran(source: str, space: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs of a cell: what its last expression shows."""
    tree = ast.parse(source)
    *before, last = tree.body
    shown = None
    if isinstance(last, ast.Expr):
        tree.body = before
    exec(compile(tree, "cell", "exec"), space)
    if isinstance(last, ast.Expr):
        shown = eval(compile(ast.Expression(last.value), "cell", "eval"), space)
    if not isinstance(shown, pieces.Piece):
        return []
    bundle = {pieces.MIME: shown.data()}
    if isinstance(shown, pieces.Card) and shown.data().get("figure"):
        bundle[pieces.PLOTLY] = pieces.plotly_json(shown.evidence)
    return [{"output_type": "display_data", "data": bundle, "metadata": {}}]
