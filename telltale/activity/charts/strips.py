"""When was each PC in use: strips of the days by hour, active, away and hatched where nothing is known."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.activity.charts.panels import KEY, MOST_PCS, Cell, axis, grid, how_many, layout_axis
from telltale.activity.claims.days import PC, STATES, Day, Piece, known_days, passed, pcs_of
from telltale.charts.base import HATCH, figure, nothing, shortened
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

MOST_DAYS = 14
_ROW_PX, _HEAD_PX, _FOOT_PX = 19, 26, 28
_LONGEST = 30
_DAY_PX = 52
"""Left of a strip, for its day."""
_APART = 0.02 + _DAY_PX / 620
"""Share of the width between columns: the second one's days stand there, also where the place is 620 px wide."""
REASONS = ("locked", "suspended")
"""Why somebody is away, and why nothing is known."""
_COLOURS = {"active": LIGHT.accent, "away": LIGHT.away}


def day_strips(strips: Any, *, timezone: str, intervals: Any = None) -> go.Figure:
    """Strips of each PC and day; the three sums stand beside the name.

    Args:
        strips: device_id, name, label, state, start, end, lasted_s (`tt.activity.strips`). A day without any record is
            hatched as far as the axis goes.
        timezone: the site's zone.
        intervals: device_id, basis, start, end (`tt.activity.intervals`): how long of a piece the screen was locked, or
            the PC suspended, stands beside it.

    Returns:
        the figure, of six PCs and the newest 14 days at most; nothing known gives one sentence.
    """
    every = pcs_of(strips, timezone)
    pcs = every[:MOST_PCS]
    days = known_days(pcs)[-MOST_DAYS:]
    if not days:
        return nothing("Nothing is known of any PC in this period. Start the agent there: telltale collect idle.")
    span = _hours(pcs, days)
    columns = 2 if len(pcs) > 1 else 1
    plot = _ROW_PX * len(days)
    height, wide = grid(len(pcs), columns, head=_HEAD_PX, plot=plot, foot=_FOOT_PX, apart=_APART)
    tall, narrow = grid(len(pcs), 1, head=_HEAD_PX + 18, plot=plot, foot=_FOOT_PX, apart=0)
    chart = figure(
        height=round(height) + 4,
        key=[*KEY, *how_many(len(pcs), len(every))],
        numbers=_numbers(every, days),
        margin={"l": _DAY_PX, "r": 8, "t": 0, "b": 4},
        barmode="overlay",
        bargap=0.26,
        narrow={"height": round(tall) + 4} | _narrow(narrow),
        **_axes(wide, days, span),
    )
    reasons = _reasons(intervals, timezone)
    for number, pc in enumerate(pcs):
        chart.add_traces(_traces(pc, days, span, number, reasons.get(pc.device_id, [])))
        chart.layout.annotations += tuple(_head(pc, days, wide[number]))
    return chart


