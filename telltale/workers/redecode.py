"""Decode again on the workers of Spark, and publish as decoding here does.

Some received days of one source at a time, as many as come to five million records. 1 read the list of their raw files
and of the decoded files that may hold rows of theirs; 2 workers decode them and write, for each table and day touched,
the rows of other records as they were plus the new ones; 3 in one transaction un-list exactly the files replaced (all
still listed, and the raw files too, else start again) and list the new. Until then nobody sees any of it: what a worker
or this process wrote before it died, gc removes.

The lock of rebuilding is taken for the third step only: the second may take long, and rests on the exact lists.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from telltale.arrow import DAY_US, utc_day
from telltale.contract import ConfigError, Options
from telltale.lake import RAW_TABLE, Changed, File, Lake, Redecoded
from telltale.lake.catalog import writable
from telltale.lake.damage import Damaged, is_listed, seen_by_reading
from telltale.lake.lake import going_on, retried
from telltale.lake.lock import HOST, locked
from telltale.lake.redecode import Inputs, Progress, inputs_of, oldest_decoder, others, publish, received_days
from telltale.landing.schema import FILES
from telltale.privacy import Period, Pseudonymizer
from telltale.tables import TABLES
from telltale.workers.given import Given
from telltale.workers.parts import Line, line, number_of
from telltale.workers.ring import Ring, add, require_same, ring_of

BATCH_RECORDS = 5_000_000
BATCH_BYTES = 2 << 30
"""Of raw files as they lie, which are packed."""
UNIT_RECORDS = 40_000
_TRIES = 3
_Days = list[date]


class Runs(Protocol):
    """Workers, wherever they are: `telltale.workers.job.Workers` are those of Spark."""

    @property
    def words(self) -> str:
        """Who they are, for a sentence."""
        ...

    def require_encryption(self) -> None:
        """Check that no key that is sent to a worker can come to lie on a disk."""
        ...

    def require_folder(self) -> None:
        """Check that workers see the lake's folder as it is here."""
        ...

    def run(self, units: Sequence[Line], old: Sequence[Line], given: Given, rest: Given, /) -> Sequence[Line]:
        """What workers tell of decoding these units, and of writing the files of each table and day."""
        ...


class Decoder(NamedTuple):
    """What a decoder is made of, for one that decodes elsewhere."""

    pseudonymizer: Pseudonymizer
    options_of: Callable[[str], Options]
    limits: tuple[int, ...]
    site: tuple[str, str]
    """Time zone and rotation of a site that is not listed."""
    sites: Mapping[str, tuple[str, str]]


class _Outcome(NamedTuple):
    """What workers told of a run."""

    files: list[dict[str, Any]]
    records: int
    rows: dict[str, int]
    wanted: list[tuple[str, Period]]
    refused: dict[int, int]
    """Records whose key is refused, by received day."""
    damaged: list[str]


def redecode_on(
    workers: Runs,
    lake: Lake,
    decoder: Decoder,
    *,
    since_day: date | None = None,
    until_day: date | None = None,
    source: str | None = None,
    now_us: int,
    progress: Progress = lambda _done, _of: None,
) -> Redecoded:
    """Rebuild what was received on days (UTC) with since_day <= day <= until_day; None leaves an end open.

    A day of which a file is damaged is left as it is: `lake.left_out` names it.

    Raises:
        Changed: the files of some days kept changing; the days before them are done.
        ConfigError: workers do not reach the lake, or keys would not be safe with them: nothing was begun; or a key
            that pseudonyms need is refused: the days before are done.
        SparkLost: Spark is gone; the days before are done.
    """
    days, unknown = received_days(lake, since_day, until_day, source)
    if any(lake.is_personal(name) for name, _ in days):
        workers.require_encryption()
    if days:
        workers.require_folder()
    run = _Run(workers, lake, decoder, going_on(now_us))
    frozen, done, raws, rows = list[tuple[str, date]](), 0, 0, defaultdict[str, int](int)
    damaged = 0
    for name, some in _batches(lake, days):
        progress(done, len(days))
        made = retried(lambda name=name, some=some: run.rebuild(name, some))  # type: ignore[misc]
        done += len(some)
        frozen += [(name, day) for day in sorted(made.frozen)]
        damaged += made.damaged
        raws += made.records
        for table_name, count in made.rows.items():
            rows[table_name] += count
    progress(len(days), len(days))
    return Redecoded(len(days) - len(frozen) - damaged, raws, dict(rows), tuple(frozen), unknown)


