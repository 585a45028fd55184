# mypy: ignore-errors
from . import measurement_types_pb2 as _measurement_types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Condition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONDITION_UNSPECIFIED: _ClassVar[Condition]
    CONDITION_DISABLED: _ClassVar[Condition]
    CONDITION_HIGH_THRESHOLD: _ClassVar[Condition]
    CONDITION_LOW_THRESHOLD: _ClassVar[Condition]
    CONDITION_DIFF_THRESHOLD: _ClassVar[Condition]
    CONDITION_BINARY_CHANGE_STATE: _ClassVar[Condition]
    CONDITION_LOGIC_OPERATOR: _ClassVar[Condition]
    CONDITION_ON_MEASUREMENT: _ClassVar[Condition]
    CONDITION_ON_SENSOR_ERROR: _ClassVar[Condition]

class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_UNSPECIFIED: _ClassVar[Action]
    ACTION_TRIGGER_TRANSMISSION: _ClassVar[Action]
    ACTION_NO_ACTION: _ClassVar[Action]
    ACTION_TRIGGER_TRANSMISSION_WITH_ACK: _ClassVar[Action]
    ACTION_FAST_ADVERTISING_MODE: _ClassVar[Action]

class LogicOperator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOGIC_OPERATOR_UNSPECIFIED: _ClassVar[LogicOperator]
    LOGIC_OPERATOR_AND: _ClassVar[LogicOperator]
    LOGIC_OPERATOR_OR: _ClassVar[LogicOperator]

class CalendarType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALENDAR_TYPE_UNSPECIFIED: _ClassVar[CalendarType]
    CALENDAR_TYPE_DISABLED: _ClassVar[CalendarType]
    CALENDAR_TYPE_WEEK: _ClassVar[CalendarType]

class BleAdvertisingPeriodMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BLE_ADVERTISING_PERIOD_MODE_UNSPECIFIED: _ClassVar[BleAdvertisingPeriodMode]
    BLE_ADVERTISING_PERIOD_MODE_DEFAULT: _ClassVar[BleAdvertisingPeriodMode]
    BLE_ADVERTISING_PERIOD_MODE_NORMAL: _ClassVar[BleAdvertisingPeriodMode]
    BLE_ADVERTISING_PERIOD_MODE_FAST: _ClassVar[BleAdvertisingPeriodMode]

class AdvertisementManufacturerDataFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_UNSPECIFIED: _ClassVar[AdvertisementManufacturerDataFormat]
    ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_3: _ClassVar[AdvertisementManufacturerDataFormat]
    ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_5: _ClassVar[AdvertisementManufacturerDataFormat]
CONDITION_UNSPECIFIED: Condition
CONDITION_DISABLED: Condition
CONDITION_HIGH_THRESHOLD: Condition
CONDITION_LOW_THRESHOLD: Condition
CONDITION_DIFF_THRESHOLD: Condition
CONDITION_BINARY_CHANGE_STATE: Condition
CONDITION_LOGIC_OPERATOR: Condition
CONDITION_ON_MEASUREMENT: Condition
CONDITION_ON_SENSOR_ERROR: Condition
ACTION_UNSPECIFIED: Action
ACTION_TRIGGER_TRANSMISSION: Action
ACTION_NO_ACTION: Action
ACTION_TRIGGER_TRANSMISSION_WITH_ACK: Action
ACTION_FAST_ADVERTISING_MODE: Action
LOGIC_OPERATOR_UNSPECIFIED: LogicOperator
LOGIC_OPERATOR_AND: LogicOperator
LOGIC_OPERATOR_OR: LogicOperator
CALENDAR_TYPE_UNSPECIFIED: CalendarType
CALENDAR_TYPE_DISABLED: CalendarType
CALENDAR_TYPE_WEEK: CalendarType
BLE_ADVERTISING_PERIOD_MODE_UNSPECIFIED: BleAdvertisingPeriodMode
BLE_ADVERTISING_PERIOD_MODE_DEFAULT: BleAdvertisingPeriodMode
BLE_ADVERTISING_PERIOD_MODE_NORMAL: BleAdvertisingPeriodMode
BLE_ADVERTISING_PERIOD_MODE_FAST: BleAdvertisingPeriodMode
ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_UNSPECIFIED: AdvertisementManufacturerDataFormat
ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_3: AdvertisementManufacturerDataFormat
ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_5: AdvertisementManufacturerDataFormat

class ProtoRule(_message.Message):
    __slots__ = ("channel_mask", "condition", "parameters", "action")
    CHANNEL_MASK_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    channel_mask: int
    condition: Condition
    parameters: _containers.RepeatedScalarFieldContainer[int]
    action: Action
    def __init__(self, channel_mask: _Optional[int] = ..., condition: _Optional[_Union[Condition, str]] = ..., parameters: _Optional[_Iterable[int]] = ..., action: _Optional[_Union[Action, str]] = ...) -> None: ...

