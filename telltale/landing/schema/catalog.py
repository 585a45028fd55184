"""The lake's catalog: which files there are, which are no longer listed, what days hold, what was removed or lost."""

import sqlalchemy as sa

from telltale.landing.schema.base import BIG, metadata

FILES = sa.Table(
    "files",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # relative to the lake root
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # "" where derived
    sa.Column("site", sa.Text, nullable=False),  # "" unless derived
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("rows", BIG, nullable=False),
    sa.Column("bytes", BIG, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("first_raw_id", BIG, nullable=False),  # of the records read for it, resends that lost included
    sa.Column("last_raw_id", BIG, nullable=False),
    sa.Column("min_time", BIG, nullable=False),
    sa.Column("max_time", BIG, nullable=False),
    sa.Column("decoder_version", sa.Integer, nullable=False),  # of a raw file: the decoder its rows come from
    sa.Column("is_unique", sa.Boolean, nullable=False),
    sa.Column("is_frozen", sa.Boolean, nullable=False),
    sa.Column("created_at", BIG, nullable=False),
    sa.Column("host", sa.Text, nullable=False),  # who wrote it
    sa.Index("files_of_day", "table_name", "source", "day"),
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
    sa.Column("at", BIG, nullable=False),
)

GONE = sa.Table(
    "gone",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # of a file that was or is being removed: nobody lists it again
    sa.Column("at", BIG, nullable=False),
)

PURGED = sa.Table(
    "purged",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("table_name", sa.Text, nullable=False),  # "raw", or a decoded table
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("first_raw_id", BIG, nullable=False),
    sa.Column("last_raw_id", BIG, nullable=False),
    sa.Column("at", BIG, nullable=False),
)

CLOSED_DAY = sa.Table(
    "closed_day",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # the site's local day
    sa.Column("closed_at", BIG, nullable=False),
    sa.Column("late", BIG, nullable=False),
)

DAY_ROWS = sa.Table(
    "day_rows",
    metadata,
    sa.Column("table_name", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # the local day of [site]
    sa.Column("basis", sa.Text, nullable=False),  # hash of all that the rows depend on
    sa.Column("content", sa.LargeBinary, nullable=False),  # Arrow IPC, compressed
    sa.Column("made_at", BIG, nullable=False),
)

KEPT_MARK = sa.Table(
    "kept_mark",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("at", BIG, nullable=False),  # when it was set
    sa.Column("kept_from", BIG, nullable=False),  # rows of before this moment may have been removed from then on
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
    sa.Column("min_time", BIG, nullable=False),
    sa.Column("max_time", BIG, nullable=False),
    sa.Column("decoder_version", sa.Integer, nullable=False),  # the oldest among its rows
    sa.Column("at", BIG, nullable=False),  # when its rows were decoded again
)

REDECODED = sa.Table(
    "redecoded",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),  # UTC, on which its records were received
    sa.Column("version", sa.Integer, nullable=False),  # of the decoder that made the rows again
    sa.Column("at", BIG, nullable=False),
    sqlite_autoincrement=True,
)

LOST = sa.Table(
    "lost",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("path", sa.Text, nullable=False),  # of the damaged file, relative to the lake root
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("rows", BIG, nullable=False),  # that nothing can make again
    sa.Column("first_raw_id", BIG, nullable=False),
    sa.Column("last_raw_id", BIG, nullable=False),
    sa.Column("first_at", BIG, nullable=False),  # of the time they are filed under
    sa.Column("last_at", BIG, nullable=False),
    sa.Column("at", BIG, nullable=False),  # when that was found
    sqlite_autoincrement=True,
)
