"""`tt.health`: is every device heard as it should be, and what of its messages is missing?

Devices are whatever sends: access points by their reports, sensors by their messages. How often one should be heard
comes from devices.csv (`expected_interval_s`), else it is learned from the last week.
"""

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis.strips import node_strips
from telltale.health import analysis, known
from telltale.health.question import Signals
from telltale.health.words.silences import reporting
from telltale.sources import SOURCES
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question, ask
from telltale.workbench.source_state import rejects_table
from telltale.workbench.tidy import tidy
from telltale.workbench.times import When
from telltale.workbench.view import answered

if TYPE_CHECKING:
    import pandas as pd

HEALTH = """
select d.source, d.device_id, coalesce(nullif(i.name, ''), d.device_id) as name, coalesce(i.place, '') as place,
  coalesce(i.zone, '') as zone, d.state, d.last_seen, d.reports, d.interval_s, d.is_given, d.patience_s,
  d.longest_gap_s, d.gaps, d.gap_s, d.silent_s, d.clock_offset_s, d.late, l.missing,
  case when l.missing is not null then d.reports + l.missing end as sent, l.resets,
  l.missing_share, l.rssi_dbm, l.snr_db, l.weak_share, d.site,
  case when d.site = '' then '' else d.device_id end as node_id
from device d
left join device_info i on i.device_id = d.device_id
left join loss l on l.device_id = d.device_id
order by d.source, d.site, d.device_id
"""

OF_WHOLE = """
select h.* from health h
inner join (
  select source, count(case when not rests and state <> 'unheard' then 1 end) as due from health group by source
) q on q.source = h.source
where not h.rests or q.due = 0
"""
"""A source is as silent as its devices that are due; as those that rest only where no other was ever heard."""

SOURCE_HEALTH = """
select s.source, s.state, s.last_seen, s.silent_s, s.interval_s, s.patience_s, s.silent_after_s, d.devices, d.heard,
  d.on_time, d.unknown, d.reports, s.gaps, s.gap_s, s.longest_gap_s, d.missing, d.late,
  coalesce(r.rejects, 0) as rejects
from whole s
inner join (
  select source, count(*) as devices, count(case when reports > 0 then 1 end) as heard,
    count(case when state = 'on_time' then 1 end) as on_time, count(case when state = 'unknown' then 1 end) as unknown,
    cast(sum(reports) as bigint) as reports, cast(sum(missing) as bigint) as missing, cast(sum(late) as bigint) as late
  from health group by source
) d on d.source = s.source
left join (select source, cast(sum(rejects) as bigint) as rejects from reject group by source) r on r.source = s.source
where s.last_seen is not null
order by s.source
"""

MISSING = """
select m.source, m.device_id, coalesce(nullif(i.name, ''), m.device_id) as name, coalesce(i.place, '') as place,
  m.label, m.start, m.end, m.due, m.received, m.missing_share,
  1 - m.missing_share as received_share, p.so_far
from missing m inner join period p on p.start_us = unix_micros(m.start)
left join device_info i on i.device_id = m.device_id
order by m.source, name, m.device_id, m.start
"""

AS_NODES = "select concat(source, ' ', site) as site, device_id as node_id, observed_at from signal"

HEARD = """
select s.site, s.node_id, coalesce(nullif(i.name, ''), s.node_id) as name, coalesce(i.zone, '') as zone,
  greatest(s.started_at, timestamp_micros(:since_us)) as start, s.ended_at as end
from strip s left join device_info i on i.device_id = s.node_id
where s.ended_at >= timestamp_micros(:since_us)
order by s.site, zone, name, s.node_id, start
"""


