"""What telltale.toml says of Sigfox: how callbacks are spelt, what payloads mean, how quantities are called.

    [sources.sigfox]                          devices that no type below fits
    payload = "temp::int:8"                   their custom payload config; "" decodes no payload
    secret_header = "x-telltale-secret"       where a callback may carry its secret, besides Authorization
    [sources.sigfox.quantities]
    temp = { name = "temperature", unit = "°C", scale = 0.1, offset = 0.0 }

    [sources.sigfox.types.fridges]            a device type
    ids = ["5d8cdc8fe833d917af…"]             its deviceTypeId in the backend (more where it was copied)
    devices = ["2d24e6"]                      or single devices
    payload = "temperature::float:32"
    quantities = { temperature = { unit = "°C" } }
    activity = "bitmap"                       its payload tells of a PC's use: levels or bitmap (minutes.py)

    [sources.sigfox.endpoints.fridges]        callbacks sent to /sigfox/uplink/fridges; also uplink, data, messages, …
    type = "fridges"                          the type of devices that no type names
    sequence = "hex"                          how seqNumber is posted: decimal or hex
    fields = { device = "id", time = "ts" }   variable = the name your template gives it
    pattern = "{device};{time};{data}"        many in one callback, a line each, as the backend's line pattern says

Of several types that fit, the one that lists the device wins, then the one with its deviceTypeId, then the endpoint's.

Source: wire/sigfox.md 1.1 (names are the owner's), 2.3 (a bad config is refused when saved).
"""

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from telltale.contract import ConfigError, Options
from telltale.sources.sigfox import lines
from telltale.sources.sigfox.callback import VARIABLES
from telltale.sources.sigfox.ids import id_of
from telltale.sources.sigfox.kinds import BATCH, Place
from telltale.sources.sigfox.payload import PAYLOAD_BYTES, BadConfigError, Slot, bytes_read, layout

log = logging.getLogger("telltale.sigfox")

_SECTION = "telltale.toml [sources.sigfox]"
_DEFAULT_PATTERN = lines.pattern(lines.DEFAULT)
_Text = Annotated[str, Meta(min_length=1, max_length=64)]


class Quantity(Struct, frozen=True, forbid_unknown_fields=True):
    """How a field is called and scaled: value × scale + offset."""

    name: str = ""
    unit: str = ""
    scale: float = 1
    offset: float = 0


class Endpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """How the callbacks of one address are spelt."""

    type: str = ""
    sequence: Literal["decimal", "hex"] = "decimal"
    fields: dict[str, _Text] = {}
    pattern: str = ""


class _Type(Struct, frozen=True, forbid_unknown_fields=True):
    ids: list[str] = []
    devices: list[str] = []
    payload: str = ""
    quantities: dict[str, Quantity] = {}
    activity: Literal["", "levels", "bitmap"] = ""


class _Options(Struct, frozen=True, forbid_unknown_fields=True):
    payload: str = ""
    secret_header: _Text = "x-telltale-secret"  # noqa: S105 - a header's name
    quantities: dict[str, Quantity] = {}
    types: dict[str, _Type] = {}
    endpoints: dict[str, Endpoint] = {}


class Kind(NamedTuple):
    """A device type: where its fields lie, how they are called, and how its payload tells of a PC's use."""

    slots: tuple[Slot, ...]
    quantities: Mapping[str, Quantity]
    activity: str = ""


class Plan(NamedTuple):
    """The options, checked and ready to use."""

    secret_header: str
    default: Kind
    by_name: Mapping[str, Kind]
    by_id: Mapping[str, Kind]
    by_device: Mapping[str, Kind]
    endpoints: Mapping[str, Endpoint]
    patterns: Mapping[str, lines.Pattern]

    def pattern(self, where: Place) -> lines.Pattern | None:
        """The pattern of the lines sent there; None where a callback is one of its kind."""
        return self.patterns.get(where.endpoint) or (_DEFAULT_PATTERN if where.kind == BATCH else None)

    def endpoint(self, name: str) -> Endpoint:
        """How callbacks to this endpoint are spelt; one that is not configured as the backend suggests."""
        return self.endpoints.get(name, Endpoint())

    def kind(self, device: str, type_id: str, endpoint: Endpoint) -> Kind:
        """What the payload of a device means."""
        return (
            self.by_device.get(device)
            or self.by_id.get(type_id)
            or self.by_name.get(endpoint.type)
            or self.default
        )  # fmt: skip


def plan(options: Options) -> Plan:
    """The plan of these options; a config that reads beyond 12 bytes is logged as a warning.

    Raises:
        ConfigError: a key or value is not understood; the sentence names it.
    """
    return _plan(json.dumps(options, sort_keys=True, default=str))


@lru_cache(maxsize=64)
def _plan(options: str) -> Plan:
    try:
        told = msgspec.json.decode(options, type=_Options)
    except msgspec.DecodeError as error:
        raise ConfigError(f'{_SECTION}: {error}; "telltale init" writes every key with an example') from None
    by_name = {
        name: _kind(f"types.{name}", kind.payload, kind.quantities)._replace(activity=kind.activity)
        for name, kind in told.types.items()
    }
    for name, endpoint in told.endpoints.items():
        _check(name, endpoint, by_name)
    return Plan(
        told.secret_header.lower(),
        _kind("", told.payload, told.quantities),
        by_name,
        {one.lower(): by_name[name] for name, kind in told.types.items() for one in kind.ids},
        {_device(name, one): by_name[name] for name, kind in told.types.items() for one in kind.devices},
        told.endpoints,
        {name: _pattern(name, endpoint.pattern) for name, endpoint in told.endpoints.items() if endpoint.pattern},
    )


def _kind(section: str, payload: str, quantities: dict[str, Quantity]) -> Kind:
    place = f"{_SECTION[:-1]}.{section}]" if section else _SECTION
    try:
        slots = layout(payload)
    except BadConfigError as error:
        raise ConfigError(f"{place} payload: {error}") from None
    if bytes_read(slots) > PAYLOAD_BYTES:
        beyond = ", ".join(slot.name for slot in slots if slot.end > 8 * PAYLOAD_BYTES)
        log.warning("%s payload: %s lies beyond the %d bytes of an uplink", place, beyond, PAYLOAD_BYTES)
    return Kind(slots, quantities)


def _pattern(name: str, text: str) -> lines.Pattern:
    try:
        return lines.pattern(text)
    except ConfigError as error:
        raise ConfigError(f"{_SECTION[:-1]}.endpoints.{name}] {error}") from None


def _check(name: str, endpoint: Endpoint, types: Mapping[str, Kind]) -> None:
    place = f"{_SECTION[:-1]}.endpoints.{name}]"
    if endpoint.type and endpoint.type not in types:
        known = ", ".join(sorted(types)) or "none"
        raise ConfigError(
            f'{place} type = "{endpoint.type}": expected a type of [sources.sigfox.types]; known: {known}'
        )
    for variable in endpoint.fields:
        if variable not in VARIABLES:
            raise ConfigError(f'{place} fields: no variable "{variable}"; known: {", ".join(VARIABLES)}')


def _device(name: str, text: str) -> str:
    found = id_of(text)
    if found is None:
        raise ConfigError(f"{_SECTION[:-1]}.types.{name}] devices: {text[:40]!r}, expected 1 to 8 hex digits")
    return found.partition(":")[2]
