"""The gaps between pulls, in observed time: what a t-chart shows, and when a button may be dead."""

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from telltale.kanban.analysis.limits import BASELINE_BUCKETS, t_point
from telltale.kanban.question import Demand, Item

FEWEST_GAPS = 4
"""Between five pulls; fewer give no limit."""
FEWEST_DAYS = 14
"""Two of each weekday: only then two weekends were seen, which without a calendar are no dead buttons."""
FEWEST_WORKING_DAYS = 2
"""The same where a calendar leaves nights and weekends out."""


class Gaps(NamedTuple):
    """The gaps of one item from the beginning on; the last one is still open."""

    moments_us: npt.NDArray[np.int64]
    """Where each begins; the last ends at the end of the stretch."""
    lasted_us: npt.NDArray[np.int64]
    """In observed time: what a capture did not hear is no silence."""
    mean_us: float | None
    """Of the baseline."""
    is_baseline: npt.NDArray[np.bool_]


class Silence(NamedTuple):
    """How long an item has been quiet; the names are columns of `tt.kanban.items`."""

    last_press_at: dt.datetime | None
    silent_s: float | None
    """What a capture heard of it, in working time."""
    silent_calendar_s: float | None
    silence_limit_s: float | None
    may_be_dead: bool
    presses: int


def gaps(demand: Demand, moments_us: npt.NDArray[np.int64]) -> Gaps:
    """The gaps between some moments, the one still open included, and the mean of those that set the limits.

    Those are the first 20 of which none is too long among themselves, or those that end in the dated window.
    """
    ends = np.append(moments_us[1:], demand.span.until_us) if len(moments_us) else moments_us
    lasted = demand.clock.observed.between_us(moments_us, ends)
    is_usable = np.arange(len(ends)) < len(ends) - 1
    if demand.baseline is not None:
        is_usable &= (ends >= demand.baseline.since_us) & (ends < demand.baseline.until_us)
    chosen = _in_control(lasted, np.flatnonzero(is_usable), None if demand.baseline else BASELINE_BUCKETS)
    is_baseline = np.zeros(len(ends), np.bool_)
    is_baseline[chosen] = True
    # Five presses tried out within an hour do not tell how long a pause of days is.
    is_enough = len(chosen) >= FEWEST_GAPS and lasted[:-1].sum() >= demand.clock.day_s * 1e6
    return Gaps(moments_us, lasted, (float(lasted[chosen].mean()) if is_enough else None) or None, is_baseline)


def silence(demand: Demand, item: Item) -> Silence:
    """How long no button of an item was pressed, against what is usual for them.

    The limit is the upper one of their t-chart, or the second longest silence they came back from where that is longer:
    the t-chart knows no nights and weekends, and without a calendar would take each of them for a dead button. The
    longest one itself may have been a dead battery. There is none before two weeks of pauses (two working days by a
    calendar) were heard. A pull entered by hand ends no silence: it may have been entered because the button is dead.
    What nobody heard is no silence: without a capture it is not known how long one lasts.
    """
    ids = [row["device_id"] for row in demand.buttons if row["role"] == "button" and row["item"] == item.name]
    pressed = demand.before(demand.history.presses, "pressed_at")
    pressed = pressed.filter(pc.is_in(pressed["device_id"], value_set=pa.array(ids, pa.string())))
    if not pressed.num_rows:
        return Silence(None, None, None, None, may_be_dead=False, presses=0)
    presses = max(row["counts"] for row in pc.value_counts(pressed["device_id"]).to_pylist())
    last_at = pressed["pressed_at"][-1].as_py()
    if demand.heard_until_us is None:
        return Silence(last_at, None, None, None, may_be_dead=False, presses=presses)
    moments = pressed["pressed_at"].cast(pa.int64()).to_numpy()
    found = gaps(demand, moments)
    silent_s, limit_s = float(found.lasted_us[-1]) / 1e6, _limit_s(demand, found)
    return Silence(
        last_at,
        silent_s,
        float(demand.span.until_us - moments[-1]) / 1e6,
        limit_s,
        may_be_dead=limit_s is not None and silent_s > limit_s,
        presses=presses,
    )


def _limit_s(demand: Demand, found: Gaps) -> float | None:
    """How long a silence is still usual; None where too little was heard to say."""
    clock, ended = demand.clock, found.lasted_us[:-1]
    fewest = FEWEST_WORKING_DAYS if demand.settings.working_hours else FEWEST_DAYS
    if found.mean_us is None or ended.sum() < fewest * clock.day_s * 1e6:
        return None
    upper_s = t_point(0, found.mean_us / 1e6, is_open=True).upper
    return max(upper_s, float(np.sort(ended)[-2]) / 1e6)


def _in_control(lasted: npt.NDArray[np.int64], usable: npt.NDArray[np.intp], most: int | None) -> npt.NDArray[np.intp]:
    """The first usable gaps that give no signal under the limits they set together."""
    while True:
        chosen = usable[:most]
        if not len(chosen):
            return chosen
        mean = float(lasted[chosen].mean())
        odd = [place for place in chosen.tolist() if lasted[place] > t_point(0, mean).upper]
        if not odd:
            return chosen
        usable = np.setdiff1d(usable, odd)
