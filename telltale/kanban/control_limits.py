"""`tt.kanban.control` and `tt.kanban.trends`: which days are odd, and where demand is going."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from telltale.arrow import TIMESTAMP
from telltale.contract import ConfigError
from telltale.kanban.analysis import limits, trends
from telltale.kanban.analysis.buckets import Buckets
from telltale.kanban.gaps import gaps
from telltale.kanban.item_figures import FEWEST_PULLS, laplace_of
from telltale.kanban.question import By, Demand, Item, table
from telltale.workbench.times import Span

Kind = Literal["c", "u", "t", "ewma", "cusum"]
KINDS = ("c", "u", "t", "ewma", "cusum")
WEEK = 7

CONTROL = pa.schema(
    [
        ("item", pa.string()),
        ("label", pa.string()),
        ("start", TIMESTAMP),
        ("end", TIMESTAMP),
        ("so_far", pa.bool_()),
        ("value", pa.float64()),
        ("center", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("signal", pa.bool_()),
        ("is_tested", pa.bool_()),
        ("is_baseline", pa.bool_()),
        ("is_cut", pa.bool_()),
        ("shift_start", TIMESTAMP),
        ("working_day_s", pa.float64()),
    ]
)

TRENDS = pa.schema(
    [
        ("item", pa.string()),
        ("test", pa.string()),
        ("n", pa.int64()),
        ("statistic", pa.float64()),
        ("p_value", pa.float64()),
        ("slope_per_day", pa.float64()),
        ("verdict", pa.string()),
    ]
)


def control_table(demand: Demand, kind: Kind, by: By, width: limits.Width) -> pa.Table:
    """The columns of `tt.kanban.control`.

    Raises:
        ConfigError: another kind of chart, buckets or limits.
    """
    for what, word, words in (("kind", kind, KINDS), ("limits", width, ("exact", "asymptotic"))):
        if word not in words:
            raise ConfigError(f'{what} "{word}": expected {", ".join(words)}')
    if by == "stretch":
        raise ConfigError('by "stretch": expected day or week; one bucket makes no chart')
    rows: Iterator[dict[str, Any]] = (
        {"item": item.name, "working_day_s": demand.clock.kept_day_s, **row}
        for item in demand.items
        for row in (_gap_rows(demand, item) if kind == "t" else _bucket_rows(demand, item, kind, by, width))
    )
    return table(rows, CONTROL)


def _gap_rows(demand: Demand, item: Item) -> Iterator[dict[str, Any]]:
    """One row a gap that ends in the stretch; the last one is still open."""
    found = gaps(demand, item.pulled_us)
    ends = np.append(found.moments_us[1:], demand.span.until_us)
    for place, (start, end) in enumerate(zip(found.moments_us.tolist(), ends.tolist(), strict=False)):
        if end < demand.span.since_us:
            continue
        row: dict[str, Any] = {"label": "", "start": start, "end": end, "value": float(found.lasted_us[place]) / 1e6}
        is_open = place == len(found.moments_us) - 1
        row |= {"is_baseline": bool(found.is_baseline[place]), "is_cut": False, "so_far": is_open}
        is_tested = found.mean_us is not None and not found.is_baseline[place]
        if found.mean_us is not None:
            row |= limits.t_point(row["value"], found.mean_us / 1e6, is_open=is_open)._asdict()
        yield row | {"is_tested": is_tested, "signal": is_tested and row["signal"]}


def _bucket_rows(demand: Demand, item: Item, kind: Kind, by: By, width: limits.Width) -> Iterator[dict[str, Any]]:
    """One row a bucket of the stretch; the baseline comes from the item's first pull on, or from its dated window.

    Before its first pull an item may not have been in use: nothing is expected of that time, and it is not tested.
    """
    history = demand.bucketed(item, by, demand.since_first_heartbeat)
    exposures = history.days(demand.clock.day_s) if kind == "u" else _whole_buckets(history)
    is_usable = history.is_whole & _in_use(history)
    usual = _usual(demand, history, exposures, is_usable)
    points = _points(kind, history, exposures, usual, width)
    for place, point in enumerate(points):
        if history.ends_us[place] <= demand.span.since_us:
            continue
        is_baseline = usual is not None and place in usual.buckets
        is_tested = usual is not None and not is_baseline and bool(is_usable[place])
        yield {
            "label": history.labels[place],
            "start": int(history.starts_us[place]),
            "end": int(history.reach_us[place]),
            "so_far": bool(history.so_far[place]),
            **point,
            "signal": is_tested and point["signal"],
            "is_tested": is_tested,
            "is_baseline": is_baseline,
            "is_cut": bool(history.is_cut[place]),
        }


def _whole_buckets(found: Buckets) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """The exposure of each bucket as a share of itself: a Sunday of 25 hours is one day."""
    shares: np.ndarray[Any, np.dtype[np.float64]] = found.observed_us / np.maximum(found.working_us, 1)
    return shares


def _in_use(found: Buckets) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Whether a bucket is one since that of the item's first pull."""
    pulled = np.flatnonzero(found.counts)
    used: np.ndarray[Any, np.dtype[np.bool_]] = np.arange(len(found.counts)) >= (pulled[0] if len(pulled) else np.inf)
    return used


