"""What files of two tables hold, in a line each, so that no reader has to look into all of them for it.

    node_heartbeat   {site: {node: [first, last]}}   observed_at
    sighting         [[first, last]]                 last_seen, which the catalog does not know where a clock was wrong

Moments are microseconds UTC. A file never changes, so its fact is true for ever: upkeep notes those of closed days in
the store, a reader finds out those that are not noted, and keeps them for as long as it runs.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import DAY_US, utc_day
from telltale.lake.catalog import File, listed, pieces
from telltale.lake.damage import Damaged
from telltale.lake.lake import Lake, read
from telltale.landing.schema import FILE_FACT, FILES
from telltale.tables import NODE_HEARTBEAT, SIGHTING

Fact = Any
"""As the table above says, of JSON."""


def of_heartbeats(rows: pa.Table) -> dict[str, dict[str, list[int]]]:
    """The first and last heartbeat of each node, by site."""
    at = pa.table({"site": rows["site"], "node_id": rows["node_id"], "at": rows["observed_at"].cast(pa.int64())})
    found: dict[str, dict[str, list[int]]] = {}
    for row in at.group_by(["site", "node_id"]).aggregate([("at", "min"), ("at", "max")]).to_pylist():
        found.setdefault(row["site"], {})[row["node_id"]] = [row["at_min"], row["at_max"]]
    return found


def of_sightings(rows: pa.Table) -> list[list[int]]:
    """The first and last moment a device was last seen; nothing of no rows."""
    ends = pc.min_max(rows["last_seen"].cast(pa.int64())).as_py()
    return [[ends["min"], ends["max"]]] if rows.num_rows else []


_MAKE: Mapping[str, tuple[Sequence[str], Callable[[pa.Table], Fact]]] = {
    NODE_HEARTBEAT.name: (("site", "node_id", "observed_at"), of_heartbeats),
    SIGHTING.name: (("last_seen",), of_sightings),
}


_FEW = 500
"""So many are asked for by their paths."""


class Facts:
    """The facts of files, each found out once.

    Args:
        lake: whose.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known: dict[str, Fact] = {}

    def of(self, files: Sequence[File]) -> dict[str, Fact]:
        """By path, of files of one of these tables.

        Raises:
            Changed: one was purged since it was listed.
        """
        new = [file for file in files if file.path not in self._known]
        for some in [new] if len(new) > _FEW else list(pieces(new)):
            self._known |= _noted(self._lake, some)
        return {file.path: self._fact(file) for file in files}

    def _fact(self, file: File) -> Fact:
        if file.path not in self._known:
            self._known[file.path] = _found_out(self._lake, file)
        return self._known[file.path]


def note(lake: Lake, *, now_us: int) -> int:
    """Note the facts of files of days that are over, forget those of files off the list; how many were noted."""
    today = utc_day(now_us // DAY_US)
    with lake.store.reader() as connection:
        noted = set(connection.scalars(sa.select(FILE_FACT.c.path)))
        files = listed(connection, FILES.c.table_name.in_(_MAKE))
    gone = noted - {file.path for file in files}
    made = [file for file in files if file.day < today and file.path not in noted]
    for some in pieces(made, 50):
        facts = [{"path": path, "fact": json.dumps(fact)} for path, fact in _of_whole(lake, some)]
        if not facts:
            continue
        with lake.store.writer() as connection:
            connection.execute(FILE_FACT.delete().where(FILE_FACT.c.path.in_([fact["path"] for fact in facts])))
            connection.execute(FILE_FACT.insert(), facts)
    for paths in pieces(gone):
        with lake.store.writer() as connection:
            connection.execute(FILE_FACT.delete().where(FILE_FACT.c.path.in_(paths)))
    return len(made)


def _of_whole(lake: Lake, files: Sequence[File]) -> Iterator[tuple[str, Fact]]:
    """The facts of those files that can be read."""
    for file in files:
        try:
            yield file.path, _found_out(lake, file)
        except Damaged as damaged:
            lake.leave_out(damaged)


def _noted(lake: Lake, files: Sequence[File]) -> dict[str, Fact]:
    """What the store has noted of files; of many, of all of their tables."""
    query = sa.select(FILE_FACT.c.path, FILE_FACT.c.fact)
    if len(files) > _FEW:
        of_tables = FILES.c.table_name.in_(sorted({file.table_name for file in files}))
        query = query.join(FILES, FILES.c.path == FILE_FACT.c.path).where(of_tables)
    else:
        query = query.where(FILE_FACT.c.path.in_([file.path for file in files]))
    with lake.store.reader() as connection:
        return {row.path: json.loads(row.fact) for row in connection.execute(query)}


def _found_out(lake: Lake, file: File) -> Fact:
    columns, make = _MAKE[file.table_name]
    return make(read(lake, file, columns))
