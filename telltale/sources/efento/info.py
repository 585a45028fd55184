"""What a sensor says of itself: runtime, modem, memory, last update, by names instead of places.

The modem's parameters are a list whose length and meaning depend on the modem's type; "unknown" is another number for
each, and such parameters are left out. What lies beyond the names is kept as a list.

    BC66, BC66NA   34 parameters          BC660   22          shared modem   4

Firmware before 7 tells the least battery voltage of the period, 7 the present one.

Source: wire/efento.md section 6.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo, ProtoModem, ProtoRuntime
from telltale.sources.efento.wire import NEVER, dumped, version

_WITH_LTS = re.compile("[0-9a-fA-F]{7}", re.ASCII)
FIRMWARE_7 = 0x0700
_NO_VOLTAGE = 65535


class Parameter(NamedTuple):
    """A modem parameter, the number that says it is not known, and how many make one."""

    name: str
    unknown: int = -1
    scale: int = 1


_CELL = (
    Parameter("rsrp_dbm", 0), Parameter("rsrq_db", 0), Parameter("rssi_dbm", 0), Parameter("sinr_db", 31),
    Parameter("band"), Parameter("tac"), Parameter("ecl"),
)  # fmt: skip
_PLACE = (Parameter("earfcn"), Parameter("earfcn_offset"), Parameter("pci"), Parameter("cell_id", 0))
_BC66 = (
    *_PLACE, *_CELL, Parameter("tx_power_dbm", -1000, 10), Parameter("operation_mode"),
    Parameter("neighbour_earfcn"), Parameter("neighbour_earfcn_offset"), Parameter("neighbour_pci"),
    Parameter("neighbour_rsrp_dbm", 0),
    Parameter("rlc_up_bler"), Parameter("rlc_down_bler"), Parameter("mac_up_bler"), Parameter("mac_down_bler"),
    Parameter("mac_up_bytes"), Parameter("mac_down_bytes"),
    Parameter("harq_up"), Parameter("harq_down"), Parameter("harq_up_again"), Parameter("harq_down_again"),
    Parameter("rlc_up_throughput"), Parameter("rlc_down_throughput"),
    Parameter("mac_up_throughput"), Parameter("mac_down_throughput"),
    Parameter("sleep_s", -1, 10), Parameter("rx_s", -1, 10), Parameter("tx_s", -1, 10),
)  # fmt: skip
_BC660 = (
    *_PLACE, *_CELL, Parameter("tx_power_dbm", 128), Parameter("operation_mode"),
    Parameter("neighbour_earfcn"), Parameter("neighbour_pci"), Parameter("neighbour_rsrp_dbm", 0),
    Parameter("neighbour_rsrq_db", 0),
    Parameter("sleep_s", -1, 10), Parameter("rx_s", -1, 10), Parameter("tx_s", -1, 10),
    Parameter("plmn_state", 3), Parameter("plmn"),
)  # fmt: skip
PARAMETERS: dict[int, tuple[Parameter, ...]] = {1: _BC66, 2: _BC66, 3: _CELL[:4], 4: _BC660}
"""By the modem's type."""
_OFFSETS: dict[int, tuple[float | None, ...]] = {
    5: (-2, -1, -0.5, 0, 1),
    22: (None, *range(-10, 0), -0.5, *range(10)),
}
"""What an EARFCN offset's code stands for, by how many codes there are."""
_OFFSETS_OF = {1: _OFFSETS[5], 2: _OFFSETS[5], 4: _OFFSETS[22]}
_MODES = ("in_band_same_pci", "in_band_other_pci", "guard_band", "stand_alone")
_MODEMS = ("unspecified", "BC66", "BC66NA", "shared", "BC660")

MEMORY = (
    "status", "end_of_collection_at", "capacity_bytes", "used_bytes", "outdated_bytes", "corrupt_bytes",
    "valid_packets", "outdated_packets", "corrupt_packets",
    *(f"channel_{number}_samples" for number in range(1, 7)),
    "first_binary_at", "last_binary_at", "last_binary_sent_at",
    "first_continuous_at", "last_continuous_at", "last_continuous_sent_at", "nvm_writes",
)  # fmt: skip
"""The items of memory_statistics; those that end in `_at` are Unix seconds."""
_UPDATE = ("no_check", "ok", "udp_socket_error", "bad_hash", "missing_packet", "invalid_data", "timeout",
           "nothing_to_update", "unexpected_sending_error", "unexpected_error")  # fmt: skip
_TAMPER = ("inactive", "open", "was_open")


