"""What of an open page cannot be read, at each width and in each theme (`geometry.js` says what counts)."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    from playwright.sync_api import Browser, Page

View = tuple[int, Literal["light", "dark"]]
"""Width of the window, px, and theme."""
VIEWS: tuple[View, ...] = (
    *((1280, "light"), (390, "light"), (320, "light")),
    *((1280, "dark"), (390, "dark"), (320, "dark")),
)
FAULTS = Path(__file__).with_name("geometry.js").read_text(encoding="utf-8")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SETTLED = """() => {
  const plots = [...document.querySelectorAll(".plot")].filter((place) => place.clientWidth);
  return plots.every((place) => {
    const drawn = place.querySelector("svg.main-svg");
    const apart = (side) => Math.abs(drawn[side] - place[side]);
    return drawn && apart("clientWidth") < 1 && apart("clientHeight") < 2;
  });
}"""
"""Every chart has the size of its place."""


@contextmanager
def shown(browser: "Browser", file: Path, now: "dt.datetime", query: str = "") -> Iterator["Page"]:
    """A page or report once it is drawn, at the moment it was made; a script that fails fails the test."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    context.clock.set_fixed_time(now)
    tab = context.new_page()
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.goto(f"{file.as_uri()}{query}")
    tab.wait_for_selector("html[data-drawn]", state="attached", timeout=30_000)
    yield tab
    context.close()
    assert troubles == []


def faults(tab: "Page", views: Sequence[View] = VIEWS) -> list[str]:
    """What cannot be read, a sentence each, with the width and the theme it was seen at."""
    found = []
    for width, theme in views:
        look_at(tab, width, theme)
        found += [f"{width} {theme}: {fault}" for fault in tab.evaluate(FAULTS)]
    return found


def look_at(tab: "Page", width: int, theme: Literal["light", "dark"]) -> None:
    """Let the window be so wide, and wait until the charts have followed."""
    tab.emulate_media(color_scheme=theme)
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    deadline = time.monotonic() + 20
    while not tab.evaluate(SETTLED):
        assert time.monotonic() < deadline, "the charts do not follow the width"
        tab.wait_for_timeout(20)
