"""Who comes in: visitors as a part of the devices seen, day by day, with the rate above."""

import datetime as dt
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, hatch, nothing
from telltale.frames import local, rows
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.table import Table
from telltale.presence.claims import NO_CLAIMS, Claims

MOST_NARROW = 8
"""More bars are too thin on a phone for a number inside them."""
_COUNTS = ("seen", "visitors", "passers_by", "capture_rate")


def visitors_by_day(
    days: Any, *, timezone: str = "UTC", running: dt.date | None = None, k: int, claims: Claims = NO_CLAIMS
) -> go.Figure:
    """Bars of the devices seen each day, visitors within passers-by, and visitors per hundred seen above.

    Args:
        days: day, address_kind, seen, visitors, passers_by, capture_rate, node_share of one site (table
            `presence_day`); rows of address_kind `all` are drawn. A null count was withheld: fewer than k devices.
        timezone: the site's zone.
        running: the day that has not ended yet, marked "so far".
        k: smallest count that may be published; smaller ones are withheld here too.
        claims: make the numbers of the table claims.

    Returns:
        the figure; days without a living node are hatched. No rows give one sentence.
    """
    table = [_withheld(row, k) for row in rows(days, "day", "address_kind", *_COUNTS, optional=("node_share", "label"))]
    table = sorted((row for row in table if row["address_kind"] == "all"), key=lambda row: row["day"])
    if not table:
        return nothing("No day of this period has figures yet. Choose an earlier one, or wait for the first records.")
    dates = [local(row["day"], timezone).date() for row in table]
    top = max([row["seen"] or 0 for row in table] + [k]) * 1.12
    chart = figure(
        height=208,
        key=(("accent", "visitors"), ("away", "passers-by"), ("", _key(table, k))),
        numbers=_numbers(dates, table, claims),
        yaxis={"range": [0, top]},
        xaxis=_axis(dates, running, two_rows=len(dates) > 8),
        margin={"b": 28 + 12 * (len(dates) > 8) + 13 * (running in dates)},
        narrow=_narrow(dates, running) | ({"data.0.text": []} if len(dates) > MOST_NARROW else {}),
    )
    half = _half_width(len(table))
    chart.add_traces(_bars(dates, table))
    chart.add_trace(_above(table))
    return chart.add_traces(hatch([(x - half, x + half) for x, row in enumerate(table) if _unknown(row)], top))


def _withheld(row: dict[str, Any], k: int) -> dict[str, Any]:
    """A row whose small cells are null, and those that would give them away by subtraction."""
    seen, visitors, passers_by = row["seen"], row["visitors"], row["passers_by"]
    if seen is not None and 0 < seen < k:
        return row | dict.fromkeys(_COUNTS)
    if any(count is None or 0 < count < k for count in (visitors, passers_by)):
        return row | {"visitors": None, "passers_by": None, "capture_rate": None}
    return row


def _unknown(row: dict[str, Any]) -> bool:
    return bool(row["node_share"] == 0)


def _bars(dates: list[dt.date], table: list[dict[str, Any]]) -> list[go.Bar]:
    x = list(range(len(table)))
    texts = [_hover(date, row) for date, row in zip(dates, table, strict=True)]
    top = max([row["seen"] or 0 for row in table] + [1])
    # A number needs a bar of about 20 px to stand in; smaller ones are in the hover box and the table.
    roomy = len(table) <= 16
    inside = [wording.number(v) if roomy and (v := row["visitors"] or 0) > 0.13 * top else "" for row in table]
    hover = {"hovertext": texts, "hovertemplate": "%{hovertext}<extra></extra>"}
    common = {"x": x, "width": 2 * _half_width(len(table)), **hover}
    return [
        go.Bar(
            y=[None if _unknown(row) else row["visitors"] for row in table],
            marker={"color": LIGHT.accent},
            text=inside,
            textposition="inside",
            insidetextanchor="end",
            textangle=0,
            textfont={"color": LIGHT.surface},
            constraintext="none",
            **common,
        ),
        go.Bar(
            y=[None if _unknown(row) else _rest(row) for row in table],
            marker={"color": LIGHT.away},
            **common,
        ),
    ]


