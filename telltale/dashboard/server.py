"""Voilà with our template and limits: a page per notebook of `dashboards/`, login, spare kernels, culling.

What Voilà offers beyond showing pages is left out: its list of folders, its files, its contents API. A kernel takes
messages of widgets only, so a reader can run nothing.
"""

import logging
import os
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import tornado.ioloop
import tornado.web
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.services.kernels.handlers import _kernel_id_regex as KERNEL_ID  # noqa: N812 - a constant of theirs
from jupyter_server.utils import url_path_join
from traitlets import Dict, List
from traitlets.config import Config
from voila.app import Voila  # type: ignore[import-untyped]
from voila.request_info_handler import RequestInfoSocketHandler  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]

from telltale.contract import ConfigError
from telltale.dashboard import connections
from telltale.dashboard.alerts import AlertHandler
from telltale.dashboard.assets import JUPYTER, template_values
from telltale.dashboard.entry import EnterHandler, LinkHandler, LoginHandler, LogoutHandler
from telltale.dashboard.files import LookHandler, StaticHandler
from telltale.dashboard.gate import Refusal, Rules, origin_of, say
from telltale.dashboard.kernels import (
    CULL_EVERY_S,
    CULL_S,
    Kernels,
    LeaveHandler,
    LineHandler,
    OwnKernelHandler,
    Page,
    TooManyPages,
)
from telltale.dashboard.links import Links
from telltale.dashboard.login import Login, own_page
from telltale.dashboard.persons import PREFIX, Person, is_person_page
from telltale.dashboard.readers import Readers
from telltale.dashboard.reports import IndexHandler, ReportHandler
from telltale.dashboard.roles import GIVEN, Given, kernel_user, may_open, notebook_of, role_of
from telltale.dashboard.surroundings import socket_folder
from telltale.settings import Settings

UNNEEDED = (
    "jupyterlab-plotly",  # five megabytes a page; charts have the page's own plotly.js
    "@voila-dashboards/jupyterlab-preview",
    "jupyterlab_pygments",
    "@jupyterlab/scheduler",
    "jupyterlab-jupytext",
)
"""Front ends of JupyterLab that a page must not load; some break it. An allowlist would break the widgets."""
PING_MS = 30_000
"""A browser that does not answer for so long is gone: its line is closed, so that its kernel can be culled."""
FULL = Refusal(
    503,
    "Too many pages are open.",
    "Close one that you do not need; a page that is gone without a word makes room within two minutes. How many may be "
    "open is max_pages below [dashboard] in telltale.toml.",
)


class Listening(NamedTuple):
    """Where the server listens, and under which address it is reached."""

    host: str
    port: int
    public_url: str = ""
    base_url: str = "/"
    """The path all pages lie below, with a slash at both ends."""
    tls: ssl.SSLContext | None = None
    max_pages: int = 0
    """0 leaves it at what is usual."""
    own_pages: str = ""
    """The folder of the project's own pages, if it has one."""
    connections: int = connections.MOST_CONNECTIONS


class Access(NamedTuple):
    """Who may look."""

    token: str
    """Empty: everybody."""
    people: Sequence[Person] = ()
    roles: Sequence[Given] = ()
    """Besides the owner."""
    links: Links = Links()
    link_secret: str = ""
    """Asks for a new link."""
    readers: Readers | None = None
    """Who may read which report; None serves no report."""
    settings: Settings | None = None
    """Whose alerts are answered; None answers none."""


