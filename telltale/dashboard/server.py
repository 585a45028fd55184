"""Voilà with our template and limits: a page per notebook of `dashboards/`, token login, spare kernels, culling.

What Voilà offers beyond showing pages is left out: its list of folders, its files, its contents API. A kernel takes
messages of widgets only, so a reader can run nothing.
"""

import logging
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import tornado.web
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import url_path_join
from traitlets import Dict, List
from traitlets.config import Config
from voila.app import Voila  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]

from telltale.dashboard.assets import JUPYTER, served, template_values
from telltale.dashboard.login import Login, own_page
from telltale.dashboard.persons import PREFIX, is_person_page

UNNEEDED = (
    "jupyterlab-plotly",  # five megabytes a page; charts have the page's own plotly.js
    "@voila-dashboards/jupyterlab-preview",
    "jupyterlab_pygments",
    "@jupyterlab/scheduler",
    "jupyterlab-jupytext",
)
"""Front ends of JupyterLab that a page must not load; some break it. An allowlist would break the widgets."""

CULL_S = 60
"""A kernel whose page is gone without a word ends after so long; a page that is closed ends its kernel itself."""
CULL_EVERY_S = 15
PING_MS = 30_000
"""A browser that does not answer for so long is gone: its line is closed, so that its kernel can be culled."""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: blob:; frame-ancestors 'self'"
)
"""Nothing is loaded from elsewhere, whatever a page says."""


class Dashboards(Voila):  # type: ignore[misc]  # Voilà carries no types
    """The server; `pages` are the notebooks by name in the order of their tabs, the first is the landing page."""

    titles = Dict()
    """Name and title of each page."""
    person_pages: List[str] = List()
    """Names of the pages of one's own; they have no tab."""

    def setup_template_dirs(self) -> None:
        """Find our template beside Jupyter's own."""
        super().setup_template_dirs()
        self.voila_configuration.config.VoilaConfiguration.resources = {"telltale": self._values()}

    def init_settings(self) -> dict[str, Any]:
        """Voilà's, with our login page and policy."""
        settings: dict[str, Any] = super().init_settings()
        ours = jinja2.FileSystemLoader([str(JUPYTER / "login"), *self.template_paths])
        environment = settings["jinja2_env"]
        environment.loader = jinja2.ChoiceLoader([ours, environment.loader])
        for known in (environment, settings["voila_jinja2_env"]):
            known.globals["telltale"] = self._values()
        settings["ws_ping_interval"] = settings["ws_ping_timeout"] = PING_MS
        settings["headers"] = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return settings

    def init_handlers(self) -> list[Any]:
        """Login, static files, kernels' lines and our pages; nothing else of Voilà."""
        unwanted = ("/voila/tree", "/voila/render", "/voila/files", "/voila/api/contents", "/voila/api/shutdown")
        kept = [
            handler
            for handler in super().init_handlers()
            if not any(part in handler[0] for part in unwanted) and handler[0] != self.server_url
        ]
        told = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        names = "|".join([*self.titles, *self.person_pages])
        return [
            (url_path_join(self.base_url, r"/look/([a-z.]+)"), LookHandler),
            (url_path_join(self.base_url, r"/voila/api/shutdown/(.*)"), LeaveHandler),
            (self.base_url, LandingHandler, {"page": next(iter(self.titles))}),
            *kept,
            (url_path_join(self.base_url, rf"/({names})"), PageHandler, told),
            (r".*", MissingHandler),
        ]

    def _values(self) -> dict[str, Any]:
        return template_values(self.titles, self.base_url)


class Kernels(AsyncMappingKernelManager):
    """The kernels of the pages; what one writes to stderr while it is being ended is not shown.

    A spare kernel has been idle since it was made. Taken for a page, it has `grace_s` until the browser must be there:
    culled by its age, it would be gone before the page it was taken for had connected.
    """

    grace_s = float(CULL_S)

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)  # type: ignore[no-untyped-call]
        self._taken: dict[str, float] = {}

    async def start_kernel(self, **told: Any) -> str:  # type: ignore[override]
        """Start one."""
        kernel: str = await super().start_kernel(**told, stderr=subprocess.DEVNULL)
        return kernel

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel nobody needs; Voilà asks only for those that are not spare."""
        self._taken = {known: since for known, since in self._taken.items() if known in self}
        since = self._taken.setdefault(kernel_id, time.monotonic())
        if time.monotonic() - since >= self.grace_s:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """A page by its short name."""

    @tornado.web.authenticated
    async def get(self, path: str = "") -> None:
        """The page, to whom it may be shown: a person sees the own one only, and nobody else does."""
        own = own_page(self.current_user)
        if own and path != own:
            self.redirect(url_path_join(self.base_url, own))
            return
        if is_person_page(path) and not own:
            raise tornado.web.HTTPError(404)
        await super().get(path)

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


class LeaveHandler(JupyterHandler):
    """A page that closes ends its kernel; Voilà's handler at this address wants a mark that a closing page may lack."""

    def check_xsrf_cookie(self) -> None:
        """Nothing to guard: who knows a kernel's id may end it."""

    @tornado.web.authenticated
    async def post(self, kernel_id: str) -> None:
        """End the kernel, if it is still there."""
        if kernel_id in self.kernel_manager:
            await self.kernel_manager.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]
        self.set_status(204)
        self.finish()


class LookHandler(tornado.web.RequestHandler):
    """Style sheet and scripts; the login page needs them too, and nothing in them is private."""

    def get(self, name: str) -> None:
        """One of them, for the browser to keep: its address changes when it does."""
        if name not in served():
            raise tornado.web.HTTPError(404)
        file = served()[name]
        self.set_header("Content-Type", file.kind)
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("Content-Encoding", "gzip")
        self.finish(file.content)


class MissingHandler(JupyterHandler):
    """Any other address, in our look."""

    @tornado.web.authenticated
    def get(self) -> None:
        """Say so."""
        self.set_status(404)
        page = self.settings["voila_jinja2_env"].get_template("404.html")
        self.finish(page.render(status_code=404, base_url=self.base_url))


def configuration(
    folder: Path, *, host: str, port: int, token: str, person_pages: Sequence[str] = (), base_url: str = "/"
) -> Config:
    """Everything Voilà is told."""
    config = Config()
    config.Voila.root_dir = str(folder)
    config.Voila.ip = host
    config.Voila.port = port
    config.Voila.port_retries = 0
    config.Voila.base_url = base_url
    config.Voila.open_browser = False
    config.Voila.token = token
    config.Voila.identity_provider_class = Login
    config.Login.person_pages = set(person_pages)
    config.VoilaKernelManager.preheat_denylist = [f"{PREFIX}.*"]  # a spare kernel for each person would cost too much
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
    config.MappingKernelManager.cull_idle_timeout = CULL_S
    config.MappingKernelManager.cull_interval = CULL_EVERY_S
    return config


def application(
    folder: Path, titles: Mapping[str, str], *, person_pages: Sequence[str] = (), **told: Any
) -> Dashboards:
    """The server, ready to start (`.start()` serves until SIGTERM or Ctrl-C)."""
    config = configuration(folder, person_pages=person_pages, **told)
    app = Dashboards(titles=dict(titles), person_pages=list(person_pages), config=config)
    app.initialize([])
    return app
