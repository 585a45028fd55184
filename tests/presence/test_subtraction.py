"""No sum or difference of a page's figures tells of fewer than k devices, whichever period or addresses one chooses.

Small worlds in which each device is there once, so that every figure is a sum of the smallest cells: what is shown are
equations, and a cell is told if it follows from them.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import telltale as tt
from telltale.contract import Raw
from telltale.presence import cards
from telltale.presence.answers import Answers
from tests.lake_fixture import at, report, write_settings

K = 5
DAYS = ("2026-11-05", "2026-11-06", "2026-11-18", "2026-11-19", "2026-11-20")
"""The last is today; the first two lie in the four weeks, but not in the seven days."""
MINUTES = {"6": 6, "12": 12, "25": 25, "70": 70}
WHAT = ("passing", *MINUTES, "open")
KINDS = {"global": "3c", "local": "3e"}
PERIODS = ("1d", "7d", "28d")
Cell = tuple[str, str, str]
"""A smallest cell: day, address kind, what the devices did."""


class World(NamedTuple):
    """A project and how many devices there are in each smallest cell."""

    project: tt.Project
    cells: dict[Cell, int]
    asked: dict[tuple[str, str], Answers]
    """By period and addresses, each once."""

    def total(self, cells: set[Cell]) -> int:
        return sum(self.cells[cell] for cell in cells)


def made(root: Path, seed: int) -> World:
    """A report a cell: its devices were heard from ten o'clock on, or until now."""
    random = Random(seed)
    project = tt.Project(write_settings(root, more=f"k = {K}\n"), now=lambda: at("2026-11-20 12:00"))
    cells = {
        (day, kind, what): random.choice((0, 0, 1, 2, 3, 5, 6, 9, 14))
        for day, kind, what in product(DAYS, KINDS, WHAT)
        if what != "open" or day == DAYS[-1]
    }
    landing = project.landing()
    for number, ((day, kind, what), count) in enumerate(cells.items()):
        first_s = at(f"{day} {'11:40' if what == 'open' else '10:00'}") // 10**6
        last_s = first_s + 60 * (20 if what == "open" else MINUTES.get(what, 1))
        rows = [(f"{KINDS[kind]}:06:30:aa:{number:02x}:{n:02x}", -50, first_s, last_s) for n in range(count)]
        landing.append(Raw(0, "cloudtrax", last_s * 10**6, "", "{}", report("AC:86:74:11:22:33", rows)))
    landing.close()
    return World(project, cells, {})


@pytest.fixture(scope="module", params=range(3))
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = made(tmp_path_factory.mktemp("world"), request.param)
    yield found
    found.project.close()


def answers(world: World, period: str, kind: str) -> Answers:
    if (period, kind) not in world.asked:
        found = tt.presence.answers(period, addresses=kind, looks_back=True, project=world.project)
        world.asked[period, kind] = found
    return world.asked[period, kind]


def where(world: World, days: Any, kind: str, what: Any) -> set[Cell]:
    """The smallest cells of some days and devices, of one kind or all."""
    return {cell for cell in world.cells if cell[0] in days and kind in ("all", cell[1]) and cell[2] in what}


VISITING = (*MINUTES, "open")
OF_DAY = {"seen": WHAT, "visitors": VISITING, "passers_by": ("passing",), "visits": VISITING}


def figures(world: World) -> list[tuple[str, set[Cell], int]]:
    """What the page shows, for any choice of period and addresses: name, cells it is the sum of, number."""
    shown: list[tuple[str, set[Cell], int]] = []
    for period, kind in product(PERIODS, ("all", *KINDS)):
        of = answers(world, period, kind)
        days = {row["label"]: row for row in of.days.to_pylist()}
        for (label, row), (name, what) in product(days.items(), OF_DAY.items()):
            if row[name] is not None and label in DAYS:
                shown.append((f"{label} {kind} {name}", where(world, [label], kind, what), row[name]))
        shown += lengths_of(world, of, period, kind)
    return shown


