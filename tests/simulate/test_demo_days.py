"""The demo's figures equal its simulators' on other days and other seeds: on days of 23 and 25 hours too."""

from pathlib import Path

import pytest

from telltale.cli import run
from telltale.simulate.demo import counted, figures, fill, place, scenario, truths
from telltale.workbench.project import Project, clock
from telltale.workbench.times import moment

ZONE = "Europe/Berlin"
LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("now", "seed", "days"),
    [
        ("2026-03-30T09:20", 11, 1),  # a Monday after a day of 23 hours
        pytest.param("2026-10-26T00:30", 23, 2, marks=LONG),  # just after a day of 25 hours
        pytest.param("2026-01-01T04:00", 31, 3, marks=LONG),  # a year's end, at the cut of the keys
        pytest.param("2024-03-01T13:00", 47, 7, marks=LONG),  # after a leap day
    ],
)
def test_every_figure_equals_the_simulators(now: str, seed: int, days: int, tmp_path: Path) -> None:
    now_us = moment(now, zone=ZONE, now_us=clock())
    project = Project(place(tmp_path / "demo", port=0), now=lambda: now_us)
    plan = scenario(ZONE, days=days, seed=seed, now_us=now_us)
    truth = truths(project, plan)
    filled = fill(project, None, plan, truth, tell=lambda *_: None)
    by_kind = {"count": counted(project, filled, truth), **figures(project, plan, truth)}
    project.close()
    assert [figure for of_kind in by_kind.values() for figure in of_kind if not figure.agrees] == []
    assert len(by_kind["day"]) == days * 3 * 6  # kinds of address, figures
    assert len(by_kind["PC"]) == days * 6 * 6  # PCs, figures
    assert all(by_kind.values())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--now", "2999-01-01"), "--now 2999-01-01 has not come yet; expected a moment that has passed"),
        (("--now", "2026-03-30", "--serve"), "--now is a moment that has passed, nothing of it is live; omit --serve"),
        (("--now", "the day before"), "the day before"),
    ],
)
def test_a_moment_that_cannot_be_leaves_the_folder_alone(
    arguments: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place(tmp_path / "demo", port=8080)
    (folder / "mine").touch()
    assert run(["demo", *arguments, "--folder", str(folder)]) == 1
    assert says in capsys.readouterr().err
    assert (folder / "mine").exists()
