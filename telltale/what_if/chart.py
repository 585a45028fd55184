"""The figure of a comparison: bars in groups, what is set first."""

import plotly.graph_objects as go
import pyarrow as pa

from telltale.charts.base import figure, nothing
from telltale.look.tokens import CATEGORY_ROLES, LIGHT
from telltale.what_if.measures import CHOICE, Measures

HEIGHT = 320
MOST = 60
"""Groups that are drawn: the last ones."""


def bars(table: pa.Table, measures: Measures, column: str) -> go.Figure:
    """One column of the answers: a group of bars a thing, a color a choice.

    Args:
        table: the answers one below the other.
        measures: of their call.
        column: what is drawn; what is withheld or not known has no bar.
    """
    rows = table.to_pylist()
    key = [name for name in measures.key if name in table.column_names]
    told = [name for name in key if len({row[name] for row in rows}) > 1] or key[-1:]
    labels = list(dict.fromkeys(tuple(str(row[name]) for name in told) for row in rows))[-MOST:]
    if not labels:
        return nothing("There is no row to compare in this stretch; ask about a longer one.")
    names = [", ".join(label) for label in labels]
    choices = list(dict.fromkeys(row[CHOICE] for row in rows))
    colors = [getattr(LIGHT, role) for role in ("ghost", *CATEGORY_ROLES)]
    chart = figure(
        height=HEIGHT,
        barmode="group",
        showlegend=True,
        yaxis={"title": {"text": column}},
        xaxis={"type": "category"},
    )
    for number, choice in enumerate(choices):
        values = {tuple(str(row[name]) for name in told): row[column] for row in rows if row[CHOICE] == choice}
        chart.add_trace(
            go.Bar(
                name=choice,
                x=names,
                y=[values.get(label) for label in labels],
                marker={"color": colors[number % len(colors)]},
            )
        )
    return chart
