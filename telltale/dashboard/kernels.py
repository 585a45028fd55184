"""The kernels behind the pages: whose each one is, how many there may be, and when one that nobody needs ends.

A kernel belongs to whom its page was made for: the owner (the general token, or everybody where no login is asked for),
those of one role, or one person. To all others it does not exist.
"""

import subprocess
import time
from typing import Any

import tornado.web
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer, Unicode
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler  # type: ignore[import-untyped]

from telltale.contract import TelltaleError
from telltale.dashboard.persons import is_person_page
from telltale.dashboard.roles import kernel_user

CULL_S = 60
"""A kernel whose page is gone without a word ends after so long; a page that is closed ends its kernel itself."""
CULL_EVERY_S = 15
LOADS_S = 20.0
"""How long a browser may take from a page's first byte to its live line, before the page gives way to a newer one."""
MOST_PAGES = 20
"""Open pages at once, where the settings say nothing else."""
MOST_OF_A_PERSON = 4
MOST_LINES = 3
"""Live lines of one page: its own, and that of a browser that lost it and comes back."""


class TooManyPages(TelltaleError):
    """Whoever asks has as many open pages as may be."""


class Kernels(AsyncMappingKernelManager):
    """The kernels of the pages; what one writes to stderr while it is being ended is not shown.

    A spare kernel has been idle since it was made. Taken for a page, it has `grace_s` until the browser must be there:
    culled by its age, it would be gone before the page it was taken for had connected.
    """

    grace_s = float(CULL_S)
    most = Integer(MOST_PAGES).tag(config=True)
    folder = Unicode("", help="where the kernels work; empty is where the notebooks lie").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._taken: dict[str, float] = {}
        self._users: dict[str, str] = {}
        self._lines: dict[str, int] = {}
        self._making: list[str] = []

    def cwd_for_path(self, path: str, **options: Any) -> str:
        """Where a kernel works: modules and files of a page of one's own lie beside its notebook, as in JupyterLab."""
        return self.folder or str(super().cwd_for_path(path, **options))  # type: ignore[no-untyped-call]

    async def start_kernel(self, **options: Any) -> str:  # type: ignore[override]
        """Start one."""
        kernel: str = await super().start_kernel(**options, stderr=subprocess.DEVNULL)
        return kernel

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel nobody needs; Voilà asks only for those that are not spare."""
        self._forget_ended()
        since = self._taken.setdefault(kernel_id, time.monotonic())
        if time.monotonic() - since >= self.grace_s:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    def give(self, kernel_id: str, user: str) -> None:
        """From now on the kernel is that of one user: empty for the owner, else a role's or a person's name."""
        self._users[kernel_id] = user
        self._taken[kernel_id] = time.monotonic()

    def is_of(self, kernel_id: str, user: str) -> bool:
        """Whether there is such a kernel and it is the user's; a spare one is nobody's."""
        return kernel_id in self and self._users.get(kernel_id) == user

    def open_line(self, kernel_id: str) -> None:
        """A live line of a page begins; `close_line` must follow.

        Raises:
            TooManyPages: the page has enough of them.
        """
        if self._lines.get(kernel_id, 0) >= MOST_LINES:
            raise TooManyPages(f"this page has {MOST_LINES} live lines already; reload it")
        self._lines[kernel_id] = self._lines.get(kernel_id, 0) + 1

    def close_line(self, kernel_id: str) -> None:
        """A live line has ended, whether or not its kernel is still there."""
        if kernel_id in self._lines:
            self._lines[kernel_id] = max(0, self._lines[kernel_id] - 1)

    async def make_room(self, user: str) -> "Page":
        """Room for one more page: what was loaded and never looked at gives way first.

        Raises:
            TooManyPages: all of them are being looked at.
        """
        self._forget_ended()
        others = [*self._users.values(), *self._making]
        most = min(MOST_OF_A_PERSON, self.most) if is_person_page(user) else self.most
        full = len(others) >= self.most or others.count(user) >= most
        if not full:
            return Page(self, user)
        unseen = [known for known, of in self._users.items() if of == user and self._is_unseen(known)]
        if not unseen:
            raise TooManyPages(f"{others.count(user)} pages are open; close one, or wait a minute")
        await self.shutdown_kernel(unseen[0], now=True)  # type: ignore[no-untyped-call]
        return await self.make_room(user)

    def _is_unseen(self, kernel_id: str) -> bool:
        return not self._lines.get(kernel_id) and time.monotonic() - self._taken[kernel_id] > LOADS_S

    def _forget_ended(self) -> None:
        for known in (self._taken, self._users, self._lines):
            for kernel_id in [kernel_id for kernel_id in known if kernel_id not in self]:
                del known[kernel_id]


class Page:
    """The kernels as one page being made sees them: the one it starts, or takes, is its user's at once."""

    def __init__(self, kernels: Kernels, user: str) -> None:
        self._kernels = kernels
        self._user = user
        self._is_counted = True
        kernels._making.append(user)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernels, name)

    async def start_kernel(self, **options: Any) -> str:
        """A new kernel."""
        kernel_id = await self._kernels.start_kernel(**options)
        self._has(kernel_id)
        return kernel_id

    async def get_rendered_notebook(self, **options: Any) -> Any:
        """A spare one, with what it has shown so far."""
        kernels: Any = self._kernels  # Voilà adds the spare ones to the class
        spare = await kernels.get_rendered_notebook(**options)
        self._has(spare[-1])
        return spare

    def done(self) -> None:
        """The page is made, or it could not be."""
        if self._is_counted:
            self._is_counted = False
            self._kernels._making.remove(self._user)

    def _has(self, kernel_id: str) -> None:
        self._kernels.give(kernel_id, self._user)
        self.done()


