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
from telltale.sensors import question as sensors
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
TABLES = (READING.name,)


def excursions(watch: Watch) -> list[Episode]:
    """The stays beyond a limit; measure is `temperature above` or `temperature below`, peak in the reading's unit."""
    engine, told = watch.engine, watch.settings
    relations = {
        READING.name: watch.view.table(READING.name, Span(watch.span.since_us, FOREVER)),
        "limit_of": engine.keep(_limits(watch)),
    }
    values = {"until_us": watch.until_us, "clears_by": told.clears_by}
    parts = (("above", ABOVE, "high", "false"), ("below", BELOW, "low", "true"))
    return watch.found(
        engine.run(
            SAMPLED.format(mark=mark, limit=limit, is_low=is_low), relations, ending=f" {side}", **values
        ).arrow()
        for side, mark, limit, is_low in parts
    )


def _limits(watch: Watch) -> Relation:
    """The limits of each series: the pages' own, or those of the alert in their place."""
    question, engine, told = watch.question, watch.engine, watch.settings
    if told.above is None and told.below is None:
        made = sensors.limits(question)
        return (
            made
            if not told.quantity
            else engine.run(
                "select * from limit_of where quantity = :quantity", {"limit_of": made}, quantity=told.quantity
            )
        )
    measured = sensors.measured(question)
    ids = [
        name
        for name in engine.run("select distinct device_id from m", {"m": measured}).arrow()[0].to_pylist()
        if watch.is_watched(name)
    ]
    numbers = {"low": [told.below] * len(ids), "high": [told.above] * len(ids)}
    columns = {name: pa.array(values, pa.float64()) for name, values in numbers.items()}
    of_device = {"device_id": pa.array(ids, pa.string())} | columns
    of_quantity = of_device | {
        "quantity": pa.array([told.quantity] * len(ids), pa.string()),
        "channel": pa.array([""] * len(ids), pa.string()),
    }
    empty = {name: pa.array([], column.type) for name, column in of_quantity.items()}
    none = {name: pa.array([], column.type) for name, column in of_device.items()}
    info, named = (none, of_quantity) if told.quantity else (of_device, empty)
    return analysis.limits(engine, measured, engine.from_arrow(pa.table(info)), engine.from_arrow(pa.table(named)))
