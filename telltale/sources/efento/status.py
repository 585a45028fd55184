"""What a measurement frame says of its sensor: battery, signal, why and when it sends.

    transfer_reason  bits 0 reset, 1 button, 2 Bluetooth, 3..7 retries, 8..19 rules, 20 end of the transfer limit,
                     21 PIN tamper, 22 enclosure tamper, 23 shutting down
    signal           n in 1..62: −111+n ≤ RSSI < −110+n dBm; 63: −48 dBm or more; 99 unknown; 0 may be absence
    battery_level    ÷ 6: 0.01 V (10921 none); remainder: 0 battery, 1 rechargeable, 2 external supply

Source: wire/efento.md 1.3, 1.4, 1.5.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from telltale.pb.efento.measurements_pb2 import ProtoMeasurements
from telltale.sources.efento.wire import NEVER, SECOND_US, dumped

_REASONS = {0: "reset", 1: "button", 2: "bluetooth", 20: "transfer_limit_end", 21: "pin_tamper",
            22: "enclosure_tamper", 23: "shutting_down"}  # fmt: skip
_POWER = ("battery", "rechargeable", "external")
_NO_VOLTAGE = 10921


def status(device: str, message: ProtoMeasurements, observed_at: int) -> tuple[Any, ...]:
    """The frame's row of table `device_status`, in the order of its columns."""
    next_at = message.next_transmission_at
    battery_v, signal, details = _told(
        message.battery_level,
        message.signal,
        message.transfer_reason,
        message.measurement_period_base,
        message.measurement_period_factor,
        message.configuration_hash,
        message.extended_configuration_hash,
    )
    next_us = next_at * SECOND_US if 0 < next_at < NEVER else None
    return device, "measurements", observed_at, battery_v, message.battery_status, signal, None, next_us, details


def signal_dbm(code: int) -> float | None:
    """The least RSSI a code stands for; None where it is not known."""
    return float(code - 111) if 1 <= code <= 63 else None


def reasons(mask: int) -> Iterator[str]:
    """Why a frame was sent, by the bits that are set; rules are counted from 1, as up to firmware 07.01."""
    yield from (name for bit, name in _REASONS.items() if mask >> bit & 1)
    yield from (f"rule_{bit - 7}" for bit in range(8, 20) if mask >> bit & 1)


def retries(mask: int) -> int:
    """How often the transfer had failed before."""
    return mask >> 3 & 31


@lru_cache(maxsize=8192)  # a sensor says the same of most frames
def _told(level: int, signal: int, mask: int, *settings: int) -> tuple[float | None, float | None, str | None]:
    """Battery voltage, signal and details."""
    battery_v, power = _battery(level)
    base, factor, configuration, extended = settings
    told: dict[str, object] = {"period_base_s": base, "period_factor": factor or None}
    told |= {"configuration_hash": configuration, "extended_configuration_hash": extended or None}
    told |= {"power": power or None, "reasons": list(reasons(mask)) or None}
    told |= {"retries": retries(mask) or None, "transfer_reason": mask or None}
    return battery_v, signal_dbm(signal), dumped({name: value for name, value in told.items() if value is not None})


def _battery(level: int) -> tuple[float | None, str]:
    if level == 0:
        return None, ""
    hundredths, state = divmod(level, 6)
    power = _POWER[state] if state < len(_POWER) else f"reserved_{state}"
    return (None if hundredths >= _NO_VOLTAGE else hundredths / 100), power
