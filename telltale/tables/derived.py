"""The tables written when a day closes: visits, and the figures of hours and days."""

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
