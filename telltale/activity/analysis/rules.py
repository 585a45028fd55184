"""The thresholds of activity analysis, with where their defaults come from."""

from dataclasses import dataclass

SECOND_US = 1_000_000
LEVEL_US = 600 * SECOND_US
"""What a level speaks of: the seconds before it."""
IDLE_SINCE_S = {100.0: 0, 50.0: 240, 25.0: 480, 0.0: 600}
"""For so many seconds at least there was no input, by level. Source: wire/sigfox.md 7.1."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a person active, away or unknown.

    Args:
        away_after_s: two inputs less than this apart (and one look) are one stretch of activity; after a longer
            pause the person was away from the first of them on.
        gap_periods: samples further apart than so many of their periods leave the time between them unknown.
        level_slack: a level more than so many of its 600 s after the one before leaves time between them unknown.
        flood_s: imported stretches at most this far apart touch.

    Raises:
        ValueError: a threshold that is not positive, or a factor below one.

    Source: wire/sigfox.md 8.1 (180 s, pulse time = threshold + poll), 8.2 (flood: 5 s), 3 (a level each 620 to 660 s
    keeps the day's limit of 140). Three periods are what makes a node silent (`analysis.presence.strips`).
    """

    away_after_s: float = 180.0
    gap_periods: float = 3.0
    level_slack: float = 1.5
    flood_s: float = 5.0

    def __post_init__(self) -> None:
        if self.away_after_s <= 0:
            raise ValueError(f"activity rule away_after_s = {self.away_after_s}: expected a positive number of seconds")
        for name in ("gap_periods", "level_slack"):
            if getattr(self, name) < 1:
                raise ValueError(f"activity rule {name} = {getattr(self, name)}: expected at least one")

    @property
    def away_us(self) -> int:
        """The threshold in microseconds."""
        return round(self.away_after_s * SECOND_US)