def devices(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """How each device reports, one row a device.

    Columns: source (empty of a listed address that may be of several), device_id, name, place, zone, state (on_time,
    late, silent; unknown: nothing tells how often it reports; unheard: listed in devices.csv and never heard),
    last_seen, reports, interval_s (given, or learned from ten intervals at least), is_given, patience_s (silence that
    makes it late), longest_gap_s, gaps, gap_s (silences longer than that), silent_s (until now), clock_offset_s (our
    clock minus its own), late (messages more than an hour after their own time), missing (numbers left out of its
    count; null where it has none), sent (with them: all that
    are known of), resets, missing_share (of all it is known to have sent), rssi_dbm, snr_db (medians
    of its messages), weak_share (of those the network judged, at the limit of being heard), site and node_id (of access
    points), rests (its silence is no fault, and nothing is due from it). Those heard in the stretch or the week before
    have a row, and those listed.

    A PC whose agent reported in the stretch or the week before is a row of source pc_idle (reports: records of its
    agent). Off for a night or a weekend it is on time, after four days late; never silent; so is the modem it sends
    through. When somebody's PC is on is
    personal: the rows are there where `source="pc_idle"` asks for them, and where `show_everyone` tells that nobody is
    real.

    Args:
        since: beginning of the stretch; `24h` counts back from now, `7d` is whole local days.
        until: its end, exclusive; None is now.
        source: one source; None is all.
        project: another project than the one found from here.

    Raises:
        ConfigError: a moment cannot be read, or there is no such source.
    """
    return tidy(health_tables(project or here(), since, until, source=source).devices)


def sources_heard(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """How each source reports as a whole, one row a source that was ever heard.

    It is as silent as the expectations of its own devices say. Columns: source, state (silent: all of its devices whose
    interval is known; unknown: that of none is), last_seen, silent_s, interval_s and patience_s (of its most regular
    device; null where unknown), silent_after_s, devices (listed, or heard in the week before), heard (of these, in the
    stretch), on_time, unknown, reports, gaps, gap_s (time in which not one of its devices was heard, of pauses longer
    than patience_s; null where that is unknown), longest_gap_s, missing, late, rejects, title.
    Arguments as for `devices`.
    """
    return tidy(health_tables(project or here(), since, until, source=source).sources)


def attention(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """What is silent, many devices of one cause in one line; whole sources first, then the longest silence.

    Columns: source, site, device_id (empty where several are meant), kind (source: all its devices are silent; devices:
    many; device: one), devices, of_devices (known), since, silent_s, title. Arguments as for `devices`.
    """
    return tidy(health_tables(project or here(), since, until, source=source).attention)


def rejects(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """What could not be decoded, by source and reason, the most frequent first.

    Columns: source, reason, rejects, last_seen. Arguments as for `devices`.
    """
    return tidy(reject_counts(project or here(), since, until, source=source))


def missing(
    since: When = "14d", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """Which share of the messages due from each device did not come, by local day.

    Columns: source, device_id, name, place, label, start, end, due, received, missing_share (0 to 1; null where nothing
    was due), received_share (the rest of 1), so_far (the stretch ends before the day). Nothing is due before a device
    was first heard, nor from one that rests: a PC that is off tells nothing, so PCs and their modems have no rows.
    Arguments as for `devices`.
    """
    return tidy(missing_table(project or here(), since, until, source=source))


def heard(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The stretches in which each device was heard; between them it was silent for more than three usual intervals.

    Columns: site (with its source), node_id (the device), name, zone, start, end. Arguments as for `devices`.
    """
    return tidy(heard_table(project or here(), since, until, source=source))


def silences(
    since: When = "24h", until: When = None, *, source: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The longest silence of each device that was silent for an hour or more while others of its kind were heard.

    Columns: node_id (the device), name, start, end, silence_s, is_open (it lasts to the end of what was heard); longest
    first. Arguments as for `devices`.
    """
    found = reporting(heard_table(project or here(), since, until, source=source))
    rows = [one._asdict() | {"silence_s": one.lasting_s, "is_open": one in found.now} for one in found.silences]
    return tidy(pa.Table.from_pylist(rows, SILENCES))


_MOMENT = pa.timestamp("us", tz="UTC")
SILENCES = pa.schema(
    [
        *(("node_id", pa.string()), ("name", pa.string()), ("start", _MOMENT), ("end", _MOMENT)),
        *(("silence_s", pa.float64()), ("is_open", pa.bool_())),
    ]
)


def never_heard(*, project: Project | None = None) -> "pd.DataFrame":
    """The devices of devices.csv and buttons.csv that were never heard, in the order of the lists.

    Columns: source (empty where it may be of several, or of none), device_id, name, listed_in, nearest (the id of a
    device that was heard, is on no list and differs least: perhaps it is meant), is_known (false: no id of any source),
    is_personal (a PC or a phone). Of phones and buttons none is nearest: what is not listed is never stored;
    `telltale discover` names what it hears meanwhile.

    Args:
        project: another project than the one found from here.

    Raises:
        ConfigError: a list is wrong.
    """
    rows = [one._asdict() for one in answered(project or here(), known.never_heard)]
    return tidy(pa.Table.from_pylist(rows, UNHEARD))


UNHEARD = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "device_id", "name", "listed_in", "nearest")),
        *((name, pa.bool_()) for name in ("is_known", "is_personal")),
    ]
)


class Health(NamedTuple):
    """How devices and sources report, as Arrow tables: what `devices`, `sources_heard`, `attention`, `rejects` give."""

    devices: pa.Table
    sources: pa.Table
    attention: pa.Table
    rejects: pa.Table


def health_tables(project: Project, since: When = "24h", until: When = None, *, source: str | None = None) -> Health:
    """All that is judged by the same signs of life, without pandas."""

    def answer(question: Question) -> Health:
        key = ("health", question.span, source)
        made: Health = question.remembered(key, lambda: judged(question))
        return made

    def judged(question: Question) -> Health:
        signals = Signals(question, source)
        engine, span = signals.engine, question.span
        rows = _judged(signals)
        listed = engine.from_arrow(rows)
        rejects = reject_counts(project, since, until, source=source)
        due = engine.run(OF_WHOLE, {"health": listed})
        whole = analysis.sources(engine, signals.everyone, due, since_us=span.since_us, now_us=span.until_us)
        wholes = {"whole": whole, "health": listed, "reject": engine.from_arrow(rejects)}
        sources = engine.run(SOURCE_HEALTH, wholes).arrow()
        return Health(rows, _titled(sources), _titled(analysis.attention(engine, listed).arrow()), rejects)

    return ask(answer, since, until, project=project)


def _judged(signals: Signals) -> pa.Table:
    """How each device reports, those that are known and were not heard too."""
    beside = {"device": signals.devices(), "device_info": signals.info, "loss": signals.losses()}
    return signals.with_known(signals.with_rests(signals.engine.run(HEALTH, beside).arrow()))


def sensors_table(project: Project, since: When = "24h", until: When = None, *, source: str | None = None) -> pa.Table:
    """As `devices`, without pandas: what sends messages; what it gives of access points and PCs is not to be used."""

    def answer(question: Question) -> pa.Table:
        whole: Health | None = question.view.recalled(("health", question.span, source))
        if whole is not None:
            return whole.devices
        key = ("health of sensors", question.span, source)
        made: pa.Table = question.remembered(key, lambda: _judged(Signals(question, source, sensors_only=True)))
        return made

    return ask(answer, since, until, project=project)


def reject_counts(project: Project, since: When = "24h", until: When = None, *, source: str | None = None) -> pa.Table:
    """As `rejects`, without pandas."""
    rows = rejects_table(project, since, until)
    return rows if source is None else rows.filter(pc.equal(rows["source"], source))


def missing_table(
    project: Project, since: When = "14d", until: When = None, *, source: str | None = None, sensors_only: bool = False
) -> pa.Table:
    """As `missing`, without pandas; with `sensors_only` what it gives of access points is not to be used."""

    def answer(question: Question) -> pa.Table:
        days_touched = question.over("day")
        signals = Signals(question, source, of=analysis.samples, span=days_touched, sensors_only=sensors_only)
        engine, days = signals.engine, question.periods("day")
        judged = signals.due()
        whole = days.drop_columns("so_far")
        shares = analysis.missing(engine, signals.rows, judged, whole, now_us=question.span.until_us)
        return engine.run(
            MISSING, {"missing": shares, "device_info": signals.info, "period": engine.from_arrow(days)}
        ).arrow()

    return ask(answer, since, until, project=project)


def heard_table(project: Project, since: When = "24h", until: When = None, *, source: str | None = None) -> pa.Table:
    """As `heard`, without pandas."""

    def answer(question: Question) -> pa.Table:
        signals = Signals(question, source)
        strips = node_strips(signals.engine, signals.engine.run(AS_NODES, {"signal": signals.rows}))
        relations = {"strip": strips, "device_info": signals.info}
        return signals.engine.run(HEARD, relations, since_us=question.span.since_us).arrow()

    return ask(answer, since, until, project=project)


def _titled(rows: pa.Table) -> pa.Table:
    """The rows, each with the short title of its source."""
    titles = {source.name: source.short_title or source.title for source in SOURCES}
    words = [titles.get(name, name) for name in rows["source"].to_pylist()]
    return rows.append_column("title", pa.array(words, pa.string()))
