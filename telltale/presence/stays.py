"""Sessions and figures of one site: closed days as they were closed, open days from their sightings.

Both come from one computation, `computed`, which closing uses too; so a day that is due but not yet closed shows what
closing it will write. A row received after its day's closing time does not count (it is late), whenever closing runs.
"""

# ruff: noqa: S608 - texts are composed of names of ours; values are given to the engine
import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa

from telltale.analysis import periods
from telltale.arrow import empty
from telltale.contract import ConfigError
from telltale.engine import Relation
from telltale.presence import analysis
from telltale.presence.analysis import Rules
from telltale.presence.thresholds import rules as rules_of
from telltale.privacy import periods_between
from telltale.settings import SiteSettings
from telltale.tables import PRESENCE_DAY, SIGHTING, TABLES, VISIT, Table
from telltale.workbench.times import DAY, FOREVER, Span, closes_at, local_day, local_time, midnight
from telltale.workbench.view import View, union

ONE_DAY = dt.timedelta(days=1)

OF_SITE = "select * from rows_in where site = :site"

ON_TIME = f"""
select {", ".join(SIGHTING.names)} from sighting
where not regexp_like(concat(',', flags, ','), ',late,')
union all
select {", ".join(f"s.{name}" for name in SIGHTING.names)} from sighting s
inner join day d on s.last_seen >= timestamp_micros(d.start_us) and s.last_seen < timestamp_micros(d.end_us)
where regexp_like(concat(',', s.flags, ','), ',late,') and s.received_at < timestamp_micros(d.closes_us)
"""
"""Only rows flagged late (more than 24 h) can come after 04:00 of the second day: the few pay the join."""

OF_RADIO = "select * from sighting where radio = :radio"
"""Bluetooth enters no figure with Wi-Fi, not even that of the rows left out."""

TOO_LATE = """
select s.site, s.address_kind, unix_micros(s.last_seen) as at_us from sighting s
inner join day d on s.last_seen >= timestamp_micros(d.start_us) and s.last_seen < timestamp_micros(d.end_us)
where regexp_like(concat(',', s.flags, ','), ',late,') and s.received_at >= timestamp_micros(d.closes_us)
order by at_us, s.address_kind
"""

TOUCHING = f"""
select {", ".join(VISIT.names)} from visit
where entered_at < timestamp_micros(:until_us) and left_at >= timestamp_micros(:since_us)
  and entered_at >= timestamp_micros(:from_us) and entered_at < timestamp_micros(:before_us)
"""

NOISE_DAYS = 6
"""Days before a stretch that the rules for staff (4 days of 7) look at."""


class Computed(NamedTuple):
    """What the sightings of a stretch say."""

    sessions: Relation
    """Columns of table visit, all classes: the sessions that touch the stretch."""
    heartbeats: Relation
    late: pa.Table
    """site, address_kind, at_us of the rows that came too late to count."""
    known_until_us: int
    """A session that ends less than a gap before may still go on."""


def open_from(view: View, site: str) -> int:
    """The midnight with which the open days of a site begin; 0 where none has closed."""
    closed = view.closed_days.get(site)
    return midnight(max(closed) + ONE_DAY, view.project.site(site).timezone) if closed else 0


def computed(view: View, site: str, span: Span, *, rules: Rules) -> Computed:
    """The sessions that touch a stretch, from sightings; they are whole unless they say `cut`."""
    found: Computed = view.remembered((site, span, rules), lambda: _once(view, site, span, rules))
    return found._replace(known_until_us=min(found.known_until_us, view.now_us))


def _once(view: View, site: str, span: Span, rules: Rules) -> Computed:
    """Of a stretch that begins yesterday or today from the sessions of both days: a page asks for several such.

    A day's key ends every session at 04:00, so that none of today is longer for what was before yesterday.
    """
    settings, now_us = view.project.site(site), view.now_us
    both = Span(_day_start(now_us, settings, -1), _day_start(now_us, settings, 1))
    if settings.rotation != "day" or span.since_us < both.since_us or span == both:
        return _computed(view, site, span, rules)
    both = both._replace(until_us=max(both.until_us, span.until_us))
    found: Computed = view.remembered((site, both, rules), lambda: _computed(view, site, both, rules))
    bounds = {"since_us": span.since_us, "until_us": span.until_us, "from_us": 0, "before_us": FOREVER}
    engine, around = view.project.engine, _around(settings, span)
    late = pa.compute.greater_equal(found.late["at_us"], around.since_us)
    late = pa.compute.and_(late, pa.compute.less(found.late["at_us"], around.until_us))
    return Computed(
        engine.keep(engine.run(TOUCHING, {"visit": found.sessions}, **bounds)),
        heartbeats(view, site, span),
        found.late.filter(late),
        around.until_us,
    )


