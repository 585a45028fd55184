"""Run the dashboards of a project: the server, and beside it the process that computes for all its pages."""

import hashlib
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import telltale
from telltale.certificate import server_context
from telltale.contract import ConfigError
from telltale.dashboard import roles
from telltale.dashboard.client import ADDRESS, SECRET
from telltale.dashboard.links import HOW, OWNER_S, Links, Note, link, noted
from telltale.dashboard.persons import persons, write_notebooks
from telltale.dashboard.readers import Readers
from telltale.dashboard.surroundings import UNWANTED, own_surroundings
from telltale.net import free_port, is_loopback, raise_open_files
from telltale.operate.supervise import Child, Say, print_line, running
from telltale.settings import Settings
from telltale.settings.secrets import TOKEN_VARIABLE, weakness

LANDING = ("operations", "presence", "activity", "kanban", "sensors", "health")
"""The order of the tabs; pages of one's own follow by name."""


def address(*, host: str, port: int, scheme: str = "http") -> str:
    """Where a browser finds the dashboards; a public address by this machine's loopback name."""
    shown = host if host not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - compared, not bound
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"


def login_token(settings: Settings, host: str) -> str:
    """The token of the login: the project's, else a new one for this start.

    Raises:
        ConfigError: the address is public and the project has no token of its own, or one that can be guessed.
    """
    if is_loopback(host):
        return settings.token or secrets.token_urlsafe(18)
    if not settings.token:
        raise ConfigError(
            f'[dashboard] host = "{host}": a public address needs a token of your own; '
            'set token = "..." in secrets.toml or listen on 127.0.0.1'
        )
    if why := weakness(settings.token):
        raise ConfigError(
            f'[dashboard] host = "{host}": the token of secrets.toml {why}, so anyone may find it; '
            'set token = "..." there to a random text, such as "openssl rand -hex 16" prints'
        )
    return settings.token


def cookie_secret(token: str) -> bytes:
    """What signs the cookies: the same after a restart, so that whoever is logged in stays so while the token stays."""
    return hashlib.sha256(b"telltale cookie 2 " + (token or secrets.token_hex(16)).encode()).digest()


def notebooks(settings: Settings) -> dict[str, Path]:
    """The pages by name in the order of their tabs: telltale's, and the project's own, which win.

    Raises:
        ConfigError: there is none.
    """
    folders = (Path(telltale.__file__).parents[1] / "dashboards", settings.root / "dashboards")
    found = {path.stem: path for folder in folders for path in sorted(folder.glob("*.ipynb"))}
    if not found:
        raise ConfigError(f"no notebook in {folders[1]}; copy the dashboards of telltale's repository there")
    order = [name for name in LANDING if name in found]
    return {name: found[name] for name in [*order, *(name for name in found if name not in order)]}


def title(notebook: Path) -> str:
    """The first heading of a notebook, else its name."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and text.startswith("# "):
            return text.splitlines()[0][2:].strip()
    return notebook.stem


def serve(
    settings: Settings, *, host: str, port: int, token: str, tell: Callable[[str], None], say: Say = print_line
) -> None:
    """Serve the pages until SIGTERM or Ctrl-C.

    Args:
        settings: of the project.
        host: address to listen on.
        port: and port; one that is free.
        token: of the login; empty asks for none.
        tell: told where the pages are, once they are, and what does not fit.
        say: told what the computing process says.

    Raises:
        ConfigError: something of it is set wrongly.
    """
    os.environ.pop(TOKEN_VARIABLE, None)  # no kernel needs to know it
    pages, people = notebooks(settings), persons(settings, general=token)
    given = roles.given(settings, general=token) if token else []
    with _gathered(pages) as folder:
        write_notebooks(folder, people)
        roles.write_notebooks(folder, pages, [one.role for one in given])
        _prepare(settings, folder)
        figures = Child("figures", (sys.executable, "-m", "telltale.dashboard.figures"))
        # Only now: Voilà reads where templates lie when it is imported.
        from telltale.dashboard import server

        at = server.Listening(host, port, **_limits(settings, tell))
        where = address(host=host, port=port, scheme="https" if at.tls else "http") + at.base_url.rstrip("/")
        note = Note(where, token and secrets.token_urlsafe(24), settings.dashboard.public_home)
        access = server.Access(token, people, given, Links(), note.secret, Readers(settings, people), settings)
        app = server.application(folder, {name: title(path) for name, path in pages.items()}, at, access)
        app.cookie_secret = cookie_secret(token)

        @contextmanager
        def while_listening() -> Iterator[None]:
            with noted(settings, port, note):
                tell(_where(note, access.links) if token else f"dashboards: {note.shown}/")
                yield

        app.while_listening = while_listening
        with running([figures], say=say):
            app.start()


def _limits(settings: Settings, tell: Callable[[str], None]) -> dict[str, Any]:
    """What the listener is told besides its place; as many open files as it needs are allowed on the way."""
    from telltale.dashboard import connections

    chosen = settings.dashboard
    raise_open_files(connections.MOST_CONNECTIONS + connections.FILES)
    if too_few := raise_open_files(connections.FEWEST_CONNECTIONS + connections.FILES):
        tell(too_few)
    return {
        "public_url": chosen.public_url,
        "base_url": chosen.base,
        "own_pages": str(own) if (own := settings.root / "dashboards").is_dir() else "",
        "tls": server_context(settings.root, "dashboard", chosen.certificate, chosen.key),
        "max_pages": chosen.max_pages,
        "connections": connections.most_connections(),
    }


def _where(note: Note, links: Links) -> str:
    minutes = OWNER_S // 60
    return f"dashboards: {link(note.shown, links.new())} (opens once, within {minutes} min; another: {HOW})"


@contextmanager
def _gathered(pages: dict[str, Path]) -> Iterator[Path]:
    """The notebooks in one folder, where Voilà wants them; an edited one is seen at the next start."""
    folder = Path(tempfile.mkdtemp(prefix="telltale-dashboards-"))
    try:
        for name, path in pages.items():
            shutil.copyfile(path, folder / f"{name}.ipynb")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(settings: Settings, folder: Path) -> None:
    """What the computing process and the kernels know from their environment."""
    told = {
        "TELLTALE_HOME": str(settings.root),
        ADDRESS: f"http://127.0.0.1:{free_port('127.0.0.1', 0)}",
        SECRET: secrets.token_urlsafe(24),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    for name in UNWANTED:
        os.environ.pop(name, None)
    os.environ.update(told | own_surroundings(folder / ".jupyter", os.environ))
