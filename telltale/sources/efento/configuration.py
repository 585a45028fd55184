"""A sensor's configuration as named facts: numbers that stand for words are words, masks lists, secrets stars.

    a duration or limit that is off           "off", "always", "every message"
    apn 0x7F, plmn 1000000                    "automatic"; other texts of 0x7F "none"
    modem_bands_mask                          the numbers of the bands
    rules                                     channels, condition, its parameters by name, action
    calendars                                 rules, days, from and to (minutes of the day), zone in quarter hours
    apn_password                              "***", and so is a cloud token that is not all zeros

A configuration may come in parts: `payload_split_info` −n is part n with more to come, +n the last of n.

Source: wire/efento.md 4, 4.1, 4.2, section 5.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.extended_configuration_pb2 import ProtoExtendedConfiguration
from telltale.sources.efento.kinds import EMPTY, kind
from telltale.sources.efento.wire import NEVER, SECOND_US, dumped

HIDDEN = "***"
_SPLIT = "payload_split_info"
_OFF_16 = 65535
BANDS = (1, 2, 3, 4, 5, 8, 12, 13, 17, 18, 19, 20, 25, 26, 28, 66, 71, 85, 70)
"""The band of each bit of the mask."""
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_WORDS: dict[str, dict[int, str]] = {
    "ble_turnoff_time": {NEVER: "always on"},
    "ack_interval": {NEVER: "every message"},
    "transfer_limit": {_OFF_16: "off"},
    "transfer_limit_timer": {_OFF_16: "off"},
    "plmn_selection": {1_000_000: "automatic", NEVER: "automatic"},
    "cloud_token_config": {1: "cloud_token", 2: "modem_identification", 255: "none"},
    "supervision_period": {NEVER: "off"},
    "cloud_token_coap_option": {65000: "in payload"},
    "payload_signature_coap_option": {65000: "none"},
    "modem_identification_coap_option": {65000: "none"},
    "dns_ttl_config": {864_001: "of the server", 864_002: "only after a failure"},
    "network_troubleshooting": {1: "off", 2: "on"},
    "nvm_status": {1: "defaults restored", 2: "storage failed"},
}
_PREFIXES = ("CONDITION_", "ACTION_", "LOGIC_OPERATOR_", "CALENDAR_TYPE_", "BLE_ADVERTISING_PERIOD_MODE_")
_TWO_MEANINGS = 8
"""A condition that 06.21 and 07.02 name differently; a configuration does not tell its firmware."""
_MODES = {1: "moving_average", 2: "window_average", 3: "consecutive_samples"}
_THRESHOLD = ("threshold", "hysteresis", "mode", "samples", "type")
_PARAMETERS = {
    2: _THRESHOLD,
    3: _THRESHOLD,
    4: ("difference", "mode", "samples", "type"),
    6: ("operator", "rules", "negated", "delay_s", "return_delay_s"),
    7: ("every", "rules", "negated"),
}
"""The parameters of a rule by its condition."""


def row(device: str, config: ProtoConfig, received_at: int) -> tuple[Any, ...]:
    """The row of table `device_config` that a configuration, or a part of one, makes; in the order of its columns."""
    changed = config.configuration_hash_timestamp
    changed_at = changed * SECOND_US if changed else received_at
    return (
        device,
        f"{config.configuration_hash:08x}",
        part(config.payload_split_info),
        changed_at,
        dumped(facts(config)),
    )


def extended_row(device: str, extended: ProtoExtendedConfiguration, received_at: int) -> tuple[Any, ...]:
    """The same of an extended configuration; its hash is told apart by a letter."""
    told = MessageToDict(extended, preserving_proto_field_name=True)
    told["serial_number"] = extended.serial_number.hex().upper()
    if extended.cloud_token:
        told["cloud_token"] = _token(extended.cloud_token)
    return device, f"x{extended.extended_configuration_hash:08x}", 0, received_at, dumped(told)


def part(split: int) -> int:
    """The number of the part; 0 for a whole configuration, which real sensors write as the last of one."""
    return 0 if split in {0, 1} else abs(split)


def merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of all parts of a configuration, in their order: lists go on, other facts come once."""
    whole: dict[str, Any] = {}
    for facts_of_part in parts:
        for name, value in facts_of_part.items():
            known = whole.get(name)
            whole[name] = known + value if isinstance(known, list) and isinstance(value, list) else value
    return whole


class Whole(NamedTuple):
    """A configuration, its parts merged."""

    device_id: str
    hash: str
    changed_at: Any
    """The moment its newest part tells."""
    parts: int
    """How many came."""
    missing: tuple[int, ...] | None
    """The parts that did not come; None where the last one did not, so that nobody knows how many there are."""
    config: dict[str, Any]


def wholes(rows: Iterable[Mapping[str, Any]]) -> list[Whole]:
    """The configurations that rows of table `device_config` make, the newest of each device last.

    Parts belong together by device and hash, in whichever order they came; of one that came again the newest counts,
    and one that was told whole needs no parts.
    """
    found: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["received_at"], row["raw_id"])):
        found.setdefault((row["device_id"], row["hash"]), {})[row["part"]] = row
    merging = [_whole(*key, parts) for key, parts in found.items()]
    return sorted(merging, key=lambda whole: (whole.device_id, whole.changed_at, whole.hash))


