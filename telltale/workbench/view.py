"""The tables of one snapshot as relations: settled files, and hot records decoded on the fly."""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import Tables, day_of, utc_day
from telltale.contract import StoreError, TelltaleError
from telltale.engine import Engine, Parts, Relation
from telltale.lake import Changed, ClosedDay, File, parts
from telltale.lake.catalog import RAW_TABLE
from telltale.lake.damage import Damaged, met
from telltale.lake.facts import of_heartbeats
from telltale.lake.lake import lost
from telltale.tables import CLOCK_WRONG, NODE_HEARTBEAT, TABLES, UPLINK, Table
from telltale.workbench import messages
from telltale.workbench.heard import Heard, joined
from telltale.workbench.times import DAY, EVER, FOREVER, Span

if TYPE_CHECKING:
    from telltale.workbench.project import Project

RECEIVED = """
select * from rows_in
where received_at >= timestamp_micros(:since_us) and received_at < timestamp_micros(:until_us)
"""
TRIES = 3
_FIRST_DAY = -700_000
"""Days since 1970: before it a stretch begins with whatever there is (the year 53)."""
T = TypeVar("T")
REMEMBERED = 64
"""Results kept for the next question on the same snapshot: a report asks about one stretch ten times."""
MOST_KEPT = 256
"""Answers about days that have ended, kept for as long as their rows are the same."""


