"""What tells of a person goes to that person alone, whatever the notebook calls its parameters."""

from pathlib import Path
from typing import Any

import pytest

from telltale.contract import ConfigError
from telltale.page.claims import About, Subject
from telltale.publish.recipients import address_of, checked, persons
from telltale.workbench import Project
from tests.publish.delivered import project

DEVICES = """device_id,name,person,same_as
pc:desk-3,Front desk,Anna,
pc:desk-4,Lab bench,Ben,
pc:desk-9,Kiosk,,
sigfox:2d24e6,Modem,,pc:desk-3
efento:282c024156af,Fridge 2,,
"""
PEOPLE = (
    '[publish]\npeople = { Anna = "anna@example.org", "pc:desk-9" = "kiosk@example.org", Kiosk = "k@example.org" }\n'
)
ANNA = "anna@example.org"


@pytest.fixture
def ours(tmp_path: Path) -> Project:
    made = project(tmp_path, PEOPLE)
    (tmp_path / "devices.csv").write_text(DEVICES)
    return made


def about(kind: Any, id_: str) -> dict[str, Any]:
    return About("activity").claim(Subject(kind, id_, id_), "active_s", 1.0, "s", call="totals").data()


MEANT = [
    ({"person": "Anna"}, ["Anna"]),
    ({"device": " anna "}, ["Anna"]),
    ({"device": "pc:desk-3"}, ["Anna"]),
    ({"device": "Front desk"}, ["Anna"]),
    ({"device": "sigfox:2d24e6"}, ["Anna"]),
    ({"anything": {"deep": ["Lab bench", "Anna"]}}, ["Anna", "Ben"]),
    ({"device": "Kiosk"}, ["Kiosk"]),
    ({"device": "Fridge 2"}, []),
    ({"gap": "15min", "rule": "input"}, []),
    ({}, []),
]


@pytest.mark.parametrize(("parameters", "meant"), MEANT)
def test_whom_parameters_mean(ours: Project, parameters: dict[str, Any], meant: list[str]) -> None:
    assert persons(ours, parameters) == meant


CLAIMED = [
    ([about("pc", "pc:desk-4")], ["Ben"]),
    ([about("person", "Anna"), about("pc", "pc:desk-3")], ["Anna"]),
    ([about("pc", "pc:gone")], ["pc:gone"]),
    ([about("team", ""), about("device", "efento:282c024156af"), about("project", "")], []),
]


@pytest.mark.parametrize(("claims", "meant"), CLAIMED)
def test_whom_the_numbers_are_about_counts_too(ours: Project, claims: list[dict[str, Any]], meant: list[str]) -> None:
    assert persons(ours, {}, claims) == meant


def test_only_the_person_gets_it(ours: Project) -> None:
    checked(ours, "Anna@Example.org", parameters={"person": "Anna"}, claims=[about("pc", "pc:desk-3")])
    checked(ours, "boss@example.org", parameters={"device": "Fridge 2"})
    with pytest.raises(ConfigError, match=r'report hours: "boss@example\.org" may not have it, since it tells of Anna'):
        checked(ours, "boss@example.org", parameters={"person": "Anna"}, what="report hours")
    with pytest.raises(ConfigError, match=r"may not have it, since it tells of Anna"):
        checked(ours, "boss@example.org", parameters={}, claims=[about("pc", "pc:desk-3")])
    with pytest.raises(ConfigError, match=r'tells of Ben, whose address is not known.*people = { "Ben" = "..." }'):
        checked(ours, ANNA, parameters={}, claims=[about("pc", "pc:desk-3"), about("pc", "pc:desk-4")])


def test_no_refusal_shows_another_persons_address(ours: Project) -> None:
    with pytest.raises(ConfigError) as error:
        checked(ours, "boss@example.org", parameters={"person": "Anna"})
    assert ANNA not in str(error.value)


def test_of_a_person_with_two_entries_the_name_counts(ours: Project) -> None:
    assert address_of(ours.settings, "kiosk") == "k@example.org"
    assert address_of(ours.settings, "Carla") is None


def test_where_all_data_are_invented_anybody_may_have_it(tmp_path: Path) -> None:
    made = project(tmp_path, "[site]\nkeep = true\n[activity]\nshow_everyone = true\n")
    (tmp_path / "devices.csv").write_text(DEVICES)
    checked(made, "boss@example.org", parameters={"person": "Anna"})
