"""Which numbers of a report moved between two revisions, from what to what; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from telltale import wording

SHOWN = 12
"""So many numbers a message tells; the others it counts."""
_UNITS = ("_s", "_min", "_h", "_pct", "_c", "_days", "_us")


class Moved(NamedTuple):
    """A number that is another one now; None: it was not told, or is not any more."""

    subject: str
    measure: str
    before: Any
    after: Any
    unit: str


def moved(before: Mapping[str, Sequence[Any]], after: Mapping[str, Sequence[Any]]) -> list[Moved]:
    """The numbers that differ, in the order of the later revision; those that are gone last."""
    found = []
    for key, (subject, measure, value, unit) in after.items():
        old = before[key][2] if key in before else None
        if old != value:
            found.append(Moved(subject, measure, old, value, unit))
    gone = [value for key, value in before.items() if key not in after and value[2] is not None]
    return found + [Moved(subject, measure, value, None, unit) for subject, measure, value, unit in gone]


def lines(changes: Sequence[Moved]) -> list[str]:
    """What moved, as people read it: `Vaccine fridge, outside: 12 min → 47 min`."""
    told = list(dict.fromkeys(_line(change) for change in changes))
    rest = len(told) - SHOWN
    return [*told[:SHOWN], *([f"and {wording.count(rest, 'more number')}"] if rest > 0 else [])]


def _line(change: Moved) -> str:
    name = ", ".join(part for part in (change.subject, _measure(change.measure)) if part)
    return f"{name}: {_value(change.before, change.unit)} → {_value(change.after, change.unit)}"


def _measure(name: str) -> str:
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return name.removesuffix(unit).replace("_", " ")


def _value(value: Any, unit: str) -> str:
    if value is None:
        return wording.UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if unit == "s":
            return wording.duration(value)
        digits = 0 if float(value).is_integer() else 2
        return wording.quantity(value, unit, digits) if unit else wording.number(value, digits)
    return str(value)
