"""The plotly template: what every chart of ours shares, in roles (their light values, see `tokens.DARK_OF`)."""

from functools import cache
from typing import TYPE_CHECKING

from telltale.look.tokens import FONT, LIGHT, categories

if TYPE_CHECKING:
    import plotly.graph_objects as go


@cache
def template() -> "go.layout.Template":
    """The one template: no legend, no mode bar, no zoom; titles and keys are HTML so that they wrap."""
    import plotly.graph_objects as go

    axis = {"tickangle": 0, "zeroline": False, "fixedrange": True, "tickfont": {"color": LIGHT.ink3}, "title": None}
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 12, "color": LIGHT.ink3},
            "colorway": list(categories(LIGHT)),
            "margin": {"l": 40, "r": 10, "t": 10, "b": 28},
            "showlegend": False,
            "dragmode": False,
            "bargap": 0.34,
            "barmode": "stack",
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": LIGHT.ink,
                "bordercolor": LIGHT.ink,
                "font": {"family": FONT, "size": 12, "color": LIGHT.surface},
                "align": "left",
            },
            "xaxis": axis
            | {
                "showgrid": False,
                "showline": True,
                "linecolor": LIGHT.ghost,
                "linewidth": 1,
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": LIGHT.ghost,
            },
            "yaxis": axis
            | {
                "gridcolor": LIGHT.line,
                "gridwidth": 1,
                "showline": False,
                "nticks": 5,
                "rangemode": "tozero",
                "ticks": "outside",
                "ticklen": 5,
                "tickcolor": "rgba(0,0,0,0)",
                "automargin": False,
            },
        },
        data={
            "scatter": [{"line": {"width": 1.9}, "connectgaps": False}],
            "bar": [{"marker": {"line": {"width": 0}}}],
        },
    )
