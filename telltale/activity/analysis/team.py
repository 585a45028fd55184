"""A team's activity: each person once, whatever the number of PCs, and nothing about fewer than k people.

A period of which fewer than k people are known is withheld. Where its day is told too, the day's sum less the sums of
the hours that are told would be that of the hours withheld: so further hours are withheld, those of the fewest people
first, until at least k people are known in the hours withheld, or none are.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.activity.analysis.layers import STATES, Layer, painted, stretches
from telltale.activity.analysis.totals import OF_PERSONS, OF_PERSONS_AND_PERIODS
from telltale.engine import Engine, Relation

OF_PERSON = pa.schema(
    [("device_id", pa.string()), ("state", pa.string()), ("start_us", pa.int64()), ("end_us", pa.int64())]
)
_AT = pa.timestamp("us", "UTC")
TEAM = pa.schema(
    [
        ("label", pa.string()),
        ("start", _AT),
        ("end", _AT),
        ("so_far", pa.bool_()),
        ("people", pa.int64()),
        ("active_s", pa.float64()),
        ("active_share", pa.float64()),
    ]
)


class Cell(NamedTuple):
    """One period: of whom anything is known in it, and their sums."""

    start_us: int
    people: frozenset[str]
    active_us: int = 0
    away_us: int = 0


def team(
    engine: Engine, spans: Relation, info: Relation, periods: pa.Table, *, k: int, within: pa.Table | None = None
) -> pa.Table:
    """The mean of all people of whom something is known, by period.

    Args:
        engine: where it runs.
        spans: stretches of each PC (`totals.spans_of`).
        info: device_id, person, as in devices.csv; a PC without a person counts as one.
        periods: label, start_us, end_us, so_far.
        k: fewer people than this are not shown.
        within: the longer periods that are told beside them, such as days beside hours; the same columns.

    Returns:
        label, start, end, so_far, people, active_s (mean per person), active_share (of the time that is known); sorted.
    """
    of_persons = engine.run(OF_PERSONS, {"span": spans, "info": info})
    persons = engine.apply(persons_of, of_persons, by=["device_id"], schema=OF_PERSON)
    sums = engine.run(OF_PERSONS_AND_PERIODS, {"span": persons, "period": engine.from_arrow(periods)}).arrow()
    cells = _cells(sums)
    told = published(cells, k=k) if within is None else _within(cells, within, k=k)
    rows = [row for period in periods.to_pylist() if (row := _row(period, told.get(period["start_us"])))]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["start"]), TEAM)


def published(cells: Sequence[Cell], *, k: int) -> dict[int, Cell]:
    """Those of at least k people, by their beginning."""
    return {cell.start_us: cell for cell in cells if len(cell.people) >= k}


def told_beside_their_sum(cells: Sequence[Cell], *, k: int) -> dict[int, Cell]:
    """Those that may be told beside the sum of all of them: what is withheld is nobody's, or that of k people."""
    told = published(cells, k=k)
    for cell in sorted(told.values(), key=lambda cell: (len(cell.people), -cell.start_us)):
        withheld = frozenset[str]().union(*(other.people for other in cells if other.start_us not in told))
        if not withheld or len(withheld) >= k:
            break
        del told[cell.start_us]
    return told


def _within(cells: Sequence[Cell], longer: pa.Table, *, k: int) -> dict[int, Cell]:
    bounds = sorted((row["start_us"], row["end_us"]) for row in longer.to_pylist())
    groups: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        place = next((at for at, (start, end) in enumerate(bounds) if start <= cell.start_us < end), -1)
        groups[place].append(cell)
    return {start: cell for group in groups.values() for start, cell in told_beside_their_sum(group, k=k).items()}


def _cells(sums: pa.Table) -> list[Cell]:
    by_start: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for row in sums.to_pylist():
        by_start[row["start_us"]].append((row["person"], row["active_us"], row["away_us"]))
    return [
        Cell(
            start, frozenset(name for name, *_ in of), sum(active for _, active, _ in of), sum(away for *_, away in of)
        )
        for start, of in by_start.items()
    ]


def _row(period: dict[str, Any], cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    known_us = cell.active_us + cell.away_us
    return {
        "label": period["label"],
        "start": period["start_us"],
        "end": period["end_us"],
        "so_far": period["so_far"],
        "people": len(cell.people),
        "active_s": cell.active_us / len(cell.people) / 1e6,
        "active_share": cell.active_us / known_us if known_us else None,
    }


def persons_of(rows: pa.Table) -> pa.Table:
    """The stretches of each person: active where any PC of theirs is, away where one is known and none active."""
    made = []
    for person in sorted(pc.unique(rows["device_id"]).to_pylist()):
        own = rows.filter(pc.equal(rows["device_id"], person))
        starts, ends = own["start_us"].to_numpy(), own["end_us"].to_numpy()
        known = pc.not_equal(own["state"], STATES[0]).to_numpy(zero_copy_only=False)
        active = pc.equal(own["state"], STATES[2]).to_numpy(zero_copy_only=False)
        layer = Layer("sample", stretches(starts[known], ends[known]), stretches(starts[active], ends[active]))
        whole = painted([layer], int(np.min(starts)), int(np.max(ends)))
        columns = [
            pa.array([person] * len(whole.state), pa.string()),
            pa.array(STATES, pa.string()).take(pa.array(whole.state)),
            whole.bounds[:-1],
            whole.bounds[1:],
        ]
        made.append(pa.table(columns, schema=OF_PERSON))
    return pa.concat_tables(made) if made else OF_PERSON.empty_table()
