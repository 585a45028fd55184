"""Which sensors have limits, heard or not, and how much of a stretch is known of each."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa

from telltale.engine import Relation
from telltale.sensors import analysis
from telltale.sensors.analysis.steps import MAIN
from telltale.sensors.days import limits, measured
from telltale.sensors.question import device_ids, walk
from telltale.workbench.question import Question

SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("device_id", "name", "place", "channel", "quantity", "unit")),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("readings", pa.int64()),
        pa.field("window_s", pa.float64()),
        pa.field("unknown_s", pa.float64()),
        pa.field("known_s", pa.float64()),
        pa.field("was", pa.string()),
    ]
)
Key = tuple[str, str, str]
"""device_id, channel, quantity."""


class Life(NamedTuple):
    """From when to when a sensor measured, and what came after it."""

    first_us: int
    last_us: int
    successor: str = ""
    """The sensor of the same name that was first heard after this one's last reading; empty is none."""
    has_predecessor: bool = False


def coverage(question: Question, *, quantity: str | None = None) -> pa.Table:
    """How much of the stretch is known of each sensor that has limits, be it silent or never heard.

    A replaced sensor is one with the sensor after it: the same name in devices.csv, heard one after the other.

    Returns:
        device_id (the newest), name, place, channel, quantity (empty where it was never heard and none is named), unit,
        low, high, readings, window_s (the stretch), unknown_s (of it, `analysis.unknown`), known_s (the rest), was
        (ids of the sensors before it, with blanks between); by name.
    """
    lives, limited = replacements(question), limits(question).arrow().to_pylist()
    walked = walk(question, quantity=quantity)
    spans = _spans(question, walked)
    counts = _counts(question, walked.steps)
    units = {_key(row): row["unit"] or "" for row in measured(question).arrow().to_pylist()}
    ids = device_ids(question)
    made: dict[Key, dict[str, Any]] = {}
    for row in [*limited, *_unheard(question, lives)]:
        device_id, channel, name = key = _key(row)
        if (ids is not None and device_id not in ids) or (quantity is not None and (name or MAIN) != quantity):
            continue
        newest = _newest(device_id, lives, ids)
        own = made.setdefault(
            (newest, channel, name),
            {"device_id": newest, "channel": channel, "quantity": name, "unit": units.get(key, ""), "low": row["low"],
             "high": row["high"], "readings": 0, "window_s": 0.0, "unknown_s": 0.0, "was": ""},
        )  # fmt: skip
        since_us, until_us = _window(question, device_id, lives)
        own["readings"] += counts.get(key, 0)
        own["window_s"] += (until_us - since_us) / 1e6
        own["unknown_s"] += _inside(spans.get(key, [(since_us, until_us)]), since_us, until_us) / 1e6
        if device_id == newest:
            own |= {"low": row["low"], "high": row["high"]}
        else:
            own["was"] = f"{own['was']} {device_id}".strip()
    return _named(question, made.values())


def replacements(question: Question) -> dict[str, Life]:
    """When each device measured, and which took its place: by the names of devices.csv and who was heard when."""
    lives: dict[str, Life] = {}
    for row in measured(question).arrow().to_pylist():
        first, last = row["first_us"], row["last_us"]
        known = lives.get(row["device_id"], Life(first, last))
        lives[row["device_id"]] = Life(min(first, known.first_us), max(last, known.last_us))
    for same in _same_names(question):
        ordered = sorted((each for each in same if each in lives), key=lambda each: lives[each].first_us)
        for one, following in pairwise(ordered):
            if lives[one].last_us < lives[following].first_us:
                lives[one] = lives[one]._replace(successor=following)
                lives[following] = lives[following]._replace(has_predecessor=True)
    return lives


def _same_names(question: Question) -> Iterable[list[str]]:
    names: dict[str, list[str]] = {}
    for row in question.project.device_info().to_pylist():
        if row["name"]:
            names.setdefault(row["name"].casefold(), []).append(row["device_id"])
    return [ids for ids in names.values() if len(ids) > 1]


def _unheard(question: Question, lives: Mapping[str, Life]) -> list[dict[str, Any]]:
    """The limits of listed devices that have measured nothing yet, each as a series; of a name heard elsewhere none."""
    listed = question.project.device_info().to_pylist()
    heard = {row["name"].casefold() for row in listed if row["device_id"] in lives}
    absent = {
        row["device_id"] for row in listed if row["device_id"] not in lives and row["name"].casefold() not in heard
    }
    plain = [
        {"device_id": row["device_id"], "channel": "", "quantity": "", "low": row["low"], "high": row["high"]}
        for row in listed
        if row["device_id"] in absent and (row["low"], row["high"]) != (None, None)
    ]
    named = [row for row in question.project.limit_info().to_pylist() if row["device_id"] in absent]
    return [*plain, *named]


def _newest(device_id: str, lives: Mapping[str, Life], ids: tuple[str, ...] | None) -> str:
    life = lives.get(device_id)
    while life and life.successor and (ids is None or life.successor in ids):
        device_id, life = life.successor, lives[life.successor]
    return device_id


def _window(question: Question, device_id: str, lives: Mapping[str, Life]) -> tuple[int, int]:
    """The part of the stretch that a sensor has to tell of: until the one after it, where there is one."""
    since_us, until_us = question.span
    life = lives.get(device_id)
    if life and life.has_predecessor:
        since_us = min(until_us, max(since_us, life.first_us))
    if life and life.successor:
        until_us = max(since_us, min(until_us, lives[life.successor].first_us))
    return since_us, until_us


def _spans(question: Question, walked: analysis.Walk) -> dict[Key, list[tuple[int, int]]]:
    """What is unknown of each series that has a reading in the stretch or the day before."""
    found = analysis.unknown(question.engine, walked, until_us=question.span.until_us)
    spans: dict[Key, list[tuple[int, int]]] = {_key(row): [] for row in _series(question, walked.steps)}
    for row in found.arrow().to_pylist():
        spans[_key(row)].append((row["from_us"], row["to_us"]))
    return spans


def _series(question: Question, steps: Relation) -> list[dict[str, Any]]:
    text = "select distinct device_id, channel, quantity from step"
    listed: list[dict[str, Any]] = question.engine.run(text, {"step": steps}).arrow().to_pylist()
    return listed


def _counts(question: Question, steps: Relation) -> dict[Key, int]:
    text = """select device_id, channel, quantity, cast(sum(readings) as bigint) as readings from step
    where at_us >= :since_us group by device_id, channel, quantity"""
    counted = question.engine.run(text, {"step": steps}, since_us=question.span.since_us).arrow().to_pylist()
    return {_key(row): row["readings"] for row in counted}


def _inside(spans: Iterable[tuple[int, int]], since_us: int, until_us: int) -> int:
    return sum(max(0, min(end, until_us) - max(start, since_us)) for start, end in spans)


def _key(row: Mapping[str, Any]) -> Key:
    return row["device_id"], row["channel"], row["quantity"]


def _named(question: Question, rows: Iterable[dict[str, Any]]) -> pa.Table:
    info = {row["device_id"]: row for row in question.project.device_info().to_pylist()}
    named = [
        row
        | {"name": known.get("name") or row["device_id"], "place": known.get("place") or ""}
        | {"known_s": row["window_s"] - row["unknown_s"]}
        for row in rows
        for known in [info.get(row["device_id"], {})]
    ]
    named.sort(key=lambda row: (row["name"], row["device_id"], row["channel"], row["quantity"]))
    return pa.Table.from_pylist(named, SCHEMA)
