"""What every request passes before any handler sees it: the name and the page it comes by, its path, and its answer.

Where no login is asked for nothing proves the sender, and a page of another site could reach this server through the
reader's browser: by a name that it has pointed here (DNS rebinding), or from its own origin (a WebSocket is not kept
from another one). So the Host must be a name of this machine or the public one, and what another page asks for is
refused. With a login the Host may be any, since proxies rename it and a cookie belongs to one name only; another page's
requests are refused all the same.
"""

import logging
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import tornado.web
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router

from telltale.net import Hosts

LOGGED_EVERY_S = 60.0
SAFE = ("GET", "HEAD", "OPTIONS")


class Refusal(NamedTuple):
    """Why a request is not served, as its page says it."""

    status: int
    heading: str
    remedy: str


MISSING = Refusal(404, "There is no such page.", "")


class Rules:
    """Which requests may pass.

    Args:
        host: the address listened on.
        public_url: the address the dashboards are reached under besides, or empty.
        asks_login: whether a token or cookie proves who asks.
        base_url: the path all pages lie below, with a slash at both ends.
    """

    def __init__(self, host: str, public_url: str = "", *, asks_login: bool, base_url: str = "/") -> None:
        self._public_origin = origin_of(public_url)
        self._hosts = Hosts(host, public_url=public_url)
        self._asks_login = asks_login
        self._look = f"{base_url}look/"

    def refusal(self, request: HTTPServerRequest) -> Refusal | None:
        """Why a request is not served; None if it is."""
        path = request.path
        if is_climbing(path):
            return MISSING
        is_public_file = path.startswith(self._look) and request.method == "GET"  # a page that refuses needs them too
        if not self._asks_login and not is_public_file and not self._hosts.knows(request.host):
            return _unknown_host(request.host)
        if not is_public_file and not self._is_own(request):
            return _foreign(request.headers.get("Origin") or "another site")
        return None

    def _is_own(self, request: HTTPServerRequest) -> bool:
        """Whether no other page makes a browser ask; what is no browser says nothing, and sends no cookie unasked."""
        headers = request.headers
        is_line = "websocket" in headers.get("Upgrade", "").lower()
        origin = headers.get("Origin") or headers.get("Sec-Websocket-Origin")
        if origin is not None and (is_line or request.method not in SAFE):
            return origin.lower() == self._public_origin or urlsplit(origin.lower()).netloc == request.host.lower()
        if headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return True
        # Someone follows a link to here; a frame, a picture or a script of another page is something else.
        is_visit = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
        return is_visit and request.method in SAFE


