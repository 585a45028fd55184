"""Tables of counts fit to show: no cell of fewer than k devices, and none that others would reveal.

Which cells that are `telltale.analysis.withheld` says. With a count goes what derives from it: a mean, a peak, a share.

Source: wire/presence.md 8; DESIGN section 11 (published).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis.withheld import Count, Sum, hidden, hidden_of_kinds

Mask = npt.NDArray[np.bool_]

KINDS = ("global", "local", "all")
COUNTS = ("seen", "visitors", "passers_by", "visits", "bounced")
MADE_BY_VISITORS = ("visits", "bounced", "engaged")
OF_VISITORS = ("device_s", "devices", "mean")
OF_VISITS = ("dwell_mean_s", "dwell_median_s", "dwell_p90_s")


def published_figures(rows: pa.Table, *, k: int) -> pa.Table:
    """Day or hour figures fit to show.

    Args:
        rows: of `tables.PRESENCE_DAY` or PRESENCE_HOUR.
        k: the smallest number of devices that is shown, apart from 0.

    Returns:
        the same rows in the same order, null where hidden; with a count goes what derives from it. Visits of fewer
        than k devices are hidden, and so are a dwell of fewer than k visits and a peak below k. `hidden` says how many
        counts of the row are.
    """
    time = "day" if "day" in rows.column_names else "hour"
    counts: dict[str, list[int]] = {name: rows[name].to_pylist() for name in COUNTS}
    # Engaged visits are no column, but visits less the bounced ones show them.
    counts["engaged"] = [visits - bounced for visits, bounced in zip(counts["visits"], counts["bounced"], strict=True)]
    # How many devices made some visits is no column: not more than there were visits, nor than visitors.
    devices = counts | {
        name: [min(pair) for pair in zip(counts[name], counts["visitors"], strict=True)] for name in MADE_BY_VISITORS
    }
    masks = {name: np.zeros(rows.num_rows, np.bool_) for name in counts}
    for group in _groups(rows, "site", time):
        cells = [(name, kind) for name in counts for kind in group]
        said, behind = ([of[name][group[kind]] for name, kind in cells] for of in (counts, devices))
        verdicts = hidden(said, _figure_sums(cells), k=k, devices=behind)
        for (name, kind), verdict in zip(cells, verdicts, strict=True):
            masks[name][group[kind]] = verdict
    # Most devices come once a day: visits told beside a withheld number of visitors would tell it.
    masks |= {name: masks[name] | masks["visitors"] for name in MADE_BY_VISITORS}
    few = masks["visits"] | _small(counts["visits"], k)
    masks |= dict.fromkeys(OF_VISITORS, masks["visitors"]) | dict.fromkeys(OF_VISITS, masks["visitors"] | few)
    masks |= {"capture_rate": masks["visitors"] | masks["seen"]}
    masks |= {"peak": masks["visitors"] | _small(rows["peak"].to_pylist(), k)}
    total = np.sum([masks[name] for name in COUNTS], axis=0, dtype=np.int64)
    return _with_nulls(rows, masks).append_column("hidden", pa.array(total))


def published_hours(rows: pa.Table, *, k: int) -> pa.Table:
    """Hour figures fit to show beside those of their days, as `published_figures` gives them.

    Visits and seconds of the hours add up to those of the day: where one hour is withheld, all of that day's are.

    Args:
        rows: of `tables.PRESENCE_HOUR`, with `label`, whose first ten letters are the local day.
        k: the smallest number of devices that is shown, apart from 0.
    """
    rows = published_figures(rows, k=k)
    days = [label[:10] for label in rows["label"].to_pylist()]
    partly = {day for day, cells in zip(days, rows["hidden"].to_pylist(), strict=True) if cells}
    mask = np.array([day in partly for day in days], np.bool_)
    return _with_nulls(rows, dict.fromkeys(("visits", "bounced", "device_s"), mask))


def without_rest(rows: pa.Table, whole: pa.Table, *, k: int) -> pa.Table:
    """Figures without a day so far whose rest, the whole day less it, would be of few devices.

    Args:
        rows: of `published_figures`, with `label` and `so_far`.
        whole: the figures of whole days, by `label` and `address_kind`.
        k: the smallest number of devices that is shown, apart from 0.
    """
    days = {(row["label"], row["address_kind"]): row for row in whole.to_pylist()}
    few: set[str] = set()
    for row in rows.to_pylist():
        day = days.get((row["label"], row["address_kind"]))
        if row["so_far"] and day:
            rest = [day[name] - row[name] for name in COUNTS if None not in {day[name], row[name]}]
            few |= {row["label"]} if any(0 < count < k for count in rest) else set()
    mask = np.array([label in few for label in rows["label"].to_pylist()], np.bool_)
    names = (*COUNTS, *OF_VISITS, "device_s", "capture_rate", "peak")
    return _with_nulls(rows, dict.fromkeys(names, mask))


def unknown_as_null(rows: pa.Table) -> pa.Table:
    """Where no node reported all through and nobody was heard, nothing is known: null, not nobody."""
    unknown = pc.and_(pc.equal(rows["node_share"], 0), pc.equal(rows["seen"].fill_null(1), 0))
    for name in COUNTS:
        at = rows.schema.get_field_index(name)
        column = pc.if_else(unknown, None, rows[name])
        rows = rows.set_column(at, pa.field(name, rows.schema.field(at).type), column)
    return rows


def published_occupancy(rows: pa.Table, *, k: int, parts: pa.Table | None = None) -> pa.Table:
    """The occupancy series fit to show: null where a bin has fewer than k devices, but not none, or would reveal such.

    So is one in which fewer than k were there on average: "present 2.0" is a count of two, however many came and went.

    Args:
        rows: of `presence.occupancy`.
        k: the smallest number of devices that is shown, apart from 0.
        parts: narrower bins as they are shown elsewhere: where one inside is withheld, so is the wide one, their mean.
    """
    devices, means = ([count or 0 for count in rows[name].to_pylist()] for name in ("devices", "mean"))
    mask = np.zeros(rows.num_rows, np.bool_)
    for group in _groups(rows, "site", "start_us"):
        places = list(group.values())
        few = [devices[at] if 0 < devices[at] < k else means[at] for at in places]
        mask[places] = hidden([devices[at] for at in places], _kind_sum(list(group)), k=k, devices=few)
    mask |= np.zeros_like(mask) if parts is None else _holding(rows, parts)
    masks = dict.fromkeys(OF_VISITORS, mask) | {"peak": mask | _small(rows["peak"].to_pylist(), k)}
    return _with_nulls(rows, masks)


def _holding(rows: pa.Table, parts: pa.Table) -> Mask:
    """Which wide bins hold a narrow one that is withheld though somebody reported."""
    names = ("site", "address_kind", "start_us", "nodes", "devices")
    few: dict[tuple[str, str], list[int]] = {}
    for site, kind, start_us, nodes, devices in zip(*(parts[name].to_pylist() for name in names), strict=True):
        if nodes and devices is None:
            few.setdefault((site, kind), []).append(start_us)
    wide = zip(*(rows[name].to_pylist() for name in ("site", "address_kind", "start_us", "end_us")), strict=True)
    starts = {key: np.array(sorted(values), np.int64) for key, values in few.items()}
    nothing = np.empty(0, np.int64)
    counts = [
        np.subtract(*np.searchsorted(starts.get((site, kind), nothing), [end_us, start_us]))
        for site, kind, start_us, end_us in wide
    ]
    return np.array(counts, np.int64) > 0


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


def published_bands(rows: pa.Table, *, k: int) -> pa.Table:
    """Visits by band of dwell and address kind fit to show: bands add up to the visits, and kinds to all of them.

    Args:
        rows: site, address_kind, band, visits, devices.
        k: the smallest number of devices that is shown, apart from 0.
    """
    sites: dict[object, dict[tuple[str, str], int]] = {}
    for at, row in enumerate(rows.select(["site", "address_kind", "band"]).to_pylist()):
        sites.setdefault(row["site"], {})[row["address_kind"], row["band"]] = at
    visits, devices = rows["visits"].to_pylist(), rows["devices"].to_pylist()
    mask = np.zeros(rows.num_rows, np.bool_)
    for cells in sites.values():
        kinds, bands = list(dict.fromkeys(kind for kind, _ in cells)), list(dict.fromkeys(band for _, band in cells))
        counts = {cell: Count(visits[at], devices[at]) for cell, at in cells.items()}
        for kind in kinds:
            total = sum(visits[cells[kind, band]] for band in bands)
            counts[kind, TOTAL] = Count(total, total and k)
        found = hidden_of_kinds(counts, within={TOTAL: bands}, k=k, elsewhere=(TOTAL,))
        for cell, at in cells.items():
            mask[at] = cell in found
    return _with_nulls(rows, dict.fromkeys(("visits", "devices"), mask))


TOTAL = "total"


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
