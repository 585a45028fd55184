"""The ways in and out: the login page, the one-time link and the command that asks for one, the log-out."""

import hmac
from collections.abc import Mapping

import tornado.web
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

from telltale.dashboard.links import Links
from telltale.dashboard.login import WITHIN_S, Login, header_token, own_page, user_for


class LoginHandler(LoginFormHandler):
    """The login page; a token that is right is taken however many were wrong before."""

    @allow_unauthenticated
    def get(self) -> None:
        """The page, or on to where one wanted to go."""
        if self.current_user:
            self._redirect_safe(self._next())  # type: ignore[no-untyped-call]
        else:
            self._show(self.get_argument("why", ""))

    @allow_unauthenticated
    def post(self) -> None:
        """Log in."""
        login = _login(self)
        user = login.user_of(self.get_body_argument("password", ""))
        if user is None:
            is_too_often = login.failures.note(str(self.request.remote_ip))
            if is_too_often:
                self.set_header("Retry-After", str(int(WITHIN_S)))
            self.set_status(429 if is_too_often else 401)
            self._show("often" if is_too_often else "wrong")
            return
        login.set_login_cookie(self, user)
        self._redirect_safe(self._next())  # type: ignore[no-untyped-call]

    def _next(self) -> str:
        return self.get_query_argument("next", self.base_url) or self.base_url

    def _show(self, why: str) -> None:
        page = self.render_template("login.html", next_page=self._next(), why=why)  # type: ignore[no-untyped-call]
        self.write(page)


class EnterHandler(JupyterHandler):
    """Where a one-time link leads: its page takes the code out of the address bar and sends it here."""

    def initialize(self, links: Links) -> None:
        """Take the open codes."""
        self._links = links

    @allow_unauthenticated
    def get(self) -> None:
        """The page that does so."""
        self.finish(self.render_template("enter.html"))  # type: ignore[no-untyped-call]

    @allow_unauthenticated
    def post(self) -> None:
        """Exchange a code for a cookie; whoever was logged in here before is that no more."""
        login = _login(self)
        page = self._links.use(self.get_body_argument("code", ""))
        if page is None or (page and not login.knows(page)):
            why = "often" if login.failures.note(str(self.request.remote_ip)) else "link"
            self.redirect(url_path_join(self.base_url, f"login?why={why}"), status=303)
            return
        login.set_login_cookie(self, user_for(page))
        self.redirect(self.base_url, status=303)


class LinkHandler(tornado.web.RequestHandler):
    """Gives a new one-time link to `telltale dashboard --link`, which knows the secret from the project's folder."""

    def initialize(self, links: Links, secret: str, people: Mapping[str, str], roles: Mapping[str, str]) -> None:
        """Take the open codes, the secret, the persons' pages by their names, and the roles' users."""
        self._links = links
        self._secret = secret
        self._people = people
        self._roles = roles

    def post(self) -> None:
        """A code, for all or for the person or role named."""
        sent = header_token(self)
        if not self._secret or not hmac.compare_digest(sent.encode(), self._secret.encode()):
            raise tornado.web.HTTPError(404)
        person = self.get_body_argument("person", "")
        if person and person not in self._people:
            self.set_status(404)
            self.finish({"known": sorted(self._people)})
            return
        role = self.get_body_argument("role", "")
        if role and role not in self._roles:
            self.set_status(404)
            self.finish({"roles": sorted(self._roles)})
            return
        self.finish({"code": self._links.new(self._roles.get(role, "") or self._people.get(person, ""))})


class LogoutHandler(JupyterHandler):
    """Ends a browser's login, asked for by a form: no other page's picture or link can do it."""

    @allow_unauthenticated
    def get(self) -> None:
        """The page with that form."""
        if self.current_user and _login(self).auth_enabled:
            is_person = bool(own_page(self.current_user))
            self.finish(self.render_template("logout.html", is_person=is_person))  # type: ignore[no-untyped-call]
        else:
            self.redirect(url_path_join(self.base_url, "login"))

    @allow_unauthenticated
    def post(self) -> None:
        """Log out."""
        _login(self).clear_login_cookie(self)
        self.redirect(url_path_join(self.base_url, "login?why=out"), status=303)


def _login(handler: JupyterHandler) -> Login:
    login = handler.identity_provider
    assert isinstance(login, Login)  # noqa: S101 - it is the one we configured
    return login
