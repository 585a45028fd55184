"""Mean kinetic temperature: the one steady temperature that would have done as much harm as the real course.

    T_K = (ΔH / R) / −ln( (e^(−ΔH / R T₁) + … + e^(−ΔH / R Tₙ)) / n )      ΔH = 83.144 kJ/mol, all T in kelvin

It lies above the mean, the more so the more the temperature swings. Each reading has the same weight, so that it is
right for readings at equal intervals; time without readings is left out of it.

Source: J. D. Haynes, J. Pharm. Sci. 60 (1971) 927; USP <1160>, mean kinetic temperature (ΔH as given there).
"""

import pyarrow as pa
import pyarrow.compute as pc

from telltale.analysis.placing import placed
from telltale.engine import Engine, Relation
from telltale.sensors.analysis.steps import MAIN

ACTIVATION_K = 83.144 / 8.3144e-3
"""ΔH / R."""
ZERO_C_IN_K = 273.15
UNITS = ("°C", "", "°F", "K")
"""The units of temperatures that are known; one without is taken for °C."""

TEMPERATURES = """
select device_id, channel, quantity, value_c as value, start_us, unit from (
  select *, case unit when '°F' then (value - 32) / 1.8e0 when 'K' then value - 273.15e0 else value end as value_c
  from placed where quantity = :main and unit in ('°C', '', '°F', 'K')
) converted
where value_c > -273.15e0
order by device_id, channel, quantity, observed_at, value
"""

KINETIC = """
select k.device_id, k.channel, k.quantity, k.unit, p.label, timestamp_micros(p.start_us) as start,
  timestamp_micros(p.end_us) as end, k.readings, k.mean_c, k.kinetic_c
from kinetic k inner join period p on p.start_us = k.start_us
order by k.device_id, k.channel, k.quantity, p.start_us
"""
_KEY = ("device_id", "channel", "quantity", "unit", "start_us")


def kinetic(engine: Engine, readings: Relation, periods: pa.Table) -> Relation:
    """The mean kinetic temperature of each series of temperatures in each period it has a reading in.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; temperatures in °C, °F or K are looked at.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.

    Returns:
        device_id, channel, quantity, unit (of the readings), label, start, end, readings, mean_c, kinetic_c (both in
        °C, whatever the unit); sorted.
    """
    rows = engine.run(TEMPERATURES, {"placed": placed(engine, readings, periods)}, main=MAIN)
    relations = {"kinetic": engine.from_arrow(_kinetic(rows.arrow())), "period": engine.from_arrow(periods)}
    return engine.run(KINETIC, relations)


def _kinetic(rows: pa.Table) -> pa.Table:
    kelvin = pc.add(rows["value"], ZERO_C_IN_K)
    harm = pc.exp(pc.divide(-ACTIVATION_K, kelvin))
    found = rows.append_column("harm", harm).group_by(list(_KEY), use_threads=False)
    sums = found.aggregate([("value", "count"), ("value", "mean"), ("harm", "mean")])
    steady = pc.subtract(pc.divide(-ACTIVATION_K, pc.ln(sums["harm_mean"])), ZERO_C_IN_K)
    columns = {name: sums[name] for name in _KEY}
    return pa.table({**columns, "readings": sums["value_count"], "mean_c": sums["value_mean"], "kinetic_c": steady})
