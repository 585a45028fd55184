"""What is due leaves: once, again while that may help, in order, and never silently given up."""

import os
import signal
import subprocess
import sys
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest

from telltale.net import free_port
from telltale.publish import delivery, mail
from telltale.publish.delivery import MOST_TRIES, Sent, send_due, standing
from telltale.publish.messages import Message
from telltale.publish.outgoing import Outgoing
from tests.publish.delivered import HOUR, MINUTE, NOW_US, OPS, Clock, decide, mailing, numbered, project, rows, states
from tests.smtp import HOST, mail_server


def test_what_is_due_is_sent_once_and_in_order(tmp_path: Path) -> None:
    said: list[str] = []
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(3))
        assert send_due(ours, say=said.append) == Sent(sent=3)
        assert send_due(ours, say=said.append) == Sent()
    assert [found["Subject"] for found in server.mails] == ["Subject 0", "Subject 1", "Subject 2"]
    assert said[0] == "sent to ops@example.org: Subject 0 (250 OK, taken)"
    assert states(ours) == ["sent"] * 3
    assert {row["sent_at"] for row in rows(ours)} == {NOW_US}


def test_the_next_tries_come_after_1_5_and_25_minutes_then_hourly_for_a_day(tmp_path: Path) -> None:
    clock = Clock()
    ours = project(tmp_path, mailing(free_port(HOST, 0)), clock=clock)
    decide(ours, *numbered(1))
    tried_at = []
    while states(ours) == ["waiting"]:
        clock.now_us = rows(ours)[0]["next_try"]
        tried_at.append((clock.now_us - NOW_US) // MINUTE)
        clock.now_us -= 1
        assert send_due(ours) == Sent() or len(tried_at) == 1
        clock.now_us += 1
        send_due(ours)
    assert tried_at[:6] == [0, 1, 6, 31, 91, 151]
    assert (len(tried_at), tried_at[-1]) == (MOST_TRIES, 23 * 60 + 31)
    assert states(ours) == ["failed"]
    assert "Connection refused" in standing(ours.store).last_error


ANSWERS = [
    # what it answers to the recipient, to the text; state, tries, and whether the next message got through
    (["550 5.1.1 no such user"], [], "failed", 1),
    (["451 4.7.1 greylisted"], [], "waiting", 1),
    ([], ["552 5.3.4 too big"], "failed", 1),
    ([], ["452 4.3.1 disk full"], "waiting", 1),
    ([], ["554 5.7.1 spam"], "failed", 1),
    (["421 4.3.2 closing"], [], "waiting", 1),
]


@pytest.mark.parametrize(("of_recipient", "of_text", "state", "attempts"), ANSWERS)
def test_a_refusal_is_of_one_message_and_its_words_are_kept(
    tmp_path: Path, of_recipient: list[str], of_text: list[str], state: str, attempts: int
) -> None:
    with mail_server() as server:
        server.rcpt_answers, server.data_answers = [*of_recipient], [*of_text]
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(2))
        send_due(ours)
    first, second = rows(ours)
    assert (first["state"], first["attempts"], second["state"]) == (state, attempts, "sent")
    assert (of_recipient or of_text)[0] in first["last_error"]
    assert [found["Subject"] for found in server.mails] == ["Subject 1"]


def test_a_refusal_for_now_then_ok_is_one_mail(tmp_path: Path) -> None:
    clock = Clock()
    with mail_server() as server:
        server.rcpt_answers = ["451 4.7.1 greylisted"]
        ours = project(tmp_path, mailing(server.port), clock=clock)
        decide(ours, *numbered(1))
        assert send_due(ours) == Sent(again=1)
        clock.now_us += MINUTE
        assert send_due(ours) == Sent(sent=1)
    assert (len(server.mails), states(ours)) == (1, ["sent"])
    assert rows(ours)[0]["last_error"] == ""


def test_an_older_message_goes_along_with_a_newer_one_to_the_same_person(tmp_path: Path) -> None:
    clock = Clock()
    port = free_port(HOST, 0)
    ours = project(tmp_path, mailing(port), clock=clock)
    decide(ours, Message("begin", OPS, "Too warm", "It has begun."))
    send_due(ours)
    clock.now_us += MINUTE - 1
    decide(ours, Message("over", OPS, "It is over", "It is over."))
    with mail_server(port=port) as server:
        assert send_due(ours) == Sent(sent=2)
    assert [found["Subject"] for found in server.mails] == ["Too warm", "It is over"]


def test_a_server_that_hangs_holds_nobody_up_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TEXT_S", 0.2)
    with mail_server() as server:
        server.data_answers = ["hang"]
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(2))
        assert send_due(ours) == Sent(sent=1, again=1)
    assert "no answer in time" in rows(ours)[0]["last_error"]


def test_what_was_put_off_by_a_clock_that_was_ahead_is_due(tmp_path: Path) -> None:
    clock = Clock(NOW_US + 100 * 24 * HOUR)
    port = free_port(HOST, 0)
    ours = project(tmp_path, mailing(port), clock=clock)
    decide(ours, *numbered(1))
    send_due(ours)
    clock.now_us = NOW_US
    with mail_server(port=port):
        assert send_due(ours) == Sent(sent=1)


def test_what_is_not_set_waits_for_the_settings(tmp_path: Path) -> None:
    clock = Clock()
    ours = project(tmp_path, "", clock=clock)
    decide(ours, *numbered(1), Message("other", "chat", "s", "b"))
    assert send_due(ours) == Sent(again=2)
    assert 'mail_host = ""' in rows(ours)[0]["last_error"]
    assert 'recipient "chat": expected a mail address, or a name' in rows(ours)[1]["last_error"]
    with mail_server() as server:
        ours.close()
        ours = project(tmp_path, mailing(server.port), clock=clock)
        clock.now_us += MINUTE
        send_due(ours)
    assert states(ours) == ["sent", "waiting"]


