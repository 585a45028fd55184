"""The reports about buttons tell what the simulator knows: presses, pulls, lead times, what was not captured.

A notebook's kernel reads the machine's clock, so the days simulated here end now.
"""

import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from telltale import report
from telltale.contract import Scenario
from telltale.lake.settle import settle_all
from telltale.report.execute import Report
from telltale.settings import HOME_VARIABLE
from telltale.sources.button import SOURCE
from telltale.sources.button.simulate.truth import buttons_csv
from telltale.workbench.project import Project
from tests.lake_fixture import ZONE, write_settings
from tests.marks import unmarked
from tests.sensors.sensed import hand_in

DAYS = 60
TAPE = "ac:63:be:10:00:05"


class Filled(NamedTuple):
    """Sixty days of presses until now, and the simulator's truth of them."""

    project: Project
    truth: Mapping[str, Any]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    project = Project(write_settings(tmp_path_factory.mktemp("kanban")))
    (project.settings.root / "buttons.csv").write_text(buttons_csv())
    now_s = int(time.time())
    plan = Scenario(5, now_s - DAYS * 86_400, now_s, ZONE)
    hand_in(project, "button", plan)
    settle_all(project.lake, now_us=project.now_us())
    return Filled(project, SOURCE.truth(plan, project.settings.source("button")))


@pytest.fixture(scope="module")
def trends(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Made while the environment names another project: a report is of the one it is asked of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(write_settings(tmp_path_factory.mktemp("other"))))
        return report.run("kanban_trends", f"{DAYS + 1}d", {}, filled.project, with_pdf=False)


def table(html: str, *heads: str) -> dict[str, list[str]]:
    """The rows of the one table with these heads among its own, by their first cell."""
    for found in re.findall(r"<table>(.*?)</table>", html.replace("\xa0", " ")):
        if set(heads) <= set(re.findall(r"<th(?: [^>]*)?>(.*?)</th>", found)):
            rows = (re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", found))
            return {cells[0]: cells for cells in rows if cells}
    raise AssertionError(f"no table with {heads}")


@pytest.mark.slow
def test_the_trends_report_counts_pulls_and_lead_times(filled: Filled, trends: Report) -> None:
    html = unmarked(trends.html.read_text())
    items = filled.truth["items"]
    sizing = table(html, "Item", "Pulls", "Container", "Lead time")
    found = {name: int(row[1].replace(",", "")) for name, row in sizing.items()}
    assert found == {name: told["pulls"] for name, told in items.items()}
    leads = table(html, "Refilled", "Oldest open")
    assert set(leads) == {"Bolts M8", "Labels", "Fuses"}
    for name, row in leads.items():
        assert int(row[1]) == len(items[name]["lead_times"])
        assert int(row[6]) == items[name]["open"]


@pytest.mark.slow
def test_the_trends_report_has_its_charts_and_says_what_is_left_out(trends: Report) -> None:
    html = trends.html.read_text().replace("\xa0", " ")
    assert html.count('class="plot"') == 7
    assert html.count('<details class="numbers">') == 7
    assert "What the numbers leave out" in html
    assert "a press is a hint, never an authorisation" in html
    assert "Traceback" not in html


@pytest.mark.slow
def test_the_ingest_report_counts_presses_and_names_gaps(filled: Filled) -> None:
    done = report.run("ingest_button", f"{DAYS + 1}d", {}, filled.project, with_pdf=False)
    html = unmarked(done.html.read_text()).replace("\xa0", " ")
    totals = filled.truth["totals"]
    by_hand = totals["pulls"] + totals["acknowledges"] - totals["presses"]
    assert f"<b>{totals['presses']:,} presses</b>, {by_hand} more were entered by hand" in html
    assert re.search(r"Gaps</b> Tue \d+ \w+, 02:00–03:30", html)
    assert "Every frame of this period could be decoded." in html
    presses = table(html, "Device", "Presses")
    assert int(presses["Tape"][2]) == sum(one["device_id"] == TAPE for one in filled.truth["presses"])


@pytest.mark.slow
def test_a_project_without_buttons_gets_its_reports_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = Project(write_settings(tmp_path_factory.mktemp("empty")))
    for name, said in (("kanban_trends", "No pull"), ("ingest_button", "No press")):
        html = report.run(name, "7d", {}, project, with_pdf=False).html.read_text()
        assert f"<b>{said}</b>" in html
        assert 'class="plot"' not in html
