"""The simulator of two Meraki networks, and what analysis must find again in it.

A warehouse reports by version 3 (a body a minute and radio for the network), a shop by version 2.1 (one for each access
point). People come by the sites' clock, one visit each and a new address every time, are heard once a minute, and
leave; some tags with Bluetooth never move. Version 3 does not tell of randomised addresses that are no client of the
network.

Source: wire/presence.md 2.1 to 2.3.
"""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from telltale.address import GROUP_BIT, LOCAL_BIT, spelled
from telltale.contract import ConfigError, Emission, Scenario, SourceSettings
from telltale.sources.meraki.plan import plan
from telltale.sources.meraki.wire import FLOOR_DBM, SECOND_US, SECRET, USER

NETWORK = "L_646829496481105433"
_MINUTE_S = 60
_WAREHOUSE = (0x0018_0A13_DD80, 0x0018_0A13_DD90, 0x0018_0A13_DDA0)
_SHOP = (0x0018_0A13_EE10, 0x0018_0A13_EE20)
_WEAKEST_DBM = -92
_PHONES = (0x3C0630, 0xAC5F3E, 0x94B10A, 0xD0D003)
_VISITORS = {"v3": (34, 12), "v2": (46, 30)}
"""Expected a weekday, and a day of the weekend."""


class Place(NamedTuple):
    """A network: how it reports, and its access points."""

    version: str
    site: str
    nodes: tuple[int, ...]


class Visit(NamedTuple):
    """Someone's stay, epoch seconds; `power_dbm` at the nearest access point. A tag is of radio `ble`."""

    address: int
    start_s: int
    end_s: int
    near: int
    power_dbm: int
    associated: bool
    radio: str = "wifi"


class Heard(NamedTuple):
    """One station in one minute: when, and the level at each access point that heard it."""

    visit: Visit
    at_s: int
    levels: Mapping[int, int]

    @property
    def nearest(self) -> int:
        """The access point that heard it best."""
        return max(self.levels, key=lambda node: (self.levels[node], -node))


