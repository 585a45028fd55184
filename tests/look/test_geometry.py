"""Every page and report at its worst: nothing scrolls sideways, no text is cut off, upon other text or struck through.

The slice that always runs is one page of each world; `long` takes every page and report of all of them at every width.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.look import crowded, geometry, stills
from tests.worlds.world import PAGES, World, worlds

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
SIX = (
    *("ten_minutes_old", "collector_dead", "clock_of_1970", "clock_three_days_ahead", "dead_button_over_a_holiday"),
    *("one_pc_alone", "four_hundred_days_old"),
)
"""First hour, collector dead, wrong clocks, dead button, one PC, 400 days."""
WORLDS: Mapping[str, World] = {
    **{name: worlds()[name] for name in (*SIX, "one_reading", "few_visitors", "team_of_seven", "door_open")},
    "crowded": crowded.WORLD,
}
SLICE: Mapping[str, Sequence[str]] = {
    "ten_minutes_old": ("presence", "kanban_trends"),
    "dead_button_over_a_holiday": ("kanban",),
    "collector_dead": ("operations",),
    "crowded": ("sensors", "activity"),
}
FEW: Sequence[geometry.View] = ((1280, "light"), (320, "dark"))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: pages are not looked at")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=geometry.SWITCHES)
        yield opened
        opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", SLICE)
def test_a_page_of_each_world_can_be_read(name: str, browser: "Browser", tmp_path: Path) -> None:
    assert_none(looked_at(WORLDS[name], browser, tmp_path, FEW, SLICE[name]))


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
def test_every_page_and_report_can_be_read(name: str, browser: "Browser", tmp_path: Path) -> None:
    assert_none(looked_at(WORLDS[name], browser, tmp_path, geometry.VIEWS))


def looked_at(
    world: World, browser: "Browser", folder: Path, views: Sequence[geometry.View], names: Sequence[str] = ()
) -> list[str]:
    """What cannot be read on some pages and reports of a world, or on all."""
    stills.write_assets(folder)
    pages, reports = (tuple(name for name in names if (name in stills.REPORTS) is kind) for kind in (False, True))
    with stills.opened(world, folder) as project:
        files = stills.write_pages(project, world, folder, pages) if pages or not names else {}
        files |= stills.write_reports(project, folder, reports) if reports or not names else {}
    found = []
    for name, file in files.items():
        with geometry.shown(browser, file, world.now) as tab:
            found += [f"{name} {fault}" for fault in geometry.faults(tab, views)]
    return found


def assert_none(faults: Sequence[str]) -> None:
    assert not faults, "\n".join(faults)


DRAWN = (
    '<div class="plot" style="width:90px;overflow:hidden"><svg class="main-svg" width="90" height="30">{}</svg></div>'
)
LINE = (
    '<g class="shapelayer"><path d="M0 11H90" stroke="#000"/></g><g class="annotation"><text x="5" y="15">it</text></g>'
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<div style="width:2000px">wide</div>', "the page is 2000 px wide"),
        ('<div class="scroll" style="overflow:auto"><p style="width:2000px">wide</p></div>', "scrolls sideways"),
        ('<p style="width:20px;overflow:hidden;white-space:nowrap">a sentence</p>', "cut off: “a sentence”"),
        ('<p>one</p><p style="margin-top:-34px">other</p>', "upon each other: “one” and “other”"),
        (DRAWN.format('<text x="40" y="15">clipped words</text>'), "cut off by"),
        (DRAWN.format(LINE), "struck through: “it”"),
        (DRAWN.format(""), "no words along x"),
    ],
)
def test_each_kind_of_fault_is_seen(html: str, fault: str, browser: "Browser") -> None:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_content(f'<body style="margin:0">{html}</body>')
    assert [one for one in tab.evaluate(geometry.FAULTS) if one.startswith(fault)]
    tab.close()


def test_the_six_worlds_and_every_page_are_there() -> None:
    assert {"sensors", "operations"} < set(PAGES)
    assert len(SIX) >= 6
    assert {name for names in SLICE.values() for name in names} <= {*PAGES, *stills.REPORTS}
    assert set(stills.REPORTS) == {
        path.stem for path in stills.NOTEBOOKS.glob("*.ipynb") if '"period: str' in path.read_text(encoding="utf-8")
    } - {path.stem for path in stills.NOTEBOOKS.glob("ingest_*.ipynb")}
