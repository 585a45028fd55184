"""The simulator of Sigfox sensors and their network: callbacks on the real wire.

What the sensors send is `sensors.py`. The network tells each message it heard by a callback a few seconds later; some
are told twice because two stations heard them, some up to four times because an answer came late, some late because
the first tries found nobody. The fridges' owner has DATA_ADVANCED switched on, the cold room may be answered,
and status frames are told once. What analysis must find again is `truth.py`.

Source: wire/sigfox.md 1.2 to 1.4 (types, variables), 1.6 (tried again after 1, 2 and 4 minutes).
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from telltale.contract import Emission, Scenario, SourceSettings
from telltale.sources.sigfox.callback import SECOND_US
from telltale.sources.sigfox.kinds import ADVANCED, DOWNLINK, STATUS, UPLINK
from telltale.sources.sigfox.simulate.sensors import (
    SENSORS,
    Frame,
    Message,
    Sensor,
    Status,
    World,
    dice,
    is_heard,
    messages,
    statuses,
)

_BLOCK_S = 3600
_TRIES_S = (60, 180, 420)
"""When the backend tries again, counted from its first try."""
_LONGEST_S = 600
"""A callback is sent at most this long after its message."""
_STATIONS = ("1d2a", "34c0", "0b17", "6f02", "2e55")
_TYPE_IDS = {False: "5d8cdc8fe833d917af81f4c1", True: "5d8cdc8fe833d917af81f4d7"}
"""Of sensors without and with humidity."""


class Told(NamedTuple):
    """One callback: when the backend sends it, of which kind, for which frame, as heard by which station."""

    at_s: float
    frame: Frame
    station: str
    rssi_dbm: float
    is_duplicate: bool = False
    kind: str = UPLINK

    @property
    def path(self) -> str:
        """Where it goes."""
        return "/messages/create" if self.frame.sensor.is_pc and self.kind == UPLINK else f"/sigfox/{self.kind}"

    @property
    def is_form(self) -> bool:
        """How its template is written: messages of some as a form."""
        return self.kind == UPLINK and self.frame.sensor.spelling in {"form", "tutorial"}


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
        kind = "application/x-www-form-urlencoded" if told.is_form else "application/json"
        yield Emission(round(told.at_s * SECOND_US), "POST", told.path, {"Content-Type": kind, **headers}, _body(told))


def callbacks(scenario: Scenario) -> Iterator[Told]:
    """The callbacks behind the emissions of a scenario, in their order."""
    world = World(scenario.seed, ZoneInfo(scenario.timezone))
    for begin in range(scenario.start_s // _BLOCK_S * _BLOCK_S, scenario.end_s, _BLOCK_S):
        block = [
            told
            for sensor in SENSORS
            for told in _of_sensor(world, sensor, begin - _LONGEST_S, begin + _BLOCK_S)
            if begin <= told.at_s < begin + _BLOCK_S and scenario.start_s <= told.at_s < scenario.end_s
        ]
        yield from sorted(block, key=lambda told: (told.at_s, told.frame.sensor.device))


def _of_sensor(world: World, sensor: Sensor, start_s: float, end_s: float) -> Iterator[Told]:
    """The callbacks of the frames that a sensor sent in that time and that were heard."""
    for message in messages(world, sensor, start_s, end_s):
        if is_heard(world, message):
            yield from _told(world, message)
    for status in statuses(world, sensor, start_s, end_s):
        if is_heard(world, status):
            rng = dice(world.seed, "told of", sensor.device, status.number)
            told_s, rssi = status.at_s + rng.uniform(1.5, 4), round(rng.gauss(-118, 7), 2)
            yield Told(told_s, status, rng.choice(_STATIONS), rssi, kind=STATUS)


def _told(world: World, message: Message) -> Iterator[Told]:
    """The callbacks of one message that was heard."""
    sensor = message.sensor
    rng = dice(world.seed, "told", sensor.device, message.number)
    station, other = rng.sample(_STATIONS, 2)
    rssi, first_s = round(rng.gauss(-118, 7), 2), message.at_s + rng.uniform(1.5, 4)
    told, luck = Told(first_s, message, station, rssi, kind=DOWNLINK if sensor.listens else UPLINK), rng.random()
    if sensor.spelling == "numbers":
        yield Told(first_s + 25 + 5 * rng.random(), message, station, rssi, kind=ADVANCED)
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
    frame, sensor = told.frame, told.frame.sensor
    common: dict[str, Any] = {"time": int(frame.at_s), "seqNumber": frame.seq}
    device = f"{sensor.device:X}"
    metadata = {"rssi": told.rssi_dbm, "station": told.station.upper()}
    if isinstance(frame, Status):
        return _json({"device": device, **common, **metadata, "batt": frame.battery_v, "temp": frame.temp_c})
    common["data"] = frame.payload.hex()
    if told.kind == ADVANCED:
        return _json({"device": device, **common, "deviceTypeId": _TYPE_IDS[False], **_details(told)})
    if sensor.is_pc:
        return urlencode({"device": device, **common}).encode()
    common["deviceTypeId"] = _TYPE_IDS[frame.humidity is not None]
    read: dict[str, Any] = {"temperature": frame.temperature}
    if frame.humidity is not None:
        read["humidity"] = frame.humidity
    if told.is_form:  # the contract has no network metadata
        return urlencode({"id": device, **common, **read}).encode()
    fields = {"device": device, **common, **metadata, "duplicate": told.is_duplicate, **read}
    if sensor.listens:
        fields |= {"ack": frame.asks, "longPolling": False}
    if sensor.spelling == "texts":
        fields = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in fields.items()}
    return _json(fields)


def _details(told: Told) -> dict[str, Any]:
    """What DATA_ADVANCED adds."""
    rng = dice("details", told.frame.sensor.device, told.frame.number)
    best_dbm = round(told.rssi_dbm + rng.uniform(0, 6), 2)
    heard = [(told.station, told.rssi_dbm), (rng.choice(_STATIONS), best_dbm)]
    return {
        "lqi": ("Limit", "Average", "Good", "Excellent")[(best_dbm > -127) + (best_dbm > -118) + (best_dbm > -110)],
        "duplicates": [
            {"bsId": station.upper(), "nbRep": 3, "rssi": rssi, "snr": round(rssi + 140, 2)} for station, rssi in heard
        ],
        "computedLocation": {
            "lat": round(53.54 + rng.gauss(0, 0.01), 5),
            "lng": round(9.99 + rng.gauss(0, 0.01), 5),
            "radius": rng.randrange(800, 6000),
            "source": 2,
            "status": 1,
        },
    }


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
