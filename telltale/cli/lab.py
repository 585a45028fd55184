"""`telltale lab`: JupyterLab on the start notebook."""

import os
import subprocess
import sys
from pathlib import Path

import click

START = Path("notebooks") / "00_start.ipynb"
DEMO = Path("data") / "demo"
LAB_SETTINGS = Path(__file__).parents[1] / "look" / "lab"
"""Its overrides.json are JupyterLab's defaults here; what a user sets for themselves still wins."""


@click.command(epilog="Example: telltale lab, or after a demo: telltale --project data/demo lab")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8888,
    show_default=True,
    help="Port; where it is taken, the next free one.",
)
@click.option("--browser/--no-browser", default=True, help="Open it in a browser.")
def lab(port: int, *, browser: bool) -> None:
    """Open JupyterLab on the start notebook.

    That is notebooks/00_start.ipynb, with this project's data. In a clone of the repository without a project, the
    demo's data are used, or a new project is begun there.
    """
    from importlib.util import find_spec

    from telltale.contract import ConfigError
    from telltale.extras import not_installed

    if find_spec("jupyterlab") is None:
        raise ConfigError(str(not_installed("jupyterlab", what="JupyterLab")))
    root = _project()
    folder = _notebooks(root)
    command = lab_command(folder, port=port, browser=browser)
    environment = {**os.environ, "TELLTALE_HOME": str(root)}
    os.chdir(folder)
    if os.name == "posix":
        os.execve(command[0], command, environment)  # noqa: S606 - JupyterLab takes this process's place and its Ctrl-C
    sys.exit(subprocess.call(command, env=environment))  # noqa: S603


def lab_command(folder: Path, *, port: int, browser: bool) -> list[str]:
    """The command line of JupyterLab on a folder: nothing asks for news (it covers the notebook) or for updates."""
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        f"--LabApp.default_url=/lab/tree/{START.as_posix()}",
        f"--LabApp.app_settings_dir={LAB_SETTINGS}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def _project() -> Path:
    """The project found from here; in a clone without one, the demo's or a new one."""
    from telltale.cli.init import new_project
    from telltale.contract import ConfigError
    from telltale.settings import SETTINGS_FILE, find_root

    try:
        return find_root()
    except ConfigError:
        here = Path.cwd()
        if not (here / START).is_file() or "TELLTALE_HOME" in os.environ:
            raise
        if (here / DEMO / SETTINGS_FILE).is_file():
            click.echo(f"No project here yet: showing the demo's data, {DEMO}.")
            return here / DEMO
        new_project(here)
        click.echo('No project here yet: began one. "telltale demo" shows it with data.')
        return here


def _notebooks(root: Path) -> Path:
    """The folder whose notebooks to open: the project's, else those that came with this telltale."""
    from telltale.contract import ConfigError

    source = Path(__file__).parents[2]
    for folder in (root, source):
        if (folder / START).is_file():
            return folder
    raise ConfigError(f"no {START} in {root}; copy the notebooks of telltale's repository there")
