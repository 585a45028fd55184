"""`tt.kanban`: what presses of buttons say of demand, lead times and cards, as tidy pandas.

Every call takes the stretch of time first: `48h` counts back from now, `30d` is today and the 29 days before, on the
clock of `[site]`. `item` is one item of buttons.csv, or the name of one of its buttons; None is all. Times are aware
(UTC). A press is a hint, never an authorisation: anyone on the network can send with a listed address.

Rates are per day of observed time: what a capture did not hear is left out, not counted as silence. Where `[kanban]`
keeps a calendar, seconds of lead times, ages, silences, gaps and what was observed are of working time, and a day is a
working day; `working_day_s` says how long (null without a calendar), `calendar_s` and the like what it is by the
calendar. Definitions: wire/kanban.md 4 to 9.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale.kanban.analysis.limits import Width
from telltale.kanban.analysis.risk import stock_out
from telltale.kanban.analysis.sizing import (
    days_covered,
    demand_carried,
    line_flow,
    reorder_point,
    size,
    takt_s,
    target_stock,
)
from telltale.kanban.by_hand import enter
from telltale.kanban.capture_figures import capture_gaps_table, capture_summary_table
from telltale.kanban.control_limits import Kind, control_table, trends_table
from telltale.kanban.item_figures import items_table
from telltale.kanban.lead_figures import lead_time_summary_table
from telltale.kanban.press_tables import (
    capture_coverage_table,
    lead_times_table,
    phone_stays_table,
    presses_table,
    pulls_table,
)
from telltale.kanban.pull_rates import rates_table, risks_table
from telltale.kanban.question import By, Demand, of_demand
from telltale.kanban.weeks import weeks_table
from telltale.workbench.project import Project
from telltale.workbench.question import ask
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ack",
    "capture_coverage",
    "capture_gaps",
    "capture_summary",
    "control",
    "days_covered",
    "demand_carried",
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
    "target_stock",
    "trends",
    "weeks",
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
    were observed), demand_per_day, demand_lo, demand_hi (pieces), container_qty, cards (in
    use), cards_recommended,
    cards_lo, cards_hi (at the bounds of the rate), formula, lead_time_days (mean of the pulls closed in the stretch,
    open ones left out; of those after the last orphan where there are many, as when the capture begins while containers
    are on their way; or that of buttons.csv), lead_time_calendar_days (the same refills by the calendar; null of a
    listed one), lead_time_source, lead_time_n (of how many refills it is the mean; 0 of a listed one), lead_times (how
    many were closed in the stretch), is_acknowledged (somebody acknowledges its deliveries; else its pulls are not
    followed), open_pulls, risk, risk_lo, risk_hi (stock-out risk of the cards in use), last_pull_at, last_press_at (of
    its buttons), silent_s (observed working time without a press), silent_calendar_s (the same by the calendar),
    silence_limit_s (upper limit of its t-chart, or the second longest silence it came back from: a t-chart knows no
    nights; null before two weeks of pauses were heard, two working days by a calendar), may_be_dead, is_heard (a
    capture listens at the end of the stretch: else how long buttons are silent is not known), heard_until (where the
    newest capture ends), presses (of its most pressed button, ever: batteries last about 2,000), trend (rising,
    falling, none, too few; Laplace), working_day_s, note.

    With fewer than 5 pulls, less observed time than 2 lead times or a day, fewer than 5 whole days for the statistical
    formula, or a button that may be dead, nothing is recommended and `note` says so: the bounds stay. Arguments as for
    `presses`.
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
    observed), observed_s, working_s (what of the stretch could have been observed), working_day_s, is_cut (a part of
    it was not observed), rate_per_day, rate_lo, rate_hi (null where nothing was observed).

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
    acknowledgement without an open pull), is_lost (given up, its acknowledgement is lost: more were open than twice the
    cards of buttons.csv, or a younger one was open when an acknowledgement came that would have closed it after ten
    times the `lead_time_days` listed there, or after 90 days), age_s (of an open pull, alike), calendar_s (either by
    the calendar), working_day_s. A refill belongs to the stretch it was pulled in and to that it came in: those pulled
    or acknowledged in the stretch, and all that are open at its end. Arguments as for `presses`.
    """
    return tidy(ask(of_demand(lead_times_table), since, until, of=item, project=project))


def lead_time_summary(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The lead times of each item, of the refills that came in the stretch.

    Columns: item, closed, open_pulls, orphans, mean_s (of the closed), sd_s, median_s (Kaplan-Meier: open pulls count
    as lasting at least their age), little_s (mean number open divided by the rate: far from mean_s, acknowledgements
    are missing), mean_calendar_s (of the closed by the calendar; the others are of working time), lost (pulls of the
    stretch that were given up, see `lead_times`: in none of these figures), working_day_s.
    Arguments as for `presses`.
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
    is_tested (False for buckets that were cut, set the limits, or lie before the item's first pull), is_baseline,
    is_cut, shift_start (of a CUSUM signal: where its run began), working_day_s. The usual is taken from the first 20
    whole buckets in control since the item's first pull, or from `[kanban] baseline`; fewer than 5 buckets, or 5 pulls
    in them, set no limits. A gap is of the stretch it ended in. A c-chart of fewer than 5 pulls a bucket has limits
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
    the pulls, of an item new in the stretch from its first one on; two_periods: the stretch against one as long before
    it, statistic the ratio of both rates. Too few: fewer than 5 pulls (laplace 4), or nothing to compare with.
    Arguments as for `presses`.
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
    drops (frames lost before they could be read), heartbeats (how many told of it). A stretch that reaches over the
    ends of the time asked for is cut there; its counts are those of the whole. Arguments as for `presses`.
    """
    return tidy(ask(capture_coverage_table, since, until, project=project))


def capture_summary(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """How much of the stretch captures listened, all taken together: one row.

    Columns: start, end (what the share is of: the stretch, or what of it lies after the first capture ever), is_whole
    (the stretch from its beginning), lasted_s, covered_s, missing_s, share (0 to 1), gaps (pauses of 5 minutes or
    more), silent_since (where none listens at the end), frames, unlisted, drops (of the stretches in it), records
    (kept: frames, heartbeats, rejects). All but records is null where none listened. Arguments as for `presses`.
    """
    return tidy(ask(capture_summary_table, since, until, project=project))


def capture_gaps(since: When = "30d", until: When = None, *, project: Project | None = None) -> "pd.DataFrame":
    """The pauses in which no capture listened, of 5 minutes or more, since the first one ever.

    Columns: start, end, lasted_s (by the calendar), is_open (it lasts until the end of the stretch). Arguments as for
    `presses`.
    """
    return tidy(ask(capture_gaps_table, since, until, project=project))


def weeks(
    since: When = "30d", until: When = None, *, item: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Pulls of seven local days at a time, the newest ending with the stretch, against those before.

    Columns: start, end, days (7, fewer where the first capture is younger), pulls (those by hand included),
    observed_s, working_s (what could have been observed), working_day_s, heard_share, is_heard (nearly all of it),
    weeks_before (how many heard ones of the stretch lie before it), usual (their mean), change (against that; both
    null unless it and others were heard). Arguments as for `presses`.
    """
    return tidy(ask(of_demand(weeks_table), since, until, of=item, project=project))


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