def lengths_of(world: World, of: Answers, period: str, kind: str) -> Iterator[tuple[str, set[Cell], int]]:
    every = answers(world, "28d", "all").days.to_pylist()
    told = {row["label"] for row in answers(world, "28d", kind).days.to_pylist() if row["visits"] is not None}
    told &= {row["label"] for row in every if row["visits"] is not None}
    within = [day for day in DAYS if day in told and (period != "7d" or day >= "2026-11-14")]
    row, found = of.summary.to_pylist()[0], of.lengths
    if period != "1d" and row["visits"] is not None:
        yield f"{period} {kind} visits", where(world, within, kind, VISITING), row["visits"]
    within = [day for day in within if day not in found.left_out]
    for bar in found.bars:
        what = [name for name, minutes in MINUTES.items() if bar.low <= minutes < (bar.high or 10**9)]
        if bar.visits is not None:
            yield f"{period} {kind} bar {bar.low}", where(world, within, kind, what), bar.visits
    for low, high, band in ((0, 20, found.bands[0]), (20, 60, found.bands[1]), (60, 10**9, found.bands[2])):
        what = [name for name, minutes in MINUTES.items() if low <= minutes < high]
        if band is not None:
            yield f"{period} {kind} band {low}", where(world, within, kind, what), band
    if found.ended is not None:
        yield f"{period} {kind} n", where(world, within, kind, MINUTES), found.ended
    if found.open is not None:
        yield f"{period} {kind} open", where(world, within, kind, ("open",)), found.open


def test_each_figure_is_the_sum_of_what_it_says(world: World) -> None:
    for name, cells, number in figures(world):
        assert world.total(cells) == number, name


def test_no_sum_or_difference_of_figures_tells_of_few(world: World) -> None:
    shown = [(name, cells) for name, cells, _ in figures(world)]
    place = {cell: at for at, cell in enumerate(world.cells)}
    known = np.array([vector(cells, place) for _, cells in shown])
    # A sum of none is none in each of its parts.
    nobody = {cell for _, cells in shown if not world.total(cells) for cell in cells}
    known = np.vstack([known, [vector({cell}, place) for cell in nobody]]) if nobody else known
    rank = np.linalg.matrix_rank(known)
    for name, cells in told_apart(world):
        if 0 < world.total(cells) < K:
            assert np.linalg.matrix_rank(np.vstack([known, vector(cells, place)])) > rank, f"{name} follows"


def told_apart(world: World) -> Iterator[tuple[str, set[Cell]]]:
    """The cells that a page names, of each day and of the days of each period."""
    for day, kind, (name, what) in product(DAYS, ("all", *KINDS), OF_DAY.items()):
        yield f"{name} {kind} on {day}", where(world, [day], kind, what)
    for days, kind, one in product((DAYS, DAYS[:2], DAYS[2:], *((day,) for day in DAYS)), ("all", *KINDS), WHAT):
        yield f"{one} min {kind} on {days}", where(world, days, kind, (one,))
    for days, kind in product((DAYS, DAYS[:2], DAYS[2:]), ("all", *KINDS)):
        yield f"band {kind} on {days}", where(world, days, kind, ("6", "12"))


def vector(cells: set[Cell], place: dict[Cell, int]) -> list[float]:
    return [float(cell in cells) for cell in place]


def test_a_page_says_no_number_between_nobody_and_k(world: World) -> None:
    """Bars, hover texts and tables of all cards: with k = 8 none of 1 to 4 stands where devices are counted."""
    for period, kind in product(PERIODS, ("all", "local")):
        of = answers(world, period, kind)
        for card in (cards.days(of), cards.dwell(of), cards.occupancy(of)):
            for row in card.evidence.layout.meta.get("numbers", {}).get("rows", []):
                counts = [float(cell) for cell in row[1:] if cell.replace(".", "", 1).isdigit()]
                assert not [count for count in counts if 0 < count < K], (card.title, row)


def test_an_hour_is_shown_only_with_its_quarters(tmp_path: Path) -> None:
    """Nine of twelve leave after 45 minutes: the hour's mean less three quarters would tell the three who stay."""
    project = tt.Project(write_settings(tmp_path), now=lambda: at("2026-11-20 12:00"))
    landing = project.landing()
    first_s = at("2026-11-20 10:00") // 10**6
    for n in range(12):
        rows = [(f"3c:06:30:aa:bb:{n:02x}", -50, first_s, first_s + 60 * (60 if n < 3 else 45) - 1)]
        landing.append(Raw(0, "cloudtrax", (first_s + 3600) * 10**6, "", "{}", report("AC:86:74:11:22:33", rows)))
    for minute in range(0, 60, 5):
        landing.append(Raw(0, "cloudtrax", (first_s + 60 * minute) * 10**6, "", "{}", report("AC:86:74:11:22:33", [])))
    landing.close()
    for width, means in (("15min", [12.0, 12.0, 12.0, None]), ("1h", [None])):
        bins = tt.presence.occupancy(
            "2026-11-20 10:00", "2026-11-20 11:00", bin=width, published=True, project=project
        ).query("address_kind == 'all'")
        assert [None if pd.isna(mean) else round(mean) for mean in bins["mean"]] == means
    project.close()
