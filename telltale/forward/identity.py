"""Whether Cumulocity knows a device: its identity REST service, with answers kept for a while.

Only "not found" means unknown. A refused login or a server that is away is neither yes nor no, so the row waits.
Source: wire/forwarding.md 2.7.
"""

import base64
import json
import time
from collections.abc import Callable
from urllib.parse import quote

from telltale.forward.rest import Answer, Server
from telltale.forward.target import Unreachable

KNOWN_S = 86_400.0
UNKNOWN_S = 300.0


class Identity:
    """The devices of one tenant.

    Args:
        server: the tenant's address.
        clock: seconds that only rise.
    """

    def __init__(self, server: Server, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._found: dict[str, tuple[float, str]] = {}

    def device(self, serial: str) -> str:
        """The id of the device with that `c8y_Serial`; empty when there is none.

        Raises:
            Unreachable: the service did not say.
        """
        until, found = self._found.get(serial, (0.0, ""))
        if self._clock() < until:
            return found
        answer = self._server.ask("GET", f"/identity/externalIds/c8y_Serial/{quote(serial, safe='')}")
        found = self._read(answer)
        self._found[serial] = (self._clock() + (KNOWN_S if found else UNKNOWN_S), found)
        return found

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def _read(self, answer: Answer) -> str:
        told = _json(answer)
        if answer.status == 404 and "error" in told:
            return ""
        if answer.status in {401, 403}:
            raise Unreachable(
                f"{self._server.shown}: the identity service refused the login ({answer.status}); "
                "check tenant, user, password, and that the user may read identities"
            )
        device = told.get("managedObject")
        if answer.status == 200 and isinstance(device, dict) and device.get("id"):
            return str(device["id"])
        raise Unreachable(
            f"{self._server.shown}: the identity service answered {answer.status} {answer.content_type}, "
            "expected 200 or 404 with JSON",
            answer.retry_after_s,
        )


def identity_of(base_url: str, user: str, password: str, *, ca_file: str = "") -> Identity:
    """The identity service of a tenant."""
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}
    return Identity(Server(base_url, headers, ca_file=ca_file))


def _json(answer: Answer) -> dict[str, object]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
