"""How soon a page shows, follows a choice and a new record, and what a viewer costs; beside a bare Voilà notebook.

Needs a Chromium on the PATH. Everything is opened with the same browser, each in a context of its own (empty cache),
preheated, interleaved; the bare notebook is one plotly figure in Voilà's stock template. A week of simulated records,
or 26 days.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

import telltale as tt
from bench.measured import note, sized
from telltale.net import free_port
from telltale.workbench.project import Project
from tests import served
from tests.dashboard import dashboards

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

REPEATS = sized(3, 5)
DAYS = sized(7, 7, full=26)
"""The longer one has a million sightings."""
STRETCHES = ("7d", "28d", "1d")
PREHEAT_S = 25.0
WARM_S = 15.0
"""How long a reader looks at a page before choosing another stretch."""
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
BARE = "import plotly.graph_objects as go\ngo.Figure(go.Scatter(x=[1, 2, 3], y=[2, 1, 3]))"
"""The least a Voilà page with a chart can be."""


def main() -> None:
    """Print the figures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium on the PATH: nothing measured")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        root = dashboards.fill_until_now(Path(folder) / "project", hours=24 * DAYS)
        with dashboards.serving(root) as ours, _bare(Path(folder)) as bare, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
            time.sleep(PREHEAT_S)
            _first_plot(browser, ours, bare)
            _choice(browser, ours, root)
            _arrival(browser, ours, root)
            _memory(browser, ours)
            browser.close()


def _first_plot(browser: "Browser", ours: dashboards.Dashboards, bare: str) -> None:
    page_s, bare_s = [], []
    for _ in range(REPEATS):
        page_s.append(_opened_s(_context(browser, ours), ours.address("presence"), ".plot svg.main-svg .trace"))
        bare_s.append(_opened_s(browser.new_context(), bare, "svg.main-svg .trace"))
        time.sleep(8)  # the spare kernels come back
    page, empty = statistics.median(page_s), statistics.median(bare_s)
    of = f"{DAYS} days, preheated, empty cache, medians of {REPEATS} interleaved repeats"
    note("first plot of the presence page", page, "s", of=of)
    note("first plot ÷ an empty Voilà notebook with one figure", page / empty, of=of)


def _context(browser: "Browser", ours: dashboards.Dashboards) -> "BrowserContext":
    """A browser of its own, with an empty cache, in which the token was typed."""
    made = browser.new_context()
    ours.log_in_browser(made)
    return made


def _until(tab: "Page", expression: str) -> None:
    """As `wait_for_function`, which no page of ours allows."""
    deadline = time.monotonic() + 120
    while not tab.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(expression)
        time.sleep(0.01)


def _opened_s(context: "BrowserContext", url: str, selector: str) -> float:
    tab = context.new_page()
    started = time.perf_counter()
    tab.goto(url, wait_until="commit")
    tab.wait_for_selector(selector, state="attached", timeout=120_000)
    took = time.perf_counter() - started
    tab.close(run_before_unload=True)
    context.close()
    return took


def _choice(browser: "Browser", ours: dashboards.Dashboards, root: Path) -> None:
    """From the click to the last chart drawn."""
    tab = _context(browser, ours).new_page()
    tab.goto(ours.address("presence"))
    tab.wait_for_selector("html[data-live]", state="attached", timeout=120_000)
    time.sleep(WARM_S)
    took: dict[str, list[float]] = {stretch: [] for stretch in STRETCHES}
    for _ in range(REPEATS):
        for stretch in STRETCHES:
            serial = tab.get_attribute("html", "data-serial")
            started = time.perf_counter()
            tab.locator(f".controls label:has(input[value='{stretch}'])").click()
            _until(
                tab,
                f"document.documentElement.dataset.serial !== '{serial}'"
                " && document.querySelector('#page').getAttribute('aria-busy') === 'false'",
            )
            took[stretch].append(1e3 * (time.perf_counter() - started))
    every = [each for stretch in STRETCHES for each in took[stretch]]
    of = f"presence page, {DAYS} days, median of {len(every)}, the longest {max(every):,.0f} ms"
    note("redraw after another stretch was chosen", statistics.median(every), "ms", of=of, at_most=300)
    with closing(Project(root)) as project:
        rows = tt.load("sighting", since="28d", engine="arrow", project=project).num_rows
    of = f"28 days, {rows:,} sightings in range, median of {REPEATS}, the longest {max(took['28d']):,.0f} ms"
    note("redraw of the longest stretch", statistics.median(took["28d"]), "ms", of=of, at_most=300)
    tab.close()


def _arrival(browser: "Browser", ours: dashboards.Dashboards, root: Path) -> None:
    """From the collector's 200 to the changed page."""
    tab = _context(browser, ours).new_page()
    tab.goto(ours.address("presence"))
    tab.wait_for_selector("html[data-live]", state="attached", timeout=120_000)
    took = []
    with served.collecting(root) as collector:
        for turn in range(REPEATS):
            time.sleep(3.1 + 0.3 * turn)
            before = int(tab.locator(".tile", has_text="Nodes reporting").inner_text().split("of ")[1].split()[0])
            body, headers = dashboards.report(f"ac:86:74:00:01:{turn:02x}", at_s=int(time.time()))
            assert collector.send("POST", "/cloudtrax", body, headers).status == 200
            started = time.perf_counter()
            _until(tab, f"document.body.innerText.includes('of {before + 1}')")
            took.append(time.perf_counter() - started)
    of = f"presence page, median of {REPEATS}, the longest {max(took):.2f} s"
    note("a report is on the open page after its 2xx", statistics.median(took), "s", of=of)
    tab.close()


def _memory(browser: "Browser", ours: dashboards.Dashboards) -> None:
    contexts = [_context(browser, ours) for _ in range(3)]
    for context in contexts:
        tab = context.new_page()
        tab.goto(ours.address("presence"))
        tab.wait_for_selector("html[data-live]", state="attached", timeout=120_000)
    children = psutil.Process(ours.process.pid).children(recursive=True)
    kernels = [_own_mb(child) for child in children if "ipykernel_launcher" in " ".join(child.cmdline())]
    figures = [_own_mb(child) for child in children if "figures" in " ".join(child.cmdline())]
    server = _own_mb(psutil.Process(ours.process.pid))
    of = f"memory of its own, presence page of {DAYS} days"
    note("a viewer (kernel)", statistics.median(kernels), "MB", of=of)
    note("the computing process of all pages", sum(figures), "MB", of=of)
    note("the dashboards' server", server, "MB", of=of)


def _own_mb(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss) / 1e6


@contextmanager
def _bare(folder: Path) -> Iterator[str]:
    """Voilà's stock page of one figure, preheated as ours is."""
    notebook = {
        "cells": [
            {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": BARE}
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path, port = folder / "bare.ipynb", free_port("127.0.0.1", 0)
    path.write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "voila", str(path), f"--port={port}", "--no-browser", "--preheat_kernel=True"]
    with (folder / "bare.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ), start_new_session=True)
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


if __name__ == "__main__":
    main()
