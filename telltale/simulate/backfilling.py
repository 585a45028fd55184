"""The past of simulated devices into a project's store, day by day, for as many years as are asked for.

All sources fill one day after another, so that records come in the order of time, memory does not grow, and between
two groups of records the store is anybody's: collectors go on. With each group, in its transaction, the store notes how
far its source is (`BACKFILL`). So a run that was stopped, or killed, goes on where it was: no record is missing, none
is there twice, and a run that had come to its end only adds what has passed since.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from telltale.contract import ConfigError, Emission, Raw, Refused, Scenario, Source, SourceSettings
from telltale.lake.lock import Busy
from telltale.lake.settle import settle_all
from telltale.landing.schema import BACKFILL
from telltale.landing.store import Store
from telltale.simulate.play import received
from telltale.workbench.project import Project

GROUP = 512
"""Records of a transaction; as a collector's."""
WHOLE = ("button",)
"""Whose simulation of a part is not quite a slice of the whole: one device of it dies at a share of the whole stretch.
What is there already is simulated again and left out."""

_Key = tuple[str, int]


class Filled(NamedTuple):
    """A local day that is in the store now."""

    day: dt.date
    records: Mapping[str, int]
    """That came with it, by source."""
    is_settled: bool
    """False where another process was settling for long; the next day's settle takes them, or upkeep."""


class Filling(NamedTuple):
    """What is still to be filled of one source."""

    source: Source
    settings: SourceSettings
    whole: Scenario
    """As it was begun with."""
    part: Scenario
    """To be simulated again."""
    upto_us: int
    """Records until here are there: all before it, and so many of the moment itself."""
    at_upto: int


def plan(project: Project, source: Source, settings: SourceSettings, asked: Scenario) -> Filling:
    """What is to be filled of a source.

    All of `asked` where nothing is there; the rest of what was begun with this seed, as it was begun, where it was
    stopped; else what has passed since.

    Args:
        project: whose store.
        source: whose devices.
        settings: what its simulator may know.
        asked: seed, zone and stretch.

    Raises:
        ConfigError: with this seed a shorter past was begun, or one of another zone.
    """
    with project.store.reader() as connection:
        row = connection.execute(sa.select(BACKFILL).where(*_is((source.name, asked.seed)))).one_or_none()
    if row is None:
        return Filling(source, settings, asked, asked, asked.start_s * 1_000_000, 0)
    whole = Scenario(asked.seed, row.start_s, row.end_s, row.timezone)
    if asked.start_s < whole.start_s or asked.timezone != whole.timezone:
        begun = dt.datetime.fromtimestamp(whole.start_s, ZoneInfo(whole.timezone))
        raise ConfigError(
            f"{source.name}: seed {asked.seed} is in the store from {begun:%Y-%m-%d} on ({whole.timezone}), expected "
            "no earlier beginning and the same zone; take it out first with "
            f'"telltale simulate {source.name} --remove", or give another --seed'
        )
    if asked.start_s > whole.end_s:
        return Filling(source, settings, asked, asked, asked.start_s * 1_000_000, 0)
    if row.upto_us < whole.end_s * 1_000_000:
        return Filling(source, settings, whole, _rewound(source, whole, row.upto_us), row.upto_us, row.at_upto)
    later = whole._replace(start_s=whole.end_s, end_s=max(whole.end_s, asked.end_s))
    return Filling(source, settings, whole._replace(end_s=later.end_s), later, row.upto_us, 0)


def fill(project: Project, fillings: Sequence[Filling], *, settles: bool = True) -> Iterator[Filled]:
    """Fill a day of all of them after the other; not asking for the next day stops it after a whole day.

    Raises:
        Refused: a source does not take its own simulator's message.
        StoreError: the store is away; what is in it stays, and the next run goes on from there.
    """
    streams = [_Stream(filling) for filling in fillings]
    while days := [stream.day for stream in streams if stream.day is not None]:
        day = min(days)
        records = {
            stream.filling.source.name: _put(project.store, stream.filling, stream.take())
            for stream in streams
            if stream.day == day
        }
        yield Filled(day, records, not settles or _settled(project))
    for filling in fillings:  # of a stretch that ends without a record, too
        _note_end(project.store, filling)


def days_of(fillings: Iterable[Filling]) -> int:
    """How many local days are to come."""
    spans = [_days(each) for each in fillings]
    return 1 + (max(last for _, last in spans) - min(first for first, _ in spans)).days if spans else 0


