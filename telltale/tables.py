"""The tables of the lake: columns, types, units, natural keys, and which of two equal rows wins.

Standard library only. Types are `int64`, `int32`, `float64`, `string`, `bool` and `timestamp` (microseconds, UTC).
Every decoded table starts with `raw_id`, `source`, `received_at`; derived tables (`visit`, `presence_hour`,
`presence_day`) are written when a day closes. A new kind of fact is a table here; a new vendor is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """A column: its type, one line of meaning; the unit is the name's suffix."""

    name: str
    type: str
    doc: str
    nullable: bool = False
    station: bool = False
    """The decoder yields a 48-bit station address here; the pipeline stores a signed 64-bit pseudonym."""


ORIGIN = (
    Column("raw_id", "int64", "raw record the row was decoded from"),
    Column("source", "string", "source that decoded it"),
    Column("received_at", "timestamp", "when the record reached the collector"),
)

CLOCK_WRONG = ("clock_ahead", "clock_unset")
"""Flags that keep a row out of sessions and file it under the day it was received (wire/presence.md R8)."""

CLOCK_SET_US = 1_262_304_000_000_000
"""2010-01-01; a row with a time of its own before it came from a clock that was never set: `clock_unset`."""
AHEAD_US = 300 * 1_000_000
"""A row's own time later than received_at by more than this is flagged `clock_ahead`."""
LATE_US = 24 * 3600 * 1_000_000
"""A row's own time earlier than received_at by more than this is flagged `late`."""

NEWEST_NON_NULL = "newest non-null"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake.

    Args:
        key: natural key; NULLs in it are equal; files are sorted by it.
        time: the row's own time. Its UTC day is the partition (`received_at` where `flags` says the clock is wrong).
        prefer: of rows with equal keys the larger value of this column wins, then larger received_at, then larger
            raw_id; `NEWEST_NON_NULL` takes column by column the newest value that is not null.
        derived: written when a day closes, not by a decoder.
        personal: rows concern people's devices: the presence retention applies.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str
    prefer: str = ""
    derived: bool = False
    personal: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}; it has {', '.join(self.names)}")


def _by_name(tables: Iterable[Table]) -> dict[str, Table]:
    return {table.name: table for table in tables}


SIGHTING = Table(
    "sighting",
    "a station heard by a node between two moments",
    (
        *ORIGIN,
        Column("site", "string", "the sender's network id"),
        Column("node_id", "string", "the access point that heard it"),
        Column("device", "int64", "pseudonym of the station, shown as 16 hex digits", station=True),
        Column("radio", "string", "wifi or ble"),
        Column("first_seen", "timestamp", "first frame of the window, the node's clock"),
        Column("last_seen", "timestamp", "last frame of the window, the node's clock"),
        Column("frames", "int64", "frames heard in the window, an upper bound over nodes"),
        Column("rssi_min_dbm", "int32", "weakest frame", nullable=True),
        Column("rssi_max_dbm", "int32", "strongest frame", nullable=True),
        Column("rssi_avg_dbm", "int32", "mean as the node computed it", nullable=True),
        Column("rssi_last_dbm", "int32", "last frame, newer firmware only", nullable=True),
        Column("associated", "bool", "client of this network at that moment"),
        Column("address_kind", "string", "global, or local: locally administered, mostly randomised"),
        Column("flags", "string", "comma-joined, sorted; empty when nothing is odd"),
    ),
    key=("site", "node_id", "device", "radio", "first_seen", "last_seen"),
    time="last_seen",
    prefer="frames",
    personal=True,
)

NODE_HEARTBEAT = Table(
    "node_heartbeat",
    "a node reported, whether or not it heard anyone",
    (
        *ORIGIN,
        Column("site", "string", "the sender's network id"),
        Column("node_id", "string", "the access point"),
        Column("observed_at", "timestamp", "equal to received_at: the node's own clock is what is checked"),
        Column("clock_offset_s", "float64", "received_at minus the newest last_seen; null when empty", nullable=True),
    ),
    key=("site", "node_id", "observed_at"),
    time="observed_at",
)

READING = Table(
    "reading",
    "a value that a device measured or reported",
    (
        *ORIGIN,
        Column("device_id", "string", "what and which, its source's name before a colon"),
        Column("channel", "string", "which of several of its kind: a slot's number, a sensor's name; mostly empty"),
        Column("quantity", "string", "what was measured, such as temperature"),
        Column("observed_at", "timestamp", "when: the device's time, or of its reception by the network"),
        Column("value", "float64", "null where it is no number, or an error", nullable=True),
        Column("unit", "string", "such as °C; empty where none is known"),
        Column("text", "string", "a state, characters, an integer beyond 2^53", nullable=True),
        Column("error_code", "int64", "why there is no value", nullable=True),
        Column("meta", "string", "further facts as JSON text", nullable=True),
    ),
    key=("device_id", "channel", "quantity", "observed_at"),
    time="observed_at",
)

