# mypy: ignore-errors
from . import measurement_types_pb2 as _measurement_types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProtoChannel(_message.Message):
    __slots__ = ("type", "timestamp", "start_point", "sample_offsets")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    START_POINT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_OFFSETS_FIELD_NUMBER: _ClassVar[int]
    type: _measurement_types_pb2.MeasurementType
    timestamp: int
    start_point: int
    sample_offsets: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, type: _Optional[_Union[_measurement_types_pb2.MeasurementType, str]] = ..., timestamp: _Optional[int] = ..., start_point: _Optional[int] = ..., sample_offsets: _Optional[_Iterable[int]] = ...) -> None: ...

class ProtoMeasurements(_message.Message):
    __slots__ = ("serial_number", "battery_status", "measurement_period_base", "channels", "next_transmission_at", "transfer_reason", "signal", "measurement_period_factor", "configuration_hash", "cloud_token", "extended_configuration_hash", "battery_level")
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BATTERY_STATUS_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_PERIOD_BASE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_TRANSMISSION_AT_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_REASON_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_PERIOD_FACTOR_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_HASH_FIELD_NUMBER: _ClassVar[int]
    CLOUD_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_CONFIGURATION_HASH_FIELD_NUMBER: _ClassVar[int]
    BATTERY_LEVEL_FIELD_NUMBER: _ClassVar[int]
    serial_number: bytes
    battery_status: bool
    measurement_period_base: int
    channels: _containers.RepeatedCompositeFieldContainer[ProtoChannel]
    next_transmission_at: int
    transfer_reason: int
    signal: int
    measurement_period_factor: int
    configuration_hash: int
    cloud_token: str
    extended_configuration_hash: int
    battery_level: int
    def __init__(self, serial_number: _Optional[bytes] = ..., battery_status: _Optional[bool] = ..., measurement_period_base: _Optional[int] = ..., channels: _Optional[_Iterable[_Union[ProtoChannel, _Mapping]]] = ..., next_transmission_at: _Optional[int] = ..., transfer_reason: _Optional[int] = ..., signal: _Optional[int] = ..., measurement_period_factor: _Optional[int] = ..., configuration_hash: _Optional[int] = ..., cloud_token: _Optional[str] = ..., extended_configuration_hash: _Optional[int] = ..., battery_level: _Optional[int] = ...) -> None: ...
