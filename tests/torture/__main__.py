"""`make torture`: every fault so many times, one table, exit code 1 where a record was lost: `python -m tests.torture`.

`--short` has one round of those that take seconds, as CI has it; `--keep` keeps the table in bench/torture.json, from
which `python -m bench.page` makes docs/figures.md. Names choose some of the faults.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import measured, page
from tests.torture.agent import kill_idle
from tests.torture.damage import clock_steps, damaged_files
from tests.torture.hostile import described_requests, hostile_bytes
from tests.torture.kills import kills
from tests.torture.power import power_cut
from tests.torture.row import Fault, Row, table
from tests.torture.senders import amplification, broker_restarts, noisy_clients, silent_clients
from tests.torture.stores import full_disk, full_queue, locked_store, postgresql_restarts

FAULTS = (
    Fault("kills", kills, 3, is_short=False),
    Fault("idle", kill_idle, 2, is_short=False),
    Fault("power", power_cut, 60),
    Fault("disk", full_disk, 10),
    Fault("lock", locked_store, 10),
    Fault("queue", full_queue, 10),
    Fault("clock", clock_steps, 3),
    Fault("damage", damaged_files, 2, is_short=False),
    Fault("broker", broker_restarts, 6),
    Fault("postgresql", postgresql_restarts, 6),
    Fault("silent", silent_clients, 3, is_short=False),
    Fault("noisy", noisy_clients, 3, is_short=False),
    Fault("amplification", amplification, 10, is_short=False),
    Fault("bytes", hostile_bytes, 25),
    Fault("requests", described_requests, 10, is_short=False),
)
"""The long form takes a quarter of an hour; what the short one lacks has tests of its own that CI runs anyway."""


def struck(faults: Sequence[Fault], *, is_short: bool) -> Iterator[Row]:
    """The rows of these faults, each in a folder of its own; one that goes wrong is said, and the others go on."""
    for fault in faults:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="telltale-torture-", ignore_cleanup_errors=True) as folder:
            try:
                yield from fault.run(Path(folder) / fault.name, 1 if is_short else fault.rounds)
            except Exception as error:  # noqa: BLE001 - whatever it is, the row says so, and the exit code
                yield Row(fault.name, 0, 0, 1, 0, None, 0.0, note=f"not ended: {type(error).__name__}: {error}"[:300])
        print(f"{fault.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def keep(rows: Sequence[Row], about: object, *, is_whole: bool) -> None:
    """What docs/figures.md shows; where some were named, the rows of all others stay."""
    made = {row.fault: row._asdict() for row in rows}
    told: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": about, "rows": [*made.values()]}
    if not is_whole and page.TORTURE.exists():
        kept = json.loads(page.TORTURE.read_text(encoding="utf-8"))
        gone = made.keys() | {fault.name for fault in FAULTS}  # one that did not end has the name of its fault
        told = kept | {"rows": [row for row in kept["rows"] if row["fault"] not in gone] + told["rows"]}
    page.TORTURE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Strike, print, and keep where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    names = [fault.name for fault in FAULTS]
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of: {', '.join(names)}")
    parser.add_argument("--short", action="store_true", help="one round of those that take seconds")
    parser.add_argument("--keep", action="store_true", help="keep the table in bench/torture.json")
    given = parser.parse_args(arguments)
    if unknown := sorted({*given.names} - {*names}):
        parser.error(f"no fault {unknown[0]!r}; known: {', '.join(names)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    about = measured.machine()
    chosen = [each for each in FAULTS if each.name in (given.names or names) and (each.is_short or not given.short)]
    rows = list(struck(chosen, is_short=given.short))
    print(table(rows))
    for row in rows:
        if row.note:
            print(f"{row.fault}: {row.note}")
    if given.keep:
        keep(rows, about, is_whole=not given.names)
    return 0 if all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
