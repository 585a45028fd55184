"""Evidence is checked offline by Python alone; it never holds a body of people."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telltale import report
from telltale.contract import ConfigError, Scenario
from telltale.lake.settle import settle_all
from telltale.report.pack import Packed, pack
from telltale.workbench.project import Project
from tests.lake_fixture import FIRST, ZONE, write_settings
from tests.report import in_process
from tests.report.test_verify import PERIOD, write_notebook
from tests.sensors.sensed import OPTIONS, hand_in, list_devices, truth_of

START_S = int(FIRST.timestamp()) + 86_400


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Path, Packed]]:
    """Six hours of sensors and access points, a report of the day, and its evidence."""
    root = write_settings(tmp_path_factory.mktemp("packed"), more=OPTIONS)
    write_notebook(root)
    end_s = START_S + 6 * 3600
    project = Project(root, now=lambda: (end_s + 60) * 10**6)
    plan = Scenario(3, START_S, end_s, ZONE)
    list_devices(root, truth_of(project, "sigfox", plan))
    hand_in(project, "sigfox", plan)
    hand_in(project, "cloudtrax", plan._replace(start_s=end_s - 1800))
    settle_all(project.lake, now_us=project.now_us())
    with pytest.MonkeyPatch.context() as patch:
        in_process.instead_of_kernels(patch)
        page = report.run("fridges", PERIOD, {}, project, with_pdf=False).html
    yield project, page, pack(page, root / "evidence", project)
    project.close()


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """What check.py says, without anything of this environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "check.py"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_evidence_as_it_was_packed_is_whole(packed: tuple[Project, Path, Packed]) -> None:
    folder = packed[2].folder
    done = check(folder)
    assert done.stdout.startswith("Nothing here was changed")
    assert "digest of this evidence: " in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


OTHERS = "holds other records than the report was made of"
CHANGES = {
    "report.html": ("<main", "<main ", "is not the page its recipe was written for"),
    "recipe.json": ('"fridges"', '"freezers"', "is not the recipe in report.html"),
    f"raw/sigfox/{PERIOD}.jsonl": ("192.0.2.", "192.0.3.", OTHERS),
    f"raw/cloudtrax/{PERIOD}.hashes": (
        "column body ",
        "column body 0",
        "holds other records than the report was made of",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("is_hidden", [False, True])
def test_what_was_changed_is_named(
    packed: tuple[Project, Path, Packed], tmp_path: Path, name: str, *, is_hidden: bool
) -> None:
    """Also where whoever changed a file has changed its line in the manifest too."""
    import hashlib

    folder = tmp_path / "evidence"
    shutil.copytree(packed[2].folder, folder)
    before, after, said = CHANGES[name]
    text = (folder / name).read_text()
    if before not in text:
        before, after = '"sender": "', '"sender": "x'
    (folder / name).write_text(text.replace(before, after, 1))
    if is_hidden:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))
    done = check(folder)
    assert done.returncode == 1
    assert f"{name}: {said}" in done.stdout
    assert (f"{name}: holds other bytes than when it was packed" in done.stdout) != is_hidden


def test_a_file_that_is_missing_is_named(packed: tuple[Project, Path, Packed], tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    shutil.copytree(packed[2].folder, folder)
    (folder / f"raw/sigfox/{PERIOD}.jsonl").unlink()
    assert f"raw/sigfox/{PERIOD}.jsonl: is not here" in check(folder).stdout


def test_of_people_there_are_hashes_and_no_body_id_or_header(packed: tuple[Project, Path, Packed]) -> None:
    project, _, done = packed
    raws = [raw for raw in _raws(project) if raw["source"] == "cloudtrax"]
    assert done.hashed == len(raws) > 0
    whole = b"".join(path.read_bytes() for path in done.folder.rglob("*") if path.is_file())
    names = {path.name for path in (done.folder / "raw/cloudtrax").iterdir()}
    assert names == {f"{PERIOD}.hashes"}
    import base64
    import hashlib

    for raw in raws:
        assert raw["body"] not in whole
        assert base64.b64encode(raw["body"])[:60] not in whole
        assert hashlib.sha256(raw["body"]).hexdigest().encode() in whole
    assert b"probe_requests" not in whole


def test_a_zip_holds_the_same_and_packing_twice_gives_the_same_bytes(
    packed: tuple[Project, Path, Packed], tmp_path: Path
) -> None:
    project, page, done = packed
    first, second = (pack(page, tmp_path / name / "evidence.zip", project) for name in ("a", "b"))
    assert first.folder.read_bytes() == second.folder.read_bytes()
    with zipfile.ZipFile(first.folder) as content:
        content.extractall(tmp_path)
    assert check(tmp_path / "evidence").returncode == 0
    assert sum(path.is_file() for path in (tmp_path / "evidence").rglob("*")) == done.files
    with pytest.raises(ConfigError, match="is there already"):
        pack(page, first.folder, project)


def _raws(project: Project) -> list[dict[str, Any]]:
    files = project.lake.snapshot().of("raw")
    return [row for file in files for row in project.lake.root.read(file.path).to_pylist()]