def _usual(
    demand: Demand,
    found: Buckets,
    exposures: "np.ndarray[Any, np.dtype[np.float64]]",
    usable: "np.ndarray[Any, np.dtype[np.bool_]]",
) -> limits.Usual | None:
    if demand.baseline is not None:
        usable = usable & (found.starts_us >= demand.baseline.since_us) & (found.ends_us <= demand.baseline.until_us)
    most = None if demand.baseline is not None else limits.BASELINE_BUCKETS
    return limits.usual(found.counts.tolist(), exposures.tolist(), usable.tolist(), most=most)


def _points(
    kind: Kind,
    found: Buckets,
    exposures: "np.ndarray[Any, np.dtype[np.float64]]",
    usual: limits.Usual | None,
    width: limits.Width,
) -> list[dict[str, Any]]:
    """Value, limits and signal of every bucket of the history."""
    counts = found.counts.tolist()
    unknown = {"value": None, "signal": False}  # what nobody listened to is not nothing
    if usual is None:
        pairs = zip(counts, exposures.tolist(), strict=True)
        shown = [(count if kind == "c" else count / exposure) if exposure else None for count, exposure in pairs]
        return [{"value": value, "signal": False} for value in shown]
    if kind == "c":
        pairs = zip(counts, exposures.tolist(), strict=True)
        return [limits.c_point(count, usual.mean)._asdict() if exposure else unknown for count, exposure in pairs]
    if kind == "u":
        return [
            limits.u_point(count, exposure, usual.mean)._asdict() if exposure else unknown
            for count, exposure in zip(counts, exposures.tolist(), strict=True)
        ]
    values = [
        count / exposure if whole else None
        for count, exposure, whole in zip(counts, exposures.tolist(), found.is_whole.tolist(), strict=True)
    ]
    if kind == "ewma":
        return [point._asdict() for point in limits.ewma(values, mean=usual.mean, sd=usual.sd, limits=width)]
    shifts = limits.cusum(values, mean=usual.mean, sd=usual.sd)
    return [_shift_row(shift, found.starts_us.tolist()) for shift in shifts]


def _shift_row(shift: limits.Shift, starts_us: list[int]) -> dict[str, Any]:
    """The larger of both sums, that of a fall below zero."""
    return {
        "value": shift.up if shift.up >= shift.down else -shift.down,
        "center": 0.0,
        "lower": -shift.limit,
        "upper": shift.limit,
        "signal": shift.signal,
        "shift_start": None if shift.started is None else starts_us[shift.started],
    }


def trends_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.trends`."""
    return table(
        (
            {
                "item": item.name,
                "test": test,
                "n": found.n,
                "statistic": found.statistic,
                "p_value": found.p_value,
                "slope_per_day": found.slope,
                "verdict": found.verdict,
            }
            for item in demand.items
            for test, found in (
                ("mann_kendall", _by_weekday(demand, item)),
                ("laplace", laplace_of(demand, item)),
                ("two_periods", _against_before(demand, item)),
            )
        ),
        TRENDS,
    )


def _by_weekday(demand: Demand, item: Item) -> trends.Trend:
    """Mann-Kendall on the days of whole weeks, each weekday compared with its like; too few with less than 5 pulls."""
    days = demand.bucketed(item, "day")
    if days.counts.sum() < FEWEST_PULLS:
        return trends.Trend(int(days.is_whole.sum()), None, None, None, "too few")
    whole = [place for place, is_whole in enumerate(days.is_whole.tolist()) if is_whole]
    if whole:
        first, last = whole[0], whole[-1]
        whole = [place for place in whole if place >= last - (last - first + 1) // WEEK * WEEK + 1]
    dates = [dt.date.fromisoformat(days.labels[place]) for place in whole]
    rates = days.counts / np.maximum(days.days(demand.clock.day_s), 1e-12)
    return trends.mann_kendall(
        [float(rates[place]) for place in whole],
        times=[day.toordinal() for day in dates],
        seasons=[day.weekday() for day in dates],
    )


def _against_before(demand: Demand, item: Item) -> trends.Trend:
    """The stretch against one as long right before it; too few where the item was first pulled in the stretch."""
    since_us, until_us = demand.span
    before = Span(since_us - (until_us - since_us), since_us)
    if len(item.pulled_us) and item.pulled_us[0] >= since_us:
        return trends.Trend(len(demand.counted(item)), None, None, None, "too few")
    pulled = item.pulled_us[(item.pulled_us >= before.since_us) & (item.pulled_us < before.until_us)]
    return trends.two_periods(
        int(demand.clock.listened.hold(pulled).sum()),
        demand.clock.observed.within(*before).total_us / 1e6 / demand.clock.day_s,
        len(demand.counted(item)),
        demand.observed_days,
    )
