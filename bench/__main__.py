"""Run every bench, or the ones named: `python -m bench [--quick | --full] [--keep] [name …]`; see `BENCHES`.

`--json FILE` writes what was seen to a file; `--keep` into `bench/measured.json`, and makes docs/figures.md and the
figures of README.md from it.
"""

import argparse
import importlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import measured, page

BENCHES = (
    "ingest", "mqtt", "coap", "capture", "replay", "decode", "efento", "settle", "objects", "analysis", "peers",
    "spark", "presses", "fresh", "start", "calls", "pages", "reports", "publish", "dashboards", "backfill",
)  # fmt: skip

YEARS_VARIABLE = "TELLTALE_BENCH_YEARS"
"""A folder where projects of years are kept for the next time; see `bench.grown`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the named benches one after the other, so that they do not disturb each other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of: {', '.join(BENCHES)}")
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", dest="size", action="store_const", const="quick", help="some minutes, fewer repeats")
    much.add_argument("--full", dest="size", action="store_const", const="full", help="the largest data too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was seen to a file")
    parser.add_argument("--keep", action="store_true", help="make docs/figures.md and README.md from it")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHES))
    if unknown:
        parser.error(f"no bench {unknown[0]!r}; known: {', '.join(BENCHES)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as users have it: a started process compiles nothing again
    os.environ[measured.SIZE_VARIABLE] = given.size or "default"  # before a bench is imported; its children read it too
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        os.environ.setdefault(YEARS_VARIABLE, folder)  # those that need years of records make them once
        for name in given.names or BENCHES:
            _run(name, given.json, keeps=given.keep)


def _run(name: str, file: Path | None, *, keeps: bool) -> None:
    """One bench; what it saw is kept before the next begins, so that a failure of that one loses nothing."""
    print(f"\n== {name}", flush=True)
    about = measured.machine()
    measured.NOTED.clear()
    importlib.import_module(f"bench.{name}").main()
    if not measured.NOTED:
        return
    runs = {name: measured.run_of(measured.NOTED, about)}
    if file is not None:
        measured.write(runs, file)
    if keeps:
        measured.write(runs)
        page.write()


if __name__ == "__main__":
    main()
