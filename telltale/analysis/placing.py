"""Which period each row with a moment lies in.

Periods are found through keys, as in `presence.overlaps`: a join on equal numbers, not by range alone.
"""

import pyarrow as pa

from telltale.analysis.overlaps import places
from telltale.engine import Engine, Relation

PLACED = """
select r.*, p.start_us, p.end_us
from (
  select *, unix_micros(observed_at) as moment_us,
    cast(floor(unix_micros(observed_at) / :key_us) as bigint) as moment_key
  from row_in
) r
inner join place p on p.key_no = r.moment_key and r.moment_us >= p.start_us and r.moment_us < p.end_us
"""


def placed(engine: Engine, rows: Relation, periods: pa.Table) -> Relation:
    """The rows that lie in a period, by their `observed_at`, with its start_us and end_us.

    Args:
        engine: where it runs.
        rows: anything with observed_at.
        periods: label, start_us, end_us (`analysis.periods`), apart from each other.
    """
    found = places(engine, periods)
    return engine.run(PLACED, {"row_in": rows, "place": found.rows}, key_us=found.key_us)
