"""The simulator of Sigfox sensors and their network: callbacks on the real wire.

What the sensors send is `sensors.py`. The network tells each message it heard by a callback a few seconds later; some
are told twice because two stations heard them, some up to four times because an answer came late, some late because
the first tries found nobody. What analysis must find again is `truth.py`.

Source: wire/sigfox.md 1.3 (variables), 1.6 (tried again after 1, 2 and 4 minutes).
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from telltale.contract import Emission, Scenario, SourceSettings
from telltale.sources.sigfox.callback import SECOND_US
from telltale.sources.sigfox.sensors import SENSORS, Message, World, dice, is_heard, messages

_PATH = "/sigfox/uplink"
_BLOCK_S = 3600
_TRIES_S = (60, 180, 420)
"""When the backend tries again, counted from its first try."""
_LONGEST_S = 600
"""A callback is sent at most this long after its message."""
_STATIONS = ("1d2a", "34c0", "0b17", "6f02", "2e55")
_TYPE_IDS = {False: "5d8cdc8fe833d917af81f4c1", True: "5d8cdc8fe833d917af81f4d7"}
"""Of sensors without and with humidity."""


class Told(NamedTuple):
    """One callback: when the backend sends it, for which message, as heard by which station."""

    at_s: float
    message: Message
    station: str
    rssi_dbm: float
    is_duplicate: bool = False


def simulate(scenario: Scenario, settings: SourceSettings) -> Iterator[Emission]:
    """Yield every callback of the sensors' network from start to end, in time order.

    Args:
        scenario: seed, range and zone; the stream of a sub-range is the slice of the whole range's stream.
        settings: where there is a secret, callbacks carry that of the smallest key.
    """
    headers = {}
    if settings.secrets:
        headers["Authorization"] = f"Bearer {settings.secrets[min(settings.secrets)]}"
    for told in callbacks(scenario):
        kind = "application/x-www-form-urlencoded" if told.message.sensor.spelling == "form" else "application/json"
        yield Emission(round(told.at_s * SECOND_US), "POST", _PATH, {"Content-Type": kind, **headers}, _body(told))


def callbacks(scenario: Scenario) -> Iterator[Told]:
    """The callbacks behind the emissions of a scenario, in their order."""
    world = World(scenario.seed, ZoneInfo(scenario.timezone))
    for begin in range(scenario.start_s // _BLOCK_S * _BLOCK_S, scenario.end_s, _BLOCK_S):
        block = [
            told
            for sensor in SENSORS
            for message in messages(world, sensor, begin - _LONGEST_S, begin + _BLOCK_S)
            if is_heard(world, message)
            for told in _told(world, message)
            if begin <= told.at_s < begin + _BLOCK_S and scenario.start_s <= told.at_s < scenario.end_s
        ]
        yield from sorted(block, key=lambda told: (told.at_s, told.message.sensor.device))


def _told(world: World, message: Message) -> Iterator[Told]:
    """The callbacks of one message that was heard."""
    rng = dice(world.seed, "told", message.sensor.device, message.number)
    station, other = rng.sample(_STATIONS, 2)
    rssi, first_s = round(rng.gauss(-118, 7), 2), message.at_s + rng.uniform(1.5, 4)
    told, luck = Told(first_s, message, station, rssi), rng.random()
    if luck < 0.01:  # nobody answered at first: it comes late, once
        yield told._replace(at_s=first_s + rng.choice(_TRIES_S))
        return
    yield told
    if luck < 0.03:  # stored, but answered too late: it comes again, up to four times in all
        yield from (told._replace(at_s=first_s + wait_s) for wait_s in _TRIES_S[: rng.randint(1, 3)])
    elif luck < 0.08:
        again_s = first_s + rng.uniform(0.2, 3)
        yield told._replace(
            at_s=again_s, station=other, rssi_dbm=round(rssi - rng.uniform(1, 12), 2), is_duplicate=True
        )


def _body(told: Told) -> bytes:
    message = told.message
    common: dict[str, Any] = {
        "time": int(message.at_s),
        "data": message.payload.hex(),
        "seqNumber": message.seq,
        "deviceTypeId": _TYPE_IDS[message.humidity is not None],
    }
    read: dict[str, Any] = {"temperature": message.temperature}
    if message.humidity is not None:
        read["humidity"] = message.humidity
    device = f"{message.sensor.device:X}"
    if message.sensor.spelling == "form":  # the contract has no network metadata
        return urlencode({"id": device, **common, **read}).encode()
    metadata = {"rssi": told.rssi_dbm, "station": told.station.upper(), "duplicate": told.is_duplicate}
    fields = {"device": device, **common, **metadata, **read}
    if message.sensor.spelling == "texts":
        fields = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in fields.items()}
    return json.dumps(fields, separators=(",", ":")).encode()
