"""Items one a row: how many cards they need, and whether their buttons may be dead."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, label, nothing, room_for, shortened
from telltale.frames import rows
from telltale.kanban.words.claims import ABOUT, Items, of_item, spread
from telltale.kanban.words.phrases import TOO_LITTLE, is_above, limit, limit_words, silence, silence_words
from telltale.kanban.words.working_time import longest, scale
from telltale.look.tokens import LIGHT
from telltale.page import said
from telltale.page.table import Table
from telltale.wording import is_known

NO_ITEM = "No pull in this period. Press a button; telltale discover finds its line for buttons.csv."
MOST_ROWS = 20
_ROW_PX, _FRAME_PX, _LETTER_PX = 28, 36, 6.7
_LONGEST_NAME = 16
NOT_YET = "not known yet"
"""Stands in a chart for `TOO_LITTLE`: what is too little is in the table."""


def cards_needed(items: Any, *, target: float, about: Items = ABOUT) -> go.Figure:
    """Cards in use (ring) and recommended (dot) of each item, the difference written.

    Args:
        items: item, cards, cards_recommended, cards_lo, cards_hi, risk_lo, note (`tt.kanban.items`).
        target: the largest stock-out risk one accepts; what is surely above it is loud.
        about: what the claims of its table share.

    Returns:
        the figure; no rows give one sentence.
    """
    table = rows(items, "item", "cards", "cards_recommended", "cards_lo", "cards_hi", "risk_lo", "note")[:MOST_ROWS]
    if not table:
        return nothing(NO_ITEM)
    counts = [row[name] for row in table for name in ("cards", "cards_recommended") if is_known(row[name])]
    low, high = min(counts, default=0), max(counts, default=4)
    low = max(0, low - 1) if high - low < 12 else 0
    step = max(1, -(-int(high - low) // 7))
    room = max(1.6, 0.16 * (high - low))  # for the difference beside the last dot
    chart = by_item(
        table,
        key=(("ring", "in use"), ("dot", "recommended")),
        numbers=_cards_table(table, about),
        xaxis={
            "range": [low - 0.4, high + room],
            "tickvals": list(range(int(low), int(high) + 1, step)),
        },
    )
    for at, row in enumerate(table):
        _cards(chart, at, row, target)
    return chart


def _cards(chart: go.Figure, at: int, row: Mapping[str, Any], target: float) -> None:
    used, wanted = (row[name] if is_known(row[name]) else None for name in ("cards", "cards_recommended"))
    short = used is not None and wanted is not None and wanted > used and is_above(row, target)
    colour = LIGHT.alarm if short else LIGHT.accent
    told = {"hovertext": [_cards_told(row)], "hovertemplate": "%{hovertext}<extra></extra>"}
    if used is not None and wanted is not None and wanted != used:
        line = {"color": LIGHT.alarm if short else LIGHT.edge, "width": 2.2}
        chart.add_scatter(x=[used, wanted], y=[at, at], mode="lines", line=line, hoverinfo="skip")
    if wanted is not None:
        chart.add_scatter(x=[wanted], y=[at], mode="markers", marker={"size": 9, "color": colour}, **told)
    if used is not None:
        inside = LIGHT.surface if wanted != used else "rgba(0,0,0,0)"
        ring = {"size": 11, "color": inside, "line": {"color": LIGHT.ink2, "width": 1.8}}
        chart.add_scatter(x=[used], y=[at], mode="markers", marker=ring, **told)
        if wanted == used:
            chart.data[-2].marker.size = 5.5
    text = _difference(used, wanted)
    if text:
        edge = max(value for value in (used, wanted, chart.layout.xaxis.range[0] + 0.4) if value is not None)
        font = {"color": LIGHT.alarm_text if short else LIGHT.ink2, "size": 12}
        # Words that go beyond the plot are cut; left of a ring that stands far right there is nothing else.
        low, high = chart.layout.xaxis.range
        is_far = wanted is None and edge - low > (high - low) / 2
        side = {"xanchor": "right", "xshift": -9} if is_far else {"xanchor": "left", "xshift": 9}
        at_edge = label(text, x=edge, y=at, bgcolor=LIGHT.surface, borderpad=1, **side)
        chart.add_annotation(at_edge | {"font": font})


def _difference(used: float | None, wanted: float | None) -> str:
    if wanted is None:
        return NOT_YET
    if used is None:
        return f"{wording.number(wanted)}; in use not listed"
    return wording.number(wanted - used, signed=True) if wanted != used else ""


def _cards_told(row: Mapping[str, Any]) -> str:
    used = f"{wording.number(row['cards'])} in use" if is_known(row["cards"]) else "in use not listed"
    if not is_known(row["cards_recommended"]):
        return f"<b>{row['item']}</b><br>{used}; {row['note'] or TOO_LITTLE}"
    spread = _spread(row["cards_lo"], row["cards_hi"])
    return f"<b>{row['item']}</b><br>{used}, {wording.number(row['cards_recommended'])}{spread} recommended"


def _spread(low: float | None, high: float | None) -> str:
    return f" ({wording.number_range(low, high)})" if is_known(low) and is_known(high) and low != high else ""  # type: ignore[arg-type]


def _cards_table(table: Sequence[Mapping[str, Any]], about: Items) -> Table:
    body = [
        [
            row["item"],
            *(said.number(of_item(about, row, name)) if is_known(row[name]) else "–" for name in _CARDS),
            _ends(row, about),
            row["note"] or "–",
        ]
        for row in table
    ]
    heads = ("Item", "In use", "Recommended", "With the bounds of the rate", "Note")
    return Table(heads, body, right=(1, 2, 3))


_CARDS = ("cards", "cards_recommended")


def _ends(row: Mapping[str, Any], about: Items) -> str:
    """The cards at the bounds of the rate, where they differ."""
    if not _spread(row["cards_lo"], row["cards_hi"]):
        return "–"
    return spread(*(of_item(about, row, name) for name in ("cards_lo", "cards_hi")))


def button_silence(items: Any, about: Items = ABOUT) -> go.Figure:
    """How long each item's buttons have been silent, as a bar against the longest pause its own pulls make likely.

    Args:
        items: item, silent_s, silent_calendar_s, silence_limit_s, may_be_dead, is_heard, last_press_at, working_day_s
            (`tt.kanban.items`).
        about: what the claims of its table share.

    Returns:
        the figure; no rows give one sentence.
    """
    table = rows(items, *_SILENCE)[:MOST_ROWS]
    if not any(row["last_press_at"] for row in table):
        return nothing(NO_ITEM)
    times = [time for row in table for time in (silence(row), limit(row)) if time is not None]
    if not times:
        return nothing("No capture has listened, so that no silence is known. Start one: telltale collect arp.")
    most = longest(times)
    unit, unit_s = scale(most)
    chart = by_item(
        table,
        key=(("accent", "silence so far"), ("sunk", "usual range"), ("limit", "limit")),
        numbers=_silence_table(table, about),
        barmode="overlay",
        xaxis={"range": [0, 1.03 * most.seconds / unit_s], "nticks": 6, "ticksuffix": f"{wording.NBSP}{unit}",
               "showticksuffix": "last"},
        narrow={"xaxis.nticks": 3},
    )  # fmt: skip
    beside = [_silence_words(row) for row in table]
    chart.update_layout(margin={"r": 14 + round(_LETTER_PX * max(len(text) for text, *_ in beside))})
    places = range(len(table))
    limits = [row["silence_limit_s"] / unit_s if is_known(row["silence_limit_s"]) else None for row in table]
    silences = [row["silent_s"] / unit_s if is_known(row["silent_s"]) else None for row in table]
    loud = [bool(row["may_be_dead"]) for row in table]
    usual = {"color": LIGHT.sunk}
    chart.add_bar(x=limits, y=list(places), orientation="h", width=0.5, marker=usual, hoverinfo="skip")
    chart.add_bar(
        x=silences,
        y=list(places),
        orientation="h",
        width=0.26,
        marker={"color": [LIGHT.alarm if one else LIGHT.accent for one in loud]},
        hovertext=[_silence_told(row) for row in table],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    stroke = {"symbol": "line-ns", "size": 15, "color": LIGHT.ink2, "line": {"width": 1.8, "color": LIGHT.ink2}}
    chart.add_scatter(x=limits, y=list(places), mode="markers", marker=stroke, hoverinfo="skip")
    for at, (text, colour, is_loud) in enumerate(beside):
        edge = max(value for value in (silences[at], limits[at], 0.0) if value is not None)
        font = {"color": colour, "size": 12}
        if text:
            words = f"<b>{text}</b>" if is_loud else text
            chart.add_annotation(label(words, x=edge, y=at, xanchor="left", xshift=7) | {"font": font})
    return chart


_SILENCE = (
    *("item", "silent_s", "silent_calendar_s", "silence_limit_s", "may_be_dead", "is_heard", "last_press_at"),
    "working_day_s",
)


def _silence_words(row: Mapping[str, Any]) -> tuple[str, str, bool]:
    """What stands at a bar's end, its colour, and whether it is loud."""
    silent = silence(row)
    if silent is None:
        return ("not heard" if row["last_press_at"] else "no press yet"), LIGHT.ink3, False
    if row["may_be_dead"]:
        return silent.text if silent.is_alike else silent.counted, LIGHT.alarm_text, True
    if not row["is_heard"]:
        return "not heard since", LIGHT.ink3, False
    return ("" if limit(row) is not None else "no limit yet"), LIGHT.ink3, False