def test_what_was_given_up_can_be_sent_again(tmp_path: Path) -> None:
    with mail_server() as server:
        server.rcpt_answers = ["550 no"]
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(1))
        assert send_due(ours) == Sent(failed=1)
        assert standing(ours.store).failed == 1
        assert delivery.release(ours.store, None, now_us=NOW_US) == 1
        assert send_due(ours) == Sent(sent=1)
    assert standing(ours.store) == delivery.Standing(0, 1, 0, None, "")


def test_texts_of_what_was_sent_are_removed_after_a_week_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    clock = Clock()
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port), clock=clock)
        decide(ours, *numbered(1))
        send_due(ours)
        clock.now_us += 8 * 24 * HOUR
        assert delivery.forget_texts(ours.store, clock.now_us - delivery.KEPT_D * 24 * HOUR) == 1
        decide(ours, *numbered(1))
        assert send_due(ours) == Sent()
    assert [(row["body"], row["subject"]) for row in rows(ours)] == [("", "Subject 0")]


def test_files_go_along_and_one_that_was_removed_is_named_in_the_text(tmp_path: Path) -> None:
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        folder = ours.settings.report_folder
        (folder / "a").mkdir(parents=True)
        (folder / "a" / "Wärme.html").write_bytes(b"<p>whole</p>\r\n\xff")
        (tmp_path / "secret.txt").write_text("never")
        files = ("a/Wärme.html", "a/gone.html", "../../secret.txt")
        decide(ours, Message("k", OPS, "s", "b", "<html><body>h</body></html>", files))
        send_due(ours)
    (found,) = server.mails
    (attached,) = found.iter_attachments()
    assert attached.get_filename() == "Wärme.html"
    assert attached.get_payload(decode=True) == b"<p>whole</p>\r\n\xff"
    for kind in ("plain", "html"):
        body = found.get_body((kind,))
        assert body is not None
        assert "2\xa0files that belonged to this message" in body.get_content()
    assert b"never" not in server.raw[0]


KILLED = """
import os, signal, sys
from telltale.publish import delivery, mail
from telltale.workbench.project import Project
step, now = sys.argv[1], int(sys.argv[2])
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if step == "before":
    delivery._outgoing = die
elif step == "after":
    delivery._mark_sent = die
elif step == "until empty":
    delivery._BATCH = 3  # the lock changes hands often
project = Project(now=lambda: now)
delivery.send_due(project)
while step == "until empty" and delivery.standing(project.store).waiting:
    delivery.send_due(project)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("step", "arrived"), [("before", 1), ("during", 1), ("after", 2)])
def test_a_kill_of_the_sender_loses_nothing_and_a_repetition_can_be_recognised(
    tmp_path: Path, step: str, arrived: int
) -> None:
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(1))
        server.data_answers = ["hang"] if step == "during" else []
        child = sender(tmp_path, step, NOW_US)
        if step == "during":
            assert server.seen.acquire(timeout=60)
            child.send_signal(signal.SIGKILL)
        assert child.wait(60) == -signal.SIGKILL
        assert states(ours) == ["sending"]
        assert send_due(ours) == Sent(sent=1)
    assert len(server.mails) == arrived
    assert len({found["Message-ID"] for found in server.mails}) == 1
    assert rows(ours)[0]["attempts"] == 1


@pytest.mark.slow
def test_two_senders_at_once_send_each_message_once(tmp_path: Path) -> None:
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(30))
        children = [sender(tmp_path, "until empty", NOW_US) for _ in range(2)]
        assert [child.wait(120) for child in children] == [0, 0]
    assert sorted(found["Subject"] for found in server.mails) == sorted(f"Subject {n}" for n in range(30))


def test_a_message_that_cannot_be_made_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = mail.message

    def fails_once(outgoing: Outgoing, *, sender: str) -> EmailMessage:
        if outgoing.subject == "Subject 0":
            raise ValueError("marked 3c:06:30:aa:bb:01")
        return made(outgoing, sender=sender)

    monkeypatch.setattr(mail, "message", fails_once)
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(3))
        assert send_due(ours) == Sent(sent=2, again=1)
    why = rows(ours)[0]["last_error"]
    assert "it cannot be sent: ValueError in telltale/publish/mail.py" in why
    assert "marked" not in why


def test_a_mail_server_that_hangs_delays_no_other_way(tmp_path: Path) -> None:
    stop, said = threading.Event(), []
    with mail_server() as server:
        server.data_answers = ["hang"]
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(1), Message("other", "chat", "s", "b"))

        def say(text: str) -> None:
            said.append(text)
            stop.set()
            server.let_go()

        thread = threading.Thread(target=delivery.keep, args=(ours, stop, say))
        thread.start()
        thread.join(60)
        assert not thread.is_alive()
    assert said[0].startswith("not sent to chat")


def test_the_loop_sends_what_comes_and_ends_when_it_is_told(tmp_path: Path) -> None:
    stop, said = threading.Event(), []
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, *numbered(1))

        def say(text: str) -> None:
            said.append(text)
            stop.set()

        thread = threading.Thread(target=delivery.keep, args=(ours, stop, say))
        thread.start()
        thread.join(60)
    assert (len(said), len(server.mails)) == (1, 1)


def sender(root: Path, step: str, now_us: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, step, str(now_us)], env={**os.environ, "TELLTALE_HOME": str(root)}
    )
