"""Mail: a message as bytes, and the server that takes it.

Each server's answer is kept as it was given, since only the code tells whether another try is worth it: 4xx is for
now, 5xx of a recipient or of the text is for good (RFC 5321 4.2.1). What it refuses before that, such as a login or
our own address, lies with the settings, and waits for them to be corrected.
"""

import mimetypes
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from pathlib import Path

from telltale.contract import ConfigError
from telltale.net import is_loopback
from telltale.publish.outgoing import NotSent, Outgoing, Session
from telltale.settings import Settings

COMMAND_S, TEXT_S = 20.0, 120.0
"""How long a command's answer is waited for, and how long the text may take. RFC 5321 4.5.3.2 asks for minutes, which
a server that hangs would cost every message behind this one."""
SENDER = "telltale"
_SETTINGS = "telltale.toml [publish]"
_TRANSIENT = range(400, 500)
_CLOSING = 421
_LOGGED_IN = 235


@dataclass(frozen=True)
class Mail:
    """A mail server.

    Args:
        host: its name.
        port: where it takes mail.
        security: starttls, tls, none.
        sender: our address.
        user: to log in as; empty: no login.
        password: its password.
        ca_file: the authority that signed the server's certificate; None is the system's.
    """

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    name: str = "mail"

    @classmethod
    def of(cls, settings: Settings, password: str) -> "Mail":
        """The project's.

        Raises:
            ConfigError: a key is missing, or mail would leave this machine unencrypted.
        """
        publish = settings.publish
        if not publish.mail_host:
            raise ConfigError(f'{_SETTINGS} mail_host = "": expected the name of a mail server, for mail to be sent')
        sender = publish.mail_from or publish.mail_user
        if not _parts(sender):
            raise ConfigError(f'{_SETTINGS} mail_from = "{sender}": expected an address, such as telltale@example.org')
        if publish.mail_security == "none" and not is_loopback(publish.mail_host):
            raise ConfigError(
                f'{_SETTINGS} mail_security = "none": expected starttls or tls for mail_host = "{publish.mail_host}", '
                "since without them anybody on the way reads and changes what is sent"
            )
        if publish.mail_user and not password:
            raise ConfigError(
                f'{_SETTINGS} mail_user = "{publish.mail_user}": expected its password in secrets.toml, below '
                '[publish]: mail_password = "..."'
            )
        ca_file = settings.root / publish.mail_ca_file if publish.mail_ca_file else None
        if ca_file and not ca_file.is_file():
            raise ConfigError(f'{_SETTINGS} mail_ca_file = "{publish.mail_ca_file}": expected a PEM file to read')
        return cls(
            publish.mail_host,
            publish.mail_port,
            publish.mail_security,
            sender,
            publish.mail_user,
            password,
            ca_file,
        )

    @property
    def place(self) -> str:
        """The server in words."""
        return f"mail server {self.host} port {self.port}"

    @contextmanager
    def opened(self) -> Iterator[Session]:
        """A session, logged in."""
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise NotSent(f"{self.place}: {_said(error)}; {self._advice(error)}", ends=True) from None
        try:
            yield _Session(self, server)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        server = (
            smtplib.SMTP_SSL(self.host, self.port, timeout=COMMAND_S, context=self._context())
            if self.security == "tls"
            else smtplib.SMTP(self.host, self.port, timeout=COMMAND_S)
        )
        try:
            server.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                server.starttls(context=self._context())
                server.ehlo()
            if self.user:
                self._log_in(server)
        except BaseException:
            server.close()
            raise
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self.password.isascii() and self.user.isascii():
            server.login(self.user, self.password)
            return
        # smtplib knows ASCII alone; PLAIN is UTF-8 (RFC 4616).
        initial = b64encode(f"\0{self.user}\0{self.password}".encode()).decode()
        code, answer = server.docmd("AUTH", f"PLAIN {initial}")
        if code != _LOGGED_IN:
            raise smtplib.SMTPAuthenticationError(code, answer)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)

    def _advice(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return "check mail_user in telltale.toml and mail_password in secrets.toml"
        if isinstance(error, ssl.SSLError):
            return "check mail_port and mail_security, and mail_ca_file where its authority is your own"
        return "check mail_host, mail_port and mail_security in telltale.toml"


class _Session:
    """An open connection to a mail server."""

    def __init__(self, mail: Mail, server: smtplib.SMTP) -> None:
        self._mail = mail
        self._server = server

    def send(self, outgoing: Outgoing) -> str:
        """Hand one mail over."""
        parts = _parts(outgoing.recipient)
        if parts is None:
            raise NotSent(f'"{outgoing.recipient}" is no mail address of letters, digits and @', for_good=True)
        data = message(outgoing, sender=self._mail.sender).as_bytes(policy=SMTP)
        try:
            return self._handed_over(parts[1], data)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"{self._mail.place}: {_said(error)}; is it running?", ends=True) from None

    def _handed_over(self, recipient: str, data: bytes) -> str:
        server = self._server
        most = server.esmtp_features.get("size", "")
        if most.isdigit() and 0 < int(most) < len(data):
            raise NotSent(
                f"{self._mail.place}: the mail has {len(data):,} bytes, and it takes {int(most):,}; set attach = false",
                for_good=True,
            )
        sender = _parts(self._mail.sender)
        assert sender is not None  # noqa: S101 - `of` has looked
        options = [f"size={len(data)}"] if server.has_extn("size") else []
        self._check(server.mail(sender[1], options), f"from {sender[1]}", lies_with_us=True)
        self._check(server.rcpt(recipient), f"to {recipient}")
        socket = server.sock
        assert socket is not None  # noqa: S101 - it has just answered
        socket.settimeout(TEXT_S)
        try:
            return _answer(*self._check(server.data(data), "the text"))
        except smtplib.SMTPDataError as error:
            self._check((error.smtp_code, error.smtp_error), "the text")
            raise
        finally:
            with suppress(OSError):
                socket.settimeout(COMMAND_S)

    def _check(self, reply: tuple[int, bytes | str], of: str, *, lies_with_us: bool = False) -> tuple[int, bytes | str]:
        code, _ = reply
        if code // 100 == 2:
            return reply
        why = f"{self._mail.place} refuses {of}: {_answer(*reply)}"
        if code in (_CLOSING, -1):
            raise NotSent(why, ends=True)
        with suppress(OSError, smtplib.SMTPException):
            self._server.rset()
        raise NotSent(why, for_good=code not in _TRANSIENT and not lies_with_us)


