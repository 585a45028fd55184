"""What is asked about PCs: which are meant, their signals and stretches, and the tables made of them.

A page and its cards ask several questions about one stretch; they share what they read for as long as nothing changes.
What lies before today is kept until a record of it is added or removed.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
import datetime as dt
from collections.abc import Callable, Hashable
from typing import Literal, TypeVar

import pyarrow as pa

from telltale import identity
from telltale.activity import analysis, days
from telltale.activity.analysis import Rules
from telltale.contract import ConfigError, did_you_mean
from telltale.engine import Relation
from telltale.health.days import senders_of_activity
from telltale.settings import Settings
from telltale.tables import ACTIVITY
from telltale.workbench import question as workbench
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import By, Question
from telltale.workbench.times import Duration, Span, When, seconds

Rule = Literal["input", "seed", "seed_web"]
RULES: tuple[Rule, ...] = ("input", "seed", "seed_web")
LEAST_PEOPLE = 5
"""Hours of work tell more of a person than a count of devices does."""
LOOKBACK_D = 28
LOOKBACK = f"{LOOKBACK_D}d"
"""How far back a page looks for a usual day, for what few records bound, and for the days of the team."""
T = TypeVar("T")

PCS = """
select p.device_id, coalesce(nullif(i.name, ''), nullif(m.name, ''), p.device_id) as name,
  coalesce(nullif(i.person, ''), nullif(m.person, ''), '') as person
from (
  select distinct coalesce(nullif(i.same_as, ''), a.device_id) as device_id
  from (select distinct device_id from sender) a left join info i on i.device_id = a.device_id
) p
left join info i on i.device_id = p.device_id
left join (
  select same_as, max(name) as name, max(person) as person from info where same_as <> '' group by same_as
) m on m.same_as = p.device_id
order by name, p.device_id
"""

NAMED = "select r.*, p.name, p.person from row_in r inner join pc p on p.device_id = r.device_id"

INTERVAL = ("device_id", "name", "person", "state", "start", "end", "lasted_s", "basis")
STRIP = ("device_id", "name", "person", "label", "state", "start", "end", "lasted_s", "is_recorded")
TOTAL = (
    *("device_id", "name", "person", "label", "start", "end", "so_far", "active_s", "away_s", "unknown_s"),
    *("locked_s", "suspended_s", "active_lo_s", "active_hi_s", "samples", "first_active_at", "last_active_at"),
    *("recorded_s", "active_share", "is_recorded", "is_full"),
)
LEVELS = """
select device_id, observed_at, score_pct, source from (
  select coalesce(nullif(i.same_as, ''), a.device_id) as device_id, a.observed_at, a.source,
    case when a.kind = 'level' then a.score_pct when a.idle_s < 240 then 100e0 when a.idle_s < 480 then 50e0
      when a.idle_s <= 600 then 25e0 else 0e0 end as score_pct,
    a.kind = 'level' or row_number() over (partition by a.raw_id, a.kind order by a.observed_at desc) = 1 as is_shown
  from activity a left join info i on i.device_id = a.device_id
  where a.kind = 'level' or (a.kind = 'sample' and a.idle_s is not null)
) scored where is_shown
"""


def ask(
    answer: Callable[[Question], T],
    since: When,
    until: When,
    *,
    of: str | None = None,
    project: Project | None = None,
) -> T:
    """What `answer` makes of a stretch of time, whose days begin at `[activity] day_starts_at`."""
    project = project or here()
    return workbench.ask(answer, since, until, of=of, day_starts_at=day_starts_at(project), project=project)


def day_starts_at(project: Project) -> dt.time:
    """When a day of activity begins on the site's clock."""
    return dt.time.fromisoformat(project.settings.activity.day_starts_at)


def least_people(settings: Settings) -> int:
    """Of fewer people than this no team is told of: `[site] k` may ask for more than five, never for fewer."""
    return max(LEAST_PEOPLE, settings.site.k)


def rules(question: Question, away_after: Duration | None = None) -> Rules:
    """The thresholds; None is the project's."""
    return days.usual_rules(question) if away_after is None else Rules(away_after_s=seconds(away_after))


