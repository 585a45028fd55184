"""How the kernel of a page asks for it: of the process that computes for all, or, in a notebook at work, by itself."""

import http.client
import json
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol, TypedDict, Unpack
from urllib.parse import quote, urlencode, urlsplit

from telltale.contract import TelltaleError

ADDRESS = "TELLTALE_FIGURES"
"""Variable with the address of the process that computes for all; set by `telltale dashboard`."""
SECRET = "TELLTALE_FIGURES_SECRET"  # noqa: S105 - the variable's name
ROLE = "TELLTALE_ROLE"
"""Variable with the role of those a kernel's page is for, set by its notebook's first cell; the owner's have none."""
AWAY = "the figures are not being computed at the moment; they start again by themselves"
STARTS_S = 20.0
"""How long that process may take to come up."""


class How(TypedDict, total=False):
    """How a page is asked for."""

    after: int | None
    """The `serial` of the answer the reader has; absent or None takes what is at hand, up to a minute old."""
    wait_s: float
    """How long to wait for something newer."""
    again: bool
    """Compute even if nothing has changed."""
    soon: bool
    """Somebody looks and has nothing of use: sentence, tiles and the first row come at once, the other cards, of the
    same moment, when asked `after` that."""


class FiguresAway(TelltaleError):
    """The process that computes the figures does not answer."""


class Asking(Protocol):
    """Gives a page as JSON-able data; None when nothing newer than `after` came within `wait_s`."""

    def __call__(self, choice: Mapping[str, str], **how: Unpack[How]) -> dict[str, Any] | None:
        """Ask once; `soon` takes the first row of a page before its other cards."""
        ...

    def why(self, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """Where a number of the page comes from."""
        ...

    def find(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The rows that a reader of the page looks up."""
        ...


class Remote:
    """A page computed by the process of `telltale dashboard`.

    Args:
        page: its name.
        starts_s: how long to try while that process does not listen yet.
    """

    def __init__(self, page: str, *, starts_s: float = STARTS_S) -> None:
        role = os.environ.get(ROLE, "")
        self._page = f"{role}/{page}" if role else page
        self._starts_s = starts_s

    def __call__(self, choice: Mapping[str, str], **how: Unpack[How]) -> dict[str, Any] | None:
        """Ask once.

        Raises:
            FiguresAway: nobody answers.
            TelltaleError: there is no such page.
        """
        wait_s, after = how.get("wait_s", 0.0), how.get("after")
        asked = {**choice, "wait": f"{wait_s:g}"} | ({} if after is None else {"after": str(after)})
        asked |= {name: "1" for name in ("again", "soon") if how.get(name)}
        target = f"/{quote(self._page)}?{urlencode(asked)}"
        deadline = time.monotonic() + self._starts_s
        while True:
            try:
                status, body = _get(target, timeout_s=wait_s + 60)
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise FiguresAway(AWAY) from error
                time.sleep(0.2)
            else:
                break
        self._starts_s = 0.0  # it has answered once: from now on it is away when it does not
        answer: dict[str, Any] = json.loads(body) if body else {}
        if status not in (200, 204):
            raise TelltaleError(answer.get("error", f"status {status}"))
        return answer or None

    def why(self, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """Where a number of the page comes from.

        Raises:
            FiguresAway: nobody answers.
            TelltaleError: the page has no such number any more.
        """
        try:
            status, body = _get(f"/{quote(self._page)}?{urlencode({**choice, 'why': claim_id})}", timeout_s=60)
        except OSError as error:
            raise FiguresAway(AWAY) from error
        answer: dict[str, Any] = json.loads(body)
        if status != 200:
            raise TelltaleError(answer.get("error", f"status {status}"))
        return answer

    def find(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The rows that a reader of the page looks up; the fields go in a body, so that they are in no address.

        Raises:
            FiguresAway: nobody answers.
            TelltaleError: a field is not understood, or nothing is looked up there.
        """
        try:
            status, body = _call("POST", f"/{quote(self._page)}", timeout_s=60, body=json.dumps(fields).encode())
        except OSError as error:
            raise FiguresAway(AWAY) from error
        answer: dict[str, Any] = json.loads(body)
        if status != 200:
            raise TelltaleError(answer.get("error", f"status {status}"))
        return answer


def computed_for_all() -> bool:
    """Whether `telltale dashboard` started this kernel."""
    return ADDRESS in os.environ


def _get(target: str, *, timeout_s: float) -> tuple[int, bytes]:
    return _call("GET", target, timeout_s=timeout_s)


def _call(method: str, target: str, *, timeout_s: float, body: bytes | None = None) -> tuple[int, bytes]:
    address = urlsplit(os.environ[ADDRESS])
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=timeout_s)
    try:
        connection.request(method, target, body, headers={"Authorization": f"Bearer {os.environ[SECRET]}"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except http.client.HTTPException as error:
        raise OSError("the figures' process broke off") from error
    finally:
        connection.close()
