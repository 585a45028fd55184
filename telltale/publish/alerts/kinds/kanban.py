"""Items that run short, and buttons that may be dead: what the kanban page says, judged as each local day ends.

Both are judged by sixteen weeks, so that an hour more changes nothing; a press ends the silence of a button at once.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.kanban.concerns import WATCHED
from telltale.kanban.days import SOURCE
from telltale.kanban.item_figures import items_table
from telltale.kanban.question import Demand
from telltale.kanban.words.phrases import runs_short
from telltale.publish.alerts.episodes import BEYOND, CLEAR, HOLDS, Episode
from telltale.publish.alerts.watch import Watch, table_of
from telltale.tables import COLLECTOR_HEARTBEAT
from telltale.workbench.question import Question
from telltale.workbench.times import local_day, midnight, span


def stock_outs(watch: Watch) -> list[Episode]:
    """The items whose risk is above the one accepted, and for which more cards are recommended; peak is the risk."""
    target = 1 - watch.project.settings.kanban.service_level if watch.settings.above is None else watch.settings.above
    rows = []
    for at_us, item in _judged(watch):
        is_told = item["risk"] is not None
        mark = BEYOND if runs_short(item, target) else CLEAR if is_told else HOLDS
        rows.append(_row(item["item"], "risk of running short", at_us, item["risk"], mark))
    return watch.found([table_of(rows)])


def dead_buttons(watch: Watch) -> list[Episode]:
    """The items whose button has been silent for longer than is usual; peak is the silence in seconds."""
    rows = []
    for at_us, item in _judged(watch):
        mark = BEYOND if item["may_be_dead"] else HOLDS if item["silence_limit_s"] is None else CLEAR
        rows.append(_row(item["item"], "button silent", at_us, item["silent_s"], mark, unit="s"))
    demand = _demand(watch, watch.until_us)
    items = {row["device_id"]: row["item"] for row in demand.buttons if row["role"] == "button"}
    pressed = demand.inside(demand.history.presses, "pressed_at")
    for device, at in zip(
        pressed["device_id"].to_pylist(), pressed["pressed_at"].cast("int64").to_pylist(), strict=True
    ):
        if device in items:
            rows.append(_row(items[device], "button silent", at, None, CLEAR, unit="s"))
    return watch.found([table_of(rows)])


def _judged(watch: Watch) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of `tt.kanban.items` as each day of the stretch ended."""
    presses = _demand(watch, watch.until_us).history.presses
    first_us = pc.min(presses["pressed_at"].cast("int64")).as_py()
    if first_us is None:
        return
    beats = watch.engine.run(BEATS, {"beat": watch.view.rows(COLLECTOR_HEARTBEAT.name)}, source=SOURCE).arrow()
    day = local_day(max(watch.span.since_us, first_us), watch.zone) + dt.timedelta(days=1)
    while (at_us := midnight(day, watch.zone)) < watch.until_us:
        demand = _demand(watch, at_us)
        come = beats.filter(pc.less(beats["received_us"], at_us))
        demand.history = demand.history._replace(
            coverage=_until(demand.history.coverage, pc.max(come["observed_us"]).as_py() or 0)
        )
        for item in items_table(demand).to_pylist():
            yield at_us, item
        day += dt.timedelta(days=1)


BEATS = """
select unix_micros(observed_at) as observed_us, unix_micros(received_at) as received_us from beat
where source = :source
"""


def _until(coverage: pa.Table, until_us: int) -> pa.Table:
    """What of a coverage was known when the newest heartbeat that had come told of it."""
    at, kind = coverage.schema.get_field_index("end"), coverage.schema.field("end")
    ends = pc.min_element_wise(coverage["end"].cast("int64"), pa.scalar(until_us, pa.int64())).cast(kind.type)
    cut = coverage.set_column(at, kind, ends)
    return cut.filter(pc.less(cut["start"], cut["end"]))


def _demand(watch: Watch, until_us: int) -> Demand:
    """What the page shows at a moment: of sixteen weeks."""
    stretch = span(WATCHED, None, zone=watch.zone, now_us=until_us)
    return Demand(Question(watch.view, stretch, watch.zone))


def _row(item: str, measure: str, at_us: int, value: float | None, mark: int, *, unit: str = "") -> dict[str, Any]:
    return {
        "subject": item, "measure": measure, "unit": unit, "at_us": at_us, "received_us": at_us, "raw_id": None,
        "value": value, "mark": mark, "is_low": False,
    }  # fmt: skip
