"""A report behind the login, in a browser: it draws, saves its numbers, and reaches nothing of the server."""

import json
import shutil
from pathlib import Path

import pytest

from telltale.report import index
from tests.dashboard import dashboards
from tests.lake_fixture import write_settings
from tests.report import report_page

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
ASKS = "fetch('/reports/').then(() => 'answered', () => 'refused')"


def write_report(root: Path) -> None:
    base = root / "data" / "reports" / "presence_dwell" / "2026-W46"
    base.parent.mkdir(parents=True)
    entry = index.Entry("Presence", "2026-W46", "A usual week.", "", "2026-11-16T06:02:00", pdf=False, told_of=[])
    base.with_suffix(".json").write_text(json.dumps(entry._asdict()))
    base.with_suffix(".html").write_text(report_page.html())


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: the report is not opened in a browser")
@pytest.mark.parametrize("base", [pytest.param("", marks=pytest.mark.long), "/watch"])
def test_a_report_is_reached_from_a_page_and_leads_back(tmp_path: Path, base: str) -> None:
    from playwright.sync_api import sync_playwright

    public = f'public_url = "http://127.0.0.1:1{base}"\nbase_url = "{base}"\n' if base else ""
    root = write_settings(tmp_path, more=f"[dashboard]\n{public}")
    write_report(root)
    with dashboards.serving(root, base=base) as running, sync_playwright() as playwright:
        running.wait()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context(accept_downloads=True)
        running.log_in_browser(context)
        tab = context.new_page()
        troubles: list[str] = []
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.goto(running.address("kanban"), wait_until="commit")
        tab.click("nav a:has-text('Reports')", timeout=90_000)
        tab.wait_for_url(f"{running.url}/reports/")
        tab.click(".said a")
        tab.wait_for_url(f"{running.url}/reports/presence_dwell/2026-W46.html")
        tab.wait_for_selector("html[data-drawn='4']", state="attached", timeout=60_000)
        tab.locator(".numbers summary").first.click()
        with tab.expect_download() as waiting:
            tab.locator(".numbers .save").first.click()
        assert waiting.value.suggested_filename.endswith(".csv")
        assert tab.evaluate("self.origin") == "null", "a page of another origin than the dashboards"
        assert tab.evaluate(ASKS) == "refused"
        tab.click("a.back")
        tab.wait_for_url(f"{running.url}/reports/")
        tab.click("a.back")
        tab.wait_for_url(f"{running.url}/operations", wait_until="commit", timeout=90_000)
        assert troubles == []
        context.close()
        browser.close()
