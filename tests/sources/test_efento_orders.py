"""What another program asks of a sensor: judged as on the command line, queued once, one sentence where it is wrong."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.contract import Known, Memory, Order, Refused
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.sources.efento.downlink import change, settable
from telltale.sources.efento.orders import MOST_WAITING, take
from telltale.sources.efento.queue import pending
from telltale.sources.efento.replies import REPORTED, SENT, WANTED
from tests.collectors.coap import C

SERIAL, DEVICE = "282C024156AF", "efento:282c024156af"
NOW = 1_795_161_600
"""2026-11-20T08:00:00Z."""


class Sensors:
    """What is remembered of sensors, as the store keeps it."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Mapping[str, Any]]] = {}

    def ask(self, now_s: int = NOW, **body: Any) -> dict[str, Any]:
        order = take(json.dumps(body).encode(), self.known, now_s)
        self.remember(*order.remember)
        return json.loads(json.dumps(order.answer))  # type: ignore[no-any-return] # of this test's own

    def remember(self, *memories: Memory) -> None:
        for memory in memories:
            self.known.setdefault(memory.device_id, {})[memory.name] = json.loads(json.dumps(memory.value))

    def states(self) -> list[tuple[dict[str, str], str]]:
        return [(each.change, each.state) for each in pending(self.known)]

    def sent(self, number: int, state: str) -> None:
        facts = {"state": state, "at": NOW + 1, "hash": 1}
        self.remember(Memory(DEVICE, SENT, {**self.known[DEVICE].get(SENT, {}), str(number): facts}))


def test_an_order_is_queued_and_answered() -> None:
    sensors = Sensors()
    assert sensors.ask(device=SERIAL, change={"supervision_period": 640}) == {
        "device": DEVICE,
        "is_heard": False,
        "is_queued": True,
        "changes": [
            {"change": {"supervision_period": "640"}, "state": "waiting", "queued_at": "2026-11-20T08:00:00Z",
             "sent_at": None, "errors": []},
        ],
    }  # fmt: skip
    (queued,) = sensors.known[DEVICE][WANTED]["changes"]
    assert queued["payload"] == "e8018005"


def test_values_are_those_of_the_command_line() -> None:
    """Literal payloads of wire/efento.md 4: numbers, true, texts, hex digits, lists of messages."""
    sensors = Sensors()
    asked = {
        "ble_turnoff_time": 4294967295, "device_info_endpoint": "info", "network_key": "7f",
        "disable_modem_request": "60", "rules": [{"channel_mask": 1, "condition": "CONDITION_DISABLED"}],
        "clear_runtime_errors_request": True,
    }  # fmt: skip
    answer = sensors.ask(device=SERIAL, change=asked)
    pairs = [
        'ble_turnoff_time=4294967295', 'device_info_endpoint=info', 'network_key=7f', 'disable_modem_request=60',
        'rules=[{"channel_mask": 1, "condition": "CONDITION_DISABLED"}]', 'clear_runtime_errors_request=true',
    ]  # fmt: skip
    assert sensors.known[DEVICE][WANTED]["changes"][0]["payload"] == change(pairs).payload.hex()
    assert answer["changes"][0]["change"]["network_key"] == "***", "a key is never shown"


def test_what_belongs_together_is_filled_in_from_what_the_sensor_reported() -> None:
    sensors = Sensors()
    body = settable(ProtoConfig.FromString(C)).SerializeToString().hex()
    sensors.remember(Memory(DEVICE, REPORTED, {"body": body}))
    assert sensors.ask(device=SERIAL, change={"transmission_interval": 600})["is_heard"]
    message = ProtoConfig.FromString(bytes.fromhex(sensors.known[DEVICE][WANTED]["changes"][0]["payload"]))
    assert (message.transmission_interval, message.ack_interval) == (600, 0xFFFFFFFF)


REPEATS = [
    ("waiting", NOW + 90 * 86_400, False),
    ("sent", NOW + 90 * 86_400, False),
    ("applied", NOW + 86_399, False),
    ("applied", NOW + 86_400, True),  # somebody may have set the sensor back by hand
    ("refused", NOW + 60, True),
]


@pytest.mark.parametrize(("state", "now_s", "is_queued"), REPEATS)
def test_the_same_order_again_does_no_harm(state: str, now_s: int, is_queued: bool) -> None:
    sensors = Sensors()
    sensors.ask(device=SERIAL, change={"supervision_period": 640})
    if state != "waiting":
        sensors.sent(1, state)
    assert sensors.ask(now_s, device=SERIAL.lower(), change={"supervision_period": "640"})["is_queued"] is is_queued
    waiting = [each for each, state in sensors.states() if state == "waiting"]
    assert len(waiting) == (is_queued or state == "waiting")


