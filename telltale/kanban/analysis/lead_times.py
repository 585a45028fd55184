"""Lead times: each acknowledgement closes an open pull of its item; what stays open is told with its age.

Source: wire/kanban.md 7 (lead time from pairs; open pulls as censored data, cross-check with Little's law).
"""

from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.kanban.analysis.stretches import Stretches

Match = Literal["oldest", "all"]

PAIRS = pa.schema([("item", pa.string()), ("pulled_us", pa.int64()), ("acknowledged_us", pa.int64())])
"""A pull with what closed it: pulled_us is null for an orphan, acknowledged_us while it is open."""


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


def pairs(signals: pa.Table, *, match: Match = "oldest") -> pa.Table:
    """Join pulls with the acknowledgements that close them.

    Args:
        signals: item, signal (pull or ack), signalled_at; any order. Of equal moments the pull is first.
        match: an acknowledgement closes the `oldest` open pull, or `all`.

    Returns:
        of `PAIRS`, sorted by item and then by the moment of the pull, or of the orphan.
    """
    waiting: dict[str, deque[int]] = {}
    found: list[tuple[str, int | None, int | None]] = []
    events = sorted(
        zip(
            signals["signalled_at"].cast(pa.int64()).to_pylist(),
            (signal == "ack" for signal in signals["signal"].to_pylist()),
            signals["item"].to_pylist(),
            strict=True,
        )
    )
    for at_us, is_ack, item in events:
        pulled = waiting.setdefault(item, deque())
        if not is_ack:
            pulled.append(at_us)
        elif not pulled:
            found.append((item, None, at_us))
        else:
            found += [(item, pulled.popleft(), at_us) for _ in range(len(pulled) if match == "all" else 1)]
    found += [(item, at_us, None) for item, pulled in waiting.items() for at_us in pulled]
    found.sort(key=lambda pair: (pair[0], pair[1] if pair[1] is not None else pair[2], pair[2] or 0))
    return pa.table([list(column) for column in zip(*found, strict=True)] or [[], [], []], schema=PAIRS)


def lead_times(rows: pa.Table, *, counted: Stretches, until_us: int) -> pa.Table:
    """The pairs with how long they took, in the time that counts.

    Args:
        rows: of `PAIRS`.
        counted: the calendar's working time; everything where none is kept.
        until_us: the moment up to which open pulls age.

    Returns:
        item, pulled_at, acknowledged_at, lead_time_s (null unless closed), is_open, is_orphan, age_s (null unless
        open), calendar_s (either by the calendar, null of an orphan); as many rows in the same order.
    """
    pulled, closed = rows["pulled_us"], rows["acknowledged_us"]
    is_orphan, is_open = pc.is_null(pulled), pc.is_null(closed)
    began = pc.coalesce(pulled, closed)
    ended = pc.coalesce(closed, pc.max_element_wise(began, pa.scalar(until_us, pa.int64())))
    counted_s = pa.array(counted.between_us(began.to_numpy(), ended.to_numpy()) / 1e6, pa.float64())
    calendar_s = pc.divide(pc.subtract(ended, began).cast(pa.float64()), 1e6)
    nothing, time = pa.scalar(None, pa.float64()), pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "item": rows["item"],
            "pulled_at": pulled.cast(time),
            "acknowledged_at": closed.cast(time),
            "lead_time_s": pc.if_else(pc.or_(is_orphan, is_open), nothing, counted_s),
            "is_open": is_open,
            "is_orphan": is_orphan,
            "age_s": pc.if_else(is_open, counted_s, nothing),
            "calendar_s": pc.if_else(is_orphan, nothing, calendar_s),
        }
    )


def summary(
    lead_times_s: Sequence[float], ages_s: Sequence[float], *, orphans: int = 0, calendar_s: Sequence[float] = ()
) -> LeadTimes:
    """What the lead times of closed pulls and the ages of open ones say together.

    Args:
        lead_times_s: of the closed ones, in the time that counts.
        ages_s: of the open ones, alike.
        orphans: acknowledgements without a pull.
        calendar_s: of the closed ones by the calendar.
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
    return LeadTimes(closed, len(ages_s), orphans, mean_s, sd_s, median_s, little_s, mean_calendar_s)


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
