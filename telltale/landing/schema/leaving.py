"""What leaves the project: events for other systems, reports, alerts, messages, exported files."""

import sqlalchemy as sa

from telltale.landing.schema.base import BIG, metadata

OUTBOX = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("target", sa.Text, nullable=False),  # cumulocity, thingworx
    sa.Column("event_id", sa.Text, nullable=False),  # of a press: a hash of its address and time
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),  # what goes out in the order of its time
    sa.Column("event_at", BIG, nullable=False),
    sa.Column("created_at", BIG, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the facts, fixed when it was written
    sa.Column("state", sa.Text, nullable=False),  # waiting, sent, parked
    sa.Column("attempts", sa.Integer, nullable=False),  # those that failed
    sa.Column("next_try", BIG, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("sent_at", BIG, nullable=True),
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
    sa.Column("at", BIG, nullable=False),
)

FORWARD_COUNT = sa.Table(
    "forward_count",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("lane", sa.Text, primary_key=True),
    sa.Column("sent", BIG, nullable=False),
    sa.Column("last_at", BIG, nullable=False),  # the newest time of what was sent
)

REPORT_RUN = sa.Table(
    "report_run",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("report", sa.Text, nullable=False),  # of [reports.<name>]
    sa.Column("readers", sa.Text, nullable=False),  # "" of its own `to`, else a digest of the parameters of an `also`
    sa.Column("period", sa.Text, nullable=False),  # 2026-11-20, 2026-W47, 2026-11
    sa.Column("begins_at", BIG, nullable=False),
    sa.Column("ends_at", BIG, nullable=False),
    sa.Column(
        "state", sa.Text, nullable=False
    ),  # running, waiting (failed, will be tried again), failed, done, nothing
    sa.Column("holder", sa.Text, nullable=False),  # who is at it: host, process, token; or nobody
    sa.Column("lease_until", BIG, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),  # those that failed, since the last success
    sa.Column("interrupted", sa.Integer, nullable=False),  # those whose process died, since the last success
    sa.Column("next_try", BIG, nullable=False),
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
    sa.Column("made_at", BIG, nullable=True),  # when it was last published, or that nothing came was noted
    sa.Column("told_at", BIG, nullable=True),  # when its messages were put out; null: the next summary tells of it
    sa.UniqueConstraint("report", "readers", "period"),
    sa.Index("report_run_by_state", "state", "next_try"),
    sqlite_autoincrement=True,
)

MESSAGE = sa.Table(
    "message",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # what it tells of; nothing is told twice
    sa.Column("recipient", sa.Text, nullable=False),  # a mail address, or a name of [publish] in secrets.toml
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # plain text
    sa.Column("html", sa.Text, nullable=False),  # the same for mail, or empty
    sa.Column("files", sa.Text, nullable=False),  # JSON: attached files, relative to the reports folder
    sa.Column("created_at", BIG, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, sending, sent, failed
    sa.Column("attempts", sa.Integer, nullable=False),  # those that failed
    sa.Column("next_try", BIG, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("sent_at", BIG, nullable=True),
    sa.Index("message_due", "state", "next_try"),
    sqlite_autoincrement=True,
)

ALERT_EPISODE = sa.Table(
    "alert_episode",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("alert", sa.Text, nullable=False),  # its name in telltale.toml
    sa.Column("subject", sa.Text, nullable=False),  # a device id, an item, a source, a report
    sa.Column("measure", sa.Text, nullable=False),  # what of it is told
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("begins_at", BIG, nullable=False),
    sa.Column("known_at", BIG, nullable=False),  # received_at of the row that completed its duration
    sa.Column("ends_at", BIG, nullable=True),
    sa.Column("recovered_at", BIG, nullable=True),  # received_at of the row that told its end
    sa.Column("peak", sa.Float, nullable=True),
    sa.Column("raw_ids", sa.Text, nullable=False),  # JSON: of the rows that made it known
    sa.Column("end_raw_ids", sa.Text, nullable=False),  # JSON: of its end
    sa.Column("state", sa.Text, nullable=False),  # waiting, told, over, dropped
    sa.Column("note", sa.Text, nullable=False),  # why nobody was told, or is any more
    sa.Column("told_at", BIG, nullable=True),
    sa.Column("recovery_told_at", BIG, nullable=True),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("acknowledged_at", BIG, nullable=True),
    sa.Column("snoozed_until", BIG, nullable=True),
    sa.Column("escalated_at", BIG, nullable=True),
    sa.UniqueConstraint("alert", "subject", "measure", "begins_at"),
    sa.Index("alert_episode_state", "alert", "state"),
    sqlite_autoincrement=True,
)

ALERT_JOURNAL = sa.Table(
    "alert_journal",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("episode_id", BIG, nullable=False),
    sa.Column("at", BIG, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),  # acknowledged, snoozed
    sa.Column("until", BIG, nullable=True),
    sqlite_autoincrement=True,
)

ALERT_MARK = sa.Table(
    "alert_mark",
    metadata,
    sa.Column("alert", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),  # what it judges by; another one begins anew
    sa.Column("started_at", BIG, nullable=False),  # what was over before is not told
    sa.Column("looked_at", BIG, nullable=False),  # until when what was received is judged
)

EXPORTED = sa.Table(
    "exported",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # of a file with rows about people
    sa.Column("what", sa.Text, nullable=False),  # the table or answer
    sa.Column("rows", BIG, nullable=False),
    sa.Column("at", BIG, nullable=False),
    sa.Column("expires_at", BIG, nullable=False),  # until when it may be kept
    sa.Column("gone_at", BIG, nullable=True),  # when it was seen to be deleted
)

TOLD = sa.Table(
    "told",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("report", sa.Text, nullable=False),  # of [reports.<name>], or the notebook of one made by hand
    sa.Column("readers", sa.Text, nullable=False),  # see report_run
    sa.Column("period", sa.Text, nullable=False),
    # Of a report made by hand, in the folder of reports; "" of a scheduled one. "being made: " stands before it until
    # it has appeared.
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("begins_at", BIG, nullable=False),
    sa.Column("ends_at", BIG, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),  # JSON: the thresholds it counted by
    sa.Column("counts", sa.Text, nullable=False),  # JSON: what it says of presence; none of fewer than k devices
    sa.Column("at", BIG, nullable=False),
    sa.Index("told_by_stretch", "begins_at", "ends_at"),
    sqlite_autoincrement=True,
)
