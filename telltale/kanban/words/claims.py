"""The claims of Kanban: what each number of a sentence, tile, title, table or line is of, and the call that gives it.

Every claim names a public call of `tt.kanban`, asked of the stretch and item of the page; `tt.why` follows it to the
rows and to the frames behind them.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from telltale import wording
from telltale.kanban.analysis.coverage import Coverage
from telltale.kanban.words.refills import Refill, lasting
from telltale.kanban.words.working_time import WorkingTime, longest, mean, median, shortest
from telltale.page.claims import PROJECT, About, Claim, Clock, How, Records, Subject, Value
from telltale.page.said import Said, claimed, say

ITEM_UNITS: Mapping[str, str] = {
    "lead_time_days": "d",
    "lead_time_calendar_days": "d",
    "silent_s": "s",
    "silent_calendar_s": "s",
    "silence_limit_s": "s",
    "observed_s": "s",
}
WORKING = ("lead_time_days", "silent_s", "silence_limit_s", "observed_s")
"""Columns that count working time where a calendar is kept."""


@dataclass(frozen=True)
class Items(About):
    """What the claims of a page about items share.

    Args:
        calls: `kanban`.
        since: beginning of the stretch.
        until: its end, exclusive.
        so_far: whether it ends with the present.
        arguments: `item`, where only one is meant.
        devices: the devices of each item, ack buttons and entries by hand among them: where its records are.
        has_calendar: whether `[kanban]` keeps one.
    """

    calls: str = "kanban"
    devices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_calendar: bool = False

    @property
    def clock(self) -> Clock:
        """Of lead times, silences and gaps."""
        return "working" if self.has_calendar else "calendar"

    def records(self, *items: str) -> Records | None:
        """The frames of some items, or of all."""
        chosen = [device for item in items or tuple(self.devices) for device in self.devices.get(item, ())]
        return Records("frame", {"device_id": sorted(set(chosen))}) if chosen else None

    @property
    def captures(self) -> "About":
        """The same stretch for what is asked of captures: of no item."""
        return About(self.calls, self.since, self.until, self.so_far)


ABOUT = Items()


def subject(name: str) -> Subject:
    """An item."""
    return Subject("item", name, name)


def of_item(about: Items, row: Mapping[str, Any], column: str, *, n: int | None = None) -> Claim:
    """A figure of an item, as it stands in its row of `tt.kanban.items`."""
    value = row[column]
    plain: Value = None if isinstance(value, float) and not wording.is_known(value) else value
    clock = about.clock if column in WORKING else "calendar"
    return about.claim(
        subject(row["item"]), column, plain, ITEM_UNITS.get(column, ""), call="items", where={"item": row["item"]},
        column=column, n=n, clock=clock, records=about.records(row["item"]),
    )  # fmt: skip


def items_among(about: Items, names: Sequence[str], measure: str) -> Claim:
    """How many items are so; they are named in the call."""
    return about.claim(
        PROJECT, measure, len(names), call="items", where={"item": sorted(names)}, how="count",
        records=about.records(*names) if names else None,
    )  # fmt: skip


def every_item(about: Items, count: int) -> Claim:
    """How many items there are, listed or pulled."""
    return about.claim(PROJECT, "items", count, call="items", how="count")


def items_pulled(about: Items, count: int) -> Claim:
    """Of how many items a pull was heard or entered."""
    records = about.records()
    return about.claim(PROJECT, "items_pulled", count, call="pulls", column="item", how="distinct", records=records)


def pulls(about: Items, count: int) -> Claim:
    """How many pulls there were, those by hand included."""
    return about.claim(PROJECT, "pulls", count, call="pulls", how="count", records=about.records())


def of_week(about: Items, row: Mapping[str, Any], column: str, unit: str = "") -> Claim:
    """A figure of seven days, of `tt.kanban.weeks`."""
    return about.claim(
        PROJECT, f"week_{column}", row[column], unit, call="weeks", where={"start": row["start"]}, column=column,
        n=row["weeks_before"] if column in ("usual", "change") else None, records=about.records(),
    )  # fmt: skip


def refills(about: Items, found: Sequence[Refill], value: float | None, how: How, column: str = "lead_time_s") -> Claim:
    """A figure of the lead times of closed pulls: working seconds, or `calendar_s`."""
    items = sorted({refill.item for refill in found})
    clock = "calendar" if column == "calendar_s" else about.clock
    return about.claim(
        PROJECT if len(items) != 1 else subject(items[0]), f"{how}_{column}", value, "s", call="lead_times",
        where=_whole(is_open=False) | {"item": items}, column=column, how=how, n=len(found), clock=clock,
        records=about.records(*items),
    )  # fmt: skip


def refills_counted(about: Items, found: Sequence[Refill], *, is_open: bool) -> Claim:
    """How many pulls were closed, or are open."""
    items = sorted({refill.item for refill in found})
    measure = "open_pulls" if is_open else "refills"
    return about.claim(
        PROJECT if len(items) != 1 else subject(items[0]), measure, len(found), call="lead_times",
        where=_whole(is_open=is_open) | ({"item": items} if items else {}), how="count",
        records=about.records(*items),
    )  # fmt: skip


def _whole(*, is_open: bool) -> dict[str, bool]:
    """Rows that are of a pull and what became of it."""
    return {"is_open": is_open, "is_orphan": False, "is_lost": False}


def age(about: Items, refill: Refill, column: str = "age_s") -> Claim:
    """How long a pull has been open, in working seconds, or by the calendar."""
    by_calendar = column == "calendar_s"
    value = refill.lasted.calendar_s if by_calendar else refill.lasted.seconds
    return about.claim(
        subject(refill.item), f"open_{column}", value, "s", call="lead_times",
        where={"item": refill.item, "is_open": True, "pulled_at": refill.pulled_at}, column=column, how="max",
        clock="calendar" if by_calendar else about.clock, records=about.records(refill.item),
    )  # fmt: skip


def orphans(about: Items, count: int) -> Claim:
    """How many acknowledgements had no open pull."""
    where = {"is_orphan": True}
    return about.claim(PROJECT, "orphans", count, call="lead_times", where=where, how="count", records=about.records())


def lost(about: Items, count: int) -> Claim:
    """How many pulls were given up, because their acknowledgement is lost."""
    where = {"is_lost": True}
    return about.claim(PROJECT, "lost", count, call="lead_times", where=where, how="count", records=about.records())


def of_capture(about: Items, covered: Coverage, column: str) -> Claim:
    """A figure of `tt.kanban.capture_summary`."""
    value = len(covered.gaps) if column == "gaps" else getattr(covered, column)
    unit = "s" if column.endswith("_s") else ""
    where = Records("collector_heartbeat")
    return about.captures.claim(
        PROJECT, f"capture_{column}", value, unit, call="capture_summary", column=column, records=where
    )


def gap(about: Items, start: dt.datetime, end: dt.datetime, column: str) -> Claim:
    """Where a pause of the capture begins or ends (`tt.kanban.capture_gaps`)."""
    value = start if column == "start" else end
    return about.captures.claim(
        PROJECT, f"gap_{column}", value, call="capture_gaps", where={"start": start}, column=column,
        records=Records("collector_heartbeat"),
    )  # fmt: skip


def of_stretch(about: Items, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of a stretch a capture listened without a break (`tt.kanban.capture_coverage`)."""
    where = {"interface": row["interface"], "start": row["start"], "collector": row["collector"]}
    return about.captures.claim(
        Subject("source", "button"), f"stretch_{column}", row[column], call="capture_coverage", where=where,
        column=column, records=Records("collector_heartbeat", {"interface": row["interface"]}),
    )  # fmt: skip


