"""`tt.engines`: one question on each engine; what does not answer is said, and DuckDB's half is there all the same."""

from pathlib import Path

import pandas as pd
import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.workbench.each_engine import _are_alike
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ("", "telltale.toml [engine] spark is not set"),
        ('[engine]\nspark = "sc://127.0.0.1:1"\n', '[engine] spark = "sc://127.0.0.1:1": nothing answers there'),
    ],
    ids=["not set", "not there"],
)
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
def test_an_engine_that_does_not_answer_is_said(tmp_path: Path, more: str, note: str) -> None:
    beside = tt.engines(tt.sensors.excursions, "7d", project=Project(write_settings(tmp_path, more=more)))
    assert beside["engine"].tolist() == ["duckdb", "spark"]
    duck, spark = beside.to_dict("records")
    assert (duck["answered_by"], duck["rows"], duck["alike"], duck["note"]) == ("DuckDB, in this process", 0, True, "")
    assert duck["first_s"] > 0
    assert duck["again_s"] > 0
    assert spark["note"].startswith(note)
    assert beside.loc[1, ["rows", "first_s", "again_s", "alike"]].isna().all()


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    project = Project(write_settings(tmp_path))
    with pytest.raises(ConfigError, match="engines: the call gives a Period, expected a table of tt"):
        tt.engines(tt.period, "7d", project=project)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ({"n": [1, 2], "mean_s": [0.1 + 0.2, 1.0]}, True),
        ({"n": [1, 2], "mean_s": [0.3, 1.0 + 1e-7]}, False),
        ({"n": [2, 1], "mean_s": [0.3, 1.0]}, False),
        ({"n": [1.0, 2.0], "mean_s": [0.3, 1.0]}, False),
        ({"n": [1], "mean_s": [0.3]}, False),
    ],
    ids=["16th digit", "8th digit", "order", "types", "rows"],
)
def test_alike_is_order_types_and_nine_digits(other: dict[str, list[float]], alike: bool) -> None:
    assert _are_alike(pd.DataFrame({"n": [1, 2], "mean_s": [0.3, 1.0]}), pd.DataFrame(other)) is alike
