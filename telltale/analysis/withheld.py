"""Which of some counts to withhold: those of fewer than k devices, and those that would reveal such.

A cell of 1 … k - 1 devices is hidden. Where cells add up (visitors + passers-by = seen, global + local = all), a hidden
one could be worked out from the others, so more are hidden until none can be. Zero is shown: nobody is nobody. Figures
that stand on one page are judged together: a total, an n or a mean beside its parts is one more sum.

Source: wire/presence.md 8; DESIGN section 11 (published).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Sum = tuple[int, ...]
"""Places of cells that add up: the parts, then their total."""

_NOTHING = 1e-9
"""A smaller number is what rounding left of 0."""


def hidden(
    counts: Sequence[float],
    sums: Iterable[Sum],
    *,
    k: int,
    devices: Sequence[float] | None = None,
    fixed: Collection[int] = (),
) -> list[bool]:
    """Which of some cells to hide.

    Args:
        counts: what each cell says.
        sums: which cells add up to which.
        k: the smallest number of devices that is shown, apart from 0.
        devices: how many are behind each cell, where a cell counts something else, such as visits; None is `counts`.
        fixed: cells that are shown whatever is said here: another is hidden in their place.

    Returns:
        for each cell, whether it is hidden: because it is small, or so that no small one can be worked out.
    """
    sums = tuple(sums)
    found = [0 < count < k for count in (counts if devices is None else devices)]
    while revealed := _revealed(found, sums):
        found[_beside(revealed[0], found, counts, sums, fixed)] = True
        for at in revealed[1:]:
            # Cells told by a sum of their own: the one just hidden may have helped some of them too.
            if any(at in cells and sum(found[one] for one in cells) == 1 for cells in sums):
                found[_beside(at, found, counts, sums, fixed)] = True
    return found


def _revealed(found: list[bool], sums: tuple[Sum, ...]) -> list[int]:
    """The hidden cells that the shown ones determine.

    The hidden cells are the unknowns of linear equations; one is determined if its unit vector is in their row space.
    """
    unknown = [at for at, is_hidden in enumerate(found) if is_hidden]
    column = {at: number for number, at in enumerate(unknown)}
    equations = np.zeros((len(sums), len(unknown)))
    for row, cells in enumerate(sums):
        for at in cells:
            if at in column:
                equations[row, column[at]] += -1 if at == cells[-1] else 1
    return [unknown[at] for at in determined(equations[equations.any(axis=1)])]


def determined(equations: npt.NDArray[np.float64]) -> list[int]:
    """The columns whose unknown these equations determine, whatever their right-hand sides: ascending.

    In reduced row echelon form, which the row space has one of, such a column is alone in its row. A singular value
    decomposition tells the same at ten times the cost, and this is most of what a page of small counts takes.

    Args:
        equations: a row each, small whole numbers.
    """
    rows, pivots = equations.copy(), list[int]()
    for column in range(rows.shape[1]):
        done = len(pivots)
        if done == len(rows):
            break
        largest = done + int(np.argmax(np.abs(rows[done:, column])))
        if abs(rows[largest, column]) < _NOTHING:
            continue
        rows[[done, largest]] = rows[[largest, done]]
        rows[done] /= rows[done, column]
        factors = rows[:, column].copy()
        factors[done] = 0
        others = np.flatnonzero(np.abs(factors) > _NOTHING)
        rows[others] -= np.outer(factors[others], rows[done])
        pivots.append(column)
    is_alone = (np.abs(rows[: len(pivots)]) > _NOTHING).sum(axis=1) == 1
    return [pivots[at] for at in np.flatnonzero(is_alone)]


def _beside(
    revealed: int, found: list[bool], counts: Sequence[float], sums: tuple[Sum, ...], fixed: Collection[int]
) -> int:
    """The shown cell to hide with a revealed one: of what adds up with it the smallest part, rather not a zero."""
    alone = [cells for cells in sums if revealed in cells and sum(found[at] for at in cells) == 1]
    near = {at for cells in alone or sums for at in cells if not found[at]}
    near = near - set(fixed) or {at for cells in sums for at in cells if not found[at]} - set(fixed) or near
    return min(near, key=lambda at: (counts[at] == 0, sum(cells[-1] == at for cells in sums), counts[at], at))


class Count(NamedTuple):
    """What a cell says, and how many devices are behind it."""

    says: float
    devices: float


def hidden_of_kinds(
    counts: Mapping[tuple[str, str], Count],
    *,
    within: Mapping[str, Sequence[str]],
    k: int,
    over: Mapping[str, Sequence[str]] | None = None,
    elsewhere: Sequence[str] = (),
) -> set[tuple[str, str]]:
    """Which cells to hide of a table with one row an address kind and one column a name.

    Args:
        counts: by kind and name; each kind has each name.
        within: which names add up to which.
        over: which kinds add up to which; None: all others to `all`.
        k: the smallest number of devices that is shown, apart from 0.
        elsewhere: names that are shown anyway.
    """
    cells = list(counts)
    place = {cell: at for at, cell in enumerate(cells)}
    kinds, names = dict.fromkeys(kind for kind, _ in cells), dict.fromkeys(name for _, name in cells)
    over = {"all": [kind for kind in kinds if kind != "all"]} if over is None else over
    sums: list[Sum] = []
    for total, of in over.items():
        sums += [(*(place[kind, name] for kind in of), place[total, name]) for name in names]
    for total, of in within.items():
        sums += [(*(place[kind, name] for name in of), place[kind, total]) for kind in kinds]
    fixed = {place[kind, name] for kind in kinds for name in elsewhere}
    verdicts = hidden(
        [count.says for count in counts.values()],
        sums,
        k=k,
        devices=[count.devices for count in counts.values()],
        fixed=fixed,
    )
    return {cell for cell, verdict in zip(cells, verdicts, strict=True) if verdict}
