"""Simulated devices at work: over real HTTP or CoAP to a running collector, or past it into the store to fill months.

What a device sends is the source's `simulate`; here it is only delivered. `play` is a device's view of the world: it
sends when its moment has come and keeps nothing it could not deliver. `backfill` hands in the moment of receipt, which
only it and replay may do.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import groupby
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from telltale.contract import (
    SIMULATED_HEADER,
    SIMULATED_OPTION,
    ConfigError,
    Emission,
    Raw,
    Request,
    Scenario,
    Source,
    SourceSettings,
    StoreError,
)
from telltale.door import record
from telltale.simulate.coap import PORT, CoapConnection

Connection = HTTPConnection | CoapConnection
SENDER = "127.0.0.1"
TRANSPORT = "simulate"
"""Stands in a record's `meta` where no wire was used."""
MARK = {SIMULATED_HEADER: "1", SIMULATED_OPTION: "01"}
"""The headers of a message that is sent; over CoAP the second is an option."""
_TIMEOUT_S = 30.0


class Sink(Protocol):
    """Where many records become durable; `telltale.landing.Landing` is one."""

    def put_many(self, raws: Iterable[Raw]) -> int:
        """Make them durable and return how many."""


class Backfilled(NamedTuple):
    """One local day that is now in the store."""

    day: date
    records: int


@dataclass
class Played:
    """How the collector answered so far.

    Args:
        accepted: 2xx.
        refused: 4xx; `answer` keeps the last one.
        lost: 5xx, or no collector: nobody sends it again.
    """

    accepted: int = 0
    refused: int = 0
    lost: int = 0
    answer: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, status: int, answer: str) -> None:
        """Count one answer; status 0 is none."""
        with self._lock:
            self.accepted += 200 <= status < 300
            self.refused += 400 <= status < 500
            self.lost += not 200 <= status < 300 and not 400 <= status < 500
            if 400 <= status < 500:
                self.answer = f"{status} {answer}"


def backfill(source: Source, scenario: Scenario, settings: SourceSettings, sink: Sink) -> Iterator[Backfilled]:
    """Put a whole scenario into the store, received at the moment it was sent; yield after each local day.

    Every message passes the source's `accept` as at the door. Not asking for the next day stops it after a whole day.

    Raises:
        Refused: the source does not take its own simulator's message.
        StoreError: the store is away; the groups of records before that are durable.
    """
    zone = ZoneInfo(scenario.timezone)

    def local_day(emission: Emission) -> date:
        return datetime.fromtimestamp(emission.at / 1e6, zone).date()

    for day, emissions in groupby(source.simulate(scenario, settings), local_day):
        yield Backfilled(day, sink.put_many(received(source, emission, settings) for emission in emissions))


def play(
    emissions: Iterable[Emission],
    url: str,
    *,
    origin_us: int,
    speed: float = 1.0,
    connections: int = 8,
    tell: Callable[[Played], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Played:
    """Send emissions to a running collector, each when its moment has come, and marked as simulated.

    Args:
        emissions: in time order; may be endless.
        url: the collector, such as http://127.0.0.1:8080 or coap://127.0.0.1:5683.
        origin_us: the simulated moment of now; what was sent before it goes out at once.
        speed: simulated seconds a second from there; infinite sends everything at once.
        connections: how many are sent at the same time, as by several devices.
        tell: called after each answer.
        stop: set it to end early, what is under way is finished; it is set when all is sent.

    Raises:
        ConfigError: the URL is not one of HTTP or CoAP.
        StoreError: no collector answers at the start. Later ones that fail are counted as lost.
    """
    connect = _connector(url)
    _reach(connect, url)
    played, over = Played(), stop or threading.Event()
    shared, began = _Shared(emissions), time.monotonic()

    def device() -> None:
        connection = connect()
        try:
            while not over.is_set() and (emission := shared.next()) is not None:
                due_s = began + (emission.at - origin_us) / 1e6 / speed
                if over.wait(max(0.0, due_s - time.monotonic())):
                    return
                played.note(*_send(connection, emission))
                tell(played)
        finally:
            connection.close()

    with ThreadPoolExecutor(connections, "device") as pool:
        devices = [pool.submit(device) for _ in range(connections)]
        try:
            for done in as_completed(devices):
                done.result()
        finally:
            over.set()  # after Ctrl-C too: what is under way is finished, nothing more is begun
    return played


class _Shared:
    """An iterator that several threads may take from."""

    def __init__(self, emissions: Iterable[Emission]) -> None:
        self._emissions = iter(emissions)
        self._lock = threading.Lock()

    def next(self) -> Emission | None:
        with self._lock:
            return next(self._emissions, None)


def received(source: Source, emission: Emission, settings: SourceSettings) -> Raw:
    """The record of an emission that was received at the moment it was sent.

    Raises:
        Refused: the source does not take it.
    """
    headers = {name.lower(): value for name, value in emission.headers.items()}
    path, _, query = emission.path.partition("?")
    request = Request(source.name, emission.at, SENDER, TRANSPORT, emission.method, path, headers, query, emission.body)
    return record(source, request, settings)


def _connector(url: str) -> Callable[[], Connection]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "coap"} or not parts.hostname:
        raise ConfigError(
            f'url "{url}": expected the collector\'s address, such as http://127.0.0.1:8080 or coap://127.0.0.1:5683'
        )
    host, port = parts.hostname, parts.port
    if parts.scheme == "coap":
        return lambda: CoapConnection(host, port or PORT, parts.path)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return lambda: HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
    return lambda: HTTPConnection(host, port, timeout=_TIMEOUT_S)


def _reach(connect: Callable[[], Connection], url: str) -> None:
    connection = connect()
    try:
        connection.connect()
    except OSError as error:
        raise StoreError(f'no collector at {url} ({error}); start one with "telltale up"') from error
    finally:
        connection.close()


def _send(connection: Connection, emission: Emission) -> tuple[int, str]:
    """Send one message and return status and answer; 0 when there is none.

    A connection kept open may have been closed by the collector meanwhile: then once more on a new one.
    """
    headers = {**emission.headers, **MARK}
    if isinstance(connection, CoapConnection):
        return connection.send(emission._replace(headers=headers))
    for kept in (connection.sock is not None, False):
        try:
            connection.request(emission.method, emission.path, emission.body, headers)
            response = connection.getresponse()
            return response.status, response.read(200).decode("utf-8", "replace").strip()
        except (OSError, HTTPException) as error:
            connection.close()
            if not kept:
                return 0, str(error)
    return 0, ""
