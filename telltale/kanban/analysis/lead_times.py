"""Lead times: each acknowledgement closes an open pull of its item; what stays open is told with its age.

An acknowledgement that is lost leaves one pull too many open, and from then on each closes the pull before its own. So
a pull that cannot be open any more is given up, at the moment that shows: more are open than there can be cards for; or
an acknowledgement comes that would close it later than a refill may take, and a younger one is open, which is then the
one that came. It has no lead time and no age, and is counted. Where none younger is open it was late.

Source: wire/kanban.md 7 (lead time from pairs; open pulls as censored data, cross-check with Little's law). That
no more orders are open than there are cards is what a Kanban is: T. Ohno, Toyota Production System (1988).
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.kanban.analysis.stretches import Stretches

Match = Literal["oldest", "all"]

PAIRS = pa.schema(
    [("item", pa.string()), ("pulled_us", pa.int64()), ("acknowledged_us", pa.int64()), ("is_lost", pa.bool_())]
)
"""A pull with what closed it: pulled_us is null for an orphan, acknowledged_us while it is open or where it is lost."""


class Limit(NamedTuple):
    """Until when a pull of an item may be open."""

    pulls: int | None = None
    """How many may be open at once; None where no cards are listed."""
    open_us: int = 2**62
    """The longest a refill may take, in counted time."""


UNLIMITED = Limit()


class LeadTimes(NamedTuple):
    """What the pairs of one item say, in counted time."""

    closed: int
    open_pulls: int
    orphans: int
    mean_s: float | None
    """Over the closed pulls; those still open are left out."""
    sd_s: float | None
    median_s: float | None
    """Kaplan-Meier: open pulls count as lasting at least as long as they have."""
    little_s: float | None
    """Mean number open divided by the rate of pulls, open ones included: near the mean if nothing is missing."""
    mean_calendar_s: float | None = None
    """Of the closed ones by the calendar."""
    lost: int = 0
    """Pulls given up: their acknowledgement is lost, and they are in none of the figures."""


def pairs(
    signals: pa.Table,
    *,
    match: Match = "oldest",
    limits: Mapping[str, Limit] | None = None,
    counted: Stretches | None = None,
) -> pa.Table:
    """Join pulls with the acknowledgements that close them.

    Args:
        signals: item, signal (pull or ack), signalled_at; any order. Of equal moments the pull is first.
        match: an acknowledgement closes the `oldest` open pull, or `all`.
        limits: until when a pull may be open, by item; of others for ever.
        counted: the calendar's working time; None counts all.

    Returns:
        of `PAIRS`, sorted by item and then by the moment of the pull, or of the orphan.
    """
    waiting: dict[str, deque[int]] = {}
    found: list[tuple[str, int | None, int | None, bool]] = []
    events = sorted(
        zip(
            signals["signalled_at"].cast(pa.int64()).to_pylist(),
            (signal == "ack" for signal in signals["signal"].to_pylist()),
            signals["item"].to_pylist(),
            strict=True,
        )
    )
    limits = limits or {}
    counted_by = _counted_by([at_us for at_us, _, _ in events], counted)
    for at_us, is_ack, item in events:
        pulled = waiting.setdefault(item, deque())
        if not is_ack:
            pulled.append(at_us)
        limit = limits.get(item, UNLIMITED)
        given_up = _too_old(pulled, limit, at_us, counted_by) if is_ack else _too_many(pulled, limit)
        found += [(item, lost_us, None, True) for lost_us in given_up]
        if is_ack and not pulled:
            found.append((item, None, at_us, False))
        elif is_ack:
            found += [(item, pulled.popleft(), at_us, False) for _ in range(len(pulled) if match == "all" else 1)]
    found += [(item, at_us, None, False) for item, pulled in waiting.items() for at_us in pulled]
    found.sort(key=lambda pair: (pair[0], pair[1] if pair[1] is not None else pair[2], pair[2] or 0))
    return pa.table([list(column) for column in zip(*found, strict=True)] or [[] for _ in PAIRS], schema=PAIRS)


def lead_times(rows: pa.Table, *, counted: Stretches, until_us: int) -> pa.Table:
    """The pairs with how long they took, in the time that counts.

    Args:
        rows: of `PAIRS`.
        counted: the calendar's working time; everything where none is kept.
        until_us: the moment up to which open pulls age.

    Returns:
        item, pulled_at, acknowledged_at, lead_time_s (null unless closed), is_open, is_orphan, is_lost, age_s (null
        unless open), calendar_s (either by the calendar, null of others); as many rows in the same order.
    """
    pulled, closed, is_lost = rows["pulled_us"], rows["acknowledged_us"], rows["is_lost"]
    is_orphan, is_open = pc.is_null(pulled), pc.and_not(pc.is_null(closed), is_lost)
    began = pc.coalesce(pulled, closed)
    ended = pc.coalesce(closed, pc.max_element_wise(began, pa.scalar(until_us, pa.int64())))
    counted_s = pa.array(counted.between_us(began.to_numpy(), ended.to_numpy()) / 1e6, pa.float64())
    calendar_s = pc.divide(pc.subtract(ended, began).cast(pa.float64()), 1e6)
    nothing, time = pa.scalar(None, pa.float64()), pa.timestamp("us", tz="UTC")
    is_neither = pc.or_(is_orphan, is_lost)
    return pa.table(
        {
            "item": rows["item"],
            "pulled_at": pulled.cast(time),
            "acknowledged_at": closed.cast(time),
            "lead_time_s": pc.if_else(pc.or_(is_neither, is_open), nothing, counted_s),
            "is_open": is_open,
            "is_orphan": is_orphan,
            "is_lost": is_lost,
            "age_s": pc.if_else(is_open, counted_s, nothing),
            "calendar_s": pc.if_else(is_neither, nothing, calendar_s),
        }
    )


def summary(
    lead_times_s: Sequence[float],
    ages_s: Sequence[float],
    *,
    orphans: int = 0,
    calendar_s: Sequence[float] = (),
    lost: int = 0,
) -> LeadTimes:
    """What the lead times of closed pulls and the ages of open ones say together.

    Args:
        lead_times_s: of the closed ones, in the time that counts.
        ages_s: of the open ones, alike.
        orphans: acknowledgements without a pull.
        calendar_s: of the closed ones by the calendar.
        lost: pulls given up.
    """
    closed = len(lead_times_s)
    mean_s = sum(lead_times_s) / closed if closed else None
    sd_s = None
    if mean_s is not None and closed > 1:
        sd_s = (sum((value - mean_s) ** 2 for value in lead_times_s) / (closed - 1)) ** 0.5
    everything = closed + len(ages_s)
    little_s = (sum(lead_times_s) + sum(ages_s)) / everything if everything else None
    median_s = survival_median(lead_times_s, ages_s)
    mean_calendar_s = sum(calendar_s) / len(calendar_s) if calendar_s else None
    return LeadTimes(closed, len(ages_s), orphans, mean_s, sd_s, median_s, little_s, mean_calendar_s, lost)


def survival_median(ended: Sequence[float], censored: Sequence[float] = ()) -> float | None:
    """The duration after which half have ended, by the product-limit estimate.

    Args:
        ended: durations of what has ended.
        censored: durations so far of what goes on; of equal ones the ended are first.

    Returns:
        the first duration at which the estimate of those left falls to one half or below; None if it never does.

    Source: E. L. Kaplan, P. Meier, J. Am. Stat. Assoc. 53 (1958) 457.
    """
    left = 1.0
    at_risk = len(ended) + len(censored)
    for duration, is_censored in sorted([(value, False) for value in ended] + [(value, True) for value in censored]):
        if not is_censored:
            left *= 1 - 1 / at_risk
            if left <= 0.5 + 1e-12:
                return duration
        at_risk -= 1
    return None


def _too_many(pulled: deque[int], limit: Limit) -> list[int]:
    """The oldest open pulls that there are no cards for; they are open no longer."""
    return [pulled.popleft() for _ in range(0 if limit.pulls is None else len(pulled) - limit.pulls)]


def _counted_by(moments_us: Sequence[int], counted: Stretches | None) -> Mapping[int, int]:
    """How much counted time had passed by each moment: looked up once for all, not for each two that are compared."""
    passed = moments_us if counted is None else counted.elapsed_us(moments_us).tolist()
    return dict(zip(moments_us, passed, strict=True))


def _too_old(pulled: deque[int], limit: Limit, at_us: int, counted_by: Mapping[int, int]) -> list[int]:
    """The oldest open pulls that what comes at a moment cannot be for, as a younger one is open; they are no longer."""
    by_now_us = counted_by[at_us]
    if not pulled or by_now_us - counted_by[pulled[-1]] > limit.open_us:
        return []
    given_up = []
    while at_us - pulled[0] > limit.open_us and by_now_us - counted_by[pulled[0]] > limit.open_us:
        given_up.append(pulled.popleft())
    return given_up
