"""What `make sbom` writes: every locked package of this system, and nothing of the machine it was made on."""

import json
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def test_every_locked_package_is_in_it_with_its_version(tmp_path: Path) -> None:
    recipe = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "cyclonedx-py" in line)
    asked = [*recipe.split()[1:], "--no-validate"]  # which costs twenty times as much
    target = tmp_path / "sbom.json"
    asked = [{"sbom.json": str(target), "$(BIN)/python": sys.executable}.get(word, word) for word in asked]
    tool = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run([tool, *asked], cwd=ROOT, check=True, capture_output=True)
    text = target.read_text()
    made = json.loads(text)
    assert made["bomFormat"] == "CycloneDX"
    assert made["metadata"]["component"]["name"] == "telltale"
    there = {canonicalize_name(each["name"]): each["version"] for each in made["components"]}
    locked = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines()]
    wanted = {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in locked
        if each.marker is None or each.marker.evaluate()
    }
    assert wanted.items() <= there.items()
    assert len([each for each in made["components"] if each.get("licenses")]) > 0.9 * len(there)
    assert str(ROOT) not in text
    assert "file:" not in text
