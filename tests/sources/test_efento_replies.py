"""What a sensor is answered: only what is due, changes once, and what became of them."""

import copy
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.contract import ConfigError, Memory, Refused, Reply, Request, Secrets, SourceSettings
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.measurements_pb2 import ProtoMeasurements
from telltale.sources.efento import replies
from telltale.sources.efento.accept import accept
from telltale.sources.efento.downlink import Change, change, settable
from telltale.sources.efento.queue import device_of, pending, queued, reported, withdrawn
from tests.collectors.coap import C, I, M

NOW = 1_694_006_240
DAY = 86_400
CONFIGURATION, INFO, NOTHING = bytes.fromhex("980101"), bytes.fromhex("3001"), b""
INFO_AND_TIME = bytes.fromhex("300140e0f7e1a706")
SERIAL = bytes.fromhex("282c024156af")
DEVICE = "efento:282c024156af"


class Sensor:
    """A sensor and the collector's memory of it."""

    def __init__(self, options: dict[str, Any] | None = None, secrets: dict[str, str] | None = None) -> None:
        self.settings = SourceSettings(options or {}, Secrets(secrets or {}))
        self.known: dict[str, dict[str, Any]] = {}

    def says(self, path: str, body: bytes, now_s: int = NOW, kind: str = "CON") -> Reply:
        request = Request(
            "efento", now_s * 1_000_000, "", "coap", "POST", path, {"coap-type": kind}, "", body, known=self.known
        )
        reply = accept(request, self.settings)
        self.remember(*reply.remember)
        return reply

    def remember(self, *memories: Memory) -> None:
        for memory in memories:
            facts = self.known.setdefault(memory.device_id, {})
            facts[memory.name] = dict(memory.value)
            if not memory.value:
                del facts[memory.name]
            if not facts:
                del self.known[memory.device_id]

    def measures(self, now_s: int = NOW, hash_: int = 119, kind: str = "CON", extended: int = 0) -> bytes:
        message = ProtoMeasurements(
            serial_number=SERIAL, configuration_hash=hash_, extended_configuration_hash=extended, cloud_token="t"
        )
        return self.says("/m", message.SerializeToString(), now_s, kind).body

    def reports(self, now_s: int = NOW, hash_: int = 119, **fields: Any) -> bytes:
        message = ProtoConfig(serial_number=SERIAL, configuration_hash=hash_, cloud_token="t", **fields)
        return self.says("/c", message.SerializeToString(), now_s).body


def test_the_documented_replies_come_in_turn() -> None:
    sensor = Sensor()
    assert sensor.says("/m", M).body == CONFIGURATION
    assert sensor.says("/c", C).body == NOTHING
    assert sensor.says("/m", M).body == INFO_AND_TIME
    assert sensor.says("/i", I).body == NOTHING
    assert sensor.says("/m", M).body == NOTHING


def test_each_request_is_made_once_for_a_hash() -> None:
    sensor = Sensor({"current_time": "never"})
    assert [sensor.measures(NOW + 60 * n) for n in range(4)] == [CONFIGURATION, INFO, NOTHING, NOTHING]
    assert sensor.measures(NOW + DAY + 60) == CONFIGURATION, "nothing came for a day"
    sensor.reports()
    sensor.says("/i", I, NOW + DAY + 120)
    assert sensor.measures(NOW + DAY + 180) == NOTHING
    assert sensor.measures(NOW + DAY + 240, hash_=120) == CONFIGURATION
    assert sensor.measures(NOW + DAY + 300, hash_=120) == INFO


def test_what_is_known_writes_nothing() -> None:
    """Most messages change nothing, so they cost no more than their record."""
    sensor = Sensor()
    for path, body in (("/m", M), ("/m", M), ("/c", C), ("/i", I), ("/m", M)):
        sensor.says(path, body)
    assert sensor.says("/m", M).remember == ()


