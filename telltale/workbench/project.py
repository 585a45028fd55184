"""One project: its settings, and the store, lake, keys, decoder and engine made from them."""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from telltale.arrow import Decode, Tables
from telltale.contract import ConfigError, Options, Raw
from telltale.engine import DuckEngine, Engine
from telltale.lake import Lake, Snapshot
from telltale.lake.facts import Facts
from telltale.lake.objects import ObjectRoot
from telltale.landing import Landing, PresenceKeys, Store, Uptime, uptime
from telltale.pipeline.batch import decoder
from telltale.privacy import Keys, Lists, Pseudonymizer
from telltale.settings import (
    COLUMNS,
    AllowList,
    Button,
    Device,
    Limit,
    Settings,
    SiteSettings,
    buttons,
    device_line,
    devices,
)
from telltale.settings import load as load_settings
from telltale.sources import SOURCES
from telltale.workbench.as_of import Moment, Past
from telltale.workbench.hot import HotRows
from telltale.workbench.progress import outlet
from telltale.workbench.settings_then import note_settings, settings_then
from telltale.workbench.times import FOREVER, Span, When, micros, span
from telltale.workbench.view import View

ENGINES = ("duckdb", "spark")
DUCKDB, SPARK = ENGINES
_NUMBERS = ("expected_interval_s", "low", "high")
_BUTTON_NUMBERS = ("container_qty", "dead_time_s", "lead_time_days", "away_after_s")


def clock() -> int:
    """The present, microseconds UTC."""
    return micros(dt.datetime.now(dt.UTC))


