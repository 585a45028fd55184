"""Small cells are hidden, and so are those that would give them away."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis.publish import published_bands, published_cells, published_figures, published_occupancy
from telltale.analysis.withheld import determined, hidden

KINDS = ("all", "global", "local")


@pytest.mark.parametrize(
    ("counts", "sums", "expected"),
    [
        ([5, 4, 1, 0], [], [0, 1, 1, 0]),
        ([4, 20, 24], [(0, 1, 2)], [1, 1, 0]),
        ([4, 3, 7], [(0, 1, 2)], [1, 1, 0]),
        ([0, 3, 3], [(0, 1, 2)], [0, 1, 1]),
        ([4, 0, 30, 34], [(0, 1, 2, 3)], [1, 0, 1, 0]),
        ([4, 9, 7, 20], [(0, 1, 2, 3)], [1, 0, 1, 0]),
        ([9, 8, 17], [(0, 1, 2)], [0, 0, 0]),
    ],
    ids=[
        "under k but not zero",
        "one of two",
        "both",
        "zero is no secret",
        "not a zero",
        "the smallest",
        "nothing to hide",
    ],
)
def test_a_cell_is_hidden_with_what_reveals_it(
    counts: list[int], sums: list[tuple[int, ...]], expected: list[int]
) -> None:
    assert hidden(counts, sums, k=5) == [bool(one) for one in expected]


def test_in_a_table_with_totals_four_cells_go_together() -> None:
    """2 × 2 with margins: hiding one of a row and a column takes one more of each, and the fourth."""
    table = [3, 20, 23, 30, 40, 70, 33, 60, 93]
    rows = [(0, 1, 2), (3, 4, 5), (6, 7, 8)]
    columns = [(0, 3, 6), (1, 4, 7), (2, 5, 8)]
    found = hidden(table, [*rows, *columns], k=5)
    assert found[0]
    assert sum(found) == 4


SQUARE = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8)]


@settings(max_examples=200)
@given(st.lists(st.integers(0, 12), min_size=4, max_size=4))
def test_no_small_cell_can_be_worked_out(inner: list[int]) -> None:
    """Every hidden cell could hold another number: there is a second table with the same shown cells."""
    a, b, c, d = inner
    table = [a, b, a + b, c, d, c + d, a + c, b + d, a + b + c + d]
    found = hidden(table, SQUARE, k=5)
    assert all(found[at] for at, count in enumerate(table) if 0 < count < 5)
    told = known(table, found)
    assert not any(at in told for at, is_hidden in enumerate(found) if is_hidden)


def known(table: list[int], found: list[bool]) -> set[int]:
    """What an outsider works out, one sum at a time."""
    told = {at for at, is_hidden in enumerate(found) if not is_hidden}
    while new := {at for cells in SQUARE if len(set(cells) - told) == 1 for at in set(cells) - told}:
        told |= new
    return told


SIGNS = st.sampled_from([-1, 0, 0, 1])
EQUATIONS = st.integers(1, 9).flatmap(
    lambda columns: st.lists(st.lists(SIGNS, min_size=columns, max_size=columns), min_size=1, max_size=9)
)


@given(EQUATIONS)
def test_what_equations_determine_is_what_lies_in_their_row_space(equations: list[list[int]]) -> None:
    """Told by the projection onto the row space instead of by elimination."""
    rows = np.array(equations, np.float64)
    projection = np.linalg.pinv(rows) @ rows
    assert determined(rows) == np.flatnonzero(np.diag(projection) > 1 - 1e-9).tolist()


def test_a_table_of_a_hundred_days_determines_what_its_totals_do() -> None:
    """Hidden parts of 100 days by 3 kinds, with sums over kinds and over days: none alone, then one of a day alone."""
    days, kinds = 100, 3
    cells = np.arange(days * kinds).reshape(days, kinds)
    rows = np.zeros((days + kinds, days * kinds))
    for number, places in enumerate([*cells, *cells.T]):
        rows[number, places] = 1
    assert determined(rows) == []
    known = rows[:, [*range(1), *range(kinds, days * kinds)]]  # of the first day one cell is left
    assert determined(known) == [0]


def figures(visitors: dict[str, int], passers: dict[str, int], **more: Any) -> pa.Table:
    rows = []
    for kind in KINDS:
        seen = visitors[kind] + passers[kind]
        visits = more.get("visits", visitors)[kind]
        rows.append({
            "site": "1", "day": 0, "address_kind": kind, "seen": seen, "visitors": visitors[kind],
            "passers_by": passers[kind], "capture_rate": visitors[kind] / seen if seen else None, "visits": visits,
            "bounced": more.get("bounced", visits) if isinstance(more.get("bounced"), int) else visits,
            "dwell_mean_s": 9.0, "dwell_median_s": 9.0, "dwell_p90_s": 9.0, "device_s": 99.0,
            "peak": visitors[kind], "node_share": 1.0, "late": 0,
        })  # fmt: skip
    return pa.Table.from_pylist(rows)


def test_figures_large_enough_stay_as_they_are() -> None:
    rows = figures({"all": 40, "global": 10, "local": 30}, {"all": 50, "global": 20, "local": 30})
    assert published_figures(rows, k=5).drop_columns(["hidden"]).equals(rows)


def test_a_small_kind_takes_another_with_it_and_all_that_derives() -> None:
    """4 global of 44 visitors: global and local visitors go, and so do the passers-by, which seen would give away."""
    rows = figures({"all": 44, "global": 4, "local": 40}, {"all": 300, "global": 100, "local": 200})
    found = {row["address_kind"]: row for row in published_figures(rows, k=5).to_pylist()}
    assert [found[kind]["visitors"] for kind in KINDS] == [44, None, None]
    for name in ("visits", "dwell_mean_s", "device_s", "peak", "capture_rate"):
        assert [found[kind][name] for kind in ("global", "local")] == [None, None], name
    assert found["all"]["dwell_mean_s"] == 9.0
    shown = {kind: (found[kind]["seen"], found[kind]["passers_by"]) for kind in KINDS}
    assert all(None in shown[kind] for kind in ("global", "local"))
    assert found["global"]["hidden"] > 0


def test_nobody_is_shown_as_nobody() -> None:
    nobody = dict.fromkeys(KINDS, 0)
    rows = figures(nobody, {"all": 9, "global": 0, "local": 9})
    assert published_figures(rows, k=5)["visitors"].to_pylist() == [0, 0, 0]


def test_few_engaged_visits_hide_the_bounced() -> None:
    """30 visits, 28 bounced: 2 engaged. One of the two numbers must go."""
    rows = figures({"all": 30, "global": 0, "local": 30}, {"all": 50, "global": 0, "local": 50}).to_pylist()
    rows = [row | {"bounced": row["visits"] and 28} for row in rows]
    found = published_figures(pa.Table.from_pylist(rows), k=5).to_pylist()
    assert all(None in (row["visits"], row["bounced"]) for row in found if row["address_kind"] != "global")


def test_occupancy_hides_small_bins_and_small_peaks() -> None:
    def bins(start: int, counts: tuple[int | None, int | None, int | None], peak: int) -> list[dict[str, Any]]:
        values = {"site": "1", "start_us": start, "device_s": 1.0, "peak": peak}
        return [
            values | {"address_kind": kind, "devices": count, "mean": count and count - 0.5}
            for kind, count in zip(KINDS, counts, strict=True)
        ]

    rows = bins(0, (20, 10, 10), 9) + bins(1, (20, 3, 17), 9) + bins(2, (20, 10, 10), 4) + bins(3, (None,) * 3, 0)
    found = published_occupancy(pa.Table.from_pylist(rows), k=5)
    assert found["devices"].to_pylist() == [20, 10, 10, 20, None, None, 20, 10, 10, None, None, None]
    assert found["mean"].to_pylist()[3:6] == [19.5, None, None]
    assert found["peak"].to_pylist()[6:9] == [None] * 3


def test_few_at_a_time_are_few_however_many_came_and_went() -> None:
    """Twelve devices one after the other are two at a time: 2.0 is a count below k, and 9.0 - 7.0 would tell it."""
    rows = [
        {"site": "1", "start_us": 0, "address_kind": kind, "devices": n, "device_s": 1.0, "mean": mean, "peak": 9}
        for kind, n, mean in (("all", 24, 9.0), ("global", 12, 7.0), ("local", 12, 2.0))
    ]
    assert published_occupancy(pa.Table.from_pylist(rows), k=5)["mean"].to_pylist() == [9.0, None, None]


def test_visits_of_few_devices_are_hidden_however_many_they_are() -> None:
    """Two devices that came three times each are six visits of two."""
    visitors, visits = {"all": 2, "global": 2, "local": 0}, {"all": 6, "global": 6, "local": 0}
    found = published_figures(figures(visitors, {"all": 50, "global": 20, "local": 30}, visits=visits), k=5)
    assert found["visits"].to_pylist() == [None, None, 0]


@settings(max_examples=100)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_no_band_can_be_worked_out_from_the_kinds_or_the_visits_of_a_day(counts: list[int]) -> None:
    """Three bands of two kinds and their sum, beside the visits of each kind, which stand elsewhere."""
    bands = ("x", "y", "z")
    cells = {(kind, band): counts[3 * n + m] for n, kind in enumerate(KINDS[1:]) for m, band in enumerate(bands)}
    cells |= {("all", band): cells["global", band] + cells["local", band] for band in bands}
    rows = [
        {"site": "1", "address_kind": kind, "band": band, "visits": n, "devices": n}
        for (kind, band), n in cells.items()
    ]
    found = published_bands(pa.Table.from_pylist(rows), k=5).to_pylist()
    micro = [(kind, band) for kind in KINDS[1:] for band in bands]
    shown = [of(micro, row["address_kind"], row["band"]) for row in found if row["visits"] is not None]
    shown += [of(micro, kind) for kind in KINDS if not 0 < sum(cells[kind, band] for band in bands) < 5]
    for (kind, band), count in cells.items():
        totals = [sum(cells[which, one] for one in bands) for which in {kind, "all"}]
        if 0 < count < 5 and not any(0 < total < 5 for total in totals):
            assert not is_known(of(micro, kind, band), shown), (kind, band)


def of(micro: list[tuple[str, str]], kind: str, band: str = "") -> list[int]:
    """Which of the smallest cells a cell is the sum of."""
    return [int(kind in ("all", cell[0]) and band in ("", cell[1])) for cell in micro]


def is_known(cell: list[int], shown: list[list[int]]) -> bool:
    """Whether sums and differences of what is shown give a cell."""
    matrix = np.array(shown, float).reshape(len(shown), len(cell))
    return bool(np.linalg.matrix_rank(np.vstack([matrix, cell])) == np.linalg.matrix_rank(matrix))


def test_cells_within_a_total_never_lose_one_alone() -> None:
    rows = pa.table(
        {"band": ["x", "y", "z"] * 2, "day": [1] * 3 + [2] * 3, "devices": [3, 9, 7, 6, 9, 7], "visits": [3, 9, 7] * 2}
    )
    apart = published_cells(rows, values=["visits"], k=5)
    assert apart["visits"].to_pylist() == [None, 9, 7, 3, 9, 7]
    together = published_cells(rows, values=["visits"], within=["day"], k=5)
    assert together["visits"].to_pylist() == [None, 9, None, 3, 9, 7]
    assert together["devices"].null_count == 2
