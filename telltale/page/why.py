"""`tt.why`: from a number a page says to the call, the rows and the raw records it comes from."""

import datetime as dt
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import Any

import pyarrow as pa

from telltale import wording
from telltale.contract import ConfigError
from telltale.frames import arrow, local
from telltale.page.claims import Claim, How, Value
from telltale.tables import TABLES
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.reading import load
from telltale.workbench.tidy import as_arrow, tidy

NEWEST = 5
"""So many raw records are named, the newest ones."""
SHOWN = 8
"""So many of the rows are shown; `Why.rows` has all."""


@dataclass(frozen=True)
class Why:
    """Where a number comes from.

    Args:
        claim: the number, with its basis.
        value: what the rows give at this moment; of a stretch that runs on it may have changed since.
        rows: those of the call that the value is made of.
        raw_ids: the newest raw records behind them, newest first; `tt.raw(id)` is one as it arrived.
        records: how many raw records are behind it; None where the claim names no table of them.
        zone: by whose clock moments are told.
    """

    claim: Claim
    value: Value
    rows: pa.Table
    raw_ids: Sequence[int]
    records: int | None
    zone: str

    @property
    def call(self) -> str:
        """The call, and how its rows give the value."""
        return described(self.claim)

    @property
    def basis(self) -> str:
        """The stretch, the clock and the number of cases, in words."""
        return basis_in_words(self.claim, self.zone)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{escape(line)}</p>" for line in self._lines())
        return f"{lines}{tidy(self.rows.slice(0, SHOWN)).to_html(index=False)}"

    def _lines(self) -> list[str]:
        about, value = self.claim.subject, value_in_words(self.value, self.claim.unit)
        lines = [f"{self.claim.measure} of {about.name or about.id or about.kind}: {value}", self.basis, self.call]
        if self.raw_ids:
            lines.append(f"newest of {self.records} records: {', '.join(f'tt.raw({one})' for one in self.raw_ids)}")
        return lines


def why(claim: Claim | Mapping[str, Any], *, project: Project | None = None) -> Why:
    """Follow a number of a page or report to its bytes.

    Args:
        claim: of a piece or board (`.claims`), or one of `telltale report --json`.
        project: another project than the one found from here.

    Returns:
        The call with its stretch, the rows it is made of, the newest raw ids.

    Raises:
        ConfigError: the claim names no call of `tt`.
    """
    project = project or here()
    meant = claim if isinstance(claim, Claim) else Claim.of(claim)
    with project.at_one_moment():
        rows = _rows(meant, project)
        raw_ids, records = _records(meant, project)
    zone = project.settings.site.timezone
    return Why(meant, given_by(rows, meant), rows, raw_ids, records, zone)


def given_by(rows: pa.Table, claim: Claim) -> Value:
    """What the rows give: the value of a claim, by its own rule."""
    call = claim.call
    values = rows[call.column].to_pylist() if call.column else []
    weights = rows[call.weight].to_pylist() if call.weight else []
    value: Value = _HOW[call.how](values, weights, rows.num_rows)
    return value


def described(claim: Claim) -> str:
    """`tt.sensors.excursions(since=…): sum of outside_s where device_id = …`."""
    return f"{claim.call.text}: {rule_of(claim)}"


def rule_of(claim: Claim) -> str:
    """How the rows of the call give the value: `sum of outside_s where device_id = …`."""
    call = claim.call
    rule = {"the": call.column, "count": "number of rows", "share": f"mean of {call.column} weighted by {call.weight}"}
    how = rule.get(call.how, f"{call.how} of {call.column}")
    where = " and ".join(f"{name} = {_listed(value)}" for name, value in call.where.items())
    return f"{how}{f' where {where}' if where else ''}"