def _whole(device: str, mark: str, parts: Mapping[int, Mapping[str, Any]]) -> Whole:
    told = {number: json.loads(parts[number]["config"] or "{}") for number in sorted(parts)}
    told = {0: told[0]} if 0 in told else told
    last = max((number for number, config in told.items() if config.get(_SPLIT, number) >= 0), default=None)
    missing = None if last is None else tuple(number for number in range(1, last + 1) if number not in told)
    config = {name: value for name, value in merged(told.values()).items() if name != _SPLIT}
    newest = max(parts[number]["changed_at"] for number in told)
    return Whole(device, mark, newest, len(told), missing, config)


def facts(config: ProtoConfig) -> dict[str, Any]:
    """The configuration by names; what is absent is left out."""
    told: dict[str, Any] = {}
    for field, value in config.ListFields():
        show = _SHOWN.get(field.name)
        if show is not None:
            told[field.name] = show(value)
        elif isinstance(value, int) and field.name in _WORDS:
            told[field.name] = _WORDS[field.name].get(value, value)
        else:
            told[field.name] = value
    plain = MessageToDict(config, preserving_proto_field_name=True)
    return {name: plain[name] if _is_message(value) else value for name, value in told.items()}


def _is_message(value: Any) -> bool:
    """Whether a value is still protobuf's own: a message, or a list of any kind."""
    return not isinstance(value, str | int | bool | list | dict)


def _rules(rules: Any) -> list[dict[str, Any]]:
    return [
        {
            "channels": _bits(rule.channel_mask),
            "condition": _enum(rule, "condition"),
            **_rule_parameters(rule.condition, rule.parameters),
            **({"action": _enum(rule, "action")} if rule.action else {}),
        }
        for rule in rules
    ]


def _rule_parameters(condition: int, parameters: Iterable[int]) -> dict[str, Any]:
    names, numbers = _PARAMETERS.get(condition, ()), list(parameters)
    told: dict[str, Any] = dict(zip(names, numbers, strict=False))
    for name, words in (("mode", _MODES), ("operator", {1: "and", 2: "or"})):
        if name in told:
            told[name] = words.get(told[name], told[name])
    for name in {"rules", "negated"} & told.keys():
        told[name] = _bits(told[name])
    if "type" in told:
        told["type"] = kind(told["type"]).quantity
    return told | ({"further": numbers[len(names) :]} if len(numbers) > len(names) else {})


def _calendars(calendars: Any) -> list[dict[str, Any]]:
    told = []
    for calendar in calendars:
        facts_of_one: dict[str, Any] = {"type": _enum(calendar, "type"), "rules": _bits(calendar.rule_mask)}
        numbers = list(calendar.parameters)
        if calendar.type == 2 and len(numbers) == 4:
            days = [day for bit, day in enumerate(DAYS) if numbers[0] >> bit & 1]
            facts_of_one |= {"days": days, "from_min": numbers[1], "to_min": numbers[2], "zone_quarters": numbers[3]}
        elif numbers:
            facts_of_one["parameters"] = numbers
        told.append(facts_of_one)
    return told


def _bits(mask: int) -> list[int]:
    """The places of the bits that are set, from 1."""
    return [place + 1 for place in range(32) if mask >> place & 1]


def _enum(message: Any, name: str) -> str:
    """A value of an enum as a lower-case word; the number where it has none."""
    value, field = getattr(message, name), message.DESCRIPTOR.fields_by_name[name]
    known = field.enum_type.values_by_number.get(value)
    if known is None or (name, value) == ("condition", _TWO_MEANINGS):
        return str(value)
    prefix = next((prefix for prefix in _PREFIXES if known.name.startswith(prefix)), "")
    return str(known.name).removeprefix(prefix).lower()


def _types(numbers: Iterable[int]) -> list[str]:
    return ["" if number == EMPTY else kind(number).quantity for number in numbers]


def _bands(mask: int) -> list[int]:
    return [band for bit, band in enumerate(BANDS) if mask >> bit & 1]


def _dns(octets: Iterable[int]) -> str:
    text = ".".join(map(str, octets))
    return "of the network" if text == "255.255.255.255" else text


def _cellular(numbers: Any) -> list[int]:
    """The first item says how many of the others are used."""
    return list(numbers[1:])[: numbers[0]] if numbers else []


def _token(text: str) -> str:
    return HIDDEN if text.strip("0-") else text


def _none(text: str) -> str:
    return "none" if text == "\x7f" else text


def _key(value: bytes) -> str:
    return "off" if value == b"\x7f" else value.hex()


_SHOWN: dict[str, Callable[[Any], Any]] = {
    "serial_number": lambda value: value.hex().upper(),
    "apn": lambda value: "automatic" if value == "\x7f" else value,
    "apn_username": _none,
    "apn_password": lambda value: "none" if value == "\x7f" else HIDDEN,
    "cloud_token": _token,
    "network_key": _key,
    "encryption_key": _key,
    "channel_types": _types,
    "modem_bands_mask": _bands,
    "rules": _rules,
    "calendars": _calendars,
    "dns_server_ip": _dns,
    "cellular_config_params": _cellular,
}
"""How a field is shown that is neither itself nor one of `_WORDS`."""
