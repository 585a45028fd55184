"""The tables of whole days: visits and figures, written when a day closes, and what is kept of the days of sensors."""

from telltale.tables.table import Column, Table

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

SENSOR_DAY = Table(
    "sensor_day",
    "what each sensor measured on one local day of [site]; that of a day of several units is of the last by name",
    (
        Column("day", "timestamp", "start of the local day"),
        Column("device_id", "string", "the sensor"),
        Column("channel", "string", "of a sensor with several; else empty"),
        Column("quantity", "string", "such as temperature"),
        Column("unit", "string", "unit of the values"),
        Column("readings", "int64", "readings with a value; copies of a message count once"),
        Column("errors", "int64", "readings with an error code"),
        Column("value_min", "float64", "the lowest; null with errors alone", nullable=True),
        Column("value_mean", "float64", "of the readings, each of the same weight", nullable=True),
        Column("value_max", "float64", "the highest", nullable=True),
        Column("value_last", "float64", "the newest", nullable=True),
        Column("state_last", "string", "its word, where it is a state such as open", nullable=True),
        Column("value_first_at", "timestamp", "first reading with a value", nullable=True),
        Column("value_last_at", "timestamp", "newest reading with a value", nullable=True),
        Column("first_at", "timestamp", "first reading, error codes too"),
        Column("last_at", "timestamp", "newest reading, error codes too"),
    ),
    key=("day", "device_id", "channel", "quantity"),
    time="day",
    derived=True,
)
