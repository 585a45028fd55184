"""Episodes of a state: a door that stands open, an alarm, water on the floor; from when to when, and whether it lasts.

A state is a reading with a word (`text`; digits are none) and the value 1, active, or 0. It holds until a reading says
the other; that is the moment the sensor names, nothing is estimated. Where the sensor's interval is given and it was
silent for several of them, the episode ends with the last reading that tells of it: whether it went on is not known.

Source: wire/efento.md 2.3 (the first entry is the state at the start, entries between are changes, the last closes the
range; equal neighbours mean no change).
"""

from telltale.engine import Engine, Relation
from telltale.sensors.analysis.rules import Rules

STATES = """
select s.*, case when :split_factor * i.expected_interval_s * 1e6 < s.at_us - s.before_us then 1 else 0 end
  as after_silence,
  case when :split_factor * i.expected_interval_s * 1e6 < s.after_us - s.at_us then 1 else 0 end as before_silence
from (
  select device_id, channel, quantity, value, text, unix_micros(observed_at) as at_us,
    lag(value) over (partition by device_id, channel, quantity order by observed_at, value, text) as value_before,
    lag(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at, value, text)
      as before_us,
    lead(unix_micros(observed_at)) over (partition by device_id, channel, quantity order by observed_at, value, text)
      as after_us
  from reading
  where regexp_like(text, '^[^0-9]') and value in (0, 1)
) s
left join info i on i.device_id = s.device_id
"""

RUNS = """
select *, cast(sum(case when value = value_before and after_silence = 0 then 0 else 1 end)
  over (partition by device_id, channel, quantity order by at_us, value, text
    rows between unbounded preceding and current row) as bigint) as run_no
from state
"""

EPISODES = """
select device_id, channel, quantity, state, timestamp_micros(started_us) as started_at,
  case when is_end_known = 1 then timestamp_micros(ended_us) end as ended_at,
  (ended_us - started_us) / 1e6 as lasted_s, is_begin_known = 1 as is_begin_known, is_end_known = 1 as is_end_known,
  is_open = 1 as is_open
from (
  select device_id, channel, quantity, run_no, max(text) as state, min(at_us) as started_us,
    max(case when before_silence = 0 then coalesce(after_us, at_us) else at_us end) as ended_us,
    min(case when before_us is null or after_silence = 1 then 0 else 1 end) as is_begin_known,
    min(case when after_us is null or before_silence = 1 then 0 else 1 end) as is_end_known,
    max(case when after_us is null then 1 else 0 end) as is_open
  from run where value = 1
  group by device_id, channel, quantity, run_no
) summed
order by device_id, channel, quantity, started_us
"""


def episodes(engine: Engine, readings: Relation, info: Relation, *, rules: Rules | None = None) -> Relation:
    """The stretches in which a switch was active.

    Args:
        engine: where it runs.
        readings: table `reading`, each natural key once; any order; numbers are no states.
        info: device_id, expected_interval_s, as in devices.csv; without an interval no silence is too long.
        rules: thresholds.

    Returns:
        device_id, channel, quantity, state (its word, such as alarm), started_at, ended_at (null where not known),
        lasted_s (until then, or until the last reading that tells of it), is_begin_known (false: it was there when the
        sensor was first heard, or heard again), is_end_known, is_open (the newest reading is one of it); sorted by
        series, started_at.
    """
    rules = rules or Rules()
    states = engine.run(STATES, {"reading": readings, "info": info}, split_factor=rules.split_factor)
    return engine.run(EPISODES, {"run": engine.run(RUNS, {"state": states})})
