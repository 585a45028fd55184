"""`tt.kanban`: what presses of buttons say of demand, lead times and cards, as tidy pandas.

Every call takes the stretch of time first: `48h` counts back from now, `30d` is today and the 29 days before, on the
clock of `[site]`. `item` is one item of buttons.csv, or the name of one of its buttons; None is all. Times are aware
(UTC). A press is a hint, never an authorisation: anyone on the network can send with a listed address.

Rates are per day of observed time: what a capture did not hear is left out, not counted as silence. Where `[kanban]`
keeps a calendar, a day is a working day, for rates and lead times alike. Definitions: wire/kanban.md 4 to 9.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.kanban.analysis.limits import Width
from telltale.kanban.analysis.risk import stock_out
from telltale.kanban.analysis.sizing import days_covered, line_flow, reorder_point, size, takt_s
from telltale.kanban.by_hand import enter
from telltale.kanban.control_limits import Kind, control_table, trends_table
from telltale.kanban.item_figures import items_table, lead_time_summary_table
from telltale.kanban.press_tables import (
    capture_coverage_table,
    lead_times_table,
    phone_stays_table,
    presses_table,
    pulls_table,
)
from telltale.kanban.pull_rates import rates_table, risks_table
from telltale.kanban.question import By, Demand, of_demand
from telltale.workbench.project import Project
from telltale.workbench.question import ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ack",
    "capture_coverage",
    "control",
    "days_covered",
    "items",
    "lead_time_summary",
    "lead_times",
    "line_flow",
    "phone_stays",
    "presses",
    "pull",
    "pulls",
    "rates",
    "reorder_point",
    "risks",
    "size",
    "stock_out",
    "takt_s",
    "trends",
]


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
    return tidy(ask(of_demand(presses_table), since, until, of=item, project=project))


def pulls(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Each pull of a container.

    Columns: item, device_id, name, pulled_at, quantity (pieces; 1 where nobody says how many a container holds),
    frames, is_manual. Arguments as for `presses`.
    """
    return tidy(ask(of_demand(pulls_table), since, until, of=item, project=project))


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
    return tidy(ask(of_demand(items_table), since, until, of=item, project=project))


def rates(
    since: When = "30d",
    until: When = None,
    *,
    by: By = "day",
    item: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Pulls by local day or week, or over the stretch; each day or week that the stretch touches, from its beginning.

    Columns: item, label, start, end, so_far (the end of the stretch cut it), pulls, quantity (both of the time
    observed), observed_s, is_cut (a part of it was not observed), rate_per_day, rate_lo, rate_hi (null where nothing
    was observed).

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        by: `day`, `week` or `stretch`.
        item: one item; None is all.
        project: another project than the one found from here.
    """
    return tidy(ask(of_demand(lambda demand: rates_table(demand, by)), since, until, of=item, project=project))


def lead_times(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """From each pull to the acknowledgement that closed it, by `[kanban] match`.

    Columns: item, pulled_at, acknowledged_at, lead_time_s (of the calendar's working time), is_open, is_orphan (an
    acknowledgement without an open pull), age_s (of an open pull). A refill belongs to the stretch it was pulled in and
    to that it came in: those pulled or acknowledged in the stretch, and all that are open at its end. Arguments as for
    `presses`.
    """
    return tidy(ask(of_demand(lead_times_table), since, until, of=item, project=project))


def lead_time_summary(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The lead times of each item, of the refills that came in the stretch.

    Columns: item, closed, open_pulls, orphans, mean_s (of the closed), sd_s, median_s (Kaplan-Meier: open pulls count
    as lasting at least their age), little_s (mean number open divided by the rate: far from mean_s, acknowledgements
    are missing). Arguments as for `presses`.
    """
    return tidy(ask(of_demand(lead_time_summary_table), since, until, of=item, project=project))


def control(
    since: When = "30d",
    until: When = None,
    *,
    kind: Kind = "c",
    by: By = "day",
    limits: Width = "exact",
    item: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """A control chart of each item: which buckets, or which gaps between pulls, are out of what is usual.

    Columns: item, label, start, end, so_far (the end of the stretch cut it), value, center, lower, upper, signal,
    is_tested (False for buckets that were cut or set the limits), is_baseline, is_cut, shift_start (of a CUSUM signal:
    where its run began). The usual is taken from the first 20 whole buckets in control since the first heartbeat, or
    from `[kanban] baseline`; a gap is of the stretch it ended in. A c-chart of fewer than 5 pulls a bucket has limits
    that are rough: take longer buckets, or `t`.

    Values: `c` pulls of a bucket, `u` pulls a day, `t` observed seconds between pulls (the last gap is still open),
    `ewma` the weighted mean of pulls per bucket, `cusum` the larger of both sums, that of a fall below 0.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        kind: `c` wants buckets of about 5 pulls or more, else take weeks, or `t` for rare pulls.
        by: `day` or `week`.
        limits: of `ewma`, `exact` or `asymptotic`.
        item: one item; None is all.
        project: another project than the one found from here.
    """

    def answer(demand: Demand) -> pa.Table:
        return control_table(demand, kind, by, limits)

    return tidy(ask(of_demand(answer), since, until, of=item, project=project))


def trends(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Whether demand rises or falls, by three tests of each item.

    Columns: item, test, n, statistic, p_value, slope_per_day, verdict (rising, falling, none, too few). mann_kendall:
    days of whole weeks, each weekday against its like, slope by Sen in pulls a day per day; laplace: the moments of
    the pulls; two_periods: the stretch against one as long before it, statistic the ratio of both rates. Arguments as
    for `presses`.
    """
    return tidy(ask(of_demand(trends_table), since, until, of=item, project=project))


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
    return tidy(ask(of_demand(lambda demand: risks_table(demand, chosen)), since, until, of=item, project=project))


def capture_coverage(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """The stretches in which captures were alive; between them nothing was observed.

    Columns: collector, interface, start, end, frames, unlisted (of devices that are not listed: counted, not kept),
    drops (frames lost before they could be read). A stretch that reaches over the ends of the time asked for is cut
    there; its counts are those of the whole. Arguments as for `presses`.
    """
    return tidy(ask(capture_coverage_table, since, until, project=project))


def phone_stays(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """When listed phones and laptops (role presence) were there; empty unless `[kanban] presence` is on.

    Columns: device_id, name, joined_at, left_at (last frame + away_after; null while open), frames, is_open; those who
    came in the stretch, whole. A device that sleeps is silent without leaving. Arguments as for `presses`.
    """
    return tidy(ask(phone_stays_table, since, until, project=project))


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
