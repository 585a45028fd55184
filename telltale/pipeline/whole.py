"""Raw records to drafts of decoded files, whatever the decoder does.

A decoder that raises makes rejects; it never stops settling. The records of a batch that cannot be decoded are found
by halving, so that one bad record among thousands costs a few repeats of the rest. What is not the records' fault, a
wrong setting or a key folder that cannot be read, does stop it: nothing is settled, and all stays hot.
"""

from collections.abc import Sequence

import pyarrow as pa

from telltale.arrow import TIMESTAMP, Decode, Tables, conform, schema
from telltale.contract import ConfigError, Raw
from telltale.lake.rows import by_day
from telltale.tables import REJECT, TABLES


def decoded(decode: Decode, source: str, raws: Sequence[Raw]) -> Tables:
    """The rows of raw records of one source; every table conforms to its schema and can be split by day."""
    parts = _decoded(decode, source, raws)
    return {
        name: pa.concat_tables([part[name] for part in parts if name in part])
        for name in sorted({name for part in parts for name in part})
    }


def _decoded(decode: Decode, source: str, raws: Sequence[Raw]) -> list[Tables]:
    try:
        return [_checked(decode(source, raws))]
    except (ConfigError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 whatever a decoder raises, its records become rejects
        if len(raws) == 1:
            return [{REJECT.name: _reject(raws[0], error)}]
    middle = len(raws) // 2
    return _decoded(decode, source, raws[:middle]) + _decoded(decode, source, raws[middle:])


def _checked(tables: Tables) -> Tables:
    checked = {name: conform(TABLES[name], rows) for name, rows in tables.items() if rows.num_rows}
    for name, rows in checked.items():
        by_day(TABLES[name], rows)  # a time outside the calendar must fail here, where it makes a reject
    return checked


def _reject(raw: Raw, error: Exception) -> pa.Table:
    """One row that names the kind of error only: its text may hold an address."""
    row = {
        "raw_id": pa.array([raw.id], pa.int64()),
        "source": [raw.source],
        "received_at": pa.array([raw.received_at], TIMESTAMP),
        "part": ["record"],
        "reason": ["decoder_error"],
        "excerpt": [type(error).__name__],
    }
    return pa.table(row, schema=schema(REJECT))
