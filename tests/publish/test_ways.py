"""Ways: complete or a sentence that says what is missing; encrypted, logged in, and no secret in any log or error."""

import http.server
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.operate.doctor import _publish
from telltale.publish.delivery import Sent, send_due
from telltale.publish.messages import Message
from telltale.publish.outgoing import NotSent
from telltale.publish.trial import incomplete, refusals, trial
from telltale.publish.ways import way_to
from telltale.settings import load
from tests.publish.delivered import OPS, decide, mailing, project, rows
from tests.smtp import PASSWORD, USER, mail_server, tls_folder

MARKED = "marked5ecret9876"
LOGIN = f'mail_password = "{PASSWORD}"'


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that is logged, details of libraries included."""
    names = ("", "apprise", "urllib3", "requests", "telltale")
    with caplog.at_level(logging.DEBUG):
        for name in names:
            caplog.set_level(1, logger=name)
        yield caplog


SENTENCES = [
    (("", ""), OPS, 'telltale.toml [publish] mail_host = "": expected the name of a mail server'),
    (('mail_host = "m.example.org"', ""), OPS, 'mail_from = "": expected an address, such as telltale@example.org'),
    (('mail_host = "m"\nmail_from = "nobody"', ""), OPS, 'mail_from = "nobody": expected an address'),
    (
        ('mail_host = "m.example.org"\nmail_from = "a@b.org"\nmail_security = "none"', ""),
        OPS,
        'mail_security = "none": expected starttls or tls for mail_host = "m.example.org"',
    ),
    (('mail_host = "m"\nmail_from = "a@b.org"\nmail_user = "u"', ""), OPS, "expected its password in secrets.toml"),
    (('mail_host = "m"\nmail_from = "a@b.org"\nmail_ca_file = "no.pem"', ""), OPS, 'mail_ca_file = "no.pem": expected'),
    (("", f'chat = "json://example.org/{MARKED}"'), "chta", 'did you mean "chat"?'),
    (("", f'chat = "nothing-known://{MARKED}"'), "chat", "secrets.toml [publish] chat: Apprise does not know such"),
    (("", f'mail_password = "{MARKED}"'), "mail_password", 'recipient "mail_password": expected a mail address'),
]


@pytest.mark.parametrize(("settings", "recipient", "sentence"), SENTENCES)
def test_a_way_that_is_not_complete_is_one_sentence_without_a_secret(
    tmp_path: Path, logged: pytest.LogCaptureFixture, settings: tuple[str, str], recipient: str, sentence: str
) -> None:
    toml, secrets = settings
    ours = project(tmp_path, f"[publish]\n{toml}\n", secrets=f"[publish]\n{secrets}\n")
    with pytest.raises(ConfigError) as error:
        way_to(ours.settings, recipient)
    assert sentence in str(error.value)
    assert MARKED not in str(error.value) + logged.text


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the server means STARTTLS by TLS
@pytest.mark.parametrize("is_tls_at_once", [False, True])
def test_mail_goes_out_encrypted_and_logged_in(
    tmp_path: Path, logged: pytest.LogCaptureFixture, is_tls_at_once: bool
) -> None:
    folder = tls_folder(tmp_path / "tls")
    with mail_server(tls=folder, is_tls_at_once=is_tls_at_once, login=True) as server:
        ours = project(tmp_path / "p", secure(server.port, folder, is_tls_at_once), secrets=f"[publish]\n{LOGIN}\n")
        decide(ours, Message("k", OPS, "s", "b"))
        assert send_due(ours) == Sent(sent=1)
    assert server.logins == [USER.encode()]
    assert PASSWORD not in logged.text


def test_a_wrong_password_waits_for_the_right_one_and_is_not_shown(
    tmp_path: Path, logged: pytest.LogCaptureFixture
) -> None:
    folder = tls_folder(tmp_path / "tls")
    with mail_server(tls=folder, login=True) as server:
        ours = project(tmp_path / "p", secure(server.port, folder), secrets=f'[publish]\nmail_password = "{MARKED}"\n')
        decide(ours, Message("k", OPS, "s", "b"))
        assert send_due(ours) == Sent(again=1)
    assert server.mails == []
    (row,) = rows(ours)
    assert "535" in row["last_error"]
    assert "check mail_user in telltale.toml and mail_password in secrets.toml" in row["last_error"]
    assert MARKED not in row["last_error"] + logged.text


def test_a_server_whose_certificate_is_not_trusted_gets_neither_mail_nor_password(tmp_path: Path) -> None:
    folder, other = tls_folder(tmp_path / "tls"), tls_folder(tmp_path / "other")
    with mail_server(tls=folder, login=True) as server:
        ours = project(tmp_path / "p", secure(server.port, other), secrets=f"[publish]\n{LOGIN}\n")
        decide(ours, Message("k", OPS, "s", "b"))
        assert send_due(ours) == Sent(again=1)
    assert (server.logins, server.mails) == ([], [])
    assert "its certificate is not trusted" in rows(ours)[0]["last_error"]


def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    with mail_server() as server:
        toml = mailing(server.port).replace('mail_security = "none"', 'mail_security = "starttls"')
        ours = project(tmp_path, toml)
        decide(ours, Message("k", OPS, "s", "b"))
        assert send_due(ours) == Sent(again=1)
    assert server.mails == []
    assert "STARTTLS" in rows(ours)[0]["last_error"]


def test_a_mail_larger_than_the_server_takes_is_given_up_with_its_size(tmp_path: Path) -> None:
    with mail_server(size=3000) as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, Message("k", OPS, "s", "x" * 4000), Message("k2", OPS, "s", "short", "<p>short</p>"))
        assert send_due(ours) == Sent(sent=1, failed=1)
    assert "it takes 3,000; set attach = false" in rows(ours)[0]["last_error"]


HEADERS = [
    ("Küche\r\nBcc: thief@example.org", "Küche Bcc: thief@example.org"),
    ("a\x00b\x1b[31m\u2028c", "a b [31m c"),
    ("", "telltale"),
    ("ä" * 300, "ä" * 300),
]


@pytest.mark.parametrize(("subject", "arrives"), HEADERS)
def test_a_subject_is_one_header_line_whatever_stands_in_it(tmp_path: Path, subject: str, arrives: str) -> None:
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, Message("k", "Anna Ü <anna@example.org>", subject, "Grüße aus Köln, 3 °C, − 5"))
        assert send_due(ours) == Sent(sent=1)
    (found,) = server.mails
    assert found["Subject"] == arrives
    assert found["Bcc"] is None
    assert (server.recipients, str(found["To"])) == (["anna@example.org"], "Anna Ü <anna@example.org>")
    assert found["Auto-Submitted"] == "auto-generated"
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Grüße aus Köln, 3 °C, − 5"
    assert all(len(line) <= 998 and max(line, default=0) < 128 for line in server.raw[0].split(b"\r\n"))


@pytest.mark.parametrize("recipient", ["a@b.org, c@d.org", "ops@", "@example.org", "a@b.org\nBcc: c@d.org", "ö@b.org"])
def test_what_is_no_address_is_given_up_and_names_itself(tmp_path: Path, recipient: str) -> None:
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        decide(ours, Message("k", recipient, "s", "b"))
        assert send_due(ours) == Sent(failed=1)
    assert server.mails == []


@contextmanager
def hook(status: int) -> Iterator[tuple[int, list[bytes]]]:
    """A webhook of the test's own."""
    bodies: list[bytes] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(MARKED.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], bodies
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("status", "why"), [(200, ""), (404, '"chat": the other side answered 404')])
def test_another_way_is_sent_by_apprise_and_its_address_is_in_no_log(
    tmp_path: Path, logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], status: int, why: str
) -> None:
    with hook(status) as (port, bodies):
        address = f"json://127.0.0.1:{port}/{MARKED}?+X-Key={MARKED}"
        ours = project(tmp_path, "", secrets=f'[publish]\nchat = "{address}"\n')
        decide(ours, Message("k", "chat", "Too warm", "Fridge <b>2</b>: 9.1 °C"))
        assert send_due(ours).sent == (not why)
    assert len(bodies) == 1
    assert "Fridge <b>2</b>: 9.1" in bodies[0].decode("unicode_escape")
    assert rows(ours)[0]["last_error"] == why
    assert MARKED not in logged.text + "".join(capfd.readouterr())
    assert MARKED not in str(rows(ours))


