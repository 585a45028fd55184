"""The README's demo, end to end: real HTTP, real store, every notebook, figures equal to the simulator's truth."""

import math
import random
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.dashboard.pages import PAGES
from telltale.page.board import Ask
from telltale.page.claims import Value
from telltale.settings import load
from telltale.simulate.demo import place
from telltale.workbench import Project
from tests.claims import given
from tests.served import said_by_us

COUNTS = ("reports", "sightings", "rejected rows", "callbacks", "messages", "Efento frames")


def _telltale(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "telltale", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """Its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("shown") / "demo"
    return folder, _telltale("demo", "--days", "2", "--no-serve", "--folder", str(folder))


@pytest.mark.slow
def test_demo_finds_what_the_simulator_knows_and_leaves_reports(
    demo: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    folder, done = demo
    assert done.returncode == 0, done.stderr
    assert said_by_us(done.stderr) == ""
    agree = re.search(r"([\d,]+) of ([\d,]+) day figures equal the simulator's", done.stdout)
    assert agree is not None
    assert agree[1] == agree[2] == "36"  # 2 days x 3 address kinds x 6 figures
    sensed = re.search(r"([\d,]+) of ([\d,]+) sensor figures equal the simulator's", done.stdout)
    assert sensed is not None
    assert sensed[1] == sensed[2]
    assert int(sensed[1]) >= 6 * 5 + 8 * 3 * 4  # 5 figures a sensor, and 4 of 8 series on each of 3 days
    pressed = re.search(r"([\d,]+) of ([\d,]+) button figures equal the simulator's", done.stdout)
    assert pressed is not None
    assert pressed[1] == pressed[2]
    assert int(pressed[1]) >= (9 * 2 + 5 * 40) * 0.7  # eight weeks have 40 working days; an item nobody pulled on one
    assert "72 of 72 PC figures equal the simulator's" in done.stdout  # 6 PCs x 2 days x 6, on days off too
    assert "desk-7: a frame went from the agent over a serial line" in done.stdout
    counts = dict(re.findall(rf"^({'|'.join(COUNTS)}) +([\d,]+ +[\d,]+)$", done.stdout, re.MULTILINE))
    assert set(counts) == set(COUNTS)
    for found, true in (pair.split() for pair in counts.values()):
        assert found == true != "0"
    reports = folder / "data" / "reports"
    index = (reports / "index.html").read_text()
    for name in (
        *("presence_dwell", "ingest_cloudtrax", "ingest_sigfox", "ingest_efento", "sensor_report", "data_health"),
        *("ingest_button", "kanban_trends"),
    ):
        pages = list((reports / name).glob("*--*.html"))  # of all its days; scheduled ones are of one
        assert len(pages) == 1
        assert f"{name}/{pages[0].name}" in index
    scheduled = re.search(r"^scheduled: [23] of cold_chain, (\S+) to (\S+):", done.stdout, re.MULTILINE)
    assert scheduled is not None
    for day in scheduled.groups():
        assert f"sensor_report/{day}.html" in index
    assert re.search(r"^alerts: \d+ known and over, the last of \S+.*temperature", done.stdout, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("many", [60, pytest.param(200, marks=pytest.mark.long)])
def test_numbers_of_the_demos_pages_follow_from_their_rows(
    demo: tuple[Path, "subprocess.CompletedProcess[str]"], many: int
) -> None:
    with closing(Project(settings=load(demo[0]))) as project, project.at_one_moment():
        claims = {claim.id: claim for page in PAGES.values() for claim in page(Ask(project, {})).claims}
        assert len(claims) >= 200
        chosen = random.Random(11).sample(sorted(claims), many)
        apart = [
            (claim, value)
            for claim, value in given([claims[name] for name in chosen], project)
            if not same(value, claim.value)
        ]
    assert apart == []


def same(value: Value, said: Value) -> bool:
    if isinstance(value, float) and isinstance(said, int | float):
        return math.isclose(value, said, rel_tol=1e-9, abs_tol=1e-9)
    return value == said


def test_demo_replaces_an_older_demo_and_nothing_else(tmp_path: Path) -> None:
    folder = place(tmp_path / "demo", port=8080)
    (folder / "data").mkdir()
    place(folder, port=8081)
    assert not (folder / "data").exists()
    assert (folder / "secrets.toml").stat().st_mode & 0o777 == 0o600

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "telltale.toml").write_text('[site]\nname = "Real"\n')
    with pytest.raises(ConfigError, match="is not empty and no demo; give another one"):
        place(tmp_path / "mine", port=8080)
    assert (tmp_path / "mine" / "telltale.toml").exists()
