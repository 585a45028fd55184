"""Requests to one server over one connection that is kept, with its cookies: each call may cost it a session.

Source: wire/forwarding.md 2.7, 3.
"""

import email.utils
import http.client
import ssl
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlsplit

from telltale.contract import ConfigError
from telltale.forward.target import Unreachable

LONGEST_ANSWER = 1 << 16
LONGEST_WAIT_S = 86_400.0
"""A server that asks for more has its clock or its number wrong."""


class Answer(NamedTuple):
    """What the server said."""

    status: int
    content_type: str
    """Lower case, without parameters."""
    body: bytes
    retry_after_s: float | None

    def shown(self) -> str:
        """The answer for a person."""
        text = self.body.decode("utf-8", "replace")
        return f"{self.status} {self.content_type or 'without a content type'} {text}".strip()


class Server:
    """One server.

    Args:
        base_url: such as `https://host/Thingworx`.
        headers: sent with each request; they hold the secret and are never shown.
        ca_file: who signed its certificate; empty is the system's list.
        timeout_s: for connecting and for each answer.

    Raises:
        ConfigError: the address is none, or goes in clear to another machine.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], *, ca_file: str = "", timeout_s: float = 10) -> None:
        try:
            parts = urlsplit(base_url)
            self._port = parts.port
        except ValueError:  # what it says quotes what may be a password
            raise ConfigError("address: its host or port is none; expected such as https://host/Thingworx") from None
        self.host = parts.hostname or ""
        if parts.scheme not in {"https", "http"} or not self.host or parts.username or parts.query:
            raise ConfigError(f'address "{parts.hostname or base_url}": expected such as https://host/Thingworx')
        if parts.scheme == "http" and self.host not in {"localhost", "127.0.0.1", "::1"}:
            raise ConfigError(f'address "http://{self.host}": would send the secret in clear; expected https://')
        self.path = parts.path.rstrip("/")
        self.shown = f"{parts.scheme}://{parts.netloc}{self.path}"
        self._headers = dict(headers)
        self._timeout_s = timeout_s
        self._context = _context(ca_file) if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """One request; `path` counts from the base and is percent-encoded already.

        Raises:
            Unreachable: no answer came.
        """
        try:
            if self._connection is not None:
                try:
                    return self._ask(self._connection, method, path, body)
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                    self.close()  # the server has closed it meanwhile; a press told twice is a double, not a loss
            self._connection = self._connect()
            return self._ask(self._connection, method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"{self.shown}: {_reason(error)}") from error

    def close(self) -> None:
        """Close the connection; cookies are kept."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None) -> Answer:
        headers = dict(self._headers)
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection.request(method, self.path + path, body, headers)
        reply = connection.getresponse()
        found = reply.read(LONGEST_ANSWER)
        if reply.will_close or not reply.isclosed():  # it ends here, or says more than anyone reads
            self.close()
        self._keep_cookies(reply)
        content_type = (reply.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        return Answer(reply.status, content_type, found, retry_after_s(reply.getheader("Retry-After"), time.time()))

    def _connect(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self.host, self._port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(self.host, self._port, timeout=self._timeout_s, context=self._context)

    def _keep_cookies(self, reply: http.client.HTTPResponse) -> None:
        for line in reply.headers.get_all("Set-Cookie") or []:
            try:
                self._cookies |= {name: one.coded_value for name, one in SimpleCookie(line).items()}
            except CookieError:
                continue


def retry_after_s(text: str | None, now_s: float) -> float | None:
    """The seconds a Retry-After header asks for, written as a number or a date; None where there is none to read."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text.strip()), LONGEST_WAIT_S)
    try:
        wait_s = email.utils.parsedate_to_datetime(text).timestamp() - now_s
    except ValueError:
        return None
    return min(max(0.0, wait_s), LONGEST_WAIT_S)


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f'ca_file = "{ca_file}": cannot be read ({error}); expected PEM certificates') from error


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); name its authority as ca_file"
    if isinstance(error, ssl.SSLError):
        return f"no TLS there ({error.reason}); check the port"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{error or type(error).__name__}; is it up, and the address right?"
