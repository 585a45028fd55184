"""What is said of a run beside its answers: facts of the footer, revision of the code, people it may tell of."""

import datetime as dt
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import telltale
from telltale import wording
from telltale.masters import shown
from telltale.settings import devices
from telltale.workbench.not_restored import not_restored
from telltale.workbench.periods import Period
from telltale.workbench.project import DUCKDB, Project


def facts(notebook: Mapping[str, Any], when: Period, made: dt.datetime) -> dict[str, str]:
    """The facts of the footer that the notebook does not know."""
    told = ", ".join(f"{name} = {value}" for name, value in used(notebook).items() if value not in ("", None))
    return {
        "Period": wording.date_span(when.first, when.last),
        "Clock": str(when.now.tzinfo),
        "Parameters": told or "as in telltale.toml",
        "Made": " · ".join((wording.full_moment(made), f"telltale {telltale.__version__}", *revision())),
    }


def as_known(then: Project) -> dict[str, str]:
    """Of which moment it is, and what of it cannot be had any more; nothing of a report of its own present."""
    if then.as_of is None or not then.as_of.as_known:
        return {}
    known = wording.sentence_case(then.as_of.words(then.zone()))
    lost = not_restored(then)
    return {"As known": known} | ({"Not restored": "; ".join(lost)} if lost else {})


def answered_by(project: Project) -> dict[str, str]:
    """Which engine answered, where it is not DuckDB in the kernel itself."""
    if project.runs_on == DUCKDB:
        return {}
    return {"Answered by": f"Spark ({shown(project.settings.engine.spark)})"}


def revision() -> tuple[str, ...]:
    """The git revision of the code at work; none where it was installed without its repository."""
    command = ("git", "-C", str(Path(telltale.__file__).parent), "rev-parse", "--short", "HEAD")
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return ()
    return (f"revision {found.stdout.strip()}",)


def used(notebook: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters a notebook was run with."""
    used: Mapping[str, Any] = notebook["metadata"].get("papermill", {}).get("parameters", {})
    return used


def people(project: Project) -> set[str]:
    """The ids and names of PCs and persons in devices.csv."""
    pcs = [one for one in devices(project.settings) if one.person or one.device_id.startswith("pc:")]
    return {text for one in pcs for text in (one.device_id, one.name, one.person) if text}
