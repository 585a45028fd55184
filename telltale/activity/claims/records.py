"""Claims about what arrived and is kept: which PCs are heard of, records, rejects, how late they came."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from telltale.activity.claims.base import asked, now, whole
from telltale.frames import rows
from telltale.page.claims import About, Claim

Row = Mapping[str, Any]


def listed_pcs(about: About, listed: Any) -> Claim:
    """How many PCs are listed, or have ever told anything."""
    count = len(rows(listed, "device_id"))
    return now(about).claim(whole(about), "pcs", count, call="listed", how="count")


def never_heard(about: About, listed: Any) -> Claim:
    """How many of them have never told anything."""
    count = sum(not row["is_heard"] for row in rows(listed, "is_heard"))
    return now(about).claim(
        whole(about), "never_heard", count, call="listed", where={"is_heard": False}, how="count"
    )  # fmt: skip


def reporting(about: About, listed: Any) -> Claim:
    """How many PCs were heard of within the hour."""
    count = sum(row["is_reporting"] for row in rows(listed, "is_reporting"))
    return now(about).claim(
        whole(about), "reporting", count, call="listed", where={"is_reporting": True}, how="count"
    )  # fmt: skip


def newest(about: About, listed: Any) -> Claim:
    """When any of them was last heard of in 24 hours."""
    heard = [row["heard_at"] for row in rows(listed, "heard_at") if row["heard_at"]]
    return now(about).claim(
        whole(about), "heard_at", max(heard, default=None), call="listed", column="heard_at", how="max"
    )  # fmt: skip


def kept(about: About, kept_rows: Any) -> Claim:
    """How many rows are kept."""
    value = sum(row["records"] for row in rows(kept_rows, "records"))
    return now(about).claim(whole(about), "kept_rows", value, call="kept", column="records", how="sum")


def kept_until(about: About, kept_rows: Any) -> Claim:
    """When the newest of them is of."""
    at = max((row["last_at"] for row in rows(kept_rows, "last_at")), default=None)
    return now(about).claim(whole(about), "newest_at", at, call="kept", column="last_at", how="max")


def messages(about: About, messages_rows: Any, source: str, *, distinct: bool = False) -> Claim:
    """How many messages came from one kind of source; `distinct`: of how many PCs."""
    named = [row["device_id"] for row in rows(messages_rows, "device_id", "source") if row["source"] == source]
    where = {"source": source}
    if distinct:
        return asked(about).claim(
            whole(about), "pcs_heard", len(set(named)), call="messages", where=where, column="device_id",
            how="distinct",
        )  # fmt: skip
    return asked(about).claim(whole(about), "messages", len(named), call="messages", where=where, how="count")


def arrived(about: About, arrived_rows: Any, source: str) -> Claim:
    """How many raw records came, by the moment of receipt."""
    value = sum(int(row["records"]) for row in rows(arrived_rows, "records"))
    return replace(about, arguments={}).claim(
        whole(about), "records", value, call="health.arrived", column="records", how="sum", source=source
    )


def rejected(about: About, rejects: Sequence[Row], source: str) -> Claim:
    """How many rows could not be decoded."""
    value = sum(int(row["rejects"]) for row in rejects)
    return replace(about, arguments={}).claim(
        whole(about), "rejects", value, call="health.rejects", column="rejects", how="sum", source=source
    )


def timed(about: About, late_s: Sequence[float]) -> Claim:
    """Of how many samples it is known how late they came."""
    return asked(about).claim(whole(about), "timed_samples", len(late_s), call="lateness", how="count")


def lateness(about: About, late_s: Sequence[float]) -> Claim:
    """The median time from a sample to the receipt of its record."""
    return asked(about).claim(
        whole(about), "late_s", median(late_s) if late_s else None, "s", call="lateness", column="late_s",
        how="median", n=len(late_s),
    )  # fmt: skip
