"""A report made by its notebook: published once, kept as it is while it says the same, shared as far as it came."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from telltale.publish import schedule
from telltale.publish.making import claims, shareable
from tests.publish.scheduled import World, at

OWN = """
[reports.mine]
notebook = "my_day"
period = "day"
to = ["ops@example.org"]
"""


def _write(root: Path, last: str) -> None:
    sources = [
        ("markdown", "# My day", []),
        ("code", 'period: str = "1d"  # which day', ["parameters"]),
        ("code", "import telltale as tt\ntt.page.Sentence(f'**{period}** was good')", []),
        ("code", last, []),
    ]
    cells: list[dict[str, Any]] = []
    for kind, text, tags in sources:
        cell = {"cell_type": kind, "id": f"c{len(cells)}", "metadata": {"tags": tags}, "source": text}
        cells.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    (root / "notebooks").mkdir(exist_ok=True)
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / "my_day.ipynb").write_text(json.dumps(notebook))


def test_a_notebook_is_published_once_and_a_failed_one_is_shared_without_what_it_quoted(tmp_path: Path) -> None:
    world = World(tmp_path, OWN, now="2026-11-14 01:00")
    _write(tmp_path, "print('3c:06:30:00:00:01'); raise ValueError('3c:06:30:00:00:01')")
    world.hears("2026-11-13 10:00", 1)
    with closing(world.project()) as project:
        assert schedule.once(project) == schedule.Done(failed=1)
        (run,) = world.ledger()
        assert (run.state, json.loads(run.failure)["told"]) == ("waiting", "its notebook failed at cell 4: ValueError")
        folder = project.settings.report_folder
        (shared,) = json.loads(run.failure)["files"]
        text = (folder / shared).read_text()
        assert "**2026-11-13** was good" in text
        assert "3c:06:30" not in text.replace(
            json.dumps("print('3c:06:30:00:00:01'); raise ValueError('3c:06:30:00:00:01')"), ""
        )
        assert world.messages() == []

        _write(tmp_path, "tt.page.Footer({'Data until': 'now'})")
        world.now_us += 60_000_000
        assert schedule.once(project) == schedule.Done(made=1)
        assert [subject for subject, _ in world.messages()] == ["My day"]
        page = folder / "my_day" / "2026-11-13.html"
        before = page.stat().st_mtime_ns

        world.hears("2026-11-13 11:00", 2, received="2026-11-14 01:30")
        world.now_us = at("2026-11-14 02:00")
        assert schedule.once(project) == schedule.Done(same=1)
        assert page.stat().st_mtime_ns == before
        assert not list(folder.glob("my_day/*running*"))
        assert len(world.messages()) == 1


def test_numbers_that_stand_in_several_places_are_there_once_for_each_value() -> None:
    def claim(value: int) -> dict[str, Any]:
        subject = {"kind": "device", "id": "efento:1", "name": "Fridge"}
        return {"id": "a", "subject": subject, "measure": "outside_s", "value": value, "unit": "s"}

    assert claims([claim(1), claim(1), claim(2)]) == {
        "a.0": ["Fridge", "outside_s", 1, "s"],
        "a.1": ["Fridge", "outside_s", 2, "s"],
    }


def test_of_a_failed_notebook_only_its_pieces_are_shared() -> None:
    piece = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/vnd.telltale+json": {"kind": "prose"}},
    }
    outputs = [
        piece,
        {"output_type": "stream", "name": "stdout", "text": "3c:06:30"},
        {"output_type": "execute_result", "metadata": {}, "data": {"text/html": "<table>3c:06:30</table>"}},
        {"output_type": "error", "ename": "KeyError", "evalue": "3c:06:30", "traceback": ["3c:06:30"]},
    ]
    made = shareable({"cells": [{"cell_type": "code", "source": "x", "outputs": outputs}], "metadata": {}})
    assert "3c:06:30" not in json.dumps(made)
    assert made["cells"][0]["outputs"][0] == piece
    assert made["cells"][0]["outputs"][1]["ename"] == "KeyError"
