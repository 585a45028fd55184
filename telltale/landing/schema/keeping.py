"""What the project knows of itself: locks, clocks, keys, versions of its settings, long work, backups."""

import sqlalchemy as sa

from telltale.landing.schema.base import BIG, metadata

META = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", BIG, nullable=False),
)
"""`schema_version`; `change`, which rises with the catalog; `probe`, written to see whether the store can be; `memory`,
which rises when someone besides a collector's queue changes what is remembered; `backup origin`, by which backups know
their project; what retention remembers (lake/retained.py); and `relist`, there while listed files of the lake wait to
be listed again (lake/unfinished.py)."""

LEASE = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", BIG, nullable=False),
)

LOCK = sa.Table(
    "lock",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("until", BIG, nullable=False),
)

HOST_CLOCK = sa.Table(
    "host_clock",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("wall_us", BIG, nullable=False),  # what each column means: landing/clocks.py
    sa.Column("uptime_us", BIG, nullable=False),
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("expected_us", BIG, nullable=False),
    sa.Column("slack_us", BIG, nullable=False),
    sa.Column("trusted_us", BIG, nullable=False),
    sa.Column("stepped_us", BIG, nullable=False),
    sa.Column("after_us", BIG, nullable=False),
    sa.Column("steady_us", BIG, nullable=False),
    sa.Column("off_us", BIG, nullable=False),
    sa.Column("confirmed_by", sa.Text, nullable=False),
)

PRESENCE_KEY = sa.Table(
    "presence_key",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, primary_key=True),  # 2026-11-20, 2026-W47, 2026-11, always
    sa.Column("ends_at", BIG, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),  # of the key; it says nothing of it
    sa.Column("host", sa.Text, nullable=False),  # who first decoded with it
    sa.Column("at", BIG, nullable=False),  # when
)

SETTINGS_VERSION = sa.Table(
    "settings_version",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # telltale.toml, devices.csv, buttons.csv
    sa.Column("at", BIG, nullable=False),  # since when it is known to have said so
    sa.Column("sha256", sa.Text, nullable=False),  # of the content; "" where there was no such file
    sa.Column("content", sa.LargeBinary, nullable=True),  # null where there was no such file
    sa.Index("settings_version_in_order", "name", "at", "id"),
    sqlite_autoincrement=True,
)

BACKFILL = sa.Table(
    "backfill",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("seed", BIG, primary_key=True, autoincrement=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("start_s", BIG, nullable=False),  # of the simulated stretch, epoch seconds
    sa.Column("end_s", BIG, nullable=False),
    sa.Column("upto_us", BIG, nullable=False),  # records received before it are in the store
    sa.Column("at_upto", BIG, nullable=False),  # and so many of those received at that moment
)

FORGETTING = sa.Table(
    "forgetting",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),  # JSON: whom it is about, until it is over; then empty
    sa.Column("begun_at", BIG, nullable=False),
    sa.Column("ended_at", BIG, nullable=True),
    sa.Column("steps", sa.Text, nullable=False),  # JSON: those that are done
    sa.Column("done", sa.Text, nullable=False),  # JSON: how much was removed where, once it is over
    sqlite_autoincrement=True,
)

BACKUP = sa.Table(
    "backup",
    metadata,
    sa.Column("place", sa.Text, primary_key=True),  # the folder or URL
    sa.Column("name", sa.Text, primary_key=True),  # the moment it is of
    sa.Column("at", BIG, nullable=False),
    sa.Column("files", BIG, nullable=False),  # of the lake
    sa.Column("bytes", BIG, nullable=False),
    sa.Column("expires_at", BIG, nullable=True),  # until when it may be kept; null where it holds no rows about people
    sa.Column("gone_at", BIG, nullable=True),  # when it was removed, or seen to be gone
)
