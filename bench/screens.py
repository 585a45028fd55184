"""Each page of a project with years of records, opened in Chromium at the width of a desk and of a phone.

    python -m bench.screens FOLDER-OF-THE-PROJECT FOLDER-FOR-PICTURES [PAGE ...]

The project is one of `bench.years`, at its present. What a page says where a card failed, script errors, and anything
wider than the window end it with exit code 1; the pictures are for looking at.
"""

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.years import opened
from telltale.dashboard import concerns
from telltale.dashboard.boards import Boards
from telltale.dashboard.pages import PAGES
from tests.pictures import HOST, SWITCHES, page_html, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (1280, 390)
FAILED = "could not be computed"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def main(folder: Path, pictures: Path, names: Sequence[str] = ()) -> list[str]:
    """Draw the pages; what is wrong with them, a line each."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium on the PATH: no page is opened")
    pictures.mkdir(parents=True, exist_ok=True)
    project = opened(folder)
    html: dict[str, str] = {}

    wrong: list[str] = []
    boards = Boards(project, PAGES, concerns.gathered)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        for name in names or PAGES:
            began = time.process_time()
            html[name] = page_html(boards, name)
            print(f"{name}: computed in {time.process_time() - began:.1f} CPU s", flush=True)
            for width in WIDTHS:
                tab = browser.new_page(viewport={"width": width, "height": 800}, timezone_id="UTC", locale="en-GB")
                tab.clock.set_fixed_time(project.now_us() / 1e6)
                tab.route("**/*", serving(html))
                wrong += [
                    f"{name} at {width} px: {each}" for each in _opened(tab, name, pictures / f"{name}-{width}.png")
                ]
                tab.close()
        browser.close()
    project.close()
    return wrong


def _opened(tab: "Page", name: str, picture: Path) -> Iterator[str]:
    """What is wrong with a page, once it is drawn."""
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"{HOST}/{name}")
    tab.wait_for_selector("html[data-drawn]", state="attached", timeout=300_000)
    tab.screenshot(path=picture, full_page=True, animations="disabled")
    yield from errors
    if FAILED in tab.inner_text("body"):
        yield "a card could not be computed"
    if (beyond := int(tab.evaluate(TOO_WIDE))) > 0:
        yield f"{beyond} px wider than the window"


if __name__ == "__main__":
    if found := main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]):
        sys.exit("\n".join(found))
