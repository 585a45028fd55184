"""The login: the general token opens the dashboards, the token of a person the page of their own and nothing else."""

from typing import Any

from jupyter_server.auth.identity import PasswordIdentityProvider, User
from tornado.web import RequestHandler
from traitlets import Set, Unicode

from telltale.dashboard.persons import is_person_page, page_of


class Login(PasswordIdentityProvider):
    """Says who asks; a person's user name is the name of their page."""

    person_pages = Set(Unicode(), help="names of the persons' pages").tag(config=True)

    async def get_user_token(self, handler: RequestHandler) -> User | None:
        """Whom the token of the address or header means."""
        page = page_of(self.get_token(handler) or "")
        if page in self.person_pages:
            return _person(page)
        user = await super().get_user_token(handler)
        # With the general token Jupyter keeps the user of the cookie, who may be a person's.
        return self.generate_anonymous_user(handler) if user is not None and is_person_page(user.username) else user

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Whom a cookie means; nobody where a person's token has been withdrawn."""
        user = super().user_from_cookie(cookie_value)
        if user is not None and is_person_page(user.username) and user.username not in self.person_pages:
            return None
        return user

    def process_login_form(self, handler: RequestHandler) -> User | None:
        """Whom the token typed into the form means."""
        page = page_of(handler.get_argument("password", default=""))
        return _person(page) if page in self.person_pages else super().process_login_form(handler)


def own_page(user: Any) -> str:
    """The page a user is bound to; empty for one of the general token."""
    name = str(getattr(user, "username", ""))
    return name if is_person_page(name) else ""


def _person(page: str) -> User:
    return User(page, "Person", "Person", "P", None, None)
