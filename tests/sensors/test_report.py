"""The reports about Efento sensors tell what their simulator knows: frames, doors, cold chain, counters.

A notebook's kernel reads the machine's clock, so the days simulated here end now.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from telltale import report, wording
from telltale.contract import Scenario
from telltale.sources import source
from telltale.workbench.project import Project
from tests.lake_fixture import ZONE, write_settings
from tests.marks import unmarked
from tests.sensors.sensed import hand_in, list_devices, truth_of


class Filled(NamedTuple):
    """Yesterday, and today until the machine's present hour."""

    project: Project
    yesterday: str
    truth: Mapping[str, Any]
    """Of yesterday alone."""
    sent: int
    """Frames of every kind on that day."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    project = Project(write_settings(tmp_path_factory.mktemp("filled")))
    now = dt.datetime.fromtimestamp(project.now_us() / 1e6, ZoneInfo(ZONE))
    yesterday = dt.datetime.combine(now.date() - dt.timedelta(days=1), dt.time(), tzinfo=ZoneInfo(ZONE))
    today = dt.datetime.combine(now.date(), dt.time(), tzinfo=ZoneInfo(ZONE))
    # The day before too: what is counted and what stands open on a day began before it.
    plan = Scenario(7, int(yesterday.timestamp()) - 86_400, int(now.timestamp()), ZONE)
    whole_day = plan._replace(start_s=int(yesterday.timestamp()), end_s=int(today.timestamp()))
    truth = truth_of(project, "efento", whole_day)
    sent = sum(1 for _ in source("efento").simulate(whole_day, project.settings.source("efento")))
    listed = {
        name: {key: "" if value is None else value for key, value in told.items()}
        for name, told in truth["devices"].items()
    }
    list_devices(project.settings.root, {"devices": listed})
    hand_in(project, "efento", plan)
    return Filled(project, yesterday.date().isoformat(), truth, sent)


def tables(html: str) -> list[list[str]]:
    plain = re.sub(r"</?span[^>]*>", "", html.replace("\xa0", " "))
    found = re.findall(r"<tr>(.*?)</tr>", plain)
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in found]


@pytest.mark.slow
def test_the_ingest_report_counts_frames_and_readings(filled: Filled) -> None:
    done = report.run("ingest_efento", filled.yesterday, {}, filled.project, with_pdf=False)
    html = unmarked(done.html.read_text()).replace("\xa0", " ")
    assert "<b>8 devices</b> arrived; <b>" in html
    assert f"<b>{filled.sent:,} frames</b> of" in html
    assert html.count('class="plot"') == 2
    assert "too few to say" in html


@pytest.mark.slow
def test_the_sensor_report_has_doors_counters_and_the_cold_chain(filled: Filled) -> None:
    done = report.run("sensor_report", filled.yesterday, {}, filled.project, with_pdf=False)
    rows = tables(unmarked(done.html.read_text()))
    devices = filled.truth["devices"].values()
    lasting = {
        wording.duration(one["ended_s"] - one["started_s"]) for told in devices for one in told.get("episodes", ())
    }
    shown = {row[4] for row in rows if len(row) == 5 and row[1] in ("alarm", "water")}
    assert {text.replace(" ", "\xa0") for text in shown} & lasting
    kinetic = {row[0] for row in rows if len(row) == 6 and row[3].endswith("°C") and row[2].endswith("°C")}
    assert {told["name"] for told in devices if "temperature" in told.get("quantities", {})} <= kinetic
    counters = {row[0] for row in rows if len(row) == 6 and row[1].endswith((" l", " m³", " Wh", " kWh"))}
    assert counters == {told["name"] for told in devices if "consumption" in told}
