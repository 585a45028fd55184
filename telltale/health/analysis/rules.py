"""The thresholds of device health."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """When a device is late, silent, and heard again; and when many silent ones are one piece of news.

    Args:
        late_factor: a device is late after so many of its intervals …
        quantile: … and after `quantile_factor` times this quantile of its own silences, whichever is longer: one that
            is often hard to hear gets more patience.
        quantile_factor: see there.
        shortest_s: but not before so long: a restart is no news.
        silent_factor: silent after so many times what makes it late.
        fewest_steps: an interval is learned from so many steps between messages at least …
        shortest_step_s: … of which none is shorter than this: what comes closer together is one sign of life.
        due_quantile: where no interval is given, one message is due within this quantile of a device's own steps: one
            that reports less when it has little to say is not missed.
        steady: it counts as on time again only with so many messages since its last silence, so that one at the edge
            of reception does not come and go.
        storm: more silent devices of one source than this are told in one line.
        newest: the clock is judged by so many newest messages.
        late_s: a message that comes longer than this after its own time is late.

    Raises:
        ValueError: a value that is not positive, or a quantile outside 0 to 1.

    Source: three intervals: `analysis.strips`; the last 20: wire/presence.md R8; ten steps: the 2nd to the 9th of ten
    hold the median with 97.9 % (binomial), so that one odd step at either end cannot set it; ten seconds: no device
    here sends two messages of its own faster than each 30 s (report interval, wire/presence.md 1), and stations
    repeat one message within seconds.
    """

    late_factor: float = 3.0
    quantile: float = 0.95
    quantile_factor: float = 1.5
    shortest_s: int = 300
    silent_factor: float = 2.0
    fewest_steps: int = 10
    shortest_step_s: int = 10
    due_quantile: float = 0.9
    steady: int = 2
    storm: int = 2
    newest: int = 20
    late_s: int = 3_600

    def __post_init__(self) -> None:
        for name in (
            "late_factor",
            "quantile_factor",
            "shortest_s",
            "silent_factor",
            "fewest_steps",
            "shortest_step_s",
            "steady",
            "storm",
            "newest",
            "late_s",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"health rule {name} = {getattr(self, name)}: expected a positive number")
        for name in ("quantile", "due_quantile"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"health rule {name} = {getattr(self, name)}: expected a share between 0 and 1")


RESTING = Rules(shortest_s=4 * 86_400, silent_factor=1e6, steady=1, fewest_steps=1)
"""Of PCs and their modems: off for a night or a long weekend is on time, after that late, and never silent."""
