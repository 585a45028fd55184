"""How long do they stay: visits by length, the median as a line, the shares of the engagement bands."""

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, label, nothing
from telltale.look.tokens import LIGHT
from telltale.page.table import Table
from telltale.presence.words.lengths import BANDS, Stay, closed, devices, shares

BIN_MIN = 5
TAIL_MIN = 60, 120
"""The last bar is open and grey. It begins where bars get too small to show, within these bounds."""


class _Bar(NamedTuple):
    low: int
    high: int | None
    visits: int
    few: bool
    """Of fewer than k devices, but not of none."""
    withheld: bool = False


def dwell_histogram(visits: Any, *, k: int) -> go.Figure:
    """Bars of closed visits by length in steps of five minutes, the last one open.

    Args:
        visits: dwell_s, optionally open and device (`tt.presence.visits`); open visits are left out, their length is
            not known. Without devices each visit counts as another's.
        k: a bar of fewer devices is withheld: drawn as a line at k, and so is a second one that would give it away.

    Returns:
        the figure; closed visits of fewer than k devices give one sentence.
    """
    stays = closed(visits)
    if devices(stays) < k:
        return nothing("Too few closed visits to say how long they were. Choose a longer period.")
    bars = _bars(stays, k)
    top = 1.12 * max(max((bar.visits for bar in bars if not bar.withheld), default=0), k)
    narrow = _axis(bars, 40)
    chart = figure(
        height=236,
        numbers=_numbers(bars, len(stays), k),
        key=[("hatched", f"fewer than {k} devices")] if any(bar.withheld for bar in bars) else (),
        bargap=0.08,
        yaxis={"range": [0, top]},
        xaxis=_axis(bars, 20),
        margin={"t": 16},
        narrow={f"xaxis.{name}": narrow[name] for name in ("tickvals", "ticktext")},
    )
    chart.add_traces(_traces(bars, len(stays), k))
    _add_bands(chart, shares(stays, k=k), top)
    _add_median(chart, stays, top)
    return chart


def _bars(stays: Sequence[Stay], k: int) -> list[_Bar]:
    """Bars of five minutes; from the first small one in the tail on, a single open bar."""
    first = min(BIN_MIN, int(stays[0].dwell_s // (60 * BIN_MIN)) * BIN_MIN)
    within: dict[int, list[Stay]] = {low: [] for low in range(first, TAIL_MIN[1] + 1, BIN_MIN)}
    for stay in stays:
        within[min(int(stay.dwell_s // (60 * BIN_MIN)) * BIN_MIN, TAIL_MIN[1])].append(stay)
    small = (low for low, part in within.items() if low >= TAIL_MIN[0] and devices(part) < k)
    tail = next(small, TAIL_MIN[1])
    bars = [_bar(low, low + BIN_MIN, part, k) for low, part in within.items() if low < tail]
    bars.append(_bar(tail, None, [stay for low, part in within.items() if low >= tail for stay in part], k))
    return _withheld(bars)


def _bar(low: int, high: int | None, part: Sequence[Stay], k: int) -> _Bar:
    return _Bar(low, high, len(part), few=0 < devices(part) < k)


def _withheld(bars: list[_Bar]) -> list[_Bar]:
    """The bars of few devices are withheld, and with a single one the next smallest: n would give it away."""
    small = {bar.low for bar in bars if bar.few}
    others = [bar for bar in bars if bar.visits and not bar.few]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda bar: (bar.visits, bar.low)).low)
    return [bar._replace(withheld=bar.low in small) for bar in bars]


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


def _add_bands(chart: go.Figure, parts: Sequence[float | None], top: float) -> None:
    """The share of each band but the first, beside the line it begins with."""
    first, end = chart.layout.xaxis.range
    for (low, _, name), part in list(zip(BANDS, parts, strict=True))[1:]:
        line = {"width": 1, "dash": "dot", "color": LIGHT.edge}
        chart.add_shape(type="line", x0=low, x1=low, y0=0, y1=top, line=line)
        share = "withheld" if part is None else wording.percent(part)
        # Near the right edge the words stand left of their line, or a narrow page would cut them.
        side, shift = ("left", 4) if low - first < 0.75 * (end - first) else ("right", -4)
        words = f"{name}<br><b>{share}</b>"
        chart.add_annotation(label(words, x=low, y=top, xanchor=side, yanchor="top", align=side, xshift=shift))


def _add_median(chart: go.Figure, stays: Sequence[Stay], top: float) -> None:
    minutes = median(stay.dwell_s for stay in stays) / 60
    chart.add_shape(type="line", x0=minutes, x1=minutes, y0=0, y1=0.86 * top, line={"width": 2, "color": LIGHT.ink})
    text = f"median <b>{wording.duration(60 * minutes)}</b>"
    # Right of the line when the bars there leave room, which they do beyond the first band.
    beside = max(minutes, BANDS[1][0])
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
