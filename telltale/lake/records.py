"""One raw record by its id: hot, in a file, or purged."""

from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from telltale.arrow import arrow_to_raws
from telltale.contract import Raw
from telltale.lake.catalog import RAW_TABLE, listed
from telltale.lake.damage import named
from telltale.lake.lake import Lake
from telltale.lake.lost import LostRecord, lost_record
from telltale.landing.schema import FILES, PURGED, RAW
from telltale.landing.store import Store


class Purged(NamedTuple):
    """A raw record that retention removed."""

    at: int
    """When, microseconds UTC."""


def raw_record(lake: Lake, raw_id: int) -> Raw | Purged | None:
    """The record of that id, or when it was purged; None when there never was one.

    Raises:
        Damaged: the file it may be in cannot be read.
        LostRecord: that file was damaged, and its bytes could not be brought back.
    """
    with lake.store.reader() as connection:
        hot = connection.execute(sa.select(*(RAW.c[name] for name in Raw._fields)).where(RAW.c.id == raw_id)).first()
        covers = (FILES.c.first_raw_id <= raw_id) & (FILES.c.last_raw_id >= raw_id)
        files = listed(connection, FILES.c.table_name == RAW_TABLE, covers)
    if hot is not None:
        return Raw(*hot)
    for file in files:
        try:
            with named(lake.root, lake.store, file):
                rows = lake.root.read_where(file.path, "id", raw_id)
        except FileNotFoundError:  # purged since it was listed
            continue
        if rows.num_rows:
            return arrow_to_raws(rows)[0]
    if (purged := _purged(lake.store, raw_id)) is None and (lost := lost_record(lake.store, raw_id)) is not None:
        at = datetime.fromtimestamp(lost.at / 1e6, UTC)
        raise LostRecord(
            f"raw {raw_id}: its bytes are lost, {lost.path} was damaged (found on {at:%Y-%m-%d %H:%M} UTC, "
            f"{lost.rows:,} records of {lost.source} from {lost.first_raw_id} to {lost.last_raw_id})"
        )
    return purged


def _purged(store: Store, raw_id: int) -> Purged | None:
    covers = (PURGED.c.first_raw_id <= raw_id) & (PURGED.c.last_raw_id >= raw_id) & (PURGED.c.table_name == RAW_TABLE)
    with store.reader() as connection:
        at = connection.scalar(sa.select(sa.func.min(PURGED.c.at)).where(covers))
    return None if at is None else Purged(at)
