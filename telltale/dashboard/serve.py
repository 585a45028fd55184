"""Run the dashboards of a project: the server, and beside it the process that computes for all its pages."""

import hashlib
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import telltale
from telltale.contract import ConfigError
from telltale.dashboard.assets import JUPYTER
from telltale.dashboard.client import ADDRESS, SECRET
from telltale.dashboard.persons import persons, write_notebooks
from telltale.net import free_port, is_loopback
from telltale.operate.supervise import Child, Say, print_line, running
from telltale.settings import Settings

LANDING = ("operations", "presence", "activity", "kanban", "sensors", "health")
"""The order of the tabs; pages of one's own follow by name."""


def address(*, host: str, port: int, token: str) -> str:
    """Where a browser finds the dashboards, token included; a public address by this machine's loopback name."""
    shown = host if host not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - compared, not bound
    query = f"/?token={token}" if token else "/"
    return f"http://[{shown}]:{port}{query}" if ":" in shown else f"http://{shown}:{port}{query}"


def login_token(settings: Settings, host: str) -> str:
    """The token of the login: the project's, else a new one for this start.

    Raises:
        ConfigError: the address is public and the project has no token of its own.
    """
    if settings.token:
        return settings.token
    if not is_loopback(host):
        raise ConfigError(
            f'[dashboard] host = "{host}": a public address needs a token of your own; '
            'set token = "..." in secrets.toml or listen on 127.0.0.1'
        )
    return secrets.token_urlsafe(18)


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


def serve(settings: Settings, *, host: str, port: int, token: str, say: Say = print_line) -> None:
    """Serve the pages until SIGTERM or Ctrl-C.

    Args:
        settings: of the project.
        host: address to listen on.
        port: and port; one that is free.
        token: of the login; empty asks for none.
        say: told what the computing process says.
    """
    pages, own = notebooks(settings), persons(settings, general=token)
    with _gathered(pages) as folder:
        write_notebooks(folder, own)
        _prepare(settings)
        figures = Child("figures", (sys.executable, "-m", "telltale.dashboard.figures"))
        # Only now: Voilà reads where templates lie when it is imported.
        from telltale.dashboard.server import application

        titles = {name: title(path) for name, path in pages.items()}
        person_pages = [person.page for person in own]
        app = application(folder, titles, host=host, port=port, token=token, person_pages=person_pages)
        app.cookie_secret = hashlib.sha256(b"telltale cookie " + (token or secrets.token_hex(16)).encode()).digest()
        with running([figures], say=say):
            app.start()


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


def _prepare(settings: Settings) -> None:
    """What the computing process and the kernels know from their environment."""
    told = {
        "TELLTALE_HOME": str(settings.root),
        ADDRESS: f"http://127.0.0.1:{free_port('127.0.0.1', 0)}",
        SECRET: secrets.token_urlsafe(24),
        "JUPYTER_PATH": os.pathsep.join(filter(None, (str(JUPYTER), os.environ.get("JUPYTER_PATH", "")))),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    os.environ.update(told)