@pytest.mark.parametrize(
    ("often", "expected"), [("never", [0, 0, 0, 0]), ("daily", [0, 1, 0, 1]), ("always", [1, 1, 1, 1])]
)
def test_the_time_is_told_as_often_as_wanted(often: str, expected: list[int]) -> None:
    sensor = Sensor({"current_time": often})
    moments = [NOW, NOW + 60, NOW + 120, NOW + DAY + 120]
    times = [ProtoConfig.FromString(sensor.measures(moment)).current_time for moment in moments]
    assert times == [moment * told for moment, told in zip(moments, expected, strict=True)]


def test_device_info_is_asked_for_again_after_its_hours() -> None:
    sensor = Sensor({"current_time": "never", "device_info_h": 2})
    sensor.reports()
    assert sensor.measures() == INFO
    sensor.says("/i", I)
    assert [sensor.measures(NOW + 3600 * n) for n in (1, 2, 3)] == [NOTHING, INFO, NOTHING]


def test_extended_configuration_is_asked_for_when_its_hash_is_new() -> None:
    sensor = Sensor({"current_time": "never"})
    sensor.reports()
    assert sensor.measures(extended=5) == bytes.fromhex("f80301")
    sensor.says("/extended", b"\x0a\x06" + SERIAL + b"\x10\x05")
    assert sensor.measures(extended=5) == INFO


def test_a_message_without_confirmation_is_asked_nothing() -> None:
    sensor = Sensor()
    assert sensor.measures(kind="NON") == NOTHING
    assert sensor.measures() == CONFIGURATION


PARTS: dict[int, dict[str, int]] = {
    -1: {"measurement_period_base": 30},
    -2: {"measurement_period_factor": 2},
    3: {"transmission_interval": 600},
}


@pytest.mark.parametrize("order", list(permutations(PARTS)))
def test_a_configuration_in_parts_is_received_when_all_came_in_any_order(order: tuple[int, ...]) -> None:
    sensor = Sensor({"current_time": "never"})
    assert sensor.measures() == CONFIGURATION
    for split in order:
        assert "configuration" not in sensor.known[DEVICE]["seen"]
        sensor.reports(payload_split_info=split, **PARTS[split])
    assert sensor.known[DEVICE]["seen"]["configuration"] == 119
    whole = ProtoConfig.FromString(reported(sensor.known[DEVICE]) or b"")
    assert (whole.measurement_period_base, whole.measurement_period_factor) == (30, 2)
    assert whole.transmission_interval == 600


def test_a_part_that_is_missing_is_not_received() -> None:
    sensor = Sensor()
    sensor.reports(payload_split_info=-1)
    sensor.reports(payload_split_info=3)
    assert "configuration" not in sensor.known[DEVICE].get("seen", {})


PAYLOAD = Change(bytes.fromhex("e8018005"), {"supervision_period": "640"})


def with_change(*, count: int = 1) -> Sensor:
    sensor = Sensor({"current_time": "never"})
    sensor.reports()
    sensor.says("/i", I)
    sensor.measures()
    for _ in range(count):
        sensor.remember(queued(DEVICE, sensor.known[DEVICE], PAYLOAD, NOW))
    return sensor


def states(sensor: Sensor) -> list[str]:
    return [each.state for each in pending(sensor.known)]


def test_a_change_is_sent_once_and_applied_with_the_new_hash() -> None:
    sensor = with_change()
    assert states(sensor) == ["waiting"]
    assert sensor.measures(kind="NON") == NOTHING
    assert sensor.measures() == PAYLOAD.payload
    assert states(sensor) == ["sent"]
    assert sensor.measures() == NOTHING
    assert sensor.measures(hash_=120) == CONFIGURATION
    assert states(sensor) == ["applied"]


