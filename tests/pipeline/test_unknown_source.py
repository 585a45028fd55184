"""A record of a source nobody lists any more: a reject, and everything else goes on."""

import json
from pathlib import Path

import pytest

from telltale.cli import run
from telltale.contract import Raw
from telltale.health.deliveries import delivered
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.operate.retention import purge
from telltale.tables import REJECT
from telltale.workbench.project import Project
from telltale.workbench.source_state import sources_table
from tests.lake_fixture import FIRST, write_settings

RECEIVED_US = round(FIRST.timestamp() * 1_000_000)
DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One record of `acme` is stored, which no telltale lists."""
    project = Project(write_settings(tmp_path, keep=False), now=lambda: RECEIVED_US + 3600 * 1_000_000)
    landing = project.landing()
    landing.put_many([Raw(0, "acme", RECEIVED_US, "192.0.2.1", "{}", b"02005e005301")])
    landing.close()
    return project


def test_a_hot_record_of_an_unknown_source_is_a_reject_and_other_tables_are_read(project: Project) -> None:
    view = project.view()

    rejects = view.table(REJECT.name).arrow().to_pylist()
    assert [(row["source"], row["part"], row["reason"]) for row in rejects] == [("acme", "record", "unknown_source")]
    assert "02005e005301" not in rejects[0]["excerpt"]


def test_it_settles_and_decoding_again_leaves_it(project: Project) -> None:
    settled = settle_all(project.lake, now_us=project.now_us())
    assert (settled.raws, settled.rejects) == (1, 1)

    before = project.lake.snapshot().files
    done = redecode(project.lake, now_us=project.now_us())
    assert (done.days, done.unknown) == (0, ("acme",))
    assert project.lake.snapshot().files == before


def test_its_bytes_go_as_those_of_people_do(project: Project) -> None:
    """What it holds is not known, so the shortest retention is kept."""
    settle_all(project.lake, now_us=project.now_us())
    purged = purge(project, now_us=RECEIVED_US + 10 * DAY_US)

    assert (purged.records, purged.rejects) == (1, 1)


@pytest.mark.parametrize("is_settled", [False, True])
def test_what_an_owner_asks_of_it_is_answered(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_settled: bool
) -> None:
    if is_settled:
        settle_all(project.lake, now_us=project.now_us())
    monkeypatch.setenv("TELLTALE_HOME", str(project.settings.root))

    assert run(["rejected", "acme", "--since", "2026-11-19", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["source"], row["reason"]) == ("acme", "unknown_source")
    assert delivered(project) == []
    last = sources_table(project).to_pylist()[-1]
    assert (last["source"], last["title"], last["records"]) == ("acme", "not listed any more", 1)
