"""Excursions: readings beyond their limits, those of devices.csv or those of the alert.

The limits are those of the pages (`telltale.sensors.analysis.limits`), and so is what is beyond: a reading on the limit
is within it. What is told begins with the first reading beyond, which the pages call `started_at`. It goes on over a
silence, where the pages begin a second one: nobody saw it come back.
"""

import pyarrow as pa

from telltale.engine import Relation
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.watch import Watch
from telltale.sensors import analysis
from telltale.tables import READING
from telltale.workbench.times import FOREVER, Span

SAMPLED = """
select r.device_id as subject,
  concat(r.quantity, case when r.channel = '' then '' else concat(' of channel ', r.channel) end, :ending) as measure,
  coalesce(r.unit, '') as unit, least(unix_micros(r.observed_at), unix_micros(r.received_at)) as at_us,
  unix_micros(r.received_at) as received_us, r.raw_id, r.value, {mark} as mark, {is_low} as is_low
from reading r
inner join limit_of l on l.device_id = r.device_id and l.channel = r.channel and l.quantity = r.quantity
where r.value is not null and l.{limit} is not null and unix_micros(r.received_at) < :until_us
"""
ABOVE = "case when r.value > l.high then 1 when r.value <= l.high - :clears_by then 0 else 2 end"
BELOW = "case when r.value < l.low then 1 when r.value >= l.low + :clears_by then 0 else 2 end"
MEASURED = """
select device_id, channel, quantity, unit, observed_at, received_at, raw_id, value from reading where value is not null
"""
OF_QUANTITY = "select * from limit_of where quantity = :quantity"
SERIES = ("device_id", "channel", "quantity")
LISTED = pa.schema([*((name, pa.string()) for name in SERIES), ("low", pa.float64()), ("high", pa.float64())])
_MEASURED = "series with a value, for alerts"


def excursions(watch: Watch) -> list[Episode]:
    """The stays beyond a limit; measure is `temperature above` or `temperature below`, peak in the reading's unit."""
    engine, told = watch.engine, watch.settings
    rows = watch.view.table(READING.name, Span(watch.span.since_us, FOREVER))
    readings = engine.keep(engine.run(MEASURED, {READING.name: rows}))  # read three times below
    relations = {READING.name: readings, "limit_of": engine.keep(_limits(watch, _measured(watch, readings)))}
    values = {"until_us": watch.until_us, "clears_by": told.clears_by}
    parts = (("above", ABOVE, "high", "false"), ("below", BELOW, "low", "true"))
    return watch.found(
        engine.run(
            SAMPLED.format(mark=mark, limit=limit, is_low=is_low), relations, ending=f" {side}", **values
        ).arrow()
        for side, mark, limit, is_low in parts
    )


def _measured(watch: Watch, readings: Relation) -> Relation:
    """The series that ever had a value: all rows are read once a process, then those of each look add theirs."""
    memory = watch.project.kept
    before: pa.Table | None = memory[_MEASURED][1] if _MEASURED in memory else None
    rows = readings if before is not None else watch.view.rows(READING.name)
    found = analysis.measured(watch.engine, rows).arrow().select(list(SERIES))
    if before is not None:
        found = pa.concat_tables([before, found]).group_by(list(SERIES)).aggregate([])
    memory[_MEASURED] = (None, found)
    return watch.engine.from_arrow(found)


def _limits(watch: Watch, measured: Relation) -> Relation:
    """The limits of each series: the pages' own, or those of the alert in their place."""
    engine, told = watch.engine, watch.settings
    if told.above is None and told.below is None:
        named = engine.from_arrow(watch.project.limit_info())
        made = analysis.limits(engine, measured, watch.question.device_info, named)
        return engine.run(OF_QUANTITY, {"limit_of": made}, quantity=told.quantity) if told.quantity else made
    ids = [name for name in sorted(set(measured.arrow()["device_id"].to_pylist())) if watch.is_watched(name)]
    # They stand for low and high of the device, or for low:quantity and high:quantity, and hold for what these do.
    rows = [
        {"device_id": name, "quantity": told.quantity, "channel": "", "low": told.below, "high": told.above}
        for name in ids
    ]
    listed, named_rows = ([], rows) if told.quantity else (rows, [])
    info, named = (engine.from_arrow(pa.Table.from_pylist(each, schema=LISTED)) for each in (listed, named_rows))
    return analysis.limits(engine, measured, info, named)
