"""The newest value of every sensor: what it is against its limits, and how often it reports."""

# ruff: noqa: S608 - texts are composed of names of ours
import datetime as dt
from collections.abc import Mapping
from typing import Any

from telltale import identity, wording
from telltale.frames import local
from telltale.page.attention import since
from telltale.page.newest import Newest, number
from telltale.sensors import question as read
from telltale.sensors.answers import recent
from telltale.sensors.days import limits
from telltale.workbench.question import Question, question
from telltale.workbench.times import When, local_time
from telltale.workbench.view import View

KEY = "device_id, channel, quantity"
SHOWN = "select * from reading where not regexp_like(quantity, '_(total|major|minor)$')"
"""The parts of a counter are told by their sum."""
LAST = f"""
select {KEY}, unit, observed_at, value, text, error_code, readings from (
  select {KEY}, unit, observed_at, value, text, error_code,
    row_number() over (partition by {KEY} order by observed_at desc, value, text) as age,
    count(*) over (partition by {KEY}) as readings
  from reading
) told where age = 1 order by {KEY}
"""


def newest(view: View, back: When) -> list[Newest]:
    """Of each series its newest reading: those outside their limits first, then by name.

    Args:
        view: of which moment.
        back: how far back it is looked for.
    """
    asked = question(view, back, None)
    rows = asked.engine.run(SHOWN, {"reading": read.readings(asked)})
    last = asked.engine.run(LAST, {"reading": rows}).arrow().to_pylist()
    if not last:
        return []
    answers = recent(view)
    limit_of = {_key(row): row for row in limits(asked).arrow().to_pylist()}
    outside = {_key(row): row for row in answers.excursions.to_pylist() if row["is_open"]}
    intervals = {row["device_id"]: row["interval_s"] for row in answers.reporting.to_pylist()}
    found = [_newest(asked, row, limit_of.get(_key(row)), outside.get(_key(row)), intervals) for row in last]
    return sorted(found, key=lambda row: (row.level != "alarm", not row.name, row.called))


def _newest(
    asked: Question, row: Mapping[str, Any], limit: Any, outside: Any, intervals: Mapping[str, float | None]
) -> Newest:
    device_id = row["device_id"]
    says, is_outside = against(row, limit, outside, local_time(asked.view.now_us, asked.zone))
    if not says and intervals.get(device_id):
        says = f"every {wording.duration(intervals[device_id])}"
    sources = identity.sources_of(device_id)
    return Newest(
        device_id, _names(asked).get(device_id, ""), "sensor", sources[0].name if sources else "", row["quantity"],
        row["channel"], row["value"], row["unit"], _text(row), row["observed_at"], row["readings"], "reading", says,
        "alarm" if is_outside else "",
    )  # fmt: skip


def _names(asked: Question) -> dict[str, str]:
    return {row["device_id"]: row["name"] for row in asked.project.device_info().to_pylist() if row["name"]}


def against(row: Mapping[str, Any], limit: Any, outside: Any, now: dt.datetime) -> tuple[str, bool]:
    """What a value is against its limits, such as `above 8 °C since 06:02`; and whether it is outside them.

    Args:
        row: value and unit of the newest reading.
        limit: low and high that hold for it; None where none do.
        outside: the excursion it is part of (`tt.sensors.excursions`); None where it is of none.
        now: the present on the site's clock.
    """
    value = row["value"]
    low, high = (None, None) if limit is None else (limit["low"], limit["high"])
    if value is None or (low is None and high is None):
        return "", False
    is_above, is_below = high is not None and value > high, low is not None and value < low
    if not is_above and not is_below:
        return f"within {_span(low, high, row['unit'])}", False
    text = f"{'above' if is_above else 'below'} {_level(high if is_above else low, row['unit'])}"
    if outside is not None:
        text += f" {since(local(outside['counted_from'], str(now.tzinfo)), now)}"
        text += "" if outside["is_begin_known"] else " or earlier"
    return text, True


def _span(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None:
        return f"its limit, {'at most' if low is None else 'at least'} {_level(high if low is None else low, unit)}"
    joint = wording.DASH if low >= 0 else " to "
    return f"{number(low)}{joint}{_level(high, unit)}"


def _level(value: float | None, unit: str) -> str:
    return f"{number(value)}{wording.NBSP}{unit}".rstrip(wording.NBSP)


def _text(row: Mapping[str, Any]) -> str:
    """A state in words; empty where the reading is a number."""
    if row["error_code"] is not None and row["value"] is None:
        return f"error {row['error_code']}"
    text = row["text"] or ""
    return text if row["value"] is None or not text[:1].isdigit() else ""


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["device_id"], row["channel"], row["quantity"]
