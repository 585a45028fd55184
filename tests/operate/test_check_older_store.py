"""An older store put back over a newer lake: check says so, and what can be listed again is."""

from telltale.lake.gc import gc
from telltale.lake.settle import settle_all
from telltale.operate.check import examine
from telltale.workbench import Project
from tests.lake_fixture import hear
from tests.operate.damaging import NOW, cut, digests, of, repaired, store_file

WEEK_US = 7 * 24 * 3600 * 10**6


def with_the_older_store(project: Project) -> None:
    """Records came and were settled, then the store of before was put back."""
    project.store.scrub()
    project.close()
    older = store_file(project).read_bytes()
    hear(project, ("3C:06:30:00:00:07", "2026-11-23 11:00", "2026-11-23 11:10"))
    settle_all(project.lake, now_us=NOW)
    project.store.scrub()
    project.close()
    store_file(project).write_bytes(older)


def wrong(project: Project) -> list[str]:
    return [finding.found for finding in examine(project, quick=False) if finding.state == "wrong"]


def test_records_the_older_store_does_not_know_are_said_and_listed(project: Project) -> None:
    before = len(project.lake.snapshot().of("sighting"))
    with_the_older_store(project)

    (said,) = wrong(project)

    assert "with raw records that the store does not know, such as raw/source=cloudtrax/" in said
    assert any("listed again" in finding.found for finding in repaired(project))
    assert len(project.lake.snapshot().of("sighting")) == before + 1
    assert wrong(project) == []


def test_a_file_whose_numbers_were_given_again_keeps_no_other_repair(project: Project) -> None:
    with_the_older_store(project)
    hear(project, ("3C:06:30:00:00:09", "2026-11-23 11:20", "2026-11-23 11:30"))
    settle_all(project.lake, now_us=NOW)
    whole = digests(project)
    cut(of(project, "reading"))

    findings = repaired(project)

    assert [finding.state for finding in findings if finding.found.startswith("reading/")] == ["ok"]
    assert [finding.state for finding in findings if "whose numbers others have by now" in finding.found] == ["wrong"]
    assert digests(project) == whole, "no row of other records is listed"
    assert gc(project.lake, now_us=NOW + WEEK_US).files == 0
    (said,) = [finding for finding in examine(project, quick=False) if finding.state == "wrong"]
    assert "by numbers that others have by now" in said.found
    assert said.fix == "put back the store that listed them"
