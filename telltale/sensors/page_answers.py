"""What the pages ask about sensors and devices: each question once, when a part needs it."""

import datetime as dt
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.findings import limit_concerns, silent_devices
from telltale.health import calls as devices
from telltale.page.attention import Found
from telltale.page.board import Ask, Freshness
from telltale.page.common import arrow_of
from telltale.sensors import calls as sensors
from telltale.sensors.words.titles import main_quantity
from telltale.sources import SOURCES
from telltale.workbench.times import local_time, micros

DAYS = "14d"
"""How far back the charts by day go."""
WIDTHS: dict[str, str | None] = {"24h": None, "48h": None, "14d": "1 h"}
"""The stretches one may choose, and how wide the bins of each are; None shows each reading."""
NODES = {source.name for source in SOURCES if "node_heartbeat" in source.tables}
"""Sources of access points: the presence page tells which of them are silent."""
LATE_S, SILENT_S = 2_400.0, 7_200.0
"""Sensors report every ten minutes or so: a page of them is late after four times that."""


class Known(NamedTuple):
    """The sensors of the last fortnight, and what they measure."""

    names: dict[str, str]
    """By what stands in the address of the page: a device id without its colon."""
    quantities: list[str]
    """The one the page opens with comes first."""


class SensorFigures:
    """Answers about sensors.

    Args:
        ask: of which project.
        stretch: `24h`, `48h` or `14d`.
        device: what `Known.names` calls it; empty is all.
        quantity: such as temperature; empty is all.
    """

    def __init__(self, ask: Ask, *, stretch: str = "24h", device: str = "", quantity: str = "") -> None:
        self.ask, self.stretch = ask, stretch
        self.settings = ask.project.settings
        self.zone = self.settings.site.timezone
        self.tolerated = {"tolerated_min": self.settings.sensors.tolerated_min}
        self.width = WIDTHS[stretch]
        self._which: dict[str, Any] = {
            "device": device.replace("-", ":", 1) or None,
            "quantity": quantity or None,
            "project": ask.project,
        }

    @property
    def now(self) -> dt.datetime:
        """The present on the site's clock."""
        return local_time(self.ask.project.now_us(), self.zone)

    @cached_property
    def stats(self) -> pa.Table:
        """Figures of the stretch."""
        return arrow_of(sensors.stats(self.stretch, **self._which))

    @cached_property
    def series(self) -> pa.Table:
        """What was measured."""
        return arrow_of(sensors.series(self.stretch, bin=self.width, **self._which))

    @cached_property
    def excursions(self) -> pa.Table:
        """When limits were left."""
        return arrow_of(sensors.excursions(self.stretch, **self._which))

    @cached_property
    def episodes(self) -> pa.Table:
        """When doors stood open and alarms were on, of every switch: a door matters to the fridge behind it."""
        return arrow_of(sensors.episodes(self.stretch, project=self.ask.project))

    @cached_property
    def gaps(self) -> pa.Table:
        """Where readings are missing."""
        return arrow_of(sensors.gaps(self.stretch, **self._which))

    @cached_property
    def outside(self) -> pa.Table:
        """Minutes outside limits by day, of a fortnight; looked up once a minute."""
        key = ("outside", self._which["device"], self._which["quantity"])
        found: pa.Table = self.ask.slowly(key, lambda: arrow_of(sensors.outside(DAYS, **self._which)))
        return found

    @cached_property
    def missing(self) -> pa.Table:
        """Messages missing by device and day, of a fortnight; looked up once a minute."""
        return _of(arrow_of(missing(self.ask)), set(self.stats["device_id"].to_pylist()))

    @cached_property
    def health(self) -> pa.Table:
        """How each of these sensors reports; looked up once a minute."""
        return _of(arrow_of(health(self.ask)), set(self.stats["device_id"].to_pylist()) | self._silent())

    def _silent(self) -> set[str]:
        """Sensors that say nothing at all are not among the readings of a short stretch."""
        if self._which["device"]:
            return {self._which["device"]}
        return {name.replace("-", ":", 1) for name in known(self.ask).names}


def trends(ask: Ask) -> pa.Table:
    """Where batteries and signals go; looked up once a minute."""
    found: pa.Table = ask.slowly("trends", lambda: arrow_of(sensors.trends(project=ask.project)))
    return found


def concerns(ask: Ask) -> list[Found]:
    """The sensors that left their limits in 24 hours, or are silent while others of their source are heard."""
    figures = SensorFigures(ask)
    if not known(ask).names:
        return []
    told = health(ask)
    alone = [one for one in told.attrs["attention"] if one["kind"] != "source" and not one["site"]]
    sensed = [one for one in alone if one["source"] not in NODES]
    return [
        *limit_concerns(figures.excursions, figures.stats, now=figures.now, **figures.tolerated),
        *silent_devices(sensed, told, now=figures.now, pages={one["source"]: "sensors" for one in sensed}),
    ]


def _of(rows: pa.Table, device_ids: set[str]) -> pa.Table:
    return rows.filter(pc.is_in(rows["device_id"], pa.array(sorted(device_ids), pa.string())))


def known(ask: Ask) -> Known:
    """The sensors of the last fortnight; looked up once a minute, sooner as long as there are none."""
    found = ask.slowly("sensors", lambda: _known(ask))
    return found if found.names else _known(ask)


def _known(ask: Ask) -> Known:
    stats = sensors.stats(DAYS, project=ask.project)
    names = dict(zip(stats["device_id"], stats["name"], strict=True))
    quantities = sorted(set(stats["quantity"]))
    first = main_quantity(quantities)
    return Known(
        {device_id.replace(":", "-", 1): name for device_id, name in names.items()},
        [first, *(name for name in quantities if name != first)] if quantities else [],
    )


def health(ask: Ask, since: str = "24h") -> Any:
    """How each device reports; looked up once a minute."""
    return ask.slowly(("health", since), lambda: devices.devices(since, project=ask.project))


def missing(ask: Ask, since: str = DAYS) -> Any:
    """Messages missing by device and day; looked up once a minute."""
    return ask.slowly(("missing", since), lambda: devices.missing(since, project=ask.project))


def freshness(figures: SensorFigures) -> Freshness:
    """Of the newest reading; drooping where a sensor is silent."""
    stats = figures.stats
    newest = micros(pc.max(stats["last_at"]).as_py()) if stats.num_rows else None
    silent = "silent" in figures.health["state"].to_pylist()
    return Freshness(newest, LATE_S, SILENT_S, silent, figures.zone)
