"""A vertical axis of measured values: few round ticks, the limits among them, the unit on the top one only."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale import wording

_STEPS = (1, 2, 2.5, 5, 10)
_APART = 0.13
"""A tick as close as this share of the axis to another one is left out."""


class Scale(NamedTuple):
    """From where to where an axis goes, and its ticks."""

    low: float
    high: float
    ticks: list[float]
    text: list[str]

    def axis(self) -> dict[str, Any]:
        """The values for `layout.yaxis`."""
        return {"range": [self.low, self.high], "tickvals": self.ticks, "ticktext": self.text, "rangemode": "normal"}


def scale(values: Sequence[float], limits: Sequence[float] = (), *, unit: str) -> Scale:
    """The axis that shows all values and the limits.

    Args:
        values: what is drawn.
        limits: levels that are ticks themselves.
        unit: written beside the top tick.
    """
    known = [*values, *limits] or [0.0, 1.0]
    low, high = min(known), max(known)
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    step = _step((high - low) / 3)
    bottom, top = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    margin = 0.06 * (high - low)
    bottom = min(bottom, low) if low - bottom < 2 * margin else low - margin
    top = top if top - high < 0.5 * step else high + margin
    ticks = sorted(_apart(limits, _round(bottom, top, step), top - bottom))
    digits = max((_digits(tick) for tick in ticks), default=0)
    text = [wording.number(tick, digits if _digits(tick) else 0) for tick in ticks]
    if text and unit:
        text[-1] += f"{wording.NBSP}{unit}"
    return Scale(bottom - margin / 2, top + margin / 2, ticks, text)


def _step(rough: float) -> float:
    """The round step next above."""
    power = 10 ** math.floor(math.log10(rough))
    return float(next(step * power for step in _STEPS if step * power >= rough - 1e-12))


def _round(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 9) for number in range(first, last + 1)]


def _apart(limits: Sequence[float], others: Sequence[float], span: float) -> list[float]:
    """The limits, and of the others those that leave room for them."""
    return [*limits, *(tick for tick in others if all(abs(tick - limit) > _APART * span for limit in limits))]


def _digits(value: float) -> int:
    return len(f"{value:.2f}".rstrip("0").partition(".")[2])
