"""Day tables: what a subject has to know of a local day, computed once and kept.

A day table says of each local day what is needed of it when a longer stretch is asked about, made of the rows of that
day alone. What crosses midnight is therefore told by both sides: a day holds its first and its last moments (the step
between two days, an excursion that goes on, an open silence), and `joined` puts days in order; whoever reads them joins
what lies between. The law: joined days say what the rows of the whole stretch say, wherever it is cut.

Each kept day bears its *basis*, a hash of everything it depends on: the table and its version, when the day begins and
ends (zone, begin of the day), the settings that enter (`DayTable.settings`), and the files that hold rows of it. A
reader computes the basis of its own snapshot and takes what is kept under it; a day that is missing, of other settings,
or of which a record is still hot is computed from rows there and then, and nothing is written. So an answer never
depends on what is kept, late rows and decoding anew make other files and with them another basis, and other parameters
than those of the settings read rows: all history stays retunable.

Only upkeep writes (`keep`): days that have ended and whose kept basis is missing or another, the newest first, so many
a round, each table in one transaction of the catalog's database; stopped anywhere, it goes on at the next round. What
belongs to a day of which no row is left goes. Days of presence are no such tables: they are final (DESIGN section 11).
"""

import datetime as dt
import hashlib
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis.periods import PERIOD
from telltale.arrow import DAY_US, own_time
from telltale.lake import day_rows
from telltale.lake.catalog import File
from telltale.lake.damage import Damaged
from telltale.lake.day_rows import KeptDay
from telltale.tables import TABLES
from telltale.workbench.question import Question
from telltale.workbench.times import FOREVER, MIDNIGHT, Span, day_begins, local_day
from telltale.workbench.view import View, naming_damage

MOST_FILES = 16
"""Of a table a day: one with more is not kept until they are merged, which makes it anew. Hundreds of small files read
after each settling would cost the more memory, the more records come late."""
MOST_DAYS = 32
"""Days of a table that one round of upkeep makes: a second or so, so that nothing else waits for long."""
EVER = Span(-FOREVER, FOREVER)
_EPOCH = dt.date(1970, 1, 1)


class Around(NamedTuple):
    """So many days before and after."""

    before: int = 0
    after: int = 0


class DayTable(NamedTuple):
    """A table of days."""

    name: str
    version: int
    """Raise it when `make` gives other rows for the same."""
    schema: pa.Schema
    """With `start_us`, the begin of the day or of the part of it, µs UTC."""
    reads: Mapping[str, int | tuple[int, int]]
    """The tables it is made of, and how far outside a day each is read, µs; or before it and after it."""
    make: Callable[[Question, pa.Table], pa.Table]
    """The rows of some days or parts of days (label, start_us, end_us; in order) of a stretch, each made of itself
    alone; the question's stretch is all of them."""
    settings: Callable[[Question], str] = lambda _question: ""
    """The settings that the rows of the question's stretch depend on."""
    days_of: Sequence[str] = ()
    """The tables whose rows say which days there are; nothing is the first of `reads`."""
    around: Around = Around()
    """The days beside one with rows that may say something, too."""


class Part(NamedTuple):
    """A local day, or as much of it as lies in a stretch."""

    day: dt.date
    span: Span
    is_whole: bool


def joined(
    question: Question, table: DayTable, span: Span, *, unkept: Callable[[Question, pa.Table], pa.Table] | None = None,
    leave: Collection[dt.date] = (),
) -> pa.Table:  # fmt: skip
    """The rows of a table over a stretch, day after day: those kept, the others made.

    Args:
        question: of which snapshot, and by whose days.
        table: which.
        span: the stretch; where it cuts a day, that part is made.
        unkept: what makes days that are not kept, where that is less work than what is kept.
        leave: days to be made though they are kept.
    """
    parts = list(parts_of(question, table, span))
    whole = [part for part in parts if part.is_whole and part.day not in leave]
    known = basis_of(question, table)
    wanted = {part.day: basis for part in whole if (basis := known(part))}
    kept = day_rows.kept_days(question.project.store, table.name, wanted)
    rows = [table.schema.empty_table()]
    for is_kept, group in groupby(parts, lambda part: part.is_whole and part.day in kept):
        if is_kept:
            rows += [kept[part.day] for part in group]
        else:
            rows.append(_made(question, unkept or table.make, list(group)))
    return pa.concat_tables([_of_schema(each, table.schema) for each in rows])


