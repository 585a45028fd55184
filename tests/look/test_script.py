"""What the page's script does with a page: a view that was asked for, a line that is lost, paper, tables too wide."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from telltale.look.tokens import LIGHT
from tests.look import geometry, stills
from tests.worlds import reading
from tests.worlds.world import worlds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium")
WORLD = worlds()["three_quantities"]
LINE = "(() => { window.line = { on: (_, heard) => (line.heard = heard), send: () => {} }; telltale.connect(line); })()"
"""A kernel's line without a kernel."""


class Written(NamedTuple):
    files: dict[str, Path]
    humidity: dict[str, Any]
    """The sensors page of another quantity, as a kernel sends it."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("script")
    stills.write_assets(folder)
    with stills.opened(WORLD, folder) as project:
        files = stills.write_pages(project, WORLD, folder, ("sensors", "health"))
        return Written(files, reading.page(reading.boards(project), "sensors?quantity=humidity"))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: pages are not opened")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=geometry.SWITCHES)
        yield opened
        opened.close()


def hear(tab: "Page", message: dict[str, Any]) -> None:
    tab.evaluate(f"line.heard({json.dumps(message)})")


def test_a_link_to_a_view_shows_its_own_answer_and_no_other_first(browser: "Browser", written: Written) -> None:
    with geometry.shown(browser, written.files["sensors"], WORLD.now, "?quantity=humidity") as tab:
        assert tab.locator("h1").inner_text() == "Loading the figures"
        assert not [part for part in (".tiles", ".cards", ".foot") if tab.locator(part).first.is_visible()]
        assert tab.locator("#page").get_attribute("aria-busy") == "true"
        tab.evaluate(LINE)
        hear(tab, {"kind": "board", "board": written.humidity})
        assert tab.locator("h1").inner_text().startswith("Humidity")
        assert tab.locator(".tiles").is_visible()
        assert tab.locator("#page").get_attribute("aria-busy") == "false"


def test_a_page_without_a_choice_is_there_at_once(browser: "Browser", written: Written) -> None:
    with geometry.shown(browser, written.files["sensors"], WORLD.now) as tab:
        assert tab.locator("h1").inner_text().startswith("Temperature")
        assert tab.locator(".tiles").is_visible()
        assert tab.locator("#page").get_attribute("aria-busy") == "false"


def test_a_lost_line_dims_every_word_of_the_page(browser: "Browser", written: Written) -> None:
    with geometry.shown(browser, written.files["health"], WORLD.now) as tab:
        tab.emulate_media(color_scheme="light")
        tab.evaluate(LINE)
        hear(tab, {"kind": "away", "why": "gone"})
        words = tab.locator(".board [data-slot]:not([data-slot=controls]) *").filter(visible=True, has_text=" ")
        assert words.count() > 20
        colours = words.evaluate_all("found => [...new Set(found.map((word) => getComputedStyle(word).color))]")
        red, green, blue = (int(LIGHT.ink3[at : at + 2], 16) for at in (1, 3, 5))
        assert colours == [f"rgb({red}, {green}, {blue})"]
        assert tab.locator(".fresh .text").inner_text().startswith("not updating since")
        assert tab.evaluate("[...document.querySelectorAll('.plot')].every(e => getComputedStyle(e).opacity < 1)")


def test_a_printed_page_is_whole(browser: "Browser", written: Written) -> None:
    """Charts are as wide as the paper, tables as long as they are, nothing beyond either."""
    with geometry.shown(browser, written.files["health"], WORLD.now) as tab:
        tab.set_viewport_size({"width": 688, "height": 900})
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        tab.emulate_media(media="print")
        assert set(tab.evaluate("[...document.querySelectorAll('.plot svg.main-svg')].map(e => e.clientWidth)")) == {
            654
        }
        assert tab.evaluate("document.documentElement.scrollWidth") <= 688
        assert tab.evaluate(
            "[...document.querySelectorAll('.scroll')].every(e => e.scrollHeight <= e.clientHeight + 1)"
        )
        assert not [fault for fault in tab.evaluate(geometry.FAULTS) if "cut off" in fault or "upon" in fault]
        tab.emulate_media(media="screen")
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        geometry.look_at(tab, 1280, "light")


def test_a_table_too_wide_for_its_place_is_stacked_and_gets_its_columns_back(
    browser: "Browser", written: Written
) -> None:
    with geometry.shown(browser, written.files["sensors"], WORLD.now) as tab:
        tab.evaluate("document.querySelector('details').open = true")
        geometry.look_at(tab, 1280, "light")
        assert tab.locator("details[open] table.stacked").count() == 0
        geometry.look_at(tab, 320, "light")
        table = tab.locator("details[open] table.stacked")
        assert table.count() == 1
        assert table.evaluate("t => t.closest('.scroll').scrollWidth <= t.closest('.scroll').clientWidth + 1")
        assert (
            table.locator("tbody td").nth(1).evaluate("cell => getComputedStyle(cell, '::before').content")
            == '"Quantity"'
        )
        geometry.look_at(tab, 1280, "light")
        assert tab.locator("table.stacked").count() == 0