def pcs(question: Question) -> pa.Table:
    """The PCs meant of which anything ever arrived: device_id, name, person; by name.

    Raises:
        ConfigError: none has this id, name or person.
    """
    known = all_pcs(question)
    if question.of is None:
        return known
    wanted, meant = question.of.strip().casefold(), identity.device_id(question.of)
    aliases = {row["device_id"]: row["same_as"] for row in question.project.device_info().to_pylist()}
    meant = (aliases.get(meant) or meant).casefold()
    # An id means more than a person, and a person more than what somebody called a PC.
    for column, text in (("device_id", meant), ("person", wanted), ("name", wanted)):
        matches = [text == told.casefold() for told in known[column].to_pylist()]
        if any(matches):
            return known.filter(pa.array(matches))
    raise ConfigError(_unknown(question.of, known))


def all_pcs(question: Question) -> pa.Table:
    """All of them, whoever is meant."""
    made: pa.Table = question.remembered("pcs", lambda: _pcs(question))
    return made


def senders(question: Question) -> pa.Table:
    """What ever told of activity, PCs and modems, and through which source: device_id, source."""
    made: pa.Table = question.remembered("activity senders", lambda: _senders(question))
    return made


def signals(question: Question, over: Span) -> Relation:
    """The records about them, and a row for each PC, so that one that is silent is there too."""
    key = ("activity", over, question.of)
    made: Relation = question.remembered(key, lambda: _signals(question, over))
    return made


def spans(question: Question, over: Span, thresholds: Rules, *, by_seed: bool = False) -> Relation:
    """Their stretches of active, away and unknown."""
    key = ("activity spans", over, question.of, thresholds, by_seed)
    made: Relation = question.remembered(key, lambda: _spans(question, over, thresholds, by_seed=by_seed))
    return made


def named(question: Question, rows: Relation, *columns: str, order: str) -> pa.Table:
    """The rows with name and person behind the id."""
    both = {"row_in": rows, "pc": question.engine.from_arrow(pcs(question))}
    listed = ", ".join(f"row_in.{column}" for column in columns)  # so that "end" is a column to every engine
    text = f"select {listed} from row_in order by {order}"
    return question.engine.run(text, {"row_in": question.engine.run(NAMED, both)}).arrow()


def intervals(question: Question, *, rule: Rule = "input", away_after: Duration | None = None) -> pa.Table:
    """See `tt.activity.intervals`."""
    checked(rule, RULES[:2])
    own = spans(question, question.span, rules(question, away_after), by_seed=rule == "seed")
    rows = analysis.intervals(question.engine, own)
    return named(question, rows, *INTERVAL, order="name, device_id, start")


def strips(question: Question, *, away_after: Duration | None = None) -> pa.Table:
    """See `tt.activity.strips`."""
    own = spans(question, question.over("day"), rules(question, away_after))
    rows = analysis.strips(question.engine, own, question.periods("day"))
    return named(question, rows, *STRIP, order="name, device_id, start")


def totals(question: Question, *, by: By = "day", rule: Rule = "input", away_after: Duration | None = None) -> pa.Table:
    """See `tt.activity.totals`."""
    checked(rule, RULES)
    over, periods = question.over(by), question.periods(by)
    if by == "day" and rule == "input" and rules(question, away_after) == days.usual_rules(question):
        made, devices = days.figures(question, over), question.engine.from_arrow(pcs(question))
        rows = analysis.totals_of(question.engine, devices, made, periods)
        return named(question, rows, *TOTAL, order="name, device_id, start")
    records = signals(question, over)
    if rule == "seed_web":
        rows = analysis.web_totals(question.engine, records, _seed_levels(question, over), periods)
    else:
        own = spans(question, over, rules(question, away_after), by_seed=rule == "seed")
        rows = analysis.totals(question.engine, records, own, periods)
    return named(question, rows, *TOTAL, order="name, device_id, start")


def team(question: Question, *, by: By = "day") -> pa.Table:
    """See `tt.activity.team`."""
    own = spans(question, question.over(by), rules(question))
    persons, k = question.engine.from_arrow(pcs(question)), least_people(question.settings)
    days = question.periods("day") if by == "hour" else None
    return analysis.team(question.engine, own, persons, question.periods(by), k=k, within=days)