class _Made(NamedTuple):
    """What became of some days."""

    frozen: set[date]
    damaged: int
    records: int = 0
    rows: Mapping[str, int] = {}


class _Run(NamedTuple):
    """What each batch of a run has in common."""

    workers: Runs
    lake: Lake
    decoder: Decoder
    present: Callable[[], int]

    def rebuild(self, source: str, days: _Days) -> _Made:
        """Rebuild these received days of a source, all at once."""
        left = list(days)
        while True:
            inputs = inputs_of(self.lake, source, left)
            if not inputs.raw:
                return _Made(inputs.frozen, len(days) - len(left))
            ring, outcome = self._decoded(source, inputs)
            if outcome.damaged:
                bad = self._damaged_days(inputs, outcome.damaged)
                left = [day for day in left if day not in bad]
                if not bad:
                    raise Changed(f"lake {self.lake.root.shown}: {min(outcome.damaged)} is of no day; start again")
                continue
            self._publish(source, inputs, outcome, ring)
            return _Made(inputs.frozen, len(days) - len(left), outcome.records, outcome.rows)

    def _decoded(self, source: str, inputs: Inputs) -> tuple[Ring, _Outcome]:
        """What workers made, with all keys they need."""
        self.lake.step("decode:1 listed")
        keys, lists = self.decoder.pseudonymizer.keys, self.decoder.pseudonymizer.lists
        first, last = (number_of(end(file.day for file in inputs.raw)) * DAY_US for end in (min, max))
        ring = (
            ring_of(keys, lists, since_us=first, until_us=last + 2 * DAY_US)
            if self.lake.is_personal(source)
            else Ring({}, set(), {}, {"list_key": b"", "lists": {}})
        )
        units, old = list(_units(inputs.raw)), list(_old(inputs))
        rest = {"folder": self.lake.root.shown, "source": source, "at_us": self.present()}
        for _ in range(_TRIES):
            given = {**rest, **ring.given(), **self._rules(source, inputs)}
            outcome = _outcome(self.workers.run(units, old, given, rest))
            if not outcome.wanted:
                break
            if not self.lake.is_personal(source):
                self.workers.require_encryption()
            add(ring, keys, outcome.wanted)
        else:
            raise Changed(f"keys of {source}: workers keep asking for more; start again")
        self.lake.step("decode:2 decoded")
        if outcome.refused:
            number, records = min(outcome.refused.items())
            days = sorted({file.day for file in inputs.raw})
            raise ConfigError(
                f"decoding {source} of {utc_day(number)} again: the key of {records:,} records is not the one they were"
                f' decoded with; "telltale doctor" says what is wrong, nothing from {days[0]} to {days[-1]} was changed'
            )
        return ring, outcome

    def _rules(self, source: str, inputs: Inputs) -> Given:
        decoder = self.decoder
        return {
            "options": {source: dict(decoder.options_of(source))},
            "limits": list(decoder.limits),
            "site": decoder.site,
            "sites": dict(decoder.sites),
            "purged": {name: [number_of(day) for day in days] for name, days in inputs.purged.items()},
        }

    def _publish(self, source: str, inputs: Inputs, outcome: _Outcome, ring: Ring) -> None:
        lake = self.lake
        by_path = {file.path: file for file in inputs.decoded}
        replaced = [by_path[path] for told in outcome.files for path in told["replaced"]]
        version, raw = lake.versions[source], others(lake, source, inputs.raw)
        files = []
        for told in outcome.files:
            if told["file"] is None:
                continue
            oldest = [oldest_decoder(low, high, raw, of_file) for low, high, of_file in told["kept"]]
            made = {**told["file"], "day": utc_day(told["file"]["day"]), "decoder_version": min([version, *oldest])}
            files.append(File(**made, source=source, site="", created_at=self.present(), host=HOST))
        files = self._named(files)
        lake.step("decode:3 written")
        with locked(lake.store, "rebuild", wait_s=lake.lock_wait_s):
            if lake.is_personal(source):
                require_same(ring, self.decoder.pseudonymizer.keys, self.decoder.pseudonymizer.lists)
            publish(lake, source, inputs.raw, replaced, files, at=self.present())

    def _named(self, files: Sequence[File]) -> list[File]:
        """The files under names that no removal that is still under way will hit."""
        names = writable(self.lake.store, [file.path for file in files])
        folder = Path(self.lake.root.shown)
        for path, other in names.items():
            if other != path:
                try:
                    content = self.lake.root.content(path)
                except FileNotFoundError as error:
                    raise Changed(f"lake {folder}: {path} was removed before it was listed; start again") from error
                self.lake.root.write({other: content}, lambda _step: None, at_us=self.present())
        return [file._replace(path=names[file.path]) for file in files]

    def _damaged_days(self, inputs: Inputs, paths: Sequence[str]) -> set[date]:
        """The received days that cannot be done without these files, which are noted as damaged."""
        by_path = {file.path: file for file in (*inputs.raw, *inputs.decoded)}
        days: set[date] = set()
        for file in (by_path[path] for path in sorted(set(paths))):
            what = seen_by_reading(self.lake.root, file)
            if not is_listed(self.lake.store, file):
                raise Changed(f"lake {self.lake.root.shown}: {file.path} was purged since it was listed; start again")
            if not what:
                raise ConfigError(
                    f"{self.workers.words}: its workers read other bytes of {file.path} than are here; let "
                    f"{self.lake.root.shown} be one folder for all, nothing of these days was changed"
                )
            self.lake.leave_out(Damaged(self.lake.root, file, what))
            if file.table_name == RAW_TABLE:
                days.add(file.day)
            else:
                days |= {raw.day for raw in inputs.raw if _overlap(raw, file)}
        return days


