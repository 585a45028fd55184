"""A mail server of the test's own: on a free loopback port, with what it answers to whom written down beforehand.

A server that happens to run on this machine is never used.
"""

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from telltale.net import free_port
from tests.mosquitto import certificates

HOST = "127.0.0.1"
USER, PASSWORD = "telltale", "marked-s3cret %ü horse"
OK = "250 OK, taken"


class MailServer:
    """What it was given, and what it answers next: lists of answers are used up from the front, then all is well."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        """As they were taken, parsed."""
        self.recipients: list[str] = []
        """Of each of the mails."""
        self.raw: list[bytes] = []
        self.rcpt_answers: list[str] = []
        self.data_answers: list[str] = []
        """`hang` keeps the sender waiting until the test is over."""
        self.seen = threading.Semaphore(0)
        """Released for each text that came in, before it is answered."""
        self.logins: list[bytes] = []
        self._over = threading.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to a recipient."""
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else OK
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer to a text."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.seen.release()
        answer = self.data_answers.pop(0) if self.data_answers else OK
        while answer == "hang" and not self._over.is_set():
            await asyncio.sleep(0.02)
        if answer.startswith("2"):
            self.raw.append(content)
            parsed = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
            self.recipients += envelope.rcpt_tos
        return answer if answer != "hang" else "451 over"

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Let in who has the password."""
        assert isinstance(data, LoginPassword), mechanism
        self.logins.append(data.login)
        good = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=good, handled=False)

    def let_go(self) -> None:
        """No sender is kept waiting any longer."""
        self._over.set()


@contextmanager
def mail_server(
    *, port: int = 0, tls: Path | None = None, is_tls_at_once: bool = False, login: bool = False, size: int = 33_554_432
) -> Iterator[MailServer]:
    """A server that runs for the block.

    Args:
        port: where; 0 takes a free one.
        tls: a folder with `server.crt` and `server.key`: STARTTLS is asked for, or TLS from the first byte.
        is_tls_at_once: the latter.
        login: whether who sends has to log in.
        size: of a mail, at most, in bytes.
    """
    server = MailServer(port or free_port(HOST, 0))
    options: dict[str, Any] = {"data_size_limit": size, "hostname": HOST, "port": server.port}
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls / "server.crt", tls / "server.key")
        options |= {"ssl_context": context} if is_tls_at_once else {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"auth_required": True, "authenticator": server.login, "auth_require_tls": not is_tls_at_once}
    controller = Controller(server, **options)
    controller.start()
    try:
        yield server
    finally:
        server.let_go()
        controller.stop(no_assert=True)


def tls_folder(folder: Path) -> Path:
    """Certificates of an authority of the test's own, made with openssl; the folder they lie in."""
    folder.mkdir(parents=True, exist_ok=True)
    certificates(folder)
    return folder