def parts_of(question: Question, table: DayTable, span: Span) -> Iterator[Part]:
    """The local days of a stretch that may have rows, oldest first."""
    zone, starts_at = question.zone, question.day_starts_at
    for day in sorted(_days(question, table, span)):
        whole = _bounds(day, zone, starts_at)
        since_us, until_us = max(whole.since_us, span.since_us), min(whole.until_us, span.until_us)
        if since_us < until_us:
            has_ended = whole.until_us <= question.view.now_us
            yield Part(day, Span(since_us, until_us), has_ended and (since_us, until_us) == whole)


def basis_of(question: Question, table: DayTable) -> Callable[[Part], str]:
    """The basis of a day; empty where a record of it is hot: it is not kept then."""
    files = {name: _by_day(question.view, name) for name in table.reads}
    hot = {name: _hot_times(question.view, name) for name in table.reads}

    def basis(part: Part) -> str:
        listed = []
        for name in table.reads:
            since_us, until_us = _read_span(table, part, name)
            if bisect_left(hot[name], since_us) < bisect_left(hot[name], until_us):
                return ""
            days = range(since_us // DAY_US, (until_us - 1) // DAY_US + 1)
            listed += sorted(
                file.path
                for day in days
                for file in files[name].get(day, ())
                if file.max_time >= since_us and file.min_time < until_us
            )
        settings = table.settings(_of(question, part.span))
        text = json.dumps([table.name, table.version, part.span, settings, listed])
        return hashlib.sha256(text.encode()).hexdigest()

    return basis


class Kept(NamedTuple):
    """What a round did."""

    made: int
    """Days, of all tables."""
    left: int
    """Days to be made by the next rounds."""


def keep(question: Question, table: DayTable, *, most: int = MOST_DAYS) -> Kept:
    """Make the days of a table that are due, the newest first; what is kept of rows that went goes at once.

    A day of which a file is damaged waits, and `lake.left_out` names the file; the others are made.

    Args:
        question: of which snapshot, and by whose days.
        table: which.
        most: days; the next round makes more.

    Raises:
        Damaged: the settings that every day of it depends on are made of a file that is.
    """
    known = basis_of(question, table)
    wanted = {part: known(part) for part in parts_of(question, table, EVER) if part.is_whole}
    there = _of_now(question, table, wanted)
    due = [part for part, basis in wanted.items() if basis and there.get(part.day) != basis]
    waiting = [part for part in due if _is_merged(question, table, part)]
    made = 0
    while waiting and made < most:
        first = max(0, len(waiting) - (most - made))
        waiting, chosen = waiting[:first], waiting[first:]
        for run in _runs(chosen):
            made += _kept_run(question, table, run, wanted)
    return Kept(made, len(due) - made)


def _kept_run(question: Question, table: DayTable, run: Sequence[Part], bases: Mapping[Part, str]) -> int:
    """Make and keep days that follow each other; without those of a damaged file. How many are kept."""
    try:
        with naming_damage(question.view):
            rows = _made(question, table.make, run)
    except Damaged as damaged:
        question.project.lake.leave_out(damaged)
        whole = [part for part in run if not _reads_file(table, part, damaged.file)]
        if len(whole) == len(run):  # it is none of theirs, and would be met again
            return 0
        return sum(_kept_run(question, table, part, bases) for part in _runs(whole))
    days = [KeptDay(part.day, bases[part], _only(rows, part)) for part in run]
    day_rows.keep_days(question.project.store, table.name, days, now_us=question.view.now_us)
    return len(run)


def _reads_file(table: DayTable, part: Part, file: File) -> bool:
    """Whether a day is made of rows of a file."""
    if file.table_name not in table.reads:
        return False
    since_us, until_us = _read_span(table, part, file.table_name)
    return file.max_time >= since_us and file.min_time < until_us


def _read_span(table: DayTable, part: Part, name: str) -> Span:
    """What is read for a day of one of the tables it is made of."""
    margin_us = table.reads[name]
    before_us, after_us = margin_us if isinstance(margin_us, tuple) else (margin_us, margin_us)
    return Span(part.span.since_us - before_us, part.span.until_us + after_us)


def drop_changed(question: Question, table: DayTable) -> int:
    """Drop what is kept of days whose rows or settings are others by now, and return how many days there were.

    For who removes rows: what was computed of them goes along.
    """
    known = basis_of(question, table)
    there = day_rows.bases(question.project.store, table.name)
    wanted = {part: known(part) for part in parts_of(question, table, EVER) if part.is_whole}
    return len(there) - len(_of_now(question, table, wanted))


def _of_now(question: Question, table: DayTable, wanted: Mapping[Part, str]) -> dict[dt.date, str]:
    """The kept days that hold, and their basis; the others are dropped, as nobody reads them."""
    store = question.project.store
    there = day_rows.bases(store, table.name)
    bases = {part.day: basis for part, basis in wanted.items()}
    day_rows.drop_days(store, table.name, sorted(day for day, basis in there.items() if bases.get(day) != basis))
    return {day: basis for day, basis in there.items() if bases.get(day) == basis}


def _is_merged(question: Question, table: DayTable, part: Part) -> bool:
    """Whether its rows lie in few files."""
    days = range(part.span.since_us // DAY_US, (part.span.until_us - 1) // DAY_US + 1)
    return all(len(_by_day(question.view, name).get(day, ())) <= MOST_FILES for name in table.reads for day in days)


def _made(question: Question, make: Callable[[Question, pa.Table], pa.Table], parts: Sequence[Part]) -> pa.Table:
    columns = zip(*((part.day.isoformat(), *part.span) for part in parts), strict=True)
    periods = pa.table(dict(zip(PERIOD.names, map(list, columns), strict=True)), schema=PERIOD)
    return make(_of(question, Span(parts[0].span.since_us, parts[-1].span.until_us)), periods)


def _of(question: Question, span: Span) -> Question:
    """The same of a stretch, of everybody."""
    return Question(question.view, span, question.zone, None, question.day_starts_at)


def _of_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows if rows.schema.equals(schema) else rows.select(schema.names).cast(schema)


def _only(rows: pa.Table, part: Part) -> pa.Table:
    return rows.filter(pc.equal(rows["start_us"], part.span.since_us))


def _runs(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The days apart where others lie between them: what is read at once has no hole."""
    numbered = enumerate(parts)
    for _, run in groupby(numbered, lambda each: each[1].day.toordinal() - each[0]):
        yield [part for _, part in run]


def _days(question: Question, table: DayTable, span: Span) -> set[dt.date]:
    """The local days that files and hot rows of a stretch touch, and those beside them."""
    zone, starts_at, (before, after) = question.zone, question.day_starts_at, table.around
    # A day beside one with rows may lie in the stretch though those rows do not.
    first_us, last_us = span.since_us - after * DAY_US, span.until_us + before * DAY_US
    found: set[dt.date] = set()
    for name in table.days_of or (next(iter(table.reads)),):
        for number, files in _by_day(question.view, name).items():
            if first_us // DAY_US <= number <= last_us // DAY_US:
                ends = min(file.min_time for file in files), max(file.max_time for file in files)
                found |= _touched(*ends, zone, starts_at)
        for at_us in _hot_times(question.view, name):
            if first_us <= at_us < last_us:
                found |= _touched(at_us, at_us, zone, starts_at)
    return {day + dt.timedelta(days=step) for day in found for step in range(-before, after + 1)}


def _touched(first_us: int, last_us: int, zone: str, starts_at: dt.time) -> set[dt.date]:
    first, last = local_day(first_us, zone, starts_at), local_day(last_us, zone, starts_at)
    return {first + dt.timedelta(days=number) for number in range((last - first).days + 1)}


@lru_cache(maxsize=4096)
def _bounds(day: dt.date, zone: str, starts_at: dt.time = MIDNIGHT) -> Span:
    return Span(day_begins(day, zone, starts_at), day_begins(day + dt.timedelta(days=1), zone, starts_at))


def _by_day(view: View, name: str) -> dict[int, list[File]]:
    """The files of a table by the number of their UTC day."""

    def group() -> dict[int, list[File]]:
        files: dict[int, list[File]] = defaultdict(list)
        for file in view.snapshot.of(name):
            files[(file.day - _EPOCH).days].append(file)
        return dict(files)

    return view.snapshot.listing.once(("files by day", name), group)


def _hot_times(view: View, name: str) -> list[int]:
    """The moments of the hot rows of a table, each once, in order: µs UTC."""
    rows = view.hot.get(name)
    if rows is None:
        return []
    return sorted(own_time(TABLES[name], rows).cast(pa.int64()).unique().to_pylist())
