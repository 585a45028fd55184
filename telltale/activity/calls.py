"""`tt.activity`: when each PC was in use, for how long, and what is known of it at all.

Active is a stretch in which no two inputs are further apart than `[activity] away_after_s`; a longer pause is away from
the last input on; where nothing was recorded nobody knows. The three always add up to the period.
"""

from functools import partial
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from telltale.activity import analysis
from telltale.activity import kept_records as recorded
from telltale.activity.kept_records import correct, import_activitywatch
from telltale.activity.question import By, PCs, answer
from telltale.contract import ConfigError
from telltale.engine import Relation
from telltale.workbench.project import Project, here
from telltale.workbench.times import When

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "correct",
    "daily",
    "import_activitywatch",
    "intervals",
    "levels",
    "messages",
    "records",
    "shows_single",
    "strips",
    "team",
]

Rule = Literal["input", "seed", "seed_web"]
RULES = ("input", "seed", "seed_web")

INTERVAL = ("device_id", "name", "person", "state", "start", '"end"', "lasted_s", "basis")
STRIP = ("device_id", "name", "person", "label", "state", "start", '"end"', "lasted_s")
DAILY = (
    *("device_id", "name", "person", "label", "start", '"end"', "active_s", "away_s", "unknown_s"),
    *("active_lo_s", "active_hi_s", "samples", "first_active_at", "last_active_at"),
)
LEVELS = """
select device_id, observed_at, score_pct, source from (
  select coalesce(nullif(i.same_as, ''), a.device_id) as device_id, a.observed_at, a.source,
    case when a.kind = 'level' then a.score_pct when a.idle_s < 240 then 100e0 when a.idle_s < 480 then 50e0
      when a.idle_s <= 600 then 25e0 else 0e0 end as score_pct,
    a.kind = 'level' or row_number() over (partition by a.raw_id, a.kind order by a.observed_at desc) = 1 as is_shown
  from activity a left join info i on i.device_id = a.device_id
  where a.kind = 'level' or (a.kind = 'sample' and a.idle_s is not null)
) told where is_shown
"""


def intervals(
    since: When = "7d",
    until: When = None,
    *,
    rule: Rule = "input",
    device: str | None = None,
    away_after_s: float | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """When each PC was in use, when not, and when nobody knows; the stretches touch and fill the whole time asked for.

    Columns: device_id, name, person, state (active, away, unknown), start, end, lasted_s, basis (correction, sample,
    interval, bitmap, level: the best there is for each moment; empty where nothing is known).

    Args:
        since: beginning; `7d` is today and the six days before it, from `[activity] day_starts_at` on.
        until: end, exclusive; None is now. Later than now is now.
        rule: `input`, or `seed`: from level to level, active where both are above 0.
        device: a PC by id or name, the id of its modem, or a person and so all PCs of theirs; None is all.
        away_after_s: the longest pause that stays active; None is `[activity] away_after_s`.
        project: another project than the one found from here.
    """
    _check(rule, ("input", "seed"))

    def ask(asked: PCs) -> pa.Table:
        found = analysis.intervals(asked.engine, asked.spans(by_seed=rule == "seed"))
        return asked.named(found, *INTERVAL, order="name, device_id, start")

    return answer(ask, since, until, device=device, project=project, away_after_s=away_after_s)


def strips(
    since: When = "7d",
    until: When = None,
    *,
    device: str | None = None,
    away_after_s: float | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The same stretches cut at the beginning of each local day, each day from the first known moment to the last.

    Columns: device_id, name, person, label (the day), state, start, end, lasted_s. Of a day of which nothing is known
    the whole is one unknown stretch. Arguments as for `intervals`.
    """

    def ask(asked: PCs) -> pa.Table:
        found = analysis.strips(asked.engine, asked.spans(), asked.periods("day"))
        return asked.named(found, *STRIP, order="name, device_id, start")

    return answer(ask, since, until, device=device, project=project, away_after_s=away_after_s)


def daily(
    since: When = "7d",
    until: When = None,
    *,
    by: By = "day",
    rule: Rule = "input",
    device: str | None = None,
    away_after_s: float | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """How long each PC was in use by local day, week, hour or over the stretch.

    Columns: device_id, name, person, label, start, end (of the period as far as it has passed), active_s, away_s,
    unknown_s (together end − start), active_lo_s, active_hi_s (what levels and minutes allow of the time that is known:
    a sparse source gives a range, not a point), samples (records), first_active_at, last_active_at.

    `rule="seed"` goes by the activity seed's levels, with unknown where they are too far apart. `rule="seed_web"` is
    the sum its web app shows, faults included: two levels above 0 count whatever lies between them, and only what
    begins and ends in the same day; it knows neither away nor unknown. Other arguments as for `intervals`.
    """
    _check(rule, RULES)

    def ask(asked: PCs) -> pa.Table:
        return asked.named(_totals(asked, by, rule), *DAILY, order="name, device_id, start")

    return answer(ask, since, until, device=device, project=project, away_after_s=away_after_s)


def team(since: When = "7d", until: When = None, *, by: By = "day", project: Project | None = None) -> "pd.DataFrame":
    """The mean of all people by local day, week or hour; nothing for a period with fewer than `[site] k` of them.

    Columns: label, start, end, people (of whom something is known), active_s (mean per person, whatever the number of
    PCs), active_share (of the time that is known). A PC that devices.csv names no person for counts as one.
    """

    def ask(asked: PCs) -> pa.Table:
        k = asked.view.project.settings.site.k
        persons = asked.engine.from_arrow(asked.pcs())
        return analysis.team(asked.engine, asked.spans(), persons, asked.periods(by), k=k).arrow()

    return answer(ask, since, until, device=None, project=project)


def levels(
    since: When = "7d", until: When = None, *, device: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The level of each PC, 0 to 100: as its modem sent it, and of each record of samples the newest, scored alike.

    Columns: device_id, name, observed_at, score_pct, source. 100 is input less than 4 min ago, 50 less than 8, 25 up to
    10 min, 0 longer: how recent the last input was, not a share of time.
    """

    def ask(asked: PCs) -> pa.Table:
        rows = {"activity": asked.view.table("activity", asked.span), "info": asked.info}
        found = asked.engine.run(LEVELS, rows)
        return asked.named(
            found, "device_id", "name", "observed_at", "score_pct", "source", order="observed_at, name, source"
        )

    return answer(ask, since, until, device=device, project=project)


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
    return answer(partial(recorded.messages, newest=newest), since, until, device=device, project=project)


def records(*, device: str | None = None, project: Project | None = None) -> "pd.DataFrame":
    """What is kept about each PC: how many records of which table and kind, from when to when.

    Columns: device_id, name, person, table, kind, records, first_at, last_at.
    """
    return answer(recorded.kept, None, None, device=device, project=project)


def shows_single(device: str = "", *, project: Project | None = None) -> bool:
    """Whether a page or report may tell of single PCs: of the one it is for, or where all data are invented.

    Args:
        device: whose report it is; empty is nobody's, and then only a team may be told of.
        project: another project than the one found from here.
    """
    return bool(device) or (project or here()).settings.shows_single_pcs


def _totals(asked: PCs, by: By, rule: Rule) -> Relation:
    heard, periods = asked.heard(), asked.periods(by)
    if rule == "seed_web":
        return analysis.web_totals(asked.engine, heard, asked.levels(), periods)
    return analysis.totals(asked.engine, heard, asked.spans(by_seed=rule == "seed"), periods)


def _check(rule: str, known: tuple[str, ...]) -> None:
    if rule not in known:
        raise ConfigError(f'rule "{rule}": expected {", ".join(known)}')
