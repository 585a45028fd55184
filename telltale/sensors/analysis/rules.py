"""The thresholds of sensor analysis."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """When a reading is missing, and when two readings have nothing to do with each other.

    Args:
        gap_factor: the next reading is missing when it comes later than so many intervals.
        split_factor: a stay outside the limits does not go on over a silence longer than so many intervals: what
            happened in it is not known.

    Raises:
        ValueError: a factor that is not above 1.

    Source: half an interval is how far a due reading may shift before the next one is due; three intervals are what
    makes a node silent (`analysis.presence.strips`).
    """

    gap_factor: float = 1.5
    split_factor: float = 3.0

    def __post_init__(self) -> None:
        for name in ("gap_factor", "split_factor"):
            if getattr(self, name) <= 1:
                raise ValueError(f"sensor rule {name} = {getattr(self, name)}: expected more than one interval")
