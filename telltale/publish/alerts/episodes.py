"""From judged samples to episodes: when something began, when it was known, when it was over and when that was known.

An episode is known by what had come until then and by nothing that came later, so that what a look at the newest rows
finds and what a look at a whole history finds are the same. Each series is gone through in the order of receipt:

    begins        with the first sample beyond the threshold
    is known      when a sample arrives that tells it has lasted long enough
    is over       with the first sample that is clear of the threshold, which is known when that arrives
    holds         between the two, where a sample is within the threshold and not clear of it: nothing changes

A silence ends nothing: what nobody heard is not known to be over. What arrives late joins the episode it belongs to: it
may be the sample that shows it to be over, or makes another one known, and it never tells one of them twice.

Where samples came in the order of their times, which is nearly always, whole series are computed at once; around those
that did not, receipt by receipt.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CLEAR, BEYOND, HOLDS = 0, 1, 2
"""What a sample says: clear of the threshold, beyond it, within it but not clear of it."""
SAMPLES = pa.schema(
    [
        *(("subject", pa.string()), ("measure", pa.string()), ("unit", pa.string())),
        *(("at_us", pa.int64()), ("received_us", pa.int64()), ("raw_id", pa.int64())),
        *(("value", pa.float64()), ("mark", pa.int8()), ("is_low", pa.bool_())),
    ]
)
"""subject, measure (a series together), unit, at_us (its own time), received_us, raw_id (null: computed), value (null
where there is none), mark (above), is_low (the lowest value is the worst)."""
MOST_IDS = 50
"""Of a longer episode the first and the last records that made it known."""

_OF_SERIES = ("subject", "measure", "unit", "is_low")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Episode(NamedTuple):
    """Something that began, and perhaps is over; moments in microseconds UTC."""

    subject: str
    measure: str
    unit: str
    begins_us: int
    """Of the first sample beyond, as it was known when it was known."""
    known_us: int
    """`received_at` of the sample that completed its duration."""
    ends_us: int | None = None
    """Of the sample that told it is over; None while none did."""
    recovered_us: int | None = None
    """`received_at` of that sample."""
    peak: float | None = None
    """The worst value of what had come when it was over, or until now."""
    raw_ids: tuple[int, ...] = ()
    """Of the records that made it known."""
    end_raw_ids: tuple[int, ...] = ()
    """Of the record that told it is over."""


def episodes(samples: pa.Table, *, lasts_us: int = 0) -> list[Episode]:
    """The episodes of some series.

    Args:
        samples: of `SAMPLES`, any order.
        lasts_us: how long it must have been beyond, by the samples' own times, before it is one.

    Returns:
        by subject, measure, known_us.
    """
    order = [(name, "ascending") for name in ("subject", "measure", "at_us", "received_us", "raw_id")]
    table = samples.sort_by(order).combine_chunks()
    if not table.num_rows:
        return []
    columns = _Columns.of(table)
    made: list[Episode] = []
    for start, end in series(table, "subject", "measure"):
        subject, measure, unit, is_low = (table[name][start].as_py() for name in _OF_SERIES)
        head, rows = Episode(subject, measure, unit or "", 0, 0), columns.part(start, end)
        made += sorted(_of_series(head, rows, lasts_us, is_low), key=lambda one: one.known_us)
    return made


def series(rows: pa.Table, *names: str) -> list[tuple[int, int]]:
    """Where the rows of each series begin and end, of rows that are sorted by these columns."""
    is_first = np.zeros(rows.num_rows, np.bool_)
    is_first[:1] = True
    for name in names:
        codes = rows[name].combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
        is_first[1:] |= codes[1:] != codes[:-1]
    starts = np.flatnonzero(is_first).tolist()
    return list(zip(starts, [*starts[1:], rows.num_rows], strict=True)) if starts else []


class _Columns(NamedTuple):
    """A series, or a part of one, in the order of its own times."""

    at: Ints
    received: Ints
    raw_id: Ints
    value: Floats
    mark: npt.NDArray[np.int8]

    @classmethod
    def of(cls, table: pa.Table) -> "_Columns":
        raw_id = table["raw_id"].fill_null(-1).to_numpy()
        value = table["value"].fill_null(np.nan).to_numpy()
        return cls(table["at_us"].to_numpy(), table["received_us"].to_numpy(), raw_id, value, table["mark"].to_numpy())

    def part(self, start: int, end: int) -> "_Columns":
        part = slice(start, end)
        return _Columns(self.at[part], self.received[part], self.raw_id[part], self.value[part], self.mark[part])

    def where(self, chosen: npt.NDArray[np.bool_]) -> "_Columns":
        return _Columns(
            self.at[chosen], self.received[chosen], self.raw_id[chosen], self.value[chosen], self.mark[chosen]
        )

    def active(self) -> npt.NDArray[np.bool_]:
        """Of each sample, whether an episode goes on at it: what holds is as the one before."""
        places = np.where(self.mark == HOLDS, -1, np.arange(len(self.mark)))
        last = np.maximum.accumulate(places)
        active: npt.NDArray[np.bool_] = (last >= 0) & (self.mark[np.maximum(last, 0)] == BEYOND)
        return active


class _Run(NamedTuple):
    """Samples between which nothing was clear: from `first` until before `end`, where the clear one is, if any."""

    first: int
    end: int
    is_over: bool


def _runs(active: npt.NDArray[np.bool_]) -> list[_Run]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    return [_Run(int(a), int(b), bool(b < len(active))) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _of_series(head: Episode, rows: _Columns, lasts_us: int, is_low: bool) -> Iterator[Episode]:
    active = rows.active()
    if not active.any():
        return
    # All before a cut came no later than all behind it, and nothing goes on there: the parts know nothing of each
    # other. In a series that came in order each sample that is clear is a cut.
    newest = np.maximum.accumulate(rows.received)
    oldest = np.minimum.accumulate(rows.received[::-1])[::-1]
    cuts = np.flatnonzero((newest[:-1] <= oldest[1:]) & ~active[:-1]) + 1
    bounds = np.concatenate(([0], cuts, [len(active)]))
    before = np.concatenate(([0], np.cumsum(active)))
    has_any = before[bounds[1:]] > before[bounds[:-1]]
    for start, end in zip(bounds[:-1][has_any].tolist(), bounds[1:][has_any].tolist(), strict=True):
        part = rows.part(start, end)
        in_order = bool((part.received[:-1] <= part.received[1:]).all())
        yield from (_in_order if in_order else _by_receipt)(head, part, lasts_us, is_low)


def _in_order(head: Episode, rows: _Columns, lasts_us: int, is_low: bool) -> Iterator[Episode]:
    for run in _runs(rows.active()):
        done = _completed(rows, run, lasts_us)
        if done is None:
            continue
        made = _begun(head, rows, run, done, known_us=int(rows.received[done]), is_low=is_low)
        yield _over(made, rows, run.end, int(rows.received[run.end])) if run.is_over else made


@dataclass
class _Open:
    """An episode that is known, while samples come in any order."""

    episode: Episode
    last_at: int
    """Its newest sample."""
    rest: list[_Run] = field(default_factory=list)


def _by_receipt(head: Episode, rows: _Columns, lasts_us: int, is_low: bool) -> list[Episode]:
    """The same where samples came out of order: what had come is looked at anew with each receipt."""
    known: list[_Open] = []
    for received in np.unique(rows.received).tolist():
        seen = rows.where(rows.received <= received)
        runs = _runs(seen.active())
        for one in known:
            _go_on(one, seen, runs, received, is_low)
        for run in runs:
            done = _completed(seen, run, lasts_us)
            if done is None or any(_touches(one.episode, seen, run) for one in known):
                continue
            made = _begun(head, seen, run, done, known_us=received, is_low=is_low)
            made = _over(made, seen, run.end, received) if run.is_over else made
            known.append(_Open(made, int(seen.at[run.end - 1])))
    return [one.episode for one in known]


def _go_on(one: _Open, seen: _Columns, runs: list[_Run], received: int, is_low: bool) -> None:
    """What a receipt says of an episode that is known and not over: it lasts, or it is over."""
    if one.episode.recovered_us is not None:
        return
    # Its first sample stays beyond whatever comes between, so there is such a run.
    run = [run for run in runs if seen.at[run.first] <= one.last_at][-1]
    one.last_at = max(one.last_at, int(seen.at[run.end - 1]))
    one.episode = one.episode._replace(peak=_worst(one.episode.peak, seen.value[run.first : run.end], is_low))
    if run.is_over:
        one.episode = _over(one.episode, seen, run.end, received)


def _touches(episode: Episode, seen: _Columns, run: _Run) -> bool:
    ends_us = int(seen.at[run.end]) if run.is_over else None
    return overlap(int(seen.at[run.first]), ends_us, episode.begins_us, episode.ends_us)


def overlap(begins: int, ends: int | None, other_begins: int, other_ends: int | None) -> bool:
    """Whether two half-open stretches share a moment; None has no end, and each holds its beginning."""
    is_before, is_behind = ends is not None and other_begins >= ends, other_ends is not None and begins >= other_ends
    return begins == other_begins or not (is_before or is_behind)


def _completed(rows: _Columns, run: _Run, lasts_us: int) -> int | None:
    """The first sample of a run that tells it has lasted long enough."""
    at = run.first + int(np.searchsorted(rows.at[run.first : run.end], rows.at[run.first] + lasts_us))
    return at if at < run.end else None


def _begun(head: Episode, rows: _Columns, run: _Run, done: int, *, known_us: int, is_low: bool) -> Episode:
    ids = dict.fromkeys(int(raw_id) for raw_id in rows.raw_id[run.first : done + 1] if raw_id >= 0)
    return head._replace(
        begins_us=int(rows.at[run.first]),
        known_us=known_us,
        peak=_worst(None, rows.value[run.first : run.end], is_low),
        raw_ids=_few(list(ids)),
    )


def _over(episode: Episode, rows: _Columns, clear: int, received: int) -> Episode:
    ids = (int(rows.raw_id[clear]),) if rows.raw_id[clear] >= 0 else ()
    return episode._replace(ends_us=int(rows.at[clear]), recovered_us=received, end_raw_ids=ids)


def _worst(former: float | None, values: Floats, is_low: bool) -> float | None:
    known = values[~np.isnan(values)]
    if former is not None:
        known = np.append(known, former)
    return None if not len(known) else float(known.min() if is_low else known.max())


def _few(ids: list[int]) -> tuple[int, ...]:
    return tuple(ids if len(ids) <= MOST_IDS else ids[: MOST_IDS // 2] + ids[-(MOST_IDS // 2) :])
