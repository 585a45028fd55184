"""A change of a sensor's configuration that another program asks for: `POST /efento/configure`.

    {"device": "282C024156AF", "change": {"transmission_interval": 600, "ack_interval": 1800}}

    device    the serial number as it is printed on the sensor, or its device id
    change    fields of ProtoConfig with their values, judged as those of `telltale efento configure` are: numbers, true
              or false, texts, hex digits for bytes, lists and objects
    withdraw  true takes back what was not sent yet, before `change` if there is one
    erase     true allows reset_memory_request, which erases the sensor's measurements

The answer lists what is queued for the sensor, and what became of it. Who gets no answer may send the same again: what
already is the last word on its fields, and is waiting, was sent, or was applied within a day, is not queued twice.

Source: wire/efento.md 4.1, 7; the fields themselves in downlink.py.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from telltale.contract import ConfigError, Known, Memory, Order, Orders, Refused, did_you_mean
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.sources.efento.downlink import Change, change_of
from telltale.sources.efento.queue import Queued, device_of, pending, queued, reported, withdrawn
from telltale.sources.efento.replies import DAY_S, MOST_DEVICES, WANTED

MOST_WAITING = 20
"""Changes of one sensor that wait: it takes one at a time, and tells what became of it some hours later."""
_KEYS = ("device", "change", "withdraw", "erase")
_LONGEST_DEVICE = 40


class _Body(msgspec.Struct):
    device: str
    change: dict[str, Any] = {}
    withdraw: bool = False
    erase: bool = False


def take(body: bytes, known: Known, now_s: int) -> Order:
    """What to remember of an order, and the answer.

    Raises:
        Refused: 400 it is no order, or not one a sensor can take; 409 too much waits already.
    """
    order = _read(body)
    try:
        device = device_of(order.device)
        given = {key: _text(value) for key, value in order.change.items()}
        change = change_of(given, reported(known.get(device, {})), erase=order.erase) if given else None
    except ConfigError as error:
        raise Refused(400, "bad_order", str(error)) from None
    remembered = dict(known.get(device, {}))
    new: dict[str, Memory] = {}
    if order.withdraw:
        _note(new, remembered, withdrawn(device, remembered))
    is_new = change is not None and not _is_said(device, remembered, change, now_s)
    if change is not None and is_new:
        _check_room(device, known, remembered)
        _note(new, remembered, queued(device, remembered, change, now_s))
    changes = [_shown(each) for each in pending({device: remembered})]
    answer = {"device": device, "is_heard": _is_heard(known.get(device, {})), "is_queued": is_new, "changes": changes}
    return Order(tuple(new.values()), answer)


_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["device"],
    "properties": {
        "device": {
            "type": "string",
            "maxLength": _LONGEST_DEVICE,
            "description": "the serial number, or the device id",
        },
        "change": {"type": "object", "description": "fields of ProtoConfig with their values"},
        "withdraw": {"type": "boolean", "description": "take back what was not sent yet"},
        "erase": {"type": "boolean", "description": "allow reset_memory_request"},
    },
    "examples": [{"device": "282C024156AF", "change": {"transmission_interval": 600, "ack_interval": 1800}}],
}
ORDERS = Orders("/efento/configure", take, _SCHEMA)


def _read(body: bytes) -> _Body:
    try:
        told = msgspec.json.decode(body)
        unknown = [key for key in told if key not in _KEYS] if isinstance(told, dict) else []
        if unknown:
            hint = did_you_mean(unknown[0][:40], _KEYS)
            raise Refused(400, "bad_order", f'"{unknown[0][:40]}": expected {", ".join(_KEYS)}{hint}')
        order = msgspec.convert(told, _Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        expected = 'expected JSON such as {"device": "282C024156AF", "change": {"supervision_period": 86400}}'
        raise Refused(400, "bad_order", f"{str(error)[:200]}; {expected}") from None
    if len(order.device) > _LONGEST_DEVICE:
        raise Refused(400, "bad_order", f"device: {len(order.device)} characters, expected a serial number")
    if not order.change and not order.withdraw:
        raise Refused(400, "bad_order", "nothing to change: expected change with a field, or withdraw, true")
    return order


def _text(value: object) -> str:
    """A value as the command line writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def _note(new: dict[str, Memory], remembered: dict[str, Mapping[str, Any]], memory: Memory) -> None:
    """Remember from now on, for what follows too."""
    new[memory.name] = memory
    remembered[memory.name] = memory.value


def _is_said(device: str, remembered: Mapping[str, Mapping[str, Any]], change: Change, now_s: int) -> bool:
    """Whether the same change stands in the list, is not over, and nothing later touches a field of it."""
    listed = remembered.get(WANTED, {}).get("changes", ())
    fields = _fields(change.payload)
    for former, state in zip(reversed(listed), reversed(list(pending({device: remembered}))), strict=True):
        payload = bytes.fromhex(former["payload"])
        if payload == change.payload:
            return state.state in {"waiting", "sent"} or (
                state.state == "applied" and now_s - former["queued_at"] < DAY_S
            )
        if fields & _fields(payload):
            return False
    return False


def _fields(payload: bytes) -> set[str]:
    return {field.name for field, _value in ProtoConfig.FromString(payload).ListFields()}


def _check_room(device: str, known: Known, remembered: Mapping[str, Mapping[str, Any]]) -> None:
    waiting = sum(each.state == "waiting" for each in pending({device: remembered}))
    if waiting >= MOST_WAITING:
        sentence = (
            f"{waiting} changes of {device} wait already, expected fewer than {MOST_WAITING}; withdraw them first"
        )
        raise Refused(409, "too_many_waiting", sentence)
    if device not in known and len(known) >= MOST_DEVICES:
        sentence = f"{len(known):,} sensors are remembered, and {device} is none of them; check the serial number"
        raise Refused(409, "too_many_devices", sentence)


def _is_heard(remembered: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the sensor ever said something: for one that did not, the serial number may be wrong."""
    return bool(remembered.keys() - {WANTED})


def _shown(each: Queued) -> dict[str, Any]:
    return {
        "change": each.change,
        "state": each.state,
        "queued_at": _moment(each.queued_at),
        "sent_at": None if each.sent_at is None else _moment(each.sent_at),
        "errors": list(each.errors),
    }


def _moment(at_s: int) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
