"""Devices that are not heard, and devices whose clock is wrong: by the rules of the health page."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from telltale.health import analysis
from telltale.health.clocks import AHEAD_S, BEHIND_S
from telltale.health.known import RESTING, resting_ids
from telltale.health.question import LOOKBACK, Signals
from telltale.publish.alerts.episodes import MOST_IDS, SAMPLES, Episode, series
from telltale.publish.alerts.watch import Watch, wider
from telltale.tables import ACTIVITY, NODE_HEARTBEAT, READING, UPLINK
from telltale.workbench.question import Question
from telltale.workbench.times import DAY, SECOND, Span
from telltale.workbench.view import union

Ints = npt.NDArray[np.int64]
RULES = analysis.Rules()
NOT_HEARD, CLOCK = "not heard", "clock"
COMPUTED = (NOT_HEARD, CLOCK)
"""What is told by no single record."""
_DEVICE = ("source", "site", "device_id")
BACK_US = max(LOOKBACK.values()) + DAY
"""How far back the health page of a day looks for what is usual of a device."""
BEFORE = """
select s.source, c.number as site, s.device_id, s.observed_at, s.at_us, s.received_us, s.clock_offset_s,
  s.in_batches, s.messages
from signal s
inner join pause c on c.source = s.source and c.of_site = s.site and c.device_id = s.device_id
where s.received_us <= c.heard_us and s.at_us > c.heard_us - :back_us
"""


def silent(watch: Watch) -> list[Episode]:
    """The silences longer than the health page bears of a device; measure is `not heard`.

    A silence is known at the newest `received_at` and as long after it as the page waits, by what had come until then:
    that moment is computed, no record tells it. It is over with the next record. What rests, such as PCs and their
    modems, is never silent.
    """
    asked = Question(watch.view, wider(watch.span, days=1), watch.zone)
    signals = Signals(asked, None)
    heard = signals.rows.arrow()
    heard = heard.filter(pc.less(heard["received_us"], watch.until_us))
    return sorted(
        [*_gone(watch, heard), *_measured(watch, signals, heard)], key=lambda one: (one.subject, one.known_us)
    )


def _gone(watch: Watch, heard: pa.Table) -> list[Episode]:
    """Of the devices that were silent already, and last heard before what is read: whether they are heard again."""
    found = []
    for one in watch.known:
        own = heard.filter(pc.equal(heard["device_id"], one.subject))["received_us"]
        first_us = pc.min(own).as_py()
        if first_us is not None and first_us > one.begins_us:
            silence_s = (first_us - one.begins_us) / SECOND
            found.append(one._replace(ends_us=first_us, recovered_us=first_us, peak=silence_s))
    return found


def _measured(watch: Watch, signals: Signals, heard: pa.Table) -> list[Episode]:
    pauses = _pauses(watch, heard)
    if not pauses.num_rows:
        return []
    relations = {"signal": signals.rows, "pause": watch.engine.from_arrow(pauses)}
    before = watch.engine.run(BEFORE, relations, back_us=BACK_US)
    judged = analysis.devices(watch.engine, before, signals.info, since_us=0, now_us=watch.until_us).arrow()
    patience_s = {row["site"]: row["patience_s"] for row in judged.select(["site", "patience_s"]).to_pylist()}
    found = []
    for row in pauses.to_pylist():
        patience = patience_s.get(row["number"])
        if patience is None:
            continue  # nothing tells how often it is due
        after_us = max(round(RULES.silent_factor * patience * SECOND), watch.lasts_us)
        known_us, next_us = row["heard_us"] + after_us, row["next_us"]
        if known_us >= min(watch.until_us, watch.until_us if next_us is None else next_us):
            continue
        silence_us = (next_us or watch.until_us) - row["heard_us"]
        found.append(
            Episode(row["device_id"], NOT_HEARD, "s", row["heard_us"], known_us, next_us, next_us, silence_us / SECOND)
        )
    return found


def _pauses(watch: Watch, signals: pa.Table) -> pa.Table:
    """The pauses of devices that may be too long: after which sign of life, and until which one (null: none since)."""
    resting = set(resting_ids(watch.view))
    order = [(name, "ascending") for name in (*_DEVICE, "received_us")]
    signals = signals.sort_by(order)
    given = {row["device_id"]: row["expected_interval_s"] for row in watch.devices}
    rows: list[dict[str, object]] = []
    received = signals["received_us"].to_numpy()
    for start, end in series(signals, *_DEVICE):
        source, site, device = (signals[name][start].as_py() for name in _DEVICE)
        if source in RESTING or device in resting or not watch.is_watched(device):
            continue
        heard = np.unique(received[start:end])
        for at in _long(heard, watch.until_us, given.get(device)):
            next_us = int(heard[at + 1]) if at + 1 < len(heard) else None
            rows.append(
                {
                    "number": str(len(rows)), "source": source, "of_site": site, "device_id": device,
                    "heard_us": int(heard[at]), "next_us": next_us,
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows, PAUSES)


PAUSES = pa.schema(
    [
        *(("number", pa.string()), ("source", pa.string()), ("of_site", pa.string()), ("device_id", pa.string())),
        *(("heard_us", pa.int64()), ("next_us", pa.int64())),
    ]
)


def _long(heard: Ints, until_us: int, given_s: float | None) -> list[int]:
    """The places of pauses that may be too long, before it is asked what is usual of the device: few of many.

    No pause is that is shorter than the least patience, or than the patience of the interval that is given; where none
    is, than that of the median of the ten steps before.
    """
    steps = np.diff(np.append(heard, until_us))
    least_us = RULES.silent_factor * max(RULES.shortest_s, RULES.late_factor * (given_s or 0)) * SECOND
    places = np.flatnonzero(steps > least_us)
    if given_s is not None or not len(places):
        return [int(at) for at in places]
    back = places[:, None] - np.arange(1, 11)[None, :]
    before = np.where(back >= 0, steps[np.maximum(back, 0)], np.iinfo(np.int64).max)
    usual = np.sort(before, axis=1)[:, 4]
    has_any = places >= 10
    factor = RULES.silent_factor * RULES.late_factor
    return [int(at) for at in places[has_any & (steps[places] > factor / 2 * usual)]]


def wrong_clocks(watch: Watch) -> list[Episode]:
    """The stretches in which a device's clock was wrong, by the median of its last twenty messages; peak in seconds.

    Positive is behind ours. Wrong is what the health page calls so: `health.clocks`.
    """
    asked = Question(watch.view, wider(watch.span, days=1), watch.zone)
    signals = Signals(asked, None)
    told = union(watch.engine, [signals.rows, signals.pcs()]).arrow()
    told = told.filter(pc.and_kleene(pc.is_valid(told["clock_offset_s"]), pc.less(told["received_us"], watch.until_us)))
    order = [(name, "ascending") for name in (*_DEVICE, "received_us", "at_us")]
    return watch.found(_clock_samples(told.sort_by(order)))


def _clock_samples(told: pa.Table) -> list[pa.Table]:
    offsets, received = told["clock_offset_s"].to_numpy(), told["received_us"].to_numpy()
    wrong = (offsets < -AHEAD_S) | (offsets > BEHIND_S)
    made = []
    for start, end in series(told, *_DEVICE):
        if not wrong[start:end].any():
            continue  # no median of right ones is wrong
        padded = np.concatenate((np.full(RULES.newest - 1, np.nan), offsets[start:end]))
        medians = np.nanmedian(np.lib.stride_tricks.sliding_window_view(padded, RULES.newest), axis=1)
        is_wrong = (medians < -AHEAD_S) | (medians > BEHIND_S)
        count = end - start
        columns = {
            "subject": [told["device_id"][start].as_py()] * count, "measure": [CLOCK] * count, "unit": ["s"] * count,
            "at_us": received[start:end], "received_us": received[start:end], "raw_id": [None] * count,
            "value": medians, "mark": is_wrong.astype(np.int8), "is_low": [bool((medians < -AHEAD_S).any())] * count,
        }  # fmt: skip
        made.append(pa.table({name: pa.array(columns[name], SAMPLES.field(name).type) for name in SAMPLES.names}))
    return made


RECORDS = """
select distinct raw_id from (
  select device_id, received_at, raw_id from uplink
  union all select device_id, received_at, raw_id from reading
  union all select node_id as device_id, received_at, raw_id from node_heartbeat
  union all select device_id, received_at, raw_id from activity
) told
where device_id = :device and received_at = timestamp_micros(:at_us) order by raw_id
"""


def records_of(watch: Watch, episode: Episode) -> Episode:
    """The episode with the records that began and ended it, where it was computed from moments alone."""
    if episode.raw_ids or episode.measure not in COMPUTED:
        return episode
    end_us = None if episode.recovered_us is None else episode.recovered_us
    first_us = episode.begins_us if episode.measure == NOT_HEARD else episode.known_us
    return episode._replace(
        raw_ids=_records(watch, episode.subject, first_us),
        end_raw_ids=() if end_us is None else _records(watch, episode.subject, end_us),
    )


def _records(watch: Watch, device: str, at_us: int) -> tuple[int, ...]:
    moment = Span(at_us, at_us + 1)
    tables = (UPLINK, READING, NODE_HEARTBEAT, ACTIVITY)
    rows = {table.name: watch.view.received(table.name, moment) for table in tables}
    return tuple(watch.engine.run(RECORDS, rows, device=device, at_us=at_us).arrow()["raw_id"].to_pylist()[:MOST_IDS])
