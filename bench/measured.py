"""What the benches measured: noted while they run, kept in `measured.json`, from which docs/figures.md is made.

A bench notes each figure with `note`, which prints it too. How much it does follows `sized`: `--quick` is for a look
of some minutes, `--full` for the largest data; medians are of interleaved repeats, so that what else the machine does
falls on both sides of a ratio alike.
"""

import importlib.metadata
import json
import os
import platform
import sqlite3
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psutil  # type: ignore[import-untyped]  # it ships no types

FILE = Path(__file__).parent / "measured.json"
SIZES = ("quick", "default", "full")
SIZE_VARIABLE = "TELLTALE_BENCH_SIZE"
PACKAGES = ("duckdb", "pyarrow", "numpy", "granian", "voila")
"""Whose versions may move a figure."""
Of = TypeVar("Of")


class Figure(NamedTuple):
    """One number of a bench."""

    name: str
    value: float
    unit: str
    """Empty of a ratio."""
    of: str
    """What was measured, on what, how often."""
    at: str = ""
    """A column, such as `3 y`, where the same was measured of several sizes."""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether it reached what it was to reach; None where nothing was set."""
        if self.at_most is None and self.at_least is None:
            return None
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )


class Run(NamedTuple):
    """The figures of one bench, and of when and what machine they are."""

    date: str
    size: str
    machine: Mapping[str, Any]
    figures: tuple[Figure, ...]


NOTED: list[Figure] = []
"""By the bench that runs."""


def size() -> str:
    """How much to measure: one of `SIZES`."""
    return os.environ.get(SIZE_VARIABLE, "default")


def sized(quick: Of, default: Of, full: Of | None = None) -> Of:
    """The value for the size that was asked for; `full` is as `default` where it is not given."""
    return {"quick": quick, "full": default if full is None else full}.get(size(), default)


def note(
    name: str,
    value: float,
    unit: str = "",
    *,
    of: str,
    at: str = "",
    at_most: float | None = None,
    at_least: float | None = None,
) -> None:
    """Print a figure and keep it for the table.

    Args:
        name: what it is, with ÷ where it is a ratio.
        value: the number.
        unit: of the number; empty of a ratio.
        of: on what it was measured, and how often.
        at: a column, where the same is measured of several sizes.
        at_most: what it is to reach.
        at_least: the same.
    """
    figure = Figure(name, round(value, 6), unit, of, at, at_most, at_least)
    NOTED.append(figure)
    missed = "" if figure.is_met is not False else "  <- missed"
    where = f", {at}" if at else ""
    print(f"{name}{where}: {spelled(value, unit)}{to_reach(figure, ' (to reach: {})')}{missed}", flush=True)


def spelled(value: float, unit: str = "") -> str:
    """A number with its unit, to three digits: `0.29`, `6.2`, `5,000/s`, `53 ms`."""
    size = abs(value)
    text = (
        f"{value:,.0f}" if size >= 100 or (size >= 20 and unit) else f"{value:.3g}" if size >= 0.001 else f"{value:g}"
    )
    return f"{text}{'' if unit in ('', '/s') else ' '}{unit}"


def to_reach(figure: Figure, form: str = "{}") -> str:
    """What it was to reach, in a form; empty where nothing was set."""
    sides = (("≤", figure.at_most), ("≥", figure.at_least))
    goals = [f"{sign} {spelled(bound, figure.unit)}" for sign, bound in sides if bound is not None]
    return form.format(", ".join(goals)) if goals else ""


def machine() -> dict[str, Any]:
    """What it is measured on, without a name that tells whose it is."""
    return {
        "cores": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
        "load": round(os.getloadavg()[0], 1),
        "pace_ms": round(pace_ms()),
    }


def pace_ms() -> float:
    """CPU milliseconds of a million additions in Python, the least of five: figures in seconds are read against it."""
    took_s = []
    for _ in range(5):
        began, total = time.process_time(), 0
        for number in range(1_000_000):
            total += number
        took_s.append(time.process_time() - began)
    return 1e3 * min(took_s)


def run_of(figures: Iterable[Figure], about: Mapping[str, Any]) -> Run:
    """What one bench noted, of today."""
    return Run(f"{datetime.now(UTC):%Y-%m-%d}", size(), about, tuple(figures))


def read(file: Path = FILE) -> dict[str, Run]:
    """What was kept, by bench; empty without a file."""
    if not file.exists():
        return {}
    kept = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: Run(run["date"], run["size"], run["machine"], tuple(Figure(**each) for each in run["figures"]))
        for name, run in kept.items()
    }


def write(runs: Mapping[str, Run], file: Path = FILE) -> None:
    """Keep runs, those of other benches as they are; a figure's empty fields are left out."""
    kept = {**read(file), **runs}
    data = {
        name: {**run._asdict(), "figures": [_filled(figure) for figure in run.figures]} for name, run in kept.items()
    }
    file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _filled(figure: Figure) -> dict[str, Any]:
    defaults = Figure._field_defaults
    return {name: value for name, value in figure._asdict().items() if name not in defaults or value != defaults[name]}