class ProtoCalendar(_message.Message):
    __slots__ = ("rule_mask", "parameters", "type")
    RULE_MASK_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    rule_mask: int
    parameters: _containers.RepeatedScalarFieldContainer[int]
    type: CalendarType
    def __init__(self, rule_mask: _Optional[int] = ..., parameters: _Optional[_Iterable[int]] = ..., type: _Optional[_Union[CalendarType, str]] = ...) -> None: ...

class ProtoOutputControlState(_message.Message):
    __slots__ = ("channel_index", "channel_state")
    CHANNEL_INDEX_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_STATE_FIELD_NUMBER: _ClassVar[int]
    channel_index: int
    channel_state: int
    def __init__(self, channel_index: _Optional[int] = ..., channel_state: _Optional[int] = ...) -> None: ...

class ProtoBleAdvertisingPeriod(_message.Message):
    __slots__ = ("mode", "normal", "fast")
    MODE_FIELD_NUMBER: _ClassVar[int]
    NORMAL_FIELD_NUMBER: _ClassVar[int]
    FAST_FIELD_NUMBER: _ClassVar[int]
    mode: BleAdvertisingPeriodMode
    normal: int
    fast: int
    def __init__(self, mode: _Optional[_Union[BleAdvertisingPeriodMode, str]] = ..., normal: _Optional[int] = ..., fast: _Optional[int] = ...) -> None: ...

class ProtoNetworkSearch(_message.Message):
    __slots__ = ("time_schema_last_registration_ok", "time_schema_last_registration_not_ok", "disable_period_base", "counter_max")
    TIME_SCHEMA_LAST_REGISTRATION_OK_FIELD_NUMBER: _ClassVar[int]
    TIME_SCHEMA_LAST_REGISTRATION_NOT_OK_FIELD_NUMBER: _ClassVar[int]
    DISABLE_PERIOD_BASE_FIELD_NUMBER: _ClassVar[int]
    COUNTER_MAX_FIELD_NUMBER: _ClassVar[int]
    time_schema_last_registration_ok: _containers.RepeatedScalarFieldContainer[int]
    time_schema_last_registration_not_ok: _containers.RepeatedScalarFieldContainer[int]
    disable_period_base: int
    counter_max: int
    def __init__(self, time_schema_last_registration_ok: _Optional[_Iterable[int]] = ..., time_schema_last_registration_not_ok: _Optional[_Iterable[int]] = ..., disable_period_base: _Optional[int] = ..., counter_max: _Optional[int] = ...) -> None: ...

class ProtoCalibrationParametersRequest(_message.Message):
    __slots__ = ("calibration_request", "channel_assignment", "parameters")
    CALIBRATION_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    calibration_request: int
    channel_assignment: int
    parameters: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, calibration_request: _Optional[int] = ..., channel_assignment: _Optional[int] = ..., parameters: _Optional[_Iterable[int]] = ...) -> None: ...

