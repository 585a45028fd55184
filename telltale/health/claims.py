"""The numbers that pages say of devices and sources, as claims: each with the call whose rows give it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from telltale.page.claims import PROJECT, About, Basis, Claim, How, Records, Subject
from telltale.sources import BY_NAME
from telltale.tables import NODE_HEARTBEAT, READING, UPLINK
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.health.deliveries import Delivered

ABOUT = About("health")
UNITS = {
    **dict.fromkeys(
        (
            *("silent_s", "interval_s", "longest_gap_s", "gap_s", "clock_offset_s", "patience_s", "behind_s", "age_s"),
            *("stepped_s", "steady_s"),
        ),
        "s",
    ),
    "rssi_dbm": "dBm",
    "level": "",
}
"""The unit of each column; counts and shares have none."""
DAY = dt.timedelta(hours=24)


def records_of(source: str, device_id: str = "") -> Records | None:
    """Where the raw records of a source, or of one of its devices, are; None where they are of people."""
    tables = BY_NAME[source].tables if source in BY_NAME else ()
    column = "device_id"
    if NODE_HEARTBEAT.name in tables:
        name, column = NODE_HEARTBEAT.name, "node_id"
    elif UPLINK.name in tables or READING.name in tables:
        name = UPLINK.name if UPLINK.name in tables else READING.name
    else:
        return None
    return Records(name, {column: device_id} if device_id else {"source": source})


def of_device(row: Mapping[str, Any]) -> Subject:
    """The device a row is about."""
    return Subject("device", row["device_id"], row.get("name") or row["device_id"])


def of_source(row: Mapping[str, Any]) -> Subject:
    """The source a row is about."""
    return Subject("source", row["source"], row.get("title") or row["source"])


def device(about: About, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of one device (`tt.health.devices`)."""
    where = {name: row[name] for name in ("source", "device_id", "site") if row.get(name) is not None}
    records = records_of(str(row.get("source")), row["device_id"])
    return about.claim(
        of_device(row), column, row[column], UNITS.get(column, ""), call="health.devices", where=where, column=column,
        n=row.get("reports"), records=records,
    )  # fmt: skip


def devices(about: About, count: int, measure: str = "devices", *, only: Sequence[str] = (), **where: Any) -> Claim:
    """How many devices (`tt.health.devices`) are of a state, or any.

    Args:
        about: the stretch.
        count: how many.
        measure: what they are.
        only: the ids of those that a page is about; none is all there are.
        **where: columns and values that choose them.
    """
    chosen = where | ({"device_id": sorted(only)} if only else {})
    return about.claim(PROJECT, measure, count, call="health.devices", where=chosen, how="count")


def sources_of_devices(about: About, names: Sequence[str]) -> Claim:
    """Of how many sources the devices are."""
    return about.claim(
        PROJECT, "sources", len(names), call="health.devices", where={"source": list(names)}, column="source",
        how="distinct",
    )  # fmt: skip


def total(about: About, rows: Sequence[Mapping[str, Any]], column: str, *, call: str = "health.devices") -> Claim:
    """The sum of a column over all rows of a call."""
    known = [row[column] for row in rows if is_known(row[column])]
    return about.claim(PROJECT, column, sum(known), UNITS.get(column, ""), call=call, column=column, how="sum")


def silence(about: About, line: Mapping[str, Any], column: str = "silent_s", *, name: str = "") -> Claim:
    """A figure of a line of what is silent (`tt.health.attention`)."""
    where = {key: line[key] for key in ("source", "kind", "device_id") if key in line}
    subject = of_source(line) if not line["device_id"] else Subject("device", line["device_id"], name)
    return about.claim(
        subject, column, line[column], UNITS.get(column, ""), call="health.attention", where=where, column=column,
        records=records_of(line["source"], line["device_id"]),
    )  # fmt: skip


