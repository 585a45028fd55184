"""Small multiples of PCs: where each panel stands, in a wide place in columns, in a narrow one below each other."""

from typing import NamedTuple

MOST_PCS = 6
"""More PCs than this: the first by name."""
KEY = [("accent", "active"), ("away", "away"), ("hatched", "unknown (no records)")]


def how_many(shown: int, every: int, which: str = "the first by name") -> list[tuple[str, str]]:
    """For the key: that some PCs are not drawn; the table behind the chart has all."""
    return [("", f"{shown} of {every} PCs: {which}; the numbers have all")] if shown < every else []


class Cell(NamedTuple):
    """A panel's share of the plot: left, right, bottom, top."""

    x: tuple[float, float]
    y: tuple[float, float]


def grid(count: int, columns: int, *, head: float, plot: float, foot: float, apart: float) -> tuple[float, list[Cell]]:
    """The height, in px, and the place of each of some panels, row by row.

    Args:
        count: how many.
        columns: in how many columns.
        head: px above each plot, for its name.
        plot: px of the plot itself.
        foot: px below it, for its ticks.
        apart: share of the width between columns.
    """
    lines = -(-count // columns)
    height = lines * (head + plot + foot)
    width = (1 - apart * (columns - 1)) / columns
    cells = []
    for number in range(count):
        left = (number % columns) * (width + apart)
        top = height - (number // columns) * (head + plot + foot) - head
        cells.append(Cell((left, min(1.0, left + width)), (max(0.0, (top - plot) / height), top / height)))
    return height, cells


def axis(letter: str, number: int) -> str:
    """`x`, `x2`, …: how a trace names its axis; numbers begin at 0."""
    return letter if number == 0 else f"{letter}{number + 1}"


def layout_axis(letter: str, number: int) -> str:
    """`xaxis`, `xaxis2`, …: how the layout does."""
    return f"{letter}axis" + ("" if number == 0 else str(number + 1))
