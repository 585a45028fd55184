"""How long do they stay: visits by length, the median as a line, the shares of the engagement bands."""

from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, label, nothing
from telltale.frames import rows
from telltale.look.tokens import LIGHT
from telltale.page.table import Table

BIN_MIN = 5
TAIL_MIN = 60, 120
"""The last bar is open and grey. It begins where bars get too small to show, within these bounds."""
BANDS = ((20, 60, "20–60 min"), (60, None, "1 h and more"))
"""Upper engagement bands, minutes, lower edge inclusive (wire/presence.md 6.2); the first one runs up to 20 min."""


class _Bar(NamedTuple):
    low: int
    high: int | None
    visits: int
    withheld: bool


def dwell_histogram(visits: Any, *, k: int = 5) -> go.Figure:
    """Bars of closed visits by length in steps of five minutes, the last one open.

    Args:
        visits: dwell_s, optionally open (`tt.presence.visits`); open visits are left out, their length is not known.
        k: a bar of fewer visits is withheld: drawn as a line at k, and so is a second one that would give it away.

    Returns:
        the figure; no closed visit gives one sentence.
    """
    lengths = [row["dwell_s"] for row in rows(visits, "dwell_s", optional=("open",)) if not row["open"]]
    if len(lengths) < k:
        return nothing("Too few closed visits to say how long they were. Choose a longer period.")
    bars = _bars(sorted(lengths), k)
    top = 1.12 * max(bar.visits for bar in bars)
    narrow = _axis(bars, 40)
    chart = figure(
        height=236,
        numbers=_numbers(bars, len(lengths), k),
        key=[("hatched", f"fewer than {k} visits")] if any(bar.withheld for bar in bars) else (),
        bargap=0.08,
        yaxis={"range": [0, top]},
        xaxis=_axis(bars, 20),
        margin={"t": 16},
        narrow={f"xaxis.{name}": narrow[name] for name in ("tickvals", "ticktext")},
    )
    chart.add_traces(_traces(bars, len(lengths), k))
    _add_bands(chart, lengths, top)
    _add_median(chart, lengths, top)
    return chart


