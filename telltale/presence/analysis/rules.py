"""The thresholds of presence analysis, with where their defaults come from."""

from dataclasses import dataclass

from telltale.tables import CLOCK_WRONG


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a session, a visitor and a passer-by. Thresholds are inclusive.

    Args:
        gap_s: the longest silence inside a session; a longer one ends it.
        visitor_s: a visitor stays at least this long ...
        visitor_dbm: ... and was heard at least this strongly once; or was associated at any time.
        passer_dbm: weaker than this all the time is ignored.
        engaged_s: a visitor who stays this long is engaged.
        sustain_dbm: start/sustain hysteresis, off by default: the stay that `visitor_s` and `engaged_s` judge runs
            from the first sighting at `visitor_dbm` or more to the last at `sustain_dbm` or more.
        alive_s: nodes are judged alive in slots of this length: one heartbeat makes a slot alive.
        radio: wifi or ble; the two never enter one figure.
        excluded_flags: sightings that carry one of these stay out: a wrong clock, listed staff, listed fixed devices.

    Raises:
        ValueError: a duration that is not positive, or levels out of order.

    Source: wire/presence.md 6.1 (gap: Cloud4Wi), 6.2 (5 min, -65 dBm, -90 dBm: Aruba; association: Bloom; 20 min:
    Meraki's second band; hysteresis: Cisco's samples), 1.1 (check-in every 5 min), 6.6 (what to remove first), R8.
    """

    gap_s: int = 900
    visitor_s: int = 300
    visitor_dbm: int = -65
    passer_dbm: int = -90
    engaged_s: int = 1200
    sustain_dbm: int | None = None
    alive_s: int = 300
    radio: str = "wifi"
    excluded_flags: tuple[str, ...] = (*CLOCK_WRONG, "staff", "fixed")

    def __post_init__(self) -> None:
        for name in ("gap_s", "visitor_s", "engaged_s", "alive_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"presence rule {name} = {getattr(self, name)}: expected a positive number of seconds")
        if self.passer_dbm > self.visitor_dbm:
            raise ValueError(
                f"presence rule passer_dbm = {self.passer_dbm}: expected at most visitor_dbm = {self.visitor_dbm}"
            )

    @property
    def gap_us(self) -> int:
        """The gap in microseconds."""
        return self.gap_s * 1_000_000
