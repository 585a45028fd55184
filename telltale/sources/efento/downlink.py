"""A change of a sensor's configuration: from `key=value` to the ProtoConfig that carries it.

    telltale efento configure 282C024156AF transmission_interval=600 ack_interval=1800

Keys are the field names of ProtoConfig; values numbers, true or false, texts, hex digits for bytes, JSON for lists and
messages. Fields of one group belong together when they are set: those not given are taken from the configuration the
sensor last reported. What only the sensor says (its hash, its errors) and the requests that replies make by themselves
cannot be set.

Source: wire/efento.md 4 (fields, bounds, groups).
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError  # type: ignore[import-untyped]

from telltale.contract import ConfigError, did_you_mean
from telltale.pb.efento.configuration_pb2 import ProtoConfig

NEVER = 0xFFFFFFFF
_GROUPS = (
    ("measurement_period_base", "measurement_period_factor"),
    ("transmission_interval", "ack_interval"),
    ("transfer_limit", "transfer_limit_timer"),
    ("data_server_ip", "data_server_port", "apn", "plmn_selection", "modem_bands_mask", "data_endpoint",
     "configuration_endpoint", "dns_server_ip", "apn_username", "apn_password", "extended_configuration_endpoint"),
    ("update_server_ip", "update_server_port_udp", "update_server_port_coap"),
    ("cloud_token_config", "cloud_token", "cloud_token_coap_option", "payload_signature_coap_option",
     "modem_identification_coap_option"),
)  # fmt: skip
_NUMBERS = {  # smallest, largest, further values
    "measurement_period_base": (1, 65535),
    "measurement_period_factor": (1, 65535),
    "transmission_interval": (60, 604800),
    "ble_turnoff_time": (60, 604800, NEVER),
    "ack_interval": (180, 2592000, NEVER),
    "transfer_limit": (1, 65535),
    "transfer_limit_timer": (1, 65535),
    "data_server_port": (1, 65535),
    "plmn_selection": (100, 1000000, NEVER),
    "disable_modem_request": (60, 604800),
    "supervision_period": (180, 604800, NEVER),
    "ble_tx_power_level": (1, 4),
    "cloud_token_config": (1, 2, 255),
    "cloud_token_coap_option": (1, 65000),
    "payload_signature_coap_option": (1, 65000),
    "modem_identification_coap_option": (1, 65000),
    "dns_ttl_config": (1, 864002),
    "network_troubleshooting": (1, 2),
    "update_server_port_udp": (1, 65535),
    "update_server_port_coap": (1, 65535),
}
_LENGTHS = {
    "data_server_ip": 31,
    "update_server_ip": 31,
    "apn": 49,
    "apn_username": 31,
    "apn_password": 31,
    "cloud_token": 36,
    "data_endpoint": 11,
    "configuration_endpoint": 11,
    "device_info_endpoint": 11,
    "time_endpoint": 11,
    "extended_configuration_endpoint": 11,
    "update_modem_request": 48,
}
ERASING = "reset_memory_request"
_SHOWN = 40
"""Characters of a key that are repeated."""
SECRET = frozenset(("apn_password", "cloud_token", "network_key", "encryption_key"))
_NOT_OURS = frozenset((
    "serial_number", "channel_types", "configuration_hash", "configuration_errors", "configuration_error_timestamp",
    "configuration_hash_timestamp", "payload_split_info",
    "current_time", "device_info_request", "configuration_request", "extended_configuration_request",
))  # fmt: skip
_FIELDS = ProtoConfig.DESCRIPTOR.fields_by_name
_KNOWN = sorted(set(_FIELDS) - _NOT_OURS)


class Change(NamedTuple):
    """What to send, and how to show it."""

    payload: bytes
    shown: dict[str, str]
    """Each key with its value; secrets as `***`."""


def change(pairs: Iterable[str], reported: bytes | None = None, *, erase: bool = False) -> Change:
    """The change these `key=value` texts ask for.

    Args:
        pairs: one text a field.
        reported: the configuration the sensor last reported, as `settable` leaves it; None before the first.
        erase: `reset_memory_request`, which erases the sensor's measurements, is meant.

    Raises:
        ConfigError: a key or value is not understood, or a group is not complete.
    """
    return change_of(dict(_pair(pair) for pair in pairs), reported, erase=erase)


def change_of(given: Mapping[str, str], reported: bytes | None = None, *, erase: bool = False) -> Change:
    """The same where key and value stand apart, as whoever asks for a change gives them; `erase` allows to erase.

    Raises:
        ConfigError: as of `change`, or it would erase the sensor's measurements.
    """
    if ERASING in given and not erase:
        raise ConfigError(
            f"{ERASING} erases all measurements of the sensor; add --erase (or erase, true) if that is meant"
        )
    for key in given:
        _settable(key)
    message = ProtoConfig()
    for key, text in given.items():
        message.MergeFrom(_field(key, text))
    for group in _GROUPS:
        if not given.keys().isdisjoint(group):
            _complete(message, group, given.keys(), reported)
    shown = {key: "***" if key in SECRET else text for key, text in given.items()}
    return Change(bytes(message.SerializeToString()), shown)


def settable(message: ProtoConfig) -> ProtoConfig:
    """The fields of a reported configuration that belong to a group, for a later change to take them from."""
    kept = ProtoConfig()
    kept.CopyFrom(message)
    grouped = {name for group in _GROUPS for name in group}
    for field, _value in message.ListFields():
        if field.name not in grouped:
            kept.ClearField(field.name)
    return kept


def _pair(pair: str) -> tuple[str, str]:
    key, found, text = pair.partition("=")
    if not found:
        raise ConfigError(f'"{key[:_SHOWN]}" has no value: expected key=value{did_you_mean(key[:_SHOWN], _KNOWN)}')
    return key, text


def _settable(key: str) -> None:
    if key not in _KNOWN:
        hint = did_you_mean(key[:_SHOWN], _KNOWN)
        raise ConfigError(f'"{key[:_SHOWN]}" cannot be set in a sensor: expected a key of ProtoConfig{hint}')


def _field(key: str, text: str) -> ProtoConfig:
    """The message with one field."""
    value = _value(key, text)
    bounds = _NUMBERS.get(key)
    if bounds and not (isinstance(value, int) and (bounds[0] <= value <= bounds[1] or value in bounds[2:])):
        further = "".join(f" or {each}" for each in bounds[2:])
        raise ConfigError(f"{key}={text}: expected an integer from {bounds[0]} to {bounds[1]}{further}")
    most = _LENGTHS.get(key)
    if most and len(text) > most:
        raise ConfigError(f"{key}: {len(text)} characters, expected at most {most}")
    try:
        message = ProtoConfig()
        ParseDict({key: value}, message)
    except (ParseError, ValueError, TypeError, RecursionError) as error:
        why = "" if key in SECRET else f" {str(error)[:200]};"  # it may quote the value
        raise ConfigError(f"{key}:{why} expected a value of proto/efento/configuration.proto") from None
    return message


def _value(key: str, text: str) -> Any:
    field = _FIELDS[key]
    if field.type == field.TYPE_STRING:
        return text
    try:
        if field.type == field.TYPE_BYTES:
            return b64encode(bytes.fromhex(text)).decode()
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(f"{key}: expected a number, true, false, JSON, or hex digits for bytes") from None


def _complete(message: ProtoConfig, group: tuple[str, ...], given: Iterable[str], reported: bytes | None) -> None:
    """Fill in the group's other fields from what the sensor reported."""
    missing = [name for name in group if name not in set(given)]
    if missing and reported is None:
        raise ConfigError(
            f"{', '.join(set(group) & set(given))} belongs together with {', '.join(missing)}, and the sensor has not "
            "reported its configuration yet; give them too, or wait for it"
        )
    former = ProtoConfig.FromString(reported or b"")
    for field, value in former.ListFields():
        if field.name in missing:
            if field.is_repeated:
                getattr(message, field.name).extend(value)
            else:
                setattr(message, field.name, value)
