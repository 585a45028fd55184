"""The tables of the lake: columns, types, units, natural keys, and which of two equal rows wins.

Standard library only. Types are `int64`, `int32`, `float64`, `string`, `bool` and `timestamp` (microseconds, UTC).
Every decoded table starts with `raw_id`, `source`, `received_at`. Derived tables are of whole days: `visit`,
`presence_hour` and `presence_day` are written when a day closes, `sensor_day` can be computed again at any time. A new
kind of fact is a table here; a new vendor is not.
"""

from telltale.tables.decoded import (
    ACTIVITY,
    COLLECTOR_HEARTBEAT,
    DEVICE_CONFIG,
    DEVICE_STATUS,
    FRAME,
    KEY_REFUSED,
    NODE_HEARTBEAT,
    READING,
    REJECT,
    SIGHTING,
    UPLINK,
)
from telltale.tables.derived import PRESENCE_DAY, PRESENCE_HOUR, SENSOR_DAY, VISIT
from telltale.tables.table import AHEAD_US, CLOCK_SET_US, CLOCK_WRONG, LATE_US, ORIGIN, Column, Table

__all__ = [
    "ACTIVITY",
    "AHEAD_US",
    "CLOCK_SET_US",
    "CLOCK_WRONG",
    "COLLECTOR_HEARTBEAT",
    "DEVICE_CONFIG",
    "DEVICE_STATUS",
    "FRAME",
    "KEY_REFUSED",
    "LATE_US",
    "NODE_HEARTBEAT",
    "ORIGIN",
    "PRESENCE_DAY",
    "PRESENCE_HOUR",
    "READING",
    "REJECT",
    "SENSOR_DAY",
    "SIGHTING",
    "TABLES",
    "UPLINK",
    "VISIT",
    "Column",
    "Table",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SIGHTING,
        NODE_HEARTBEAT,
        READING,
        UPLINK,
        DEVICE_STATUS,
        DEVICE_CONFIG,
        FRAME,
        COLLECTOR_HEARTBEAT,
        ACTIVITY,
        REJECT,
        VISIT,
        PRESENCE_HOUR,
        PRESENCE_DAY,
        SENSOR_DAY,
    )
}