UPLINK = Table(
    "uplink",
    "a message of a device that reached its network",
    (
        *ORIGIN,
        Column("device_id", "string", "what and which, its source's name before a colon"),
        Column("seq", "int64", "the device's number of the message; after its last comes 0", nullable=True),
        Column("observed_at", "timestamp", "when the network received it"),
        Column("data", "string", "payload in hex; empty for none, null where not told, or of a status", nullable=True),
        Column("rssi_dbm", "float64", "signal at the station", nullable=True),
        Column("snr_db", "float64", "signal to noise at the station", nullable=True),
        Column("station", "string", "the station that heard it", nullable=True),
        Column("link_quality", "string", "the network's judgement: limit, average, good, excellent", nullable=True),
        Column("lat", "float64", "the device's place as the network computed it", nullable=True),
        Column("lon", "float64", "the same", nullable=True),
        Column("radius_m", "float64", "how sure the place is", nullable=True),
    ),
    key=("device_id", "seq", "observed_at", "data"),
    time="observed_at",
    prefer=NEWEST_NON_NULL,
)

DEVICE_STATUS = Table(
    "device_status",
    "what a device said of itself, beside what it measured",
    (
        *ORIGIN,
        Column("device_id", "string", "what and which, its source's name before a colon"),
        Column("kind", "string", "what it came with: measurements, info, status, acknowledge, error, …"),
        Column("observed_at", "timestamp", "the newest sample it came with; received_at where there is none"),
        Column("battery_v", "float64", "the battery's voltage", nullable=True),
        Column("battery_ok", "bool", "the device's own judgement", nullable=True),
        Column("signal_dbm", "float64", "the least RSSI at the device", nullable=True),
        Column("sw_version", "string", "its firmware, such as 06.10", nullable=True),
        Column("next_expected_at", "timestamp", "when it will be heard of again at the latest", nullable=True),
        Column("details", "string", "further facts as JSON text", nullable=True),
    ),
    key=("device_id", "kind", "observed_at"),
    time="observed_at",
    prefer=NEWEST_NON_NULL,
)

DEVICE_CONFIG = Table(
    "device_config",
    "how a device is configured, as it told",
    (
        *ORIGIN,
        Column("device_id", "string", "what and which, its source's name before a colon"),
        Column("hash", "string", "the device's mark of this configuration, in hex"),
        Column("part", "int64", "0 of a whole configuration, else which part of those with this hash"),
        Column("changed_at", "timestamp", "since when; received_at where the device does not say"),
        Column("config", "string", "the configuration as JSON text, secrets as ***", nullable=True),
    ),
    key=("device_id", "hash", "part", "changed_at"),
    time="changed_at",
)

FRAME = Table(
    "frame",
    "a frame of a listed button, phone or laptop, or a pull entered by hand",
    (
        *ORIGIN,
        Column("device_id", "string", "its address as in buttons.csv, such as 02:7e:11:a0:00:01; item:<name> by hand"),
        Column("observed_at", "timestamp", "when the collector's interface received it"),
        Column(
            "kind",
            "string",
            "probe, announce, request, reply, garp_reply, dhcp_discover, dhcp_request; manual_pull, manual_ack",
        ),
        Column("eth_source", "string", "the Ethernet source, where a repeater may stand", nullable=True),
        Column("ip_sender", "string", "the address it has or asks for", nullable=True),
        Column("ip_target", "string", "whom it asks for", nullable=True),
        Column("vlan", "int32", "the innermost VLAN id; 0 a priority tag", nullable=True),
        Column("interface", "string", "where it was captured"),
        Column("flags", "string", "comma-joined, sorted; empty when nothing is odd"),
    ),
    key=("device_id", "observed_at", "kind"),
    time="observed_at",
)

COLLECTOR_HEARTBEAT = Table(
    "collector_heartbeat",
    "a capture was alive, whether or not it saw anything",
    (
        *ORIGIN,
        Column("collector", "string", "which process, such as arp@host"),
        Column("interface", "string", "where it listens"),
        Column("observed_at", "timestamp", "until when"),
        Column("covered_s", "float64", "for how many seconds before it has listened without a break"),
        Column("last_frame_at", "timestamp", "the newest frame of anyone", nullable=True),
        Column("frames", "int64", "kept since the last heartbeat"),
        Column("unlisted", "int64", "of devices that are not listed, since then"),
        Column("drops", "int64", "lost before they could be read, since then"),
    ),
    key=("collector", "interface", "observed_at"),
    time="observed_at",
)

