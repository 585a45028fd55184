"""The buttons of the alerts card, in a browser: an answer is noted, and the page says so."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from telltale.publish.alerts.answers import journal
from telltale.settings import load
from telltale.workbench.project import Project
from tests.dashboard import alerted, dashboards
from tests.lake_fixture import fill

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
OPERATOR = "operators-own-token-0123"
CARD = '[data-slot="card-alerts"]'
FORM = f'{CARD} form[action="alerts/{alerted.SENSOR}"]'


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: the buttons are not pressed in a browser")
def test_a_button_notes_an_answer_and_the_page_says_so(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    fill(tmp_path, hours=1).project.close()
    with (tmp_path / "secrets.toml").open("a") as file:
        file.write(f'[dashboard]\noperator = "{OPERATOR}"\n')
    alerted.alert(tmp_path)
    with dashboards.serving(tmp_path) as running, sync_playwright() as playwright:
        running.wait()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        troubles: list[str] = []
        for width, token, answer, noted in (
            (1280, dashboards.TOKEN, "8h", "Snoozed until"),
            (390, OPERATOR, "acknowledge", "An operator sees to it."),
        ):
            context = browser.new_context(viewport={"width": width, "height": 900})
            running.log_in_browser(context, token)
            tab = context.new_page()
            tab.on("pageerror", lambda error: troubles.append(str(error)))
            tab.goto(running.address("health"), wait_until="commit")
            button = tab.locator(f'{FORM} button[value="{answer}"]')
            button.wait_for(timeout=90_000)
            dashboards.until_true(tab, "document.documentElement.dataset.live === 'yes'", timeout_s=90)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            button.click()
            tab.locator(f"{CARD} p", has_text=noted).wait_for(timeout=90_000)
            if answer == "acknowledge":
                assert tab.locator(f'{FORM} button[value="acknowledge"]').count() == 0
            # Without a script, or from a message, the same is asked on a page of its own.
            tab.goto(running.address(f"alerts/{alerted.SENSOR}"))
            tab.locator('button[value="1h"]').click(no_wait_after=True)
            tab.wait_for_url(f"{running.url}/health", wait_until="commit", timeout=90_000)
            context.close()
        browser.close()
        assert troubles == []
    with closing(Project(settings=load(tmp_path))) as project:
        rows = journal(project)[::-1]
    assert [(row["who"], row["what"]) for row in rows] == [
        ("the owner", "snoozed"), ("the owner", "snoozed"), ("an operator", "acknowledged"), ("an operator", "snoozed")
    ]  # fmt: skip