def _hours(pcs: Sequence[PC], days: Sequence[dt.date]) -> tuple[float, float]:
    """The hours that the axis shows: all that is known, whole hours."""
    pieces = [
        (day, piece) for pc in pcs for day in pc.days if day.date in days and day.is_known for piece in day.pieces
    ]
    low = min(_hour(day, piece.start) for day, piece in pieces)
    high = max(_hour(day, piece.end) for day, piece in pieces)
    return float(int(low)), max(float(-int(-high // 1)), int(low) + 1.0)


def _hour(day: Day, moment: dt.datetime) -> float:
    """Hours on the local clock since the midnight the day is named after; past 24 in the night behind it."""
    later = (moment.date() - day.date).days
    return 24 * later + moment.hour + moment.minute / 60 + moment.second / 3600


def _axes(cells: Sequence[Cell], days: Sequence[dt.date], span: tuple[float, float]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    ticks = _ticks(span)
    for number, cell in enumerate(cells):
        made[layout_axis("x", number)] = {
            "domain": list(cell.x), "anchor": axis("y", number), "range": list(span), "tickvals": ticks,
            "ticktext": [f"{int(hour) % 24:02d}" for hour in ticks], "showline": False, "ticks": "", "showgrid": True,
            "gridcolor": LIGHT.line, "gridwidth": 1,
        }  # fmt: skip
        made[layout_axis("y", number)] = {
            "domain": list(cell.y), "anchor": axis("x", number), "range": [len(days) - 0.5, -0.5], "showgrid": False,
            "tickvals": list(range(len(days))), "ticktext": [_day(day) for day in days], "rangemode": "normal",
        }  # fmt: skip
    return made


def _ticks(span: tuple[float, float]) -> list[float]:
    low, high = span
    step = next(step for step in (1, 2, 3, 4, 6, 12) if (high - low) / step <= 7)
    first = int(-(-low // step) * step)
    return [float(hour) for hour in range(first, int(high) + 1, step)]


def _day(day: dt.date) -> str:
    return f"{wording.short_weekday(day)} {day.day}"


def _reasons(intervals: Any, timezone: str) -> dict[str, list[Piece]]:
    """When each PC is known to have been locked or suspended."""
    by_pc: dict[str, list[Piece]] = {}
    for row in rows(intervals, "device_id", "basis", "start", "end", "lasted_s") if intervals is not None else ():
        if row["basis"] in REASONS:
            piece = Piece(row["basis"], local(row["start"], timezone), local(row["end"], timezone), row["lasted_s"])
            by_pc.setdefault(row["device_id"], []).append(piece)
    return by_pc


def _traces(
    pc: PC, days: Sequence[dt.date], span: tuple[float, float], number: int, reasons: Sequence[Piece]
) -> list[go.Bar]:
    by_state: dict[str, list[tuple[int, float, float, str]]] = {"active": [], "away": [], "unknown": []}
    by_date = {day.date: day for day in pc.days}
    for place, date in enumerate(days):
        day = by_date.get(date)
        if day is None or not day.is_known:
            by_state["unknown"].append((place, *span, f"{_day(date)}: no records"))
            continue
        for piece in day.pieces:
            start, end = _hour(day, piece.start), _hour(day, piece.end)
            by_state[piece.state].append((place, start, max(end, start), _words(pc, piece, reasons)))
    return [_bars(state, pieces, number) for state, pieces in by_state.items() if pieces]


def _bars(state: str, pieces: list[tuple[int, float, float, str]], number: int) -> go.Bar:
    fill = {"color": "rgba(0,0,0,0)", "pattern": _pattern()} if state == "unknown" else {"color": _COLOURS[state]}
    return go.Bar(
        y=[place for place, *_ in pieces],
        base=[round(start, 4) for _, start, *_ in pieces],
        x=[round(end - start, 4) for _, start, end, _ in pieces],
        orientation="h",
        marker=fill,
        xaxis=axis("x", number),
        yaxis=axis("y", number),
        hovertext=[text for *_, text in pieces],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _pattern() -> dict[str, Any]:
    return {**HATCH, "fillmode": "overlay"}


def _words(pc: PC, piece: Piece, reasons: Sequence[Piece]) -> str:
    return (
        f"<b>{pc.name}: {piece.state}</b><br>{wording.clock_span(piece.start, piece.end)}, "
        f"{wording.duration(piece.lasted_s)}{_why(piece, reasons)}"
    )


def _why(piece: Piece, reasons: Sequence[Piece]) -> str:
    """`, locked for 35 min of it`."""
    parts = []
    for state, reason in zip(("away", "unknown"), REASONS, strict=True):
        overlaps = [
            passed(max(piece.start, one.start), min(piece.end, one.end)).total_seconds()
            for one in reasons
            if one.state == reason and piece.state == state
        ]
        if (lasted_s := sum(max(0.0, overlap) for overlap in overlaps)) > 0:
            parts.append(f", {reason} for {wording.duration(lasted_s)} of it")
    return "".join(parts)


def _sums(pc: PC, days: Sequence[dt.date]) -> dict[str, float]:
    shown = [day for day in pc.days if day.date in days]
    return {state: sum(day.sum_s(state) for day in shown) for state in STATES}


def sums_text(sums: dict[str, float]) -> str:
    """`26.6 h active · 17.7 h away · 0.0 h unknown`."""
    return " · ".join(f"{wording.quantity(seconds / 3600, 'h', 1)} {state}" for state, seconds in sums.items())


def _head(pc: PC, days: Sequence[dt.date], cell: Cell) -> list[dict[str, Any]]:
    common = {"showarrow": False, "xref": "paper", "yref": "paper", "yanchor": "bottom", "y": cell.y[1], "yshift": 2}
    name = {
        "text": f"<b>{shortened(pc.name, _LONGEST)}</b>",
        "x": cell.x[0],
        "xanchor": "left",
        "xshift": 6 - _DAY_PX,
        "font": {"color": LIGHT.ink, "size": 13},
    }
    beside = {
        "text": sums_text(_sums(pc, days)),
        "x": cell.x[1],
        "xanchor": "right",
        "font": {"color": LIGHT.ink2, "size": 12},
    }
    return [common | name, common | beside]


def _narrow(cells: Sequence[Cell]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        made[f"{layout_axis('x', number)}.domain"] = list(cell.x)
        made[f"{layout_axis('y', number)}.domain"] = list(cell.y)
        for at, lift in ((2 * number, 20), (2 * number + 1, 2)):
            made |= {f"annotations.{at}.y": cell.y[1], f"annotations.{at}.yshift": lift}
            made |= {f"annotations.{at}.x": 0, f"annotations.{at}.xanchor": "left"}
            made |= {f"annotations.{at}.xshift": 6 - _DAY_PX}
    return made


def _numbers(pcs: Sequence[PC], days: Sequence[dt.date]) -> Table:
    body = []
    for pc in pcs:
        for day in pc.days:
            if day.date in days:
                sums = [wording.duration(day.sum_s(state)) for state in STATES]
                first, last = day.pieces[0].start, day.pieces[-1].end
                known = (
                    [wording.clock(first), wording.clock(last), *sums] if day.is_known else ["no records", *[""] * 4]
                )
                body.append([pc.name, wording.short_date(day.date), *known])
    return Table(("PC", "Day", "From", "To", "Active", "Away", "Unknown"), body, right=(4, 5, 6), wide=(2, 3))
