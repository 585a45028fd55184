"""Reports of invented projects, made by kernels as `telltale report` makes them, and read as plain text."""

import re
from pathlib import Path

import pytest

from tests.worlds import reading
from tests.worlds.building import built
from tests.worlds.implications import contradictions
from tests.worlds.test_worlds import ALL, NEVER, around, as_pattern, assert_none
from tests.worlds.world import REPORT, World

REPORTS = [
    (name, page)
    for name, world in ALL.items()
    for page in dict.fromkeys((*world.says, *world.never))
    if page.startswith(REPORT)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "page"), REPORTS)
def test_a_report_says_what_is_true_and_nothing_else(
    name: str, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ALL[name]
    text = reported(world, page, tmp_path, monkeypatch)
    missing = [f"does not say: {it}" for it in world.says.get(page, ()) if it.casefold() not in text.casefold()]
    patterns = (*NEVER, *map(as_pattern, world.never.get(page, ())))
    said = [f"says: …{around(text, match)}…" for pattern in patterns if (match := re.search(pattern, text))]
    assert_none([*missing, *said, *contradictions({page: text})])


def reported(world: World, page: str, folder: Path, patch: pytest.MonkeyPatch) -> str:
    """The report in plain text."""
    from telltale import report

    project = built(world, folder / "project")
    patch.setenv("PYTHONPATH", str(Path(__file__).parent / "kernel"))
    patch.setenv("WORLD_NOW_US", str(project.now_us()))
    notebook, _, period = page.removeprefix(REPORT).partition("@")
    made = report.run(notebook, period, project=project, with_pdf=False)
    project.close()
    html = made.html.read_text(encoding="utf-8")
    body = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return reading.text(body)