ACTIVITY = Table(
    "activity",
    "what is known of the use of a PC at a moment or for a span",
    (
        *ORIGIN,
        Column("device_id", "string", "the PC, such as pc:desk-3, or the modem that speaks for it"),
        Column("kind", "string", "sample, level, bitmap; interval (imported), correction (by hand)"),
        Column(
            "observed_at",
            "timestamp",
            "of a sample or level its moment; of a bitmap minute, an interval or a correction its beginning",
        ),
        Column("idle_s", "float64", "seconds since the last input", nullable=True),
        Column("score_pct", "float64", "what a level says: 0, 25, 50, 100", nullable=True),
        Column("active", "bool", "of a bitmap minute, an interval, a correction", nullable=True),
        Column("period_s", "float64", "to the next sample or level; how long a minute, interval or correction is"),
        Column("note", "string", "why it was corrected; where an idle time comes from", nullable=True),
    ),
    key=("device_id", "kind", "observed_at"),
    time="observed_at",
)

REJECT = Table(
    "reject",
    "a part of a raw record that could not be decoded",
    (
        *ORIGIN,
        Column("part", "string", "where in the record"),
        Column("reason", "string", "short name of what was wrong"),
        Column("excerpt", "string", "what was seen, station addresses masked"),
    ),
    key=("raw_id", "part"),
    time="received_at",
    personal=True,
)

VISIT = Table(
    "visit",
    "a session of one device at one site",
    (
        Column("site", "string", "the sender's network id"),
        Column("device", "int64", "pseudonym, valid within one key period"),
        Column("address_kind", "string", "global or local"),
        Column("entered_at", "timestamp", "first frame"),
        Column("left_at", "timestamp", "last frame"),
        Column("dwell_s", "float64", "left_at minus entered_at; no padding"),
        Column("class", "string", "engaged, visitor, passer_by or ignored"),
        Column("frames", "int64", "frames, an upper bound over nodes"),
        Column("sightings", "int64", "rows after de-duplication"),
        Column("rssi_max_dbm", "int32", "strongest frame", nullable=True),
        Column("nodes", "string", "nodes that heard it, comma-joined, sorted"),
        Column("associated", "bool", "associated at any time"),
        Column("associated_flips", "int64", "changes of the associated flag in time order"),
        Column("silence_mean_s", "float64", "mean silence inside the session; null with one sighting", nullable=True),
        Column("silence_max_s", "float64", "longest silence inside the session", nullable=True),
        Column("cut", "bool", "touches the cut of a key period or of the data: the stay may have gone on"),
    ),
    key=("site", "device", "entered_at"),
    time="entered_at",
    derived=True,
    personal=True,
)


def _figures(name: str, doc: str, time: Column) -> Table:
    return Table(
        name,
        doc,
        (
            Column("site", "string", "the sender's network id"),
            time,
            Column("address_kind", "string", "global, local or all"),
            Column("seen", "int64", "distinct devices with a session of passer_by or better touching it"),
            Column("visitors", "int64", "distinct devices with a visitor session touching it"),
            Column("passers_by", "int64", "seen minus visitors"),
            Column("capture_rate", "float64", "visitors / seen; null when seen is 0", nullable=True),
            Column("visits", "int64", "visitor sessions that start in it"),
            Column("bounced", "int64", "of those, not engaged"),
            Column("dwell_mean_s", "float64", "over the closed visits that start in it", nullable=True),
            Column("dwell_median_s", "float64", "the same", nullable=True),
            Column("dwell_p90_s", "float64", "the same", nullable=True),
            Column("device_s", "float64", "seconds of presence of visitor sessions inside it", nullable=True),
            Column("peak", "int64", "most visitor devices at one instant", nullable=True),
            Column("node_share", "float64", "share of the heartbeat slots with a living node"),
            Column("late", "int64", "late rows that arrived after the closing day began, counted and left out"),
        ),
        key=("site", time.name, "address_kind"),
        time=time.name,
        derived=True,
    )


PRESENCE_HOUR = _figures(
    "presence_hour",
    "figures of one local clock hour (wire/presence.md 6.3, 6.4)",
    Column("hour", "timestamp", "start of the local hour"),
)
PRESENCE_DAY = _figures(
    "presence_day",
    "figures of one local calendar day (wire/presence.md 6.3, 6.4)",
    Column("day", "timestamp", "start of the local day"),
)

TABLES: dict[str, Table] = _by_name(
    (
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
    )
)