def sessions(view: View, site: str, span: Span, *, rules: Rules, noise: bool = False) -> Relation:
    """The sessions that touch a stretch, of all classes that are still kept.

    Args:
        view: the snapshot.
        site: which site.
        span: the stretch.
        rules: thresholds; those of telltale.toml read closed days as they were closed.
        noise: keep staff and fixed devices that the rules of several days find.

    Raises:
        ConfigError: `rules` differ from those the closed days were computed with, whose sightings are gone.
    """
    if noise or view.project.site(site).rotation == "day":
        return _all_sessions(view, site, span, rules)
    found = noise_of(view, site, span, rules=rules)
    return analysis.without(view.project.engine, _all_sessions(view, site, span, rules), found)


def noise_of(view: View, site: str, span: Span, *, rules: Rules) -> Relation:
    """The devices that the rules of several days find to be staff or fixed: site, device, reason.

    With keys of a day nobody can be told for days; the lists remain. Source: wire/presence.md 6.6.
    """
    settings = view.project.site(site)
    needed = VISIT if _are_usual(view, rules) else SIGHTING
    first = max(_day_start(span.since_us, settings, -NOISE_DAYS), view.kept_from(needed.name, site))
    wider = Span(min(first, span.since_us), span.until_us)
    everyone = _all_sessions(view, site, wider, rules)
    return analysis.noise(
        view.project.engine, everyone, timezone=settings.timezone, since_us=wider.since_us, until_us=wider.until_us
    )


def figures(view: View, site: str, span: Span, table: Table, *, rules: Rules) -> Relation:
    """The figures of the local days or hours that touch a stretch."""
    opens = open_from(view, site)
    if not _are_usual(view, rules):
        _refuse_purged(view, site, span, rules)
        opens = 0
    parts: list[Relation] = []
    if span.since_us < opens:
        parts.append(_closed_figures(view, site, Span(span.since_us, min(span.until_us, opens)), table))
    if span.until_us > opens:
        now = Span(max(span.since_us, opens), span.until_us)
        parts.append(counted(view, site, now, table, computed(view, site, now, rules=rules), rules=rules))
    return union(view.project.engine, parts)


def heartbeats(view: View, site: str, span: Span) -> Relation:
    """What the nodes of a site reported over a stretch and the week before it, so that a silent node is known of."""
    wider = Span(max(0, span.since_us - 7 * DAY), span.until_us)
    return view.project.engine.run(OF_SITE, {"rows_in": view.table("node_heartbeat", wider)}, site=site)


def counted(view: View, site: str, span: Span, table: Table, found: Computed, *, rules: Rules) -> Relation:
    """The figures of the local days or hours of a stretch, from sessions that were computed."""
    engine, settings = view.project.engine, view.project.site(site)
    guests = found.sessions
    if settings.rotation != "day":
        guests = analysis.without(engine, guests, noise_of(view, site, span, rules=rules))
    return analysis.figures(
        engine,
        guests,
        found.heartbeats,
        _periods(settings, span, table),
        table=table,
        until_us=found.known_until_us,
        rules=rules,
        late=found.late,
    )


def derived(view: View, name: str, span: Span | None) -> Relation:
    """A derived table of all sites: visit, presence_day or presence_hour."""
    table, stretch = TABLES[name], span or Span(0, view.now_us)
    parts: list[Relation] = [view.project.engine.from_arrow(empty(table))]
    for site in view.sites():
        since = max(stretch.since_us, first_midnight(view, site))
        if since < stretch.until_us:
            parts.append(_of_site(view, site, Span(since, stretch.until_us), table))
    return union(view.project.engine, parts)


def first_midnight(view: View, site: str) -> int:
    """The local midnight of the day a site was first heard of."""
    zone = view.project.site(site).timezone
    return midnight(local_day(view.first_us(site), zone), zone)


