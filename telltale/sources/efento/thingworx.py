"""The JSON an earlier ThingWorx server made of these frames, for what still reads it.

m    {"measurements": [one object for each sample time: measured_at, serial, next_measurement_at, signal,
     measurement_interval, batteryStatus, params [{value, type, channel}]]}; a switch is told once every base period
c    protobuf's own mapping to JSON with the names of firmware 06; the serial number as hex
i    the same; the serial number as base64, an empty cloud token left out

That server had four faults, which `compat` brings back: times one hour ahead under the label UTC, the signal always 0,
the next time without the factor, empty slots left out of the channel numbers. Errors of a sensor are no values and are
left out by both. Passwords are stars.

Source: wire/efento.md section 8.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

from telltale.contract import DecodeError, Raw, Reject
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo
from telltale.pb.efento.measurement_types_pb2 import MeasurementType
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.sources.efento.configuration import HIDDEN
from telltale.sources.efento.kinds import EMPTY, MINOR_DIVISOR, SHARED_MODEM, Kind, kind
from telltale.sources.efento.samples import LAST_S, MOST_SAMPLES, is_error, period, series
from telltale.sources.efento.wire import CONFIGURATION, INFO, MEASUREMENTS, device_id, endpoint_of, parsed

WRONG_S = 3600
"""How far that server's times are ahead."""
_OLD_NAMES = {
    "deviceInfoRequest": "requestDeviceInfo",
    "updateSoftwareRequest": "requestFwUpdate",
    "configurationRequest": "requestConfiguration",
    "configurationErrors": "errors",
    "configurationHash": "hash",
    "acceptWithoutTestingRequest": "acceptWithoutTesting",
    "resetMemoryRequest": "memoryResetRequest",
    "clearRuntimeErrorsRequest": "requestRuntimeErrorsClear",
    "configurationErrorTimestamp": "errorTimestamp",
    "configurationHashTimestamp": "hashTimestamp",
    "updateModemRequest": "modemUpdateRequest",
    "apnUsername": "apnUserName",
    "setOutputControlStateRequest": "outputControlStateRequest",
    "calibrationParametersRequest": "calibrationParameters",
}
"""By the names of 07.x; the others are the same."""
_OLD_TYPES = {"MEASUREMENT_TYPE_SHARED_MODEM": "MEASUREMENT_TYPE_CELLULAR_GATEWAY"}


class _Param(NamedTuple):
    """A value of one channel at one time, and when its next is due."""

    at_s: int
    value: float | int | str
    type: str
    channel: int
    step_s: int


def spoken(raws: Iterable[Raw], *, compat: bool = False) -> Iterator[tuple[Raw, dict[str, Any]]]:
    """Each record with what that server would have said of it.

    Those it did not know, and those that cannot be decoded (they are in the rejects), are left out. `compat` brings
    its faults back.
    """
    for raw in raws:
        try:
            said = thingworx(raw, compat=compat)
        except DecodeError:
            continue
        if said is not None:
            yield raw, said


def thingworx(raw: Raw, *, compat: bool = False) -> dict[str, Any] | None:
    """The record as that server told it; None for endpoints it did not know.

    Raises:
        DecodeError: the bytes are not of the endpoint's message, or name no sensor.
    """
    endpoint = endpoint_of(raw.meta)
    if endpoint == MEASUREMENTS:
        return {"measurements": list(_measurements(parsed(ProtoMeasurements, raw.body), compat=compat))}
    if endpoint == CONFIGURATION:
        return _configuration(parsed(ProtoConfig, raw.body))
    return _info(parsed(ProtoDeviceInfo, raw.body)) if endpoint == INFO else None


def _measurements(message: ProtoMeasurements, *, compat: bool) -> Iterator[dict[str, Any]]:
    serial = device_id(message.serial_number).removeprefix("efento:").upper()
    by_time: dict[int, list[_Param]] = defaultdict(list)
    for param in islice(_params(message, compat=compat), MOST_SAMPLES):
        by_time[param.at_s].append(param)
    ahead_s = WRONG_S if compat else 0
    for at_s, params in sorted(by_time.items()):
        next_s = message.measurement_period_base if compat else min(param.step_s for param in params)
        yield {
            "measured_at": _moment(at_s + ahead_s),
            "serial": serial,
            "next_measurement_at": _moment(at_s + next_s + ahead_s),
            "signal": 0 if compat else message.signal,
            "measurement_interval": message.measurement_period_base,
            "batteryStatus": "ok" if message.battery_status else "low",
            "params": [{"value": one.value, "type": one.type, "channel": one.channel} for one in params],
        }


def _params(message: ProtoMeasurements, *, compat: bool) -> Iterator[_Param]:
    step_s = period(message, message.channels)
    if isinstance(step_s, Reject):
        raise DecodeError(step_s.reason, step_s.excerpt)
    used = 0
    for place, channel in enumerate(message.channels, 1):
        if channel.type in {EMPTY, SHARED_MODEM} or not channel.sample_offsets:
            continue
        used += 1
        number, how = used if compat else place, kind(channel.type)
        base_s, name = message.measurement_period_base, _type(channel.type)
        if how.active:
            for at_s, is_active in series(channel, base_s):
                yield _Param(at_s, _state(channel.type, is_active=is_active), name, number, base_s)
        else:
            for at_s, value in _values(channel, how, step_s, has_factor=message.measurement_period_factor > 0):
                yield _Param(at_s, value, name, number, step_s)


def _values(channel: ProtoChannel, how: Kind, step_s: int, *, has_factor: bool) -> Iterator[tuple[int, float | int]]:
    for place, offset in enumerate(channel.sample_offsets):
        at_s = channel.timestamp + place * step_s
        if at_s > LAST_S or is_error(offset, has_factor=has_factor):
            continue
        number, divisor = channel.start_point + offset, how.scale or len(how.states) or MINOR_DIVISOR
        if how.scale > 1:
            yield at_s, number / divisor
        else:
            yield at_s, number // divisor if number >= 0 else -(-number // divisor)


def _type(number: int) -> str:
    """The enum's name without prefix; what a door tells has a name of its own."""
    if number == 5:
        return "open-close"
    known: Sequence[int] = MeasurementType.values()
    return MeasurementType.Name(number).removeprefix("MEASUREMENT_TYPE_") if number in known else str(number)


def _state(type_number: int, *, is_active: bool) -> int | str:
    if type_number == 5:
        return "Alarm" if is_active else "OK"
    return int(is_active)


def _moment(at_s: int) -> str:
    return datetime.fromtimestamp(min(at_s, LAST_S), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _configuration(config: ProtoConfig) -> dict[str, Any]:
    told: dict[str, Any] = MessageToDict(config)
    if config.serial_number:
        told["serialNumber"] = config.serial_number.hex().upper()
    if "apnPassword" in told:
        told["apnPassword"] = HIDDEN
    if "channelTypes" in told:
        told["channelTypes"] = [_OLD_TYPES.get(name, name) for name in told["channelTypes"]]
    return {_OLD_NAMES.get(name, name): value for name, value in told.items()}


def _info(info: ProtoDeviceInfo) -> dict[str, Any]:
    told: dict[str, Any] = MessageToDict(info)
    names = {"serialNumber": "serialNum"}
    runtime = told.get("runtimeInfo", {})
    if "batteryVoltage" in runtime:
        old = {"batteryVoltage": "minBatteryVoltage"}
        told["runtimeInfo"] = {old.get(name, name): value for name, value in runtime.items()}
    return {names.get(name, name): value for name, value in told.items()}
