"""Each message of a device once, by the rules of its source: what tables `uplink` and `reading` show."""

import pyarrow as pa

from telltale.analysis import messages as analysis
from telltale.engine import Engine, Relation
from telltale.sources import SOURCES
from telltale.tables import READING, UPLINK
from telltale.workbench.times import SECOND, Span

TABLES = (UPLINK.name, READING.name)
"""The tables that hold messages, or what was in them."""
MARGIN_US = max(source.numbering.copy_s for source in SOURCES if source.numbering is not None) * SECOND
"""No copy of a message comes later than this."""
_TYPES = (pa.string(), pa.int64(), pa.float64(), pa.int64(), pa.int64(), pa.int64())
_NAMES = ("source", "wrap", "per_day", "burst", "copy_s", "bare_copy_s")


def numbering_table() -> pa.Table:
    """How the devices of each source number their messages: source, and the fields of `contract.Numbering`."""
    rules = [(source.name, *source.numbering) for source in SOURCES if source.numbering is not None]
    columns = list(zip(*rules, strict=True)) or [()] * len(_TYPES)
    return pa.table({name: pa.array(of, kind) for name, of, kind in zip(_NAMES, columns, _TYPES, strict=True)})


def wider(span: Span | None) -> Span | None:
    """The stretch to read of `uplink`, so that copies at its edges are known."""
    if span is None:
        return None
    return Span(span.since_us - MARGIN_US, span.until_us + MARGIN_US)


def each(engine: Engine, uplinks: Relation) -> Relation:
    """Each message once, of rows of `uplink`."""
    return analysis.messages(engine, uplinks, engine.from_arrow(numbering_table()))


def copies(engine: Engine, uplinks: Relation) -> Relation:
    """The moments of other copies than the first, few as a rule, computed now."""
    return engine.keep(analysis.copies(engine, uplinks, engine.from_arrow(numbering_table())))


def without(engine: Engine, readings: Relation, copies: Relation) -> Relation:
    """The readings but those of copies."""
    return analysis.of_messages(engine, readings, copies)
