"""What Spark finds wrong with a query is said as what DuckDB finds wrong: one sentence, in our tables and columns."""

from collections.abc import Iterator

import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.engine import session
from telltale.engine.spark import SparkEngine
from telltale.settings import load
from telltale.tables import TABLES
from telltale.workbench.project import Project
from tests.engine.servers import SHORT_LIVED
from tests.lake_fixture import write_settings

LOCAL = "local[2]"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # py4j leaves sockets to the collector
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An empty project, whose Spark is a Java machine of this process."""
    root = write_settings(tmp_path_factory.mktemp("empty"), more=f'[engine]\nspark = "{LOCAL}"\n')
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHORT_LIVED.items():
            patch.setenv(name, value)
        made = Project(settings=load(root), runs_on="spark")
        yield made
        made.close()
    session.stop(LOCAL)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("select nod_id from sighting", 'no column "nod_id"; sighting has '),
        ("select nod_id from sighting", 'did you mean "node_id"?'),
        ("select * from sightings", 'no table "sightings"; known: '),
        ("select * from sightings", 'did you mean "sighting"?'),
        ("selec 1", "expected one select in Spark's dialect over "),
        ("select cast('a' as int) as n", "cannot be cast to"),
        ("select 1 / 0 as n", "Division by zero"),
    ],
)
def test_a_query_that_is_wrong_is_one_sentence(project: Project, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        tt.sql(text, project=project)
    said = str(caught.value)
    assert said.startswith("tt.sql: ")
    assert sentence in said
    assert not [each for each in ("\n", "SQLSTATE", "`sighting`") if each in said]


def test_a_gap_of_the_dialect_is_a_note(project: Project) -> None:
    beside = tt.engines(tt.sql, "select list_sum([1, 2]) as n", project=project).to_dict("records")
    assert [row["engine"] for row in beside] == ["duckdb", "spark"]
    assert beside[0]["rows"] == 1
    assert beside[1]["note"].startswith("tt.sql: ")


def test_a_lake_on_object_storage_that_spark_cannot_read_is_said(project: Project) -> None:
    """The package of PyPI has no hadoop-aws."""
    with pytest.raises(ConfigError) as caught:
        SparkEngine(LOCAL).files(TABLES["uplink"], ["s3://bucket/a.parquet"]).arrow()
    assert str(caught.value) == (
        f'[engine] spark = "{LOCAL}": Spark there has no file system for the lake\'s object storage; expected '
        "hadoop-aws among its jars, of the version of its Hadoop; give it that (docs/spark.md), or ask DuckDB"
    )
    assert project.settings.engine.spark == LOCAL
