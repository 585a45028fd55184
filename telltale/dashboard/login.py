"""The login: the general token opens the dashboards, the token of an owner the page of their own and nothing else."""

from typing import Any

from jupyter_server.auth.identity import PasswordIdentityProvider, User
from tornado.web import RequestHandler
from traitlets import Set, Unicode

from telltale.dashboard.owners import is_owner_page, page_of


class Login(PasswordIdentityProvider):
    """Says who asks; an owner's user name is the name of their page."""

    owner_pages = Set(Unicode(), help="names of the owners' pages").tag(config=True)

    async def get_user_token(self, handler: RequestHandler) -> User | None:
        """Whom the token of the address or header means."""
        page = page_of(self.get_token(handler) or "")
        if page in self.owner_pages:
            return _owner(page)
        user = await super().get_user_token(handler)
        # With the general token Jupyter keeps the user of the cookie, who may be an owner.
        return self.generate_anonymous_user(handler) if user is not None and is_owner_page(user.username) else user

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Whom a cookie means; nobody where an owner's token has been withdrawn."""
        user = super().user_from_cookie(cookie_value)
        if user is not None and is_owner_page(user.username) and user.username not in self.owner_pages:
            return None
        return user

    def process_login_form(self, handler: RequestHandler) -> User | None:
        """Whom the token typed into the form means."""
        page = page_of(handler.get_argument("password", default=""))
        return _owner(page) if page in self.owner_pages else super().process_login_form(handler)


def own_page(user: Any) -> str:
    """The page a user is bound to; empty for one of the general token."""
    name = str(getattr(user, "username", ""))
    return name if is_owner_page(name) else ""


def _owner(page: str) -> User:
    return User(page, "Owner", "Owner", "O", None, None)
