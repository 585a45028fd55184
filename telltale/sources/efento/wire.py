"""The bytes of Efento's messages into typed messages, and what several of them share.

    endpoint   message
    m          ProtoMeasurements
    i          ProtoDeviceInfo
    c          ProtoConfig
    extended   ProtoExtendedConfiguration (firmware 07)
    t          nothing; the answer is the time

Names of endpoints are set in the sensor, and the collector knows them; a record's path ends in these.

Source: wire/efento.md 1, 4, 5, 6, 7.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

from google.protobuf.message import DecodeError as ProtobufError  # type: ignore[import-untyped]

from telltale.contract import DecodeError
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo
from telltale.pb.efento.extended_configuration_pb2 import ProtoExtendedConfiguration
from telltale.pb.efento.measurements_pb2 import ProtoMeasurements

SECOND_US = 1_000_000
NEVER = 0xFFFFFFFF
"""How the sensor writes that a moment or a duration is none."""
SERIAL_BYTES = 6

MEASUREMENTS, INFO, CONFIGURATION, TIME, EXTENDED = "m", "i", "c", "t", "extended"
ENDPOINTS = (MEASUREMENTS, INFO, CONFIGURATION, TIME, EXTENDED)
"""The sensor's own names, as it is delivered."""

_Message = TypeVar("_Message", ProtoMeasurements, ProtoDeviceInfo, ProtoConfig, ProtoExtendedConfiguration)


@lru_cache(maxsize=256)  # a sender says the same of every record
def endpoint_of(meta: str) -> str:
    """Which of `ENDPOINTS` a record came to, by its `meta`.

    Raises:
        DecodeError: `unknown_endpoint`.
    """
    path = str(json.loads(meta).get("path", ""))
    last = path.rpartition("/")[2]
    if last not in ENDPOINTS:
        raise DecodeError("unknown_endpoint", f'path "{path[:64]}" is none of {", ".join(ENDPOINTS)}')
    return last


def parsed(kind: type[_Message], body: bytes) -> _Message:
    """The message of these bytes.

    Raises:
        DecodeError: `bad_protobuf`.
    """
    try:
        message: _Message = kind.FromString(body)
    except ProtobufError:
        raise DecodeError("bad_protobuf", f"{len(body)} bytes are no {kind.__name__}: {body[:16].hex()}") from None
    return message


@lru_cache(maxsize=4096)
def device_id(serial: bytes) -> str:
    """`efento:` and the serial number in lower-case hex.

    Raises:
        DecodeError: `bad_serial`: it is not six bytes long.
    """
    if len(serial) != SERIAL_BYTES:
        raise DecodeError("bad_serial", f"serial number of {len(serial)} bytes, expected {SERIAL_BYTES}")
    return f"efento:{serial.hex()}"


def version(number: int) -> str:
    """`06.10` of 0x060A."""
    return f"{number >> 8:02d}.{number & 0xFF:02d}"


def dumped(told: Mapping[str, object]) -> str | None:
    """Facts as JSON text; None for none."""
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False) if told else None
