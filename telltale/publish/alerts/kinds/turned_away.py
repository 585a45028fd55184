"""Records that could not be decoded, and requests that were refused, where they are more than is normal in 24 hours.

Normal is what the pages call so (`health.concerns`, `health.refusals`). It is judged whenever one comes, and each hour.
"""

import bisect
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from telltale.health.concerns import FEWEST_REJECTS, MANY_REJECTS
from telltale.health.deliveries import received_moments
from telltale.health.refusals import FEWEST
from telltale.health.words.rejects import is_sound
from telltale.landing.schema import REFUSED
from telltale.publish.alerts.episodes import BEYOND, CLEAR, Episode
from telltale.publish.alerts.watch import Watch, table_of, wider
from telltale.tables import REJECT
from telltale.workbench.times import DAY, SECOND

HOUR = 3_600 * SECOND
Came = Sequence[tuple[int, int | None]]
"""Moments of receipt in order, each with its raw id where there is one."""


def rejects(watch: Watch) -> list[Episode]:
    """The sources of which too much could not be decoded; peak is the number of 24 hours."""
    stretch = wider(watch.span, days=1)
    came: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    columns = ("source", "reason", "received_at", "raw_id")
    for row in watch.view.table(REJECT.name, stretch).arrow().select(columns).to_pylist():
        if not is_sound(row["reason"]):
            came[row["source"]].append((round(row["received_at"].timestamp() * 1e6), row["raw_id"]))
    rows: list[dict[str, Any]] = []
    for source, told in came.items():
        if len(told) < FEWEST_REJECTS:
            continue
        records = received_moments(watch.view, source, stretch)

        def is_many(count: int, at_us: int, records: Sequence[int] = records) -> bool:
            if watch.settings.above is not None:
                return count > watch.settings.above
            return count >= FEWEST_REJECTS and count > MANY_REJECTS * _within(records, at_us)

        rows += _samples(watch, source, "rows not decoded in 24 hours", sorted(told), is_many)
    return watch.found([table_of(rows)])


def refusals(watch: Watch) -> list[Episode]:
    """The sources that refused many requests for one reason; peak is the number of 24 hours.

    Of more than 10,000 refused ones the oldest are forgotten, and then the count is too low.
    """
    stretch = wider(watch.span, days=1)
    query = sa.select(REFUSED.c.source, REFUSED.c.reason, REFUSED.c.received_at).where(
        REFUSED.c.received_at >= stretch.since_us, REFUSED.c.received_at < stretch.until_us
    )
    came: dict[tuple[str, str], list[tuple[int, int | None]]] = defaultdict(list)
    with watch.project.store.reader() as connection:
        for source, reason, received_us in connection.execute(query):
            came[source, reason].append((received_us, None))
    fewest = FEWEST if watch.settings.above is None else watch.settings.above + 1
    rows: list[dict[str, Any]] = []
    for (source, reason), told in came.items():
        measure = f"requests refused in 24 hours ({reason.replace('_', ' ')})"
        rows += _samples(watch, source, measure, sorted(told), lambda count, _at: count >= fewest)
    return watch.found([table_of(rows)])


def _samples(
    watch: Watch, source: str, measure: str, came: Came, is_many: Callable[[int, int], bool]
) -> list[dict[str, Any]]:
    times = [at for at, _ in came]
    first, last = times[0], min(watch.until_us - 1, times[-1] + DAY + HOUR)
    hours = [(at, None) for at in range(-(-first // HOUR) * HOUR, last + 1, HOUR)]
    rows: list[dict[str, Any]] = []
    for at_us, raw_id in sorted({*came, *hours}, key=lambda one: (one[0], one[1] or 0)):
        if not watch.span.since_us <= at_us < watch.until_us:
            continue
        count = _within(times, at_us)
        rows.append(
            {
                "subject": source, "measure": measure, "unit": "", "at_us": at_us, "received_us": at_us,
                "raw_id": raw_id, "value": float(count), "mark": BEYOND if is_many(count, at_us) else CLEAR,
                "is_low": False,
            }
        )  # fmt: skip
    return rows


def _within(times: Sequence[int], at_us: int) -> int:
    """How many of some moments in order lie in the 24 hours until one."""
    return bisect.bisect_right(times, at_us) - bisect.bisect_right(times, at_us - DAY)
