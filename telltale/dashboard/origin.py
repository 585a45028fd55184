"""The origin of a number for a reader of a page: what it is of, its basis, the call, its rows, and the raw records.

Rows about people are the owner's: on a page for all only the call is told, and `tt.why` shows the rest where the owner
works. A person's own page shows that person's.
"""

from typing import Any

from telltale.frames import local
from telltale.page.claims import Claim
from telltale.page.why import SHOWN, Why, rule_of, value_in_words, why
from telltale.sources import SOURCES
from telltale.tables import TABLES
from telltale.workbench.project import Project

PERSONAL = ("presence", "activity")
"""Calls whose rows are about people."""


def told(claim: Claim, project: Project, *, is_own: bool = False) -> dict[str, Any]:
    """The origin as JSON-able data.

    Args:
        claim: of the page.
        project: whose.
        is_own: whether the page is for the person alone that its rows are about.

    Returns:
        `what`, `value`, `basis`; `call` as one types it, and the `rule` by which its rows give the value; `columns` and
        `rows` (at most eight of `n`); `raw_ids`, the newest of
        `records`; `note` where rows or records are not shown.
    """
    answer = why(claim, project=project)
    hides_rows = claim.call.name.partition(".")[0] in PERSONAL and not is_own
    hides_records = hides_rows or (claim.records is not None and of_people(claim.records.table) and not is_own)
    about = claim.subject.name or claim.subject.id
    columns, rows = ([], []) if hides_rows else _rows(answer)
    return {
        "id": claim.id,
        "what": f"{_words(claim.measure)}{f' of {about}' if about else ''}",
        "value": value_in_words(answer.value, claim.unit),
        "basis": answer.basis,
        "call": claim.call.text,
        "rule": rule_of(claim),
        "columns": columns,
        "rows": rows,
        "n": answer.rows.num_rows,
        "records": None if hides_records else answer.records,
        "raw_ids": [] if hides_records else list(answer.raw_ids),
        "note": "The rows are about people and are shown to the owner only, by tt.why in a notebook."
        if hides_rows
        else "",
    }


def of_people(table: str) -> bool:
    """Whether records that give rows of a table may hold addresses of people's devices."""
    return any(table in source.tables and any(TABLES[name].personal for name in source.tables) for source in SOURCES)


def _words(measure: str) -> str:
    """`outside`, of `outside_s`."""
    name, _, unit = measure.rpartition("_")
    return (name if name and unit in {"s", "min", "dbm", "us"} else measure).replace("_", " ")


def _rows(answer: Why) -> tuple[list[str], list[list[str]]]:
    shown = answer.rows.slice(0, SHOWN)
    cells = [[_cell(value, answer.zone) for value in row.values()] for row in shown.to_pylist()]
    return list(shown.column_names), cells


def _cell(value: Any, zone: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.10g}"
    return local(value, zone).isoformat(" ", "seconds") if hasattr(value, "tzinfo") else str(value)
