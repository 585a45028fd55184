"""What all tables of the store share."""

import sqlalchemy as sa

SCHEMA_VERSION = 1

metadata = sa.MetaData()

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite gives rowids to INTEGER columns only
