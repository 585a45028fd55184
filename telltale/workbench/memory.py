"""Whether an answer fits into memory: said before it is tried, from what the catalog tells of its rows."""

from collections.abc import Sequence
from pathlib import Path

from telltale.contract import ConfigError
from telltale.tables import Table

WIDTHS = {"int64": 8, "float64": 8, "timestamp": 8, "int32": 4, "bool": 1, "string": 32}
"""Bytes of a value in Arrow; of a text those of an id with its offset, longer ones are rare in millions of rows."""
COPIES = {"arrow": 2, "pandas": 3}
"""How often a row is there at the most: sorted by DuckDB and handed over, and once more as pandas."""
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def check(table: Table, names: Sequence[str], rows: int, *, form: str, available: int | None) -> None:
    """Refuse what does not fit.

    Args:
        table: which table.
        names: the columns asked for.
        rows: how many rows the files that are read have, and those not settled yet: never fewer than the answer has.
        form: arrow or pandas.
        available: bytes; None where the system does not tell, and nothing is refused.

    Raises:
        ConfigError: the rows take more than is available; the sentence names what helps.
    """
    width = sum(WIDTHS[table.column(name).type] for name in names) * COPIES[form]
    if available is None or rows * width <= available:
        return
    raise ConfigError(
        f'tt.load("{table.name}"): up to {rows:,} rows of {width} bytes while they are read are {_gb(rows * width)}, '
        f"and {_gb(available)} of memory are free; take a shorter stretch with since and until, fewer columns, or a "
        "part after the other with batches=True"
    )


def available_bytes() -> int | None:
    """The memory a program may still take, as the system and its container tell; None where they do not (not Linux)."""
    told = [each for each in (_of_system(), _of_container()) if each is not None]
    return min(told, default=None)


def _of_system() -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _of_container() -> int | None:
    try:
        most, used = ((_CGROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        return None if most == "max" else max(int(most) - int(used), 0)
    except (OSError, ValueError):
        return None


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
