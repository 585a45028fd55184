"""How long visits last, by bands: which shares may be said where some are of few devices."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale.analysis.publish import hidden
from telltale.frames import rows

BANDS = ((0, 20, "up to 20 min"), (20, 60, "20–60 min"), (60, None, "1 h and more"))
"""Engagement bands of visits, minutes, lower edge inclusive (wire/presence.md 6.2)."""


class Stay(NamedTuple):
    """A visit that has ended."""

    dwell_s: float
    device: object
    """Whose it is; where the frame does not say, each is another's."""


def closed(visits: Any) -> list[Stay]:
    """The visits that have ended, shortest first.

    Args:
        visits: dwell_s, optionally open and device (`tt.presence.visits`).
    """
    table = rows(visits, "dwell_s", optional=("open", "device"))
    ended = [
        Stay(row["dwell_s"], at if row["device"] is None else row["device"])
        for at, row in enumerate(table)
        if not row["open"]
    ]
    return sorted(ended, key=lambda stay: stay.dwell_s)


def devices(stays: Sequence[Stay]) -> int:
    """How many devices some visits are of."""
    return len({stay.device for stay in stays})


def shares(stays: Sequence[Stay], *, k: int) -> list[float | None]:
    """The share of visits in each of `BANDS`; None where few devices are behind it, or where it would tell of such.

    Args:
        stays: at least one.
        k: the smallest number of devices that is shown.
    """
    parts = [
        [stay for stay in stays if 60 * low <= stay.dwell_s < (60 * high if high else float("inf"))]
        for low, high, _ in BANDS
    ]
    counts = [devices(part) for part in parts]
    withheld = hidden([*counts, sum(counts)], [tuple(range(len(counts) + 1))], k=k)
    return [None if few else len(part) / len(stays) for part, few in zip(parts, withheld, strict=False)]
