"""The tables of the store's database: hot raw records, what was refused or is remembered, and the lake's catalog.

They lie in one database because a commit across two files is not atomic: settling moves a record from `raw` to
`files` in one transaction. Times are integer microseconds UTC, days are UTC dates.
"""

from telltale.landing.schema.base import SCHEMA_VERSION, metadata
from telltale.landing.schema.catalog import (
    CLOSED_DAY,
    DAY_ROWS,
    FILE_FACT,
    FILES,
    GONE,
    KEPT_MARK,
    LOST,
    PURGED,
    REDECODED,
    SUPERSEDED,
    UNLISTED,
)
from telltale.landing.schema.keeping import (
    BACKFILL,
    BACKUP,
    FORGETTING,
    HOST_CLOCK,
    LEASE,
    LOCK,
    META,
    PRESENCE_KEY,
    SETTINGS_VERSION,
)
from telltale.landing.schema.leaving import (
    ALERT_EPISODE,
    ALERT_JOURNAL,
    ALERT_MARK,
    EXPORTED,
    FORWARD_COUNT,
    FORWARD_MARK,
    MESSAGE,
    OUTBOX,
    REPORT_RUN,
    TOLD,
)
from telltale.landing.schema.records import MEMORY, RAW, REFUSED, SPOOLED

__all__ = [
    "ALERT_EPISODE",
    "ALERT_JOURNAL",
    "ALERT_MARK",
    "BACKFILL",
    "BACKUP",
    "CLOSED_DAY",
    "DAY_ROWS",
    "EXPORTED",
    "FILES",
    "FILE_FACT",
    "FORGETTING",
    "FORWARD_COUNT",
    "FORWARD_MARK",
    "GONE",
    "HOST_CLOCK",
    "KEPT_MARK",
    "LEASE",
    "LOCK",
    "LOST",
    "MEMORY",
    "MESSAGE",
    "META",
    "OUTBOX",
    "PRESENCE_KEY",
    "PURGED",
    "RAW",
    "REDECODED",
    "REFUSED",
    "REPORT_RUN",
    "SCHEMA_VERSION",
    "SETTINGS_VERSION",
    "SPOOLED",
    "SUPERSEDED",
    "TOLD",
    "UNLISTED",
    "metadata",
]
