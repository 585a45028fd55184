"""docs/figures.md, its picture and README's figures are those of `bench/measured.json`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import measured, page, picture
from bench.__main__ import BENCHES
from bench.measured import Figure, Run

RUNS = measured.read()
MACHINE = {"cores": 2, "memory_gib": 8, "python": "3.11.2", "load": 0.5}


def test_the_page_is_what_was_measured() -> None:
    assert page.FIGURES.read_text(encoding="utf-8") == page.text(RUNS), "run: python -m bench.page"


def test_the_figures_of_the_readme_are_those_of_the_page() -> None:
    present = page.README.read_text(encoding="utf-8")
    assert present == page.readme(RUNS, present), "run: python -m bench.page"


def test_the_picture_is_what_was_measured() -> None:
    drawn = picture.svg(RUNS)
    assert not drawn or picture.FILE.read_text(encoding="utf-8") == drawn, "run: python -m bench.page"


def test_every_bench_has_a_title_and_every_kept_one_is_there() -> None:
    assert set(BENCHES) <= set(page.TITLES)
    assert set(RUNS) <= set(BENCHES)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_nothing_names_the_machine(run: Run) -> None:
    said = repr(run)
    assert "/tmp" not in said
    assert "/home" not in said
    assert os.uname().nodename not in said


@pytest.mark.parametrize(
    ("figure", "is_met"),
    [
        (Figure("a", 3, "", ""), None),
        (Figure("a", 3, "", "", at_least=3), True),
        (Figure("a", 2.9, "", "", at_least=3), False),
        (Figure("a", 301, "ms", "", at_most=300), False),
    ],
)
def test_what_was_not_reached_is_said(figure: Figure, is_met: bool | None) -> None:
    assert figure.is_met is is_met
    assert ("(missed)" in page.text({"ingest": Run("2026-11-30", "quick", MACHINE, (figure,))})) == (is_met is False)


def test_sizes_stand_side_by_side_with_the_last_to_the_first() -> None:
    figures = tuple(
        Figure("page kanban, first", value, "CPU s", "a week of records", at)
        for at, value in (("7 d", 1.5), ("1 y", 3.0), ("3 y", 4.5))
    )
    text = page.text({"pages": Run("2026-11-30", "default", MACHINE, figures)})
    assert "| what | 7 d | 1 y | 3 y | 3 y ÷ 7 d | to reach |" in text
    assert "| page kanban, first | 1.5 CPU s | 3 CPU s | 4.5 CPU s | 3 |  |" in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.2849, "", "0.285"), (6.2, "", "6.2"), (5000, "/s", "5,000/s"), (53.2, "ms", "53 ms"), (8.4, "µs", "8.4 µs")],
)
def test_numbers_are_spelled_to_three_digits(value: float, unit: str, text: str) -> None:
    assert measured.spelled(value, unit) == text


def test_what_is_kept_reads_back_and_leaves_other_benches_alone(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    one = Run("2026-11-30", "quick", MACHINE, (Figure("a", 1.5, "ms", "of x", at_most=2.0),))
    two = Run("2026-12-01", "full", MACHINE, (Figure("b", 2.5, "", "of y", at="3 y"),))
    measured.write({"ingest": one}, file)
    measured.write({"pages": two}, file)
    assert measured.read(file) == {"ingest": one, "pages": two}


def test_an_unknown_bench_is_refused_with_those_there_are() -> None:
    asked = subprocess.run([sys.executable, "-m", "bench", "ingset"], capture_output=True, text=True, check=False)
    assert asked.returncode == 2
    assert "no bench 'ingset'; known: ingest, " in asked.stderr


def test_the_table_of_what_must_not_lose_a_record_is_the_one_that_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "TORTURE", tmp_path / "torture.json")
    assert "must not lose" not in page.text({})
    row = {"fault": "disk full", "rounds": 10, "acknowledged": 1234, "lost": 0, "doubled": 0, "recover_s": 0.27}
    more = {"memory_mb": 156.2, "recovers": "by itself", "note": "a small one", "is_control": False}
    kept = {"date": "2026-12-01", "machine": {"load": 2.5}, "rows": [row | more]}
    page.TORTURE.write_text(json.dumps(kept), encoding="utf-8")
    text = page.text({})
    assert "| disk full (a small one) | 10 | 1,234 | 0 | 0 | 0.3 s | 156 MB | by itself |" in text
    assert "`make torture`, 2026-12-01, load 2.5." in text


def test_what_was_kept_lost_nothing_but_where_it_is_to() -> None:
    rows = json.loads(page.TORTURE.read_text(encoding="utf-8"))["rows"]
    assert len(rows) > 15
    for row in rows:
        assert (row["lost"] > 0) if row["is_control"] else (row["lost"], row["doubled"]) == (0, 0), row["fault"]
        assert "/tmp" not in row["note"]
