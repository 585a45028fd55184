"""The package lists agree with each other, and name what the project is built on."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILT_ON = {
    *("aiocoap", "duckdb", "flask", "granian", "jupyterlab", "paho-mqtt", "pandas", "papermill", "plotly", "protobuf"),
    *("pyarrow", "pyserial", "pyspark", "scapy", "sqlalchemy", "voila"),
}


def _pins(text: str) -> list[str]:
    return [line.removesuffix("\\").strip() for line in text.splitlines() if re.match(r"[a-zA-Z0-9]", line)]


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^a-zA-Z0-9._-]", item, maxsplit=1)[0].lower().replace("_", "-") for item in requirements}


def test_constraints_are_the_lock_without_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert _pins(lock) == (ROOT / "constraints.txt").read_text().splitlines()
    assert lock.count("--hash=sha256:") >= len(_pins(lock))


@pytest.mark.parametrize("name", ["requirements.lock", "constraints.txt", "environment.yml"])
def test_no_package_list_holds_an_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()


def test_every_dependency_is_locked() -> None:
    project = PYPROJECT["project"]
    wanted = list(project["dependencies"])
    for name, extra in project["optional-dependencies"].items():
        wanted += extra if name != "all" else []
    locked = _names((ROOT / "constraints.txt").read_text().splitlines())
    assert _names(wanted) <= locked
    assert _names(wanted) >= BUILT_ON


def test_the_conda_environment_installs_this_project_with_these_pins() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *conda, pip = environment["dependencies"]
    assert conda == ["python =3.11", "openjdk =17", "pip >=24"]
    assert pip == {"pip": ["-c constraints.txt", "-e .[all]"]}
    assert PYPROJECT["project"]["requires-python"] == ">=3.11"


def test_all_is_every_extra() -> None:
    """And so the lock and the conda environment, which are made of it."""
    extras = PYPROJECT["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    listed = everything.removeprefix("telltale[").removesuffix("]").split(",")
    assert {*listed} == {*extras} - {"all"}


@pytest.mark.slow
@pytest.mark.parametrize("installs", [False, pytest.param(True, marks=pytest.mark.long)])
def test_what_conda_hands_to_pip_fits_in_a_fresh_environment(tmp_path: Path, installs: bool) -> None:
    """The conda half, python itself, stands in for conda: its solve needs channels.

    pip takes minutes; whether all of it goes together uv finds in seconds.
    """
    pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][-1]["pip"]
    listed = tmp_path / "requirements.txt"
    # A requirements file is read relative to its own folder: the paths are made absolute.
    lines = [line.replace("-c ", f"-c {ROOT}/").replace("-e .", f"-e {ROOT}") for line in pip]
    listed.write_text("\n".join(lines))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    if installs:
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-compile",
            "-r",
            str(listed),
        ]
    else:
        uv = str(Path(sys.executable).with_name("uv"))
        install = [uv, "pip", "install", "--dry-run", "--python", str(python)]
    install += ["-r", str(listed)]
    done = subprocess.run(install, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    if not installs:
        assert len(re.findall(r"^ \+ \S+==", done.stderr, re.MULTILINE)) > 100
        return
    shown = subprocess.run([str(python), "-m", "telltale", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("telltale ")
