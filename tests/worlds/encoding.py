"""What was sent, as the bytes of a real request; layouts are the vendors' (wire/*.md), written once more by hand."""

import datetime as dt
import hashlib
import hmac
import json
import struct
from collections.abc import Iterator, Mapping
from functools import singledispatch

from telltale.contract import Request
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.sources.button.simulate.frames import dhcp
from tests.worlds.sent import Alive, ByHand, Bytes, Frame, Joins, Message, Minute, Press, Report, Scan, Sent, Switch

JSON = {"content-type": "application/json"}
SENSOR_FAILED = 8_388_558
"""The number of a sample that failed (wire/efento.md 2)."""


def requests(sent: Sent) -> Iterator[Request]:
    """The requests a collector would hand to the door."""
    return _requests(sent)


@singledispatch
def _requests(sent: Sent) -> Iterator[Request]:
    raise TypeError(f"nothing is known of how {type(sent).__name__} is sent")


@_requests.register
def _(sent: Report) -> Iterator[Request]:
    rows = [
        {
            "mac": heard.address,
            "count": 3,
            "min_signal": heard.level - 10,
            "max_signal": heard.level,
            "avg_signal": heard.level - 5,
            "first_seen": int(heard.since.timestamp()),
            "last_seen": int(heard.until.timestamp()),
            "associated": False,
        }
        for heard in sent.heard
    ]
    told = {"network_id": int(sent.site), "node_mac": sent.node, "version": 1, "probe_requests": rows}
    body = _json(told)
    signature = hmac.new(sent.secret.encode(), body, hashlib.sha256).hexdigest()
    yield _request(sent, "cloudtrax", "http", "POST", "/cloudtrax", body, {**JSON, "signature": signature})


@_requests.register
def _(sent: Scan) -> Iterator[Request]:
    told = {
        "version": "3.0",
        "secret": "s3cret",
        "type": "WiFi",
        "data": {
            "networkId": sent.network,
            "startTime": _iso(sent.received - dt.timedelta(minutes=1)),
            "endTime": _iso(sent.received),
            "observations": [
                {
                    "clientMac": heard.address,
                    "latestRecord": {
                        "time": _iso(heard.until),
                        "nearestApMac": sent.node,
                        "nearestApRssi": heard.level,
                    },
                    "locations": [],
                }
                for heard in sent.heard
            ],
            "reportingAps": [{"serial": "Q1", "mac": sent.node, "name": "AP"}],
        },
    }
    yield _request(sent, "meraki", "http", "POST", "/meraki", _json(told), JSON)


@_requests.register
def _(sent: Message) -> Iterator[Request]:
    told: dict[str, object] = {"device": sent.device.upper(), "time": int(sent.at.timestamp())}
    if sent.seq is not None:
        told["seqNumber"] = sent.seq % 4096
    told |= {
        "data": sent.data,
        "rssi": sent.rssi,
        "station": sent.station,
        "duplicate": sent.is_copy and sent.says_copy,
        **sent.values,
    }
    yield _request(sent, "sigfox", "http", "POST", f"/sigfox/{sent.kind}", _json(told), JSON)


@_requests.register
def _(sent: Frame) -> Iterator[Request]:
    channels = []
    for kind, numbers in sent.channels:
        start = next((number for number in numbers if number is not None), 0)
        offsets = [SENSOR_FAILED if number is None else number - start for number in numbers]
        first_s = int(sent.first.timestamp())
        channels.append(
            ProtoChannel(
                type=kind,  # type: ignore[arg-type] # the enum is open
                timestamp=first_s,
                start_point=start,
                sample_offsets=offsets,
            )
        )
    body: bytes = ProtoMeasurements(
        serial_number=bytes.fromhex(sent.serial),
        battery_status=sent.battery_ok,
        measurement_period_base=sent.every_s,
        measurement_period_factor=1,
        channels=channels,
        signal=20,
    ).SerializeToString(deterministic=True)
    yield _request(sent, "efento", "coap", "POST", "/m", body, {"coap-type": "CON"})


@_requests.register
def _(sent: Switch) -> Iterator[Request]:
    first_s = int(sent.states[0][0].timestamp())
    offsets = [(int(moment.timestamp()) - first_s + 1) * (1 if is_on else -1) for moment, is_on in sent.states]
    channel = ProtoChannel(type=sent.kind, timestamp=first_s, sample_offsets=offsets)  # type: ignore[arg-type] # open enum
    body: bytes = ProtoMeasurements(
        serial_number=bytes.fromhex(sent.serial),
        battery_status=True,
        measurement_period_base=60,
        measurement_period_factor=1,
        channels=[channel],
        signal=20,
    ).SerializeToString(deterministic=True)
    yield _request(sent, "efento", "coap", "POST", "/m", body, {"coap-type": "CON"})


@_requests.register
def _(sent: Joins) -> Iterator[Request]:
    station = bytes.fromhex(sent.address.replace(":", ""))
    for number, kind in enumerate((1, 3)):
        body = dhcp(station, kind, b"\x0a\0\1\7", transaction=sent.exchange)
        request = _request(sent, "button", "arp", "CAPTURE", "/frame/eth0", body, {})
        yield request._replace(received_at=_us(sent) + number * 400_000)


@_requests.register
def _(sent: Press) -> Iterator[Request]:
    for number in range(sent.frames):
        received = _us(sent) + number * 400_000
        request = _request(sent, "button", "arp", "CAPTURE", "/frame/eth0", _asks(sent.address), {})
        yield request._replace(received_at=received)


@_requests.register
def _(sent: Alive) -> Iterator[Request]:
    told = {
        "collector": sent.collector,
        "covered_s": sent.covered_s,
        "last_frame_at": None,
        "frames": sent.frames,
        "unlisted": 40,
        "drops": sent.drops,
    }
    yield _request(sent, "button", "arp", "CAPTURE", f"/heartbeat/{sent.interface}", _json(told), {})


@_requests.register
def _(sent: ByHand) -> Iterator[Request]:
    told = {"kind": sent.kind, "item": sent.item, "at_us": round(sent.pressed.timestamp() * 1e6), "note": ""}
    yield _request(sent, "button", "arp", "CAPTURE", "/manual", _json(told), {})


@_requests.register
def _(sent: Minute) -> Iterator[Request]:
    samples = [[round(moment.timestamp() * 1000), round(idle_s * 1000)] for moment, idle_s in sent.samples]
    told = {"device_id": f"pc:{sent.pc}", "every_s": sent.every_s, "backend": "x11", "samples": samples}
    yield _request(sent, "pc_idle", "agent", "POST", "/samples", _json(told), JSON)


@_requests.register
def _(sent: Bytes) -> Iterator[Request]:
    yield _request(sent, sent.source, "http", sent.method, sent.path, sent.body, sent.headers)._replace(
        query=sent.query
    )


def _request(  # noqa: PLR0917 - the parts of a request, in their order
    sent: Sent, source: str, transport: str, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> Request:
    return Request(source, _us(sent), "192.0.2.7", transport, method, path, dict(headers), "", body)


def _us(sent: Sent) -> int:
    return round(sent.received.timestamp() * 1e6)


def _iso(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _asks(address: str) -> bytes:
    """An ARP request of a station for the gateway, padded to the 60 bytes of a wire."""
    station = bytes.fromhex(address.replace(":", ""))
    head = b"\xff" * 6 + station + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1)
    return (head + station + bytes((10, 0, 1, station[-1])) + b"\0" * 6 + bytes((10, 0, 0, 1))).ljust(60, b"\0")


def _json(told: object) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()
