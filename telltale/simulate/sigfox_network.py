"""A stand-in for the Sigfox network: takes a modem's frames and tells them to a collector as the backend does.

A frame without a wish for an answer is told by DATA UPLINK, tried again after 1, 2 and 4 minutes unless it is answered
2xx. A frame with one is told by DATA BIDIR with `ack` true: a reply of 200 that holds `downlinkData` for this device is
the answer that goes down, confirmed by SERVICE ACKNOWLEDGE; 204, `noData` or anything else is none.

Source: wire/sigfox.md 1.2, 1.3, 1.6, 1.7.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from telltale.contract import ConfigError

log = logging.getLogger("telltale.backend")

UPLINK, BIDIR, ACKNOWLEDGE = "/sigfox/uplink", "/sigfox/downlink", "/sigfox/ack"
RETRIES_S = (60.0, 120.0, 240.0)
_TIMEOUT_S = 10.0
_SEQUENCE = 4096


class Frame(NamedTuple):
    """A frame on the air."""

    device: str
    """As the modem prints it, 8 hex digits."""
    payload: bytes
    seq: int
    wants_answer: bool


class Backend:
    """Tells frames to a collector.

    Args:
        url: the collector, such as http://127.0.0.1:8080; with a path, every frame goes there, and nothing else.
        secret: sent as `Authorization: Bearer`; empty for none.
        form: form encoding instead of JSON.
        type_id: the device type, where the callback tells it.
        now: the moment of reception, seconds since 1970.
        retries_s: after which waits a callback that was not answered 2xx is tried again.

    Raises:
        ConfigError: the URL is not one of HTTP.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: str = "",
        form: bool = False,
        type_id: str = "",
        now: Callable[[], float] = time.time,
        retries_s: tuple[float, ...] = RETRIES_S,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f'--to "{url}": expected the collector\'s address, such as http://127.0.0.1:8080')
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = parts.path if parts.path.strip("/") else ""
        self._secret = secret
        self._form = form
        self._type_id = type_id
        self._now = now
        self._retries_s = retries_s
        self._later: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tell_later, name="backend", daemon=True)
        self._thread.start()

    def __call__(self, frame: Frame) -> bytes | None:
        """Take one frame; the 8 bytes that go down, None where there are none or none is wanted."""
        told = self._callback(frame)
        if not frame.wants_answer:
            self._later.put((self._path or UPLINK, told))
            return None
        status, body = self._post(self._path or BIDIR, told)
        if not 200 <= status < 300:
            log.warning("callback of %s: %s", told["device"], status or "no collector")
            self._later.put((self._path or BIDIR, told))
            return None
        answer = _downlink(body, told["device"]) if status == 200 else None
        if answer is not None and not self._path:
            self._later.put((ACKNOWLEDGE, self._acknowledged(told)))
        return answer

    def close(self) -> None:
        """Wait for the callbacks that are under way; what waits to be tried again is lost."""
        self._stop.set()
        self._later.put(None)
        self._thread.join(_TIMEOUT_S)

    def _callback(self, frame: Frame) -> dict[str, Any]:
        told: dict[str, Any] = {
            "device": frame.device.lstrip("0").upper() or "0",
            "time": int(self._now()),
            "data": frame.payload.hex(),
            "seqNumber": frame.seq % _SEQUENCE,
            "ack": frame.wants_answer,
        }
        return {**told, "deviceTypeId": self._type_id} if self._type_id else told

    def _acknowledged(self, told: dict[str, Any]) -> dict[str, Any]:
        common = {name: told[name] for name in ("device", "time")}
        return {**common, "infoCode": 0, "infoMessage": "Acked", "downlinkAck": True, "downlinkOverusage": False}

    def _tell_later(self) -> None:
        while (waiting := self._later.get()) is not None:
            path, told = waiting
            for wait_s in (0.0, *self._retries_s):
                if self._stop.wait(wait_s) and wait_s:
                    break
                status, _ = self._post(path, told)
                if 200 <= status < 300:
                    break
                log.warning("callback of %s: %s", told["device"], status or "no collector")

    def _post(self, path: str, told: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body; 0 where nobody answers."""
        body = urlencode({name: _spelt(value) for name, value in told.items()}) if self._form else json.dumps(told)
        kind = "application/x-www-form-urlencoded" if self._form else "application/json"
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self._secret}"} if self._secret else {})
        make = HTTPSConnection if self._secure else HTTPConnection
        connection = make(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", path, body.encode(), headers)
            response = connection.getresponse()
            return response.status, response.read(65_536)
        except (OSError, HTTPException) as error:
            return 0, str(error).encode()
        finally:
            connection.close()


def _downlink(body: bytes, device: str) -> bytes | None:
    """The 8 bytes a reply holds for a device; its id is matched as it was told, without case."""
    try:
        told = json.loads(body)
        answers = {str(name).lower(): answer for name, answer in told.items()}
        data = bytes.fromhex(answers[device.lower()]["downlinkData"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return data if len(data) == 8 else None


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