def basis_in_words(claim: Claim, zone: str) -> str:
    """`Fri 20 Nov 2026, 00:00 to Fri 20 Nov 2026, 14:32 so far · working time · n = 12`."""
    basis = claim.basis
    since, until = (None if at is None else wording.full_moment(local(at, zone)) for at in (basis.since, basis.until))
    if since and until:
        stretch = f"{since} to {until}"
    else:
        stretch = f"since {since}" if since else f"until {until}" if until else "all that is kept"
    parts = [
        f"{stretch}{' so far' if basis.so_far else ''}",
        "working time" if basis.clock == "working" else "",
        "" if basis.n is None else f"n{wording.NBSP}={wording.NBSP}{wording.number(basis.n)}",
        "" if basis.interval_s is None else f"each {wording.duration(basis.interval_s)}",
    ]
    return " · ".join(filter(None, parts))


def value_in_words(value: Value, unit: str) -> str:
    """The value as it is, with its unit; unknown where there is none."""
    if isinstance(value, bool | str | dt.datetime):
        return str(value)
    digits = 0 if value is None or float(value).is_integer() else 3
    return wording.quantity(value, unit, digits).strip() if unit else wording.number(value, digits)


def _rows(claim: Claim, project: Project) -> pa.Table:
    subject, dot, name = claim.call.name.partition(".")
    module = import_module("telltale")
    home, wanted = (getattr(module, subject, None), name) if dot else (module, subject)
    if wanted not in getattr(home, "__all__", ()):
        raise ConfigError(f'claim "{claim.measure}": tt has no call "{claim.call.name}"; expected one of tt.*')
    with as_arrow():
        table = arrow(getattr(home, wanted)(**claim.call.arguments, project=project))
    return chosen(table, claim.call.where)


def _records(claim: Claim, project: Project) -> tuple[list[int], int | None]:
    if claim.records is None:
        return [], None
    time = TABLES[claim.records.table].time
    names = tuple(dict.fromkeys(("raw_id", time, *claim.records.where)))
    since, until = claim.basis.since, claim.basis.until
    found = load(claim.records.table, since, until, columns=names, engine="arrow", project=project)
    rows = chosen(found, claim.records.where).sort_by([(time, "descending")])
    raw_ids = list(dict.fromkeys(rows["raw_id"].to_pylist()))
    return raw_ids[:NEWEST], len(raw_ids)


def chosen(table: pa.Table, where: Mapping[str, Any]) -> pa.Table:
    """The rows whose columns have the values that a claim names; of several values, any."""
    keep = [True] * table.num_rows
    for name, wanted in where.items():
        allowed = wanted if isinstance(wanted, list | tuple) else [wanted]
        values = table[name].to_pylist()
        keep = [kept and any(_same(value, one) for one in allowed) for kept, value in zip(keep, values, strict=True)]
    return table.filter(pa.array(keep, pa.bool_()))


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, dt.datetime) and wanted is not None:
        moment = dt.datetime.fromisoformat(wanted) if isinstance(wanted, str) else wanted
        return bool(local(value, "UTC") == local(moment, "UTC"))
    if value != value:  # noqa: PLR0124 - pandas has NaN where Arrow has null
        return wanted is None
    return bool(value == wanted)


def _listed(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _known(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN


def _share(values: Sequence[Any], weights: Sequence[Any], _rows: int) -> Value:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if None not in (value, weight)]
    whole = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / whole if whole else None


def _over(reduce: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any], Sequence[Any], int], Value]:
    return lambda values, _weights, _rows: reduce(_known(values)) if _known(values) else None


_HOW: Mapping[How, Callable[[Sequence[Any], Sequence[Any], int], Value]] = {
    "the": lambda values, _weights, _rows: values[0] if len(values) == 1 else None,
    "count": lambda _values, _weights, rows: rows,
    "distinct": lambda values, _weights, _rows: len(set(_known(values))),
    "sum": lambda values, _weights, _rows: sum(_known(values)),
    "min": _over(min),
    "max": _over(max),
    "mean": _over(statistics.fmean),
    "median": _over(statistics.median),
    "first": _over(lambda values: values[0]),
    "last": _over(lambda values: values[-1]),
    "share": _share,
}
"""How rows give a value: each takes the column's values, the weights, and how many rows there are."""
