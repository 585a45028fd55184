"""The dry-run as one offline page: when each alert would have been told, and over."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, label, nothing, on_axis, shortened, time_ticks
from telltale.look.tokens import LIGHT
from telltale.page.pieces import MIME, PLOTLY, Card, Piece, Sentence, Table, plotly_json
from telltale.publish.alerts import words
from telltale.publish.alerts.history import Would
from telltale.report.page import render
from telltale.workbench.times import local_time

ROW_PX = 38
MOST_ROWS = 40
LONGEST = 52
EMPTY = "No alert would have been told. Try a threshold nearer to what is usual, or a longer --since."


def page(found: Sequence[Would], since_us: int, until_us: int, zone: str, *, rules: Mapping[str, str]) -> str:
    """One HTML file that opens anywhere.

    Args:
        found: of `would_have_told`, of one alert or several.
        since_us: beginning of the stretch.
        until_us: its end.
        zone: of the site's clock.
        rules: what each alert judges by, in words.
    """
    over = f"**{_moment(since_us, zone)} to {_moment(until_us, zone)}** · {zone}"
    pieces: list[Piece] = [Sentence(sentence(found), over), _card(found, since_us, until_us, zone, rules)]
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": _data(piece)}
        for piece in pieces
    ]  # fmt: skip
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Alerts, tried on history"},
        {"cell_type": "code", "metadata": {}, "source": "", "outputs": outputs},
    ]
    return render({"cells": cells}, facts={"Period": over.replace("**", "")})


def sentence(found: Sequence[Would]) -> str:
    """How many messages it would have been, of what."""
    told = [one for one in found if one.plan.tell_us is not None]
    messages = messages_of(found)
    if not told:
        return "Nobody would have been told of anything."
    untold = len(found) - len(told)
    more = f"; {wording.count(untold, 'episode')} would not have been told" if untold else ""
    return (
        f"**{wording.count(len(told), 'episode')}** would have been told, "
        f"in **{wording.count(messages, 'message')}**{' at most' * (messages > 1)}{more}."
    )


def messages_of(found: Sequence[Would]) -> int:
    """How many messages that is; what is told in one look goes together, so they may be fewer."""
    moments = [
        (one.alert, step, at_us, to)
        for one in found
        for step, at_us in enumerate((one.plan.tell_us, one.plan.recovery_us))
        for to in one.recipients
        if at_us is not None
    ]
    return len(set(moments))


def _data(piece: Piece) -> dict[str, Any]:
    data: dict[str, Any] = {MIME: piece.data()}
    if isinstance(piece, Card) and isinstance(piece.evidence, go.Figure):
        data[PLOTLY] = plotly_json(piece.evidence)
    return data


def _card(found: Sequence[Would], since_us: int, until_us: int, zone: str, rules: Mapping[str, str]) -> Card:
    chart = timeline(found, since_us, until_us, zone)
    title = f"{wording.count(len(found), 'episode')}" if found else "No episode"
    return Card(
        title,
        chart,
        "A line from when each began until it was over; a triangle where somebody would have been told",
        [f"{name}: {rule}" for name, rule in rules.items()],
        empty=EMPTY,
    )


def timeline(found: Sequence[Would], since_us: int, until_us: int, zone: str) -> go.Figure:
    """A row for each thing that is watched."""
    rows: dict[tuple[str, str], list[Would]] = {}
    for one in found:
        rows.setdefault((one.alert, f"{one.name}: {one.what}"), []).append(one)
    if not rows:
        return nothing(EMPTY)
    most = sorted(rows, key=lambda key: (-len(rows[key]), key))[:MOST_ROWS]
    names = sorted(most)
    start, end = local_time(since_us, zone), local_time(until_us, zone)
    ticks = time_ticks(start, end, zone)
    chart = figure(
        height=64 + ROW_PX * len(names),
        key=[("accent", "lasted"), ("", "▲ told")],
        numbers=table(found, zone),
        narrow=ticks.narrow(),
        margin={"l": 8, "r": 8, "b": 44},
        xaxis={"range": [on_axis(start), on_axis(end)], **ticks.axis()},
        yaxis={"range": [len(names) - 0.5, -0.9], "showticklabels": False, "showgrid": False, "rangemode": "normal"},
    )  # fmt: skip
    for place, key in enumerate(names):
        # Above its line, so that it fits a phone.
        words_ = shortened(key[1], LONGEST)
        chart.add_annotation(label(words_, x=0, xref="x domain", xanchor="left", y=place - 0.45, yref="y"))
        _add(chart, rows[key], place, zone, (since_us, until_us))
    return chart


def _add(chart: go.Figure, row: Sequence[Would], place: int, zone: str, stretch: tuple[int, int]) -> None:
    since_us, until_us = stretch
    x: list[str | None] = []
    hover: list[str] = []
    for one in row:
        ends_us = until_us if one.episode.ends_us is None else one.episode.ends_us
        x += [on_axis(local_time(max(one.episode.begins_us, since_us), zone)), on_axis(local_time(ends_us, zone)), None]
        hover += [_hover(one, zone)] * 3
    line = {"color": LIGHT.accent, "width": 7}
    y = [None if at is None else place for at in x]
    chart.add_scatter(x=x, y=y, mode="lines", line=line, hovertext=hover, hovertemplate="%{hovertext}<extra></extra>")
    told = [(one, one.plan.tell_us) for one in row if one.plan.tell_us is not None]
    chart.add_scatter(
        x=[on_axis(local_time(at, zone)) for _, at in told],
        y=[place] * len(told),
        mode="markers",
        marker={"symbol": "triangle-up", "size": 8, "color": LIGHT.alarm},
        hovertext=[_hover(one, zone) for one, _ in told],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _hover(one: Would, zone: str) -> str:
    lasted = "" if one.episode.ends_us is None else f", {_lasted(one)}"
    peak = words.peak_words(one.episode)
    return f"<b>{one.name}</b><br>{_moment(one.episode.begins_us, zone)}{lasted}{f'<br>peak {peak}' if peak else ''}"


def table(found: Sequence[Would], zone: str) -> Table:
    """The episodes as a table."""
    heads = ("Alert", "What", "Since", "Lasted", "Peak", "Told", "Messages", "Not told")
    rows = [
        [
            one.alert,
            f"{one.name}: {one.what}",
            _moment(one.episode.begins_us, zone),
            _lasted(one),
            words.peak_words(one.episode) or "–",
            "–" if one.plan.tell_us is None else _moment(one.plan.tell_us, zone),
            str(one.messages),
            one.note or "–",
        ]
        for one in found
    ]
    return Table(heads, rows, right=(3, 4, 6), wide=(0, 7))


def _lasted(one: Would) -> str:
    if one.episode.ends_us is None:
        return "lasts"
    return wording.duration((one.episode.ends_us - one.episode.begins_us) / 1e6)


def _moment(at_us: int, zone: str) -> str:
    moment: dt.datetime = local_time(at_us, zone)
    return wording.full_moment(moment)
