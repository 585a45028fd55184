"""Claims about hours: in use, away, unknown, gaps, a usual day, a team."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from telltale.activity.claims.base import TEAM, asked, pc, whole
from telltale.activity.claims.days import PC, Piece, gaps_of
from telltale.frames import rows
from telltale.page.claims import About, Claim, How

RECORDED = ("active", "away")
FULL_DAY_S = 4 * 3600.0
"""Fewer recorded hours are no full day, as in `is_full` of `tt.activity.totals`."""
Row = Mapping[str, Any]


def state(about: About, pcs: Sequence[PC], *states: str, measure: str) -> Claim:
    """How long PCs were in some states, all days together; seconds."""
    value = sum(one.sum_s(name) for one in pcs for name in states)
    return about.claim(
        whole(about), measure, value, "s", call="strips", where={"state": list(states), "is_recorded": True},
        column="lasted_s", how="sum",
    )  # fmt: skip


def active(about: About, pcs: Sequence[PC]) -> Claim:
    """How long they were in use."""
    return state(about, pcs, "active", measure="active_s")


def recorded(about: About, pcs: Sequence[PC], one: PC | None = None) -> Claim:
    """Of how long it is known whether they were: of all PCs, or of one."""
    made = state(about, [one] if one else pcs, *RECORDED, measure="recorded_s")
    if one is None:
        return made
    call = made.call._replace(where={**made.call.where, "device_id": one.device_id})
    return replace(made, subject=pc(one.device_id, one.name), call=call)


def total(about: About, totals: Any, column: str) -> Claim:
    """The sum of a column of `tt.activity.totals` over PCs and days, seconds."""
    value = sum(row[column] or 0.0 for row in rows(totals, column))
    return about.claim(whole(about), column, value, "s", call="totals", column=column, how="sum")


def samples(about: About, totals: Any) -> Claim:
    """How many samples, levels, minutes, imported stretches and corrections."""
    value = sum(row["samples"] for row in rows(totals, "samples"))
    return about.claim(whole(about), "samples", value, call="totals", column="samples", how="sum")


def share(about: About, pcs: Sequence[PC]) -> Claim:
    """The active share of what is recorded; None where nothing is."""
    known = sum(one.sum_s(name) for one in pcs for name in RECORDED)
    value = sum(one.sum_s("active") for one in pcs) / known if known else None
    return about.claim(
        whole(about), "active_share", value, call="totals", column="active_share", how="share", weight="recorded_s"
    )


def per_day(about: About, pcs: Sequence[PC]) -> Claim:
    """The mean active time of a PC and day of which anything is known."""
    known = [day.sum_s("active") for one in pcs for day in one.days if day.is_known]
    return about.claim(
        whole(about), "active_per_day_s", sum(known) / len(known) if known else None, "s", call="totals",
        where={"is_recorded": True}, column="active_s", how="mean", n=len(known),
    )  # fmt: skip


def recorded_days(about: About, pcs: Sequence[PC]) -> Claim:
    """On how many days of a PC anything is known."""
    count = sum(day.is_known for one in pcs for day in one.days)
    return about.claim(whole(about), "recorded_days", count, call="totals", where={"is_recorded": True}, how="count")


def full_days(about: About, pcs: Sequence[PC], today: dt.date) -> dict[How, Claim]:
    """`count`: how many full days PCs have; `min`, `median` and `max` of their active time."""
    times = sorted(
        day.sum_s("active")
        for one in pcs
        for day in one.days
        if day.date != today and day.sum_s("active") + day.sum_s("away") >= FULL_DAY_S
    )
    where, middle = {"is_full": True}, len(times) // 2
    values: dict[How, float | None] = {"min": None, "median": None, "max": None}
    if times:
        values = {"min": times[0], "median": (times[middle] + times[~middle]) / 2, "max": times[-1]}
    made: dict[How, Claim] = {
        how: about.claim(
            whole(about), f"active_{how}_s", value, "s", call="totals", where=where, column="active_s", how=how,
            n=len(times),
        )
        for how, value in values.items()
    }  # fmt: skip
    made["count"] = about.claim(whole(about), "full_days", len(times), call="totals", where=where, how="count")
    return made


def known_pcs(about: About, pcs: Sequence[PC]) -> Claim:
    """Of how many PCs anything is known in the stretch."""
    count = sum(any(day.is_known for day in one.days) for one in pcs)
    return about.claim(
        whole(about), "recorded_pcs", count, call="strips", where={"is_recorded": True}, column="device_id",
        how="distinct",
    )  # fmt: skip


def change(about: About, usual: Row) -> Claim:
    """How much more than on a usual day, up to the same clock; seconds."""
    return about.over(None, None).claim(
        whole(about), "active_change_s", usual["change_s"], "s", call="usual", column="change_s", n=usual["days"]
    )


def away_since(about: About, device: PC, piece: Piece) -> Claim:
    """Since when a PC is away."""
    return _start(about, device, piece, "away_since")


def longest(about: About, pcs: Sequence[PC]) -> tuple[Claim, PC, Piece] | None:
    """The longest stretch of activity, whose it is, and when it was."""
    every = [
        (piece.lasted_s, one, piece)
        for one in pcs
        for day in one.days
        for piece in day.pieces
        if piece.state == "active"
    ]
    if not every:
        return None
    lasted_s, one, piece = max(every, key=lambda found: found[0])
    claim = about.claim(
        whole(about), "longest_active_s", lasted_s, "s", call="strips", where={"state": "active"}, column="lasted_s",
        how="max",
    )  # fmt: skip
    return claim, one, piece


def began(about: About, device: PC, piece: Piece) -> Claim:
    """When a stretch of a PC began."""
    return _start(about, device, piece, f"{piece.state}_from")


def unknown(about: About, pcs: Sequence[PC], one: PC | None = None) -> Claim:
    """How long between first and last record of a day nothing is known: of all PCs, or of one."""
    value = sum(each.sum_s("unknown") for each in ([one] if one else pcs))
    where: dict[str, Any] = {"state": "unknown", "is_recorded": True}
    return about.claim(
        pc(one.device_id, one.name) if one else whole(about), "unknown_within_days_s", value, "s", call="strips",
        where=where | ({"device_id": one.device_id} if one else {}), column="lasted_s", how="sum",
    )  # fmt: skip


def unknown_of_day(about: About, row: Row, value: float) -> Claim:
    """How long nothing is known between the first and the last record of one day of a PC."""
    where = {"device_id": row["device_id"], "label": row["label"], "state": "unknown", "is_recorded": True}
    return about.claim(
        pc(row["device_id"], row["name"]), "day_unknown_s", value, "s", call="strips", where=where, column="lasted_s",
        how="sum",
    )  # fmt: skip


def spanned(about: About, pcs: Sequence[PC]) -> Claim:
    """How long it is from first to last record of each day, all PCs and days together."""
    value = sum(one.sum_s(state) for one in pcs for state in (*RECORDED, "unknown"))
    return about.claim(
        whole(about), "spanned_s", value, "s", call="strips", where={"is_recorded": True}, column="lasted_s",
        how="sum",
    )  # fmt: skip


def days_without(about: About, device: PC, labels: Sequence[str]) -> Claim:
    """On how many days, of which anything is known of another PC, nothing is known of this one."""
    count = sum(day.date.isoformat() in labels and not day.is_known for day in device.days)
    return about.claim(
        pc(device.device_id, device.name), "days_without_record", count, call="strips",
        where={"device_id": device.device_id, "is_recorded": False, "label": list(labels)}, how="count",
    )  # fmt: skip


def gap_days(about: About, device: PC, at_least_s: float) -> Claim:
    """On how many days of a PC there is a gap."""
    days = sum(bool(gaps_of(day, at_least_s)) for day in device.days)
    return about.claim(
        pc(device.device_id, device.name), "days_with_gap", days, call="gaps",
        where={"device_id": device.device_id}, column="label", how="distinct", at_least=at_least_s,
    )  # fmt: skip


def gap_pcs(about: About, count: int, at_least_s: float) -> Claim:
    """How many PCs have a gap."""
    return about.claim(
        whole(about), "pcs_with_gap", count, call="gaps", column="device_id", how="distinct", at_least=at_least_s
    )


def gap_count(about: About, count: int, at_least_s: float, device: PC | None = None) -> Claim:
    """How many gaps there are: of all, or of one PC."""
    return about.claim(
        pc(device.device_id, device.name) if device else whole(about), "gaps", count, call="gaps",
        where={"device_id": device.device_id} if device else {}, how="count", at_least=at_least_s,
    )  # fmt: skip


def longest_gap(about: About, lasted_s: float, at_least_s: float) -> Claim:
    """How long the longest gap is."""
    return about.claim(
        whole(about), "longest_gap_s", lasted_s, "s", call="gaps", column="lasted_s", how="max", at_least=at_least_s
    )


def by_basis(about: About, intervals: Any, basis: str) -> Claim:
    """How much of the stretch is told by records of one kind."""
    value = sum(row["lasted_s"] for row in rows(intervals, "basis", "lasted_s") if row["basis"] == basis)
    return about.claim(
        whole(about), f"{basis}_s", value, "s", call="intervals", where={"basis": basis}, column="lasted_s", how="sum"
    )


def level(about: About, row: Row) -> Claim:
    """One level."""
    return asked(about).claim(
        pc(row["device_id"], row["name"]), "level", row["score_pct"], "%", call="levels", column="score_pct",
        where={"device_id": row["device_id"], "observed_at": row["observed_at"], "source": row["source"]}, how="last",
    )  # fmt: skip


def newest_level(about: About, at: dt.datetime) -> Claim:
    """When the newest level is of."""
    return asked(about).claim(whole(about), "newest_level_at", at, call="levels", column="observed_at", how="max")


def of_day(about: About, row: Row, column: str, unit: str = "", *, rule: str = "input") -> Claim:
    """A figure of one day of a PC, by a rule."""
    return about.claim(
        pc(row["device_id"], row["name"]), f"day_{column}", row[column], unit, call="totals",
        where={"device_id": row["device_id"], "label": row["label"]}, column=column, rule=rule,
    )  # fmt: skip


def of_team(about: About, row: Row, column: str, unit: str = "") -> Claim:
    """A figure of one day of the team."""
    return replace(about, arguments={}).claim(
        TEAM, f"team_{column}", row[column], unit, call="team", where={"label": row["label"]}, column=column,
        n=row["people"], by="day",
    )  # fmt: skip


def _start(about: About, device: PC, piece: Piece, measure: str) -> Claim:
    where = {"device_id": device.device_id, "state": piece.state, "start": piece.start}
    return about.claim(
        pc(device.device_id, device.name), measure, piece.start, call="strips", where=where, column="start"
    )
