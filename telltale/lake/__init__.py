"""The lake: immutable Parquet files, listed in the store's database."""

from telltale.lake.catalog import RAW_TABLE, Changed, File
from telltale.lake.gc import Collected
from telltale.lake.lake import Lake
from telltale.lake.lock import Busy
from telltale.lake.merge import Merged
from telltale.lake.records import Purged
from telltale.lake.redecode import Redecoded
from telltale.lake.retained import ClosedDay
from telltale.lake.settle import Settled
from telltale.lake.snapshot import Parts, Snapshot, parts

__all__ = [
    "RAW_TABLE",
    "Busy",
    "Changed",
    "ClosedDay",
    "Collected",
    "File",
    "Lake",
    "Merged",
    "Parts",
    "Purged",
    "Redecoded",
    "Settled",
    "Snapshot",
    "parts",
]