def message(outgoing: Outgoing, *, sender: str) -> EmailMessage:
    """The mail: plain text, HTML where there is any, and files; no header has a line break in it.

    Args:
        outgoing: what is sent.
        sender: our address.
    """
    ours, theirs = _parts(sender), _parts(outgoing.recipient)
    assert ours is not None and theirs is not None  # noqa: S101, PT018 - asked before
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(ours[0] or SENDER, addr_spec=ours[1])
    mail["To"] = Address(theirs[0], addr_spec=theirs[1])
    mail["Subject"] = one_line(outgoing.subject) or SENDER
    mail["Date"] = format_datetime(datetime.fromtimestamp(outgoing.now_us / 1e6, UTC))
    mail["Message-ID"] = f"<{outgoing.message_id}.telltale@{ours[1].partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office notice answers it
    mail.set_content(outgoing.body, cte="quoted-printable")
    if outgoing.html:
        mail.add_alternative(outgoing.html, subtype="html", cte="quoted-printable")
    for path in outgoing.files:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        maintype, _, subtype = kind.partition("/")
        mail.add_attachment(path.read_bytes(), maintype=maintype, subtype=subtype, filename=one_line(path.name))
    return mail


def one_line(text: str) -> str:
    """A text that can stand in a header: control characters and line breaks are blanks."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _parts(address: str) -> tuple[str, str] | None:
    """Name and address of `Anna <anna@example.org>` or `anna@example.org`; None where it is none."""
    several = getaddresses([address])
    name, found = several[0] if len(several) == 1 else ("", "")
    local, at, domain = found.rpartition("@")
    if not at or not local or not domain or one_line(address) != address.strip():
        return None
    try:
        bare = f"{local}@{domain.encode('idna').decode()}"
        Address(addr_spec=bare)
        bare.encode("ascii")
    except (ValueError, UnicodeError, IndexError):
        return None
    return name, bare


def _answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {said}")


def _said(error: Exception) -> str:
    """What happened, in the server's words or the system's."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError) or "timed out" in str(error):  # smtplib says the latter of some of its commands
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, UnicodeError):
        return "its name is none of a host"
    if isinstance(error, OSError):
        return one_line(error.strerror or str(error) or type(error).__name__)
    return one_line(str(error)) or type(error).__name__