def _silence_told(row: Mapping[str, Any]) -> str:
    silent, usual = silence(row), limit(row)
    told = "no press heard" if silent is None else f"silent for {silent.text}"
    since = "" if row["is_heard"] else ", not heard since"
    return f"<b>{row['item']}</b><br>{told}{since}, {TOO_LITTLE if usual is None else f'limit {usual.text}'}"


def _silence_table(table: Sequence[Mapping[str, Any]], about: Items) -> Table:
    body = []
    for row in table:
        never = "not heard" if row["last_press_at"] else "no press yet"
        silent = never if silence(row) is None else silence_words(row, about)
        usual = TOO_LITTLE if limit(row) is None else limit_words(row, about)
        note = "may be dead" if row["may_be_dead"] else "–" if row["is_heard"] else "nobody listens now"
        body.append([row["item"], silent, usual, note])
    return Table(("Item", "Silent for", "Limit", "Note"), body, right=(1, 2))


def by_item(table: Sequence[Mapping[str, Any]], *, xaxis: Mapping[str, Any], **more: Any) -> go.Figure:
    """An empty chart with one row an item, thin lines along the rows."""
    names = [shortened(row["item"], _LONGEST_NAME) for row in table]
    return figure(
        height=_ROW_PX * len(table) + _FRAME_PX,
        margin={"l": room_for(names), "r": 12, "t": 6, "b": 26},
        xaxis={"showline": False, "ticks": "", **xaxis},
        yaxis={"range": [len(table) - 0.4, -0.6], "tickvals": list(range(len(table))), "ticktext": names,
               "rangemode": "normal", "tickfont": {"color": LIGHT.ink2}},
        **more,
    )  # fmt: skip