def levels(question: Question) -> pa.Table:
    """See `tt.activity.levels`."""
    rows = {"activity": question.view.table(ACTIVITY.name, question.span), "info": question.device_info}
    columns = ("device_id", "name", "observed_at", "score_pct", "source")
    return named(question, question.engine.run(LEVELS, rows), *columns, order="observed_at, name, source")


def checked(rule: str, rules: tuple[Rule, ...]) -> None:
    """Refuse a rule that is none of these."""
    if rule not in rules:
        raise ConfigError(f'rule "{rule}": expected {", ".join(rules)}')


def with_today(question: Question, name: Hashable, make: Callable[[Question], pa.Table]) -> pa.Table:
    """A table of days, read anew for today only.

    Args:
        question: of a stretch that begins with a day.
        name: of the question, with its choices.
        make: the rows of the days of a question, which never depend on the present; sorted by name, device_id, start.
    """
    *_, today_us = question.periods("day")["start_us"].to_pylist()
    span = question.span
    if today_us <= span.since_us:
        return make(question)
    ended = _until(question, Span(span.since_us, today_us))
    listed = tuple(tuple(row.values()) for row in (*pcs(question).to_pylist(), *_aliases(question)))
    before = question.view.kept(
        ("activity days", name, ended.span, question.of, question.zone, question.day_starts_at, listed),
        lambda: make(ended),
        tables=(ACTIVITY.name,),
        span=Span(days.reads(ended.span).before.since_us, days.reads(ended.span).near.until_us),
    )
    both = pa.concat_tables([before, make(_until(question, Span(today_us, span.until_us)))])
    return both.sort_by([(name, "ascending") for name in ("name", "device_id", "start")])


def _until(question: Question, span: Span) -> Question:
    return Question(question.view, span, question.zone, question.of, question.day_starts_at)


def _aliases(question: Question) -> list[dict[str, str]]:
    """Which modem is which PC's."""
    aliased = question.project.device_info().select(["device_id", "same_as"]).to_pylist()
    return [row for row in aliased if row["same_as"]]


def _pcs(question: Question) -> pa.Table:
    rows = {"sender": question.engine.from_arrow(senders(question)), "info": question.device_info}
    return question.engine.run(PCS, rows).arrow()


def _senders(question: Question) -> pa.Table:
    found = senders_of_activity(question.view)
    columns = zip(*((device_id, source) for source, device_id in found), strict=True)
    named = zip(("device_id", "source"), columns, strict=True) if found else (("device_id", []), ("source", []))
    return pa.table({name: pa.array(values, pa.string()) for name, values in named}).sort_by(
        [("device_id", "ascending"), ("source", "ascending")]
    )


def _signals(question: Question, over: Span) -> Relation:
    engine, rows = question.engine, days.signals(question, over)
    columns = ", ".join(f"r.{name}" for name in analysis.SIGNAL)
    listed = ", ".join(
        {"device_id": "device_id", "kind": f"'{analysis.LISTED}' as kind", "at_us": "0 as at_us"}.get(
            name, f"null as {name}"
        )
        for name in analysis.SIGNAL
    )
    text = (
        f"select {columns} from row_in r inner join pc p on p.device_id = r.device_id union all select {listed} from pc"
    )
    return engine.keep(engine.run(text, {"row_in": rows, "pc": engine.from_arrow(pcs(question))}))


def _spans(question: Question, over: Span, thresholds: Rules, *, by_seed: bool) -> Relation:
    records = signals(question, over)
    return analysis.spans_of(question.engine, records, rules=thresholds, by_seed=by_seed, **over._asdict())


def _seed_levels(question: Question, over: Span) -> Relation:
    """The levels the seed's rule goes by, within a stretch."""
    records = signals(question, over)
    made = question.engine.apply(analysis.seed_levels, records, by=["device_id"], schema=analysis.LEVEL)
    text = "select * from row_in where at_us >= :since_us and at_us < :until_us"
    return question.engine.run(text, {"row_in": made}, **over._asdict())


def _unknown(of: str, known: pa.Table) -> str:
    names = [*known["name"].to_pylist(), *known["device_id"].to_pylist()]
    listed = ", ".join(known["name"].to_pylist()) or "none yet"
    hint = did_you_mean(of, names) or f"; known: {listed}"
    return f'no PC "{of}" has told of its activity{hint}'
