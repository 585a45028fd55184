# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModemType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODEM_TYPE_UNSPECIFIED: _ClassVar[ModemType]
    MODEM_TYPE_BC66: _ClassVar[ModemType]
    MODEM_TYPE_BC66NA: _ClassVar[ModemType]
    MODEM_TYPE_SHARED_MODEM: _ClassVar[ModemType]
    MODEM_TYPE_BC660: _ClassVar[ModemType]

class ModemFirmwareVersion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODEM_FIRMWARE_VERSION_UNSPECIFIED: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_READING_ERROR: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_UNKNOWN: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V1: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V2: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V3: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V4: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V5: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V6: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V7: _ClassVar[ModemFirmwareVersion]
    MODEM_FIRMWARE_VERSION_BC660_V8: _ClassVar[ModemFirmwareVersion]
MODEM_TYPE_UNSPECIFIED: ModemType
MODEM_TYPE_BC66: ModemType
MODEM_TYPE_BC66NA: ModemType
MODEM_TYPE_SHARED_MODEM: ModemType
MODEM_TYPE_BC660: ModemType
MODEM_FIRMWARE_VERSION_UNSPECIFIED: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_READING_ERROR: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_UNKNOWN: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V1: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V2: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V3: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V4: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V5: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V6: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V7: ModemFirmwareVersion
MODEM_FIRMWARE_VERSION_BC660_V8: ModemFirmwareVersion

class ProtoRuntime(_message.Message):
    __slots__ = ("up_time", "message_counters", "mcu_temperature", "battery_voltage", "min_battery_mcu_temperature", "battery_reset_timestamp", "max_mcu_temperature", "min_mcu_temperature", "runtime_errors", "reset_counter")
    UP_TIME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNTERS_FIELD_NUMBER: _ClassVar[int]
    MCU_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    BATTERY_VOLTAGE_FIELD_NUMBER: _ClassVar[int]
    MIN_BATTERY_MCU_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    BATTERY_RESET_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    MAX_MCU_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    MIN_MCU_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_ERRORS_FIELD_NUMBER: _ClassVar[int]
    RESET_COUNTER_FIELD_NUMBER: _ClassVar[int]
    up_time: int
    message_counters: _containers.RepeatedScalarFieldContainer[int]
    mcu_temperature: int
    battery_voltage: int
    min_battery_mcu_temperature: int
    battery_reset_timestamp: int
    max_mcu_temperature: int
    min_mcu_temperature: int
    runtime_errors: _containers.RepeatedScalarFieldContainer[int]
    reset_counter: int
    def __init__(self, up_time: _Optional[int] = ..., message_counters: _Optional[_Iterable[int]] = ..., mcu_temperature: _Optional[int] = ..., battery_voltage: _Optional[int] = ..., min_battery_mcu_temperature: _Optional[int] = ..., battery_reset_timestamp: _Optional[int] = ..., max_mcu_temperature: _Optional[int] = ..., min_mcu_temperature: _Optional[int] = ..., runtime_errors: _Optional[_Iterable[int]] = ..., reset_counter: _Optional[int] = ...) -> None: ...

class ProtoModem(_message.Message):
    __slots__ = ("type", "parameters", "sim_card_identification", "firmware_version", "modem_identification", "modem_statistics")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SIM_CARD_IDENTIFICATION_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEM_IDENTIFICATION_FIELD_NUMBER: _ClassVar[int]
    MODEM_STATISTICS_FIELD_NUMBER: _ClassVar[int]
    type: ModemType
    parameters: _containers.RepeatedScalarFieldContainer[int]
    sim_card_identification: str
    firmware_version: ModemFirmwareVersion
    modem_identification: str
    modem_statistics: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, type: _Optional[_Union[ModemType, str]] = ..., parameters: _Optional[_Iterable[int]] = ..., sim_card_identification: _Optional[str] = ..., firmware_version: _Optional[_Union[ModemFirmwareVersion, str]] = ..., modem_identification: _Optional[str] = ..., modem_statistics: _Optional[_Iterable[int]] = ...) -> None: ...

class ProtoUpdateInfo(_message.Message):
    __slots__ = ("timestamp", "status")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    timestamp: int
    status: int
    def __init__(self, timestamp: _Optional[int] = ..., status: _Optional[int] = ...) -> None: ...

class ProtoDeviceInfo(_message.Message):
    __slots__ = ("serial_number", "sw_version", "runtime_info", "modem", "commit_id", "cloud_token", "memory_statistics", "last_update_info", "enclosure_tamper_alert")
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SW_VERSION_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_INFO_FIELD_NUMBER: _ClassVar[int]
    MODEM_FIELD_NUMBER: _ClassVar[int]
    COMMIT_ID_FIELD_NUMBER: _ClassVar[int]
    CLOUD_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MEMORY_STATISTICS_FIELD_NUMBER: _ClassVar[int]
    LAST_UPDATE_INFO_FIELD_NUMBER: _ClassVar[int]
    ENCLOSURE_TAMPER_ALERT_FIELD_NUMBER: _ClassVar[int]
    serial_number: bytes
    sw_version: int
    runtime_info: ProtoRuntime
    modem: ProtoModem
    commit_id: str
    cloud_token: str
    memory_statistics: _containers.RepeatedScalarFieldContainer[int]
    last_update_info: ProtoUpdateInfo
    enclosure_tamper_alert: int
    def __init__(self, serial_number: _Optional[bytes] = ..., sw_version: _Optional[int] = ..., runtime_info: _Optional[_Union[ProtoRuntime, _Mapping]] = ..., modem: _Optional[_Union[ProtoModem, _Mapping]] = ..., commit_id: _Optional[str] = ..., cloud_token: _Optional[str] = ..., memory_statistics: _Optional[_Iterable[int]] = ..., last_update_info: _Optional[_Union[ProtoUpdateInfo, _Mapping]] = ..., enclosure_tamper_alert: _Optional[int] = ...) -> None: ...
