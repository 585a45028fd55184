"""The dashboards in a browser, as a reader meets them: login, every page wide and narrow, live, gone without trace."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telltale.dashboard.pages import PAGES
from tests import served
from tests.dashboard import dashboards

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
DRAWN_MS = 90_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    filled = dashboards.fill_until_now(tmp_path_factory.mktemp("dashboards"))
    dashboards.add_page(filled, "own", OWN)
    return filled


OWN = """
import telltale as tt
from telltale.charts.base import figure
from telltale.dashboard.widget import Chart

def own(ask):
    dots = figure(height=200).add_scatter(x=[1, 2], y=[1, 2])
    card = tt.dashboard.Cell("dots", 12, "Dots", lambda: tt.page.Card("Two dots", dots))
    return tt.dashboard.Board(tt.page.Sentence(f"**Own** page of {ask.project.settings.site.name}"), rows=[[card]])

tt.dashboard.show(own)
Chart(figure(height=150).add_bar(x=[1, 2, 3], y=[3, 1, 2]))
"""
SPARE = len(PAGES) + 1
"""A spare kernel for each page, the project's own included."""


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[dashboards.Dashboards]:
    with dashboards.serving(root) as running:
        running.wait()
        yield running


@pytest.fixture(scope="module")
def browser(server: dashboards.Dashboards) -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: dashboards are not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def context(
    browser: "Browser", server: dashboards.Dashboards, request: pytest.FixtureRequest
) -> Iterator["BrowserContext"]:
    width, scheme = getattr(request, "param", (1280, "light"))
    made = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    server.log_in_browser(made)
    yield made
    made.close()


def opened(context: "BrowserContext", server: dashboards.Dashboards, page: str) -> tuple["Page", list[str]]:
    """A page once it is drawn and live, and what went wrong until now: foreign requests, errors."""
    tab, troubles = context.new_page(), []

    def local(url: str) -> bool:
        return url.startswith((server.url, server.url.replace("http", "ws"), "data:", "blob:"))

    tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("request", lambda sent: None if local(sent.url) else troubles.append(sent.url))
    tab.goto(server.address(page), timeout=DRAWN_MS)
    tab.wait_for_selector("html[data-drawn][data-live]", state="attached", timeout=DRAWN_MS)
    return tab, troubles


WIDTHS = [(1280, "light"), (390, "dark")]
EACH_ONCE = [
    pytest.param(name, width, id=f"{name}-{width}", marks=[] if width == WIDTHS[number % 2] else pytest.mark.long)
    for number, name in enumerate(PAGES)
    for width in WIDTHS
]
"""Every page on a screen, the pages on both in turn; on the other one it is long."""


@pytest.mark.parametrize(("name", "context"), EACH_ONCE, indirect=["context"])
def test_a_page_is_drawn_from_here_alone_and_every_control_answers(
    name: str, context: "BrowserContext", server: dashboards.Dashboards
) -> None:
    tab, troubles = opened(context, server, name)
    see_it_drawn(tab)
    assert troubles == []
    try_every_control(tab)
    assert troubles == []


def see_it_drawn(tab: "Page") -> None:
    plots = tab.evaluate(
        "[...document.querySelectorAll('.cell .plot')].map(p => [p.clientWidth,"
        " p.querySelector('svg.main-svg').clientWidth, p.querySelectorAll('.trace, .hm').length])"
    )
    assert plots
    assert all(place == drawn and traces for place, drawn, traces in plots)
    assert tab.locator(".tile").count() >= 4
    assert tab.locator("[role=alert]").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert tab.evaluate("document.fonts.size === 0 || [...document.fonts].every(f => f.status !== 'error')")
    assert "token" not in tab.url


def try_every_control(tab: "Page") -> None:
    """Each answers, and stands in the address, by which the page is opened again as it is."""
    for value in tab.eval_on_selector_all(".controls input", "found => found.map(f => f.value)"):
        serial = tab.get_attribute("html", "data-serial")
        tab.locator(f".controls label:has(input[value='{value}'])").click()
        tab.wait_for_selector("#page[aria-busy=false]", timeout=DRAWN_MS)
        assert tab.locator(f".controls input[value='{value}']").is_checked()
        assert serial
    for box in range(tab.locator(".controls select").count()):
        field = tab.locator(".controls select").nth(box)
        name_of, last = field.get_attribute("name"), field.locator("option").last.get_attribute("value")
        field.select_option(last)
        tab.wait_for_selector("#page[aria-busy=false]", timeout=DRAWN_MS)
        assert f"{name_of}={last}" in tab.url
    if tab.locator(".controls").count():
        sent = tab.url
        tab.goto(sent)
        tab.wait_for_selector("html[data-live] #page[aria-busy=false]", timeout=DRAWN_MS)
        assert tab.locator(".controls select").first.input_value() in sent


