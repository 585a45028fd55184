"""Whatever a decoder does, every record of a batch comes to rows or to a reject: the one place that halves a batch.

The records at fault are found by halving, so that one bad record among thousands costs a few repeats of the rest. What
is not the records' fault, a wrong setting, a key folder that cannot be read or a machine without memory, does stop:
nothing is settled, and all stays hot.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa

from telltale.arrow import TIMESTAMP, Decode, Tables, by_day, conform, schema
from telltale.contract import ConfigError, Raw, Reject, StoreError
from telltale.tables import REJECT, TABLES

_T = TypeVar("_T")
_Item = TypeVar("_Item")


def whole(decode: Decode) -> Decode:
    """The same for every record it can decode, and a reject for every other.

    Returns:
        (source name, raw records) -> tables that conform to their schema and can be split by day; one without rows is
        left out. It raises ConfigError, OSError and StoreError as `decode` does, and MemoryError where a single record
        does not fit: no record is at fault.
    """

    def decode_all(source: str, raws: Sequence[Raw]) -> Tables:
        def attempt(some: Sequence[Raw], _start: int) -> Tables | None:
            try:
                return _checked(decode(source, some))
            except (ConfigError, OSError, StoreError):
                raise
            except MemoryError:  # the machine is full, and no record is at fault: fewer at a time may fit
                if len(some) < 2:
                    raise
                return None
            except Exception as error:  # noqa: BLE001 - whatever a decoder raises, its records become rejects
                return rejected(some, failed(error)) if len(some) < 2 else None

        parts = list(in_halves(attempt, raws))
        return {
            name: pa.concat_tables([part[name] for part in parts if name in part])
            for name in sorted({name for part in parts for name in part})
        }

    return decode_all


def in_halves(
    attempt: Callable[[Sequence[_Item], int], _T | None], raws: Sequence[_Item], start: int = 0
) -> Iterator[_T]:
    """What `attempt` makes of the records, and of the place of the first: of all at once, else of either half.

    Args:
        attempt: gives None where it cannot do with several records; of one it makes something.
        raws: the records, or what stands for them, at least one.
        start: the place of the first.
    """
    result = attempt(raws, start)
    if result is not None:
        yield result
        return
    middle = len(raws) // 2
    yield from in_halves(attempt, raws[:middle], start)
    yield from in_halves(attempt, raws[middle:], start + middle)


def failed(error: Exception) -> Reject:
    """The reject of a record a decoder gave up on; it names the kind of error only, whose text may hold an address."""
    return Reject("record", "decoder_failed", type(error).__name__)


def rejected(raws: Sequence[Raw], reject: Reject) -> Tables:
    """The same reject for each of these records."""
    columns = {
        "raw_id": [raw.id for raw in raws],
        "source": [raw.source for raw in raws],
        "received_at": pa.array([raw.received_at for raw in raws], TIMESTAMP),
        **{name: [value] * len(raws) for name, value in reject._asdict().items()},
    }
    return {REJECT.name: pa.table(columns, schema=schema(REJECT))}


def _checked(tables: Tables) -> Tables:
    checked = {name: conform(TABLES[name], rows) for name, rows in tables.items() if rows.num_rows}
    for name, rows in checked.items():
        by_day(TABLES[name], rows)  # a time outside the calendar must fail here, where it makes a reject
    return checked
