"""The simulator of Efento sensors: their frames on the real wire, to m, i and c.

What the sensors measure and when their frames get through is `sensors.py`; here they become bytes. Each sensor tells
about itself and its configuration every four hours. What analysis must find again is `truth.py`.

Source: wire/efento.md sections 1, 2, 4, 6.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from telltale.contract import Emission, Scenario, SourceSettings
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo, ProtoModem, ProtoRuntime, ProtoUpdateInfo
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.sources.efento.simulate.sensors import (
    FRAME_S,
    SENSOR_FAILED,
    SENSORS,
    STEP_S,
    Frame,
    Sensor,
    World,
    battery_v,
    dice,
    frame_s,
    frames,
    is_battery_good,
    raw,
    sample_times,
    states,
)
from telltale.sources.efento.wire import NEVER, SECOND_US

BASE_S = 60
_BLOCK_S = 3600
_TELLS_S = 4 * 3600
"""How often a sensor tells about itself; the sensors take turns every half hour."""
_TURN_S = _TELLS_S // len(SENSORS)


def simulate(scenario: Scenario, _settings: SourceSettings) -> Iterator[Emission]:
    """Yield every message of the sensors that gets through from start to end, in time order.

    Args:
        scenario: seed, range and zone; the stream of a sub-range is the slice of the whole range's stream.
    """
    world = World(scenario.seed, ZoneInfo(scenario.timezone))
    for begin in range(scenario.start_s // _BLOCK_S * _BLOCK_S, scenario.end_s, _BLOCK_S):
        start_s, end_s = max(begin, scenario.start_s), min(begin + _BLOCK_S, scenario.end_s)
        block = [message for sensor in SENSORS for message in _messages(world, sensor, start_s, end_s)]
        for at_s, _serial, what, body in sorted(block):
            yield Emission(int(at_s * SECOND_US), "POST", f"/{what}", {}, body)


def _messages(world: World, sensor: Sensor, start_s: int, end_s: int) -> Iterator[tuple[float, int, str, bytes]]:
    for frame in frames(world, sensor, start_s, end_s):
        yield frame.at_s, sensor.serial, "m", measurements(world, frame)
    turn_s = SENSORS.index(sensor) * _TURN_S + 60
    for at_s in range((start_s - turn_s - _TELLS_S) // _TELLS_S * _TELLS_S + turn_s, end_s, _TELLS_S):
        if start_s <= at_s < end_s:
            yield at_s, sensor.serial, "i", _info(world, sensor, at_s)
        if start_s <= at_s + 8 < end_s:
            yield at_s + 8, sensor.serial, "c", _configuration(sensor)


def measurements(world: World, frame: Frame) -> bytes:
    """A frame of samples as bytes."""
    sensor, made_s = frame.sensor, frame_s(frame.sensor, frame.last)
    is_new = sensor.firmware >= 0x0700
    channels = (
        [_switch(world, frame)]
        if sensor.is_binary
        else [_continuous(world, frame, place) for place in range(len(sensor.types))]
    )
    rng = dice(world.seed, "air", sensor.serial, frame.last)
    body: bytes = ProtoMeasurements(
        serial_number=_serial(sensor),
        battery_status=is_battery_good(sensor, made_s),
        measurement_period_base=BASE_S,
        channels=channels,
        next_transmission_at=made_s + FRAME_S + 60,
        transfer_reason=min(frame.retries, 31) << 3,
        signal=0 if is_new else rng.randint(14, 30),
        measurement_period_factor=1 if sensor.is_binary else STEP_S // BASE_S,
        configuration_hash=_hash(sensor),
        battery_level=round(100 * battery_v(sensor, made_s)) * 6 if is_new else 0,
    ).SerializeToString(deterministic=True)
    return body


def _continuous(world: World, frame: Frame, place: int) -> ProtoChannel:
    """Numbers against the first good one; a failed probe keeps its place."""
    times = sample_times(frame)
    numbers = [raw(world, frame.sensor, place, at_s) for at_s in times]
    start = next((number for number in numbers if number is not None), 0)
    return ProtoChannel(
        type=frame.sensor.types[place],  # type: ignore[arg-type] # the enum is open
        timestamp=times[0],
        start_point=start,
        sample_offsets=[SENSOR_FAILED if number is None else number - start for number in numbers],
    )


def _switch(world: World, frame: Frame) -> ProtoChannel:
    """The state at the start, every change, the state at the end."""
    begin_s, end_s = frame_s(frame.sensor, frame.first - 1), frame_s(frame.sensor, frame.last)
    spans = states(world, frame.sensor, begin_s, end_s)
    changes = {begin_s: False}
    for start, stop in spans:
        changes[start] = True
        changes[stop] = False
    is_active = any(start <= end_s < stop for start, stop in _beyond(world, frame))
    changes[end_s] = is_active
    return ProtoChannel(
        type=frame.sensor.types[0],  # type: ignore[arg-type] # the enum is open
        timestamp=begin_s,
        sample_offsets=[(at_s - begin_s + 1) * (1 if state else -1) for at_s, state in sorted(changes.items())],
    )


def _beyond(world: World, frame: Frame) -> list[tuple[int, int]]:
    """Spans that are not cut at the frame's end, to see what holds there."""
    end_s = frame_s(frame.sensor, frame.last)
    return states(world, frame.sensor, end_s, end_s + 1)


