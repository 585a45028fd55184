"""The tables that decoders fill: one a kind of fact, whoever the vendor is."""

from telltale.tables.table import ORIGIN, Column, Table

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
    prefer=("frames",),
    largest=("rssi_max_dbm", "associated"),
    smallest=("rssi_min_dbm",),
    because="a node that heard more frames says more; one with two radios tells a station twice, the weaker hides none",
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
    smallest=("clock_offset_s",),
    because="two reports of one moment: the offset is by the newest last_seen of both",
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
    key=("device_id", "channel", "quantity", "observed_at", "value", "text"),
    time="observed_at",
    because="what is sent again says the same, newer settings name it better; two values of one second are two samples",
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
    prefer=("rssi_dbm",),
    by_column=True,
    because="of several stations the best is the link; link quality and place come later, in a callback of their own",
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
    by_column=True,
    because="of what it said again the newest is its state; what a later one leaves out was said before",
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
    by_column=True,
    because="equal hashes are equal configurations: the newest is decoded by the newest rules",
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
        Column("exchange", "string", "of DHCP, the number of this try for an address (xid), in hex", nullable=True),
        Column("exchange_s", "int64", "of DHCP, for how long it has tried, as it says (secs)", nullable=True),
    ),
    key=("device_id", "observed_at", "kind"),
    time="observed_at",
    added=("exchange", "exchange_s"),
    by_column=True,
    because="one frame, captured twice: what a cut capture lacks is in the whole one",
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
    prefer=("covered_s",),
    largest=("last_frame_at",),
    because="a part of a capture, replayed, ends when the whole does and covers less: listened is listened",
)

ACTIVITY = Table(
    "activity",
    "what is known of the use of a PC at a moment or for a span",
    (
        *ORIGIN,
        Column("device_id", "string", "the PC, such as pc:desk-3, or the modem that speaks for it"),
        Column("kind", "string", "sample, level, bitmap; locked, suspended; interval (imported), correction (by hand)"),
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
    prefer=("period_s",),
    because="an export taken in the middle of a stretch knows less of it; corrections never begin at the same moment",
)

KEY_REFUSED = "key_refused"
"""The reason of a reject whose record has to wait: its key is not the one to use, and may come back."""

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
    because="both are of one record: a part is set aside once",
    personal=True,
)