class Dashboards(Voila):  # type: ignore[misc]  # Voilà carries no types
    """The server; `titles` are the notebooks by name in the order of their tabs, the first is the landing page."""

    titles = Dict()
    """Name and title of each page."""
    person_pages: List[str] = List()
    """Names of the pages of one's own; they have no tab."""
    at: Listening
    access: Access
    while_listening: Callable[[], AbstractContextManager[None]] = nullcontext
    """Entered when the server listens, left when it stops."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """A voila.json or voila.py of one's own is made for other pages."""

    def setup_template_dirs(self) -> None:
        """Find our template beside Jupyter's own."""
        super().setup_template_dirs()
        self.voila_configuration.config.VoilaConfiguration.resources = {"telltale": self._values()}

    def init_settings(self) -> dict[str, Any]:
        """Voilà's, with our pages for the login, and nothing in the log that a sender can fill it with."""
        settings: dict[str, Any] = super().init_settings()
        ours = jinja2.FileSystemLoader([str(JUPYTER / "login"), *self.template_paths])
        for environment in (settings["jinja2_env"], settings["voila_jinja2_env"]):
            environment.loader = jinja2.ChoiceLoader([ours, environment.loader])
            environment.globals["telltale"] = self._values()
        settings["telltale_titles"] = dict(self.titles)
        settings["ws_ping_interval"] = settings["ws_ping_timeout"] = PING_MS
        settings["xsrf_cookie_name"] = f"_xsrf-{self.at.port}"  # a cookie is shared by all ports of a name
        settings["xsrf_cookie_kwargs"] = {"httponly": True, "samesite": "Lax", "path": self.base_url}
        settings["allow_origin"] = origin_of(self.at.public_url)
        settings["log_function"] = _log
        return settings

    def init_handlers(self) -> list[Any]:
        """Login, static files, kernels' lines and our pages; nothing of Voilà that is not listed here."""
        page = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        names = "|".join([*self.titles, *self.person_pages])
        links = {"links": self.access.links}
        people = {who.name: who.page for who in self.access.people}
        roles = {given.role: given.user for given in self.access.roles}
        asked = {"secret": self.access.link_secret, "people": people, "roles": roles}
        ours: list[tuple[Any, ...]] = [
            (r"/look/([a-z.]+)", LookHandler),
            (r"/login", LoginHandler),
            (r"/enter", EnterHandler, links),
            (r"/link", LinkHandler, links | asked),
            (r"/logout", LogoutHandler),
            (rf"/api/kernels/{KERNEL_ID}", OwnKernelHandler),
            (rf"/api/kernels/{KERNEL_ID}/channels", LineHandler),
            (rf"/voila/api/shutdown/{KERNEL_ID}", LeaveHandler),
            (r"/voila/static/(.*)", StaticHandler, {"paths": self.static_paths}),
            (r"/voila/labextensions/(.*)", FileFindHandler, {"path": self.labextensions_path, "no_cache_paths": ["/"]}),
            (rf"/({names})", PageHandler, page),
            (r"/reports(?:/|/index\.html)?", IndexHandler, {"readers": self.access.readers}),
            (r"/reports/([^/]+/[^/]+)", ReportHandler, {"readers": self.access.readers}),
        ]
        if self.access.readers is None:
            ours = [one for one in ours if one[1] not in (IndexHandler, ReportHandler)]
        if self.access.settings is not None:
            ours.append((r"/alerts/([0-9]{1,18})", AlertHandler, {"settings": self.access.settings}))
        base = re.escape(self.base_url)
        return [
            *((url_path_join(base, path), *rest) for path, *rest in ours),
            (base, LandingHandler, {"page": next(iter(self.titles))}),
            (r".*", MissingHandler),
        ]

    def listen(self) -> None:
        """Serve until SIGTERM or Ctrl-C.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        rules = Rules(self.at.host, self.at.public_url, asks_login=bool(self.access.token), base_url=self.at.base_url)
        server = connections.server(self.app, rules, self.at.tls, most=self.at.connections)
        try:
            server.listen(self.at.port, self.at.host, backlog=connections.BACKLOG)
        except OSError as error:
            raise ConfigError(f"port = {self.at.port}: cannot listen on {self.at.host} ({error.strerror})") from error
        self.ioloop = tornado.ioloop.IOLoop.current()
        try:
            with self.while_listening(), suppress(KeyboardInterrupt):
                self.ioloop.start()
        finally:
            server.stop()
            self.stop()

    def _values(self) -> dict[str, Any]:
        roles = {given.role for given in self.access.roles}
        return template_values(self.titles, self.base_url, roles=roles, has_login=bool(self.access.token))


def _log(handler: tornado.web.RequestHandler) -> None:
    """What went wrong in here; who asked for what is nobody's business, and a query may hold anything."""
    if handler.get_status() >= 500 and handler.get_status() != FULL.status:
        request = handler.request
        logging.getLogger("telltale.dashboard").error(
            "status %d: %s %s", handler.get_status(), request.method, request.path
        )


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """A page by its short name, made by the notebook of the reader's role."""

    _page: Page | None = None

    @property
    def kernel_manager(self) -> Any:
        """The kernels, as the page being made sees them."""
        return self._page or super().kernel_manager

    @tornado.web.authenticated
    async def get(self, path: str = "") -> None:
        """The page, to whom it may be shown: a person sees the own one only, and nobody else does."""
        own = own_page(self.current_user)
        if own and path != own:
            self.redirect(url_path_join(self.base_url, own))
            return
        role = role_of(self.current_user)
        if not own and (is_person_page(path) or not may_open(role, path)):
            raise tornado.web.HTTPError(404)
        try:
            self._page = await self.kernel_manager.make_room(kernel_user(self.current_user))
        except TooManyPages:
            say(self, FULL, Retry_After=str(2 * CULL_S))
            return
        try:
            await super().get(notebook_of(role, path))
        finally:
            if self._page is not None:
                self._page.done()
            RequestInfoSocketHandler._cache.clear()  # Voilà keeps each page's address there for a line we do not serve

    async def get_generator(self, path: str | None = None) -> Any:
        """The page's HTML as it comes."""
        async for html in super().get_generator(path=f"{path}.ipynb"):
            yield html