def test_a_change_is_refused_with_newer_errors() -> None:
    sensor = with_change()
    sensor.measures(NOW)
    sensor.reports(NOW + 60, configuration_errors=[7], configuration_error_timestamp=NOW - 5000)
    assert states(sensor) == ["sent"], "an error from before"
    sensor.reports(NOW + 60, hash_=121, configuration_errors=[20738, 3], configuration_error_timestamp=NOW + 30)
    [told] = pending(sensor.known)
    assert (told.state, told.errors) == ("refused", (20738, 3))


def test_changes_follow_one_another() -> None:
    sensor = with_change(count=2)
    assert sensor.measures() == PAYLOAD.payload
    assert sensor.measures(NOW + 60) == NOTHING, "while the outcome of the first is open"
    assert sensor.measures(NOW + 120, hash_=120) == PAYLOAD.payload
    assert states(sensor) == ["applied", "sent"]
    sensor.remember(queued(DEVICE, sensor.known[DEVICE], PAYLOAD, NOW))
    assert states(sensor) == ["sent", "waiting"], "what is over leaves the list"
    assert sensor.measures(NOW + DAY + 120, hash_=120) == PAYLOAD.payload, "no outcome for a day"


def test_what_waits_can_be_withdrawn() -> None:
    sensor = with_change(count=2)
    sensor.measures()
    sensor.remember(withdrawn(DEVICE, sensor.known[DEVICE]))
    assert states(sensor) == ["sent"]
    assert sensor.measures(hash_=120) == CONFIGURATION


CHANGES = [
    (["supervision_period=640"], "e8018005"),
    (["ble_turnoff_time=4294967295"], "20ffffffff0f"),
    (["measurement_period_base=60", "measurement_period_factor=5"], "103cd00105"),
    (["reset_memory_request=true"], "f00101"),
    (["network_key=7f"], "aa03017f"),
    (['rules=[{"channel_mask": 1, "condition": "CONDITION_DISABLED"}]'], "e2010408011001"),
    (["device_info_endpoint=info"], "920204696e666f"),
]


@pytest.mark.parametrize(("pairs", "payload"), CHANGES, ids=lambda value: str(value)[:40])
def test_a_change_is_the_fields_given(pairs: list[str], payload: str) -> None:
    assert change(pairs, erase=True).payload.hex() == payload


def test_what_belongs_together_is_taken_from_the_reported_configuration() -> None:
    """Group b of the sheet: the real sensor reports transmission 120 s and ack 4294967295."""
    before = settable(ProtoConfig.FromString(C)).SerializeToString()
    message = ProtoConfig.FromString(change(["transmission_interval=600"], before).payload)
    assert [(field.name, value) for field, value in message.ListFields()] == [
        ("transmission_interval", 600),
        ("ack_interval", 0xFFFFFFFF),
    ]


MISTAKES = [
    ("transmision_interval=600", 'did you mean "transmission_interval"'),
    ("transmission_interval", "expected key=value"),
    ("configuration_hash=1", "cannot be set"),
    ("supervision_period=5", "from 180 to 604800 or 4294967295"),
    ("supervision_period=often", "expected a number"),
    ("transmission_interval=600", "belongs together with ack_interval"),
    ("apn=" + "x" * 50, "50 characters, expected at most 49"),
    ("network_key=xyz", "hex digits"),
    ("rules=[7]", "rules: "),
    ("ble_tx_power_level=5", "from 1 to 4"),
]