def _info(world: World, sensor: Sensor, at_s: int) -> bytes:
    up_s, rng = at_s % (30 * 86_400), dice(world.seed, "info", sensor.serial, at_s)
    is_new = sensor.firmware >= 0x0700
    sent = up_s // FRAME_S
    runtime = ProtoRuntime(
        up_time=up_s,
        message_counters=[sent + sent // 100, 0, sent],
        mcu_temperature=round(sensor.base),
        battery_voltage=round(1000 * battery_v(sensor, at_s)),
        max_mcu_temperature=round(sensor.base) + 3,
        min_mcu_temperature=round(sensor.base) - 3,
        reset_counter=1 if is_new else 0,
    )
    rsrp = rng.randint(-112, -92)
    signal = [rsrp, -9, rsrp + 8, 6, 20, 799, 0]
    place = [6254, 2, 339, 72_033_813]
    further = [23, 2, -1, -1, 0, 0, up_s * 9, 11_000, 66, 1, 26_202]
    bc66 = [230, 2, -1, -1, -1, 0, 0, 0, 0, 0, 443, 158, 7, 5, 0, 0, 1, 0, 1, 0, up_s * 9, 11_179, 66]
    body: bytes = ProtoDeviceInfo(
        serial_number=_serial(sensor),
        sw_version=sensor.firmware,
        runtime_info=runtime,
        modem=ProtoModem(type=4 if is_new else 1, parameters=place + signal + (further if is_new else bc66)),  # type: ignore[arg-type]
        commit_id="040df20",
        memory_statistics=[0, NEVER, 57_232, 4110, 0, 0, 110, 0, 0, 517, *[0] * 5, *[NEVER] * 6, sent],
        last_update_info=ProtoUpdateInfo(timestamp=at_s - up_s, status=8),
    ).SerializeToString(deterministic=True)
    return body


def _configuration(sensor: Sensor) -> bytes:
    body: bytes = ProtoConfig(
        measurement_period_base=BASE_S,
        transmission_interval=FRAME_S,
        ble_turnoff_time=NEVER,
        ack_interval=NEVER,
        transfer_limit=65535,
        transfer_limit_timer=65535,
        apn="\x7f",
        plmn_selection=1_000_000,
        configuration_hash=_hash(sensor),
        cloud_token_config=255,
        serial_number=_serial(sensor),
        measurement_period_factor=1 if sensor.is_binary else STEP_S // BASE_S,
        channel_types=[*sensor.types, *[0] * (6 - len(sensor.types))],  # type: ignore[list-item]
        supervision_period=NEVER,
        data_endpoint="m",
        configuration_endpoint="c",
        device_info_endpoint="i",
        time_endpoint="t",
        configuration_hash_timestamp=1_767_225_600,
        payload_split_info=1,
    ).SerializeToString(deterministic=True)
    return body


def _serial(sensor: Sensor) -> bytes:
    return sensor.serial.to_bytes(6, "big")


def _hash(sensor: Sensor) -> int:
    return 100 + sensor.serial % 10
