"""The page `kanban` as data and in a browser: simulated buttons, a capture without a press, no capture at all."""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from telltale.contract import Raw
from telltale.dashboard.boards import Boards
from telltale.dashboard.concerns import gathered
from telltale.dashboard.pages import PAGES
from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.sources.button.records import METHOD, Heartbeat, frame_path, heartbeat_body, heartbeat_path
from telltale.sources.button.simulate.frames import arp
from telltale.sources.button.simulate.truth import buttons_csv
from telltale.workbench import Project
from tests.dashboard import dashboards
from tests.dashboard.test_dashboard import text
from tests.kanban.pressed import pressed
from tests.lake_fixture import ZONE, write_settings
from tests.marks import unmarked
from tests.sensors.sensed import hand_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECOND = 1_000_000
LABELS, GLOVES = bytes.fromhex("ac63be100003"), bytes.fromhex("ac63be100004")


class Shown(NamedTuple):
    project: Project
    boards: Boards
    truth: Mapping[str, Any]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Ten weeks: labels are asked for more and more, the tape's button died after six."""
    found = pressed(tmp_path_factory.mktemp("kanban"), days=70)
    return Shown(found.project, Boards(found.project, PAGES, gathered), found.truth)


def asked(boards: Boards, page: str, choice: dict[str, str]) -> dict[str, Any]:
    answer = boards.get(page, choice)
    assert answer is not None
    return answer


def plain(answer: dict[str, Any]) -> str:
    return text(answer).replace("\xa0", " ")


def append(project: Project, path: str, body: bytes, *, at_us: int | None = None) -> None:
    """A record as the collector hands it in."""
    at_us = project.now_us() if at_us is None else at_us
    meta = json.dumps({"transport": "arp", "method": METHOD, "path": path})
    landing = project.landing()
    try:
        landing.append(Raw(0, "button", at_us, "", meta, body))
    finally:
        landing.close()


CHOICES = [{}, {"period": "16w"}, {"period": "52w", "item": "labels"}, {"item": "bolts-m8"}]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_page_opens_with_a_sentence_and_has_its_figures(shown: Shown, choice: dict[str, str]) -> None:
    answer = asked(shown.boards, "kanban", choice)
    json.dumps(answer, allow_nan=False)
    assert answer["html"].count("<h1>") == 1
    assert answer["html"].count('class="tile ') == 5
    assert list(answer["figures"]) == ["pulls", "cards", "risk", "silence"]
    assert "Harbour site" in text(answer)
    assert 'role="alert"' not in answer["html"]
    plots = re.findall(r'<div class="plot"[^>]*aria-label="([^"]+)"', answer["html"])
    assert len(plots) == answer["html"].count('<details class="numbers">') == 4
    assert not re.search(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", answer["html"].lower()), "an item has a name"


def test_a_page_takes_one_snapshot(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    take = shown.project.lake.snapshot

    def counted(**told: Any) -> Any:
        taken.append(take(**told))
        return taken[-1]

    monkeypatch.setattr(shown.project.lake, "snapshot", counted)
    assert shown.boards.get("kanban", {"item": "labels"}, again=True) is not None
    assert len(taken) == 1


def test_what_runs_short_and_what_may_be_dead_is_said_first(shown: Shown) -> None:
    said = plain(asked(shown.boards, "kanban", {}))
    # Gloves: about 4.3 pulls in the two days of a delivery on average, in bursts; eight cards are too few.
    assert re.search(r"Gloves run short: about \d+ % of pulls find none left. Go from 8 to \d+ cards", said)
    died_s = shown.truth["dead"]["died_s"]
    silent_d = int((shown.project.now_us() / SECOND - died_s) / 86_400)
    # Its last press was before it died, at a weekend perhaps some days; the capture's gaps are left out.
    silent = re.search(r"The Tape button has been silent for (\d+) d", said)
    assert silent is not None
    assert silent_d - 1 <= int(silent[1]) <= silent_d + 4
    assert "The Tape button may be dead" in said


def test_pulls_are_those_the_simulator_knows(shown: Shown) -> None:
    html = unmarked(asked(shown.boards, "kanban", {"period": "16w"})["html"]).replace("\xa0", " ")
    table = html[html.index('data-slot="card-items"') :]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)]
    found = {row[0]: int(row[2].replace(",", "")) for row in rows if row}
    assert found == {name: told["pulls"] for name, told in shown.truth["items"].items()}


