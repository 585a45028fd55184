"""What a page's sentence and tiles say about a stretch, one row an address kind.

Counts are the days' figures added up, so what was withheld of a day is not in the sum and cannot be worked out of it;
lengths of stay, shares and n are of the same days. With keys of longer than a day, visitors and seen are distinct
devices instead.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from telltale.analysis import publish, withheld
from telltale.engine import Relation
from telltale.presence import analysis, stays
from telltale.presence import question as questions
from telltale.presence.question import Choices, settings_of, site_of
from telltale.presence.words import lengths
from telltale.presence.words.lengths import shown_days
from telltale.privacy import periods_between
from telltale.sources import SOURCES
from telltale.tables import CLOCK_WRONG, PRESENCE_DAY, REJECT, SIGHTING, VISIT
from telltale.workbench.question import Question
from telltale.workbench.times import SECOND, Span

DISTINCT = ("visitors", "seen", "passers_by")
KINDS = ("all", "global", "local")
ADDED = ("visits", "visitors", "seen", "passers_by", "bounced", "late")
OF_VISITS = ("visits", "bounced")
Row = dict[str, Any]

REJECTED = "select count(*) as rejected from reject r join hearing h on h.source = r.source"
"""What could not be decoded of the sources that hear stations; what sensors sent is no matter of presence."""

ON_DAYS = """
select v.* from visit v where exists (select 1 as found from day d
  where unix_micros(v.entered_at) < d.end_us and unix_micros(v.left_at) >= d.start_us)
