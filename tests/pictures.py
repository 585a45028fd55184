"""`make pictures`: the pictures of README.md, from the demo as of a moment that has passed; the same each time.

No server runs and no clock counts: the pages are computed at the demo's moment and drawn by Chromium with the style
sheet, script and frame that the dashboards serve. The words' widths are those of this machine's fonts.
"""

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from telltale.dashboard import assets, concerns
from telltale.dashboard.boards import Boards
from telltale.dashboard.pages import PAGES
from telltale.dashboard.widget import page_bundle
from telltale.workbench.project import Project
from telltale.workbench.times import moment

if TYPE_CHECKING:
    from playwright.sync_api import Route

NOW = "2026-11-20T14:32"
DAYS, SEED = 7, 7
SHOWN = ("operations", "presence", "kanban", "activity", "sensors")
IMG = Path(__file__).parents[1] / "dashboards" / "img"
WIDTH = 1280
TALLEST = 1700
"""A longer page ends below a row of its cards."""
WHOLE_ROWS = """tallest => {
  const all = document.documentElement.scrollHeight;
  const rows = [...document.querySelectorAll(".cards")].map(row => Math.ceil(row.getBoundingClientRect().bottom) + 12);
  return all <= tallest ? all : Math.max(...rows.filter(bottom => bottom <= tallest), 600);
}"""
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb")
HOST = "http://telltale.example"
FRAME = """{% import 'frame.html.j2' as frame %}<!DOCTYPE html>
<html lang="en"><head>{{ frame.head(tt, tt.titles[here]) }}
<script defer src="/look/plotly.js"></script><script>window.telltaleDarkOf = {};</script>
<script src="/look/board.js"></script>
</head><body>{{ frame.bar(tt, "/", here, tt.titles) }}<main id="page" data-name="{{ here }}"></main><p id="said"></p>
{{ page | safe }}<script>telltale.arrived();</script></body></html>"""


def main() -> None:
    """Make the demo in a folder of its own, and draw its pages."""
    with tempfile.TemporaryDirectory(prefix="telltale-pictures-") as folder:
        root = Path(folder) / "demo"
        demo = ("demo", "--days", str(DAYS), "--seed", str(SEED), "--now", NOW, "--no-reports", "--folder", str(root))
        subprocess.run([sys.executable, "-m", "telltale", *demo], check=True)
        for picture in of_demo(root, IMG):
            print(picture)


def of_demo(root: Path, folder: Path) -> list[Path]:
    """The pictures of a demo as of `NOW`, in a folder."""
    zone = Project(root).zone()
    now_us = moment(NOW, zone=zone, now_us=2**60)
    with closing(Project(root, now=lambda: now_us)) as project:
        return draw(project, SHOWN, folder)


def draw(project: Project, names: Sequence[str], folder: Path) -> list[Path]:
    """Pages of a project as pictures `<name>.png` in a folder, in light colours; of long ones the first rows.

    Args:
        project: its clock is the pictures'.
        names: of the pages.
        folder: where the pictures go.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium on the PATH: no picture is drawn")
    boards = Boards(project, PAGES, concerns.gathered)
    html = {name: page_html(boards, name) for name in names}

    pictures = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        tab = browser.new_page(viewport={"width": WIDTH, "height": 800}, timezone_id="UTC", locale="en-GB")
        tab.clock.set_fixed_time(project.now_us() / 1e6)
        tab.route("**/*", serving(html))
        for name in names:
            tab.goto(f"{HOST}/{name}")
            tab.wait_for_selector("html[data-drawn]", state="attached", timeout=60_000)
            pictures.append(folder / f"{name}.png")
            tall = float(tab.evaluate(WHOLE_ROWS, TALLEST))
            tab.screenshot(path=pictures[-1], full_page=True, animations="disabled",
                           clip={"x": 0, "y": 0, "width": WIDTH, "height": tall})  # fmt: skip
        browser.close()
    return pictures


def serving(html: Mapping[str, str]) -> Callable[["Route"], None]:
    """What answers a browser's requests for pages by their name, and for what the dashboards serve beside them."""

    def served(route: "Route") -> None:
        name = route.request.url.removeprefix(f"{HOST}/").partition("?")[0]
        if name in html:
            route.fulfill(body=html[name], content_type="text/html; charset=utf-8")
        elif (file := assets.served().get(name.removeprefix("look/"))) is not None:
            route.fulfill(body=gzip.decompress(file.content), content_type=file.kind)
        else:
            route.abort()

    return served


def page_html(boards: Boards, name: str) -> str:
    """A page as a browser gets it, with all it shows."""
    answer = boards.get(name, {})
    assert answer is not None
    templates = jinja2.FileSystemLoader(assets.JUPYTER / "voila" / "templates" / "telltale")
    values = assets.template_values({page: page.capitalize() for page in PAGES}, "/", has_login=False)
    frame = jinja2.Environment(loader=templates, autoescape=True).from_string(FRAME)
    return frame.render(tt=json.loads(json.dumps(values)), here=name, page=page_bundle(answer)["text/html"])


if __name__ == "__main__":
    main()
