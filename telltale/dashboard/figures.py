"""The process that computes the figures of all dashboards: JSON over loopback HTTP, for the kernels of the pages.

One process reads the lake for all viewers, so a viewer costs a kernel that only passes pages on, and what one viewer
asked for is there for the next. It ends with the process that started it.
"""

import hmac
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol, Unpack
from urllib.parse import parse_qsl, urlsplit

from telltale import logs
from telltale.contract import TelltaleError
from telltale.dashboard.boards import Boards
from telltale.dashboard.client import ADDRESS, SECRET, How

if TYPE_CHECKING:
    from telltale.dashboard import role_pages
    from telltale.page.board import Page
    from telltale.workbench.project import Project

log = logging.getLogger("telltale.dashboard")

LONGEST_WAIT_S = 20.0
MOST_BYTES = 10_000
"""Of the fields of a form."""
THREADS = 1
"""What DuckDB gets: a page is some hundred small statements, and with a thread for each core they took a fifth to a
third more CPU and no less time, beside collectors and kernels that want the other cores."""


class Computes(Protocol):
    """What computes pages: `Boards`, or those of several roles."""

    def get(self, page: str, choice: Mapping[str, str], **how: Unpack[How]) -> dict[str, Any] | None:
        """A page."""
        ...

    def why(self, page: str, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """Where a number of it comes from."""
        ...

    def find(self, page: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Rows that a reader looks up on it."""
        ...

    def warm(self) -> bool:
        """Compute what may be asked for next."""
        ...


def serve(boards: Computes, *, host: str, port: int, secret: str) -> ThreadingHTTPServer:
    """A server that answers `/<page>?after=…&wait=…&<choice>=…` with a page, or 204 when there is nothing newer.

    `/<page>?why=<claim>&<choice>=…` tells where a number of it comes from. A POST to `/<page>` looks rows up.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._told(lambda: _asked(boards, self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MOST_BYTES))
            self._told(lambda: _found(boards, self.path, body))

        def _told(self, ask: Callable[[], Mapping[str, Any] | None]) -> None:
            given = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                self._answer(401, {"error": "unknown caller"})
                return
            try:
                found = ask()
            except TelltaleError as error:
                self._answer(404, {"error": str(error)})
            else:
                self._answer(200 if found else 204, found)

        def _answer(self, status: int, content: Mapping[str, Any] | None) -> None:
            body = b"" if content is None else json.dumps(content, separators=(",", ":")).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: computing a page is logged, asking for it is not."""

    return _Server((host, port), Handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A kernel that ended while it waited is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve the figures of the project found from here until the parent process ends."""
    from telltale.activity.page import person_page
    from telltale.dashboard.persons import persons
    from telltale.workbench.project import Project

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    address = urlsplit(os.environ[ADDRESS])
    project = Project(threads=THREADS)
    logs.configure(project.settings)
    own = {person.page: person_page(person.name) for person in persons(project.settings)}
    boards = _boards(project, own)
    threading.Thread(target=_keep_warm, args=(boards,), daemon=True).start()
    server = serve(boards, host=str(address.hostname), port=int(address.port or 0), secret=os.environ[SECRET])
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def _boards(project: "Project", own: Mapping[str, "Page"]) -> "role_pages.ByRole":
    """What computes the pages: those of roles with the owner's, but where the owner's tell of the owner's own PCs."""
    from telltale.dashboard import concerns, role_pages
    from telltale.dashboard.pages import FINDERS, PAGES
    from telltale.workbench.project import Project

    has_own_pcs = project.settings.activity.mine
    for_roles = role_pages.pages()
    owners = {**PAGES, **own}
    boards = Boards(project, owners if has_own_pcs else {**owners, **for_roles}, concerns.gathered, FINDERS)
    others = boards
    if has_own_pcs:
        others = Boards(
            Project(settings=role_pages.without_own_pcs(project.settings), threads=THREADS),
            for_roles,
            concerns.gathered,
        )
    return role_pages.ByRole(boards, others, role_pages.names(has_own_pcs=has_own_pcs))


def _asked(boards: Computes, target: str) -> Mapping[str, Any] | None:
    parts = urlsplit(target)
    asked = dict(parse_qsl(parts.query))
    page, claim = parts.path.strip("/"), asked.pop("why", "")
    if claim:
        return boards.why(page, asked, claim)
    after, wait_s = asked.pop("after", ""), asked.pop("wait", "0")
    again, soon = bool(asked.pop("again", "")), bool(asked.pop("soon", ""))
    try:
        after_serial, wait = int(after) if after else None, min(float(wait_s), LONGEST_WAIT_S)
    except ValueError as error:
        raise TelltaleError(f"after={after}, wait={wait_s}: expected numbers") from error
    return boards.get(page, asked, after=after_serial, wait_s=wait, again=again, soon=soon)


def _found(boards: Computes, path: str, body: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise TelltaleError("expected the fields of a form")
    return boards.find(path.strip("/"), fields)


def _keep_warm(boards: Computes) -> None:
    """Use the time nobody waits; a reader who asks comes first after at most one part of a page."""
    while True:
        time.sleep(0.5)
        boards.warm()


def _end_with(parent: int) -> None:
    """Leave when the parent is gone: killed, it could not ask for it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
