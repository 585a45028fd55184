"""The tables of the store's database: hot raw records, what was refused or is remembered, and the lake's catalog.

They lie in one database because a commit across two files is not atomic: settling moves a record from `raw` to
`files` in one transaction. Times are integer microseconds UTC, days are UTC dates.
"""

import sqlalchemy as sa

SCHEMA_VERSION = 1

metadata = sa.MetaData()

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite gives rowids to INTEGER columns only

RAW = sa.Table(
    "raw",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("received_at", _BIG, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("meta", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # an id is never given twice, even after every row was settled
)

REFUSED = sa.Table(
    "refused",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("received_at", _BIG, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("meta", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

FILES = sa.Table(
    "files",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # relative to the lake root
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # "" where derived
    sa.Column("site", sa.Text, nullable=False),  # "" unless derived
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("rows", _BIG, nullable=False),
    sa.Column("bytes", _BIG, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("first_raw_id", _BIG, nullable=False),  # of the records read for it, resends that lost included
    sa.Column("last_raw_id", _BIG, nullable=False),
    sa.Column("min_time", _BIG, nullable=False),
    sa.Column("max_time", _BIG, nullable=False),
    sa.Column("decoder_version", sa.Integer, nullable=False),  # of a raw file: the decoder its rows come from
    sa.Column("is_unique", sa.Boolean, nullable=False),
    sa.Column("is_frozen", sa.Boolean, nullable=False),
    sa.Column("created_at", _BIG, nullable=False),
    sa.Column("host", sa.Text, nullable=False),  # who wrote it
    sa.Index("files_of_day", "table_name", "source", "day"),
)

SPOOLED = sa.Table(
    "spooled",
    metadata,
    sa.Column("spool", sa.Text, primary_key=True),  # which file of which collector
    sa.Column("number", _BIG, primary_key=True),  # of the record in it
    sa.Column("received_at", _BIG, primary_key=True),  # a file put back from a backup gives numbers a second time
    sa.Column("at", _BIG, nullable=False),  # when it came from there
)

FILE_FACT = sa.Table(
    "file_fact",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # of a listed file, which never changes
    sa.Column("fact", sa.Text, nullable=False),  # JSON: see lake/facts.py
)

UNLISTED = sa.Table(
    "unlisted",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("at", _BIG, nullable=False),
)

GONE = sa.Table(
    "gone",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # of a file that was or is being removed: nobody lists it again
    sa.Column("at", _BIG, nullable=False),
)

PURGED = sa.Table(
    "purged",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("table_name", sa.Text, nullable=False),  # "raw", or a decoded table
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("first_raw_id", _BIG, nullable=False),
    sa.Column("last_raw_id", _BIG, nullable=False),
    sa.Column("at", _BIG, nullable=False),
)

CLOSED_DAY = sa.Table(
    "closed_day",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # the site's local day
    sa.Column("closed_at", _BIG, nullable=False),
    sa.Column("late", _BIG, nullable=False),
)

DAY_ROWS = sa.Table(
    "day_rows",
    metadata,
    sa.Column("table_name", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # the local day of [site]
    sa.Column("basis", sa.Text, nullable=False),  # hash of all that the rows depend on
    sa.Column("content", sa.LargeBinary, nullable=False),  # Arrow IPC, compressed
    sa.Column("made_at", _BIG, nullable=False),
)

PRESENCE_KEY = sa.Table(
    "presence_key",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, primary_key=True),  # 2026-11-20, 2026-W47, 2026-11, always
    sa.Column("ends_at", _BIG, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),  # of the key; it says nothing of it
    sa.Column("host", sa.Text, nullable=False),  # who first decoded with it
    sa.Column("at", _BIG, nullable=False),  # when
)

LEASE = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", _BIG, nullable=False),
)

LOCK = sa.Table(
    "lock",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("until", _BIG, nullable=False),
)

MEMORY = sa.Table(
    "memory",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)

OUTBOX = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("target", sa.Text, nullable=False),  # cumulocity, thingworx
    sa.Column("event_id", sa.Text, nullable=False),  # of a press: a hash of its address and time
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),  # what goes out in the order of its time
    sa.Column("event_at", _BIG, nullable=False),
    sa.Column("created_at", _BIG, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the facts, fixed when it was written
    sa.Column("state", sa.Text, nullable=False),  # waiting, sent, parked
    sa.Column("attempts", sa.Integer, nullable=False),  # those that failed
    sa.Column("next_try", _BIG, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("sent_at", _BIG, nullable=True),
    sa.UniqueConstraint("target", "event_id"),
    sa.Index("outbox_in_order", "target", "state", "event_at", "id"),
    sa.Index("outbox_of_device", "target", "device_id", "event_at"),
    sqlite_autoincrement=True,
)

FORWARD_MARK = sa.Table(
    "forward_mark",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),  # started, held, watermark
    sa.Column("device_id", sa.Text, primary_key=True),  # "" but for watermarks
    sa.Column("at", _BIG, nullable=False),
)

FORWARD_COUNT = sa.Table(
    "forward_count",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("lane", sa.Text, primary_key=True),
    sa.Column("sent", _BIG, nullable=False),
    sa.Column("last_at", _BIG, nullable=False),  # the newest time of what was sent
)

REPORT_RUN = sa.Table(
    "report_run",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("report", sa.Text, nullable=False),  # of [reports.<name>]
    sa.Column("readers", sa.Text, nullable=False),  # "" of its own `to`, else a digest of the parameters of an `also`
    sa.Column("period", sa.Text, nullable=False),  # 2026-11-20, 2026-W47, 2026-11
    sa.Column("begins_at", _BIG, nullable=False),
    sa.Column("ends_at", _BIG, nullable=False),
    sa.Column(
        "state", sa.Text, nullable=False
    ),  # running, waiting (failed, will be tried again), failed, done, nothing
    sa.Column("holder", sa.Text, nullable=False),  # who is at it: host, process, token; or nobody
    sa.Column("lease_until", _BIG, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),  # those that failed, since the last success
    sa.Column("interrupted", sa.Integer, nullable=False),  # those whose process died, since the last success
    sa.Column("next_try", _BIG, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),  # how often it was published
    sa.Column("seen", sa.Text, nullable=False),  # digest of the files and hot ids that were there: another says look
    sa.Column("rows", sa.Text, nullable=False),  # digest of the rows of the period; another says make it again
    sa.Column("answers", sa.Text, nullable=False),  # digest of what its cards say; another says publish
    sa.Column("claims", sa.Text, nullable=False),  # JSON: its numbers, so that a later one can say which moved
    sa.Column("changed", sa.Text, nullable=False),  # JSON: those that moved with the last revision
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("files", sa.Text, nullable=False),  # JSON: relative to the folder of reports
    sa.Column("reason", sa.Text, nullable=False),  # why it stands as it does, in words
    sa.Column("failure", sa.Text, nullable=False),  # JSON: of a failed one, what its readers may know, and files
    sa.Column("made_at", _BIG, nullable=True),  # when it was last published, or that nothing came was noted
    sa.Column("told_at", _BIG, nullable=True),  # when its messages were put out; null: the next summary tells of it
    sa.UniqueConstraint("report", "readers", "period"),
    sa.Index("report_run_by_state", "state", "next_try"),
    sqlite_autoincrement=True,
)

MESSAGE = sa.Table(
    "message",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # what it tells of; nothing is told twice
    sa.Column("recipient", sa.Text, nullable=False),  # a mail address, or a name of [publish] in secrets.toml
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # plain text
    sa.Column("html", sa.Text, nullable=False),  # the same for mail, or empty
    sa.Column("files", sa.Text, nullable=False),  # JSON: attached files, relative to the reports folder
    sa.Column("created_at", _BIG, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, sending, sent, failed
    sa.Column("attempts", sa.Integer, nullable=False),  # those that failed
    sa.Column("next_try", _BIG, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("sent_at", _BIG, nullable=True),
    sa.Index("message_due", "state", "next_try"),
    sqlite_autoincrement=True,
)

ALERT_EPISODE = sa.Table(
    "alert_episode",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("alert", sa.Text, nullable=False),  # its name in telltale.toml
    sa.Column("subject", sa.Text, nullable=False),  # a device id, an item, a source, a report
    sa.Column("measure", sa.Text, nullable=False),  # what of it is told
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("begins_at", _BIG, nullable=False),
    sa.Column("known_at", _BIG, nullable=False),  # received_at of the row that completed its duration
    sa.Column("ends_at", _BIG, nullable=True),
    sa.Column("recovered_at", _BIG, nullable=True),  # received_at of the row that told its end
    sa.Column("peak", sa.Float, nullable=True),
    sa.Column("raw_ids", sa.Text, nullable=False),  # JSON: of the rows that made it known
    sa.Column("end_raw_ids", sa.Text, nullable=False),  # JSON: of its end
    sa.Column("state", sa.Text, nullable=False),  # waiting, told, over, dropped
    sa.Column("note", sa.Text, nullable=False),  # why nobody was told, or is any more
    sa.Column("told_at", _BIG, nullable=True),
    sa.Column("recovery_told_at", _BIG, nullable=True),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("acknowledged_at", _BIG, nullable=True),
    sa.Column("snoozed_until", _BIG, nullable=True),
    sa.Column("escalated_at", _BIG, nullable=True),
    sa.UniqueConstraint("alert", "subject", "measure", "begins_at"),
    sa.Index("alert_episode_state", "alert", "state"),
    sqlite_autoincrement=True,
)

ALERT_JOURNAL = sa.Table(
    "alert_journal",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("episode_id", _BIG, nullable=False),
    sa.Column("at", _BIG, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),  # acknowledged, snoozed
    sa.Column("until", _BIG, nullable=True),
    sqlite_autoincrement=True,
)

ALERT_MARK = sa.Table(
    "alert_mark",
    metadata,
    sa.Column("alert", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),  # what it judges by; another one begins anew
    sa.Column("started_at", _BIG, nullable=False),  # what was over before is not told
    sa.Column("looked_at", _BIG, nullable=False),  # until when what was received is judged
)

EXPORTED = sa.Table(
    "exported",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # of a file with rows about people
    sa.Column("what", sa.Text, nullable=False),  # the table or answer
    sa.Column("rows", _BIG, nullable=False),
    sa.Column("at", _BIG, nullable=False),
    sa.Column("expires_at", _BIG, nullable=False),  # until when it may be kept
    sa.Column("gone_at", _BIG, nullable=True),  # when it was seen to be deleted
)

BACKFILL = sa.Table(
    "backfill",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("seed", _BIG, primary_key=True, autoincrement=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("start_s", _BIG, nullable=False),  # of the simulated stretch, epoch seconds
    sa.Column("end_s", _BIG, nullable=False),
    sa.Column("upto_us", _BIG, nullable=False),  # records received before it are in the store
    sa.Column("at_upto", _BIG, nullable=False),  # and so many of those received at that moment
)

SETTINGS_VERSION = sa.Table(
    "settings_version",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # telltale.toml, devices.csv, buttons.csv
    sa.Column("at", _BIG, nullable=False),  # since when it is known to have said so
    sa.Column("sha256", sa.Text, nullable=False),  # of the content; "" where there was no such file
    sa.Column("content", sa.LargeBinary, nullable=True),  # null where there was no such file
    sa.Index("settings_version_in_order", "name", "at", "id"),
    sqlite_autoincrement=True,
)

KEPT_MARK = sa.Table(
    "kept_mark",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("at", _BIG, nullable=False),  # when it was set
    sa.Column("kept_from", _BIG, nullable=False),  # rows of before this moment may have been removed from then on
    sa.Index("kept_mark_in_order", "table_name", "site", "at"),
    sqlite_autoincrement=True,
)

SUPERSEDED = sa.Table(
    "superseded",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # relative to the lake root
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("min_time", _BIG, nullable=False),
    sa.Column("max_time", _BIG, nullable=False),
    sa.Column("decoder_version", sa.Integer, nullable=False),  # the oldest among its rows
    sa.Column("at", _BIG, nullable=False),  # when its rows were decoded again
)

REDECODED = sa.Table(
    "redecoded",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),  # UTC, on which its records were received
    sa.Column("version", sa.Integer, nullable=False),  # of the decoder that made the rows again
    sa.Column("at", _BIG, nullable=False),
    sqlite_autoincrement=True,
)

LOST = sa.Table(
    "lost",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("path", sa.Text, nullable=False),  # of the damaged file, relative to the lake root
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("rows", _BIG, nullable=False),  # that nothing can make again
    sa.Column("first_raw_id", _BIG, nullable=False),
    sa.Column("last_raw_id", _BIG, nullable=False),
    sa.Column("first_at", _BIG, nullable=False),  # of the time they are filed under
    sa.Column("last_at", _BIG, nullable=False),
    sa.Column("at", _BIG, nullable=False),  # when that was found
    sqlite_autoincrement=True,
)

FORGETTING = sa.Table(
    "forgetting",
    metadata,
    sa.Column("id", _BIG, sa.Identity(), primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),  # JSON: whom it is about, until it is over; then empty
    sa.Column("begun_at", _BIG, nullable=False),
    sa.Column("ended_at", _BIG, nullable=True),
    sa.Column("steps", sa.Text, nullable=False),  # JSON: those that are done
    sa.Column("done", sa.Text, nullable=False),  # JSON: how much was removed where, once it is over
    sqlite_autoincrement=True,
)

BACKUP = sa.Table(
    "backup",
    metadata,
    sa.Column("place", sa.Text, primary_key=True),  # the folder or URL
    sa.Column("name", sa.Text, primary_key=True),  # the moment it is of
    sa.Column("at", _BIG, nullable=False),
    sa.Column("files", _BIG, nullable=False),  # of the lake
    sa.Column("bytes", _BIG, nullable=False),
    sa.Column("expires_at", _BIG, nullable=True),  # until when it may be kept; null where it holds no rows about people
    sa.Column("gone_at", _BIG, nullable=True),  # when it was removed, or seen to be gone
)

HOST_CLOCK = sa.Table(
    "host_clock",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("wall_us", _BIG, nullable=False),  # what each column means: landing/clocks.py
    sa.Column("uptime_us", _BIG, nullable=False),
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("expected_us", _BIG, nullable=False),
    sa.Column("slack_us", _BIG, nullable=False),
    sa.Column("trusted_us", _BIG, nullable=False),
    sa.Column("stepped_us", _BIG, nullable=False),
    sa.Column("after_us", _BIG, nullable=False),
    sa.Column("steady_us", _BIG, nullable=False),
    sa.Column("off_us", _BIG, nullable=False),
    sa.Column("confirmed_by", sa.Text, nullable=False),
)

META = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", _BIG, nullable=False),
)
"""`schema_version`; `change`, which rises with the catalog; `probe`, written to see whether the store can be; `memory`,
which rises when someone besides a collector's queue changes what is remembered; and what retention remembers
(lake/retained.py)."""