def test_an_order_whose_field_was_asked_otherwise_since_is_a_new_one() -> None:
    sensors = Sensors()
    for seconds in (640, 700, 640):
        assert sensors.ask(device=SERIAL, change={"supervision_period": seconds})["is_queued"]
    assert sensors.ask(device=SERIAL, change={"ble_tx_power_level": 2})["is_queued"]
    assert not sensors.ask(device=SERIAL, change={"supervision_period": 640})["is_queued"], "still the last word on it"
    assert [list(change.values()) for change, _ in sensors.states()] == [["640"], ["700"], ["640"], ["2"]]


def test_what_waits_can_be_withdrawn_and_replaced() -> None:
    sensors = Sensors()
    sensors.ask(device=SERIAL, change={"supervision_period": 640})
    answer = sensors.ask(device=SERIAL, change={"supervision_period": 700}, withdraw=True)
    assert [each["change"] for each in answer["changes"]] == [{"supervision_period": "700"}]
    assert sensors.ask(device=SERIAL, withdraw=True)["changes"] == []


MISTAKES: list[tuple[bytes, int, str]] = [
    (b"", 400, "expected JSON such as"),
    (b"[]", 400, "expected JSON such as"),
    (b"\xff", 400, "expected JSON such as"),
    (b"[" * 10_000, 400, "expected JSON such as"),
    (b'{"change": {"supervision_period": 640}}', 400, "`device`"),
    (b'{"device": 7, "change": {"supervision_period": 640}}', 400, "`\\$.device`"),
    (b'{"device": "12", "change": {"supervision_period": 640}}', 400, '"12" is no serial number'),
    (b'{"device": "%s", "change": {"a": 1}}' % (b"x" * 41), 400, "41 characters"),
    (b'{"device": "282C024156AF"}', 400, "nothing to change"),
    (b'{"device": "282C024156AF", "chnge": {"a": 1}}', 400, 'did you mean "change"'),
    (b'{"device": "282C024156AF", "change": {"suprvision_period": 640}}', 400, 'did you mean "supervision_period"'),
    (b'{"device": "282C024156AF", "change": {"supervision_period": 5}}', 400, "from 180 to 604800 or 4294967295"),
    (b'{"device": "282C024156AF", "change": {"supervision_period": null}}', 400, "from 180 to 604800"),
    (b'{"device": "282C024156AF", "change": {"supervision_period": 1e99}}', 400, "from 180 to 604800"),
    (b'{"device": "282C024156AF", "change": {"ble_tx_power_level": true}}', 400, "ble_tx_power_level"),
    (
        b'{"device": "282C024156AF", "change": {"transmission_interval": 600}}',
        400,
        "belongs together with ack_interval",
    ),
    (b'{"device": "282C024156AF", "change": {"reset_memory_request": true}}', 400, "erases all measurements"),
    (b'{"device": "282C024156AF", "change": {"configuration_hash": 1}}', 400, "cannot be set"),
    (b'{"device": "282C024156AF", "change": {"rules": [7]}}', 400, "rules: "),
]


@pytest.mark.parametrize(("body", "status", "said"), MISTAKES, ids=[row[2][:30] for row in MISTAKES])
def test_a_mistake_is_one_sentence_and_queues_nothing(body: bytes, status: int, said: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        take(body, {}, NOW)
    assert (caught.value.status, "\n" in str(caught.value)) == (status, False)


def test_to_erase_is_said_twice() -> None:
    sensors = Sensors()
    assert sensors.ask(device=SERIAL, change={"reset_memory_request": True}, erase=True)["is_queued"]


def test_a_key_that_is_wrong_is_not_quoted() -> None:
    with pytest.raises(Refused) as caught:
        take(b'{"device": "282C024156AF", "change": {"network_key": "geheim"}}', {}, NOW)
    assert "geheim" not in str(caught.value)


def test_so_many_changes_of_one_sensor_wait() -> None:
    sensors = Sensors()
    for seconds in range(MOST_WAITING):
        sensors.ask(device=SERIAL, change={"supervision_period": 600 + seconds})
    with pytest.raises(Refused, match="withdraw them first") as caught:
        sensors.ask(device=SERIAL, change={"supervision_period": 599})
    assert (caught.value.status, len(sensors.states())) == (409, MOST_WAITING)
    assert not sensors.ask(device=SERIAL, change={"supervision_period": 600 + MOST_WAITING - 1})["is_queued"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from([*ProtoConfig.DESCRIPTOR.fields_by_name]) | st.text(max_size=9)


@given(st.dictionaries(keys, values, max_size=3), st.booleans())
def test_whatever_is_asked_is_queued_or_refused(asked: dict[str, Any], erase: bool) -> None:
    known: Known = {}
    with suppress(Refused):
        order = take(json.dumps({"device": SERIAL, "change": asked, "erase": erase}).encode(), known, NOW)
        assert isinstance(order, Order)
        ProtoConfig.FromString(bytes.fromhex(order.remember[0].value["changes"][0]["payload"]))
        assert not take(json.dumps({"device": SERIAL, "change": asked, "erase": erase}).encode(),
                        {DEVICE: {each.name: each.value for each in order.remember}}, NOW).remember  # fmt: skip
