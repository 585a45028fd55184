"""A report opened from a file, offline, in a browser: wide, narrow, dark, and on paper."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telltale.report import pdf
from tests.report import report_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_page.html(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: reports are not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=[(1280, "light"), (1280, "dark"), (390, "light"), (320, "dark")], ids=str)
def opened(request: pytest.FixtureRequest, browser: "Browser", file: Path) -> Iterator["Page"]:
    """The page once its charts are drawn; anything it asks for or complains about fails its tests."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else troubles.append(sent.url))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn='4']", state="attached", timeout=30_000)
    yield page
    context.close()
    assert troubles == []


def test_charts_are_drawn_and_nothing_scrolls_sideways(opened: "Page") -> None:
    sizes = opened.evaluate(
        "[...document.querySelectorAll('.plot')].map(p => [p.clientWidth, p.querySelector('svg.main-svg').clientWidth,"
        " p.clientHeight, p.querySelectorAll('.trace, .hm').length])"
    )
    assert len(sizes) == 4
    assert all(plot == drawn and height >= 200 and traces for plot, drawn, height, traces in sizes)
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_colours_follow_the_theme_and_the_switch_turns_it(opened: "Page") -> None:
    def bar() -> str:
        return str(opened.evaluate("document.querySelector('.plot .bars path').style.fill"))

    light, dark = "rgb(11, 107, 122)", "rgb(83, 188, 198)"
    before = bar()
    assert before == (dark if opened.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else light)
    opened.click(".theme")
    assert {before, bar()} == {light, dark}
    opened.click(".theme")
    assert bar() == before


def test_the_numbers_open_by_keyboard(opened: "Page") -> None:
    opened.locator("details.numbers summary").first.focus()
    opened.keyboard.press("Enter")
    assert opened.locator("details.numbers table").first.is_visible()


def test_charts_follow_the_width(opened: "Page") -> None:
    before = opened.viewport_size
    opened.set_viewport_size({"width": 700, "height": 900})
    apart = "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('svg').clientWidth !== p.clientWidth)"
    for _ in range(100):
        # The page's policy forbids eval, which waiting for an expression would need.
        if not opened.evaluate(f"{apart}.length"):
            break
        opened.wait_for_timeout(50)
    assert opened.evaluate(f"{apart}.length") == 0
    assert before is not None
    opened.set_viewport_size(before)


def test_paper_is_light_and_charts_fit_it(browser: "Browser", file: Path) -> None:
    page = browser.new_context(color_scheme="dark", offline=True).new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn='4']", state="attached")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.querySelector('.plot .bars path').style.fill") == "rgb(11, 107, 122)"
    assert page.evaluate("document.querySelector('.plot svg.main-svg').clientWidth") == 688
    page.context.close()


@pytest.mark.skipif(pdf.browser() is None, reason="no chromium on the PATH: reports are not printed")
def test_a_report_is_printed_with_its_charts(file: Path, tmp_path: Path) -> None:
    printed = pdf.printed(file, tmp_path / "report.pdf")
    assert printed is not None
    content = printed.read_bytes()
    assert content.startswith(b"%PDF-")
    # Without its charts the file has a few ten thousand bytes; fonts and text alone.
    assert len(content) > 60_000