def simulate(scenario: Scenario, settings: SourceSettings) -> Iterator[Emission]:
    """Yield every body of both networks from start to end, in time order.

    Args:
        scenario: seed, range and zone; the stream of a sub-range is the slice of the whole range's stream.
        settings: the secret of the smallest key, and the option `site`.

    Raises:
        ConfigError: there is no secret.
    """
    secret = _secret(settings)
    places = _places(settings)
    first = scenario.start_s // _MINUTE_S - 2
    for minute in range(first, scenario.end_s // _MINUTE_S + 1):
        sent = sorted(emission for place in places for emission in _bodies(scenario, place, minute * _MINUTE_S, secret))
        for at_us, body in sent:
            if scenario.start_s * SECOND_US <= at_us < scenario.end_s * SECOND_US:
                yield Emission(at_us, "POST", "/meraki", {"Content-Type": "application/json"}, body)


def truth(scenario: Scenario, settings: SourceSettings) -> Mapping[str, Any]:
    """What the bodies of a scenario hold.

    Returns:
        source, seed, start_s, end_s, timezone; sites: by network: version, nodes (addresses), posts, sightings (each
        once) by radio, and stays of Wi-Fi stations: address, associated, first_s, last_s (moments they were heard),
        rssi_max_dbm; sorted.

    Raises:
        ConfigError: there is no secret.
    """
    _secret(settings)
    return {
        "source": "meraki",
        **scenario._asdict(),
        "sites": {place.site: _found(scenario, place) for place in _places(settings)},
    }


def _secret(settings: SourceSettings) -> str:
    if not settings.secrets:
        raise ConfigError(
            'meraki: there is no secret, expected one to put into simulated bodies; set office = "…" under [meraki] in '
            "secrets.toml"
        )
    return settings.secrets[min(settings.secrets)]


def _places(settings: SourceSettings) -> tuple[Place, ...]:
    return Place("v3", NETWORK, _WAREHOUSE), Place("v2", plan(settings.options).site, _SHOP)


def _dice(*of: object) -> random.Random:
    return random.Random(" ".join(map(str, of)))  # noqa: S311 - invented people, not secrets


def _bodies(scenario: Scenario, place: Place, minute_s: int, secret: str) -> Iterator[tuple[int, bytes]]:
    """When each body about one minute is sent, and the body."""
    heard = _heard(scenario, place, minute_s)
    for sent_us, radio, nodes in _sent(place, minute_s):
        rows = [one for one in heard if one.visit.radio == radio]
        if place.version == "v3":
            yield sent_us, _body_of_network(place, rows, radio, secret)
        else:
            yield sent_us, _body_of_node(nodes[0], rows, radio, secret)


def _body_of_network(place: Place, rows: Sequence[Heard], radio: str, secret: str) -> bytes:
    observations = []
    for one in rows:
        time_text = datetime.fromtimestamp(one.at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        visit, nearest = one.visit, one.nearest
        records = [{"apMac": spelled(node), "rssi": _told(level, radio)} for node, level in one.levels.items()]
        location = {
            "time": time_text, "lat": 51.53, "lng": -0.13, "x": 1.5, "y": "NaN", "variance": 2.4,
            "floorPlanId": "g_1", "nearestApTags": ["hall"], "rssiRecords": records,
        }  # fmt: skip
        observations.append({
            "clientMac": spelled(visit.address),
            "ipv4": "10.0.0.7" if visit.associated else None,
            "ipv6": None,
            "ssid": "Warehouse" if visit.associated else None,
            "os": None,
            "manufacturer": None,
            USER: f"person-{visit.address % 1000}@example.org" if visit.associated else None,
            "locations": [location] if len(records) > 2 else [],
            "latestRecord": {
                "time": time_text, "nearestApMac": spelled(nearest), "nearestApRssi": _told(one.levels[nearest], radio),
            },
        })  # fmt: skip
    kind = "WiFi" if radio == "wifi" else "BLE"
    reporting = [{"mac": spelled(node)} for node in place.nodes]
    data = {"networkId": place.site, "reportingAps": reporting, "observations": observations}
    return _json({"version": "3.0", SECRET: secret, "type": kind, "data": data})


def _body_of_node(node: int, rows: Sequence[Heard], radio: str, secret: str) -> bytes:
    observations = [
        {
            "clientMac": spelled(one.visit.address).upper(),
            "seenTime": datetime.fromtimestamp(one.at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seenEpoch": one.at_s,
            "ssid": "Shop" if one.visit.associated else None,
            "rssi": _told(one.levels[node], radio),
            "ipv4": None,
            "ipv6": None,
            "manufacturer": None,
            "os": None,
            "location": None,
        }
        for one in rows
        if node in one.levels
    ]
    kind = "DevicesSeen" if radio == "wifi" else "BluetoothDevicesSeen"
    data = {"apMac": spelled(node), "apTags": ["shop"], "apFloors": ["Ground"], "observations": observations}
    return _json({"version": "2.1", SECRET: secret, "type": kind, "data": data})


def _told(level_dbm: int, radio: str) -> int:
    return level_dbm - FLOOR_DBM if radio == "wifi" else level_dbm


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _heard(scenario: Scenario, place: Place, minute_s: int) -> list[Heard]:
    """Who was heard in a minute, in the order of their addresses."""
    day = datetime.fromtimestamp(minute_s, ZoneInfo(scenario.timezone)).date()
    found = []
    for visit in _visits(scenario.seed, scenario.timezone, place, day):
        if visit.start_s < minute_s + _MINUTE_S and visit.end_s >= minute_s:
            rng = _dice(scenario.seed, "heard", visit.address, visit.start_s, minute_s)
            at_s = minute_s + rng.randrange(_MINUTE_S)
            levels = {
                node: level
                for number, node in enumerate(place.nodes)
                if (level := _level(visit, number, rng)) >= _WEAKEST_DBM
            }
            if visit.start_s <= at_s <= visit.end_s and levels:
                found.append(Heard(visit, at_s, levels))
    return sorted(found, key=lambda one: one.visit.address)


def _level(visit: Visit, number: int, rng: random.Random) -> int:
    """The level at an access point: 12 dB less for each one it is further away."""
    return min(-30, visit.power_dbm - 12 * abs(visit.near - number) + rng.randint(-3, 3))


@lru_cache(maxsize=64)
def _visits(seed: int, timezone: str, place: Place, day: date) -> tuple[Visit, ...]:
    """Everyone who comes on a local day, between 8 and 21, and the tags that are always there."""
    zone = ZoneInfo(timezone)
    midnight_s, next_s = (
        int(datetime.combine(one, time(), zone).timestamp()) for one in (day, day + timedelta(days=1))
    )
    rng = _dice(seed, place.version, "day", day)
    expected = _VISITORS[place.version][day.weekday() > 4]
    found = [_visit(rng, place, midnight_s) for _ in range(rng.randint(expected - 6, expected + 6))]
    tags = _dice(seed, place.version, "tags")
    for number in range(4):
        address, near = 0xAC233F << 24 | tags.getrandbits(24), number % len(place.nodes)
        found.append(Visit(address, midnight_s, next_s - 1, near, -68, associated=False, radio="ble"))
    return tuple(found)


def _visit(rng: random.Random, place: Place, midnight_s: int) -> Visit:
    start_s = midnight_s + round(3600 * min(19.5, max(8, rng.gauss(13, 2.5))))
    passes = rng.random() < 0.35
    lasted_s = rng.randint(20, 110) if passes else min(5400, round(1200 * math.exp(rng.gauss(0, 0.7))))
    associated = not passes and rng.random() < 0.4
    is_local = rng.random() < 0.5 and (associated or place.version == "v2")
    address = rng.getrandbits(46) << 2 & ~GROUP_BIT | LOCAL_BIT if is_local else rng.choice(_PHONES) << 24
    address |= rng.getrandbits(24)
    power = rng.randint(-84, -72) if passes else rng.randint(-58, -42)
    return Visit(address, start_s, start_s + lasted_s, rng.randrange(len(place.nodes)), power, associated)


def _found(scenario: Scenario, place: Place) -> dict[str, Any]:
    sightings: dict[str, set[tuple[int, int, int]]] = {"wifi": set(), "ble": set()}
    heard: dict[tuple[int, int], list[Heard]] = defaultdict(list)
    posts = 0
    for minute in range(scenario.start_s // _MINUTE_S - 2, scenario.end_s // _MINUTE_S + 1):
        rows = _heard(scenario, place, minute * _MINUTE_S)
        for sent_us, radio, nodes in _sent(place, minute * _MINUTE_S):
            if not scenario.start_s * SECOND_US <= sent_us < scenario.end_s * SECOND_US:
                continue
            posts += 1
            for one in rows:
                told = _told_nodes(place, one, nodes) if one.visit.radio == radio else ()
                sightings[radio] |= {(node, one.visit.address, one.at_s) for node in told}
                if told and radio == "wifi":
                    levels = {node: one.levels[node] for node in told}
                    heard[one.visit.address, one.visit.start_s].append(one._replace(levels=levels))
    return {
        "version": place.version,
        "nodes": [spelled(node) for node in place.nodes],
        "posts": posts,
        "sightings": {radio: len(rows) for radio, rows in sightings.items()},
        "stays": sorted((_stay(rows) for rows in heard.values()), key=lambda one: (one["first_s"], one["address"])),
    }


def _sent(place: Place, minute_s: int) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """When the bodies about a minute are sent, of which radio, and whose levels they tell."""
    for late_s, radio in ((0, "wifi"), (1, "ble")):
        if place.version == "v3":
            yield (minute_s + _MINUTE_S + 5 + late_s) * SECOND_US, radio, place.nodes
        else:
            for number, node in enumerate(place.nodes):
                yield (minute_s + _MINUTE_S + 20 + 2 * number + late_s) * SECOND_US, radio, (node,)


def _told_nodes(place: Place, one: Heard, nodes: tuple[int, ...]) -> tuple[int, ...]:
    """Of which access points a body tells: version 3 of the nearest alone where fewer than three heard it."""
    if place.version == "v3" and len(one.levels) < 3:
        return (one.nearest,)
    return tuple(node for node in nodes if node in one.levels)


def _stay(rows: Sequence[Heard]) -> dict[str, Any]:
    return {
        "address": spelled(rows[0].visit.address),
        "associated": rows[0].visit.associated,
        "first_s": min(one.at_s for one in rows),
        "last_s": max(one.at_s for one in rows),
        "rssi_max_dbm": max(max(one.levels.values()) for one in rows),
    }