class Project:
    """Everything telltale knows about one folder; parts are opened when first used.

    Args:
        root: the folder with telltale.toml; None finds it from here upwards or by `TELLTALE_HOME`.
        settings: settings read already.
        now: the clock, so that a test can live at another time.
        running: how long the machine has been running, against which a step of the clock shows; a test steps it.
        as_of: a moment that has passed: its present, and nothing of what came after it; with `as_known` the settings
            of then too.
        threads: how many the engine may use; None leaves it to the engine.
        runs_on: which engine answers, see `ENGINES`.

    Raises:
        ConfigError: no project is found, a setting is wrong, or the engine is unknown or not set.
    """

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        settings: Settings | None = None,
        now: Callable[[], int] = clock,
        running: Callable[[], Uptime] = uptime,
        as_of: Moment | None = None,
        threads: int | None = None,
        runs_on: str = DUCKDB,
    ) -> None:
        self.settings = settings or load_settings(None if root is None else Path(root))
        self.runs_on = runs_on
        self.as_of = as_of
        self._threads = threads if as_of is None else 1
        self.settings_unknown: tuple[str, ...] = ()
        """What of the settings of its moment is not kept, a sentence each."""
        if as_of is not None and as_of.as_known:
            self.settings, self.settings_unknown = settings_then(self.settings, self.store, at_us=as_of.now_us)
        self.clock = now if as_of is None else lambda: as_of.now_us
        self.running = running
        self._held: View | None = None
        self._fixed: Snapshot | None = None
        self.kept: dict[Hashable, tuple[Hashable, Any]] = {}
        """What `View.kept` remembers."""
        self._remembered: tuple[int, dict[Hashable, Any]] = (-1, {})

    def __repr__(self) -> str:
        return f"Project({str(self.settings.root)!r})"

    def now_us(self) -> int:
        """The present, microseconds UTC: that of the moment everything is asked at, else the clock's."""
        return self.clock() if self._held is None else self._held.now_us

    def view(self, *, now_us: int | None = None, pinned: bool = True) -> View:
        """What the store shows now, or at the moment everything is asked at.

        Args:
            now_us: the present of whoever keeps a clock of their own, such as a purge; it never joins that moment.
            pinned: see `View`.
        """
        if now_us is not None or self._held is None:
            return View(self, now_us=self.clock() if now_us is None else now_us, pinned=pinned)
        return self._held

    def snapshot(self, *, pinned: bool = True) -> Snapshot:
        """What the store has now, or had at the moment this project is of.

        Args:
            pinned: see `View`.
        """
        if self._fixed is not None:
            return self._fixed
        snapshot = self.lake.snapshot(pinned=pinned)
        return snapshot if self._past is None else self._past.of(snapshot)

    @property
    def unrestored_tables(self) -> frozenset[str]:
        """Tables of which some row of its moment is lost, as far as they were asked about."""
        return frozenset() if self._past is None else frozenset(self._past.unrestored)

    def moment(self) -> Moment:
        """The present, and the last id a record was given: where whoever asks later can stand again."""
        return self.as_of or Moment(self.now_us(), self.store.last_id())

    @property
    def is_past(self) -> bool:
        """Whether it is asked what was known at a moment that has passed."""
        return self.as_of is not None and self.as_of.as_known

    @property
    def is_fixed(self) -> bool:
        """Whether it reads one snapshot that it was given, whatever the store shows since."""
        return self._fixed is not None

    @property
    def is_held(self) -> bool:
        """Whether all is asked at one moment."""
        return self._held is not None

    @contextmanager
    def at_one_moment(self, of: View | None = None, *, pinned: bool = True) -> Iterator[View]:
        """Everything asked inside shares one snapshot and one present; inside another such block, that one's.

        A purge removes files at once: a question that needs one of them then fails, and `telltale.workbench.view.whole`
        asks everything anew.

        Args:
            of: a moment that was asked about before, to ask more about it; None is now.
            pinned: see `View`.
        """
        outer = self._held
        self._held = outer or of or self.view(pinned=pinned)
        try:
            yield self._held
        finally:
            self._held = outer

    def hold(self) -> View:
        """From here on everything is asked at this moment, until `hold` is called again or the project is closed."""
        self._held = None
        self._held = self.view()
        return self._held

    @cached_property
    def store(self) -> Store:
        """The landing store, which is also the catalog."""
        return Store(self.settings.store_url, busy_timeout_s=self.settings.landing.busy_timeout_s)

    @cached_property
    def keys(self) -> Keys:
        """The pseudonym keys."""
        return Keys(self.settings.keys, self.noted_keys)

    @cached_property
    def noted_keys(self) -> PresenceKeys:
        """Which key of each site and period counts."""
        return PresenceKeys(lambda: self.store, self.clock)

    @cached_property
    def lists(self) -> Lists:
        """Staff, fixed devices, opt-outs."""
        return Lists(self.settings.keys)

    @cached_property
    def pseudonymizer(self) -> Pseudonymizer:
        """What turns addresses into pseudonyms."""
        return Pseudonymizer(self.keys, self.lists, self.settings.site_of)

    @cached_property
    def decode(self) -> Decode:
        """What turns raw records into tables."""
        return decoder(self.pseudonymizer, self._options, limits=self.settings.settle.limits)

    @cached_property
    def lake(self) -> Lake:
        """The Parquet files and their catalog."""
        return Lake(
            self.store,
            self.settings.lake_root,
            self.decode,
            {source.name: source.decoder_version for source in SOURCES},
            personal_sources={source.name for source in SOURCES if source.personal},
            keeps_bodies=all(site.keep for site in (self.settings.site, *self.settings.sites.values())),
            keeps_superseded=self.settings.lake.keep_superseded,
            access=self.settings.object_access,
        )

    @cached_property
    def facts(self) -> Facts:
        """What is known of files without reading them."""
        return Facts(self.lake)

    @cached_property
    def engine(self) -> Engine:
        """What runs the analysis; of a moment that has passed in one thread, so that sums are added in one order.

        Raises:
            ConfigError: it cannot be opened.
        """
        if self.runs_on != DUCKDB:
            return self._spark()
        root = None if isinstance(self.settings.lake_root, Path) else self.lake.root
        return DuckEngine(threads=self._threads, remote=root if isinstance(root, ObjectRoot) else None)

    def _spark(self) -> Engine:
        chosen = self.settings.engine
        if self.runs_on != SPARK:
            raise ConfigError(f'engine "{self.runs_on}": expected one of {", ".join(ENGINES)}')
        if not chosen.spark:
            raise ConfigError(
                'telltale.toml [engine] spark is not set: expected where Spark is, such as "local[2]" or '
                '"sc://127.0.0.1:15002"; see docs/spark.md'
            )
        from telltale.engine.spark import SparkEngine

        return SparkEngine(chosen.spark, memory=chosen.memory, tell=outlet())

    def span(self, since: When, until: When, *, site: str | None = None) -> Span:
        """A stretch of time as the clock of a site reads it (None: that of `[site]`).

        Without `until` it has no end: a sender's clock may be a little ahead of ours, and its rows are not lost.
        """
        stretch = span(since, until, zone=self.zone(site), now_us=self.now_us())
        return stretch if until is not None else stretch._replace(until_us=FOREVER)

    @property
    def came_until_us(self) -> int:
        """Before which whatever is seen came, µs UTC by our own clock; without an end where the present is asked at."""
        return FOREVER if self.as_of is None else self.as_of.now_us + 1

    def zone(self, site: str | None = None) -> str:
        """The time zone of a site; None is that of `[site]`."""
        return (self.site(site) if site else self.settings.site).timezone

    def site(self, site: str) -> SiteSettings:
        """The settings of one site."""
        return self.settings.site_of(site)

    def device_info(self) -> pa.Table:
        """devices.csv as a table, then the name, role and item of the devices in buttons.csv."""
        pressed = [Device(row.device_id, row.name, role=row.role, item=row.item) for row in self._listed.buttons]
        return _table([*devices(self.settings), *pressed], COLUMNS, dict.fromkeys(_NUMBERS, pa.float64()))

    def device_line(self, device_id: str) -> str:
        """The line that puts a device into devices.csv, its name to be filled in."""
        return device_line(self.settings, device_id)

    def limit_info(self) -> pa.Table:
        """The limits of devices.csv that name a quantity: device_id, quantity, channel (empty is all), low, high."""
        listed = devices(self.settings)
        limits = [limit for device in listed for limit in device.limits]
        ids = [device.device_id for device in listed for _ in device.limits]
        table = _table(limits, Limit._fields, dict.fromkeys(_NUMBERS, pa.float64()))
        return table.add_column(0, "device_id", pa.array(ids, pa.string()))

    def button_info(self) -> pa.Table:
        """buttons.csv as a table: device_id, name, role, item, ack_for, container_qty, dead_time_s, cards, …, line."""
        types = {name: pa.float64() for name in _BUTTON_NUMBERS} | {"cards": pa.int64(), "line": pa.int64()}
        return _table(self._listed.buttons, Button._fields, types)

    def decode_hot(self, hot: Sequence[Raw]) -> Tables:
        """The rows of records not yet settled, by table; each record is decoded once while it is hot."""
        return self._hot_rows.of(hot)

    def remember(self, change: int) -> dict[Hashable, Any]:
        """What was computed from the snapshot of that change; empty when it is another than the last."""
        if self._remembered[0] != change:
            self._remembered = (change, {})
        return self._remembered[1]

    def note_settings(self) -> list[str]:
        """Keep what telltale.toml and the lists say, where it is another than before; which of them are.

        Whatever writes to the store does so; a project of a moment that has passed keeps nothing.
        """
        return [] if self.as_of is not None else note_settings(self.settings, self.store, now_us=self.clock())

    def otherwise(self, settings: Settings) -> "Project":
        """The same records at the same present, asked under other settings; it reads one snapshot, this moment's."""
        view = self.view()
        made = Project(
            settings=self.settings,
            now=lambda: view.now_us,
            running=self.running,
            as_of=self.as_of,
            runs_on=self.runs_on,
        )
        made.settings, made._fixed = settings, view.snapshot
        return made

    def another(self) -> "Project":
        """The same records by the same clock, for another thread: what is asked at one moment here is not there."""
        return Project(
            settings=self.settings,
            now=self.clock,
            running=self.running,
            as_of=self.as_of,
            threads=self._threads,
            runs_on=self.runs_on,
        )

    def on_engine(self, engine: str) -> "Project":
        """The same records and the same present, answered by another engine; of the moment asked at, where one is."""
        made = Project(settings=self.settings, now=self.clock, running=self.running, as_of=self.as_of, runs_on=engine)
        if self._held is not None:
            view = self._held
            made.clock, made._fixed = lambda: view.now_us, view.snapshot
        else:
            made._fixed = self._fixed
        return made

    def landing(self) -> Landing:
        """A new queue and writer in front of the store; the caller closes it."""
        told = self.settings.landing
        return Landing(
            self.store,
            max_records=told.max_records,
            max_bytes=told.max_bytes,
            group=told.group,
            ticket_timeout_s=told.ticket_timeout_s,
        )

    def close(self) -> None:
        """Let go of the store; the project can be used again."""
        if self.__dict__.get("_past") is not None:
            self.__dict__.pop("_past").close()
        if "store" in self.__dict__:
            self.store.close()
        self._remembered, self._held = (-1, {}), None
        self.kept.clear()
        for part in ("store", "lake", "facts", "engine"):
            self.__dict__.pop(part, None)

    @property
    def _listed(self) -> AllowList:
        return buttons(self.settings)

    @cached_property
    def _past(self) -> Past | None:
        moment = self.as_of
        if moment is None or (moment.through_id is None and not moment.as_known):
            return None
        return Past(self.lake, self.decode, moment, clock())

    @cached_property
    def _hot_rows(self) -> HotRows:
        return HotRows(self.decode, lambda: (self.lists.state(), self.lists.refused(), self.keys.refused()))

    def _options(self, source: str) -> Options:
        return self.settings.source(source).options


def _table(rows: Sequence[NamedTuple], names: Sequence[str], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows by column; those without a type are texts."""
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    return pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})
