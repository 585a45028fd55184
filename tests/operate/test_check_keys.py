"""A key that is gone or damaged: check says so, and a repair lets only the presence of its site wait."""

from collections.abc import Callable
from pathlib import Path

import pytest

from telltale.operate.check import examine
from telltale.workbench import Project
from tests.operate.damaging import cut, digests, empty, flip, of, repaired


def key(project: Project) -> Path:
    return min(project.settings.keys.rglob("[!.]*.key"))


@pytest.mark.parametrize("harm", [Path.unlink, flip, empty])
def test_a_key_that_is_not_as_noted_is_wrong(project: Project, harm: Callable[[Path], None]) -> None:
    harm(key(project))

    (found,) = [each for each in examine(project, quick=True) if each.check == "keys"]

    assert found.state == "wrong"


@pytest.mark.parametrize("harm", [Path.unlink, flip, empty])
def test_without_its_key_presence_waits_and_all_else_is_repaired(
    project: Project, harm: Callable[[Path], None]
) -> None:
    whole = digests(project)
    path = key(project)
    content = path.read_bytes()
    names = [of(project, name) for name in ("sighting", "presence_day")]
    for name in names:
        name.unlink()
    cut(of(project, "reading"))
    project.close()
    harm(path)

    findings = repaired(project)

    said = {finding.found.split("/")[0]: finding for finding in findings}
    assert said["reading"].state == "ok"
    assert said["sighting"].state == "wrong"
    assert "it waits for the key of" in said["sighting"].found
    assert said["presence_day"].state == "wrong"
    assert len(project.lake.snapshot().of("sighting")) == 2, "it stays listed"

    path.write_bytes(content)
    project.close()
    assert {finding.state for finding in repaired(project)} == {"ok"}
    assert digests(project) == whole