def late_of(view: View, site: str) -> dict[dt.date, int]:
    """The rows that came too late for each closed day: as they were counted, or by the moment that is asked about.

    Where sightings of a day are no longer kept there is only the count, which goes on to today.
    """
    closed = view.closed_days.get(site, {})
    counted = {day: found.late for day, found in closed.items()}
    if not view.project.is_past or not any(counted.values()):
        return counted
    zone, kept_us = view.project.site(site).timezone, view.kept_from(SIGHTING.name, site)
    days = [day for day, late in counted.items() if late and midnight(day, zone) >= kept_us]
    if not days:
        return counted
    span = Span(midnight(min(days), zone), midnight(max(days) + ONE_DAY, zone))
    of_site = view.project.engine.run(OF_SITE, {"rows_in": view.table(SIGHTING.name, span)}, site=site)
    times = view.project.engine.from_arrow(_closing_times(view.project.site(site), span))
    late = view.project.engine.run(TOO_LATE, {"sighting": of_site, "day": times}).arrow()
    seen = Counter(local_day(at_us, zone) for at_us in late["at_us"].to_pylist())
    return counted | {day: seen[day] for day in days}


def _computed(view: View, site: str, span: Span, rules: Rules) -> Computed:
    engine, settings = view.project.engine, view.project.site(site)
    around = _around(settings, span)
    if view.project.is_past:
        _refuse_removed(view, site, around)
    day = engine.from_arrow(_closing_times(settings, around))

    def of_radio(sightings: Relation) -> Relation:
        of_site = engine.run(OF_SITE, {"rows_in": sightings}, site=site)
        return engine.run(OF_RADIO, {"sighting": of_site}, radio=rules.radio)

    def on_time(sightings: Relation) -> Relation:
        return engine.run(ON_TIME, {"sighting": of_radio(sightings), "day": day})

    everything = view.table(SIGHTING.name, around)
    keys = [period.start_us for period in periods_between(settings, around.since_us, around.until_us)]
    found = analysis.visits(
        engine,
        on_time(everything),
        rules=rules,
        cuts=_cuts(view, site, around, keys),
        key_starts=keys,
        of_days=lambda days: on_time(view.of_days(SIGHTING.name, days, around)),
    )
    bounds = {"since_us": span.since_us, "until_us": span.until_us, "from_us": 0, "before_us": FOREVER}
    return Computed(
        engine.keep(engine.run(TOUCHING, {"visit": found}, **bounds)),
        heartbeats(view, site, span),
        engine.run(TOO_LATE, {"sighting": of_radio(everything), "day": day}).arrow(),
        around.until_us,
    )


def _around(settings: SiteSettings, span: Span) -> Span:
    """A session may have begun the day before, and go on into the next: keys and closing look no further either."""
    return Span(_day_start(span.since_us, settings, -1), _day_start(span.until_us - 1, settings, 2))


def _all_sessions(view: View, site: str, span: Span, rules: Rules) -> Relation:
    engine, opens = view.project.engine, open_from(view, site)
    if not _are_usual(view, rules):
        _refuse_purged(view, site, span, rules)
        return computed(view, site, span, rules=rules).sessions
    # A closed visit ends on the day after it began, at the latest: `_around`.
    reaching = Span(_day_start(span.since_us, view.project.site(site), -3), span.until_us)
    closed = engine.run(OF_SITE, {"rows_in": view.table(VISIT.name, reaching)}, site=site)
    bounds = {"since_us": span.since_us, "until_us": span.until_us}
    parts: list[Relation] = [engine.run(TOUCHING, {"visit": closed}, **bounds, from_us=0, before_us=opens)]
    if span.until_us > opens:
        now = computed(view, site, Span(max(span.since_us, opens), span.until_us), rules=rules).sessions
        parts.append(engine.run(TOUCHING, {"visit": now}, **bounds, from_us=opens, before_us=FOREVER))
    return union(engine, parts)


def _periods(settings: SiteSettings, span: Span, table: Table) -> pa.Table:
    """The whole local days or hours that touch a stretch; the last ends with it, so that it is what was so far."""
    made = (periods.days if table is PRESENCE_DAY else periods.hours)(settings.timezone, *span)
    ends = pa.compute.min_element_wise(made["end_us"], pa.scalar(span.until_us, pa.int64()))
    return made.set_column(made.schema.get_field_index("end_us"), made.schema.field("end_us"), ends)


