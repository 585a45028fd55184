"""What an Efento channel measures: names, units, scales, and how the raw numbers of each type are read.

    continuous        value = (start_point + offset) / scale
    with remainder    of the raw number the remainder by 3, 4 or 6 is a state of the sensor; the quotient is the value
    binary            the sign of an offset is the state, its size the second it was reached in

Types above 43 come with newer firmware: their raw numbers are kept as `type_44` and so on.

Source: wire/efento.md 2.1, 2.4, 2.5, section 3.
"""

from functools import cache
from typing import NamedTuple

CALIBRATION = ("calibration_required", "calibrating", "calibrated")
AUTO_CALIBRATION = ("no_auto_calibration_yet", "auto_calibrated", "auto_calibration_failed")
COUNTER = ("good", "error", "reset", "error_and_reset")


class Kind(NamedTuple):
    """How the numbers of one measurement type are read.

    Args:
        quantity, unit: as in table `reading`.
        scale: raw units per unit; 0 where the low digits say something else.
        states: names of the remainder by their count, where the low digits hold one.
        minor_of: the type of the major counter whose channel the remainder by 6 names.
        active, inactive: what a binary sensor says; empty for continuous types.
    """

    quantity: str
    unit: str = ""
    scale: int = 1
    states: tuple[str, ...] = ()
    minor_of: int = 0
    active: str = ""
    inactive: str = ""


class Total(NamedTuple):
    """An accumulating counter: how a minor and its major add up."""

    quantity: str
    unit: str
    major_is: int


MINOR_DIVISOR = 6

EMPTY, SHARED_MODEM = 0, 31
"""Slots without samples of their own."""

KINDS: dict[int, Kind] = {
    1: Kind("temperature", "°C", 10),
    2: Kind("humidity", "%"),
    3: Kind("atmospheric_pressure", "hPa", 10),
    4: Kind("differential_pressure", "Pa"),
    5: Kind("ok_alarm", active="alarm", inactive="ok"),
    6: Kind("iaq", scale=0, states=CALIBRATION),
    7: Kind("flooding", active="water", inactive="dry"),
    8: Kind("pulses", "pulses"),
    9: Kind("electricity", "Wh"),
    10: Kind("water", "l"),
    11: Kind("soil_moisture", "kPa"),
    12: Kind("co", "ppm"),
    13: Kind("no2", "ppm"),
    14: Kind("h2s", "ppm", 100),
    15: Kind("ambient_light", "lx", 10),
    16: Kind("pm_1_0", "µg/m³"),
    17: Kind("pm_2_5", "µg/m³"),
    18: Kind("pm_10_0", "µg/m³"),
    19: Kind("noise_level", "dB", 10),
    20: Kind("nh3", "ppm"),
    21: Kind("ch4", "ppm"),
    22: Kind("high_pressure", "kPa"),
    23: Kind("distance", "mm"),
    24: Kind("water_minor", "l", scale=0, minor_of=25),
    25: Kind("water_major", "hl", scale=0, states=COUNTER),
    26: Kind("co2", "ppm", scale=0, states=AUTO_CALIBRATION),
    27: Kind("humidity", "%", 10),
    28: Kind("static_iaq", scale=0, states=CALIBRATION),
    29: Kind("co2_equivalent", "ppm", scale=0, states=CALIBRATION),
    30: Kind("breath_voc", "ppm", scale=0, states=CALIBRATION),
    32: Kind("percentage", "%", 100),
    33: Kind("voltage", "mV", 10),
    34: Kind("current", "mA", 100),
    35: Kind("pulses_minor", "pulses", scale=0, minor_of=36),
    36: Kind("pulses_major", "thousand pulses", scale=0, states=COUNTER),
    37: Kind("electricity_minor", "Wh", scale=0, minor_of=38),
    38: Kind("electricity_major", "kWh", scale=0, states=COUNTER),
    39: Kind("pulses_wide_minor", "pulses", scale=0, minor_of=40),
    40: Kind("pulses_wide_major", "million pulses", scale=0, states=COUNTER),
    41: Kind("current", "mA", 1000),
    42: Kind("output_control", active="on", inactive="off"),
    43: Kind("resistance", "Ω"),
}

AMOUNTS = ("pulses", "electricity", "water")
"""Types 8, 9 and 10: what was counted in the period a sample ends, not what the meter shows."""

TOTALS: dict[int, Total] = {
    25: Total("water_total", "l", 100),
    36: Total("pulses_total", "pulses", 1000),
    38: Total("electricity_total", "Wh", 1000),
    40: Total("pulses_total", "pulses", 1_000_000),
}
"""By the type of the major."""


@cache
def kind(number: int) -> Kind:
    """How the numbers of a type are read; those of an unknown type as they are."""
    return KINDS.get(number) or Kind(f"type_{number}")
