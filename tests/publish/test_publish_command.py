"""`telltale publish`: a test message, what is due, the list; exit code 1 where something did not leave."""

import json
from pathlib import Path

import pytest

from telltale.cli import run
from telltale.publish.messages import Message
from tests.publish.delivered import OPS, decide, mailing, project, rows
from tests.smtp import mail_server


def test_what_is_due_is_sent_listed_and_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    with mail_server() as server:
        server.rcpt_answers = ["550 5.1.1 no such user"]
        ours = project(tmp_path, mailing(server.port))
        decide(ours, Message("k", OPS, "Cold chain", "b"))
        assert run(["publish"]) == 1
        out = capsys.readouterr().out
        assert "given up to ops@example.org: Cold chain" in out
        assert "0 sent, 0 waiting, 1 given up" in out
        assert run(["publish", "--list", "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["state"], row["tries"], "550 5.1.1" in row["why"], row["key"]) == ("failed", 1, True, "k")
        assert run(["publish", "--again"]) == 0
        assert "1 sent, 0 waiting, 0 given up" in capsys.readouterr().out
    assert rows(ours)[0]["state"] == "sent"
    assert run(["publish", "--list"]) == 0
    assert "Cold chain" in capsys.readouterr().out


def test_a_test_message_says_the_answer_and_what_of_the_settings_is_not_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    with mail_server() as server:
        toml = mailing(server.port) + '[reports.a]\nnotebook = "sensor_report"\nto = ["chat"]\n'
        project(tmp_path, toml)
        assert run(["publish", "--test"]) == 0
        told = capsys.readouterr()
        assert told.out == "Sent to telltale@example.org: 250 OK, taken\n"
        assert 'recipient "chat": expected a mail address' in told.err
        server.data_answers = ["554 5.7.1 looks like spam"]
        assert run(["publish", "--test", "anna@example.org"]) == 1
    assert "refuses the text: 554 5.7.1 looks like spam" in capsys.readouterr().err


def test_one_thing_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    project(tmp_path, "")
    assert run(["publish", "--list", "--again"]) == 1
