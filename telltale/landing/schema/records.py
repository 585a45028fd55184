"""What arrives: hot raw records, what was refused, what came out of a spool, and what sources remember."""

import sqlalchemy as sa

from telltale.landing.schema.base import BIG, metadata

RAW = sa.Table(
    "raw",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("received_at", BIG, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("meta", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # an id is never given twice, even after every row was settled
)

REFUSED = sa.Table(
    "refused",
    metadata,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("received_at", BIG, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("meta", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

SPOOLED = sa.Table(
    "spooled",
    metadata,
    sa.Column("spool", sa.Text, primary_key=True),  # which file of which collector
    sa.Column("number", BIG, primary_key=True),  # of the record in it
    sa.Column("received_at", BIG, primary_key=True),  # a file put back from a backup gives numbers a second time
    sa.Column("at", BIG, nullable=False),  # when it came from there
)

MEMORY = sa.Table(
    "memory",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)
