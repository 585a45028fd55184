"""The collectors as processes of their own, on the loopback interface."""

import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from telltale.contract import StoreError
from telltale.operate.supervise import Child, running, telltale_command
from telltale.simulate.coap import CoapConnection

HOST = "127.0.0.1"
_STARTS_S = 30.0


class Addresses(NamedTuple):
    """Where the collectors listen."""

    http: str
    coap: str


@contextmanager
def collecting(folder: Path, *, port: int, coap_port: int) -> Iterator[Addresses]:
    """The addresses of a running `telltale collect webhooks` and `coap` of one project; they drain at the end.

    Raises:
        StoreError: one did not come up; the message holds its last words.
    """
    addresses, said = Addresses(f"http://{HOST}:{port}", f"coap://{HOST}:{coap_port}"), deque(["nothing"], maxlen=20)
    home = {"TELLTALE_HOME": str(folder)}
    ports = {"webhooks": port, "coap": coap_port}
    children = [
        Child(name, telltale_command("collect", name, "--port", str(number)), home) for name, number in ports.items()
    ]
    with running(children, say=lambda name, line: said.append(f"{name}: {line}")):
        _wait(addresses.http, lambda: _answers_http(addresses.http), said)
        _wait(addresses.coap, lambda: _answers_coap(coap_port), said)
        yield addresses


def _wait(url: str, answers: Callable[[], bool], said: deque[str]) -> None:
    deadline = time.monotonic() + _STARTS_S
    while time.monotonic() < deadline:
        if answers():
            return
        time.sleep(0.05)
    raise StoreError(f"{url}: the collector did not start within {_STARTS_S:g} s; it said: {said[-1]}")


def _answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own loopback URL
            return True
    except (urllib.error.URLError, OSError):
        return False


def _answers_coap(port: int) -> bool:
    connection = CoapConnection(HOST, port)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True
