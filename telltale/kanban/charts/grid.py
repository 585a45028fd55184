"""Small multiples: one panel an item under its name, in three columns; one below the other in a narrow place."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from telltale.charts.base import label, shortened
from telltale.look.tokens import LIGHT

_HEAD_PX, _FOOT_PX = 27, 30
_WIDE_PX, _NARROW_PX = 780, 270
"""The widths in which insets are reckoned: those of a report and of a small phone."""
_APART = 0.024
_LEFT_PX, _RIGHT_PX = 30, 14


class Grid(NamedTuple):
    """How many panels there are, how high each is, and how much room its tick labels need."""

    panels: int
    panel_px: int = 92
    left_px: int = _LEFT_PX

    def with_room_for(self, ticks: Sequence[str]) -> "Grid":
        """The same with room for these tick labels."""
        return self._replace(left_px=max(_LEFT_PX, 10 + 7 * max(map(len, ticks), default=0)))

    @property
    def columns(self) -> int:
        """Four panels stand two by two; otherwise three a row."""
        return 2 if self.panels == 4 else min(self.panels, 3)

    @property
    def height(self) -> int:
        """Of the figure, px."""
        return -(-self.panels // self.columns) * self._cell_px

    @property
    def _cell_px(self) -> int:
        return _HEAD_PX + self.panel_px + _FOOT_PX

    def axes(self, x: Mapping[str, Any], ys: Sequence[Mapping[str, Any]], xs: Sequence[Any] = ()) -> dict[str, Any]:
        """The axes of all panels for the layout: `x` is common, `ys` and `xs` are each panel's own."""
        found: dict[str, Any] = {}
        for at in range(self.panels):
            across, up = self._place(at, self.columns, _WIDE_PX)
            own = xs[at] if xs else {}
            found[axis("xaxis", at)] = {**x, **own, "domain": across, "anchor": axis("y", at)}
            found[axis("yaxis", at)] = {"rangemode": "normal", **ys[at], "domain": up, "anchor": axis("x", at)}
        return found

    def narrow(self) -> dict[str, Any]:
        """Layout values for a narrow place: all panels in one column."""
        found: dict[str, Any] = {"height": self.panels * self._cell_px}
        for at in range(self.panels):
            across, up = self._place(at, 1, _NARROW_PX)
            found |= {f"{axis('xaxis', at)}.domain": across, f"{axis('yaxis', at)}.domain": up}
        return found

    def _place(self, at: int, columns: int, width_px: int) -> tuple[list[float], list[float]]:
        """The panel's stretch of the width and of the height."""
        row, column = divmod(at, columns)
        cell = (1 - _APART * (columns - 1)) / columns
        left = column * (cell + _APART)
        total = -(-self.panels // columns) * self._cell_px
        top = row * self._cell_px + _HEAD_PX
        across = [left + self.left_px / width_px, left + cell - _RIGHT_PX / width_px]
        return across, [1 - (top + self.panel_px) / total, 1 - top / total]

    def heads(self, chart: go.Figure, told: Sequence[tuple[str, str, bool]]) -> None:
        """Each panel's name and, at its right, what there is to say of it.

        Args:
            chart: gets the words.
            told: name, words, whether they need a look.
        """
        narrow = dict(chart.layout.meta.get("narrow", {}))
        cell = (1 - _APART * (self.columns - 1)) / self.columns
        for at, (name, words, loud) in enumerate(told):
            place = {"xref": "paper", "yref": f"{axis('y', at)} domain", "y": 1, "yanchor": "bottom", "yshift": 7}
            left = at % self.columns * (cell + _APART)
            first = len(chart.layout.annotations)
            narrow |= {f"annotations.{first}.x": 0, f"annotations.{first + 1}.x": 1}
            named = label(f"<b>{shortened(name)}</b>", **place, x=left, xanchor="left")
            chart.add_annotation(named | {"font": {"color": LIGHT.ink, "size": 12}})
            font = {"color": LIGHT.alarm_text if loud else LIGHT.ink3, "size": 12}
            right = label(f"▲ {words}" if loud else words, **place, x=left + cell, xanchor="right", xshift=-6)
            chart.add_annotation(right | {"font": font})
        chart.update_layout(meta={**chart.layout.meta, "narrow": narrow})


def axis(letter: str, at: int) -> str:
    """`x`, `x2`, … or `xaxis`, `xaxis2`, … of the panel at a place."""
    return letter if at == 0 else f"{letter}{at + 1}"
