"""A PC with a Sigfox modem, live: agent, serial line, modem, network, callback.

    person ─ touches a file ─▶ agent ─ AT over a pseudo-terminal ─▶ modem ─ HTTP callback ─▶ collector

The agent (`telltale collect idle`), the serial line and the callback are real; the person (`person.py`) and the modem
with the network behind it (`telltale modem simulate`) are played.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from telltale.operate.supervise import Child, telltale_command
from telltale.workbench.project import Project

PC, MODEM = "pc:desk-7", "2d24f0"
DEVICES: tuple[dict[str, Any], ...] = (
    {"device_id": PC, "name": "desk-7", "place": "Workshop", "role": "pc", "person": "Gwen"},
    {"device_id": f"sigfox:{MODEM}", "name": "desk-7's modem", "place": "Workshop", "role": "modem", "same_as": PC},
)
SETTINGS = f"""\
[idle]
device_id = "{PC}"
every_s = 5
backend = "file"
file = "data/idle/input"
send = "levels"

[sources.sigfox.types.pcs]
devices = ["{MODEM}"]
activity = "levels"
"""
HAS_PTY = os.name == "posix"
"""Elsewhere the modem would need a TCP port; the demo leaves it out."""
ARRIVES_S = 60.0


def children(project: Project, url: str, *, seed: int) -> list[Child]:
    """The processes of the desk; none where there are no pseudo-terminals."""
    if not HAS_PTY:
        return []
    settings = project.settings
    port = settings.data / "idle" / "modem"
    home = {"TELLTALE_HOME": str(settings.root), "TELLTALE_IDLE__PORT": str(port)}
    modem = ("modem", "simulate", "--dialect", "wisol", "--id", MODEM.upper(), "--to", url, "--link", str(port))
    person = (sys.executable, "-m", "telltale.simulate.demo.person", str(settings.root / settings.idle.file), str(seed))
    return [
        Child("person", person, home),
        Child("modem", telltale_command(*modem), home),
        Child("agent", telltale_command("collect", "idle"), home),
    ]


def has_arrived(project: Project) -> bool:
    """Whether a frame of the modem has come to the collector."""
    return any(raw.source == "sigfox" and _is_ours(raw.body) for raw in project.lake.snapshot().hot)


def wait(project: Project, *, until: Callable[[Project], bool] = has_arrived, within_s: float = ARRIVES_S) -> bool:
    """Wait for the first frame; whether it came."""
    deadline = time.monotonic() + within_s
    while not until(project):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _is_ours(body: bytes) -> bool:
    return MODEM.encode() in body.lower()