class View:
    """Everything as one snapshot shows it; a view that lives on does not change.

    Args:
        project: whose store and lake; `Project.view` makes views, so that one moment has one.
        now_us: the present.
        pinned: whether it lasts: of one that does not, what is first asked for after the catalog has changed raises
            `Changed`, and everything is asked anew (`whole`).
    """

    def __init__(self, project: "Project", *, now_us: int, pinned: bool = True) -> None:
        self.project, self.now_us = project, now_us
        self.snapshot = project.snapshot(pinned=pinned)
        self._copies: dict[Span | None, Relation] = {}
        self._shared: dict[Hashable, Any] = {}

    @cached_property
    def closed_days(self) -> dict[str, dict[dt.date, ClosedDay]]:
        """The closed days of each site."""
        return _by_site(self.snapshot.listing.closed_days())

    def pin(self) -> None:
        """Let it last, for who goes on asking about it."""
        self.snapshot.listing.pin()

    @cached_property
    def hot(self) -> Tables:
        """The rows of records not yet settled, by table."""
        return self.project.decode_hot(self.snapshot.hot)

    def table(self, name: str, span: Span | None = None) -> Relation:
        """The rows of a table, each natural key and each message once; with `span` those whose own time lies in it."""
        engine, rows = self.project.engine, self.rows(name, span)
        uplinks = self._uplinks(span) if name in messages.TABLES else None
        if uplinks is None:
            return rows
        if name != UPLINK.name:
            if span not in self._copies:
                self._copies[span] = messages.copies(engine, uplinks)
            return messages.without(engine, rows, self._copies[span])
        once = messages.each(engine, uplinks)
        return once if span is None else engine.run(within(UPLINK), {"rows_in": once}, **span._asdict())

    def rows(self, name: str, span: Span | None = None) -> Relation:
        """The same with each natural key once: where copies of a message change nothing, it costs less over years."""
        table = TABLES[name]
        relation = self.project.engine.table(table, self._parts(table, self.files(name, span)))
        if span is None:
            return relation
        return self.project.engine.run(within(table), {"rows_in": relation}, **span._asdict())

    def received(self, name: str, span: Span) -> Relation:
        """The rows of a table that came in a stretch, whatever time they tell of, each natural key once.

        Only files that may hold such rows are read: those of records that came in the stretch. Where records of it were
        removed nobody knows which those are, and every file written since it began is.
        """
        table = TABLES[name]
        ids = self._received_ids(span)
        lowest = min((first for first, _ in ids), default=FOREVER)
        files = [
            file
            for file in self.snapshot.of(name)
            # Of years nearly all lie before the stretch: those are told by one look.
            if (
                file.last_raw_id >= lowest
                and any(file.first_raw_id <= last and first <= file.last_raw_id for first, last in ids)
            )
            or (file.is_frozen and file.created_at >= span.since_us)
        ]
        relation = self.project.engine.table(table, self._parts(table, files))
        return self.project.engine.run(RECEIVED, {"rows_in": relation}, **span._asdict())

    def after(self, name: str, raw_id: int) -> Relation:
        """The rows of a table of all days that have rows of records after one, each natural key once."""
        table, hot = TABLES[name], self.hot.get(name)
        days = {file.day for file in self.snapshot.of(name) if file.last_raw_id > raw_id}
        days |= set() if hot is None else set(day_of(table, hot).to_pylist())
        return self.of_days(name, days)

    def of_days(self, name: str, days: Collection[dt.date], span: Span | None = None) -> Relation:
        """The rows of a table filed under some days (UTC), each natural key once; with `span` those filed within it."""
        table, hot = TABLES[name], self.hot.get(name)
        mine = None if hot is None else hot.filter(pc.is_in(day_of(table, hot), pa.array(sorted(days), pa.date32())))
        files = self.snapshot.listing.of_days(name, days)
        relation = self.project.engine.table(table, self._parts(table, files)._replace(hot=mine))
        if span is None:
            return relation
        return self.project.engine.run(within(table), {"rows_in": relation}, **span._asdict())

    def _received_ids(self, span: Span) -> list[tuple[int, int]]:
        """Which raw ids came in a stretch: first and last of each file of raw records."""
        return [(file.first_raw_id, file.last_raw_id) for file in self.files(RAW_TABLE, span)]

    def _uplinks(self, span: Span | None) -> Relation | None:
        """The rows of `uplink`, a little wider than the stretch; None where nothing is of that time."""
        wide = messages.wider(span)
        return self.rows(UPLINK.name, wide) if any(self._parts(UPLINK, self.files(UPLINK.name, wide))) else None

    def files(self, name: str, span: Span | None) -> list[File]:
        """The files of a table with rows of a stretch: equal keys share their time, so others cannot part them."""
        since, until = _days(span)
        return [file for file in self.snapshot.of(name, since, until) if _touches(file, span)]

    def remembered(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives; made once for as long as nothing in the store changes."""
        known = self.project.remember(self.snapshot.change)
        if key not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = make()
        return known[key]

    def recalled(self, key: Hashable) -> Any:
        """What is remembered of that key; None where nothing is."""
        return self.project.remember(self.snapshot.change).get(key)

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives; made once for this moment, for the parts of a page that ask the same of it."""
        if key not in self._shared:
            self._shared[key] = make()
        made: T = self._shared[key]
        return made

    def kept(self, key: Hashable, make: Callable[[], T], *, tables: Sequence[str], span: Span) -> T:
        """What `make` gives; made once for as long as no row of a stretch is added or removed.

        For what looks at days that have ended: today's records change nothing of it. It must not depend on the present.

        Args:
            key: all that `make` depends on but the rows: name of the question, stretch, choices, settings.
            make: the answer.
            tables: whose rows it reads.
            span: the stretch it reads, lookback included.
        """
        files = self._paths(tuple(tables), span)
        hot = tuple(id_ for name in tables for id_ in self._hot_ids(name, span))
        memory = self.project.kept
        if key not in memory or memory[key][0] != (files, hot):
            memory[key] = (files, hot), make()
            if len(memory) > MOST_KEPT:
                del memory[next(iter(memory))]
        made: T = memory[key][1]
        return made

    def _paths(self, tables: tuple[str, ...], span: Span) -> tuple[str, ...]:
        """Which files of some tables hold rows of a stretch: of years they are thousands."""

        def read() -> tuple[str, ...]:
            return tuple(file.path for name in tables for file in self.files(name, span))

        return self.snapshot.listing.once(("paths", tables, span), read)

    def _hot_ids(self, name: str, span: Span) -> list[int]:
        """The raw ids of the hot rows of a stretch, by their own time or the moment of receipt."""
        rows = self.hot.get(name)
        if rows is None:
            return []
        times = [rows[column].cast(pa.int64()) for column in (TABLES[name].time, "received_at")]
        inside = [pc.and_(pc.greater_equal(at, span.since_us), pc.less(at, span.until_us)) for at in times]
        ids: list[int] = rows.filter(pc.or_kleene(*inside))["raw_id"].to_pylist()
        return ids

    def first_us(self, site: str) -> int:
        """When a site was first heard of."""
        return self._heard[site].since_us if site in self._heard else self.now_us

    def last_us(self, site: str) -> int:
        """When a site was last heard of."""
        return self._heard[site].until_us if site in self._heard else 0

    def kept_from(self, name: str, site: str) -> int:
        """Rows of a table of before this moment may have been removed; 0 where nothing was."""
        return self._kept.get((name, site), 0)

    def heartbeats(self) -> Heard:
        """The moments of the first and last heartbeat of each node that ever reported, by site."""

        def read() -> Heard:
            hot = self.hot.get(NODE_HEARTBEAT.name)
            settled = self.snapshot.listing.once("heartbeats", self._settled_heartbeats)
            return settled if hot is None else joined([settled, of_heartbeats(hot)])

        return self.kept("heartbeats", read, tables=(NODE_HEARTBEAT.name,), span=EVER)

    def _settled_heartbeats(self) -> Heard:
        return joined(self.project.facts.of(self.snapshot.of(NODE_HEARTBEAT.name)).values())

    def sites(self) -> list[str]:
        """The sites that have ever reported, sorted."""
        return sorted(self._heard)

    @cached_property
    def _heard(self) -> dict[str, Span]:
        return {
            site: Span(min(each.since_us for each in nodes.values()), max(each.until_us for each in nodes.values()))
            for site, nodes in self.heartbeats().items()
        }

    @cached_property
    def _kept(self) -> dict[tuple[str, str], int]:
        # After the snapshot: what was removed since is then refused, not missed.
        return self.project.lake.kept_from()

    def lost_files(self) -> bool:
        """Whether a file that was asked for has been removed since."""
        return lost(self.project.lake, self.snapshot.listing.read())

    def damaged(self, error: Exception) -> Damaged | None:
        """The damaged file that explains an error, among those that were asked for; None where none does."""
        lake = self.project.lake
        return met(lake.root, lake.store, self.snapshot.listing.read(), error)

    def _parts(self, table: Table, files: Sequence[File]) -> Parts:
        """Some files of the table, sorted by whether a key of their day may stand in another file too."""
        hot = self.hot.get(table.name)
        hot_days = set(day_of(table, hot).to_pylist()) if hot is not None else set()
        sorted_out = parts(self.snapshot.listing.of_days(table.name, {file.day for file in files}), hot_days)
        wanted = {file.path for file in files}
        unique, mixed = ([self.project.lake.path(file) for file in each if file.path in wanted] for each in sorted_out)
        return Parts(tuple(unique), tuple(mixed), hot)


GONE = "what was asked about has been purged meanwhile; ask again, of a newer moment"


class FilesGone(TelltaleError):
    """A purge removed files of the moment that was asked about."""


def answered(project: "Project", ask: Callable[[View], T]) -> T:
    """The answer to a question about the present snapshot, or that of the moment everything is asked at.

    Raises:
        FilesGone: files were removed while a moment was held; whoever holds it asks everything anew.
    """
    if not project.is_held:
        return whole(project, lambda: ask(project.view()))
    view = project.view()
    try:
        with naming_damage(view):
            return ask(view)
    except (Damaged, StoreError):  # an object store that is away has no files to miss
        raise
    except Exception as error:
        if isinstance(error, Changed) or view.lost_files():
            raise FilesGone(GONE) from error
        raise


def whole(project: "Project", make: Callable[[], T]) -> T:
    """What `make` asks, all of it at one moment: one snapshot and one present.

    A purge removes files at once, without the grace readers have otherwise; then all of it is asked anew, so that a
    page never joins two moments. So it is when the catalog changes before all that is needed of it was read, once: from
    then on the moment is a pinned one.

    Raises:
        FilesGone: the project stands at one snapshot, and its files were removed; whoever gave it that one asks anew.
    """
    for number in range(TRIES - 1):
        with project.at_one_moment(pinned=number > 0) as view:
            try:
                with naming_damage(view):
                    return make()
            except (Damaged, StoreError):
                raise
            except Exception as error:
                if not isinstance(error, Changed | FilesGone) and not view.lost_files():
                    raise
                if project.is_fixed:  # another moment is not its to choose: whoever gave it this one asks anew
                    raise FilesGone(GONE) from error
    with project.at_one_moment() as view, naming_damage(view):
        return make()


@contextmanager
def naming_damage(view: View) -> Iterator[None]:
    """Inside the block an engine's error about a damaged file is a sentence that names the file, and what to do.

    Raises:
        Damaged: a file that was asked for is not what was written.
    """
    try:
        yield
    except Exception as error:
        if (damaged := view.damaged(error)) is not None:
            raise damaged from error
        raise


def union(engine: Engine, relations: Sequence[Relation]) -> Relation:
    """The rows of several relations with the same columns; at least one."""
    named = {f"part_{number}": relation for number, relation in enumerate(relations)}
    return engine.run(" union all ".join(f"select * from {name}" for name in named), named)


def within(table: Table) -> str:
    """The text for the rows filed within a stretch."""
    inside = "{0} >= timestamp_micros(:since_us) and {0} < timestamp_micros(:until_us)"
    own, received = inside.format(table.time), inside.format("received_at")
    if "flags" not in table.names:
        return f"select * from rows_in where {own}"
    wrong = f"regexp_like(concat(',', flags, ','), ',({'|'.join(CLOCK_WRONG)}),')"
    return f"select * from rows_in where case when flags <> '' and {wrong} then {received} else {own} end"


def _touches(file: File, span: Span | None) -> bool:
    return span is None or (file.max_time >= span.since_us and file.min_time < span.until_us)


def _days(span: Span | None) -> tuple[dt.date | None, dt.date | None]:
    """The days whose files may hold rows of a stretch: a local day begins up to a day before or after the UTC day."""
    if span is None:
        return None, None
    first, last = span.since_us // DAY - 1, (span.until_us - 1) // DAY + 2
    return utc_day(first) if first > _FIRST_DAY else None, utc_day(last) if last < FOREVER // DAY else None


def _by_site(closed: Mapping[tuple[str, dt.date], ClosedDay]) -> dict[str, dict[dt.date, ClosedDay]]:
    days: dict[str, dict[dt.date, ClosedDay]] = defaultdict(dict)
    for (site, day), found in closed.items():
        days[site][day] = found
    return dict(days)
