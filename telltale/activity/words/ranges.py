"""How long a PC was active: hours in words, and the range where a source only bounds them."""

from typing import Any, NamedTuple

from telltale import wording
from telltale.frames import rows
from telltale.page.claims import Claim
from telltale.page.said import Said, claimed

SAME_S = 300.0
"""Bounds this near are one point."""
_TOTAL = ("device_id", "name", "active_s", "active_lo_s", "active_hi_s", "away_s", "so_far")


def hours(claim: Claim) -> Said:
    """`12 h 36 min`; from 48 h on `121.7 h`, since days of work are no days."""
    seconds = float(claim.value or 0) if isinstance(claim.value, int | float) else 0.0
    text = wording.duration(seconds) if seconds < 48 * 3600 else wording.quantity(seconds / 3600, "h", 1)
    return claimed(claim, text)


class Range(NamedTuple):
    """How long a PC was active a day, in the mean of the days with a record: hours, at least and at most."""

    name: str
    low_h: float
    high_h: float
    days: int

    @property
    def is_point(self) -> bool:
        """Whether both are one figure."""
        return (self.high_h - self.low_h) * 3600 <= SAME_S

    @property
    def text(self) -> str:
        """`5.8 h`, or `3.6–6.6 h` where it is only bounded."""
        if self.is_point:
            return wording.quantity(self.high_h, "h", 1)
        return f"{wording.number_range(self.low_h, self.high_h, 1)}{wording.NBSP}h"


def ranges_of(totals: Any) -> list[Range]:
    """What the active time of a day may be for each PC, by name; days without a record are left out.

    So is the running day of a PC that has another.

    Args:
        totals: device_id, name, active_s, active_lo_s, active_hi_s, away_s, so_far, a row per day
            (`tt.activity.totals`).
    """
    by_pc: dict[str, list[dict[str, Any]]] = {}
    for row in rows(totals, *_TOTAL):
        if row["active_s"] + (row["away_s"] or 0) > 0:
            by_pc.setdefault(row["device_id"], []).append(row)
    names = wording.apart({device_id: every[0]["name"] for device_id, every in by_pc.items()})
    made = []
    for device_id, every in by_pc.items():
        days = [row for row in every if not row["so_far"]] or every
        low, high = (sum(row[name] for row in days) / len(days) / 3600 for name in ("active_lo_s", "active_hi_s"))
        made.append(Range(names[device_id], low, high, len(days)))
    return sorted(made)