class LandingHandler(JupyterHandler):
    """The landing page."""

    def initialize(self, page: str) -> None:
        """Take the name of the landing page."""
        self._page = page

    @tornado.web.authenticated
    def get(self) -> None:
        """Lead there; a person to the page of their own."""
        self.redirect(url_path_join(self.base_url, own_page(self.current_user) or self._page))


class MissingHandler(JupyterHandler):
    """Any other address, in our look."""

    @tornado.web.authenticated
    def get(self) -> None:
        """Say so."""
        self.set_status(404)
        page = self.settings["voila_jinja2_env"].get_template("404.html")
        role, titles = role_of(self.current_user), self.settings["telltale_titles"]
        tabs = {name: title for name, title in titles.items() if may_open(role, name)}
        self.finish(page.render(status_code=404, base_url=self.base_url, tabs=tabs))


def configuration(folder: Path, at: Listening, access: Access, *, landing: str) -> Config:
    """Everything Voilà is told; `landing` is the page one meets first."""
    config = Config()
    config.Voila.root_dir = str(folder)
    config.Voila.ip = at.host
    config.Voila.port = at.port
    config.Voila.base_url = at.base_url
    config.Voila.open_browser = False
    config.Voila.token = access.token
    config.Voila.identity_provider_class = Login
    config.Login.person_pages = {person.page for person in access.people}
    config.Login.role_users = {given.user for given in access.roles}
    config.Login.public_url = at.public_url
    # Of our own name: jupyter-server-proxy keeps to itself the cookie that a Jupyter server of this host would have.
    config.Login.cookie_name = f"telltale-{at.port}"
    # A spare kernel for each person, and for each page of each role, would cost too much; a role has one for the page
    # one meets first. Voilà matches the whole path.
    not_first = "|".join(rf"{role}--(?!{re.escape(landing)}\.)[^/]*" for role in GIVEN)
    config.VoilaKernelManager.preheat_denylist = [rf".*/(?:{PREFIX}[0-9a-f]+|{not_first})\.ipynb"]
    config.Voila.log_level = logging.ERROR  # Jupyter warns of every start of an unsigned notebook
    config.VoilaConfiguration.template = "telltale"
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.strip_sources = True
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.preheat_kernel = True
    config.VoilaConfiguration.default_pool_size = 1
    config.VoilaConfiguration.multi_kernel_manager_class = Kernels
    config.VoilaConfiguration.extension_denylist = list(UNNEEDED)
    config.VoilaConfiguration.file_allowlist = []
    if os.name == "posix":
        config.KernelManager.transport = "ipc"  # other users of this machine cannot reach it
        config.Voila.connection_dir_root = socket_folder()
    config.KernelSpecManager.kernel_dirs = []  # always this Python: another one has no telltale
    config.MappingKernelManager.cull_idle_timeout = CULL_S
    config.MappingKernelManager.cull_interval = CULL_EVERY_S
    config.Kernels.folder = at.own_pages
    if at.max_pages:
        config.Kernels.most = at.max_pages
    return config


def application(folder: Path, titles: Mapping[str, str], at: Listening, access: Access) -> Dashboards:
    """The server, ready to start (`.start()` serves until SIGTERM or Ctrl-C)."""
    # They write a line for each wrong cookie, missing page and unknown sender.
    for name in ("tornado.access", "tornado.general", "tornado.application"):
        logging.getLogger(name).setLevel(logging.ERROR)
    app = Dashboards(
        titles=dict(titles),
        person_pages=[person.page for person in access.people],
        config=configuration(folder, at, access, landing=next(iter(titles))),
    )
    app.at, app.access = at, access
    app.initialize([])
    return app
