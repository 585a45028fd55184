"""`telltale sensors`: what sensors measured, when they left their limits, and what is missing."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from telltale.cli.options import by_option, length, stretch_options
from telltale.cli.output import json_option, show_answer

Command = TypeVar("Command", bound=Callable[..., Any])

SENSOR = ("device_id", "name", "place", "quantity")
STATS = (
    "device_id", "name", "quantity", "unit", "label", "readings", "errors", "value_min", "value_mean", "value_max",
    "value_last", "value_last_at", "low", "high", "so_far",
)  # fmt: skip
SERIES = (*SENSOR, "unit", "start", "readings", "value_min", "value_mean", "value_max", "low", "high")
EXCURSIONS = (*SENSOR, "side", "limit_value", "peak", "crossed_at", "returned_at", "outside_s", "unknown_s", "is_open")
COVERAGE = (*SENSOR, "unit", "low", "high", "readings", "window_s", "unknown_s")
OUTSIDE = (*SENSOR, "label", "so_far", "readings", "outside_s", "unknown_s", "excursions")
KINETIC = (*SENSOR, "label", "so_far", "readings", "mean_c", "kinetic_c", "unknown_s", "unit", "low", "high")
GAPS = (*SENSOR, "after_at", "before_at", "missing", "is_open")
EPISODES = (*SENSOR, "state", "started_at", "ended_at", "lasted_s", "is_open")
CONSUMPTION = (
    *SENSOR, "unit", "label", "so_far", "consumed", "counted_from", "last_at", "resets", "may_be_low", "value_last",
)  # fmt: skip
COMPLETENESS = ("device_id", "name", "place", "label", "so_far", "due", "received", "share")
OVERDUE = ("device_id", "name", "place", "heard_at", "expected_at", "next_heard_at", "overdue_s", "is_open")
TRENDS = ("device_id", "name", "place", "measure", "days", "last_on", "last_value", "per_day", "is_clear", "days_left")
EMPTY = "No sensor measured anything in that time; try a longer --since."
_device_option = click.option("--device", metavar="DEVICE", help="One device, by id or name; by default all.")


def _sensor_options(command: Command) -> Command:
    command = click.option("--quantity", metavar="NAME", help="One quantity, such as temperature; by default all.")(
        command
    )
    return _device_option(command)


@click.group(epilog="Example: telltale sensors excursions --since 7d")
def sensors() -> None:
    """Show what sensors measured, their limits, and what is missing.

    Limits (low, high) are those of devices.csv.
    """


@sensors.command(epilog="Example: telltale sensors stats --since 7d --by day --quantity temperature")
@stretch_options("7d")
@by_option("stretch", "day", "hour", default="stretch")
@_sensor_options
@json_option
def stats(*, as_json: bool, **question: Any) -> None:
    """Show lowest, mean and highest value of each."""
    from telltale.sensors import stats as answer

    show_answer(answer, columns=STATS, as_json=as_json, empty=EMPTY, **question)


@sensors.command(epilog="Example: telltale sensors series --since 48h --bin 1h --quantity temperature")
@stretch_options("48h")
@click.option("--bin", type=length, help="Width of a row, such as 1h; by default each reading by itself.")
@_sensor_options
@json_option
def series(*, as_json: bool, **question: Any) -> None:
    """Show what each sensor measured."""
    from telltale.sensors import series as answer

    show_answer(answer, columns=SERIES, as_json=as_json, empty=EMPTY, **question)


@sensors.command(epilog='Example: telltale sensors excursions --since 30d --device "Cold room"')
@stretch_options("7d")
@_sensor_options
@json_option
def excursions(*, as_json: bool, **question: Any) -> None:
    """Show when a sensor was outside its limits.

    How long and how far is shown too.
    """
    from telltale.sensors import excursions as answer

    show_answer(
        answer, columns=EXCURSIONS, as_json=as_json, empty="No sensor is known to have left its limits.", **question
    )


@sensors.command(epilog="Example: telltale sensors coverage --since 24h")
@stretch_options("24h")
@_sensor_options
@json_option
def coverage(*, as_json: bool, **question: Any) -> None:
    """Show how much is known of each with limits.

    Sensors that are silent or were never heard are there too.
    """
    from telltale.sensors import coverage as answer

    show_answer(answer, columns=COVERAGE, as_json=as_json, empty="No sensor has limits in devices.csv.", **question)


@sensors.command("minutes-outside", epilog="Example: telltale sensors minutes-outside --since 14d")
@stretch_options("14d")
@_sensor_options
@json_option
def minutes_outside(*, as_json: bool, **question: Any) -> None:
    """Show how long each was outside, by day."""
    from telltale.sensors import minutes_outside as answer

    show_answer(answer, columns=OUTSIDE, as_json=as_json, empty="No sensor has limits in devices.csv.", **question)


@sensors.command("mean-kinetic-temperature", epilog="Example: telltale sensors mean-kinetic-temperature --since 30d")
@stretch_options("30d")
@by_option("stretch", "day", "hour", default="stretch")
@_device_option
@json_option
def mean_kinetic_temperature(*, as_json: bool, **question: Any) -> None:
    """Show the mean kinetic temperature of each.

    It is that of USP <1160>; the mean stands beside it.
    """
    from telltale.sensors import mean_kinetic_temperature as answer

    show_answer(
        answer, columns=KINETIC, as_json=as_json, empty="No temperature in °C, °F or K has arrived.", **question
    )


@sensors.command(epilog="Example: telltale sensors gaps --since 7d")
@stretch_options("7d")
@_sensor_options
@json_option
def gaps(*, as_json: bool, **question: Any) -> None:
    """Show where readings are missing.

    That is between two that came, and since the newest one.
    """
    from telltale.sensors import gaps as answer

    show_answer(answer, columns=GAPS, as_json=as_json, empty="No readings are known to be missing.", **question)


@sensors.command(epilog="Example: telltale sensors episodes --since 7d")
@stretch_options("7d")
@_sensor_options
@json_option
def episodes(*, as_json: bool, **question: Any) -> None:
    """Show when a door was open, an alarm on.

    And so for every switch, such as one that finds water.
    """
    from telltale.sensors import episodes as answer

    show_answer(answer, columns=EPISODES, as_json=as_json, empty="No switch changed its state.", **question)


@sensors.command(epilog="Example: telltale sensors consumption --since 7d --by day")
@stretch_options("7d")
@by_option("stretch", "day", "hour", default="day")
@_sensor_options
@json_option
def consumption(*, as_json: bool, **question: Any) -> None:
    """Show what each counter counted.

    A counter that began again from 0 is counted on.
    """
    from telltale.sensors import consumption as answer

    show_answer(answer, columns=CONSUMPTION, as_json=as_json, empty="No counter reported.", **question)


@sensors.command(epilog="Example: telltale sensors completeness --since 7d")
@stretch_options("7d")
@by_option("stretch", "day", "hour", default="stretch")
@_device_option
@json_option
def completeness(*, as_json: bool, **question: Any) -> None:
    """Show how many of the readings due came."""
    from telltale.sensors import completeness as answer

    show_answer(answer, columns=COMPLETENESS, as_json=as_json, empty=EMPTY, **question)


@sensors.command(epilog="Example: telltale sensors overdue --since 7d")
@stretch_options("7d")
@_device_option
@json_option
def overdue(*, as_json: bool, **question: Any) -> None:
    """Show when a device missed its own moment.

    It had announced when it would be heard next, and was not.
    """
    from telltale.sensors import overdue as answer

    empty = "No device is known to be past a moment it had named."
    show_answer(answer, columns=OVERDUE, as_json=as_json, empty=empty, **question)


@sensors.command(epilog="Example: telltale sensors trends --since 30d")
@stretch_options("30d")
@_device_option
@json_option
def trends(*, as_json: bool, **question: Any) -> None:
    """Show how battery and signal change.

    Where the change is clear, also how many days are left.
    """
    from telltale.sensors import trends as answer

    show_answer(answer, columns=TRENDS, as_json=as_json, empty="Too little is known for a trend.", **question)
