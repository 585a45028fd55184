"""A table for people: heads, cells already worded, and which columns hold numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from telltale.page.said import placed


@dataclass(frozen=True)
class Table:
    """Rows to read, under a card's title or behind its "Show the numbers".

    Args:
        columns: head of each column.
        rows: cells as text, as many as there are heads.
        right: indexes of the columns set flush right.
        wide: indexes of the columns left out on phones.

    Raises:
        ValueError: a row has more or fewer cells than there are heads.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    wide: Sequence[int] = ()

    def __post_init__(self) -> None:
        for index, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"table row {index} has {len(row)} cells, expected {len(self.columns)}: {list(row)!r}")

    @property
    def texts(self) -> dict[str, str]:
        """The cells by row and column."""
        return {f"{at}.{column}": cell for at, row in enumerate(self.rows) for column, cell in enumerate(row)}

    def data(self) -> dict[str, Any]:
        """The table as JSON-able data."""
        shown: dict[str, Any] = {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}
        shown |= {"right": list(self.right)} | ({"wide": list(self.wide)} if self.wide else {})
        return shown | placed(self.texts)
