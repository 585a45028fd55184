"""What lasts, who sees to it, what is put off, and who is told when nobody does; the card and the command line."""

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.contract import ConfigError
from telltale.page.html import piece
from telltale.publish.alerts import ledger
from telltale.publish.alerts.answers import acknowledge, journal, listed, snooze
from telltale.publish.alerts.card import card
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.live import Alerts
from telltale.publish.alerts.subjects import Subjects
from telltale.publish.clock import believed_us
from telltale.workbench.project import Project
from tests.publish.alerts.replayed import Clock, S, episodes, messages, project_of, replay_sent
from tests.worlds.sent import Message, at

START = at("2026-11-16 06:00")
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
LISTED = "device_id,name,expected_interval_s,low,high,person,same_as\nsigfox:a1,Vaccine fridge,600,2,8,,\n"
ALERT = '[alerts.fridges]\non = "excursion"\nto = ["ops@example.org"]\n'
ESCALATES = 'escalate_after = "30min"\nescalate_to = ["boss@example.org"]\n'


def us(moment: dt.datetime) -> int:
    return round(moment.timestamp() * S)


def warm(root: Path, *, more: str = "", start: dt.datetime = START) -> tuple[Project, Clock]:
    """A fridge that is too warm since ten past six."""
    clock = Clock(us(start))
    project = project_of(root, LISTED, ALERT + more, clock)
    sent = [Message(start + n * 10 * MINUTE, "a1", {"temperature": 5.0 + 5 * n}, seq=n) for n in range(2)]
    replay_sent(project, clock, sent, [start, start + 10 * MINUTE])
    return project, clock


def look(project: Project, clock: Clock, after: dt.timedelta) -> int:
    clock.now_us = us(START + after)
    return Alerts(project).look()


def test_what_lasts_is_listed_with_its_records(tmp_path: Path) -> None:
    project, _ = warm(tmp_path)
    (row,) = listed(project)
    assert (row["name"], row["what"], row["peak_words"]) == (
        "Vaccine fridge", "temperature above its limit", "10\N{NO-BREAK SPACE}°C",
    )  # fmt: skip
    assert row["raw_ids"] == [2]
    assert 'b\'{"device"' in str(project.view().snapshot.hot[1].body)


def test_somebody_who_sees_to_it_stops_the_escalation_and_is_noted(tmp_path: Path) -> None:
    project, clock = warm(tmp_path, more=ESCALATES)
    assert acknowledge(project, ["1"], who="anna") == [1]
    assert acknowledge(project, ["all"], who="bert") == []
    assert look(project, clock, 2 * HOUR) == 0
    assert [(row["who"], row["what"], row["episode_id"]) for row in journal(project)] == [("anna", "acknowledged", 1)]
    assert episodes(project)[0]["acknowledged_by"] == "anna"


def test_somebody_further_is_told_once_where_nobody_sees_to_it(tmp_path: Path) -> None:
    project, clock = warm(tmp_path, more=ESCALATES)
    assert look(project, clock, 39 * MINUTE) == 0
    assert look(project, clock, 41 * MINUTE) == 1
    assert look(project, clock, 90 * MINUTE) == 0
    last = messages(project)[-1]
    assert (last["recipient"], last["subject"]) == (
        "boss@example.org",
        "Not acknowledged: Vaccine fridge: temperature above its limit",
    )
    # Both are told when it is over.
    clock.now_us = us(START + 2 * HOUR)
    over = [Message(START + 2 * HOUR, "a1", {"temperature": 5.0}, seq=9)]
    assert replay_sent(project, clock, over, [START + 2 * HOUR]) == 2


def test_what_is_snoozed_waits(tmp_path: Path) -> None:
    project, clock = warm(tmp_path, more=ESCALATES)
    assert snooze(project, ["all"], until_us=us(START + 3 * HOUR), who="anna") == [1]
    assert look(project, clock, 2 * HOUR) == 0
    assert look(project, clock, 3 * HOUR) == 1


def test_what_does_not_last_cannot_be_acknowledged(tmp_path: Path) -> None:
    project, _ = warm(tmp_path)
    with pytest.raises(ConfigError, match='no alert "7" lasts; those that do: 1, or say all'):
        acknowledge(project, ["7"], who="anna")


def test_the_card_says_what_lasts_and_takes_an_answer(tmp_path: Path) -> None:
    project, _ = warm(tmp_path)
    html = piece(card(project, "Europe/Berlin").data())
    for text in ("1\N{NO-BREAK SPACE}alert lasts", "Vaccine fridge", "Records 2.", 'action="alerts/1"', "I see to it"):
        assert text in html
    acknowledge(project, ["1"], who="anna")
    html = piece(card(project, "Europe/Berlin").data())
    assert "Anna sees to it." in html
    assert "I see to it" not in html
    assert "Snooze 8\N{NO-BREAK SPACE}h" in html