def status(device: str, info: ProtoDeviceInfo, received_at: int) -> tuple[Any, ...]:
    """The row of table `device_status` that a device info makes; it holds no time but that of its receipt."""
    millivolts, signal = info.runtime_info.battery_voltage, modem_parameters(info.modem).get("rssi_dbm")
    battery_v = millivolts / 1000 if millivolts not in {0, _NO_VOLTAGE} else None
    signal_dbm = None if signal is None else float(signal)
    firmware = version(info.sw_version) if info.sw_version else None
    return device, "info", received_at, battery_v, None, signal_dbm, firmware, None, dumped(details(info))


def details(info: ProtoDeviceInfo) -> dict[str, object]:
    """Everything else, by name."""
    told: dict[str, object] = {**_commit(info.commit_id, info.sw_version), "runtime": _runtime(info)}
    if info.HasField("modem"):
        told["modem"] = _modem(info.modem)
    told["memory"] = _named(MEMORY, info.memory_statistics)
    if info.HasField("last_update_info"):
        code = info.last_update_info.status
        told["last_update"] = {"at": info.last_update_info.timestamp, "status": _word(_UPDATE, code - 1, code)}
    if info.enclosure_tamper_alert:
        told["enclosure_tamper"] = _word(_TAMPER, info.enclosure_tamper_alert, info.enclosure_tamper_alert)
    return {name: value for name, value in told.items() if value not in (None, {}, "")}


def modem_parameters(modem: ProtoModem) -> dict[str, Any]:
    """The modem's parameters by name, for its type; those it does not know are left out."""
    names = PARAMETERS.get(modem.type, ())
    told: dict[str, Any] = {}
    for parameter, number in zip(names, modem.parameters, strict=False):
        if number != parameter.unknown:
            told[parameter.name] = number / parameter.scale if parameter.scale > 1 else number
    for name in ("earfcn_offset", "neighbour_earfcn_offset"):
        if name in told:
            told[name] = _at(_OFFSETS_OF.get(modem.type, ()), told[name], told[name])
    if "operation_mode" in told:
        told["operation_mode"] = _at(_MODES, told["operation_mode"], told["operation_mode"])
    return told


def _commit(text: str, sw_version: int) -> dict[str, object]:
    """From 06.07 on the first two characters are the number of the long-term version, hexadecimal: 0b is LTS 11."""
    if sw_version >= 0x0607 and _WITH_LTS.fullmatch(text):
        return {"lts": int(text[:2], 16), "commit": text[2:]}
    return {"commit": text}


def _runtime(info: ProtoDeviceInfo) -> dict[str, object]:
    runtime: ProtoRuntime = info.runtime_info
    told: dict[str, object] = {"up_time_s": runtime.up_time}
    told |= _named(("confirmable", "non_confirmable", "successes"), runtime.message_counters)
    told |= {
        "mcu_temperature_c": runtime.mcu_temperature,
        "mcu_temperature_min_c": runtime.min_mcu_temperature,
        "mcu_temperature_max_c": runtime.max_mcu_temperature,
        "runtime_errors": list(runtime.runtime_errors) or None,
    }
    if info.sw_version < FIRMWARE_7:
        told |= {
            "battery_v_is_least": True,
            "battery_least_at_c": runtime.min_battery_mcu_temperature,
            "battery_reset_at": runtime.battery_reset_timestamp or None,
        }
    told["resets"] = runtime.reset_counter or None
    return {name: value for name, value in told.items() if value is not None}


def _modem(modem: ProtoModem) -> dict[str, object]:
    known = len(PARAMETERS.get(modem.type, ()))
    names = ("transmissions", "since_info_s", "power_save_s", "active_s")
    told: dict[str, object] = {
        "type": _word(_MODEMS, modem.type, modem.type),
        **modem_parameters(modem),
        "further": list(modem.parameters[known:]) or None,
        "sim": None if modem.sim_card_identification in {"", "\x7f"} else modem.sim_card_identification,
        "firmware": modem.firmware_version or None,
        "identification": modem.modem_identification or None,
        "statistics": _named(names, modem.modem_statistics) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _named(names: Sequence[str], numbers: Sequence[int]) -> dict[str, object]:
    """Numbers by name, times that are none left out; those beyond the names as a list."""
    told: dict[str, object] = {
        name: number
        for name, number in zip(names, numbers, strict=False)
        if not (name.endswith("_at") and number == NEVER)
    }
    return told | ({"further": list(numbers[len(names) :])} if len(numbers) > len(names) else {})


def _word(words: Sequence[str], place: int, otherwise: int) -> str:
    return words[place] if 0 <= place < len(words) else str(otherwise)


def _at(values: Sequence[Any], place: int, otherwise: Any) -> Any:
    return values[place] if 0 <= place < len(values) else otherwise