def test_a_choice_narrows_the_page_and_stands_in_the_address(shown: Shown) -> None:
    answer = asked(shown.boards, "kanban", {"item": "bolts-m8"})
    assert "selected" in re.findall(r'<option value="bolts-m8"[^>]*>', answer["html"])[0]
    assert {row[0] for row in answer_rows(answer, "pulls")} == {"Bolts M8"}
    every = asked(shown.boards, "kanban", {"item": "no such thing"})
    assert {row[0] for row in answer_rows(every, "pulls")} == set(shown.truth["items"])


def answer_rows(answer: dict[str, Any], card: str) -> list[list[str]]:
    """The rows behind a card's chart."""
    html = unmarked(answer["html"][answer["html"].index(f'data-slot="card-{card}"') :])
    table = html[html.index('<details class="numbers">') : html.index("</details>")]
    return [cells for row in re.findall(r"<tr>(.*?)</tr>", table) if (cells := re.findall(r"<td[^>]*>(.*?)</td>", row))]


def test_what_was_not_captured_is_named_and_not_tested(shown: Shown) -> None:
    answer = asked(shown.boards, "kanban", {})
    assert re.search(r"Gaps Tue \d+ \w+, 02:00–03:30", plain(answer))
    tuesdays = [row for row in answer_rows(answer, "pulls") if row[0] == "Bolts M8" and row[4] == "not tested"]
    assert len(tuesdays) >= 4


def test_the_overview_lists_items_and_buttons_and_counts_them(shown: Shown) -> None:
    answer = asked(shown.boards, "operations", {})
    said = plain(answer)
    assert re.search(r"Tape: button silent ?\d+ d[^;]*; limit", said)
    assert re.search(r"Gloves: cards run short ?\d+ % \(\d+–\d+\) risk; target 5 %; by the last 16 weeks", said)
    assert "Button capture delivers" in said
    assert answer["attention"]["kanban"] == said.count("Kanban")
    assert answer["freshness"]["newest"] is not None
    assert list(answer["figures"]) == ["pulls"]
    assert re.search(r"Open pulls ?\d+", said)


def test_weeks_before_the_capture_began_are_not_drawn_as_zero(shown: Shown) -> None:
    """The capture began on Monday of week 37; the year asked for began much earlier."""
    found = answer_rows(asked(shown.boards, "kanban", {"period": "52w"}), "pulls")
    bolts = [row[1].replace("\xa0", " ") for row in found if row[0] == "Bolts M8"]
    assert bolts[0] == "W37 from Mon 7 Sep"
    assert len(bolts) == 10


def test_the_health_page_lists_the_stretches_of_the_capture(shown: Shown) -> None:
    answer = asked(shown.boards, "health", {})
    assert 'data-slot="card-captures"' in answer["html"]
    assert "sim0" in text(answer)
    assert "Button capture has records; no device is due at an interval." in text(answer)
    assert 'role="alert"' not in answer["html"]


def test_no_capture_says_how_to_start_one(tmp_path: Path) -> None:
    boards = Boards(Project(settings=load(write_settings(tmp_path))), PAGES)
    answer = asked(boards, "kanban", {})
    assert "No capture has been started." in text(answer)
    assert "telltale collect arp" in text(answer)
    assert answer["freshness"]["newest"] is None


