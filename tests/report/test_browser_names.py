"""A report about devices with hostile names, in a browser: the names are text, nothing runs, every chart is drawn."""

import shutil
from pathlib import Path

import pytest

from telltale.report.page import render
from tests.page.hostile import NAMES
from tests.page.test_embedded import pieces_of
from tests.report import report_page

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def test_names_are_text_nothing_runs_and_charts_are_drawn(tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: reports are not opened in a browser")
    from playwright.sync_api import sync_playwright

    names = [name for name in NAMES if len(name) < 1000]
    notebook = report_page.notebook(*(piece for name in names for piece in pieces_of(name)))
    file = tmp_path / "report.html"
    file.write_text(render(notebook, facts={"Period": names[0]}), encoding="utf-8")
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else troubles.append(sent.url))
        page.goto(file.as_uri(), timeout=120_000)
        page.wait_for_selector(f"html[data-drawn='{len(names)}']", state="attached", timeout=120_000)
        assert page.evaluate("window.ran") is None
        links = page.evaluate(
            "[...document.querySelectorAll('a')].map(a => a.href || a.getAttribute('xlink:href') || '')"
        )
        assert [link for link in links if "evil" in link or link.startswith("javascript:")] == []
        shown = page.evaluate("[...document.querySelectorAll('.ytick text')].map(text => text.textContent)")
        page.hover(".plot .nsewdrag", timeout=120_000)
        page.wait_for_selector(".hoverlayer text", timeout=60_000)
        assert page.evaluate("document.querySelectorAll('.hoverlayer a, .plot a').length") == 0
        browser.close()
    for name in ("</script><script>window.ran=1</script>", '<a href="http://evil.example/">x</a>', "{{7*7}}"):
        assert name in shown
    assert troubles == []
