"""A mail reads back as what was put in, whatever the texts are."""

import email
import email.policy
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.publish import mail_page
from telltale.publish.mail import message, one_line
from telltale.publish.outgoing import Outgoing

NOW_US = 1_795_161_600_000_000


def parsed(outgoing: Outgoing) -> EmailMessage:
    data = message(outgoing, sender="Täle <telltale@example.org>").as_bytes(policy=SMTP)
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert max(data) < 128
    made = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=60))
def test_subject_text_and_html_come_back_and_no_header_is_added(subject: str, body: str, name: str) -> None:
    html = mail_page.wrapped(name, body)
    found = parsed(Outgoing("id1", "anna@example.org", subject, body, html, (), NOW_US))
    assert set(found.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"),
    }
    assert str(found["Subject"]).split() == (one_line(subject) or "telltale").split()
    parts = [part.get_payload(decode=True) for part in found.iter_parts()]
    texts = [part.decode() for part in parts if isinstance(part, bytes)]
    assert [lines(text) for text in texts] == [lines(body), lines(html)]


def lines(text: str) -> list[str]:
    """The lines of a text, of which mail keeps all but how they end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def test_a_message_has_one_id_however_often_it_is_made() -> None:
    outgoing = Outgoing("0f3a", "anna@example.org", "s", "b", "", (), NOW_US)
    ids = {str(parsed(outgoing._replace(now_us=NOW_US + n))["Message-ID"]) for n in range(2)}
    assert ids == {"<0f3a.telltale@example.org>"}


@pytest.mark.parametrize(
    ("address", "arrives"),
    [
        ("anna@example.org", "anna@example.org"),
        ("Anna Größe <anna@example.org>", "Anna Größe <anna@example.org>"),
        ('"Lab, cold" <lab@example.org>', '"Lab, cold" <lab@example.org>'),
        ("anna@köln.example", "anna@xn--kln-sna.example"),
    ],
)
def test_addresses_with_names_and_of_any_domain(address: str, arrives: str) -> None:
    assert str(parsed(Outgoing("i", address, "s", "b", "", (), NOW_US))["To"]) == arrives
