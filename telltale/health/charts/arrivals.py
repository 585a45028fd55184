"""Is everything arriving: reports per hour or day above the nodes' strip, and how late rows came."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.charts.base import figure, hatch, label, nothing, on_axis, room_for, time_ticks
from telltale.charts.strip import add_strip, node_strip, strip_axis, strip_names, strip_px
from telltale.frames import arrow, local
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

_PLOT_PX = 150
_APART_PX = 16
LATENESS = ((0, "under 1 min"), (60, "1–5 min"), (300, "5–60 min"), (3600, "1–24 h"), (86400, "over 24 h"))
"""Classes of lateness: lower edge in seconds, inclusive, and its words."""


def arrivals(
    heartbeats: Any, nodes: Any, *, timezone: str = "UTC", noun: str = "report", is_life: bool = True
) -> go.Figure:
    """Bars of the reports received per hour, or per day when there are more than eight days.

    An hour in which nothing arrived is hatched: whether anybody was there is not known.

    Args:
        heartbeats: observed_at of each report (table `node_heartbeat`).
        nodes: node_id, start, end, optionally name and zone (`tt.health.heard`).
        timezone: the site's zone.
        noun: what arrives, such as `message`.
        is_life: whether what arrives is the sign that somebody is there; else the stretches of `nodes` tell it, and an
            hour in which they reported and nothing arrived is an empty one.

    Returns:
        the figure; no rows give one sentence.
    """
    counts, step = _counts(arrow(heartbeats).column("observed_at"), timezone)
    if not counts:
        return nothing(f"No {noun} arrived in this period. Check address and secret of the collector: telltale doctor.")
    starts = _every(min(counts), max(counts), step, timezone)
    end = starts[-1] + step
    strip = node_strip(nodes)
    ticks = time_ticks(starts[0], end, timezone)
    height = _PLOT_PX + 38 + round(strip_px(strip) + _APART_PX)
    share = strip_px(strip) / (height - 38)
    top = 1.1 * max(counts.values())
    unit = "hour" if step == dt.timedelta(hours=1) else "day"
    alive = [] if is_life else [stretch for node in strip for stretch in node.stretches]
    silent = [start for start in starts if start not in counts and not _touched(start, start + step, alive)]
    chart = figure(
        height=height,
        key=(("accent", f"{noun}s per {unit}"), *((("hatched", f"no record in the {unit}"),) if silent else ())),
        numbers=_numbers(starts, counts | {s: 0 for s in starts if s not in (*counts, *silent)}, unit, timezone),
        margin={"l": room_for(strip_names(strip)), "b": 40 if any("<br>" in t for t in ticks.text) else 28},
        xaxis={"range": [on_axis(starts[0]), on_axis(end)], "anchor": "y2", **ticks.axis()},
        yaxis={"range": [0, top], "domain": [share + _APART_PX / (height - 38), 1]},
        yaxis2=strip_axis(strip) | {"domain": [0, share]},
        narrow=ticks.narrow() | {"margin.b": 40},
    )
    chart.add_bar(
        x=[on_axis(start + step / 2) for start in counts],
        y=list(counts.values()),
        width=0.88 * step / dt.timedelta(milliseconds=1),  # of one bar alone plotly takes any
        marker={"color": LIGHT.accent},
        hovertext=[f"<b>{_when(s, unit, timezone)}</b><br>{wording.count(n, noun)}" for s, n in counts.items()],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    chart.add_traces(hatch([(on_axis(start), on_axis(start + step)) for start in silent], top))
    add_strip(chart, strip, end)
    return chart


def lateness(sightings: Any, *, own: str = "last_seen") -> go.Figure:
    """Bars of the share of rows by how long after their own time they were received.

    Args:
        sightings: received_at and last_seen (table `sighting`), or another table.
        own: the column of the rows' own time.
    """
    table = arrow(sightings)
    if not table.num_rows:
        return nothing("Nothing of this period is kept. Sightings go when their retention ends.")
    received, seen = (
        table.column(name).cast(pa.timestamp("us", "UTC")).cast(pa.int64()) for name in ("received_at", own)
    )
    age_s = pc.divide(pc.cast(pc.subtract(received, seen), pa.float64()), 1e6)
    counts = _classed(age_s)
    shares = [count / table.num_rows for count in counts]
    words = [name for _, name in LATENESS]
    chart = figure(
        height=34 * len(words) + 20,
        numbers=Table(
            ("Received after", "Rows", "Share"),
            [[w, wording.number(n), wording.percent(s)] for w, n, s in zip(words, counts, shares, strict=True)],
            right=(1, 2),
        ),
        margin={"l": room_for(words), "b": 6, "r": 70},
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "rangemode": "normal", "nticks": 0},
        bargap=0.4,
    )
    chart.add_bar(
        x=shares,
        y=words,
        orientation="h",
        marker={"color": LIGHT.accent},
        hovertext=[f"{wording.number(count)} rows" for count in counts],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    for word, share in zip(words, shares, strict=True):
        chart.add_annotation(label(wording.percent(share), x=share, y=word, xanchor="left", xshift=4))
    return chart


def _touched(start: dt.datetime, end: dt.datetime, stretches: list[tuple[dt.datetime, dt.datetime]]) -> bool:
    return any(begin < end and start < until for begin, until in stretches)


def _classed(age_s: pa.ChunkedArray) -> list[int]:
    """Rows in each class of lateness; a clock ahead of ours counts as not late."""
    edges = [low for low, _ in LATENESS[1:]]
    reached = [pc.sum(pc.greater_equal(age_s, edge)).as_py() or 0 for edge in edges]
    from_above = [len(age_s), *reached]
    return [upper - lower for upper, lower in zip(from_above, [*reached, 0], strict=True)]


def _counts(moments: pa.ChunkedArray, zone: str) -> tuple[dict[dt.datetime, int], dt.timedelta]:
    """Rows per local hour or day, by its start in UTC, in order; and the width."""
    if not len(moments):
        return {}, dt.timedelta(hours=1)
    ends = pc.min_max(moments).as_py()
    by_day = ends["max"] - ends["min"] > dt.timedelta(days=8)
    wall = pc.local_timestamp(moments.cast(pa.timestamp("us", zone)))
    if by_day:
        found = pc.value_counts(wall.cast(pa.date32()).combine_chunks()).to_pylist()
        return {_midnight(one["values"], zone): one["counts"] for one in sorted(found, key=_value)}, dt.timedelta(
            days=1
        )
    # An hour that comes twice when clocks go back is two: what has passed of it is taken off the moment itself.
    passed = pc.subtract(wall, pc.floor_temporal(wall, unit="hour"))
    starts = pc.subtract(moments.cast(pa.timestamp("us", "UTC")), passed)
    found = pc.value_counts(starts.combine_chunks()).to_pylist()
    return {one["values"]: one["counts"] for one in sorted(found, key=_value)}, dt.timedelta(hours=1)


def _value(counted: dict[str, Any]) -> Any:
    return counted["values"]


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def _every(first: dt.datetime, last: dt.datetime, step: dt.timedelta, zone: str) -> list[dt.datetime]:
    """The start of every hour, or of every local day, which may have 23 or 25 hours."""
    if step == dt.timedelta(hours=1):
        return [first + n * step for n in range(round((last - first) / step) + 1)]
    days = range((local(last, zone).date() - local(first, zone).date()).days + 1)
    dates = [local(first, zone).date() + dt.timedelta(days=n) for n in days]
    return [_midnight(date, zone) for date in dates]


def _when(start: dt.datetime, unit: str, zone: str) -> str:
    moment = local(start, zone)
    return wording.short_date(moment) if unit == "day" else wording.short_moment(moment)


def _numbers(starts: list[dt.datetime], counts: dict[dt.datetime, int], unit: str, zone: str) -> Table:
    body = [
        [_when(start, unit, zone), wording.number(counts[start]) if start in counts else "no record"]
        for start in starts
    ]
    return Table((f"{wording.sentence_case(unit)} from", "Reports"), body, right=(1,))
