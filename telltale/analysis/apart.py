"""Which of several answers about the same people may stand beside each other: none whose difference is a few of them.

Two answers of one question under other thresholds count nearly the same devices. Each may be of many, and their
difference of one: whoever sees 23 and 24 knows that one device was away for so long. So of each group of cells that add
up (a site's day: all columns and address kinds) an answer is shown beside those already shown only if every count is
the same or at least k apart, and something that is no count differs only where a count is at least k apart. Else the
whole group of that answer is withheld, so that no hidden cell can be had from the sums of its neighbours.

Source: issue of what-if comparisons; the rule of k devices is that of DESIGN section 11.
"""

from collections.abc import Mapping, Sequence

Cells = Mapping[tuple[str, ...], Mapping[str, float | None]]
"""What an answer says in one group: by row, by column; None is withheld or unknown."""


def shown_beside(answers: Sequence[Cells], counts: Sequence[str], *, k: int) -> list[bool]:
    """Which answers about one group may be shown, the first in any case.

    Args:
        answers: in the order of preference.
        counts: the columns that count devices or their visits.
        k: the smallest difference that is shown, apart from 0.
    """
    shown: list[bool] = []
    for number, one in enumerate(answers):
        others = [other for other, is_shown in zip(answers[:number], shown, strict=True) if is_shown]
        shown.append(all(_are_apart(one, other, counts, k) for other in others))
    return shown


def _are_apart(one: Cells, other: Cells, counts: Sequence[str], k: int) -> bool:
    return all(_row_is_apart(one.get(row, {}), other.get(row, {}), counts, k) for row in one.keys() | other.keys())


def _row_is_apart(
    one: Mapping[str, float | None], other: Mapping[str, float | None], counts: Sequence[str], k: int
) -> bool:
    # A row that is not there counts nobody; one that is withheld says nothing.
    pairs = [(one.get(name, 0 if not one else None), other.get(name, 0 if not other else None)) for name in counts]
    apart = [abs(first - second) for first, second in pairs if first is not None and second is not None]
    if any(0 < difference < k for difference in apart):
        return False
    return any(apart) or all(one.get(name) == other.get(name) for name in (one.keys() & other.keys()) - set(counts))
