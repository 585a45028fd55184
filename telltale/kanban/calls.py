"""`tt.kanban`: what presses of buttons say of demand, lead times and cards, as tidy pandas.

Every call takes the stretch of time first: `48h` counts back from now, `30d` is today and the 29 days before, on the
clock of `[site]`. `item` is one item of buttons.csv, or the name of one of its buttons; None is all. Times are aware
(UTC). A press is a hint, never an authorisation: anyone on the network can send with a listed address.

Rates are per day of observed time: what a capture did not hear is left out, not counted as silence. Where `[kanban]`
keeps a calendar, a day is a working day, for rates and lead times alike. Definitions: wire/kanban.md 4 to 9.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import TIMESTAMP
from telltale.kanban import analysis
from telltale.kanban.analysis.charts import FEWEST_PER_BUCKET, Limits
from telltale.kanban.analysis.risk import stock_out
from telltale.kanban.analysis.sizing import days_covered, line_flow, reorder_point, size, takt_s
from telltale.kanban.by_hand import enter
from telltale.kanban.control_limits import Kind, chart_table, trends_table
from telltale.kanban.item_figures import items_table, leads_of
from telltale.kanban.pull_rates import rates_table, risks_table
from telltale.kanban.question import Asked, By, answer
from telltale.kanban.rules import presence_rules, rules
from telltale.sensors.question import stretch
from telltale.tables import FRAME
from telltale.workbench.project import Project, here
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When
from telltale.workbench.view import answered

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ack",
    "chart",
    "days_covered",
    "items",
    "lead_times",
    "line_flow",
    "observed",
    "presses",
    "pull",
    "pulls",
    "rates",
    "reorder_point",
    "risks",
    "rules",
    "size",
    "stays",
    "stock_out",
    "takt_s",
    "trends",
]

PRESSES = """
select p.device_id, coalesce(b.name, 'by hand') as name,
  coalesce(b.role, case when p.kinds = 'manual_ack' then 'ack' else 'button' end) as role,
  coalesce(case when b.role = 'ack' then b.ack_for else b.item end, substring(p.device_id, 6)) as item, p.pressed_at,
  p.last_frame_at, p.frames, p.kinds, p.interface, p.is_manual
from press p left join button b on b.device_id = p.device_id
order by p.pressed_at, p.device_id, p.kinds
"""

STAYS = """
select s.device_id, b.name, s.joined_at, s.left_at, s.frames, s.is_open
from stay s inner join button b on b.device_id = s.device_id
where s.is_open or unix_micros(s.left_at) >= :since_us
order by s.joined_at, s.device_id
"""


def presses(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The presses of every button and ack button, and what was entered by hand.

    Columns: device_id, name, role, item (of an ack the one it acknowledges), pressed_at, last_frame_at, frames (folded
    into it by the dead time: far more than 8 mean that real presses may be swallowed), kinds, interface, is_manual.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        item: one item; None is all.
        project: another project than the one found from here.
    """
    return answer(presses_table, since, until, item=item, project=project)


def presses_table(asked: Asked) -> pa.Table:
    """The columns of `presses`."""
    engine = asked.view.project.engine
    relations = {
        "press": engine.from_arrow(asked.inside(asked.known.presses, "pressed_at")),
        "button": engine.from_arrow(asked.view.project.button_info()),
    }
    return asked.mine(engine.run(PRESSES, relations).arrow())


