"""Pulls by local day or week, with how much of each was observed; those cut by a start, stop or hole are marked.

Source: wire/kanban.md 7 (day borders use a named time zone), 9 (do not test on cut buckets).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from telltale.kanban.analysis.stretches import Ints, Stretches

WHOLE = 0.99
"""A bucket observed for this share of its working time is not cut: a restart of the collector takes seconds."""


class Clock(NamedTuple):
    """The time that counts."""

    working: Stretches
    """By the calendar; everything where none is kept."""
    listened: Stretches
    """While a capture was alive, in working time or not."""
    observed: Stretches
    """What lies in both: the time rates are per."""
    day_s: float
    """How long a working day is."""
    has_calendar: bool = False
    """Whether one is kept; without, all time is working time."""

    @property
    def kept_day_s(self) -> float | None:
        """How long a working day is by the calendar; None where none is kept."""
        return self.day_s if self.has_calendar else None


class Buckets(NamedTuple):
    """What each bucket holds; lists of one length."""

    labels: list[str]
    starts_us: Ints
    ends_us: Ints
    counts: Ints
    """Pulls while observed."""
    quantities: npt.NDArray[np.float64]
    """Their pieces."""
    observed_us: Ints
    """Of the working time."""
    working_us: Ints
    """Of the bucket from end to end."""
    passed_us: Ints
    """Of it, what lies in the stretch: what could have been observed."""
    until_us: int
    """The end of the stretch."""

    @property
    def so_far(self) -> npt.NDArray[np.bool_]:
        """Whether the end of the stretch cut it."""
        cut: npt.NDArray[np.bool_] = self.ends_us > self.until_us
        return cut

    @property
    def reach_us(self) -> Ints:
        """How far it goes: to its end, or that of the stretch."""
        reach: Ints = np.minimum(self.ends_us, self.until_us)
        return reach

    @property
    def is_cut(self) -> npt.NDArray[np.bool_]:
        """Whether a part was not observed, though it was working time."""
        cut: npt.NDArray[np.bool_] = self.observed_us < WHOLE * self.working_us
        return cut

    @property
    def is_whole(self) -> npt.NDArray[np.bool_]:
        """Whether it may be tested, or set limits."""
        whole: npt.NDArray[np.bool_] = ~self.is_cut & (self.observed_us > 0)
        return whole

    def days(self, day_s: float) -> npt.NDArray[np.float64]:
        """Its exposure in working days."""
        exposure: npt.NDArray[np.float64] = self.observed_us / 1e6 / day_s
        return exposure


def bucketed(
    rows: pa.Table, at_us: Ints, quantities: npt.NDArray[np.float64], *, clock: Clock, since_us: int, until_us: int
) -> Buckets:
    """Count pulls by bucket.

    Args:
        rows: of `periods.PERIOD`, in order, each beginning where the one before ends.
        at_us: the moments of the pulls, sorted.
        quantities: the pieces of each.
        clock: what counts.
        since_us: beginning of the stretch; what of a bucket lies outside it does not count.
        until_us: its end, exclusive.
    """
    starts, ends = rows["start_us"].to_numpy(), rows["end_us"].to_numpy()
    # What is pulled outside working hours is consumed all the same: it counts where a capture listened.
    kept = clock.listened.hold(at_us) & (at_us >= since_us) & (at_us < until_us)
    at_us, sums = at_us[kept], np.append(0.0, np.cumsum(quantities[kept]))
    first, last = np.searchsorted(at_us, starts), np.searchsorted(at_us, ends)
    clipped = np.clip(starts, since_us, until_us), np.clip(ends, since_us, until_us)
    return Buckets(
        rows["label"].to_pylist(),
        starts,
        ends,
        last - first,
        sums[last] - sums[first],
        clock.observed.between_us(*clipped),
        clock.working.between_us(starts, ends),
        clock.working.between_us(*clipped),
        until_us,
    )
