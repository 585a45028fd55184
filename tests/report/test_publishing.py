"""The files of a report appear together, whenever the process ends; the version before is kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from telltale.report import publishing


class Stopped(BaseException):
    """As far as a test lets it come."""


def staged(folder: Path, text: str, *endings: str) -> Path:
    made = publishing.staging(folder)
    for ending in endings or (".html", ".ipynb", ".json", publishing.RECIPE, ".pdf"):
        (made / f"w{ending}").write_text(text)
    return made


def shown(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith(".")}


def stop_at(name: str) -> Callable[[str], None]:
    def step(reached: str) -> None:
        if reached == name:
            raise Stopped

    return step


def other(page: Path, before: Path) -> bool:
    return page.read_text() != before.read_text()


def publish(folder: Path, text: str, step: publishing.Step = lambda _name: None, *endings: str) -> None:
    publishing.publish(staged(folder, text, *endings), "w", replaces=other, latest="latest.html", step=step)


WHOLE = {"w.html", "w.ipynb", "w.json", "w.recipe.json", "w.pdf", "latest.html"}
STEPS = [
    "publish:1 staged",
    "publish:2 due",
    "publish:3 before kept",
    *(f"publish:4 {ending}" for ending in (".ipynb", ".json", ".pdf", publishing.RECIPE, ".html")),
    "publish:5 latest",
]


def test_all_files_are_there_and_the_version_before_is_kept(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    assert shown(tmp_path) == dict.fromkeys(WHOLE, "first")
    publish(tmp_path, "second")
    before = {"w.before.html": "first", "w.before.recipe.json": "first"}
    assert shown(tmp_path) == dict.fromkeys(WHOLE, "second") | before
    publish(tmp_path, "second")
    assert shown(tmp_path) == dict.fromkeys(WHOLE, "second") | before  # the same again is no other version


def test_steps_are_these(tmp_path: Path) -> None:
    reached: list[str] = []
    publish(tmp_path, "first")
    publish(tmp_path, "second", reached.append)
    assert sorted(reached) == sorted(STEPS)
    assert reached[-2] == "publish:4 .html"  # what people open comes last


@pytest.mark.parametrize("step", STEPS)
def test_stopped_anywhere_it_is_the_old_report_or_the_new_one(tmp_path: Path, step: str) -> None:
    publish(tmp_path, "first")
    with pytest.raises(Stopped):
        publish(tmp_path, "second", stop_at(step))
    publishing.finish(tmp_path, replaces=other)
    text = "first" if step == STEPS[0] else "second"
    found = shown(tmp_path)
    assert {name: found[name] for name in WHOLE} == dict.fromkeys(WHOLE, text)
    assert found.get("w.before.html") == (None if step == STEPS[0] else "first")
    assert not list(tmp_path.glob(".*.due"))


def test_a_pdf_of_the_version_before_does_not_stay(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    publish(tmp_path, "second", lambda _name: None, ".html", ".json")
    assert "w.pdf" not in shown(tmp_path)


def test_what_a_run_left_behind_goes_after_a_day_and_not_before(tmp_path: Path) -> None:
    old, new = staged(tmp_path, "x"), staged(tmp_path, "y")
    at = old.stat().st_mtime - publishing.STALE_S - 60
    os.utime(old, (at, at))
    publishing.finish(tmp_path, replaces=other)
    assert (old.exists(), new.exists()) == (False, True)


def test_two_runs_write_into_folders_of_their_own(tmp_path: Path) -> None:
    first, second = staged(tmp_path, "first"), staged(tmp_path, "second")
    assert first != second
    for made in (second, first):
        publishing.publish(made, "w", replaces=other, latest="", step=lambda _name: None)
    assert set(shown(tmp_path).values()) == {"first", "second"}
    assert shown(tmp_path)["w.html"] == shown(tmp_path)["w.ipynb"] == "first"
    assert "latest.html" not in shown(tmp_path)