def pulls(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Each pull of a container.

    Columns: item, device_id, name, pulled_at, quantity (pieces; 1 where nobody says how many a container holds),
    frames, is_manual. Arguments as for `presses`.
    """

    def ask(asked: Asked) -> pa.Table:
        rows = asked.inside(asked.signals, "signalled_at")
        rows = rows.filter(pc.equal(rows["signal"], "pull"))
        names = ["item", "device_id", "name", "signalled_at", "quantity", "frames", "is_manual"]
        return rows.select(names).rename_columns([name if name != "signalled_at" else "pulled_at" for name in names])

    return answer(ask, since, until, item=item, project=project)


def items(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """One row an item: how much is pulled, how long it takes to come, how many cards that needs.

    Columns: item, pulls, quantity, observed_s, rate_per_day, rate_lo, rate_hi (exact 95 % interval of the pulls that
    were observed), demand_per_day, demand_lo, demand_hi (pieces), container_qty, cards (in use), cards_recommended,
    cards_lo, cards_hi (at the bounds of the rate), formula, lead_time_days (mean of the pulls closed in the stretch,
    open ones left out; of those after the last orphan where there are many, as when the capture begins while containers
    are on their way; or that of buttons.csv), lead_time_source, lead_times (how many were closed), open_pulls, risk,
    risk_lo, risk_hi (stock-out risk of the cards in use), last_pull_at, last_press_at (of its buttons), silent_s
    (observed time without a press), silence_limit_s (upper limit of its t-chart, or the second longest silence it came
    back from: a t-chart knows no nights), may_be_dead, presses (of its most
    pressed button, ever: batteries last about 2,000), trend (rising, falling, none, too few; Laplace), note.

    With fewer than 5 pulls, less observed time than 2 lead times, or a button that may be dead, nothing is recommended
    and `note` says so: the bounds stay. Arguments as for `presses`.
    """
    return answer(items_table, since, until, item=item, project=project)


def rates(
    since: When = "30d",
    until: When = None,
    *,
    by: By = "day",
    item: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Pulls by local day or week, or over the stretch.

    Columns: item, label, start, end, pulls, quantity (both of the time observed), observed_s, is_cut (a part of it was
    not observed), rate_per_day, rate_lo, rate_hi (null where nothing was observed).

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        by: `day`, `week` or `stretch`.
        item: one item; None is all.
        project: another project than the one found from here.
    """
    return answer(lambda asked: rates_table(asked, by), since, until, item=item, project=project)


def lead_times(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """From each pull to the acknowledgement that closed it, by `[kanban] match`.

    Columns: item, pulled_at, acknowledged_at, lead_time_s (of the calendar's working time), is_open, is_orphan (an
    acknowledgement without an open pull), age_s (of an open pull). Those that were pulled or acknowledged in the
    stretch, and all that are open at its end. In `.attrs["items"]` for each item: closed, open_pulls, orphans, mean_s
    (of the closed), sd_s, median_s (Kaplan-Meier: open pulls count as lasting at least their age) and little_s (mean
    number open divided by the rate: far from mean_s, acknowledgements are missing). Arguments as for `presses`.
    """
    told: list[dict[str, Any]] = []

    def ask(asked: Asked) -> pa.Table:
        told[:] = [{"item": one.name, **leads_of(asked, one)._asdict()} for one in asked.items]
        rows = asked.lead_times
        since_us = pa.scalar(asked.span.since_us)
        touches = [
            pc.fill_null(pc.greater_equal(rows[name].cast(pa.int64()), since_us), fill_value=False)
            for name in ("pulled_at", "acknowledged_at")
        ]
        return rows.filter(pc.or_(rows["is_open"], pc.or_(*touches)))

    frame = answer(ask, since, until, item=item, project=project)
    frame.attrs["items"] = told
    return frame


def chart(
    since: When = "30d",
    until: When = None,
    *,
    kind: Kind = "c",
    by: By = "day",
    limits: Limits = "exact",
    item: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """A control chart of each item: which buckets, or which gaps between pulls, are out of what is usual.

    Columns: item, label, start, end, value, center, lower, upper, signal, is_tested (False for buckets that were cut
    or set the limits), is_baseline, is_cut, shift_start (of a CUSUM signal: where its run began). The usual is taken
    from the first 20 whole buckets in control since the first heartbeat, or from `[kanban] baseline`.

    Values: `c` pulls of a bucket, `u` pulls a day, `t` observed seconds between pulls (the last gap is still open),
    `ewma` the weighted mean of pulls per bucket, `cusum` the larger of both sums, that of a fall below 0. In
    `.attrs["note"]` the items whose buckets are too small for a `c` chart.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        kind: `c` wants buckets of about 5 pulls or more, else take weeks, or `t` for rare pulls.
        by: `day` or `week`.
        limits: of `ewma`, `exact` or `asymptotic`.
        item: one item; None is all.
        project: another project than the one found from here.
    """
    frame = answer(lambda asked: chart_table(asked, kind, by, limits), since, until, item=item, project=project)
    few = sorted(set(frame[frame["center"] < FEWEST_PER_BUCKET]["item"])) if kind == "c" else []
    frame.attrs["note"] = f"fewer than 5 pulls a {by}, take longer buckets or kind t: {', '.join(few)}" if few else ""
    return frame


def trends(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Whether demand rises or falls, by three tests of each item.

    Columns: item, test, n, statistic, p_value, slope_per_day, verdict (rising, falling, none, too few). mann_kendall:
    days of whole weeks, each weekday against its like, slope by Sen in pulls a day per day; laplace: the moments of
    the pulls; two_periods: the stretch against one as long before it, statistic the ratio of both rates. Arguments as
    for `presses`.
    """
    return answer(trends_table, since, until, item=item, project=project)


def risks(
    since: When = "30d",
    until: When = None,
    *,
    cards: Iterable[int] | None = None,
    item: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The stock-out risk of each number of cards.

    Columns: item, cards, risk, risk_lo, risk_hi (at the bounds of the rate); items without a rate or a lead time have
    no rows, `risk` is null where there is too little data.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        cards: which numbers; None is from 1 to a few more than are recommended or in use.
        item: one item; None is all.
        project: another project than the one found from here.
    """
    chosen = None if cards is None else list(cards)

    return answer(lambda asked: risks_table(asked, chosen), since, until, item=item, project=project)


def observed(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """The stretches in which captures were alive; between them nothing was observed.

    Columns: collector, interface, start, end, frames, unlisted (of devices that are not listed: counted, not kept),
    drops (frames lost before they could be read). A stretch that reaches over the ends of the time asked for is cut
    there; its counts are those of the whole. Arguments as for `presses`.
    """

    def ask(asked: Asked) -> pa.Table:
        rows = asked.known.observed
        start, end = (rows[name].cast(pa.int64()) for name in ("start", "end"))
        start = pc.max_element_wise(start, pa.scalar(asked.span.since_us))
        end = pc.min_element_wise(end, pa.scalar(asked.span.until_us))
        for name, moments in (("start", start), ("end", end)):
            at = rows.column_names.index(name)
            rows = rows.set_column(at, name, moments.cast(TIMESTAMP))
        return rows.filter(pc.less(start, end))

    return answer(ask, since, until, item=None, project=project)


def stays(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """When listed phones and laptops (role presence) were there; empty unless `[kanban] presence` is on.

    Columns: device_id, name, joined_at, left_at (last frame + away_after; null while open), frames, is_open. A device
    that sleeps is silent without leaving. Arguments as for `presses`.
    """
    project = project or here()
    span = stretch(project, since, until)

    def ask(view: Any) -> pa.Table:
        engine = project.engine
        frames = engine.run(
            "select * from frame where observed_at < timestamp_micros(:until_us)",
            {"frame": view.table(FRAME.name)},
            until_us=span.until_us,
        )
        found = analysis.stays(engine, frames, presence_rules(project), until_us=span.until_us)
        relations = {"stay": found, "button": engine.from_arrow(project.button_info())}
        return engine.run(STAYS, relations, since_us=span.since_us).arrow()

    return tidy(answered(project, ask))


def pull(item: str, at: When = None, *, note: str = "", project: Project | None = None) -> str:
    """Enter a pull by hand, for a press that was lost; returns the item's name.

    Args:
        item: of buttons.csv, in any case, or the name of one of its buttons.
        at: when; None is now, `2h` two hours ago.
        note: why, kept with the record.
        project: another project than the one found from here.

    Raises:
        ConfigError: no such item, or a moment ahead, or entered already.
        StoreError: it could not be stored.
    """
    return enter("pull", item, at, note=note, project=project)


def ack(item: str, at: When = None, *, note: str = "", project: Project | None = None) -> str:
    """Enter by hand that a container was delivered; arguments and errors as for `pull`."""
    return enter("ack", item, at, note=note, project=project)