@pytest.mark.parametrize(("pair", "said"), MISTAKES, ids=[row[0][:30] for row in MISTAKES])
def test_a_mistake_is_one_sentence(pair: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        change([pair])


def test_a_secret_is_not_shown() -> None:
    before = settable(ProtoConfig.FromString(C)).SerializeToString()
    assert change(["apn_password=geheim"], before).shown == {"apn_password": "***"}


@pytest.mark.parametrize("text", ["282C024156AF", "efento:282c024156af", "282c024156Af", "Efento: 28-2C-02-41-56-AF"])
def test_a_serial_number_may_be_spelt_in_any_case(text: str) -> None:
    assert device_of(text) == DEVICE


def test_a_part_of_a_configuration_needs_no_token_when_the_sensor_is_known() -> None:
    sensor = Sensor(secrets={"hall": "t"})
    part = ProtoConfig(serial_number=SERIAL, configuration_hash=119, payload_split_info=2).SerializeToString()
    with pytest.raises(Refused, match="missing_token"):
        sensor.says("/c", part)
    sensor.measures()
    assert sensor.says("/c", part).status == 201


@pytest.mark.parametrize(
    "options", [{"cloud_token_option": 0}, {"current_time": "hourly"}, {"cloudtoken": 1}, {"device_info_h": "2"}]
)
def test_a_wrong_option_is_said(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"telltale.toml \[sources.efento\]"):
        Sensor(options).says("/m", M)


KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "seen": st.fixed_dictionaries({}, optional={"configuration": st.integers(0, 200), "time": st.just(NOW)}),
        "reported": st.just({"hash": 119, "part": 1, "body": "103c"}),
        "wanted": st.just({"changes": [{"id": 1, "payload": "e8018005", "shown": {}, "queued_at": NOW}]}),
    },
)


@given(
    path=st.sampled_from(["/m", "/c", "/i", "/extended"]),
    body=st.one_of(
        st.binary(max_size=80),
        st.builds(
            lambda frame, at, byte: frame[: at % len(frame)] + bytes([byte]) + frame[at % len(frame) + 1 :],
            st.sampled_from([M, C, I]),
            st.integers(0, 400),
            st.integers(0, 255),
        ),
    ),
    known=KNOWN,
    kind=st.sampled_from(["CON", "NON"]),
)
def test_any_bytes_are_acknowledged_or_refused_and_change_nothing_they_were_handed(
    path: str, body: bytes, known: dict[str, dict[str, Any]], kind: str
) -> None:
    sensor = Sensor()
    sensor.known = {DEVICE: known, "efento:282c0240fd34": known}
    before = copy.deepcopy(sensor.known)
    request = Request("efento", NOW * 1_000_000, "", "coap", "POST", path, {"coap-type": kind}, "", body, sensor.known)
    if not body:
        with pytest.raises(Refused, match="empty"):
            accept(request, sensor.settings)
        return
    reply = accept(request, sensor.settings)
    assert reply.status == 201
    assert sensor.known == before
    assert len(reply.body) < 40


def serial(number: int) -> bytes:
    return b"\x28\x2c" + number.to_bytes(4, "big")


def test_invented_serials_are_remembered_up_to_a_number_and_push_out_no_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before: each made three rows for ever, and the whole table was read again with each command."""
    monkeypatch.setattr(replies, "MOST_DEVICES", 50)
    sensor = Sensor()
    sensor.measures()
    sensor.reports()
    for number in range(1000):
        invented = ProtoMeasurements(serial_number=serial(number), configuration_hash=1)
        assert sensor.says("/m", invented.SerializeToString()).body == CONFIGURATION
        assert len(sensor.known) <= 50
    assert DEVICE in sensor.known
    assert sensor.measures() == INFO_AND_TIME, "its configuration is known still"


def test_sensors_that_reported_are_not_forgotten_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST_DEVICES", 3)
    sensor = Sensor()
    for number in range(3):
        message = ProtoConfig(serial_number=serial(number), configuration_hash=1)
        sensor.says("/c", message.SerializeToString())
    known = copy.deepcopy(sensor.known)
    assert sensor.measures() == CONFIGURATION
    assert sensor.known == known


def test_parts_of_a_configuration_are_remembered_up_to_a_number() -> None:
    """Before: one serial's parts grew by whatever number each had."""
    sensor = Sensor()
    for number in range(2, 1000):
        sensor.reports(payload_split_info=-number)
    assert len(sensor.known[DEVICE]["reported"]["parts"]) == replies.MOST_PARTS
    sensor.reports(hash_=120, data_server_ip="x" * 60_000)
    assert len(str(sensor.known)) < 10 * replies.MOST_REPORTED_BYTES