def _of_site(view: View, site: str, span: Span, table: Table) -> Relation:
    rules = rules_of(view.project.settings.presence)
    if table is not VISIT:
        return figures(view, site, span, table, rules=rules)
    text = "select * from visit where entered_at >= timestamp_micros(:since_us)"
    everyone = sessions(view, site, span, rules=rules, noise=True)
    return view.project.engine.run(text, {"visit": everyone}, since_us=span.since_us)


def _closed_figures(view: View, site: str, span: Span, table: Table) -> Relation:
    since_us = _day_start(span.since_us, view.project.site(site), 0) if table is PRESENCE_DAY else span.since_us
    text = f"""select {", ".join(table.names)} from rows_in where site = :site
        and {table.time} >= timestamp_micros(:since_us) and {table.time} < timestamp_micros(:until_us)"""
    rows = {"rows_in": view.table(table.name, Span(since_us, span.until_us))}
    return view.project.engine.run(text, rows, site=site, since_us=since_us, until_us=span.until_us)


def _are_usual(view: View, rules: Rules) -> bool:
    """Whether closed days were computed with these thresholds."""
    return rules == rules_of(view.project.settings.presence)


def _refuse_purged(view: View, site: str, span: Span, rules: Rules) -> None:
    """Other thresholds need sightings; a stretch without them must not pass for a quiet one."""
    kept_us = view.kept_from(SIGHTING.name, site)
    if span.since_us >= kept_us:
        return
    day = local_day(kept_us, view.project.site(site).timezone)
    usual = rules_of(view.project.settings.presence)
    closed, instead = "visits stand as they were closed", "with the thresholds of telltale.toml"
    if rules == replace(usual, excluded_flags=rules.excluded_flags):
        closed, instead = "their days were closed without staff and fixed devices", "without keep_excluded"
    raise ConfigError(
        f"site {site}: sightings before {day} were removed, as [site] sighting_retention_h says, and {closed}; "
        f"ask {instead}, or since {day}"
    )


def _refuse_removed(view: View, site: str, around: Span) -> None:
    """A day that was open then and is not any more is made of sightings; without them it must not pass for a quiet one.

    At any present they are kept: the day before the first open one always stays.
    """
    kept_us = view.kept_from(SIGHTING.name, site)
    if max(around.since_us, first_midnight(view, site)) >= kept_us:
        return
    zone = view.project.site(site).timezone
    opens, day = local_day(max(open_from(view, site), view.first_us(site)), zone), local_day(kept_us, zone)
    raise ConfigError(
        f"site {site}: the day {opens} had not closed by {local_time(view.now_us, zone):%Y-%m-%d %H:%M}, and sightings "
        f"of before {day} were removed since, as [site] sighting_retention_h says; ask until {opens}, or of a moment "
        f"from {day + 3 * ONE_DAY} on"
    )


def _day_start(at_us: int, settings: SiteSettings, days: int) -> int:
    """The midnight some days after the one a moment's day began with; not before 1970."""
    return max(0, midnight(local_day(at_us, settings.timezone) + days * ONE_DAY, settings.timezone))


def day_spans(settings: SiteSettings, span: Span) -> list[tuple[str, int, int]]:
    """The local days that touch a stretch: label, start, end."""
    return [
        (row["label"], row["start_us"], row["end_us"]) for row in periods.days(settings.timezone, *span).to_pylist()
    ]


def _closing_times(settings: SiteSettings, span: Span) -> pa.Table:
    days = day_spans(settings, span)
    closes = [closes_at(dt.date.fromisoformat(label), settings.timezone) for label, _, _ in days]
    bounds = {"start_us": [start for _, start, _ in days], "end_us": [end for _, _, end in days], "closes_us": closes}
    return pa.table({name: pa.array(values, pa.int64()) for name, values in bounds.items()})


def _cuts(view: View, site: str, around: Span, key_starts: list[int]) -> list[int]:
    """Where keys change within a stretch, where it ends, and where sightings before it were removed.

    A stay of more than two days, possible with keys of a week or longer, is cut at the end of its second day; only
    what never leaves stays so long.
    """
    marks = (*key_starts, around.until_us, view.kept_from(SIGHTING.name, site))
    return [at_us for at_us in marks if at_us >= around.since_us]