def source(about: About, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of a source as a whole (`tt.health.sources_heard`)."""
    return about.claim(
        of_source(row), column, row[column], UNITS.get(column, ""), call="health.sources_heard",
        where={"source": row["source"]}, column=column, records=records_of(row["source"]),
    )  # fmt: skip


def sources(about: About, count: int, measure: str = "sources", **where: Any) -> Claim:
    """How many sources (`tt.health.sources_heard`) are of a state, or any."""
    return about.claim(PROJECT, measure, count, call="health.sources_heard", where=where, how="count")


def rejected(about: About, rows: Sequence[Mapping[str, Any]], count: int, measure: str = "rejects") -> Claim:
    """How many rejects there are of these reasons (`tt.health.rejects`)."""
    where = {"reason": sorted({row["reason"] for row in rows})} if rows else {"reason": []}
    return about.claim(PROJECT, measure, count, call="health.rejects", where=where, column="rejects", how="sum")


def reason(about: About, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of one reason of one source (`tt.health.rejects`)."""
    where = {name: row[name] for name in ("source", "reason") if name in row}
    return about.claim(PROJECT, column, row[column], call="health.rejects", where=where, column=column)


def received(about: About, value: float, where: Mapping[str, Any] | None = None) -> Claim:
    """Which share of the messages due came (`tt.health.missing`), between 0 and 1."""
    return about.claim(
        PROJECT, "received_share", value, call="health.missing", where=dict(where or {}), column="received_share",
        how="share", weight="due",
    )  # fmt: skip


def missing_devices(about: About, ids: Sequence[str], measure: str = "devices_due") -> Claim:
    """Of how many devices it is known how many messages were due (`tt.health.missing`)."""
    return about.claim(
        PROJECT, measure, len(ids), call="health.missing", where={"device_id": list(ids)}, column="device_id",
        how="distinct",
    )  # fmt: skip


def missing_days(about: About, subject: Subject, days: Sequence[dt.datetime], measure: str) -> Claim:
    """On how many days of those of one device (`tt.health.missing`)."""
    where = {"device_id": subject.id, "start": list(days)}
    return about.claim(subject, measure, len(days), call="health.missing", where=where, how="count")


def due(about: About, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of what was due from a device in a period (`tt.health.missing`)."""
    where = {"device_id": row["device_id"], "start": row["start"]}
    return about.claim(of_device(row), column, row[column], call="health.missing", where=where, column=column)


def trend(about: About, row: Mapping[str, Any], column: str, unit: str = "") -> Claim:
    """A figure of where battery or signal of a device goes (`tt.health.batteries`)."""
    where = {"device_id": row["device_id"], "measure": row["measure"]}
    return about.claim(
        of_device(row), f"{row['measure']}_{column}", row[column], unit, call="health.batteries", where=where,
        column=column, records=Records("device_status", {"device_id": row["device_id"]}),
    )  # fmt: skip


def arrived(about: About, value: int, column: str = "records") -> Claim:
    """How many raw records of a source arrived, or how many bytes (`tt.health.arrived`)."""
    unit = "B" if column == "bytes" else ""
    name = str(about.arguments.get("source", ""))
    return about.claim(
        Subject("source", name), column, value, unit, call="health.arrived", column=column, how="sum",
        records=records_of(name),
    )  # fmt: skip


def heard(about: About, count: int) -> Claim:
    """How many nodes were heard (`tt.health.heard`)."""
    return about.claim(PROJECT, "nodes", count, call="health.heard", column="node_id", how="distinct")


def silences(about: About, count: int, measure: str, **where: Any) -> Claim:
    """How many nodes had a silence of an hour or more (`tt.health.silences`)."""
    return about.claim(PROJECT, measure, count, call="health.silences", where=where, how="count")


def silence_of(about: About, node_id: str, name: str, value: float) -> Claim:
    """How long the longest silence of a node was (`tt.health.silences`)."""
    return about.claim(
        Subject("node", node_id, name), "silence_s", value, "s", call="health.silences", where={"node_id": node_id},
        column="silence_s",
    )  # fmt: skip


def lost_share(about: About, value: float) -> Claim:
    """Which share of the messages known to have been sent was lost (`tt.health.devices`)."""
    return about.claim(
        PROJECT, "missing_share", value, call="health.devices", column="missing_share", how="share", weight="sent"
    )


def prompt(about: About, value: float, n: int) -> Claim:
    """Which share of the rows of a source came promptly (`tt.health.lateness`)."""
    return about.claim(PROJECT, "prompt_share", value, call="health.lateness", column="is_prompt", how="mean", n=n)


def late_rows(about: About, count: int) -> Claim:
    """Of how many rows it is known how late they came (`tt.health.lateness`)."""
    return about.claim(PROJECT, "rows", count, call="health.lateness", how="count")


def complete(about: About, rows: Sequence[Mapping[str, Any]], value: float) -> Claim:
    """Which share of the readings due from some devices are here (`tt.sensors.completeness`)."""
    where = {"device_id": _ids(rows)}
    return replace(about, arguments={}).claim(
        PROJECT, "received_share", value, call="sensors.completeness", where=where, column="share", how="share",
        weight="due",
    )  # fmt: skip


def overdue(about: About, rows: Sequence[Mapping[str, Any]], count: int, **where: Any) -> Claim:
    """How many silences past the moment that a device had named (`tt.sensors.overdue`)."""
    chosen = {"device_id": _ids(rows)} | where
    asked = replace(about, arguments={})
    return asked.claim(PROJECT, "overdue", count, call="sensors.overdue", where=chosen, how="count")


def _ids(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({row["device_id"] for row in rows if row["device_id"]})


def longest_overdue(about: About, rows: Sequence[Mapping[str, Any]], value: float) -> Claim:
    """How long the longest of them was."""
    where = {"device_id": _ids(rows)}
    return replace(about, arguments={}).claim(
        PROJECT, "overdue_s", value, "s", call="sensors.overdue", where=where, column="overdue_s", how="max"
    )


def now(
    subject: Subject, measure: str, value: Any, at: dt.datetime, *, call: str, column: str = "", how: How = "the",
    where: Mapping[str, Any] | None = None,
) -> Claim:  # fmt: skip
    """A figure of the last 24 hours, from a call that is of those alone (`last_day`, `wrong_clocks`, `never_heard`)."""
    records = records_of(subject.id) if subject.kind == "source" else None
    made = ABOUT.claim(
        subject, measure, value, UNITS.get(measure, ""), call=call, column=column, how=how, where=dict(where or {}),
        records=records,
    )  # fmt: skip
    return replace(made, basis=Basis(at - DAY, at, so_far=True))


def delivered(source: "Delivered", column: str, value: Any, at: dt.datetime) -> Claim:
    """A figure of what a source delivered in the last 24 hours (`tt.health.last_day`)."""
    name = source.source.name
    subject = Subject("source", name, source.title)
    return now(subject, column, value, at, call="health.last_day", column=column, where={"source": name})


def delivering(measure: str, count: int, at: dt.datetime, **where: Any) -> Claim:
    """How many sources deliver (`tt.health.last_day`), or how many there are."""
    return now(PROJECT, measure, count, at, call="health.last_day", how="count", where=where)