def test_a_page_of_ones_own_is_live_and_may_hold_widgets(
    context: "BrowserContext", server: dashboards.Dashboards
) -> None:
    tab, troubles = opened(context, server, "own")
    assert tab.locator("h1").inner_text() == "Own page of Harbour site"
    assert tab.locator(".tabs [aria-current]").inner_text() == "own"
    tab.wait_for_selector(".cell .plot .trace", state="attached", timeout=DRAWN_MS)
    tab.wait_for_selector("#rendered_cells .bars path", state="attached", timeout=DRAWN_MS)
    assert troubles == []


def test_numbers_theme_and_tabs_by_keyboard(context: "BrowserContext", server: dashboards.Dashboards) -> None:
    tab, troubles = opened(context, server, "presence")
    tab.locator("details.numbers summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details.numbers table").first.is_visible()
    before = tab.evaluate("document.querySelector('.plot .bars path').style.fill")
    tab.locator("button.theme").focus()
    tab.keyboard.press("Enter")
    dashboards.until_true(tab, f"document.querySelector('.plot .bars path').style.fill !== {before!r}")
    tab.locator(".tabs a").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile("operations"))
    tab.wait_for_selector("html[data-drawn]", state="attached", timeout=DRAWN_MS)
    assert tab.get_attribute("html", "data-theme") == "dark"
    assert troubles == []


FRESH = ("fly", "droop")
"""What the streamer may say once a record has come: it droops where another device fell silent meanwhile."""


@pytest.mark.parametrize(
    "name", ["sensors", "kanban", *(pytest.param(name, marks=pytest.mark.long) for name in ("health", "presence"))]
)
def test_a_number_opens_its_origin_and_gives_the_focus_back(
    name: str, context: "BrowserContext", server: dashboards.Dashboards
) -> None:
    tab, troubles = opened(context, server, name)
    for place, by_keyboard in (("h1", False), (".tiles", True), ("h2", False)):
        number = tab.locator(f"#page {place} .claim").first
        if not number.count():
            assert place == "h2", f"{name}: no number in {place} leads anywhere"
            continue
        if by_keyboard:
            number.focus()
            tab.keyboard.press("Enter")
        else:
            number.click()
        panel = tab.locator("#page .origin")
        panel.locator("code").first.wait_for(timeout=30_000)
        text = panel.inner_text()
        assert "tt." in text
        assert "Copy" in text
        tab.keyboard.press("Escape")
        assert panel.count() == 0
        assert tab.evaluate("document.activeElement.classList.contains('claim')")
    assert troubles == []


def test_a_station_is_looked_up_and_stands_in_no_address(
    context: "BrowserContext", server: dashboards.Dashboards
) -> None:
    tab, troubles = opened(context, server, "presence")
    tab.fill(".finder [name=station]", "3c:06:30:aa:bb:0f")
    tab.click(".finder [name=find]")
    dashboards.until_true(tab, "document.querySelector('.found').innerText.includes('No sighting kept matches')")
    tab.fill(".finder [name=station]", "")
    tab.fill(".finder [name=limit]", "3")
    tab.click(".finder [name=find]")
    dashboards.until_true(tab, "document.querySelectorAll('.found tbody tr').length === 3")
    tab.click(".finder [name=sample]")
    dashboards.until_true(tab, "document.querySelector('.found').innerText.includes('invented')")
    assert tab.url == server.address("presence")
    assert troubles == []


def test_a_report_that_arrives_is_on_the_open_page(
    context: "BrowserContext", server: dashboards.Dashboards, root: Path
) -> None:
    tab, troubles = opened(context, server, "presence")
    nodes = tab.locator(".tile", has_text="Nodes reporting")
    before = int(re.findall(r"of (\d+)", nodes.inner_text())[0])
    with served.collecting(root) as collector:
        body, headers = dashboards.report("ac:86:74:00:00:99", at_s=int(time.time()))
        assert collector.send("POST", "/cloudtrax", body, headers).status == 200
        dashboards.until_true(tab, f"document.body.innerText.includes('of {before + 1}')")
    assert re.fullmatch(r"Newest record (\d+\ss|1\smin) ago", tab.locator(".fresh .text").inner_text())
    assert tab.get_attribute(".fresh", "data-state") in FRESH
    assert troubles == []


def test_a_message_that_arrives_is_on_the_open_page(
    context: "BrowserContext", server: dashboards.Dashboards, root: Path
) -> None:
    tab, troubles = opened(context, server, "sensors?device=sigfox-2d24e6")
    tab.locator(".tile", has_text="Fridge 1 now").wait_for(timeout=DRAWN_MS)  # first the page of no choice is shown
    with served.collecting(root) as collector:
        body, headers = dashboards.callback("2D24E6", 6.25, at_s=int(time.time()))
        assert collector.send("POST", "/sigfox/uplink", body, headers).status == 204
        dashboards.until_true(tab, "/Fridge 1 now\\s*6\\.[23]/.test(document.body.innerText)")
    assert tab.get_attribute(".fresh", "data-state") in FRESH
    assert troubles == []


