"""What the pages and reports claim of sensors: each number with the `tt.sensors` call whose rows give it.

Rows are those of the call of the same name (`excursions`, `coverage`, `stats` …), as the answers hold them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from telltale.page.claims import PROJECT, About, Claim, How, Records, Subject, Value

KEY = ("device_id", "channel", "quantity")
"""The columns that name a series."""
Row = Mapping[str, Any]


def subject(row: Row) -> Subject:
    """The sensor that a row is about."""
    return Subject("device", str(row["device_id"]), str(row["name"]))


def figure(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """A figure of a series (`stats`)."""
    return _of_series(about, row, column, unit, call="stats", n=row["readings"])


def of_day(about: About, row: Row, values: Sequence[float], unit: str) -> tuple[Claim, Claim, Claim]:
    """Lowest, mean and highest of what is shown of a series on a local day (`series`)."""
    where = {name: row[name] for name in (*KEY, "day")}
    figures: dict[How, float] = {"min": min(values), "mean": sum(values) / len(values), "max": max(values)}
    lowest, mean, highest = (
        about.claim(
            subject(row), f"value_{how}", value, unit, call="series", where=where, column="value_mean", how=how,
            n=len(values), records=_records(row),
        )
        for how, value in figures.items()
    )  # fmt: skip
    return lowest, mean, highest


def excursion(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """What is known of one excursion (`excursions`); of a moment or a text the unit is empty."""
    return _of_series(about, row, column, unit, call="excursions", beside=("started_at",), lasting=True)


def excursions(about: About, row: Row, measure: str, value: Value, unit: str = "", **how: Any) -> Claim:
    """What all excursions of a series come to; `how` as `About.claim` takes it."""
    where = {name: row[name] for name in KEY}
    return about.claim(
        subject(row), measure, value, unit, call="excursions", where=where, records=_records(row), lasting=True, **how
    )


def times_left(about: About, ids: Sequence[str], count: int) -> Claim:
    """How often these sensors left their limits."""
    where = {"device_id": list(ids)}
    records = Records("reading", where)
    return about.claim(
        PROJECT, "excursions", count, call="excursions", where=where, how="count", records=records, lasting=True
    )


def all_outside(about: About, ids: Sequence[str], seconds: float) -> Claim:
    """How long these sensors were outside their limits, together."""
    where = {"device_id": list(ids)}
    return about.claim(
        PROJECT, "outside_s", seconds, "s", call="excursions", where=where, column="outside_s", how="sum",
        records=Records("reading", where), lasting=True,
    )  # fmt: skip


def sensors(about: About, measure: str, ids: Sequence[str]) -> Claim:
    """How many sensors with limits there are of some kind (`coverage`)."""
    where = {"device_id": list(ids)}
    records = Records("reading", where)
    return about.claim(
        PROJECT, measure, len(ids), call="coverage", where=where, column="device_id", how="distinct", records=records
    )


def known(about: About, row: Row, column: str, unit: str = "s", how: How = "max") -> Claim:
    """How much of the time is known of a sensor, or unknown, over all of its series (`coverage`)."""
    where = {"device_id": row["device_id"]}
    return about.claim(
        subject(row), column, row[column], unit, call="coverage", where=where, column=column, how=how,
        records=Records("reading", where),
    )  # fmt: skip


def total(about: About, measure: str, value: int, ids: Sequence[str], *, how: How = "sum", column: str = "") -> Claim:
    """A sum over these sensors, or how many there are (`stats`)."""
    where = {"device_id": list(ids)}
    records = Records("reading", where)
    return about.claim(
        PROJECT, measure, value, call="stats", where=where, column=column or measure, how=how, records=records
    )


def gap(about: About, row: Row, column: str) -> Claim:
    """What is known of a gap (`gaps`): of all quantities that a device lost in it the most."""
    where = {name: row[name] for name in ("device_id", "after_at", "before_at")}
    return about.claim(
        subject(row), column, row[column], call="gaps", where=where, column=column, how="max",
        records=Records("reading", {"device_id": row["device_id"]}), lasting=True,
    )  # fmt: skip


def timing(about: About, resolution_s: float, ids: Sequence[str]) -> Claim:
    """How surely the moments of the excursions are known."""
    return about.claim(
        PROJECT, "resolution_s", resolution_s, "s", call="excursions", where={"device_id": list(ids)},
        column="resolution_s", how="max", lasting=True,
    )  # fmt: skip


def days_over(about: About, count: int, which: Sequence[bool]) -> Claim:
    """How many days were over what is tolerated (True), or not (False), of those with readings (`days_outside`)."""
    return about.claim(PROJECT, "days", count, call="days_outside", where={"is_over": list(which)}, how="count")


def day(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """What is known of one day (`days_outside`)."""
    return about.claim(
        PROJECT, column, row[column], unit, call="days_outside", where={"start": row["start"]}, column=column
    )


def condition(about: About, row: Row, column: str, unit: str = "", *, call: str) -> Claim:
    """A figure of a row of `mean_kinetic_temperature` or `consumption`."""
    n = row.get("readings")
    return _of_series(about, row, column, unit, call=call, n=n)


def episode(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """What is known of one episode (`episodes`)."""
    return _of_series(about, row, column, unit, call="episodes", beside=("started_at",), lasting=True)


def episodes(about: About, row: Row, count: int) -> Claim:
    """How often a switch was active."""
    where = {"device_id": row["device_id"]}
    return about.claim(
        subject(row), "episodes", count, call="episodes", where=where, how="count", records=Records("reading", where),
        lasting=True,
    )  # fmt: skip


def rows_of(about: About, measure: str, call: str, ids: Sequence[str], count: int) -> Claim:
    """How many rows a call has of these devices."""
    where = {"device_id": list(ids)}
    return about.claim(PROJECT, measure, count, call=call, where=where, how="count", records=Records("reading", where))


def overdue(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """What is known of a silence past an announced moment (`overdue`)."""
    where = {name: row[name] for name in ("device_id", "heard_at", "expected_at")}
    return about.claim(
        subject(row), column, row[column], unit, call="overdue", where=where, column=column,
        records=Records("device_status", {"device_id": row["device_id"]}), lasting=True,
    )  # fmt: skip


def report(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """How a sensor reports (`tt.health.devices`)."""
    where = {"device_id": row["device_id"]}
    return about.claim(subject(row), column, row[column], unit, call="devices", where=where, column=column)


def reporting(about: About, ids: Sequence[str]) -> Claim:
    """How many devices are known (`tt.health.devices`)."""
    where = {"device_id": list(ids)}
    return about.claim(PROJECT, "devices", len(ids), call="devices", where=where, column="device_id", how="distinct")


def _of_series(
    about: About, row: Row, column: str, unit: str, *, call: str, beside: Sequence[str] = (), n: int | None = None,
    **arguments: Any,
) -> Claim:  # fmt: skip
    where = {name: row[name] for name in (*KEY, *beside)}
    return about.claim(
        subject(row), column, row[column], unit, call=call, where=where, column=column, n=n, records=_records(row),
        **arguments,
    )  # fmt: skip


def _records(row: Row) -> Records:
    return Records("reading", {"device_id": row["device_id"], "quantity": row["quantity"]})