class ProtoConfig(_message.Message):
    __slots__ = ("measurement_period_base", "transmission_interval", "ble_turnoff_time", "ack_interval", "device_info_request", "update_software_request", "current_time", "transfer_limit", "transfer_limit_timer", "data_server_ip", "data_server_port", "update_server_ip", "update_server_port_udp", "update_server_port_coap", "apn", "plmn_selection", "disable_modem_request", "configuration_request", "configuration_errors", "configuration_hash", "accept_without_testing_request", "cloud_token_config", "cloud_token", "serial_number", "measurement_period_factor", "channel_types", "rules", "supervision_period", "reset_memory_request", "modem_bands_mask", "data_endpoint", "configuration_endpoint", "device_info_endpoint", "time_endpoint", "ble_tx_power_level", "clear_runtime_errors_request", "configuration_error_timestamp", "configuration_hash_timestamp", "cloud_token_coap_option", "payload_signature_coap_option", "dns_server_ip", "dns_ttl_config", "payload_split_info", "update_modem_request", "cellular_config_params", "calendars", "calibration_parameters_request", "led_config", "network_troubleshooting", "modem_identification_coap_option", "network_key", "encryption_key", "apn_username", "apn_password", "network_search", "set_output_control_state_request", "ble_advertising_period", "advertisement_manufacturer_data_format", "extended_configuration_endpoint", "nvm_status", "extended_configuration_request", "restart_memory_stats_request", "data_transfer_start_timestamp_request")
    MEASUREMENT_PERIOD_BASE_FIELD_NUMBER: _ClassVar[int]
    TRANSMISSION_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    BLE_TURNOFF_TIME_FIELD_NUMBER: _ClassVar[int]
    ACK_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    DEVICE_INFO_REQUEST_FIELD_NUMBER: _ClassVar[int]
    UPDATE_SOFTWARE_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CURRENT_TIME_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_LIMIT_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_LIMIT_TIMER_FIELD_NUMBER: _ClassVar[int]
    DATA_SERVER_IP_FIELD_NUMBER: _ClassVar[int]
    DATA_SERVER_PORT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_SERVER_IP_FIELD_NUMBER: _ClassVar[int]
    UPDATE_SERVER_PORT_UDP_FIELD_NUMBER: _ClassVar[int]
    UPDATE_SERVER_PORT_COAP_FIELD_NUMBER: _ClassVar[int]
    APN_FIELD_NUMBER: _ClassVar[int]
    PLMN_SELECTION_FIELD_NUMBER: _ClassVar[int]
    DISABLE_MODEM_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_ERRORS_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_HASH_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_WITHOUT_TESTING_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CLOUD_TOKEN_CONFIG_FIELD_NUMBER: _ClassVar[int]
    CLOUD_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_PERIOD_FACTOR_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_TYPES_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    SUPERVISION_PERIOD_FIELD_NUMBER: _ClassVar[int]
    RESET_MEMORY_REQUEST_FIELD_NUMBER: _ClassVar[int]
    MODEM_BANDS_MASK_FIELD_NUMBER: _ClassVar[int]
    DATA_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_INFO_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    TIME_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    BLE_TX_POWER_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CLEAR_RUNTIME_ERRORS_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_ERROR_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_HASH_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    CLOUD_TOKEN_COAP_OPTION_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SIGNATURE_COAP_OPTION_FIELD_NUMBER: _ClassVar[int]
    DNS_SERVER_IP_FIELD_NUMBER: _ClassVar[int]
    DNS_TTL_CONFIG_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SPLIT_INFO_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MODEM_REQUEST_FIELD_NUMBER: _ClassVar[int]
    CELLULAR_CONFIG_PARAMS_FIELD_NUMBER: _ClassVar[int]
    CALENDARS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_PARAMETERS_REQUEST_FIELD_NUMBER: _ClassVar[int]
    LED_CONFIG_FIELD_NUMBER: _ClassVar[int]
    NETWORK_TROUBLESHOOTING_FIELD_NUMBER: _ClassVar[int]
    MODEM_IDENTIFICATION_COAP_OPTION_FIELD_NUMBER: _ClassVar[int]
    NETWORK_KEY_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_KEY_FIELD_NUMBER: _ClassVar[int]
    APN_USERNAME_FIELD_NUMBER: _ClassVar[int]
    APN_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NETWORK_SEARCH_FIELD_NUMBER: _ClassVar[int]
    SET_OUTPUT_CONTROL_STATE_REQUEST_FIELD_NUMBER: _ClassVar[int]
    BLE_ADVERTISING_PERIOD_FIELD_NUMBER: _ClassVar[int]
    ADVERTISEMENT_MANUFACTURER_DATA_FORMAT_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_CONFIGURATION_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    NVM_STATUS_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_CONFIGURATION_REQUEST_FIELD_NUMBER: _ClassVar[int]
    RESTART_MEMORY_STATS_REQUEST_FIELD_NUMBER: _ClassVar[int]
    DATA_TRANSFER_START_TIMESTAMP_REQUEST_FIELD_NUMBER: _ClassVar[int]
    measurement_period_base: int
    transmission_interval: int
    ble_turnoff_time: int
    ack_interval: int
    device_info_request: bool
    update_software_request: bool
    current_time: int
    transfer_limit: int
    transfer_limit_timer: int
    data_server_ip: str
    data_server_port: int
    update_server_ip: str
    update_server_port_udp: int
    update_server_port_coap: int
    apn: str
    plmn_selection: int
    disable_modem_request: int
    configuration_request: bool
    configuration_errors: _containers.RepeatedScalarFieldContainer[int]
    configuration_hash: int
    accept_without_testing_request: bool
    cloud_token_config: int
    cloud_token: str
    serial_number: bytes
    measurement_period_factor: int
    channel_types: _containers.RepeatedScalarFieldContainer[_measurement_types_pb2.MeasurementType]
    rules: _containers.RepeatedCompositeFieldContainer[ProtoRule]
    supervision_period: int
    reset_memory_request: bool
    modem_bands_mask: int
    data_endpoint: str
    configuration_endpoint: str
    device_info_endpoint: str
    time_endpoint: str
    ble_tx_power_level: int
    clear_runtime_errors_request: bool
    configuration_error_timestamp: int
    configuration_hash_timestamp: int
    cloud_token_coap_option: int
    payload_signature_coap_option: int
    dns_server_ip: _containers.RepeatedScalarFieldContainer[int]
    dns_ttl_config: int
    payload_split_info: int
    update_modem_request: str
    cellular_config_params: _containers.RepeatedScalarFieldContainer[int]
    calendars: _containers.RepeatedCompositeFieldContainer[ProtoCalendar]
    calibration_parameters_request: ProtoCalibrationParametersRequest
    led_config: _containers.RepeatedScalarFieldContainer[int]
    network_troubleshooting: int
    modem_identification_coap_option: int
    network_key: bytes
    encryption_key: bytes
    apn_username: str
    apn_password: str
    network_search: ProtoNetworkSearch
    set_output_control_state_request: _containers.RepeatedCompositeFieldContainer[ProtoOutputControlState]
    ble_advertising_period: ProtoBleAdvertisingPeriod
    advertisement_manufacturer_data_format: AdvertisementManufacturerDataFormat
    extended_configuration_endpoint: str
    nvm_status: int
    extended_configuration_request: bool
    restart_memory_stats_request: bool
    data_transfer_start_timestamp_request: int
    def __init__(self, measurement_period_base: _Optional[int] = ..., transmission_interval: _Optional[int] = ..., ble_turnoff_time: _Optional[int] = ..., ack_interval: _Optional[int] = ..., device_info_request: _Optional[bool] = ..., update_software_request: _Optional[bool] = ..., current_time: _Optional[int] = ..., transfer_limit: _Optional[int] = ..., transfer_limit_timer: _Optional[int] = ..., data_server_ip: _Optional[str] = ..., data_server_port: _Optional[int] = ..., update_server_ip: _Optional[str] = ..., update_server_port_udp: _Optional[int] = ..., update_server_port_coap: _Optional[int] = ..., apn: _Optional[str] = ..., plmn_selection: _Optional[int] = ..., disable_modem_request: _Optional[int] = ..., configuration_request: _Optional[bool] = ..., configuration_errors: _Optional[_Iterable[int]] = ..., configuration_hash: _Optional[int] = ..., accept_without_testing_request: _Optional[bool] = ..., cloud_token_config: _Optional[int] = ..., cloud_token: _Optional[str] = ..., serial_number: _Optional[bytes] = ..., measurement_period_factor: _Optional[int] = ..., channel_types: _Optional[_Iterable[_Union[_measurement_types_pb2.MeasurementType, str]]] = ..., rules: _Optional[_Iterable[_Union[ProtoRule, _Mapping]]] = ..., supervision_period: _Optional[int] = ..., reset_memory_request: _Optional[bool] = ..., modem_bands_mask: _Optional[int] = ..., data_endpoint: _Optional[str] = ..., configuration_endpoint: _Optional[str] = ..., device_info_endpoint: _Optional[str] = ..., time_endpoint: _Optional[str] = ..., ble_tx_power_level: _Optional[int] = ..., clear_runtime_errors_request: _Optional[bool] = ..., configuration_error_timestamp: _Optional[int] = ..., configuration_hash_timestamp: _Optional[int] = ..., cloud_token_coap_option: _Optional[int] = ..., payload_signature_coap_option: _Optional[int] = ..., dns_server_ip: _Optional[_Iterable[int]] = ..., dns_ttl_config: _Optional[int] = ..., payload_split_info: _Optional[int] = ..., update_modem_request: _Optional[str] = ..., cellular_config_params: _Optional[_Iterable[int]] = ..., calendars: _Optional[_Iterable[_Union[ProtoCalendar, _Mapping]]] = ..., calibration_parameters_request: _Optional[_Union[ProtoCalibrationParametersRequest, _Mapping]] = ..., led_config: _Optional[_Iterable[int]] = ..., network_troubleshooting: _Optional[int] = ..., modem_identification_coap_option: _Optional[int] = ..., network_key: _Optional[bytes] = ..., encryption_key: _Optional[bytes] = ..., apn_username: _Optional[str] = ..., apn_password: _Optional[str] = ..., network_search: _Optional[_Union[ProtoNetworkSearch, _Mapping]] = ..., set_output_control_state_request: _Optional[_Iterable[_Union[ProtoOutputControlState, _Mapping]]] = ..., ble_advertising_period: _Optional[_Union[ProtoBleAdvertisingPeriod, _Mapping]] = ..., advertisement_manufacturer_data_format: _Optional[_Union[AdvertisementManufacturerDataFormat, str]] = ..., extended_configuration_endpoint: _Optional[str] = ..., nvm_status: _Optional[int] = ..., extended_configuration_request: _Optional[bool] = ..., restart_memory_stats_request: _Optional[bool] = ..., data_transfer_start_timestamp_request: _Optional[int] = ...) -> None: ...
