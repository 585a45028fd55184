"""Which engine answers: the kernel of a report is told it, and the footer says it."""

from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.report.of_run import answered_by
from telltale.settings import HOME_VARIABLE
from telltale.workbench.here import RUNS_ON, here
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings

SPARK = '[engine]\nspark = "sc://127.0.0.1:1/;token=hush"\n'


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_kernel_is_told_what_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(write_settings(tmp_path)))
    monkeypatch.setenv(RUNS_ON, engine)
    assert here().runs_on == engine
    if engine == "spark":
        with pytest.raises(ConfigError, match=r"\[engine\] spark is not set"):
            tt.load("uplink")


def test_a_footer_says_who_answered_where_it_is_not_this_process(tmp_path: Path) -> None:
    root = write_settings(tmp_path, more=SPARK)
    assert answered_by(Project(root)) == {}
    assert answered_by(Project(root, runs_on="spark")) == {"Answered by": "Spark (sc://127.0.0.1:1)"}


def test_every_call_takes_an_engine(tmp_path: Path) -> None:
    asked: Any = tt  # what is taken beside a call's own parameters is no part of its type
    project = Project(write_settings(tmp_path), runs_on="spark")
    assert len(asked.sensors.stats("1h", engine="duckdb", project=project)) == 0
    assert len(asked.sql("select 1 as n", engine="duckdb", project=project)) == 1
    with pytest.raises(ConfigError, match=r"\[engine\] spark is not set"):
        asked.sensors.stats("1h", engine="spark", project=Project(project.settings.root))
    assert tt.sensors.stats is tt.sensors.stats
    assert tt.sensors.stats.__doc__
