"""Where do they go: moves from zone to zone as a matrix with numbers."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import plotly.graph_objects as go

from telltale import wording
from telltale.charts.base import figure, nothing, room_for
from telltale.frames import rows
from telltale.look.tokens import LIGHT
from telltale.page.claims import Claim
from telltale.page.said import claimed
from telltale.page.table import Table
from telltale.presence.claims import NO_CLAIMS, Claims

_ROW_PX = 52
NO_MOVE = "No move between zones was seen. A zone is named in devices.csv; a node without one is a zone of its own."


def moves_matrix(
    moves: Any,
    *,
    zones: Sequence[str] = (),
    k: int,
    since: dt.datetime | None = None,
    claims: Claims = NO_CLAIMS,
    nothing_because: str = NO_MOVE,
) -> go.Figure:
    """Cells of the moves from a zone (row) to another (column); few ones are `<5`, none are blank; no totals.

    Args:
        moves: from_zone, to_zone, moves, devices of one site (`tt.presence.moves`). A null count was withheld.
        zones: the order of rows and columns; zones left out follow by name.
        k: cells of fewer devices are withheld.
        since: beginning of the stretch of the moves.
        claims: make the numbers of the table claims.
        nothing_because: the sentence instead of cells, where there are none.

    Returns:
        the figure; fewer than two zones with a move give one sentence.
    """
    table = rows(moves, "from_zone", "to_zone", "moves", optional=("devices",))
    cells = {(row["from_zone"], row["to_zone"]): _shown(row, k) for row in table if row["from_zone"] != row["to_zone"]}
    names = _order(cells, zones)
    if not cells:
        return nothing(nothing_because)
    shown = [[cells.get((a, b)) for b in names] for a in names]
    texts = [[_text(cells, a, b, k) for b in names] for a in names]
    chart = figure(
        height=_ROW_PX * len(names) + 34,
        numbers=_numbers(cells, names, k, partial(claims.move, since=since)),
        margin={"l": room_for(names), "t": 26, "b": 6},
        xaxis={"side": "top", "showline": False, "ticks": "", "type": "category"},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category", "rangemode": "normal", "nticks": 0},
        narrow={"xaxis.ticktext": [_short(name) for name in names], "xaxis.tickvals": names},
    )
    return chart.add_heatmap(
        x=names,
        y=names,
        z=shown,
        text=texts,
        texttemplate="%{text}",
        textfont={"color": LIGHT.ink, "size": 12},
        colorscale=[[0, LIGHT.soft], [1, LIGHT.heat]],
        zmin=0,
        showscale=False,
        xgap=3,
        ygap=3,
        hoverongaps=False,
        hovertemplate="%{y} to %{x}<br><b>%{text} moves</b><extra></extra>",
    )


def _shown(row: dict[str, Any], k: int) -> int | None:
    few = (row["devices"] if row["devices"] is not None else row["moves"] or 0) < k
    return None if row["moves"] is None or (few and row["moves"]) else int(row["moves"])


def _order(cells: dict[tuple[str, str], int | None], zones: Sequence[str]) -> list[str]:
    known = {zone for pair in cells for zone in pair}
    return [zone for zone in zones if zone in known] + sorted(known - set(zones))


def _text(cells: dict[tuple[str, str], int | None], a: str, b: str, k: int) -> str:
    if (a, b) not in cells or cells[a, b] == 0:
        return ""
    count = cells[a, b]
    return f"<{k}" if count is None else wording.number(count)


def _short(name: str) -> str:
    return name if len(name) <= 8 else name[:7] + "…"


def _numbers(
    cells: dict[tuple[str, str], int | None], names: list[str], k: int, claim: Callable[[str, str, int], Claim]
) -> Table:
    body = []
    for a, b in product(names, names):
        if (a, b) in cells:
            count, text = cells[a, b], _text(cells, a, b, k) or "0"
            body.append([a, b, text if count is None else claimed(claim(a, b, count), text)])
    return Table(("From", "To", "Moves"), body, right=(2,))