def median(values: list[float]) -> float:
    """The middle value, between two the mean of both; values must not be empty."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _bars(lengths: list[float], k: int) -> list[_Bar]:
    """Bars of five minutes; from the first small one in the tail on, a single open bar."""
    first = min(BIN_MIN, int(lengths[0] // (60 * BIN_MIN)) * BIN_MIN)
    counts = dict.fromkeys(range(first, TAIL_MIN[1] + 1, BIN_MIN), 0)
    for seconds in lengths:
        counts[min(int(seconds // (60 * BIN_MIN)) * BIN_MIN, TAIL_MIN[1])] += 1
    tail = next((low for low, count in counts.items() if low >= TAIL_MIN[0] and count < k), TAIL_MIN[1])
    counts = {low: n for low, n in counts.items() if low < tail} | {
        tail: sum(n for low, n in counts.items() if low >= tail)
    }
    small = _withheld(counts, k)
    return [_Bar(low, low + BIN_MIN if low < tail else None, n, low in small) for low, n in counts.items()]


def _withheld(counts: dict[int, int], k: int) -> set[int]:
    """The bars of fewer than k visits, and with a single one the next smallest: n would give it away."""
    small = {low for low, count in counts.items() if 0 < count < k}
    others = {low: count for low, count in counts.items() if count >= k}
    if len(small) == 1 and others:
        small.add(min(others, key=lambda low: (others[low], low)))
    return small


def _traces(bars: list[_Bar], n: int, k: int) -> list[go.Bar]:
    shown = [bar for bar in bars if not bar.withheld]
    closed = [bar for bar in shown if bar.high is not None]
    last = [bar for bar in shown if bar.high is None and bar.visits]
    hidden = [bar for bar in bars if bar.withheld]
    fills = (
        (closed, {"color": LIGHT.accent}),
        (last, {"color": LIGHT.ghost}),
        (hidden, {"color": "rgba(0,0,0,0)", "pattern": _WITHHELD}),
    )
    return [
        go.Bar(
            x=[bar.low + BIN_MIN / 2 for bar in group],
            y=[k if bar.withheld else bar.visits for bar in group],
            width=[BIN_MIN * 0.92] * len(group),
            marker=marker,
            hovertext=[f"<b>{_length(bar)}</b><br>{_count(bar, k)} of {wording.number(n)} visits" for bar in group],
            hovertemplate="%{hovertext}<extra></extra>",
            text=[wording.number(bar.visits) if bar.high is None and not bar.withheld else "" for bar in group],
            textposition="outside",
            textfont={"color": LIGHT.ink2},
            cliponaxis=False,
        )
        for group, marker in fills
        if group
    ]


_WITHHELD = {"shape": "/", "fgcolor": LIGHT.hatch, "size": 4, "solidity": 0.3}


def _axis(bars: list[_Bar], step: int) -> dict[str, Any]:
    """Ticks at the first bar, each `step` minutes, and under the open bar."""
    first, tail = bars[0].low, bars[-1].low
    middle = [at for at in range(step, tail, step) if at > first + BIN_MIN and at < tail - 3]
    return {
        "range": [first - 1, tail + BIN_MIN + 1],
        "tickvals": [first, *middle, tail + BIN_MIN / 2],
        "ticktext": [f"{first} min" if first else "0", *map(str, middle), f"{tail}+"],
    }


def _add_bands(chart: go.Figure, lengths: list[float], top: float) -> None:
    first, end = chart.layout.xaxis.range
    for low, high, name in BANDS:
        part = sum(low * 60 <= seconds < (high or float("inf")) * 60 for seconds in lengths)
        line = {"width": 1, "dash": "dot", "color": LIGHT.edge}
        chart.add_shape(type="line", x0=low, x1=low, y0=0, y1=top, line=line)
        share = wording.percent(part / len(lengths))
        # Near the right edge the words stand left of their line, or a narrow page would cut them.
        side, shift = ("left", 4) if low - first < 0.75 * (end - first) else ("right", -4)
        words = f"{name}<br><b>{share}</b>"
        chart.add_annotation(label(words, x=low, y=top, xanchor=side, yanchor="top", align=side, xshift=shift))


def _add_median(chart: go.Figure, lengths: list[float], top: float) -> None:
    minutes = median(lengths) / 60
    chart.add_shape(type="line", x0=minutes, x1=minutes, y0=0, y1=0.86 * top, line={"width": 2, "color": LIGHT.ink})
    text = f"median <b>{wording.duration(60 * minutes)}</b>"
    # Right of the line when the bars there leave room, which they do beyond the first band.
    beside = max(minutes, BANDS[0][0])
    chart.add_annotation(label(text, x=beside, y=0.6 * top, xanchor="left", yanchor="middle", xshift=6))
    if beside > minutes:
        chart.add_shape(
            type="line", x0=minutes, x1=beside, y0=0.6 * top, y1=0.6 * top, line={"width": 1, "color": LIGHT.ink3}
        )


def _length(bar: _Bar) -> str:
    return f"{wording.number_range(bar.low, bar.high)} min" if bar.high else f"{bar.low} min and more"


def _count(bar: _Bar, k: int) -> str:
    return f"<{k}" if bar.withheld else wording.number(bar.visits)


def _numbers(bars: list[_Bar], n: int, k: int) -> Table:
    body = [[_length(bar), _count(bar, k), _share(bar, n)] for bar in bars]
    return Table(("Length", "Visits", f"Share of {wording.number(n)}"), body, right=(1, 2))


def _share(bar: _Bar, n: int) -> str:
    return "withheld" if bar.withheld else wording.percent(bar.visits / n)
