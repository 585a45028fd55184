"""What "Save as CSV" behind "Show the numbers" gives: the table as shown, units and zone in the head, no formula."""

import csv
import io
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telltale import csv_text, look
from tests.report import report_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: tables are not saved")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def tab(browser: "Browser") -> Iterator["Page"]:
    page = browser.new_page()
    page.set_content("<main></main>")
    page.evaluate(f"{look.text('save.js')}; window.save = telltaleSave;")
    yield page
    page.close()


def saved(tab: "Page", columns: list[str], rows: list[list[str]], title: str = "Title") -> list[list[str]]:
    """The lines of the file that a card gives."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    html = (
        f'<section class="card"><h2>{escape(title)}</h2><p class="sub">By day, %</p><details class="numbers">'
        f"<summary>Show the numbers</summary><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        "</details></section>"
    )
    text = tab.evaluate(
        "(html) => { document.querySelector('main').innerHTML = html;"
        " return save.csv(document.querySelector('.numbers'), 'Europe/Berlin'); }",
        html,
    )
    return list(csv.reader(io.StringIO(str(text), newline="")))


def column(tab: "Page", head: str, cells: list[str]) -> list[str]:
    return [line[0] if line else "" for line in saved(tab, [head], [[cell] for cell in cells])[4:]]


COLUMNS = [
    ("Lowest", [f"4.6{NBSP}°C", "−0.5 °C", "–"], ["Lowest [°C]", "4.6", "-0.5", ""]),
    ("Reports", ["1,651", "12"], ["Reports", "1651", "12"]),
    ("Share", ["23 %", "4 %"], ["Share [%]", "23", "4"]),
    ("Level, %", ["0", "100"], ["Level, %", "0", "100"]),
    ("Strongest", [f"−61{NBSP}dBm"], ["Strongest [dBm]", "-61"]),
    ("Present", ["9.0 devices", "fewer than 5"], ["Present", "9.0 devices", "fewer than 5"]),
    ("Active", [f"6{NBSP}h 9{NBSP}min", "0 s"], ["Active", "6 h 9 min", "0 s"]),
    ("Limits", ["0.0–9.0", "–"], ["Limits", "0.0–9.0", "–"]),
    ("Dated", ["2026-11-30", "2026-11-29"], ["Dated", "2026-11-30", "2026-11-29"]),
    ("Mixed", ["4 °C", "4 %"], ["Mixed", "4 °C", "4 %"]),
    ("Day", ["Mon 30 Nov", "2026-11-30"], ["Day", "Mon 30 Nov", "2026-11-30"]),
    ("Nothing", ["–", "–"], ["Nothing", "–", "–"]),
]


@pytest.mark.parametrize(("head", "cells", "wanted"), COLUMNS, ids=[row[0] for row in COLUMNS])
def test_a_unit_all_cells_have_stands_in_the_head(tab: "Page", head: str, cells: list[str], wanted: list[str]) -> None:
    assert column(tab, head, cells) == wanted


def test_what_it_is_of_and_by_whose_clock_stands_above(tab: "Page") -> None:
    lines = saved(tab, ["Day", "Visits"], [["Mon", "9"]], title="Busy, mostly")
    assert lines == [
        ["Busy, mostly"],
        ["By day, %"],
        ["Days and hours by the clock of Europe/Berlin"],
        [],
        ["Day", "Visits"],
        ["Mon", "9"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "@SUM(A1)", "-2+3", "\uff1d1", "'=1", 'a"b', "a,b", "<b>x</b>", "-5"])
def test_no_text_becomes_a_formula_by_the_rule_of_all_tables(tab: "Page", text: str) -> None:
    for lines in (
        saved(tab, [text], [["x"]]),
        saved(tab, ["Name"], [[text], ["x"]]),
        saved(tab, ["Name"], [["x"]], text),
    ):
        flat = [cell for line in lines for cell in line]
        assert next(csv.reader([csv_text.written([text], []).removesuffix("\n")]))[0] in flat
        assert not any(cell.startswith(("=", "+", "@", "\uff1d")) for cell in flat)


def test_a_report_saves_its_numbers_from_a_file_without_a_network(browser: "Browser", tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report_page.html(), encoding="utf-8")
    context = browser.new_context(offline=True, accept_downloads=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn]", state="attached", timeout=60_000)
    assert page.locator(".numbers .save").count() == page.locator(".numbers").count() == 4
    assert not page.locator(".numbers .save").first.is_visible()
    page.locator(".numbers summary").first.click()
    with page.expect_download() as waiting:
        page.locator(".numbers .save").first.click()
    assert waiting.value.suggested_filename == "wednesday-was-the-busiest-day.csv"
    data = Path(waiting.value.path()).read_bytes()
    assert data.startswith("\ufeffWednesday was the busiest day\n".encode())
    rows = list(csv.reader(io.StringIO(csv_text.decoded(data), newline="")))
    shown = page.locator(".numbers").first.locator("tbody tr").count()
    assert len(rows) == shown + 5
    context.close()
