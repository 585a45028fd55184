"""What may be shown of small counts: no cell of fewer than k devices, and none that others would reveal.

A cell of 1 … k - 1 devices is hidden. Where cells add up (visitors + passers-by = seen, global + local = all), a hidden
one could be worked out from the others, so more are hidden until none can be. Zero is shown: nobody is nobody.

Source: wire/presence.md 8; DESIGN section 11 (published).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Sum = tuple[int, ...]
"""Places of cells that add up: the parts, then their total."""

Mask = npt.NDArray[np.bool_]

KINDS = ("global", "local", "all")
COUNTS = ("seen", "visitors", "passers_by", "visits", "bounced")
OF_VISITORS = ("device_s", "devices", "mean")
OF_VISITS = ("dwell_mean_s", "dwell_median_s", "dwell_p90_s")


def hidden(counts: Sequence[int], sums: Iterable[Sum], *, k: int) -> list[bool]:
    """Which of some cells to hide.

    Args:
        counts: devices behind each cell.
        sums: which cells add up to which.
        k: the smallest number of devices that is shown, apart from 0.

    Returns:
        for each cell, whether it is hidden: because it is small, or so that no small one can be worked out.
    """
    sums = tuple(sums)
    found = [0 < count < k for count in counts]
    while (revealed := _revealed(found, sums)) is not None:
        found[_beside(revealed, found, counts, sums)] = True
    return found


def _revealed(found: list[bool], sums: tuple[Sum, ...]) -> int | None:
    """A hidden cell that the shown ones determine, if there is one.

    The hidden cells are the unknowns of linear equations; one is determined if its unit vector is in their row space.
    """
    unknown = [at for at, is_hidden in enumerate(found) if is_hidden]
    if not unknown or not sums:
        return None
    equations = np.array([[(at in cells) - 2.0 * (at == cells[-1]) for at in unknown] for cells in sums])
    determined = np.diag(np.linalg.pinv(equations) @ equations) > 1 - 1e-9
    return unknown[int(determined.argmax())] if determined.any() else None


def _beside(revealed: int, found: list[bool], counts: Sequence[int], sums: tuple[Sum, ...]) -> int:
    """The shown cell to hide with a revealed one: of what adds up with it the smallest part, rather not a zero."""
    alone = [cells for cells in sums if revealed in cells and sum(found[at] for at in cells) == 1]
    near = {at for cells in alone or sums for at in cells if not found[at]}
    return min(near, key=lambda at: (counts[at] == 0, sum(cells[-1] == at for cells in sums), counts[at], at))


def published_figures(rows: pa.Table, *, k: int) -> pa.Table:
    """Day or hour figures fit to show.

    Args:
        rows: of `tables.PRESENCE_DAY` or PRESENCE_HOUR.
        k: the smallest number of devices that is shown, apart from 0.

    Returns:
        the same rows in the same order, null where hidden; with a count goes what derives from it. A dwell of fewer
        than k visits is hidden, and so is a peak below k. `hidden` says how many counts of the row are.
    """
    time = "day" if "day" in rows.column_names else "hour"
    counts = {name: rows[name].to_pylist() for name in COUNTS}
    # Engaged visits are no column, but visits less the bounced ones show them.
    counts["engaged"] = [visits - bounced for visits, bounced in zip(counts["visits"], counts["bounced"], strict=True)]
    masks = {name: np.zeros(rows.num_rows, np.bool_) for name in counts}
    for group in _groups(rows, "site", time):
        cells = [(name, kind) for name in counts for kind in group]
        verdicts = hidden([counts[name][group[kind]] for name, kind in cells], _figure_sums(cells), k=k)
        for (name, kind), verdict in zip(cells, verdicts, strict=True):
            masks[name][group[kind]] = verdict
    few = masks["visits"] | _small(counts["visits"], k)
    masks |= dict.fromkeys(OF_VISITORS, masks["visitors"]) | dict.fromkeys(OF_VISITS, masks["visitors"] | few)
    masks |= {"capture_rate": masks["visitors"] | masks["seen"]}
    masks |= {"peak": masks["visitors"] | _small(rows["peak"].to_pylist(), k)}
    total = np.sum([masks[name] for name in COUNTS], axis=0, dtype=np.int64)
    return _with_nulls(rows, masks).append_column("hidden", pa.array(total))


def published_occupancy(rows: pa.Table, *, k: int) -> pa.Table:
    """The occupancy series fit to show: null where a bin has fewer than k devices, but not none, or would reveal such.

    Args:
        rows: of `presence.occupancy`.
        k: the smallest number of devices that is shown, apart from 0.
    """
    devices = [count or 0 for count in rows["devices"].to_pylist()]
    mask = np.zeros(rows.num_rows, np.bool_)
    for group in _groups(rows, "site", "start_us"):
        mask[list(group.values())] = hidden([devices[at] for at in group.values()], _kind_sum(list(group)), k=k)
    masks = dict.fromkeys(OF_VISITORS, mask) | {"peak": mask | _small(rows["peak"].to_pylist(), k)}
    return _with_nulls(rows, masks)


def published_cells(rows: pa.Table, *, values: Sequence[str], within: Sequence[str] = (), k: int) -> pa.Table:
    """A table of counts fit to show: bands, moves, zones.

    Args:
        rows: with `devices`, how many are behind each row.
        values: the columns to hide with it.
        within: the columns that tell which rows add up to a total shown elsewhere; none if no total is shown.
        k: the smallest number of devices that is shown, apart from 0.
    """
    devices = rows["devices"].to_pylist()
    mask = _small(devices, k)
    groups: dict[tuple[object, ...], list[int]] = {}
    for at, key in enumerate(zip(*(rows[name].to_pylist() for name in within), strict=True) if within else ()):
        groups.setdefault(key, []).append(at)
    for places in groups.values():
        counts = [devices[at] for at in places]
        mask[places] = hidden([*counts, k + sum(counts)], [tuple(range(len(counts) + 1))], k=k)[:-1]
    return _with_nulls(rows, dict.fromkeys(("devices", *values), mask))


def _groups(rows: pa.Table, *keys: str) -> Iterable[dict[str, int]]:
    """For each period of each site, where the row of each address kind is."""
    groups: dict[tuple[object, ...], dict[str, int]] = {}
    columns = (rows[name].to_pylist() for name in (*keys, "address_kind"))
    for at, (*key, kind) in enumerate(zip(*columns, strict=True)):
        groups.setdefault(tuple(key), {})[kind] = at
    return groups.values()


def _figure_sums(cells: list[tuple[str, str]]) -> list[Sum]:
    place = {cell: at for at, cell in enumerate(cells)}
    names, kinds = dict(cells), {kind for _, kind in cells}
    over_kinds = [tuple(place[name, kind] for kind in KINDS) for name in names if kinds.issuperset(KINDS)]
    parts = (("visitors", "passers_by", "seen"), ("bounced", "engaged", "visits"))
    return [*over_kinds, *(tuple(place[name, kind] for name in part) for part in parts for kind in kinds)]


def _kind_sum(kinds: list[str]) -> list[Sum]:
    return [tuple(kinds.index(kind) for kind in KINDS)] if set(kinds) >= set(KINDS) else []


def _small(counts: Sequence[int | None], k: int) -> Mask:
    return np.array([count is not None and 0 < count < k for count in counts], np.bool_)


def _with_nulls(rows: pa.Table, masks: Mapping[str, Mask]) -> pa.Table:
    for at, name in enumerate(rows.column_names):
        if name in masks:
            shown = pc.if_else(pa.array(masks[name]), None, rows[name])
            rows = rows.set_column(at, pa.field(name, rows.schema.field(name).type), shown)
    return rows
