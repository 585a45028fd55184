"""A lake that is away for a while is not taken for lost, and what comes back is listed again."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.lake.gc import gc
from telltale.operate.check import examine, files_from_outside, repair
from telltale.operate.check.repairing import Away
from telltale.workbench import Project
from tests.operate.damaging import NOW, cut, digests, of, repaired

WEEK_US = 7 * 24 * 3600 * 10**6


def lake_folder(project: Project) -> Path:
    return project.settings.data / "lake"


def wrong(project: Project) -> list[str]:
    return [finding.found for finding in examine(project, quick=False) if finding.state == "wrong"]


@pytest.mark.parametrize("is_there", [True, False], ids=["empty", "missing"])
def test_a_lake_that_is_away_is_not_repaired(project: Project, is_there: bool) -> None:
    before = digests(project)
    lake_folder(project).rename(lake_folder(project).with_name("elsewhere"))
    if is_there:
        lake_folder(project).mkdir(0o700)

    with pytest.raises(Away, match=r"are missing at once, as when a disk is not mounted; nothing was changed: put .*"):
        repaired(project)
    (found,) = [each for each in examine(project, quick=False) if each.state == "wrong"]
    assert "as when a disk is not mounted" in found.found
    assert "--repair --lost" in found.fix
    assert [each.fix for each in files_from_outside(project)] == [found.fix]

    shutil.rmtree(lake_folder(project), ignore_errors=True)
    lake_folder(project).with_name("elsewhere").rename(lake_folder(project))
    assert digests(project) == before
    assert wrong(project) == []
    assert repaired(project) == []


def test_a_lake_that_was_said_to_be_lost_and_comes_back_is_listed_again(project: Project) -> None:
    before = digests(project)
    lake_folder(project).rename(lake_folder(project).with_name("elsewhere"))

    findings = list(repair(project, now_us=NOW, is_lost=True))

    assert findings
    assert all("kept in" not in finding.fix for finding in findings), "nothing is kept of what is missing"
    assert project.lake.snapshot().files == ()
    shutil.copytree(lake_folder(project).with_name("elsewhere"), lake_folder(project), dirs_exist_ok=True)
    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0
    assert any("was lost, and is there again" in said for said in wrong(project))
    assert any("was lost, and is there again" in each.found for each in files_from_outside(project))
    (done,) = repaired(project)
    assert "listed again" in done.found
    assert "had been lost" in done.found
    assert digests(project) == before
    assert [finding.state for finding in examine(project, quick=False) if finding.check == "lost"] == []
    assert wrong(project) == []
    assert repaired(project) == []


@pytest.mark.parametrize("notes_are_there", [True, False])
def test_a_raw_file_that_was_missing_for_a_while_is_listed_again(project: Project, notes_are_there: bool) -> None:
    before = digests(project)
    file = of(project, "raw")
    content = file.read_bytes()
    file.unlink()
    assert [finding.state for finding in repaired(project)] == ["wrong"]
    if not notes_are_there:
        gc(project.lake, now_us=NOW + WEEK_US)
    file.write_bytes(content)

    assert gc(project.lake, now_us=NOW + 2 * WEEK_US).files == 0
    assert [finding.state for finding in repaired(project)] == ["ok"]
    assert digests(project) == before
    assert wrong(project) == []


def test_what_comes_back_as_other_bytes_is_not_listed(project: Project) -> None:
    file = of(project, "raw")
    content = file.read_bytes()
    file.unlink()
    repaired(project)
    file.write_bytes(content)
    cut(file)

    assert repaired(project) == []


def test_the_command_refuses_in_one_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(project.settings.root))
    lake_folder(project).rename(lake_folder(project).with_name("elsewhere"))

    ended = CliRunner().invoke(telltale, ["check", "--repair"])

    assert ended.exit_code != 0
    assert isinstance(ended.exception, Away | SystemExit)
    assert CliRunner().invoke(telltale, ["check", "--lost"]).exit_code != 0
