"""What a page's sentence and tiles say about a stretch, one row an address kind.

Counts are the days' figures added up, so what was withheld of a day is not in the sum and cannot be worked out of it.
With keys of longer than a day, visitors and seen are distinct devices instead.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from telltale.analysis import publish
from telltale.engine import Relation
from telltale.presence import analysis, stays
from telltale.presence import question as questions
from telltale.presence.question import Choices, settings_of, site_of
from telltale.privacy import periods_between
from telltale.sources import SOURCES
from telltale.tables import CLOCK_WRONG, PRESENCE_DAY, REJECT, SIGHTING, VISIT
from telltale.workbench.question import Question
from telltale.workbench.times import SECOND, Span

KINDS = ("all", "global", "local")
ADDED = ("visits", "visitors", "seen", "passers_by", "bounced", "late")
Row = dict[str, Any]

DWELL = """
select k.address_kind, count(*) as ended, count(distinct v.device) as devices, avg(v.dwell_s) as dwell_mean_s,
  percentile(v.dwell_s, 0.5) as dwell_median_s, percentile(v.dwell_s, 0.9) as dwell_p90_s
from visit v inner join kind k on k.address_kind in ('all', v.address_kind)
where v.class in ('visitor', 'engaged') and v.entered_at >= timestamp_micros(:since_us)
  and unix_micros(v.left_at) + :gap_us < :now_us