"""

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
    shown = shown_days(days)
    of_kind = {kind: [day for day in days if day["address_kind"] == kind] for kind in KINDS}
    rows = [_counts(of_kind[kind], shown[kind]) | {"address_kind": kind} for kind in KINDS]
    for figures in (
        _distinct(question, choices, of_kind),
        _dwell(question, choices, shown),
        _connected(question, choices),
    ):
        rows = [row | figures.get(row["address_kind"], {}) for row in rows]
    return pa.Table.from_pylist([common | row | _rates(row) for row in rows], SUMMARY)


def _counts(days: Sequence[Row], told: set[str]) -> Row:
    """The days' figures added up; null where every day's was withheld, or is not known.

    Args:
        days: of one address kind.
        told: the labels of those whose visits may be in other figures.
    """
    added: Row = {}
    for name in ADDED:
        shown = [day[name] for day in days if day[name] is not None and (name not in OF_VISITS or day["label"] in told)]
        added[name] = sum(shown) if any(shown) or len(shown) == len(days) else None
    pairs = [(day["visitors"], day["seen"]) for day in days if None not in {day["visitors"], day["seen"]}]
    seen = sum(pair[1] for pair in pairs)
    return added | {
        "capture_rate": sum(pair[0] for pair in pairs) / seen if seen else None,
        "hidden": sum(day.get("hidden", 0) for day in days),
        "withheld_days": sum(bool(day["node_share"]) and None in {day["visits"], day["visitors"]} for day in days),
        "unknown_days": sum(not day["node_share"] for day in days),
    }


def _common(question: Question, choices: Choices, days: Sequence[Row]) -> Row:
    view, settings = question.view, settings_of(question)
    shares = {day["day"]: day["node_share"] for day in days}
    until_us = min(question.span.until_us, view.now_us)
    silent_s, length_s = _silent_s(question, days, until_us), (until_us - question.span.since_us) / SECOND
    return {
        "site": site_of(question),
        "name": settings.name,
        "timezone": settings.timezone,
        "rotation": settings.rotation,
        "k": settings.k,
        "days": len(shares),
        "is_so_far": any(day["so_far"] for day in days),
        "silent_s": silent_s,
        "recorded_share": max(0.0, 1 - silent_s / length_s) if length_s > 0 else 0.0,
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


def _distinct(question: Question, choices: Choices, days: dict[str, list[Row]]) -> dict[str, Row]:
    """Distinct devices over the stretch, where a device can be followed and all of its sessions are kept.

    Published, they are those of the days that are shown: a device of another day, counted here, would tell of it.
    """
    kept_us = question.view.kept_from(SIGHTING.name, site_of(question))
    if settings_of(question).rotation == "day" or question.span.since_us < kept_us:
        return {}
    everyone = stays.sessions(question.view, site_of(question), question.span, rules=choices.rules)
    told = {day["label"] for day in days["all"] if all(day[name] is not None for name in DISTINCT)}
    spans = [span for span in stays.day_spans(settings_of(question), question.span) if span[0] in told]
    bounds = {"start_us": [span[1] for span in spans], "end_us": [span[2] for span in spans]}
    day = pa.table({name: pa.array(values, pa.int64()) for name, values in bounds.items()})
    found = analysis.figures(
        question.engine,
        question.engine.run(ON_DAYS, {"visit": everyone, "day": question.engine.from_arrow(day)}),
        stays.heartbeats(question.view, site_of(question), question.span),
        questions.whole(question),
        table=PRESENCE_DAY,
        until_us=question.view.now_us,
        rules=choices.rules,
    ).arrow()
    if choices.published:
        found = publish.published_figures(found, k=settings_of(question).k)
    rows = {row["address_kind"]: {name: row[name] for name in (*DISTINCT, "capture_rate")} for row in found.to_pylist()}
    if not choices.published:
        return rows
    few = {kind for kind in rows if _tells_of_few(rows[kind], days[kind], told, settings_of(question).k)}
    few |= {"global", "local"} if few & {"global", "local"} else set()
    return {kind: dict.fromkeys(row) if kind in few else row for kind, row in rows.items()}


def _tells_of_few(row: Row, days: Sequence[Row], told: set[str], k: int) -> bool:
    """Whether distinct devices beside those of each day tell of fewer than k: of one day only, or of several."""
    shown = [day for day in days if day["label"] in told]
    for name in DISTINCT:
        each = [day[name] for day in shown]
        if None in each or row[name] is None:
            return True
        differences = [*(row[name] - count for count in each), sum(each) - row[name]]
        if any(0 < difference < k for difference in differences):
            return True
    return False


def _dwell(question: Question, choices: Choices, shown: dict[str, set[str]]) -> dict[str, Row]:
    """Lengths of the visits that have ended; nothing where visits were removed."""
    if question.span.since_us < question.view.kept_from(VISIT.name, site_of(question)):
        return {}
    k = settings_of(question).k if choices.published else 1
    began = lengths.stays(questions.visits(question, choices), shown, timezone=question.zone)
    found = lengths.by_kind(began, k=k)
    rows: dict[str, Row] = {}
    left_out = found["all"].left_out if choices.published else ()
    for kind in KINDS:
        kept = (stay for stay in began if not stay.open and stay.day not in left_out)
        ended = [stay.dwell_s for stay in kept if kind in ("all", stay.kind)]
        row: Row = {"ended": found[kind].ended, "open": found[kind].open, "dwell_median_s": found[kind].median_s}
        if found[kind].median_s is not None:
            row |= {"dwell_mean_s": float(np.mean(ended)), "dwell_p90_s": float(np.percentile(ended, 90))}
        rows[kind] = row
    return rows


def _connected(question: Question, choices: Choices) -> dict[str, Row]:
    """The share of visitors who joined the network; nothing where visits were removed, or too few."""
    if question.span.since_us < question.view.kept_from(VISIT.name, site_of(question)):
        return {}
    found = {row["address_kind"]: row for row in questions.connected(question, choices).to_pylist()}
    counts = {}
    for kind, row in found.items():
        joined, visitors = row["connected"], row["visitors"]
        for name, count in (("joined", joined), ("others", visitors - joined), ("visitors", visitors)):
            counts[kind, name] = withheld.Count(count, count)
    k = settings_of(question).k if choices.published else 1
    few = withheld.hidden_of_kinds(counts, within={"visitors": ("joined", "others")}, k=k, elsewhere=("visitors",))
    return {
        kind: {"connection_rate": row["connection_rate"]}
        for kind, row in found.items()
        if not few & {(kind, "joined"), (kind, "others")}
    }


def _rates(row: Row) -> Row:
    visits, bounced = row["visits"], row["bounced"]
    return {"bounce_rate": bounced / visits if visits and bounced is not None else None}


SUMMARY = pa.schema(
    [
        *((name, pa.string()) for name in ("site", "name", "address_kind")),
        ("days", pa.int64()),
        *((name, pa.int64()) for name in ("visits", "visitors", "seen", "passers_by", "bounced", "ended", "open")),
        *((name, pa.float64()) for name in ("capture_rate", "bounce_rate", "connection_rate")),
        *((name, pa.float64()) for name in ("dwell_mean_s", "dwell_median_s", "dwell_p90_s")),
        *((name, pa.int64()) for name in ("late", "rejected", "flagged", "fixed", "staff", "hidden")),
        *((name, pa.int64()) for name in ("withheld_days", "unknown_days")),
        ("is_so_far", pa.bool_()),
        ("silent_s", pa.float64()),
        ("recorded_share", pa.float64()),
        ("newest", pa.timestamp("us", tz="UTC")),
        ("timezone", pa.string()),
        ("rotation", pa.string()),
        ("k", pa.int64()),
    ]
)
"""`visitors`, `seen`: device-days with keys of a day, else distinct devices. `ended`: visits behind the dwell figures;
`open`: those that may go on; published, a day on which few do is in neither. `withheld_days`, `unknown_days`: days that
are in none of the sums, because their counts are small or because no node reported. `is_so_far`: the end cuts the last
day, which had not closed. `recorded_share`: the part of the stretch in which any node reported. `fixed`, `staff`:
devices left out before counting. `hidden`: cells of days that were withheld."""
