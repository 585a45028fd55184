"""A report of what was known at a moment: a file of its own that says so, and comes out again."""

import datetime as dt
import json
from pathlib import Path

import pytest

from telltale import report
from telltale.contract import Raw
from telltale.landing.schema import RAW
from telltale.report import recipe
from telltale.report.verify import verify
from telltale.workbench.project import Project
from telltale.workbench.then import moment_in_the_past
from tests.lake_fixture import write_settings
from tests.report import in_process
from tests.report.test_verify import write_notebook
from tests.sensors.sensed import OPTIONS
from tests.served import telltale
from tests.workbench.test_as_of import MINUTE_US, NOON_US, send

PERIOD = "2026-11-20"
DEVICES = "device_id,name,role,expected_interval_s,low,high\nsigfox:2d24e6,Fridge,sensor,600,2,{high}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Messages of an hour, some of which come later; and another limit from then on."""
    in_process.instead_of_kernels(monkeypatch)
    root = write_settings(tmp_path, more=OPTIONS)
    write_notebook(root, "\n---\ntt.health.cards.sources(tt.health.answers(period))")
    (root / "devices.csv").write_text(DEVICES.format(high=8))
    project = Project(root, now=lambda: NOON_US)
    project.note_settings()
    for number in range(6):
        send(project, number + 1, minute=10 * number, value=number, seq=number)
    project.clock = lambda: NOON_US + 90 * MINUTE_US
    (root / "devices.csv").write_text(DEVICES.format(high=3))
    project.note_settings()
    return project


def text_of(page: Path) -> str:
    return page.read_text().replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")


def test_it_is_a_file_of_its_own_and_says_of_when_it_is(project: Project) -> None:
    usual = report.run("fridges", PERIOD, {}, project, with_pdf=False)
    moment = moment_in_the_past("2026-11-20 12:35", project)
    known = report.run("fridges", PERIOD, {}, project, with_pdf=False, moment=moment)
    assert (usual.html.name, known.html.name) == (f"{PERIOD}.html", f"{PERIOD}-as-known-2026-11-20T123500.html")
    assert "As known on Fri 20 Nov 2026, 12:35" in text_of(known.html)
    assert "s known on" not in text_of(usual.html)
    assert known.answers != usual.answers
    made = recipe.of_file(known.html)
    assert made.moment == (moment.now_us, 6, True)
    assert verify(known.html, project).sentence == "Equal: every figure came out of the store as it was."
    send(project, 7, minute=80, value=9, seq=40)
    assert verify(known.html, project).is_equal
    send(project, 8, minute=25, value=9, seq=41)  # handed in later, as of a spool that is drained
    assert verify(known.html, project).state == "late"


@pytest.mark.slow
def test_a_kernel_makes_it_as_the_command_asks(tmp_path: Path) -> None:
    """Two messages, one received after the moment: the report says of when it is, and comes out again."""
    root = write_settings(tmp_path, more=OPTIONS)
    write_notebook(root)
    (root / "devices.csv").write_text(DEVICES.format(high=8))
    project = Project(root)
    now_us = project.now_us()
    for number, ago_min in enumerate((180, 10)):
        at_us = now_us - ago_min * MINUTE_US
        told = f"device=2d24e6&time={at_us // 10**6}&seqNumber={number}&data=0{number}".encode()
        meta = {"transport": "http", "method": "POST", "path": "/sigfox/uplink", "query": "", "headers": {}}
        with project.store.writer() as connection:
            raw = Raw(number + 1, "sigfox", at_us, "192.0.2.7", json.dumps(meta), told)
            connection.execute(RAW.insert().values(**raw._asdict()))
    moment = dt.datetime.fromtimestamp(now_us / 1e6 - 3600, dt.UTC)
    asked = telltale(root, "report", "fridges", "--as-of", moment.isoformat(timespec="seconds"), "--period", "7d")
    assert asked.returncode == 0, asked.stderr
    (page,) = root.glob("data/reports/fridges/2*-as-known-*.html")
    assert recipe.of_file(page).moment.as_known
    proved = telltale(root, "report", "--verify", str(page))
    assert "Equal: every figure came out of the store as it was." in proved.stdout, proved.stderr