group by k.address_kind
"""

REJECTED = "select count(*) as rejected from reject r join hearing h on h.source = r.source"
"""What could not be decoded of the sources that hear stations; what sensors sent is no matter of presence."""

NEWEST = """
select unix_micros(max(observed_at)) as newest from heartbeat where observed_at >= timestamp_micros(:since_us)
"""

FLAGGED = f"""
select count(*) as flagged from sighting
where site = :site and regexp_like(concat(',', flags, ','), ',({"|".join(CLOCK_WRONG)}),')
"""

LISTED = """
select coalesce(max(fixed), 0) as fixed, coalesce(max(staff), 0) as staff from (
  select p.start_us,
    count(distinct case when regexp_like(concat(',', s.flags, ','), ',fixed,') then s.device end) as fixed,
    count(distinct case when regexp_like(concat(',', s.flags, ','), ',staff,') then s.device end) as staff
  from sighting s inner join period p on s.last_seen >= timestamp_micros(p.start_us)
    and s.last_seen < timestamp_micros(p.end_us)
  where s.site = :site and s.flags <> '' group by p.start_us
) by_period
"""
"""Per key period, the most of any: under a new key the same device is another."""


def summary(question: Question, choices: Choices) -> pa.Table:
    """The rows of one site; `SUMMARY` are the columns."""
    days = questions.figures(question, choices, "day", inside=True).to_pylist()
    common = _common(question, choices, days)
    rows = [_counts([day for day in days if day["address_kind"] == kind]) | {"address_kind": kind} for kind in KINDS]
    for figures in (_distinct(question, choices), _dwell(question, choices), _connected(question, choices)):
        rows = [row | figures.get(row["address_kind"], {}) for row in rows]
    return pa.Table.from_pylist([common | row | _rates(row) for row in rows], SUMMARY)


def _counts(days: Sequence[Row]) -> Row:
    """The days' figures added up; null where every day's was withheld."""
    added: Row = {}
    for name in ADDED:
        shown = [day[name] for day in days if day[name] is not None]
        added[name] = sum(shown) if any(shown) or len(shown) == len(days) else None
    pairs = [(day["visitors"], day["seen"]) for day in days if None not in {day["visitors"], day["seen"]}]
    seen = sum(pair[1] for pair in pairs)
    return added | {
        "capture_rate": sum(pair[0] for pair in pairs) / seen if seen else None,
        "hidden": sum(day.get("hidden", 0) for day in days),
    }


def _common(question: Question, choices: Choices, days: Sequence[Row]) -> Row:
    view, settings = question.view, settings_of(question)
    shares = {day["day"]: day["node_share"] for day in days}
    until_us = min(question.span.until_us, view.now_us)
    return {
        "site": site_of(question),
        "name": settings.name,
        "timezone": settings.timezone,
        "rotation": settings.rotation,
        "k": settings.k,
        "days": len(shares),
        "silent_s": _silent_s(question, days, until_us),
        "newest": _newest(question),
        **_left_out(question, choices),
    }


def _silent_s(question: Question, days: Sequence[Row], until_us: int) -> float:
    """Seconds in which no node reported."""
    since_us = question.span.since_us
    spans = stays.day_spans(settings_of(question), Span(since_us, max(until_us, since_us + 1)))
    shares = {row["label"]: row["node_share"] for row in days}
    lengths = {label: (min(end, until_us) - start) / SECOND for label, start, end in spans}
    return float(sum(max(0.0, length) * (1 - shares.get(label, 0.0)) for label, length in lengths.items()))


def _newest(question: Question) -> int | None:
    reports = {"heartbeat": stays.heartbeats(question.view, site_of(question), question.span)}
    row = question.engine.run(NEWEST, reports, since_us=question.span.since_us).arrow()
    newest: int | None = row["newest"][0].as_py()
    return newest


def _left_out(question: Question, choices: Choices) -> Row:
    """What was set aside before counting; null where the rows that would tell are gone."""
    view, site, span = question.view, site_of(question), question.span
    rejects = view.table(REJECT.name, span)
    hearing = pa.table({"source": [source.name for source in SOURCES if SIGHTING.name in source.tables]})
    rejected = _one(question.engine.run(REJECTED, {"reject": rejects, "hearing": question.engine.from_arrow(hearing)}))
    if span.until_us <= view.kept_from(REJECT.name, ""):
        rejected = {"rejected": None}
    if span.until_us <= view.kept_from(SIGHTING.name, site):
        return rejected | {"flagged": None, "fixed": None, "staff": None}
    rows = {"sighting": view.table(SIGHTING.name, span)}
    sightings = question.engine.run(stays.OF_RADIO, rows, radio=choices.rules.radio)
    flagged = _one(question.engine.run(FLAGGED, {"sighting": sightings}, site=site))
    relations = {"sighting": sightings, "period": question.engine.from_arrow(_key_periods(question))}
    listed = _one(question.engine.run(LISTED, relations, site=site))
    return rejected | flagged | listed | _ruled(question, choices, listed)


def _one(rows: Relation) -> Row:
    row: Row = rows.arrow().to_pylist()[0]
    return row


def _ruled(question: Question, choices: Choices, listed: Row) -> Row:
    """The listed devices and those the rules find; both are left out."""
    if settings_of(question).rotation == "day":
        return listed
    found = questions.excluded(question, choices).to_pylist()
    return {kind: listed[kind] + sum(row["kind"] == kind and row["why"] == "rule" for row in found) for kind in listed}


def _key_periods(question: Question) -> pa.Table:
    periods = periods_between(settings_of(question), question.span.since_us, question.span.until_us)
    starts = [max(period.start_us, question.span.since_us) for period in periods]
    ends = [min(period.end_us, question.span.until_us) for period in periods]
    return pa.table({"start_us": pa.array(starts, pa.int64()), "end_us": pa.array(ends, pa.int64())})


def _distinct(question: Question, choices: Choices) -> dict[str, Row]:
    """Distinct devices over the stretch, where a device can be followed and all of its sessions are kept."""
    kept_us = question.view.kept_from(SIGHTING.name, site_of(question))
    if settings_of(question).rotation == "day" or question.span.since_us < kept_us:
        return {}
    found = analysis.figures(
        question.engine,
        stays.sessions(question.view, site_of(question), question.span, rules=choices.rules),
        stays.heartbeats(question.view, site_of(question), question.span),
        questions.whole(question),
        table=PRESENCE_DAY,
        until_us=question.view.now_us,
        rules=choices.rules,
    ).arrow()
    if choices.published:
        found = publish.published_figures(found, k=settings_of(question).k)
    names = ("visitors", "seen", "passers_by", "capture_rate")
    return {row["address_kind"]: {name: row[name] for name in names} for row in found.to_pylist()}


def _dwell(question: Question, choices: Choices) -> dict[str, Row]:
    """Lengths of the visits that have ended; nothing where visits were removed."""
    if question.span.since_us < question.view.kept_from(VISIT.name, site_of(question)):
        return {}
    relations = {
        "visit": stays.sessions(question.view, site_of(question), question.span, rules=choices.rules),
        "kind": question.engine.from_arrow(pa.table({"address_kind": KINDS})),
    }
    found = question.engine.run(
        DWELL, relations, since_us=question.span.since_us, gap_us=choices.rules.gap_us, now_us=question.view.now_us
    ).arrow()
    least = settings_of(question).k if choices.published else 1
    return {row["address_kind"]: row for row in found.to_pylist() if row["devices"] >= least}


def _connected(question: Question, choices: Choices) -> dict[str, Row]:
    """The share of visitors who joined the network; nothing where visits were removed, or too few."""
    if question.span.since_us < question.view.kept_from(VISIT.name, site_of(question)):
        return {}
    least = settings_of(question).k if choices.published else 0
    found = questions.connected(question, choices).to_pylist()
    return {
        row["address_kind"]: {"connection_rate": row["connection_rate"]}
        for row in found
        if not any(0 < count < least for count in (row["connected"], row["visitors"] - row["connected"]))
    }


def _rates(row: Row) -> Row:
    visits, bounced = row["visits"], row["bounced"]
    return {"bounce_rate": bounced / visits if visits and bounced is not None else None}


SUMMARY = pa.schema(
    [
        *((name, pa.string()) for name in ("site", "name", "address_kind")),
        ("days", pa.int64()),
        *((name, pa.int64()) for name in ("visits", "visitors", "seen", "passers_by", "bounced", "ended")),
        *((name, pa.float64()) for name in ("capture_rate", "bounce_rate", "connection_rate")),
        *((name, pa.float64()) for name in ("dwell_mean_s", "dwell_median_s", "dwell_p90_s")),
        *((name, pa.int64()) for name in ("late", "rejected", "flagged", "fixed", "staff", "hidden")),
        ("silent_s", pa.float64()),
        ("newest", pa.timestamp("us", tz="UTC")),
        ("timezone", pa.string()),
        ("rotation", pa.string()),
        ("k", pa.int64()),
    ]
)
"""`visitors`, `seen`: device-days with keys of a day, else distinct devices. `ended`: visits behind the dwell figures.
`fixed`, `staff`: devices left out before counting. `hidden`: cells of days that were withheld."""
