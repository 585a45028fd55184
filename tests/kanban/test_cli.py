"""`telltale kanban`: tables, and entries by hand that are stored like any other record.

The command lives by the machine's clock, so that everything here is of 2020.
"""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

import telltale as tt
from telltale.cli import telltale
from telltale.contract import ConfigError, Raw
from telltale.settings import load
from tests.kanban.test_calls import START, Told, by_hand, small
from tests.lake_fixture import ZONE, at, set_clock

SINCE = "2020-03-02"
HOUR = 3_600 * 10**6


def entered(*times: str) -> list[Told]:
    moments = [at(f"{SINCE} {time}") for time in times]
    return [("/manual", {"kind": "pull", "item": "bolts", "at_us": moment, "note": ""}, moment) for moment in moments]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small(tmp_path, entered("01:00", "05:00", "09:00", "13:00", "17:00")).close()
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(telltale, ["kanban", *arguments])


def test_items_and_presses_are_shown_and_given_as_json(home: Path) -> None:
    (bolts,) = json.loads(run("items", "--since", SINCE, "--item", "bolts", "--json").stdout)
    assert (bolts["pulls"], bolts["lead_time_source"]) == (5, "buttons.csv")
    assert "nothing was captured" in run("items", "--since", SINCE).stdout
    newest = json.loads(run("presses", "--since", SINCE, "--limit", "2", "--json").stdout)
    assert [row["pressed_at"] for row in newest] == ["2020-03-02T16:00:00+00:00", "2020-03-02T12:00:00+00:00"]
    assert "by hand" in run("presses", "--since", SINCE).stdout
    assert "No presses" in run("presses", "--since", SINCE, "--item", "Nuts").stdout


def test_a_pull_by_hand_is_a_durable_record_with_its_note(home: Path) -> None:
    """The item is found in any case and by a button's name; the moment is local."""
    assert run("pull", "BOLTS", "--at", "2020-03-03 08:15", "--note", "was empty").stdout == "Pull of bolts stored.\n"
    assert run("ack", "Bolts here", "--at", "2020-03-03 09:00").stdout == "Delivery of bolts stored.\n"
    project = tt.Project(settings=load(home))
    rows = tt.kanban.presses(SINCE, "2020-03-05", project=project).tail(2)
    assert rows["kinds"].tolist() == ["manual_pull", "manual_ack"]
    assert [str(moment) for moment in rows["pressed_at"]] == ["2020-03-03 07:15:00+00:00", "2020-03-03 08:00:00+00:00"]
    raw_id = int(tt.load("frame", project=project).sort_values("observed_at").iloc[-2]["raw_id"])
    record = tt.raw(raw_id, project=project)
    assert isinstance(record, Raw)
    assert json.loads(record.body)["note"] == "was empty"
    assert json.loads(record.meta)["transport"] == "manual"


def test_the_same_pull_twice_is_refused_because_it_would_count_once(home: Path) -> None:
    assert run("pull", "bolts", "--at", "2020-03-03 08:15").exit_code == 0
    again = run("pull", "bolts", "--at", "2020-03-03 08:15")
    assert isinstance(again.exception, ConfigError)
    assert "entered for that moment already; if there were two, add a second to one" in str(again.exception)
    assert run("ack", "bolts", "--at", "2020-03-03 08:15").exit_code == 0
    assert run("pull", "bolts", "--at", "2020-03-03 08:15:01").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("pull", "bolt"), 'no item "bolt" in buttons.csv or pulled; did you mean "bolts"?'),
        (("pull", "bolts", "--at", "2999-01-01"), "lies ahead; expected a moment that has passed"),
        (("pull", "bolts", "--at", "noon"), 'moment "noon": expected 7d (whole days, today included), 26h'),
    ],
)
def test_a_wrong_entry_is_refused_and_nothing_is_stored(home: Path, arguments: tuple[str, ...], sentence: str) -> None:
    found = run(*arguments)
    assert sentence in str(found.exception)
    assert len(tt.kanban.pulls(SINCE, project=tt.Project(settings=load(home)))) == 5


def test_a_time_without_a_date_is_of_today(home: Path) -> None:
    assert run("pull", "bolts", "--at", "00:00").exit_code == 0
    newest = tt.kanban.pulls(SINCE, project=tt.Project(settings=load(home)))["pulled_at"].iloc[-1]
    assert newest.tz_convert(ZoneInfo(ZONE)).strftime("%H:%M:%S.%f") == "00:00:00.000000"


def test_a_notebook_enters_pulls_too_by_the_clock_of_its_project(tmp_path: Path) -> None:
    project = small(tmp_path, by_hand("pull", "bolts", 1))
    set_clock(project, START + 24 * HOUR)
    assert tt.kanban.pull("bolts", "2h", project=project) == "bolts"
    assert tt.kanban.ack("bolts", note="came", project=project) == "bolts"
    set_clock(project, START + 48 * HOUR)
    rows = tt.kanban.presses("7d", project=project)
    assert [moment.value // 1000 for moment in rows["pressed_at"]] == [
        START + HOUR,
        START + 22 * HOUR,
        START + 24 * HOUR,
    ]
    assert rows["kinds"].tolist() == ["manual_pull", "manual_pull", "manual_ack"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("carried", "29", "--container", "25", "--lead-time", "0.1", "--safety-share", "0.2"),
            "29 cards carry 6,041.67 pieces a day.\n",
        ),
        (
            ("target", "--demand", "91", "--lead-time", "2", "--review", "1", "--safety", "50"),
            "Stock and orders together: 323.00 pieces.\n",
        ),
    ],
)
def test_the_formulas_are_reckoned_without_a_project(arguments: tuple[str, ...], said: str) -> None:
    assert run(*arguments).stdout == said


def test_a_formula_of_nonsense_is_one_sentence() -> None:
    found = run("carried", "0", "--lead-time", "1")
    assert isinstance(found.exception, ConfigError)
    assert "expected at least 1 card" in str(found.exception)
