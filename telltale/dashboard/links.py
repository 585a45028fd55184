"""One-time links: an address that opens the dashboards once, for a while, and holds no token.

    http://127.0.0.1:8866/enter#<code>

The code stands behind the `#`, which a browser keeps to itself: no server, proxy or Referer header sees it. The page at
`/enter` takes it out of the address bar and exchanges it for a cookie. Whoever finds it later, in a terminal, a log or
a history, finds it used.

A running server notes in `data/run/dashboard-<port>.json` (mode 600) how it is asked for another one.
"""

import hashlib
import http.client
import json
import os
import secrets
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from telltale.contract import ConfigError, did_you_mean
from telltale.settings import Settings

OWNER_S = 15 * 60
PERSON_S = 24 * 3600
"""How long a link may be opened: the owner's at once, another's when they read what it was sent in."""
MOST = 1000
HOW = "telltale dashboard --link"
"""The command that prints another one."""


class Links:
    """The codes that are open; their digests are kept, not they.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def new(self, page: str = "") -> str:
        """A code that opens the dashboards, a person's page, or what a role's user may see."""
        code = secrets.token_urlsafe(18)
        self._open[_digest(code)] = page, self._clock() + (PERSON_S if page else OWNER_S)
        if len(self._open) > MOST:
            self._open.popitem(last=False)
        return code

    def use(self, code: str) -> str | None:
        """What a code opens, for this one time: a person's page, or empty for all; None when it opens nothing."""
        page, until = self._open.pop(_digest(code), ("", 0.0))
        return page if self._clock() < until else None


def _digest(code: str) -> bytes:
    return hashlib.sha256(b"telltale link " + code.encode()).digest()


class Note(NamedTuple):
    """What a running server notes down."""

    address: str
    """Where it answers on this machine, with the path of its pages, without a slash at the end."""
    secret: str
    """With this it gives a new link; empty where no login is asked for."""
    public: str = ""
    """The address others reach it under, if it is set."""

    @property
    def shown(self) -> str:
        """The address to open."""
        return self.public or self.address


@contextmanager
def noted(settings: Settings, port: int, note: Note) -> Iterator[None]:
    """Keep a note of the running server, for this user of the machine alone."""
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place, fresh = folder / f"dashboard-{port}.json", folder / f"dashboard-{port}.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(note._asdict(), file)
    fresh.replace(place)
    try:
        yield
    finally:
        if _read(place) == note:  # another one may have taken its place
            place.unlink(missing_ok=True)


def addresses(settings: Settings) -> list[str]:
    """Where servers of a project say they answer, the newest first; one that was killed says so still."""
    notes = map(_read, sorted(_folder(settings).glob("dashboard-*.json"), key=_age))
    return [note.address for note in notes if note is not None]


def new_link(settings: Settings, *, person: str = "", role: str = "", port: int | None = None) -> str:
    """The address that opens a project's running dashboards once; where no login is asked for, just their address.

    Args:
        settings: of the project.
        person: whose page it opens, as named in secrets.toml; empty for the dashboards.
        role: of whom it opens the pages, as named in secrets.toml [dashboard]; empty for the owner's.
        port: of the server, if several run.

    Raises:
        ConfigError: none is running or answers, or there is no such person or role.
    """
    silent = ""
    for place in sorted(_folder(settings).glob("dashboard-*.json"), key=_age):
        note = _read(place)
        if note is None or (port is not None and urlsplit(note.address).port != port):
            continue
        try:
            return _asked(note, {"person": person, "role": role})
        except ConnectionRefusedError:
            place.unlink(missing_ok=True)  # it ended without a word
        except OSError as error:
            silent = f"{note.address} does not answer ({error}); try again in a minute"
    if silent:
        raise ConfigError(silent)
    where = "" if port is None else f" on port {port}"
    raise ConfigError(f"no dashboards of {settings.root} are running{where}; start them with telltale dashboard or up")


def link(address: str, code: str) -> str:
    """The address to open."""
    return f"{address}/enter#{code}"


def _asked(note: Note, whom: Mapping[str, str]) -> str:
    whom = {name: value for name, value in whom.items() if value}
    if not note.secret:
        if whom:
            raise ConfigError(f"{note.address} asks for no login, so everybody sees the same; start it with --login")
        return f"{note.shown}/"
    status, answer = _post(note, whom)
    if status == 404 and "roles" in answer:
        role = whom.get("role", "")
        raise ConfigError(f'secrets.toml [dashboard] has no token for "{role}", or had none at the last start')
    if status == 404:
        person = whom.get("person", "")
        names = answer.get("known")
        known = [str(name) for name in names] if isinstance(names, list) else []
        hint = did_you_mean(person, known)
        raise ConfigError(f'secrets.toml [activity] has no token for "{person}"{hint}, or had none at the last start')
    if status != 200:
        raise ConfigError(f"{note.address} gives no link (status {status}); restart the dashboards")
    return link(note.shown, str(answer["code"]))


def _post(note: Note, fields: Mapping[str, str]) -> tuple[int, dict[str, object]]:
    at = urlsplit(note.address)
    connection: http.client.HTTPConnection
    if at.scheme == "https":
        # It is this machine's own server, under an address its certificate need not name.
        context = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection(str(at.hostname), at.port, timeout=20, context=context)
    else:
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=20)
    headers = {"Authorization": f"token {note.secret}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", f"{at.path}/link", urlencode(fields), headers)
        reply = connection.getresponse()
        body = reply.read()
    except http.client.HTTPException as error:
        raise OSError("something else listens there") from error
    finally:
        connection.close()
    told: object = {}
    with suppress(ValueError):
        told = json.loads(body)
    return reply.status, told if isinstance(told, dict) else {}


def _folder(settings: Settings) -> Path:
    return settings.data / "run"


def _read(place: Path) -> Note | None:
    try:
        return Note(**json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _age(place: Path) -> float:
    with suppress(OSError):
        return -place.stat().st_mtime
    return 0.0
