"""How commands that run long log: one line a fact on stderr, with the levels of `[log]`.

Below `telltale up` the supervisor writes the lines down with date and time; alone, a command sets the time itself.
Where there is no stderr, as without a window on Windows, they go to telltale.log in the folder of the logs. What
cannot be written is let go: a closed pipe or a full disk ends nothing.
"""

import logging
import logging.handlers
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telltale.settings import Settings

SUPERVISED = "TELLTALE_SUPERVISED"
"""In the environment of what a supervisor has started."""
OURS = "telltale"
PACKETS = "telltale.packets"
"""By this name go the lines a collector has for each packet."""


def configure(settings: "Settings") -> None:
    """Log as the project says, from here on."""
    logging.raiseExceptions = False  # a traceback about the log would go where the log cannot
    clock = "" if os.environ.get(SUPERVISED) else "%(asctime)s "
    written: logging.Handler = logging.StreamHandler(sys.stderr) if sys.stderr else _file(settings)
    day = "" if sys.stderr else "%Y-%m-%d "
    logging.basicConfig(
        level=logging.WARNING, format=f"{clock}%(message)s", datefmt=f"{day}%H:%M:%S", handlers=[written]
    )
    logging.getLogger(OURS).setLevel(settings.log.level.upper())
    for name, level in settings.log.modules.items():
        logging.getLogger(name).setLevel(level.upper())


def _file(settings: "Settings") -> logging.Handler:
    """A file of at most 1 MB, and the one before it."""
    try:
        settings.logs.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(
            settings.logs / "telltale.log", maxBytes=1 << 20, backupCount=1, encoding="utf-8"
        )
    except OSError:
        return logging.NullHandler()


def says_packets() -> bool:
    """Whether a line for each packet is wanted: unless `[log]` says less than info, of all or of `PACKETS`."""
    is_configured = logging.getLogger(OURS).level != logging.NOTSET
    return not is_configured or logging.getLogger(PACKETS).isEnabledFor(logging.INFO)