def _batches(lake: Lake, days: Sequence[tuple[str, date]]) -> Iterator[tuple[str, _Days]]:
    """The days of each source, as many at once as a run should have."""
    query = sa.select(FILES.c.source, FILES.c.day, sa.func.sum(FILES.c.rows), sa.func.sum(FILES.c.bytes))
    query = query.where(FILES.c.table_name == RAW_TABLE).group_by(FILES.c.source, FILES.c.day)
    with lake.store.reader() as connection:
        size = {(name, day): (int(rows), int(of)) for name, day, rows, of in connection.execute(query)}
    for name, of_source in groupby(days, key=lambda each: each[0]):
        some, records, total = list[date](), 0, 0
        for _, day in of_source:
            more, more_bytes = size.get((name, day), (0, 0))
            if some and (records + more > BATCH_RECORDS or total + more_bytes > BATCH_BYTES):
                yield name, some
                some, records, total = [], 0, 0
            some, records, total = [*some, day], records + more, total + more_bytes
        if some:
            yield name, some


def _units(raw: Sequence[File]) -> Iterator[Line]:
    """Lines that each list about as many records as a decoder takes at once."""
    some, records = list[dict[str, Any]](), 0
    for file in sorted(raw, key=lambda file: file.first_raw_id):
        if some and records + file.rows > UNIT_RECORDS:
            yield line("unit", some)
            some, records = [], 0
        some.append({"path": file.path, "sha256": file.sha256, "day": number_of(file.day)})
        records += file.rows
    if some:
        yield line("unit", some)


def _old(inputs: Inputs) -> Iterator[Line]:
    """A line for each table and day with files that may hold rows of these records."""
    of: dict[tuple[str, date], list[File]] = defaultdict(list)
    for file in inputs.decoded:
        of[file.table_name, file.day].append(file)
    for (table_name, day), files in sorted(of.items()):
        if table_name not in TABLES:
            continue
        near = [raw for raw in inputs.raw if any(_overlap(raw, file) for file in files)]
        told = {
            "files": [
                {
                    "path": file.path,
                    "sha256": file.sha256,
                    "version": file.decoder_version,
                    "first": file.first_raw_id,
                    "last": file.last_raw_id,
                    "is_frozen": file.is_frozen,
                }
                for file in files
            ],
            "raw": [{"path": raw.path, "first": raw.first_raw_id, "last": raw.last_raw_id} for raw in near],
        }
        yield line("old", told, table_name, number_of(day))


def _overlap(one: File, other: File) -> bool:
    return one.first_raw_id <= other.last_raw_id and one.last_raw_id >= other.first_raw_id


def _outcome(lines: Sequence[Mapping[str, Any]]) -> _Outcome:
    outcome = _Outcome([], 0, defaultdict(int), [], defaultdict(int), [])
    records = 0
    for each in lines:
        told = json.loads(each["payload"])
        match each["kind"]:
            case "file":
                outcome.files.append(told)
            case "count":
                records += told["records"]
                for name, count in told["rows"].items():
                    outcome.rows[name] += count
            case "wants":
                outcome.wanted.extend((site, Period(*period)) for site, *period in told)
            case "refused":
                outcome.refused[told["day"]] += told["records"]
            case "damaged":
                outcome.damaged.append(told)
    return outcome._replace(records=records)
