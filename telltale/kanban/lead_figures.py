"""`tt.kanban.lead_time_summary`: how long refills take, and which lead times can be trusted."""

import pyarrow as pa
import pyarrow.compute as pc

from telltale.kanban.analysis.lead_times import LeadTimes, summary
from telltale.kanban.question import Demand, Item, table

FEWEST_LEAD_TIMES = 2
MOST_LOST = 0.05
"""For a closed pull: where acknowledgements are lost, each closes a pull before its own until that shows."""
MOST_ORPHANS = 0.05
"""For a closed pull: a capture that begins while containers are on their way pairs each with a later pull."""

LEAD_TIMES = pa.schema(
    [
        ("item", pa.string()),
        ("closed", pa.int64()),
        ("open_pulls", pa.int64()),
        ("orphans", pa.int64()),
        ("mean_s", pa.float64()),
        ("sd_s", pa.float64()),
        ("median_s", pa.float64()),
        ("little_s", pa.float64()),
        ("mean_calendar_s", pa.float64()),
        ("lost", pa.int64()),
        ("working_day_s", pa.float64()),
    ]
)


def lead_time_summary_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.lead_time_summary`."""
    day = {"working_day_s": demand.clock.kept_day_s}
    return table([{"item": item.name, **leads_of(demand, item)._asdict(), **day} for item in demand.items], LEAD_TIMES)


def leads_of(demand: Demand, item: Item, *, after_us: int = 0) -> LeadTimes:
    """The lead times of an item that ended in the stretch and after a moment, and its pulls open at its end."""
    rows = demand.lead_times
    rows = rows.filter(pc.equal(rows["item"], item.name))
    ended = demand.inside(rows.filter(pc.is_valid(rows["acknowledged_at"])), "acknowledged_at")
    ended = ended.filter(pc.greater(ended["acknowledged_at"].cast(pa.int64()), after_us))
    closed = ended.filter(pc.invert(ended["is_orphan"]))
    ages = rows.filter(rows["is_open"])["age_s"].to_pylist()
    lost = demand.inside(rows.filter(rows["is_lost"]), "pulled_at")
    return summary(
        closed["lead_time_s"].to_pylist(), ages, orphans=ended.num_rows - closed.num_rows,
        calendar_s=closed["calendar_s"].to_pylist(), lost=lost.num_rows,
    )  # fmt: skip


def sound(demand: Demand, item: Item, lead: LeadTimes) -> LeadTimes | None:
    """The lead times that can be trusted; None where none can.

    An orphan says that a pull before it was not heard: since then each acknowledgement was paired with a pull later
    than its own, and lead times came out short. At an orphan no pull is open, so that what comes after it is right; but
    of that, too, the long ones are missing until some lead times have passed. Where one delivery closes all, it starts
    afresh by itself. Where pulls of the stretch were given up, acknowledgements are lost, and lead times came out long.
    """
    if lead.lost > MOST_LOST * lead.closed:
        return None
    if demand.settings.match == "all" or lead.orphans <= MOST_ORPHANS * lead.closed:
        return lead
    rows = demand.lead_times
    rows = rows.filter(pc.and_(rows["is_orphan"], pc.equal(rows["item"], item.name)))
    last_us = pc.max(rows["acknowledged_at"].cast(pa.int64())).as_py()
    later = leads_of(demand, item, after_us=last_us)
    passed_s = float(demand.clock.working.between_us(last_us, demand.span.until_us)) / 1e6
    return later if passed_s >= FEWEST_LEAD_TIMES * (later.mean_s or 0.0) else None


def no_lead_time(orphans: int, lost: int = 0) -> str:
    """Why a lead time is not known, and what would help."""
    if lost:
        return (
            f"lead time not known: {lost} of the pulls were never acknowledged, so others may stand beside a wrong "
            "acknowledgement; press the ack button at each delivery, or give lead_time_days in buttons.csv"
        )
    if not orphans:
        return "lead time not known: add an ack button, or lead_time_days in buttons.csv"
    return (
        f"lead time not known: {orphans} of the acknowledgements had no pull, so others may stand beside a wrong "
        "one; wait, or give lead_time_days in buttons.csv"
    )
