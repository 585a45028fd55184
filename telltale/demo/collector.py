"""A collector as a process of its own, on the loopback interface."""

import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telltale.contract import StoreError
from telltale.supervise import Child, running, telltale_command

HOST = "127.0.0.1"
_STARTS_S = 30.0


@contextmanager
def collecting(folder: Path, *, port: int) -> Iterator[str]:
    """The URL of a running `telltale collect webhooks` of one project; it drains at the end of the block.

    Raises:
        StoreError: it did not come up; the message holds its last words.
    """
    url, said = f"http://{HOST}:{port}", deque(["nothing"], maxlen=20)
    command = telltale_command("collect", "webhooks", "--port", str(port))
    child = Child("webhooks", command, {"TELLTALE_HOME": str(folder)})
    with running([child], say=lambda _name, line: said.append(line)):
        _wait(url, said)
        yield url


def _wait(url: str, said: deque[str]) -> None:
    deadline = time.monotonic() + _STARTS_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own loopback URL
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise StoreError(f"{url}: the collector did not start within {_STARTS_S:g} s; it said: {said[-1]}")