def test_a_way_nobody_answers_at_is_said_without_its_address(tmp_path: Path, logged: pytest.LogCaptureFixture) -> None:
    with hook(200) as (port, _):
        pass
    ours = project(tmp_path, "", secrets=f'[publish]\nchat = "json://127.0.0.1:{port}/{MARKED}"\n')
    decide(ours, Message("k", "chat", "s", "b"))
    assert send_due(ours) == Sent(again=1)
    assert rows(ours)[0]["last_error"] == '"chat": the other side cannot be reached, or gave no answer in time'
    assert MARKED not in logged.text


def test_a_test_message_says_what_the_server_answered_and_goes_past_the_outbox(tmp_path: Path) -> None:
    with mail_server() as server:
        ours = project(tmp_path, mailing(server.port))
        assert trial(ours).answer == "250 OK, taken"
        server.rcpt_answers = ["550 5.1.1 no such user"]
        with pytest.raises(NotSent, match=r"refuses to anna@example.org: 550 5.1.1 no such user"):
            trial(ours, "anna@example.org")
    assert rows(ours) == []
    assert server.recipients == ["telltale@example.org"]


def test_all_whom_the_settings_name_are_looked_at(tmp_path: Path) -> None:
    toml = """
[reports.a]
notebook = "sensor_report"
to = ["ops@example.org", "chat"]
also = [{ to = ["pager"], parameters = {} }]
[alerts.b]
on = "silent"
to = ["chat"]
escalate_to = ["boss"]
"""
    project(tmp_path, toml)
    found = incomplete(load(tmp_path))
    assert [sentence.split(":")[0] for sentence in found] == [
        'telltale.toml [publish] mail_host = ""',
        'recipient "chat"',
        'recipient "pager"',
        'recipient "boss"',
    ]


def test_a_report_about_a_person_for_somebody_else_is_said_before_it_is_made(tmp_path: Path) -> None:
    toml = """
[publish]
people = { Anna = "anna@example.org" }
[reports.hours]
notebook = "work_hours"
to = ["anna@example.org"]
parameters = { person = "Anna" }
also = [{ to = ["boss@example.org"], parameters = {} }]
"""
    ours = project(tmp_path, toml)
    (tmp_path / "devices.csv").write_text("device_id,name,person\npc:desk-3,Front desk,Anna\n")
    (found,) = refusals(ours)
    assert found.startswith('report hours: "boss@example.org" may not have it, since it tells of Anna')
    assert [finding.state for finding in _publish(ours)] == ["wrong", "wrong"]


def secure(port: int, folder: Path, is_tls_at_once: bool = False) -> str:
    """`[publish]` with encryption and a login."""
    return (
        f'[publish]\nmail_host = "localhost"\nmail_port = {port}\nmail_user = "{USER}"\n'
        f'mail_security = "{"tls" if is_tls_at_once else "starttls"}"\nmail_from = "telltale@example.org"\n'
        f'mail_ca_file = "{folder / "ca.crt"}"\n'
    )
