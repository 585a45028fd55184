"""The reports about PCs tell what their simulator knows; without a name nothing of a single PC."""

import json
import re
import time
from pathlib import Path

import pytest

from telltale import report
from telltale.activity import calls as activity
from telltale.activity.words.ranges import hours
from telltale.contract import Raw, Scenario
from telltale.page.claims import Claim, Subject
from telltale.settings import load
from telltale.sources import source
from telltale.workbench import Project
from tests.lake_fixture import ZONE, write_settings

pytestmark = pytest.mark.slow
DAYS = 4


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, int]:
    """Three PCs of the invented office until now (a kernel reads the machine's clock), and their records."""
    root = write_settings(tmp_path_factory.mktemp("office"))
    listed = ("pc:desk-1,Front desk,Annabella", "pc:desk-2,Lab bench,Benedikta", "pc:desk-3,CAD station,Cleopatra")
    (root / "devices.csv").write_text("\n".join(["device_id,name,person", *listed, ""]))
    project = Project(settings=load(root))
    now_s = int(time.time())
    idle = source("pc_idle")
    told = idle.simulate(Scenario(7, now_s - DAYS * 86_400, now_s, ZONE), project.settings.source("pc_idle"))
    raws = [Raw(0, "pc_idle", one.at, "here", json.dumps({"path": one.path}), one.body) for one in told]
    names = {line.split(",")[0] for line in listed}
    landing = project.landing()
    sent = landing.put_many(raw for raw in raws if json.loads(raw.body)["device_id"] in names)
    landing.close()
    return project, sent


@pytest.fixture
def filled(office: tuple[Project, int]) -> Project:
    return office[0]


def told(path: Path) -> str:
    return re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")).replace("\xa0", " ")


def test_the_report_of_a_person_has_the_hours_of_that_person_only(filled: Project) -> None:
    done = report.run("activity_time", "7d", {"device": "Annabella"}, filled, with_pdf=False)
    text = told(done.html)
    hours = activity.totals("7d", device="Annabella", project=filled)
    whole = hours["active_s"].sum()
    assert f"Front desk was in use for {_words(whole)}" in re.sub(r"\s+", " ", text)
    assert not re.search("Lab bench|CAD station|Benedikta|Cleopatra", text)


def _words(seconds: float) -> str:
    return hours(Claim(Subject("pc"), "active_s", seconds, "s")).replace("\xa0", " ")


def test_without_a_name_no_single_pc_is_told_of(filled: Project) -> None:
    text = told(report.run("activity_time", "7d", {}, filled, with_pdf=False).html)
    assert "No activity is shown here" in text
    assert not re.search("Front desk|Lab bench|CAD station|Annabella|Benedikta|Cleopatra", text)


def test_the_ingest_report_counts_what_arrived(office: tuple[Project, int]) -> None:
    filled, sent = office
    text = re.sub(r"\s+", " ", told(report.run("ingest_pc_idle", "7d", {}, filled, with_pdf=False).html))
    found = re.search(r"([\d,]+) records of 3 PCs arrived; every row could be decoded", text)
    assert found
    assert int(found[1].replace(",", "")) == sent