def test_an_operators_card_is_without_records_and_peoples_devices(tmp_path: Path) -> None:
    project, _ = warm(tmp_path)
    with project.store.writer() as connection:
        ledger.enter(connection, "clocks", [Episode("pc:desk-3", "clock", "s", 0, project.now_us())], [], ended_us=None)
    owners, operators = (
        piece(card(project, "Europe/Berlin", is_owners=is_owners).data()) for is_owners in (True, False)
    )
    assert ("Records 2." in owners, "pc:desk-3" in owners) == (True, True)
    assert ("Record" in operators, "desk-3" in operators, "Vaccine fridge" in operators) == (False, False, True)


@pytest.mark.parametrize(
    ("subject", "people", "expected"),
    [
        ("sigfox:a1", "{}", (("ops@example.org",), "")),
        ("pc:desk-3", "{}", ((), "not told: no address of its person in [publish] people")),
        ("pc:desk-3", '{ Anna = "anna@example.org" }', (("anna@example.org",), "")),
        ("sigfox:m0", '{ Anna = "anna@example.org" }', (("anna@example.org",), "")),  # her PC's modem
        ("pc:desk-4", '{ Anna = "anna@example.org" }', ((), "not told: no address of its person in [publish] people")),
        ("pc:desk-4", '{ "pc:desk-4" = "bert@example.org" }', (("bert@example.org",), "")),
    ],
)
def test_a_persons_devices_are_told_of_to_that_person_alone(
    tmp_path: Path, subject: str, people: str, expected: tuple[tuple[str, ...], str]
) -> None:
    more = "pc:desk-3,Desk 3,,,,Anna,\nsigfox:m0,Modem,,,,,pc:desk-3\n"
    project = project_of(tmp_path, LISTED + more, ALERT, Clock(), more=f"[publish]\npeople = {people}\n")
    assert Subjects(project.settings).recipients(subject, ("ops@example.org",)) == expected


def test_nothing_is_judged_beyond_the_last_moment_the_clock_was_believed(tmp_path: Path) -> None:
    from telltale.landing import Uptime
    from telltale.landing.clocks import look as look_at_clock

    clock = Clock(us(START))
    project = project_of(tmp_path, LISTED, ALERT.replace("excursion", "silent"), clock)
    sent = [Message(START + n * 10 * MINUTE, "a1", {"temperature": 5.0}, seq=n) for n in range(7)]
    replay_sent(project, clock, sent, [START, START + HOUR])
    up = [us(START + HOUR)]
    look_at_clock(project.store, "here", clock.now_us, lambda: Uptime(up[0], "boot"))
    clock.now_us, up[0] = us(START + 10 * HOUR), up[0] + 60 * S  # the clock was set nine hours ahead
    look_at_clock(project.store, "here", clock.now_us, lambda: Uptime(up[0], "boot"))
    assert believed_us(project, clock.now_us) < us(START + 2 * HOUR)
    assert Alerts(project).look() == 0
    assert episodes(project) == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project, _ = warm(tmp_path, start=dt.datetime.now(dt.UTC).replace(microsecond=0) - HOUR)
    project.close()
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(telltale, ["alerts", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_say_what_lasts_and_take_answers(home: Path) -> None:
    assert "Vaccine fridge: temperature above its limit" in run()
    (row,) = json.loads(run("--json"))
    assert (row["alert"], row["raw_ids"], row["state"]) == ("fridges", [2], "told")
    assert run("ack", "1") == "acknowledged: 1\n"
    assert run("ack", "all") == "nothing to acknowledge\n"
    assert "nothing more is told of: 1" in run("snooze", "all", "4h")
    assert [row["what"] for row in json.loads(run("journal", "--json"))] == ["snoozed", "acknowledged"]
    assert home.exists()


def test_a_dry_run_prints_what_would_have_been_sent_and_draws_it(home: Path) -> None:
    shown = run("--since", "26h", "--dry-run", "-o", "tried.html")
    assert "1\N{NO-BREAK SPACE}episode would have been told, in 1\N{NO-BREAK SPACE}message" in shown
    page = (home / "tried.html").read_text()
    assert "Vaccine fridge: temperature above its limit" in page
    assert "http://" not in page.replace("http://www.w3.org", "")[:20_000]
    (row,) = json.loads(run("--since", "26h", "--dry-run", "--json"))
    assert (row["messages"], row["peak"]) == (1, "10\N{NO-BREAK SPACE}°C")
    assert json.loads(run("--since", "26h", "--dry-run", "--json", "--above", "20")) == []


def test_an_alert_that_is_not_there_is_said(home: Path) -> None:
    result = CliRunner().invoke(telltale, ["alerts", "--dry-run", "--alert", "fridge"])
    assert isinstance(result.exception, ConfigError)
    assert 'no alert "fridge" in telltale.toml' in str(result.exception)
    assert home.exists()
