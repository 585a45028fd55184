"""The supervisor's side of the warden: started with it, told of each child, started again should it end."""

import os
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from telltale.logs import SUPERVISED
from telltale.operate import warden

GRACE_S = 10.0
"""How long children may drain whose supervisor was killed; a new one may be waiting for their ports."""


class Guard:
    """Keeps a warden, which ends all children when this process is gone.

    Args:
        grace_s: how long they may drain then.
    """

    def __init__(self, *, grace_s: float = GRACE_S) -> None:
        self._word = secrets.token_hex(16)
        self._grace_s = grace_s
        self._pids: set[int] = set()
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What each child needs in its environment to be found with all it starts; a supervisor's in a supervisor's."""
        return {SUPERVISED: " ".join(filter(None, (os.environ.get(SUPERVISED), self._word)))}

    def look(self) -> None:
        """See that the warden runs; start it where it does not.

        Raises:
            OSError: it cannot be started now, as without memory.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self._let_go()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", warden.__file__, self._word, str(self._grace_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(sys.executable).anchor,  # it holds no folder
            **_apart(),
        )
        for pid in self._pids:
            self._tell(f"+{pid}")

    def began(self, pid: int) -> None:
        """A child runs."""
        self._pids.add(pid)
        self._tell(f"+{pid}")

    def ended(self, pid: int) -> None:
        """It has ended, and its group."""
        self._pids.discard(pid)
        self._tell(f"-{pid}")

    def close(self) -> None:
        """All children have ended; what they left behind elsewhere is ended too."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self._grace_s + 1)
        self._let_go()

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, ValueError):  # it has ended; `look` starts another, which is told all
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()

    def _let_go(self) -> None:
        if self._process is not None:
            if self._process.stdin is not None:
                with suppress(OSError):
                    self._process.stdin.close()
            self._process.poll()
            self._process = None


if sys.platform == "win32":

    def _apart() -> dict[str, Any]:
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

else:

    def _apart() -> dict[str, Any]:
        return {"start_new_session": True}
