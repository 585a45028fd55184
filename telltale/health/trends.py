"""Where batteries and signals go, of the devices that tell of them: the figures and their card."""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale import wording
from telltale.engine import Relation
from telltale.health import analysis
from telltale.health.claims import ABOUT
from telltale.health.words.trends import trends_table, trends_title
from telltale.page.claims import About
from telltale.page.pieces import Card
from telltale.tables import DEVICE_STATUS
from telltale.workbench.project import Project
from telltale.workbench.question import Question, ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, Span, When

if TYPE_CHECKING:
    import pandas as pd

STATUS = ("device_id", "kind", "observed_at", "received_at", "battery_v", "signal_dbm", "next_expected_at")

NAMED = """
select t.device_id, coalesce(nullif(i.name, ''), t.device_id) as name, coalesce(i.place, '') as place, t.measure,
  t.days, t.last_on, t.level, t.last_value, t.per_day, t.is_clear, t.days_left
from trend t left join device_info i on i.device_id = t.device_id
order by name, t.device_id, t.measure
"""


def batteries(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """Where battery and signal of each device go, one row a device and measure.

    Columns: device_id, name, place, measure (battery in V, signal in dBm), days (with a value), last_on (the newest of
    them), level (along the trend, on that day), last_value, per_day, is_clear (it goes one way), days_left (from the
    end of the stretch, until empty or too weak; null where that is not clear).

    Args:
        since: beginning of the stretch; what devices said of themselves in the day before counts too.
        until: its end, exclusive; None is now.
        project: another project than the one found from here.
    """
    return tidy(ask(trends, since, until, project=project))


def trends(question: Question, device_ids: Sequence[str] | None = None) -> pa.Table:
    """Where battery and signal of each device go.

    Args:
        question: about which stretch.
        device_ids: of which devices; None is all.

    Returns:
        device_id, name, place, measure (battery in V, signal in dBm), days, last_on, level, last_value, per_day,
        is_clear, days_left (from the end of the stretch), as `telltale.health.analysis.trends` says; by name.
    """
    made = analysis.trends(question.engine, status(question, device_ids), now_us=question.span.until_us)
    return question.engine.run(NAMED, {"trend": made, "device_info": question.device_info}).arrow()


def status(question: Question, device_ids: Sequence[str] | None = None) -> Relation:
    """What devices said of themselves in the stretch and the day before, which may name a moment in the stretch."""
    span = Span(question.span.since_us - DAY, question.span.until_us)
    ids = {f"device_{number}": name for number, name in enumerate(device_ids or ())}
    wanted = "true" if device_ids is None else f"device_id in ({', '.join(f':{name}' for name in ids)})"
    rows = {"device_status": question.view.table(DEVICE_STATUS.name, span)}
    return question.engine.run(f"select {', '.join(STATUS)} from device_status where {wanted}", rows, **ids)


def card(rows: pa.Table, about: About = ABOUT) -> Card:
    """Where batteries and signals go, and how long they last.

    Args:
        rows: what `trends` gave.
        about: their stretch.
    """
    rules = analysis.TrendRules()
    empty_v, weak_dbm = wording.quantity(rules.empty_v, "V", 1), wording.quantity(rules.weak_dbm, "dBm")
    return Card(
        trends_title(rows, about),
        trends_table(rows, about=about),
        f"Battery and signal, twenty at most: newest, trend of 30 days, days left until {empty_v} or {weak_dbm}",
        [
            "Days left: along a straight line through the days that are known, should it go on like this.",
            "Said only where it goes one way for a week at least. A new battery begins anew.",
        ],
        empty="No device has told its battery or signal in these 30 days.",
    )