def records_kept(about: Items, count: int) -> Claim:
    """How many records are kept: frames, heartbeats, rejects."""
    return about.captures.claim(PROJECT, "records", count, call="capture_summary", column="records")


def of_bucket(about: Items, row: Mapping[str, Any], column: str, **asked: Any) -> Claim:
    """A figure of a bucket or gap of a control chart (`tt.kanban.control`)."""
    kind = asked.get("kind", "c")
    unit, clock = ("s", about.clock) if kind == "t" else ("", "calendar")
    return about.claim(
        subject(row["item"]), f"{kind}_{column}", row[column], unit, call="control",
        where={"item": row["item"], "start": row["start"]}, column=column, clock=clock,
        records=about.records(row["item"]), **asked,
    )  # fmt: skip


def buckets_outside(about: Items, names: Sequence[str], count: int, **asked: Any) -> Claim:
    """How many buckets of some items left their limits."""
    return about.claim(
        PROJECT, "buckets_outside", count, call="control", where={"item": sorted(names), "signal": True}, how="count",
        records=about.records(*names), **asked,
    )  # fmt: skip


def of_test(about: Items, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of a test of trend (`tt.kanban.trends`)."""
    value = row[column]
    return about.claim(
        subject(row["item"]), f"{row['test']}_{column}", value if wording.is_known(value) else None, call="trends",
        where={"item": row["item"], "test": row["test"]}, column=column, records=about.records(row["item"]),
    )  # fmt: skip


def of_curve(about: Items, row: Mapping[str, Any], column: str) -> Claim:
    """A figure of a number of cards (`tt.kanban.risks`)."""
    return about.claim(
        subject(row["item"]), f"{column}_by_cards", row[column], call="risks",
        where={"item": row["item"], "cards": row["cards"]}, column=column, records=about.records(row["item"]),
    )  # fmt: skip


def of_rate(about: Items, row: Mapping[str, Any], column: str, by: str) -> Claim:
    """A figure of a day or week (`tt.kanban.rates`)."""
    unit, clock = ("s", about.clock) if column == "observed_s" else ("", "calendar")
    return about.claim(
        subject(row["item"]), f"{column}_by_bucket", row[column], unit, call="rates",
        where={"item": row["item"], "start": row["start"]}, column=column, clock=clock,
        records=about.records(row["item"]), by=by,
    )  # fmt: skip


def of_pressed(about: Items, value: Value, measure: str, how: How, column: str = "", **where: Any) -> Claim:
    """A figure of presses (`tt.kanban.presses`)."""
    device = where.get("device_id")
    records = Records("frame", {"device_id": device}) if device else Records("frame")
    return about.claim(
        PROJECT if device is None else Subject("device", device), measure, value, call="presses", where=where,
        column=column, how=how, records=records,
    )  # fmt: skip


def rejected(about: Items, count: int) -> Claim:
    """How many rows of the source could not be decoded (`tt.health.rejects`)."""
    return about.captures.claim(
        Subject("source", "button"), "rejects", count, call="health.rejects", column="rejects", how="sum",
        source="button", records=Records("reject", {"source": "button"}),
    )  # fmt: skip


def time(lasted: WorkingTime | None, counted: Claim, by_calendar: Claim | None = None) -> Said:
    """A time that counts, on both bases where they differ, each number its own claim."""
    if lasted is None:
        return claimed(counted, wording.UNKNOWN)
    if lasted.is_alike:
        return claimed(counted, wording.duration(lasted.seconds))
    if lasted.calendar_s is None or by_calendar is None:
        return claimed(counted, lasted.counted)
    return say("{} ({})", claimed(counted, lasted.counted), claimed(by_calendar, wording.duration(lasted.calendar_s)))


_CHOSEN: Mapping[How, Callable[[Sequence[WorkingTime]], WorkingTime]] = {
    "min": shortest,
    "mean": mean,
    "median": median,
    "max": longest,
}


def refills_words(found: Sequence[Refill], how: How, about: Items) -> Said:
    """The shortest, mean, median or longest lead time of some, on both bases; each is the figure of its own basis."""
    times = lasting(found)
    by_calendar = [time.calendar_s for time in times if time.calendar_s is not None]
    chosen = _CHOSEN[how](times)
    if how in ("min", "max") and by_calendar:
        chosen = replace(chosen, calendar_s=min(by_calendar) if how == "min" else max(by_calendar))
    counted = refills(about, found, chosen.seconds, how)
    return time(chosen, counted, refills(about, found, chosen.calendar_s, how, "calendar_s"))


def age_words(refill: Refill, about: Items) -> Said:
    """How long a pull has been open, on both bases."""
    return time(refill.lasted, age(about, refill), age(about, refill, "calendar_s"))


def spread(low: Claim, high: Claim, *, factor: float = 1.0, digits: int = 0) -> Said:
    """`10–26`: both ends of an interval."""
    texts = [wording.number(None if end.value is None else factor * float(end.value), digits) for end in (low, high)]  # type: ignore[arg-type] # ends of intervals are numbers
    return say("{}{}{}", claimed(low, texts[0]), wording.DASH, claimed(high, texts[1]))
