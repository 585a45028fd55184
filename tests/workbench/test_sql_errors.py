"""A query that is wrong is told in our tables and columns."""

from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.settings import load
from telltale.tables import SIGHTING, TABLES
from telltale.workbench.project import Project
from tests.served import make_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(settings=load(make_project(tmp_path_factory.mktemp("empty"))))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("select * from sightings", f'no table "sightings"; known: {", ".join(sorted(TABLES))}, device_info; did you'),
        ("select * from sightings", 'did you mean "sighting"?'),
        ("select * from device_infos", 'no table "device_infos"; known: '),
        ("select * from device_infos", 'did you mean "device_info"?'),
        ("select * from lake.reading", 'no table "lake.reading"; known: '),
        ("select nod_id from sighting", f'no column "nod_id"; sighting has {", ".join(SIGHTING.names)}; did you mean'),
        ("select nod_id from sighting", 'did you mean "node_id"?'),
        ("select s.nod from sighting s", 'no column "nod"; sighting has '),
        ("select x.node_id from sighting s", 'no column "x"; sighting has '),
        ("select plaice from device_info", "device_info has device_id, name, place"),
        ("select plaice from device_info", 'did you mean "place"?'),
        ("with a as (select 1 as level) select levl from a", 'no column "levl"; known: level; did you mean "level"?'),
        ("selec 1", 'syntax error at or near "selec"; expected one select'),
        ("delete from sighting", 'syntax error at or near "from"; expected one select'),
        (
            "select unknown_function(1)",
            "Scalar Function with name unknown_function does not exist; expected one select",
        ),
        ("select cast('a' as int)", "Could not convert string 'a' to INT32; expected one select"),
        ("select * from sighting where rssi_max_dbm > :level", "tt.sql: :level has no value; give it by name"),
        ("  ", "tt.sql: the query is empty"),
    ],
)
def test_a_wrong_query_is_one_sentence(project: Project, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        tt.sql(text, project=project)
    said = str(told.value)
    assert said.startswith("tt.sql: ")
    assert sentence in said
    assert "\n" not in said
    assert "pg_" not in said
    assert "sqlite_" not in said


def test_what_is_no_mistake_of_the_query_is_raised_as_it_is(project: Project) -> None:
    with pytest.raises(Exception, match="No files found") as told:
        tt.sql("select * from '/no/such/file.parquet'", project=project)
    assert not isinstance(told.value, ConfigError)


def test_a_right_query_answers(project: Project) -> None:
    assert tt.sql("select :n as n, ':a' as text", n=3, project=project).to_dict("records") == [{"n": 3, "text": ":a"}]
    assert tt.sql("select count(*) as n from sighting", project=project)["n"].tolist() == [0]


@pytest.mark.parametrize(
    "text", ["x", "", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "'; --", "\udcff"]
)
def test_any_text_as_a_node_gives_a_sentence(tmp_path: Path, text: str) -> None:
    project = Project(settings=load(make_project(tmp_path)))
    if not text:
        assert tt.presence.sightings(node=text, project=project).empty
        return
    with pytest.raises(ConfigError, match="expected the six octets of an access point"):
        tt.presence.sightings(node=text, project=project)