AHEAD = "const now = Date.now; Date.now = () => now() + 3_600_000"


def test_a_page_made_long_ago_is_dimmed_until_it_is_live(
    context: "BrowserContext", server: dashboards.Dashboards
) -> None:
    """Voilà makes pages before they are opened; a clock that is an hour ahead stands for an hour without a viewer."""
    tab = context.new_page()
    tab.add_init_script(AHEAD)
    tab.route("**/api/kernels/**", lambda route: route.abort())
    tab.route_web_socket("**/api/kernels/**", lambda socket: socket.close())  # nothing live arrives
    tab.goto(server.address("presence"))
    tab.wait_for_selector("html[data-drawn]", state="attached", timeout=DRAWN_MS)
    assert tab.get_attribute("#page", "aria-busy") == "true"
    assert "Loading" in tab.inner_text(".fresh")
    tab.close()

    tab = context.new_page()
    tab.add_init_script(AHEAD)
    tab.goto(server.address("presence"))
    tab.wait_for_selector('html[data-live] #page[aria-busy="false"]', timeout=DRAWN_MS)
    assert re.search(r"Newest record \d+\s(s|min) ago", tab.inner_text(".fresh")), "by the server's clock"


def test_a_page_says_when_its_figures_stop_and_goes_on_when_they_are_back(
    context: "BrowserContext", server: dashboards.Dashboards
) -> None:
    tab, troubles = opened(context, server, "presence")
    server.kill_figures()
    tab.wait_for_selector("html.stale", state="attached", timeout=20_000)
    assert re.fullmatch(r"not updating since \d\d:\d\d", tab.locator(".fresh .text").inner_text())
    assert tab.get_attribute(".fresh", "data-state") == "hang"
    tab.wait_for_selector("html:not(.stale)", state="attached", timeout=60_000)
    assert troubles == []


def test_nobody_sees_a_page_without_the_token(browser: "Browser", server: dashboards.Dashboards) -> None:
    context = browser.new_context()
    tab = context.new_page()
    for path in ("", "presence", "operations", "voila/render/presence.ipynb", "voila/files/presence.ipynb"):
        tab.goto(f"{server.url}/{path}")
        assert tab.locator("h1").inner_text() == "Log in to see the dashboards."
    tab.fill("#token", "not the token")
    tab.click("button[type=submit]")
    assert tab.locator("[role=alert]").is_visible()
    tab.goto(f"{server.url}/presence")
    tab.fill("#token", dashboards.TOKEN)
    tab.click("button[type=submit]")
    tab.wait_for_selector("html[data-drawn]", state="attached", timeout=DRAWN_MS)
    tab.goto(f"{server.url}/nowhere")
    assert tab.locator("h1").inner_text() == "There is no such page."
    tab.goto(f"{server.url}/voila/files/presence.ipynb")
    assert tab.locator("h1").inner_text() == "There is no such page."
    context.close()


def test_a_closed_page_takes_its_kernel_along(browser: "Browser", server: dashboards.Dashboards) -> None:
    _wait_for_kernels(server, at_most=SPARE)
    context = browser.new_context()
    server.log_in_browser(context)
    tab, _ = opened(context, server, "presence")
    assert server.kernels() >= SPARE
    tab.close(run_before_unload=True)
    _wait_for_kernels(server, at_most=SPARE, within_s=30)
    context.close()


@pytest.mark.long  # what Jupyter calls idle takes it a minute
def test_a_page_that_dies_without_a_word_leaves_no_kernel(server: dashboards.Dashboards, browser: "Browser") -> None:
    from telltale.dashboard.kernels import CULL_EVERY_S, CULL_S

    _wait_for_kernels(server, at_most=SPARE)
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=SWITCHES)
    context = other.new_context()
    server.log_in_browser(context)
    tab, _ = opened(context, server, "presence")
    tab.evaluate("window.addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)")
    tab.evaluate("navigator.sendBeacon = () => true")
    other.close()
    _wait_for_kernels(server, at_most=SPARE, within_s=CULL_S + 2 * CULL_EVERY_S + 40)


def _wait_for_kernels(server: dashboards.Dashboards, *, at_most: int, within_s: float = 140) -> None:
    """Until only the spare kernels are left: one for each page, being replaced for a moment."""
    deadline = time.monotonic() + within_s
    while server.kernels() > at_most:
        assert time.monotonic() < deadline, f"{server.kernels()} kernels, expected {at_most}"
        time.sleep(0.5)