def origin_of(url: str) -> str:
    """How browsers name the place of an address in `Origin`: without its path; empty where there is none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if url else ""


def is_climbing(path: str) -> bool:
    """Whether a path leads out of its folder or is none: `..`, a backslash, control marks, escaped or not."""
    for _ in range(3):
        if re.search(r"(^|/)\.\.?(/|$)|\\|[\x00-\x1f\x7f]|//", path):
            return True
        path = unquote(path)
    return False


def _unknown_host(host: str) -> Refusal:
    return Refusal(
        403,
        f"The dashboards do not answer to the name “{_shortened(host)}”.",
        "Without a login they answer to this machine’s own names only, such as 127.0.0.1. If you reach them under "
        "another name, set public_url below [dashboard] in telltale.toml to that address.",
    )


def _foreign(origin: str) -> Refusal:
    return Refusal(
        403,
        "Another web page asked for this, and was refused.",
        f"It came from “{_shortened(origin)}”; only the dashboards’ own pages are answered. If that is the address you "
        "reach them under, set public_url below [dashboard] in telltale.toml to it.",
    )


def _shortened(text: str) -> str:
    shown = re.sub(r"[^\x20-\x7e]", "\N{REPLACEMENT CHARACTER}", text)
    return f"{shown[:60]}…" if len(shown) > 60 else shown


class Gate(Router):
    """Refuses, or passes on to the application.

    Args:
        app: the application.
        rules: which requests may pass.
        clock: seconds that only rise.
    """

    def __init__(
        self, app: tornado.web.Application, rules: Rules, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._rules = rules
        self._clock = clock
        self._logged: dict[int, float] = {}
        app.add_transform(SafeHeaders)

    def find_handler(self, request: HTTPServerRequest, **_: Any) -> HTTPMessageDelegate:
        """Whoever answers."""
        _put_below(request, self._app.settings.get("base_url", "/"))
        refusal = self._rules.refusal(request)
        if refusal is not None:
            self._log(refusal)
            return self._app.get_handler_delegate(request, RefusedHandler, {"refusal": refusal})
        if "token" in request.query_arguments:
            return self._app.get_handler_delegate(request, TokenInAddressHandler)
        return self._app.find_handler(request)

    def _log(self, refusal: Refusal) -> None:
        """One line a minute of each kind: who knocks must not fill the disk."""
        if refusal is MISSING or self._clock() - self._logged.get(refusal.status, -LOGGED_EVERY_S) < LOGGED_EVERY_S:
            return
        self._logged[refusal.status] = self._clock()
        logging.getLogger("telltale.dashboard").error("refused: %s %s", refusal.heading, refusal.remedy)


def _put_below(request: HTTPServerRequest, base_url: str) -> None:
    """Some proxies pass on the path that leads to us, others take it off: from here on it is always there."""
    if request.path.startswith(base_url):
        return
    rest = "" if f"{request.path}/" == base_url else request.path.removeprefix("/")
    request.path = f"{base_url}{rest}"
    request.uri = f"{request.path}?{request.query}" if request.query else request.path


class RefusedHandler(tornado.web.RequestHandler):
    """Says why, in our look."""

    def initialize(self, refusal: Refusal) -> None:
        """Take the reason."""
        self._refusal = refusal

    def check_xsrf_cookie(self) -> None:
        """Nothing is done."""

    async def prepare(self) -> None:
        """Answer, whatever the method."""
        say(self, self._refusal)


class TokenInAddressHandler(tornado.web.RequestHandler):
    """An address with a token in it: led to the same one without, by way of the login page, which says why."""

    def check_xsrf_cookie(self) -> None:
        """Nothing is done."""

    async def prepare(self) -> None:
        """Lead there."""
        base = self.settings["base_url"]
        kept = [(name, value) for name, value in parse_qsl(self.request.query) if name != "token"]
        target = self.request.path + (f"?{urlencode(kept)}" if kept else "")
        self.redirect(f"{base}login?{urlencode({'next': target, 'why': 'address'})}", status=303)


def say(handler: tornado.web.RequestHandler, refusal: Refusal, **headers: str) -> None:
    """Answer with a page of one sentence and its remedy."""
    handler.set_status(refusal.status)
    for name, value in headers.items():
        handler.set_header(name.replace("_", "-"), value)
    page = handler.settings["voila_jinja2_env"].get_template("refused.html")
    handler.finish(page.render(refusal=refusal, base_url=handler.settings["base_url"]))


POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Nothing is loaded from elsewhere, whatever a page says, and no other page frames one of ours."""
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-popups allow-modals; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A report is of an origin of its own: its script draws and saves its own numbers, and asks this server nothing."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Nothing for other sites. "no-referrer" would make browsers send our own forms with "Origin: null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SafeHeaders(tornado.web.OutputTransform):
    """Puts the headers on every answer, whichever handler gives it; what nobody said may be kept is not kept."""

    def __init__(self, request: HTTPServerRequest) -> None:
        """One a request."""

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002 - the names are tornado's
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Put them there."""
        is_report = headers.get("Content-Security-Policy") == REPORT_POLICY
        headers.update(HEADERS | ({"Content-Security-Policy": REPORT_POLICY} if is_report else {}))
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-cache" if "Last-Modified" in headers else "no-store"  # a file, or an answer
        headers.pop("Server", None)
        return status_code, headers, chunk
