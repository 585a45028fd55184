"""The login: the general token is the owner's, a role has its own, and a person's opens the own page and nothing else.

A token is typed into the login page, or sent by a script as `Authorization: token …`. It is not read from an address:
addresses stand in logs, in histories and in what a page is asked to send on. What may stand there is the code of a
one-time link (`telltale.dashboard.links`).
"""

import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.identity import PasswordIdentityProvider, User
from tornado.web import HTTPError, RequestHandler
from traitlets import Set, Unicode

from telltale.dashboard.persons import is_person_page, page_of
from telltale.dashboard.roles import GIVEN, OWNER, user_of

FAILURES = 10
"""Wrong secrets of one sender within `WITHIN_S`; after that it is told to wait. A right secret is never refused."""
WITHIN_S = 60.0
MOST_SENDERS = 4096


class Failures:
    """How often each sender was wrong lately; the oldest is forgotten first.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._senders: OrderedDict[str, list[float]] = OrderedDict()

    def note(self, sender: str) -> bool:
        """Count one; whether it is one too many."""
        now = self._clock()
        moments = [moment for moment in self._senders.pop(sender, []) if now - moment < WITHIN_S]
        self._senders[sender] = [*moments, now][-FAILURES - 1 :]
        if len(self._senders) > MOST_SENDERS:
            self._senders.popitem(last=False)
        return len(self._senders[sender]) > FAILURES

    def __len__(self) -> int:
        return len(self._senders)


class Login(PasswordIdentityProvider):
    """Says who asks; a person's user name is the name of their page, a role's is of its token."""

    person_pages = Set(Unicode(), help="names of the persons' pages").tag(config=True)
    role_users = Set(Unicode(), help="names of those who have the token of a role").tag(config=True)
    public_url = Unicode("", help="the address the dashboards are reached under").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.failures = Failures()

    def get_user(self, handler: RequestHandler) -> User | None:
        """Who asks: by the header of a script, else by the cookie of a browser; whoever it is where nobody is asked.

        Raises:
            HTTPError: 429, for a sender that keeps sending wrong tokens.
        """
        if not self.auth_enabled:
            return THE_OWNER
        token = self.get_token(handler)
        if token:
            sender = self.user_of(token)
            if sender is not None:
                handler._token_authenticated = True  # type: ignore[attr-defined]  # Jupyter reads it there
                return sender
            self.refuse(handler)
        user = self.get_user_cookie(handler)
        return user if isinstance(user, User) else None

    def get_token(self, handler: RequestHandler) -> str | None:
        """The token a script sends in its header."""
        return header_token(handler)

    def refuse(self, handler: RequestHandler) -> None:
        """Count a wrong secret.

        Raises:
            HTTPError: 429, when it is one too many.
        """
        if self.failures.note(str(handler.request.remote_ip)):
            handler.current_user = handler._jupyter_current_user = None  # type: ignore[attr-defined]  # for its page
            raise HTTPError(429)

    def user_of(self, token: str) -> User | None:
        """Whom a token means."""
        if self.token and hmac.compare_digest(token.encode(), self.token.encode()):
            return THE_OWNER
        # Digests: how long their comparison takes tells nothing of the token.
        names = (page_of(token), *(user_of(role, token) for role in GIVEN))
        return next((user_for(name) for name in names if self.knows(name)), None)

    def knows(self, name: str) -> bool:
        """Whether there is a user of that name, besides the owner; not where the token has been withdrawn."""
        return name in self.person_pages or name in self.role_users

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Whom a cookie means; nobody where the token has been withdrawn."""
        user = super().user_from_cookie(cookie_value)
        if user is None or user.username == THE_OWNER.username:
            return user and THE_OWNER
        return user_for(user.username) if self.knows(user.username) else None

    def set_login_cookie(self, handler: RequestHandler, user: User) -> None:
        """Keep a browser logged in; no other site's page makes it send the cookie along with anything but a visit."""
        self.cookie_options = {"samesite": "Lax", "secure": self._is_encrypted(handler)}
        super().set_login_cookie(handler, user)

    def _is_encrypted(self, handler: RequestHandler) -> bool:
        """Whether the browser came by TLS, here or at a proxy."""
        if handler.request.protocol == "https" or handler.request.headers.get("Origin", "").startswith("https://"):
            return True
        public = urlsplit(self.public_url)
        return public.scheme == "https" and handler.request.host.lower() == public.netloc.lower()


def own_page(user: Any) -> str:
    """The page a user is bound to; empty for one who sees pages with tabs."""
    name = str(getattr(user, "username", ""))
    return name if is_person_page(name) else ""


def user_for(name: str) -> User:
    """The person of a page, or whoever has the token of a role; the owner for an empty name."""
    if not name:
        return THE_OWNER
    shown = "Person" if is_person_page(name) else name.partition("-")[0].capitalize()
    return User(name, shown, shown, shown[0], None, None)


def header_token(handler: RequestHandler) -> str:
    """What follows `Authorization: token`."""
    sent = re.fullmatch(r"(?i:token|bearer) +(\S+) *", handler.request.headers.get("Authorization", ""))
    return sent[1] if sent else ""


THE_OWNER = User(OWNER, "Owner", "Owner", "O", None, None)
"""Whoever has the general token, and everybody where no login is asked for."""
