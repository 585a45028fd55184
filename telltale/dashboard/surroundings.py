"""What server and kernels see of the machine: none of a person's own Jupyter settings, and a folder for sockets.

A `voila.json` of one's own, `~/.jupyter`, `~/.ipython` and kernels installed by hand are made for other notebooks: with
a base_url, a template or a start-up file of theirs our pages would be gone, or plain Voilà.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from telltale.contract import ConfigError
from telltale.dashboard.assets import JUPYTER

LONGEST_SOCKET = 103
"""Bytes of a socket's path; macOS takes 103, Linux 107. Source: `sun_path` of unix(4) and unix(7)."""
OWN_NAME = len("/voila_12345678/kernel-00000000-0000-0000-0000-000000000000-ipc-99")
"""What Voilà and jupyter_client put behind the folder."""
UNWANTED = ("JUPYTER_CONFIG_PATH", "JUPYTER_NO_CONFIG", "PYTHONSTARTUP", "IPYTHON_DIR")
"""Variables that name more settings of one's own."""


def own_surroundings(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which nothing but `folder` holds settings and start-up files of Jupyter and IPython.

    Templates and front ends are still found where this Python has them.

    Args:
        folder: empty, and this user's alone.
        environment: of the process; what is added to it is returned.
    """
    found = (str(JUPYTER), str(Path(sys.prefix) / "share" / "jupyter"), environment.get("JUPYTER_PATH", ""))
    return {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "JUPYTER_PATH": os.pathsep.join(filter(None, found)),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(folder / "ipython"),
    }


def socket_folder(candidates: Iterable[str] | None = None) -> str:
    """A folder in which the kernels' sockets may lie: its path is short enough, and one can write there.

    Args:
        candidates: in the order of preference; None is the folder for temporary files, and where systems have others.

    Raises:
        ConfigError: there is none.
    """
    if candidates is None:
        usual = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - Voilà makes a folder in it that is ours alone
        candidates = (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), *usual)
    tried = [folder for folder in candidates if folder]
    for folder in tried:
        is_short = len(os.fsencode(folder)) + OWN_NAME <= LONGEST_SOCKET
        if is_short and Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise ConfigError(
        f"no folder for the sockets of the pages: {', '.join(tried)}; expected one that can be written, of a path of "
        f"at most {LONGEST_SOCKET - OWN_NAME} bytes; set TMPDIR to one"
    )
