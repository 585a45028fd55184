"""A team's activity: each person once, whatever the number of PCs, and nothing about fewer than k people."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telltale.activity.analysis.layers import STATES, Layer, painted, stretches
from telltale.activity.analysis.totals import OF_PERSONS, TEAM
from telltale.engine import Engine, Relation

OF_PERSON = pa.schema(
    [("device_id", pa.string()), ("state", pa.string()), ("start_us", pa.int64()), ("end_us", pa.int64())]
)


def team(engine: Engine, spans: Relation, info: Relation, periods: pa.Table, *, k: int) -> Relation:
    """The mean of all people of whom something is known, by period.

    Args:
        engine: where it runs.
        spans: stretches of each PC (`totals.spans_of`).
        info: device_id, person, as in devices.csv; a PC without a person counts as one.
        periods: label, start_us, end_us, so_far.
        k: fewer people than this are not shown.

    Returns:
        label, start, end, so_far, people, active_s (mean per person), active_share (of the time that is known); sorted.
    """
    of_persons = engine.run(OF_PERSONS, {"span": spans, "info": info})
    persons = engine.apply(persons_of, of_persons, by=["device_id"], schema=OF_PERSON)
    return engine.run(TEAM, {"span": persons, "period": engine.from_arrow(periods)}, k=k)


def persons_of(rows: pa.Table) -> pa.Table:
    """The stretches of each person: active where any PC of theirs is, away where one is known and none active."""
    made = []
    for person in sorted(pc.unique(rows["device_id"]).to_pylist()):
        own = rows.filter(pc.equal(rows["device_id"], person))
        starts, ends = own["start_us"].to_numpy(), own["end_us"].to_numpy()
        known = pc.not_equal(own["state"], STATES[0]).to_numpy(zero_copy_only=False)
        active = pc.equal(own["state"], STATES[2]).to_numpy(zero_copy_only=False)
        layer = Layer("sample", stretches(starts[known], ends[known]), stretches(starts[active], ends[active]))
        whole = painted([layer], int(np.min(starts)), int(np.max(ends)))
        columns = [
            pa.array([person] * len(whole.state), pa.string()),
            pa.array(STATES, pa.string()).take(pa.array(whole.state)),
            whole.bounds[:-1],
            whole.bounds[1:],
        ]
        made.append(pa.table(columns, schema=OF_PERSON))
    return pa.concat_tables(made) if made else OF_PERSON.empty_table()