class OwnKernelHandler(KernelHandler):
    """What a page's script asks of its kernel; nothing of it ends, restarts or interrupts one."""

    SUPPORTED_METHODS = ("GET",)

    async def prepare(self) -> None:  # type: ignore[override]
        """Somebody else's kernel does not exist."""
        await super().prepare()
        _must_be_own(self, self.path_kwargs["kernel_id"])


class LineHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The live line between a page and its kernel."""

    _is_counted = False
    _is_open = False
    _is_gone = False

    def check_origin(self, origin: str | None = None) -> bool:  # noqa: ARG002 - the names are tornado's
        """The gate has: every request passes it first."""
        return True

    async def pre_get(self) -> None:
        """Before the line is open: only to one's own kernel, and not without end."""
        _must_be_own(self, self.kernel_id)
        kernels: Any = self.kernel_manager
        try:
            kernels.open_line(self.kernel_id)
        except TooManyPages as error:
            raise tornado.web.HTTPError(429) from error
        self._is_counted = True
        await super().pre_get()
        if self._is_gone:
            self.connection._open_sessions.pop(self.connection.session_key, None)
            raise tornado.web.Finish

    async def open(self, *given: str, **named: str) -> None:
        """The line is open: Jupyter counts it among those that keep a kernel."""
        self._is_open = True
        await super().open(*given, **named)

    def on_finish(self) -> None:
        """A line that never opened ends here."""
        super().on_finish()
        if self.ws_connection is None:
            self._let_go()

    def on_close(self) -> None:
        """The line is closed, or was before it had opened.

        Of one that never was, Jupyter must not hear: it would count one line less than there are, and a kernel is
        ended only where it counts none.
        """
        self._let_go()
        self._is_gone = True
        if self._is_open:
            super().on_close()

    def _let_go(self) -> None:
        if self._is_counted:
            self._is_counted = False
            kernels: Any = self.kernel_manager
            kernels.close_line(self.kernel_id)


class LeaveHandler(JupyterHandler):
    """A page that closes ends its kernel; Voilà's handler at this address wants a mark that a closing page may lack."""

    def check_xsrf_cookie(self) -> None:
        """Nothing to guard: it comes from one of our pages, or the gate has refused it."""

    @tornado.web.authenticated
    async def post(self, kernel_id: str) -> None:
        """End the kernel, if it is still there and one's own."""
        _must_be_own(self, kernel_id)
        await self.kernel_manager.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]
        self.set_status(204)
        self.finish()


def _must_be_own(handler: JupyterHandler, kernel_id: str) -> None:
    kernels: Any = handler.kernel_manager
    if not kernels.is_of(kernel_id, kernel_user(handler.current_user)):
        raise tornado.web.HTTPError(404)