def _half_width(days: int) -> float:
    """Half a bar, in days: two thirds of a day are a bar, but few days do not make a wall."""
    return 0.33 * min(1, days / 5)


def _rest(row: dict[str, Any]) -> int | None:
    """What stands above the visitors: passers-by, or all seen where the parts are withheld."""
    return int(row["passers_by"]) if row["passers_by"] is not None else row["seen"]


def _above(table: list[dict[str, Any]]) -> go.Scatter:
    """The rate over each bar, or why there is none."""
    texts = [""] * len(table) if len(table) > 35 else [_rate(row, has_sign=_has_sign(table)) for row in table]
    return go.Scatter(
        x=list(range(len(table))),
        y=[row["seen"] or 0 for row in table],
        text=texts,
        mode="text",
        textposition="top center",
        textfont={"color": LIGHT.ink2},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _has_sign(table: list[dict[str, Any]]) -> bool:
    """Whether `26 %` has room over each bar, on a narrow page too; else the key says per 100."""
    is_longest = any(row["capture_rate"] is not None and row["capture_rate"] >= 0.995 for row in table)
    return len(table) <= (5 if is_longest else 10)


def _rate(row: dict[str, Any], *, has_sign: bool) -> str:
    if _unknown(row):
        return ""
    if row["visitors"] is None:
        return "–"
    if row["capture_rate"] is None:
        return ""
    return wording.percent(row["capture_rate"]) if has_sign else wording.number(100 * row["capture_rate"])


def _key(table: list[dict[str, Any]], k: int) -> str:
    """What the number above a bar is, shown on the day most were seen."""
    rated = [row for row in table if row["capture_rate"] is not None and not _unknown(row)]
    if not rated:
        return f"– withheld: fewer than {k}, or it would tell"
    example = _rate(max(rated, key=lambda row: (row["seen"], row["day"])), has_sign=_has_sign(table))
    return f"**{example}** visitors {'among' if '%' in example else 'per 100'} devices seen"


def _hover(date: dt.date, row: dict[str, Any]) -> str:
    visitors, passers_by, rate = (_cell(row, name) for name in ("visitors", "passers_by", "capture_rate"))
    return (
        f"<b>{wording.short_date(date)}</b><br>{visitors} visitor devices<br>{passers_by} passers-by"
        f"<br>{rate} of {_cell(row, 'seen')} seen"
    )


def _cell(row: dict[str, Any], name: str, claims: Claims = NO_CLAIMS) -> str:
    if _unknown(row):
        return "no records"
    if row[name] is None:
        return "–" if name == "capture_rate" else "withheld"
    claim = claims.day(row["label"] or "", name, row[name])
    return said.percent(claim) if name == "capture_rate" else said.number(claim)


def _numbers(dates: list[dt.date], table: list[dict[str, Any]], claims: Claims) -> Table:
    names = ("visitors", "passers_by", "seen", "capture_rate")
    body = [
        [wording.short_date(date), *(_cell(row, name, claims) for name in names)]
        for date, row in zip(dates, table, strict=True)
    ]
    return Table(("Day", "Visitors", "Passers-by", "Devices seen", "Visitors among seen"), body, right=(1, 2, 3, 4))


def _axis(dates: list[dt.date], running: dt.date | None, *, two_rows: bool) -> dict[str, Any]:
    step = -(-len(dates) // 31)
    texts = [_day(date, running, two_rows=two_rows) for date in dates]
    return {
        "tickvals": list(range(0, len(dates), step)),
        "ticktext": texts[::step],
        "range": [-0.6, len(dates) - 0.4],
    }


def _narrow(dates: list[dt.date], running: dt.date | None) -> dict[str, Any]:
    step = -(-len(dates) // 9)
    texts = [_day(date, running, two_rows=True) for date in dates]
    return {
        "xaxis.tickvals": list(range(0, len(dates), step)),
        "xaxis.ticktext": texts[::step],
        "margin.b": 54 if running in dates else 40,
    }


def _day(date: dt.date, running: dt.date | None, *, two_rows: bool) -> str:
    name = f"{wording.short_weekday(date)}{'<br>' if two_rows else ' '}{date.day}"
    return f"{name}<br>so far" if date == running else name
