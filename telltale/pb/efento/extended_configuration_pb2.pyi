# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProtoCalibrationParameters(_message.Message):
    __slots__ = ("sensor_code", "parameters", "calibration_timestamp", "calibration_status")
    SENSOR_CODE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_STATUS_FIELD_NUMBER: _ClassVar[int]
    sensor_code: int
    parameters: _containers.RepeatedScalarFieldContainer[int]
    calibration_timestamp: int
    calibration_status: int
    def __init__(self, sensor_code: _Optional[int] = ..., parameters: _Optional[_Iterable[int]] = ..., calibration_timestamp: _Optional[int] = ..., calibration_status: _Optional[int] = ...) -> None: ...

class ProtoExtendedConfiguration(_message.Message):
    __slots__ = ("serial_number", "extended_configuration_hash", "calibration_parameters", "sensor_name", "cloud_token", "labolatory_calibration_date")
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_CONFIGURATION_HASH_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SENSOR_NAME_FIELD_NUMBER: _ClassVar[int]
    CLOUD_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LABOLATORY_CALIBRATION_DATE_FIELD_NUMBER: _ClassVar[int]
    serial_number: bytes
    extended_configuration_hash: int
    calibration_parameters: _containers.RepeatedCompositeFieldContainer[ProtoCalibrationParameters]
    sensor_name: str
    cloud_token: str
    labolatory_calibration_date: int
    def __init__(self, serial_number: _Optional[bytes] = ..., extended_configuration_hash: _Optional[int] = ..., calibration_parameters: _Optional[_Iterable[_Union[ProtoCalibrationParameters, _Mapping]]] = ..., sensor_name: _Optional[str] = ..., cloud_token: _Optional[str] = ..., labolatory_calibration_date: _Optional[int] = ...) -> None: ...