def forget(store: Store, source: str | None) -> None:
    """Forget how far filling was, of one source or of all: what was simulated was taken out."""
    with store.writer() as connection:
        connection.execute(BACKFILL.delete().where(*([BACKFILL.c.source == source] if source else [])))


class _Stream:
    """The emissions of one source by local day; the next day's first is simulated, no more."""

    def __init__(self, filling: Filling) -> None:
        self.filling = filling
        zone = ZoneInfo(filling.part.timezone)

        def local_day(emission: Emission) -> dt.date:
            return dt.datetime.fromtimestamp(emission.at / 1e6, zone).date()

        self._days = groupby(_missing(filling), local_day)
        self.day: dt.date | None = None
        self._emissions: Iterator[Emission] = iter(())
        self._next()

    def take(self) -> Iterator[Emission]:
        """The emissions of its day; then it stands at the next."""
        yield from self._emissions
        self._next()

    def _next(self) -> None:
        self.day, self._emissions = next(self._days, (None, iter(())))


def _missing(filling: Filling) -> Iterator[Emission]:
    """What is not in the store yet."""
    skipped = 0
    for emission in filling.source.simulate(filling.part, filling.settings):
        if emission.at < filling.upto_us:
            continue
        if emission.at == filling.upto_us and skipped < filling.at_upto:
            skipped += 1
            continue
        yield emission


def _put(store: Store, filling: Filling, emissions: Iterator[Emission]) -> int:
    """Store emissions, each group with the note of how far that is."""
    count = 0
    upto_us, at_upto = filling.upto_us, filling.at_upto
    raws = (received(filling.source, emission, filling.settings) for emission in emissions)
    while group := list(islice(raws, GROUP)):
        at_upto = _at_end(group) + (at_upto if group[0].received_at == group[-1].received_at == upto_us else 0)
        upto_us = group[-1].received_at
        with store.writer() as connection:
            store.insert(connection, group)
            _note(connection, filling, upto_us, at_upto)
        count += len(group)
    return count


def _at_end(group: Sequence[Raw]) -> int:
    """How many records are of the moment of the last."""
    return sum(raw.received_at == group[-1].received_at for raw in group)


def _note(connection: sa.Connection, filling: Filling, upto_us: int, at_upto: int) -> None:
    whole = filling.whole
    connection.execute(BACKFILL.delete().where(*_is((filling.source.name, whole.seed))))
    connection.execute(
        BACKFILL.insert().values(
            source=filling.source.name, seed=whole.seed, timezone=whole.timezone, start_s=whole.start_s,
            end_s=whole.end_s, upto_us=upto_us, at_upto=at_upto,
        )
    )  # fmt: skip


def _note_end(store: Store, filling: Filling) -> None:
    with store.writer() as connection:
        _note(connection, filling, filling.whole.end_s * 1_000_000, 0)


def _is(key: _Key) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return BACKFILL.c.source == key[0], BACKFILL.c.seed == key[1]


def _rewound(source: Source, whole: Scenario, upto_us: int) -> Scenario:
    """The part from the midnight before the last record's on: what a stream begins with is there already."""
    if source.name in WHOLE:
        return whole
    last = dt.datetime.fromtimestamp(upto_us / 1e6, ZoneInfo(whole.timezone)) - dt.timedelta(days=1)
    begin = int(last.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp())
    return whole._replace(start_s=max(whole.start_s, begin))


def _days(filling: Filling) -> tuple[dt.date, dt.date]:
    zone, part = ZoneInfo(filling.part.timezone), filling.part
    first_s = max(part.start_s, filling.upto_us // 1_000_000)
    first, last = (dt.datetime.fromtimestamp(at, zone).date() for at in (first_s, max(first_s, part.end_s - 1)))
    return first, last


def _settled(project: Project) -> bool:
    """Whether the day is in the lake; while another process settles for long, it waits for the next."""
    try:
        settle_all(project.lake, now_us=project.now_us())
    except Busy:
        return False
    return True


Settings = Callable[[str], SourceSettings]


def plan_all(
    project: Project, sources: Iterable[Source], settings: Settings, asked: Scenario
) -> tuple[list[Filling], dict[str, str]]:
    """What is to be filled of several, and of which nothing can be, with why, such as a secret that is missing.

    Raises:
        ConfigError: see `plan`.
    """
    fillings, left_out = [], dict[str, str]()
    for source in sources:
        try:
            first = next(iter(source.simulate(asked, settings(source.name))), None)
            if first is not None:
                received(source, first, settings(source.name))
        except (ConfigError, Refused) as error:
            left_out[source.name] = str(error)
        else:
            fillings.append(plan(project, source, settings(source.name), asked))
    return fillings, left_out
