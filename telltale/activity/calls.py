"""`tt.activity`: when each PC was in use, for how long, and what is known of it at all.

Active is a stretch in which no two inputs are further apart than `[activity] away_after_s`; a longer pause is away from
the last input on, and so is a locked screen; where nothing was recorded, or the PC was suspended, nobody knows. The
three always add up to the period.
"""

from functools import partial
from typing import TYPE_CHECKING

from telltale.activity import devices, records
from telltale.activity import question as pcs
from telltale.activity.answers import answers
from telltale.activity.question import Rule, ask
from telltale.activity.records import correct, import_activitywatch
from telltale.activity.sheet import work_hours
from telltale.workbench.project import Project
from telltale.workbench.question import By
from telltale.workbench.tidy import tidy
from telltale.workbench.times import Duration, When

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "answers",
    "correct",
    "gaps",
    "import_activitywatch",
    "intervals",
    "kept",
    "lateness",
    "levels",
    "listed",
    "messages",
    "strips",
    "team",
    "totals",
    "usual",
    "work_hours",
]


def intervals(
    since: When = "7d",
    until: When = None,
    *,
    rule: Rule = "input",
    device: str | None = None,
    away_after: Duration | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """When each PC was in use, when not, and when nobody knows; the stretches touch and fill the whole time asked for.

    Columns: device_id, name, person, state (active, away, unknown), start, end, lasted_s, basis (correction, locked,
    sample, interval, bitmap, level: the best there is for each moment; of unknown time suspended where the PC slept,
    else empty).

    Args:
        since: beginning; `7d` is today and the six days before it, from `[activity] day_starts_at` on.
        until: end, exclusive; None is now. Later than now is now.
        rule: `input`, or `seed`: from level to level, active where both are above 0.
        device: a PC by id or name, the id of its modem, or a person and so all PCs of theirs; None is all.
        away_after: the longest pause that stays active, such as `5min`; None is `[activity] away_after_s`.
        project: another project than the one found from here.

    Raises:
        ConfigError: no such PC or rule, or a moment or length that cannot be read.
    """
    answer = partial(pcs.intervals, rule=rule, away_after=away_after)
    return tidy(ask(answer, since, until, of=device, project=project))


def strips(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    away_after: Duration | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The same stretches cut at the beginning of each local day, each day from the first known moment to the last.

    Columns: device_id, name, person, label (the day), state, start, end, lasted_s, is_recorded (whether anything is
    known of the day). Each day that the time asked for touches is there from its beginning on. Of a day of which
    nothing is known the whole is one unknown stretch.
    Arguments as for `intervals`.
    """
    return tidy(ask(partial(pcs.strips, away_after=away_after), since, until, of=device, project=project))


def totals(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "day",
    rule: Rule = "input",
    device: str | None = None,
    away_after: Duration | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How long each PC was in use by local day, week, hour or over the stretch.

    Columns: device_id, name, person, label, start, end (of the period as far as it has passed), so_far (whether the end
    of the time asked for cuts it), active_s, away_s, unknown_s (together end − start), locked_s (of away_s, known to be
    behind a locked screen), suspended_s (of unknown_s, while the PC slept), active_lo_s, active_hi_s (what
    levels and minutes allow of the time that is known: a sparse source gives a range, not a point), samples (records),
    first_active_at, last_active_at (the first and last input known, a single one included), recorded_s (active_s and
    away_s), active_share (of that), is_recorded (whether anything is known), is_full (it has ended, and 4 h of it at
    least are known). Each day, week or hour that
    the time asked for touches counts from its beginning.

    `rule="seed"` goes by the activity seed's levels, with unknown where they are too far apart. `rule="seed_web"` is
    the sum its web app shows, faults included: two levels above 0 count whatever lies between them, and only what
    begins and ends in the same day; it knows neither away nor unknown. Other arguments as for `intervals`.
    """
    answer = partial(pcs.totals, by=by, rule=rule, away_after=away_after)
    return tidy(ask(answer, since, until, of=device, project=project))


def team(since: When = "7d", until: When = None, *, by: By = "day", project: Project | None = None) -> "pd.DataFrame":
    """The mean of all people by local day, week or hour; nothing for a period with few of them.

    Few is fewer than `[site] k`, and always fewer than 5.

    Columns: label, start, end, so_far (see `totals`), people (of whom something is known), active_s (mean per person,
    whatever the number of PCs), active_share (of the time that is known). A PC that devices.csv names no person for
    counts as one.
    """
    return tidy(ask(partial(pcs.team, by=by), since, until, project=project))


def gaps(
    since: When = "7d",
    until: When = None,
    *,
    at_least: Duration = "15min",
    device: str | None = None,
    away_after: Duration | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The stretches between the first and the last record of a day of which nothing is known, from a length on.

    Columns: device_id, name, person, label (the day), state (unknown), start, end, lasted_s. Days without any record
    are in none. Other arguments as for `intervals`.
    """
    return tidy(
        ask(partial(devices.gaps, at_least=at_least, away_after=away_after), since, until, of=device, project=project)
    )


def listed(*, device: str | None = None, project: Project | None = None) -> "pd.DataFrame":
    """The PCs that devices.csv lists, and those that have told anything.

    Columns: device_id, name, person, is_heard (whether it has ever told anything), heard_at (when it was last heard of,
    by our clock, in 24 hours; what was imported or entered by hand is no sign of life), is_reporting (within the hour).
    """
    return tidy(ask(devices.listed, "24h", None, of=device, project=project))


def lateness(
    since: When = "7d", until: When = None, *, device: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """How late each sample of an agent came: device_id, name, observed_at, received_at, late_s (from one to the other).

    Arguments as for `intervals`.
    """
    return tidy(ask(devices.samples, since, until, of=device, project=project))


def usual(
    *, device: str | None = None, away_after: Duration | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Today's activity beside that of a usual day, up to the newest quarter of an hour of which something is known.

    One row, or none where today, or too many of the days of four weeks, are recorded in part only. Columns: change_s
    (today less usual), today_s, usual_s (the median), basis (such as "a usual Friday by 14:30"), days (how many).
    Arguments as for `intervals`.
    """
    answer = partial(devices.usual, away_after=away_after)
    return tidy(ask(answer, pcs.LOOKBACK, None, of=device, project=project))


def levels(
    since: When = "7d", until: When = None, *, device: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The level of each PC, 0 to 100: as its modem sent it, and of each record of samples the newest, scored alike.

    Columns: device_id, name, observed_at, score_pct, source. 100 is input less than 4 min ago, 50 less than 8, 25 up to
    10 min, 0 longer: how recent the last input was, not a share of time.
    """
    return tidy(ask(pcs.levels, since, until, of=device, project=project))


def messages(
    since: When = "7d",
    until: When = None,
    *,
    newest: int | None = None,
    device: str | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Everything that arrived about the PCs, message by message, the newest last.

    Columns: observed_at, device_id, name, data (hex, of a modem's message), text (what it says), score_pct (of a
    level), source, raw_id (`tt.raw` gives its bytes). `newest` gives the last so many only.
    """
    return tidy(ask(partial(records.messages, newest=newest), since, until, of=device, project=project))


def kept(*, device: str | None = None, project: Project | None = None) -> "pd.DataFrame":
    """What is kept about each PC: how many records of which table and kind, from when to when.

    Columns: device_id, name, person, table, kind, records, first_at, last_at.
    """
    return tidy(ask(records.kept, None, None, of=device, project=project))
