"""Limits of devices.csv that hold for nothing, and why."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from telltale.sensors import analysis
from telltale.sensors.analysis.steps import MAIN
from telltale.settings import DEVICES_FILE, Device, devices
from telltale.tables import READING
from telltale.workbench.history import pieces
from telltale.workbench.project import Project
from telltale.workbench.times import Span
from telltale.workbench.view import View


class Idle(NamedTuple):
    """Limits that judge no reading, and what to write instead."""

    found: str
    fix: str


def idle(project: Project) -> Iterator[Idle]:
    """The limits of devices that were heard which hold for none of their series, in the order of devices.csv.

    Nothing is said of devices that have measured nothing yet.

    Raises:
        ConfigError: devices.csv is wrong.
    """
    limited = [each for each in devices(project.settings) if each.limits or (each.low, each.high) != (None, None)]
    if not limited:
        return
    measured: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in ever_measured(project.view()).to_pylist():
        measured[row["device_id"]].add((row["quantity"], row["channel"]))
    for device in limited:
        if device.device_id in measured:
            yield from _of(device, measured[device.device_id])


def ever_measured(view: View) -> pa.Table:
    """As `analysis.measured`, of all readings that are kept."""

    def read(span: Span) -> pa.Table:
        return analysis.measured(view.project.engine, view.rows(READING.name, span)).arrow()

    parts = pa.concat_tables(pieces(view, "measured", read, tables=(READING.name,)))
    names = ["device_id", "channel", "quantity"]
    ends = [("unit", "max"), ("first_us", "min"), ("last_us", "max")]
    found = parts.group_by(names, use_threads=False).aggregate(ends)
    return found.select([*names, "unit_max", "first_us_min", "last_us_max"]).rename_columns(parts.column_names)


def _of(device: Device, measured: set[tuple[str, str]]) -> Iterator[Idle]:
    quantities = sorted({quantity for quantity, _ in measured})
    known, who = ", ".join(quantities), f"{DEVICES_FILE}: {device.name or device.device_id}"
    if (device.low, device.high) != (None, None) and len(quantities) > 1 and MAIN not in quantities:
        first = quantities[0]
        yield Idle(
            f"{who} measures {known}: low and high do not say which is meant",
            f"name it: columns such as low:{first} and high:{first}",
        )
    for limit in device.limits:
        if limit.quantity not in quantities:
            yield Idle(f"{who} has limits for {limit.quantity}, which it never measured", f"it measured {known}")
        elif limit.channel and (limit.quantity, limit.channel) not in measured:
            if {channel for name, channel in measured if name == limit.quantity} == {""}:
                yield Idle(
                    f"{who} has limits for {limit.quantity} of channel {limit.channel}, and has no channels",
                    f"name the columns low:{limit.quantity} and high:{limit.quantity}",
                )
                continue
            channels = ", ".join(sorted(channel or "none" for name, channel in measured if name == limit.quantity))
            yield Idle(
                f"{who} has limits for {limit.quantity} of channel {limit.channel}, which it never measured",
                f"its channels of {limit.quantity}: {channels}",
            )
