"""What is kept of one record: so many rows and rejects, the first of it; the others are counted in one reject.

The limits bind while a record is decoded. A large body is shortened before it is read, and of what its decoder gives
only what is kept is held. The bytes stay as they came: with higher limits `telltale redecode` gives the rest.
"""

from telltale.bounded import SMALL
from telltale.contract import Chunk, Limits, Options, Raw, Reject, Shortened, Source
from telltale.pipeline.columns import decoded_names
from telltale.tables import TABLES

OVER_LIMIT = "over_limit"
"""The reason of the reject that counts the others."""


def is_large(raw: Raw) -> bool:
    """Whether the record may have to be shortened, so that it is decoded on its own."""
    return len(raw.body) > SMALL


def shortened(source: Source, raw: Raw, options: Options, limits: Limits) -> Shortened:
    """The record's body without the entries beyond what may be kept, and how many it lacks.

    Raises:
        DecodeError: it has to be shortened and cannot be read.
    """
    if source.shorten is None or not is_large(raw):
        return Shortened(raw.body, 0)
    return source.shorten(raw, options, limits.rows)


class Kept:
    """Takes what a decoder gives of one record, item by item."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rejects: list[Reject] = []
        self._beyond_rejects = 0
        self._rows = 0
        self._beyond_rows = 0
        self._own: set[int] = set()
        """The places of those chunks whose lists are nobody else's."""
        self.chunks: list[tuple[Chunk, int]] = []
        """The rows by table, and how many."""

    def add(self, item: Chunk | Reject) -> None:
        """Keep an item, or as much of it as the limits allow.

        Raises:
            ValueError: the columns are not of the table, or not equally long.
        """
        if isinstance(item, Chunk):
            self._add_rows(item)
        elif len(self._rejects) < self._limits.rejects:
            self._rejects.append(item)
        else:
            self._beyond_rejects += 1

    def all_rejects(self, left_out: int) -> list[Reject]:
        """Those kept, and one that counts what is beyond the limits: `left_out` entries that were not even read."""
        beyond_rows = self._beyond_rows + left_out
        if not beyond_rows and not self._beyond_rejects:
            return self._rejects
        counts = [
            f"{count:,} beyond {setting} = {most}"
            for count, setting, most in (
                (beyond_rows, "max_rows_per_record", self._limits.rows),
                (self._beyond_rejects, "max_rejects_per_record", self._limits.rejects),
            )
            if count
        ]
        text = f"… and {beyond_rows + self._beyond_rejects:,} more: {', '.join(counts)}"
        return [*self._rejects, Reject("rest", OVER_LIMIT, f"{text}; raise it in [settle], then run telltale redecode")]

    def _add_rows(self, chunk: Chunk) -> None:
        if unknown := chunk.columns.keys() - set(decoded_names(TABLES[chunk.table])):
            raise ValueError(f"a decoder does not give table {chunk.table} its {', '.join(sorted(unknown))}")
        (rows,) = {len(values) for values in chunk.columns.values()}  # equally long, or ValueError
        kept = min(rows, self._limits.rows - self._rows)
        self._rows += kept
        self._beyond_rows += rows - kept
        if kept < rows:
            chunk = chunk._replace(columns={name: values[:kept] for name, values in chunk.columns.items()})
        if not kept and rows:
            return
        place = next((place for place, (each, _) in enumerate(self.chunks) if _alike(each, chunk)), None)
        if place is None:
            self.chunks.append((chunk, kept))
            return
        before, count = self.chunks[place]
        if place not in self._own:  # lists may be shared by columns, or with the decoder
            before = before._replace(columns={name: [*values] for name, values in before.columns.items()})
            self._own.add(place)
        for name, values in chunk.columns.items():
            before.columns[name].extend(values)
        self.chunks[place] = before, count + kept


def _alike(one: Chunk, other: Chunk) -> bool:
    return one.table == other.table and one.columns.keys() == other.columns.keys()
