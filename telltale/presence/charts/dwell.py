"""How long do they stay: visits by length, the median as a line, the shares of the engagement bands."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, label, nothing
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.said import say
from telltale.page.table import Table
from telltale.presence.claims import NO_CLAIMS, Claims
from telltale.presence.words.lengths import BANDS, BIN_MIN, Bar, lengths

TOO_FEW = "Too few closed visits to say how long they were. Choose a longer period."


def dwell_histogram(visits: Any, *, k: int, claims: Claims = NO_CLAIMS, nothing_because: str = TOO_FEW) -> go.Figure:
    """Bars of closed visits by length in steps of five minutes, the last one open.

    Args:
        visits: dwell_s, optionally open and device (`tt.presence.visits`), or `Lengths`; open visits are left out:
            their length is not known. Without devices each visit counts as another's.
        k: a bar of fewer devices is withheld: drawn as a line at k, and so are those that would give it away.
        claims: make the numbers of the table claims.
        nothing_because: the sentence instead of bars, where there are none to show.

    Returns:
        the figure; closed visits of fewer than k devices give one sentence.
    """
    found = lengths(visits, k=k)
    if found.median_s is None:
        return nothing(nothing_because)
    bars = found.bars
    top = 1.12 * max([bar.visits or 0 for bar in bars] + [k])
    narrow = _axis(bars, 40)
    chart = figure(
        height=236,
        numbers=_numbers(bars, found.ended, claims),
        key=[("hatched", f"withheld: fewer than {k} devices, or it would tell")] if _any_withheld(bars) else (),
        bargap=0.08,
        yaxis={"range": [0, top]},
        xaxis=_axis(bars, 20),
        margin={"t": 16},
        narrow={f"xaxis.{name}": narrow[name] for name in ("tickvals", "ticktext")},
    )
    chart.add_traces(_traces(bars, found.ended, k))
    _add_bands(chart, found.shares, top)
    _add_median(chart, found.median_s, top)
    return chart


def _any_withheld(bars: Sequence[Bar]) -> bool:
    return any(bar.visits is None for bar in bars)


def _traces(bars: Sequence[Bar], n: int | None, k: int) -> list[go.Bar]:
    shown = [bar for bar in bars if bar.visits is not None]
    closed = [bar for bar in shown if bar.high is not None]
    last = [bar for bar in shown if bar.high is None and bar.visits]
    hidden = [bar for bar in bars if bar.visits is None]
    of = "" if n is None else f" of {wording.number(n)}"
    fills = (
        (closed, {"color": LIGHT.accent}),
        (last, {"color": LIGHT.ghost}),
        (hidden, {"color": "rgba(0,0,0,0)", "pattern": _WITHHELD}),
    )
    return [
        go.Bar(
            x=[bar.low + BIN_MIN / 2 for bar in group],
            y=[k if bar.visits is None else bar.visits for bar in group],
            width=[BIN_MIN * 0.92] * len(group),
            marker=marker,
            hovertext=[f"<b>{_length(bar)}</b><br>{_count(bar)}{of} visits" for bar in group],
            hovertemplate="%{hovertext}<extra></extra>",
            text=[wording.number(bar.visits) if bar.high is None and bar.visits is not None else "" for bar in group],
            textposition="outside",
            textfont={"color": LIGHT.ink2},
            cliponaxis=False,
        )
        for group, marker in fills
        if group
    ]


_WITHHELD = {"shape": "/", "fgcolor": LIGHT.hatch, "size": 4, "solidity": 0.3}


def _axis(bars: Sequence[Bar], step: int) -> dict[str, Any]:
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


_MEDIAN_TO = 0.78
"""Of the height: above it stand the words of the bands."""


def _add_median(chart: go.Figure, median_s: float, top: float) -> None:
    minutes = median_s / 60
    chart.add_shape(
        type="line", x0=minutes, x1=minutes, y0=0, y1=_MEDIAN_TO * top, line={"width": 2, "color": LIGHT.ink}
    )
    text = f"median <b>{wording.duration(60 * minutes)}</b>"
    # Right of the line when the bars there leave room, which they do beyond the first band.
    beside = max(minutes, BANDS[1][0])
    chart.add_annotation(label(text, x=beside, y=0.6 * top, xanchor="left", yanchor="middle", xshift=6))
    if beside > minutes:
        chart.add_shape(
            type="line", x0=minutes, x1=beside, y0=0.6 * top, y1=0.6 * top, line={"width": 1, "color": LIGHT.ink3}
        )


def _length(bar: Bar) -> str:
    return f"{wording.number_range(bar.low, bar.high)} min" if bar.high else f"{bar.low} min and more"


def _count(bar: Bar) -> str:
    return "withheld" if bar.visits is None else wording.number(bar.visits)


def _numbers(bars: Sequence[Bar], n: int | None, claims: Claims) -> Table:
    of = "all" if n is None else said.number(claims.lengths("ended", n))
    body = [[_length(bar), _visits(bar, claims), _share(bar, n, claims)] for bar in bars]
    return Table(("Length", "Visits", say("Share of {}", of)), body, right=(1, 2))


def _visits(bar: Bar, claims: Claims) -> str:
    claim = claims.lengths("bar", bar.visits, low=bar.low)
    return "withheld" if bar.visits is None else said.number(claim)


def _share(bar: Bar, n: int | None, claims: Claims) -> str:
    if bar.visits is None or not n:
        return "withheld"
    return said.percent(claims.lengths("bar", bar.visits / n, column="share", low=bar.low))
