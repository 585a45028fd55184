"""docs/definitions.md says every threshold as it holds: none is left out, none is older than the program."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from telltale.settings import Settings

ROOT = Path(__file__).parent.parent
SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
SECTIONS = ("presence", "kanban", "activity", "sensors")
UNITS = {
    *("DAY_US", "HOUR_US", "MINUTE_US", "SECOND_US", "MS_US", "DAY_S", "HOUR_S", "MINUTE_S", "YEAR_S", "ZERO_C_IN_K"),
    *("HOUR", "MINUTE", "WEEK", "WEEK_D", "HOURS_A_DAY", "MINUTES_A_DAY"),
}
HOW_MUCH_IS_SHOWN = {
    *("MOST", "MOST_TOLD", "MOST_NAMED", "_MOST_NAMED", "_NAMED", "_NAMED_GAPS", "MOST_GAPS", "SHOWN", "ROWS", "PAGES"),
    *("EVENTS", "RECENT_H", "_COURSE_DAYS", "NOT_MANY_CARDS", "NARROWEST_S", "BIN_MIN", "INTERVALS", "NEWEST"),
    *("FEWEST_INTERVALS", "SHOWN_CHARACTERS", "SHOWN_BYTES"),
}
HOW_IT_IS_COMPUTED = {
    *(
        "BITS_PER_WORD",
        "NO_SIGNAL",
        "FEW",
        "NONE",
        "_COLUMNS",
        "_ENOUGH",
        "_TINY",
        "ALWAYS_US",
        "MOST_KINDS",
        "SLACK_US",
    ),
    *("LIVE_STEP_US", "TIME_MAX_US", "LOOKED_AT_D", "NOISE_DAYS", "LOOKBACK_D", "LONGEST_GIVEN_D", "JOINS_S"),
    *("_BACK_US", "UNKNOWN", "AWAY", "ACTIVE", "LOOKED_AT", "NEVER", "SIGHTINGS_A_SESSION"),
}
SAID_BY_ANOTHER_LINE = {
    "FLOOD_US",  # Rules.flood_s
    *("AHEAD_S", "BEHIND_S"),  # tables: AHEAD_US, LATE_US
    *("BAND_S", "ALIKE", "ALIKE_S"),  # presence: BANDS; kanban: two bases told as one
}
OF_SETTINGS = {"gap_s", "visitor_s", "visitor_dbm", "passer_dbm", "engaged_s", "away_after_s"}
"""Fields of rules that a key of telltale.toml sets."""
UNIT_S = {"s": 1, "min": 60, "h": 3_600, "day": 86_400, "days": 86_400}

LINES = [
    [cell.strip() for cell in line.strip("| \n").split(" | ")]
    for line in (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| what | ")
]
WHERE = [line[2].strip("`") for line in LINES]


def value(where: str) -> Any:
    """What holds by default at `[section] key`, `module:NAME`, `module:Rules.field` or `module:function(argument)`."""
    if where.startswith("["):
        section, _, key = where[1:].partition("] ")
        return reduce(getattr, [*section.split("."), key], Settings(root=ROOT))
    module, _, name = where.partition(":")
    holder = import_module(f"telltale.{module}")
    if name.endswith(")"):
        function, _, argument = name[:-1].partition("(")
        return inspect.signature(getattr(holder, function)).parameters[argument].default
    head, _, field = name.partition(".")
    found = getattr(holder, head)
    if head == "BANDS":
        return tuple(found["from_s"].to_pylist())
    return next(each.default for each in fields(found) if each.name == field) if field else found


def is_said(shown: str, name: str, holds: float) -> bool:
    """Whether `15 min`, `80 %` or `-65 dBm` is what holds; a name that ends with `_s` or `_us` holds a time."""
    number_text, _, unit = shown.partition(" ")
    number, name = float(number_text), name.lower()
    if unit == "%":
        number, unit = number / 100, ""
    if name.endswith(("_s", "_us")):
        number *= UNIT_S[unit] * (1_000_000 if name.endswith("_us") else 1)
    return holds == pytest.approx(number)


@pytest.mark.parametrize("line", LINES, ids=WHERE)
def test_each_line_says_what_holds_and_has_a_source(line: list[str]) -> None:
    means, shown, where, source = line
    where = where.strip("`")
    found = value(where)
    numbers, texts = (found, shown.split(", ")) if isinstance(found, tuple) else ((found,), [shown])
    name = f"{where}_s" if where.endswith(":BANDS") else where
    assert [is_said(text, name, number) for text, number in zip(texts, numbers, strict=True)] == [True] * len(
        numbers
    ), f"{where} is {found!r}, and docs/definitions.md says {shown}"
    assert means
    assert source


def test_each_has_one_line() -> None:
    assert len(WHERE) == len(set(WHERE)) > 100


def thresholds() -> Iterator[str]:
    """Every number that a module of a subject keeps, and every field of its rules."""
    for path in sorted(path for subject in SUBJECTS for path in (ROOT / "telltale" / subject).rglob("*.py")):
        if "charts" in path.parts:
            continue
        module = ".".join(path.relative_to(ROOT / "telltale").with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [name.id for node in tree.body for name in _assigned(node)]
        found = [name for name in names if name.strip("_").isupper()]
        classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Rules")]
        if not found and not classes:
            continue
        loaded = import_module(f"telltale.{module}")
        yield from (f"{module}:{name}" for name in found if _is_number(getattr(loaded, name)))
        for name in classes:
            rules: Any = getattr(loaded, name)
            if is_dataclass(rules):
                yield from (f"{module}:{name}.{each.name}" for each in fields(rules) if _is_number(each.default))


def _assigned(node: ast.stmt) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    names = [name for each in targets for name in (each.elts if isinstance(each, ast.Tuple) else [each])]
    return [name for name in names if isinstance(name, ast.Name)]


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def test_no_threshold_of_a_subject_is_left_out() -> None:
    """A new number has a line in docs/definitions.md, or stands above with what it is instead."""
    others = UNITS | HOW_MUCH_IS_SHOWN | HOW_IT_IS_COMPUTED | SAID_BY_ANOTHER_LINE | OF_SETTINGS
    names = {where: where.partition(":")[2].rpartition(".")[2] for where in thresholds()}
    assert [where for where, name in names.items() if where not in WHERE and name not in others] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_no_number_of_telltale_toml_is_left_out(section: str) -> None:
    told = getattr(Settings(root=ROOT), section)
    numbers = [f"[{section}] {key}" for key, value in told.model_dump().items() if _is_number(value)]
    assert [each for each in numbers if each not in WHERE] == []


@pytest.mark.parametrize(
    ("shown", "name", "holds", "is_right"),
    [
        ("5 min", "AHEAD_US", 300_000_000, True),
        ("5 min", "alive_s", 300, True),
        ("5 min", "alive_s", 5, False),
        ("15 min", "[presence] gap_min", 15.0, True),
        ("15 min", "[presence] gap_min", 20.0, False),
        ("80 %", "FIXED_SHARE", 0.8, True),
        ("80 %", "FIXED_SHARE", 80, False),
        ("-65 dBm", "[presence] visit_dbm", -65, True),
        ("3 days", "FIXED_DAYS", 3, True),
    ],
)
def test_what_is_said_is_compared_by_its_unit(shown: str, name: str, holds: float, is_right: bool) -> None:
    assert is_said(shown, name, holds) is is_right
