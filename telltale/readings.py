"""A line of the log for what a sensor measured, and for a button's press: value, device and time.

A collector hands over each record once it is durable, which costs an entry in a queue; a thread of its own decodes a
few of them twice a second, and says how many more there were. Nothing is said of sightings, phones and PCs.

    12:30:05 efento:282c024156af temperature 21.5 °C at 12:30:00 (newest of 12)
    12:31:10 M4 screws pressed at 12:31:10
"""

import datetime as dt
import json
import logging
import threading
import zoneinfo
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from telltale import discreet
from telltale.address import masked
from telltale.contract import Chunk, ConfigError, DecodeError, Options, Raw, Source
from telltale.settings import Settings
from telltale.settings.buttons import buttons

log = logging.getLogger("telltale.readings")

EVERY_S = 0.5
MOST_RECORDS = 20
"""Decoded each time; of more it is said how many."""
MOST_BYTES = 16 << 10
"""A larger record has no line: it would take long."""
MOST_LINES = 8
"""Of one record: a sensor has that many channels."""
_NAME_CHARACTERS = 64
_TABLES = {"reading", "frame"}


class Press(NamedTuple):
    """What a button is called, and for how long its frames are one press."""

    item: str
    dead_time_s: float


class ReadingLog:
    """Says what sensors measured, from a thread of its own that begins with the first record.

    Args:
        sources: whose records may come.
        settings: options of the sources, the site's zone, the listed buttons.
        say: takes a line.
    """

    def __init__(self, sources: Iterable[Source], settings: Settings, *, say: Callable[[str], None]) -> None:
        self._sources = {source.name: source for source in sources if _TABLES.intersection(source.tables)}
        self._options: Mapping[str, Options] = {name: settings.source(name).options for name in self._sources}
        self._zone = zoneinfo.ZoneInfo(settings.site.timezone)
        self._settings = settings
        self._presses: dict[str, Press] = {}
        self._pressed_us: dict[str, int] = {}
        self._say = say
        self._waiting: deque[Raw] = deque(maxlen=MOST_RECORDS)
        self._left_out = 0
        self._some, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, raw: Raw) -> None:
        """Take a record that is durable; never waits, and raises nothing."""
        if raw.source not in self._sources or len(raw.body) > MOST_BYTES:
            return
        if len(self._waiting) == MOST_RECORDS:  # then the oldest goes
            self._left_out += 1
        self._waiting.append(raw)
        if not self._some.is_set():
            self._some.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="readings", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Say what waits, and stop."""
        self._closing.set()
        self._some.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            self._closing.wait(EVERY_S)
            self._flush()

    def _flush(self) -> None:
        self._some.clear()
        left_out, self._left_out = self._left_out, 0
        records = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if any(raw.source == "button" for raw in records):
            self._presses = _presses(self._settings)  # the list may have changed, as for the capture
        for raw in records:
            try:
                for line in self._lines(raw):
                    self._say(line)
            except DecodeError:  # settling says so
                continue
            except Exception as error:  # noqa: BLE001 - a log that fails must not end the next line
                log.debug("a record has no line: %s", discreet.place(error))
        if left_out:
            self._say(f"{left_out:,} more records of sensors within {EVERY_S:g} s have no line")

    def _lines(self, raw: Raw) -> Iterator[str]:
        chunks = [
            item
            for item in self._sources[raw.source].decode(raw, self._options[raw.source])
            if isinstance(item, Chunk) and item.table in _TABLES
        ]
        yield from _readings([chunk for chunk in chunks if chunk.table == "reading"], self._clock)[:MOST_LINES]
        for chunk in chunks:
            if chunk.table == "frame":
                yield from self._frames(chunk)

    def _frames(self, chunk: Chunk) -> Iterator[str]:
        for device, at_us in zip(chunk.columns["device_id"], chunk.columns["observed_at"], strict=True):
            press = self._presses.get(device)
            if press is None:
                continue
            since_us = at_us - self._pressed_us.get(device, -(10**18))
            self._pressed_us[device] = at_us
            if since_us > press.dead_time_s * 1e6:
                yield f"{press.item} pressed at {self._clock(at_us)}"

    def _clock(self, at_us: int) -> str:
        return f"{dt.datetime.fromtimestamp(at_us / 1e6, self._zone):%Y-%m-%d %H:%M:%S}"


def reading_log(sources: Iterable[Source], settings: Settings) -> ReadingLog | None:
    """What says the readings, where the log is to have them: `telltale.readings` at info, as it is by default."""
    if not log.isEnabledFor(logging.INFO):
        return None
    return ReadingLog(sources, settings, say=lambda line: log.info("%s", line))


def _presses(settings: Settings) -> dict[str, Press]:
    """The listed buttons by their id; phones are none. None of a list that cannot be read, which others say."""
    try:
        listed = buttons(settings).buttons
    except ConfigError:
        return {}
    usual_s = settings.kanban.dead_time_s
    return {
        one.device_id: Press(one.item or one.name, usual_s if one.dead_time_s is None else one.dead_time_s)
        for one in listed
        if one.role == "button"
    }


def _readings(chunks: Iterable[Chunk], clock: Callable[[int], str]) -> list[str]:
    """A line for the newest reading of each quantity and channel of each device."""
    newest: dict[tuple[str, str, str], tuple[int, float, str, int]] = {}
    for chunk in chunks:
        for row in _rows(chunk):
            value, error = row.get("value"), row.get("error_code")
            if value is None or error is not None:
                continue
            key = row["device_id"], _plain(row.get("channel") or ""), _plain(row["quantity"])
            count = newest[key][3] + 1 if key in newest else 1
            if key not in newest or row["observed_at"] >= newest[key][0]:
                newest[key] = row["observed_at"], value, row.get("unit") or "", count
            else:
                newest[key] = (*newest[key][:3], count)
    return [
        f"{' '.join(filter(None, (*key, f'{value:.10g}', unit)))} at {clock(at_us)}"
        f"{f' (newest of {count})' if count > 1 else ''}"
        for key, (at_us, value, unit, count) in newest.items()
    ]


def _rows(chunk: Chunk) -> Iterator[dict[str, Any]]:
    names = [name for name in chunk.columns if name != "meta"]
    for values in zip(*(chunk.columns[name] for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


def _plain(name: object) -> str:
    """A name that a sender chose: no address in it, no line of its own, and no longer than a name."""
    return json.dumps(masked(str(name)[:_NAME_CHARACTERS]), ensure_ascii=False)[1:-1]
