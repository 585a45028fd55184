"""A claim: one number a page says, as data. Of what, in which unit, on which basis, and the `tt` call it comes from.

Words format claims (`telltale.page.said`) and compute nothing; `tt.why(claim)` follows one back to its rows and raw
records. One shape for every subject: a sensor's minutes outside its limits and an item's mean lead time differ in
values only.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Literal, NamedTuple

Kind = Literal["project", "site", "node", "zone", "source", "device", "item", "pc", "person", "team"]
Clock = Literal["calendar", "working"]
How = Literal["the", "count", "distinct", "sum", "min", "max", "mean", "median", "first", "last", "share"]
Value = float | int | str | bool | dt.datetime | None


class Subject(NamedTuple):
    """What a claim is about."""

    kind: Kind
    id: str = ""
    name: str = ""


PROJECT = Subject("project")


class Basis(NamedTuple):
    """What a number rests on: a figure without it may mean anything."""

    since: dt.datetime | None = None
    """Beginning of the stretch; None is as far back as anything is known."""
    until: dt.datetime | None = None
    """Its end, exclusive."""
    clock: Clock = "calendar"
    """Whether lengths are of all time, or of working time only."""
    n: int | None = None
    """How many cases are behind the value: readings, pulls, devices, days."""
    interval_s: float | None = None
    """Width of the intervals it is counted by, or between the messages it is made of."""
    so_far: bool = False
    """The stretch ends with the present and goes on."""


class Records(NamedTuple):
    """Where the raw records behind a number are found: rows of a table, each with its raw id."""

    table: str
    where: Mapping[str, Any] = {}


class Call(NamedTuple):
    """The `tt` call whose rows give the value, and how they give it."""

    name: str
    """Such as `sensors.excursions`."""
    arguments: Mapping[str, Any] = {}
    where: Mapping[str, Any] = {}
    """Columns and the values that choose the rows; a list of values is any of them."""
    column: str = ""
    how: How = "the"
    """`the` is the column of the one row; `share` the mean of `column` weighted by `weight`."""
    weight: str = ""

    @property
    def text(self) -> str:
        """The call as one types it in a notebook."""
        return f"tt.{self.name}({', '.join(f'{name}={_spelt(value)}' for name, value in self.arguments.items())})"


@dataclass(frozen=True)
class Claim:
    """One number of a page.

    Args:
        subject: what it is about.
        measure: what is told of it, such as `outside_s`; one name means one thing on all pages.
        value: the number; None is unknown.
        unit: of the value, such as `s` or `°C`; empty for counts.
        basis: what it rests on.
        call: where it comes from.
        records: where its raw records are; None where they are personal, or where it has none.
    """

    subject: Subject
    measure: str
    value: Value
    unit: str = ""
    basis: Basis = field(default_factory=Basis)
    call: Call = field(default_factory=lambda: Call(""))
    records: Records | None = None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Claim":
        """The claim that some JSON-able data tell of; moments are then texts again, as calls take them too."""
        basis, call, records = dict(data["basis"]), data["call"], data["records"]
        for name in ("since", "until"):
            basis[name] = basis[name] and dt.datetime.fromisoformat(basis[name])
        made = Call(call["name"], call["arguments"], call["where"], call["column"], call["how"], call["weight"])
        return Claim(
            Subject(**data["subject"]),
            data["measure"],
            data["value"],
            data["unit"],
            Basis(**basis),
            made,
            None if records is None else Records(records["table"], records["where"]),
        )

    @property
    def id(self) -> str:
        """Stays the same while only value and present change: a page keeps what a reader has opened."""
        lasting = {name: value for name, value in self.call.arguments.items() if name not in ("since", "until")}
        call = self.call._replace(arguments=lasting)
        told = json.dumps([self.subject, self.measure, call], default=str, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def data(self) -> dict[str, Any]:
        """The claim as JSON-able data."""
        return {
            "id": self.id,
            "subject": self.subject._asdict(),
            "measure": self.measure,
            "value": _plain(self.value),
            "unit": self.unit,
            "basis": {name: _plain(value) for name, value in self.basis._asdict().items()},
            "call": {
                "text": self.call.text,
                "name": self.call.name,
                "arguments": {name: _plain(value) for name, value in self.call.arguments.items()},
                "where": {name: _plain(value) for name, value in self.call.where.items()},
                "column": self.call.column,
                "how": self.call.how,
                "weight": self.call.weight,
            },
            "records": None
            if self.records is None
            else {"table": self.records.table, "where": {n: _plain(v) for n, v in self.records.where.items()}},
        }


@dataclass(frozen=True)
class About:
    """What all claims of one page or card share: the subject's calls, and their stretch.

    Args:
        calls: the module of `tt` whose calls give the numbers, such as `sensors`.
        since: beginning of the stretch, as the calls are asked.
        until: its end, exclusive.
        so_far: whether it ends with the present.
        arguments: what else every call is asked, such as `device`.
    """

    calls: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    so_far: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def claim(
        self,
        subject: Subject,
        measure: str,
        value: Value,
        unit: str = "",
        *,
        call: str,
        where: Mapping[str, Any] = {},
        column: str = "",
        how: How = "the",
        weight: str = "",
        n: int | None = None,
        clock: Clock = "calendar",
        interval_s: float | None = None,
        records: Records | None = None,
        **arguments: Any,
    ) -> Claim:
        """A claim of this stretch.

        Args:
            subject: what it is about.
            measure: what is told of it.
            value: the number; None is unknown.
            unit: of the value.
            call: the function of `calls`, such as `excursions`; with a dot it is of another module.
            where: which of its rows.
            column: which column gives the value.
            how: how the rows give it.
            weight: of `share`.
            n: how many cases are behind it.
            clock: calendar or working time.
            interval_s: of what it is counted by.
            records: where its raw records are.
            **arguments: what this call is asked beside the rest.
        """
        asked: dict[str, Any] = {}
        if self.since is not None:
            asked["since"] = self.since
        if self.until is not None:
            asked["until"] = self.until
        asked |= {name: given for name, given in {**self.arguments, **arguments}.items() if given is not None}
        basis = Basis(self.since, self.until, clock, n, interval_s, self.so_far)
        name = call if "." in call else f"{self.calls}.{call}"
        return Claim(subject, measure, value, unit, basis, Call(name, asked, dict(where), column, how, weight), records)

    def over(self, since: dt.datetime | None, until: dt.datetime | None, *, so_far: bool = False) -> "About":
        """The same of another stretch."""
        return replace(self, since=since, until=until, so_far=so_far)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _spelt(value: Any) -> str:
    return repr(_plain(value))