def test_a_capture_without_a_press_says_to_press_and_then_shows_it(tmp_path: Path) -> None:
    project = Project(settings=load(write_settings(tmp_path)))
    (tmp_path / "buttons.csv").write_text(buttons_csv())
    boards = Boards(project, PAGES)
    beat = Heartbeat("arp@host", 1200.0, None, 0, 12, 0)
    append(project, heartbeat_path("eth0"), heartbeat_body(beat))
    before = asked(boards, "kanban", {})
    assert "No press since the capture started 20 min ago. Press a button" in plain(before)
    append(project, frame_path("eth0"), arp(LABELS, 1, b"\0" * 4, b"\x0a\0\0\7", is_padded=True))
    after = boards.get("kanban", {}, after=before["serial"], wait_s=20)
    assert after is not None
    said = plain(after)
    assert "1 pull of one of five items in 4 weeks" in said
    assert "too few to say" in said
    assert 'role="alert"' not in after["html"]


def test_a_single_item_needs_no_choice_of_items(tmp_path: Path) -> None:
    project = Project(settings=load(write_settings(tmp_path)))
    (tmp_path / "buttons.csv").write_text("Name, MAC-Address\nLabels, ac:63:be:10:00:03\n")
    append(project, frame_path("eth0"), arp(LABELS, 1, b"\0" * 4, b"\x0a\0\0\7", is_padded=True))
    answer = asked(Boards(project, PAGES), "kanban", {})
    assert 'name="item"' not in answer["html"]
    assert 'role="alert"' not in answer["html"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dashboards.Dashboards]]:
    """Forty days of presses until two minutes ago, a dead time that is over, and the dashboards of them."""
    from telltale.contract import Scenario

    root, now_s = tmp_path_factory.mktemp("live"), int(time.time()) - 120
    project = Project(settings=load(write_settings(root)))
    (root / "buttons.csv").write_text(buttons_csv())
    hand_in(project, "button", Scenario(5, now_s - 40 * 86_400, now_s, ZONE))
    settle_all(project.lake, now_us=project.now_us())
    with dashboards.serving(root) as running:
        running.wait()
        yield root, running


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("width", "scheme", "button", "item"), [(1280, "light", LABELS, "Labels"), (390, "dark", GLOVES, "Gloves")]
)
def test_a_press_that_arrives_is_on_the_open_page(
    width: int, scheme: Any, button: bytes, item: str, live: tuple[Path, dashboards.Dashboards]
) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on the PATH: the page is not opened in a browser")
    from playwright.sync_api import sync_playwright

    root, running = live
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        troubles: list[str] = []
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        _opened(tab, running)
        presses = f"""[...document.querySelectorAll('[data-slot=card-items] tr')]
            .filter(row => row.cells[0].textContent === '{item}').map(row => +row.cells[6].textContent)[0]"""
        before = int(tab.evaluate(presses))
        project = Project(settings=load(root))
        append(project, frame_path("eth0"), arp(button, 1, b"\0" * 4, b"\x0a\0\0\7", is_padded=True))
        dashboards.until_true(tab, f"{presses} === {before + 1}")
        _stacked(tab, width)
        assert troubles == []
        browser.close()


def _opened(tab: "Page", running: dashboards.Dashboards) -> None:
    running.log_in_browser(tab.context)
    tab.goto(running.address("kanban"), timeout=90_000)
    tab.wait_for_selector("html[data-drawn][data-live]", state="attached", timeout=90_000)


def _stacked(tab: "Page", width: int) -> None:
    """Panels stand in three columns, on a phone below each other in a plot that is high enough."""
    lefts = tab.evaluate(
        "[...document.querySelectorAll('[data-slot=card-pulls] .plot .annotation-text')]"
        ".filter(name => ['Bolts M8', 'Fuses', 'Gloves', 'Labels', 'Tape'].includes(name.textContent))"
        ".map(name => Math.round(name.getBoundingClientRect().x))"
    )
    assert len(lefts) == 5
    assert len(set(lefts)) == (1 if width < 520 else 3)
    height = tab.evaluate("document.querySelector('[data-slot=card-pulls] .plot').clientHeight")
    assert height > 600 if width < 520 else height < 400
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
