"""Presses: the frames of each button folded by its dead time, and what was entered by hand.

Source: wire/kanban.md 2.2 (kinds), 4 (dead time, clock steps); RFC 2131 2 (xid, secs), 4.1 (retries).
"""

from collections.abc import Sequence
from functools import partial
from itertools import compress, product

import numpy as np
import pyarrow as pa

from telltale.engine import Engine, Relation
from telltale.kanban.analysis.dead_time import PRESSES, Windows, folded

RULES = pa.schema(
    [("device_id", pa.string()), ("dead_time_us", pa.int64()), ("is_quiet", pa.bool_()), ("kinds", pa.string())]
)
"""A device a row: its dead time, whether the window restarts at every frame, the kinds that count as a press."""

PRESS_KINDS = ("probe", "announce", "request")
"""What counts unless told: a reply answers somebody else, DHCP counts only where it is asked for."""

MOST_KINDS = 12

INTERFACES = """
select interface, cast(row_number() over (order by interface) as bigint) as interface_no
from (select interface from frame group by interface) heard
"""

LONGEST_RETRY_S = 130
"""A client tries again after at most 65 s (RFC 2131 4.1: 64 s, more or less one); one of its frames may be lost."""

LIVE_STEP_US = 1_000_000
"""A capture's clock that fell by more between two heartbeats was set back; less is the same moment, told twice."""

SET_BACK = """
select interface, raw_id, before_us
from (
  select interface, raw_id, unix_micros(observed_at) as at_us,
    lag(unix_micros(observed_at)) over (partition by collector, interface order by raw_id) as before_us
  from collector_heartbeat
  where collector <> :replayed
) beat
where at_us < before_us - :step_us
"""
SET_BACK_BY_DAY = SET_BACK.replace("select ", "select day_us, ").replace("partition by ", "partition by day_us, ")
"""The same within each day, of heartbeats that say when theirs begins."""

CAME = """
select f.device_id, f.observed_at, f.kind, f.interface, f.exchange, f.exchange_s,
  coalesce(max(s.before_us), unix_micros(f.observed_at)) as came_us
from frame f
left join set_back s on s.interface = f.interface and f.raw_id > s.raw_id and unix_micros(f.observed_at) < s.before_us
group by f.device_id, f.observed_at, f.kind, f.interface, f.exchange, f.exchange_s
"""

AS_STAMPED = """
select device_id, observed_at, kind, interface, exchange, exchange_s, unix_micros(observed_at) as came_us from frame
"""

NUMBERED = """
select r.device_no, f.at_us, r.kind_bits, i.interface_no, f.came_us,
  case when f.exchange is not null and f.at_us - f.before_us <= :retry_us and f.exchange_s >= f.before_s then 1
    else 0 end as is_repeat
from (
  select device_id, kind, interface, exchange, exchange_s, came_us, unix_micros(observed_at) as at_us,
    lag(unix_micros(observed_at)) over (partition by device_id, exchange order by observed_at, kind) as before_us,
    lag(exchange_s) over (partition by device_id, exchange order by observed_at, kind) as before_s
  from frame
) f
inner join rule r on r.device_id = f.device_id and r.kind = f.kind
inner join interface i on i.interface = f.interface
order by r.device_no, f.at_us, r.kind_bits, i.interface_no
"""

PRESSED = """
select d.device_id, timestamp_micros(p.pressed_us) as pressed_at, timestamp_micros(p.last_us) as last_frame_at,
  p.frames, k.kinds, i.interface, false as is_manual
from press p
inner join device d on d.device_no = p.device_no
inner join kind k on k.kind_bits = p.kind_bits
inner join interface i on i.interface_no = p.interface_no
union all
select device_id, observed_at as pressed_at, observed_at as last_frame_at, cast(1 as bigint) as frames, kind as kinds,
  interface, true as is_manual
from frame where kind in ('manual_pull', 'manual_ack')
order by pressed_at, device_id, kinds
"""


def presses(engine: Engine, frames: Relation, rules: pa.Table, steps: pa.Table | None = None) -> Relation:
    """Join the frames of each listed device into presses, and let stand what was entered by hand.

    A device that gets no address by DHCP asks again and again, with the same number (xid) and a count of seconds that
    does not begin anew: that is one press, however long it goes on.

    Where the clock of a live capture was set back, as its heartbeats show, frames count in the order they came: one
    that lies before the last press by less than the dead time belongs to it, by at least that it is a new one.

    Args:
        engine: where it runs.
        frames: rows of `tables.FRAME`, each natural key once; any order. Those of a device from the beginning, or from
            any accepted press on (of an exchange that began before it the rest is then not known as such): a burst that
            is cut before its press would be folded otherwise.
        rules: of `RULES`; devices without a rule make no press.
        steps: of `set_back`, of the captures; None: no clock was set back.

    Returns:
        device_id, pressed_at (its first frame), last_frame_at, frames (those folded into it), kinds (comma-joined,
        sorted), interface (where the first was captured), is_manual; sorted by pressed_at, device_id, kinds.

    Raises:
        ValueError: a device has two rules, or there are more kinds than can be told apart.
    """
    kinds = sorted({kind for listed in rules["kinds"].to_pylist() for kind in _split(listed)})
    device_ids = rules["device_id"].to_pylist()
    _check(device_ids, kinds)
    interface = engine.keep(engine.run(INTERFACES, {"frame": frames}))
    rule = engine.from_arrow(_rule_kinds(rules, kinds))
    came = _came(engine, frames, steps)
    relations = {"frame": came, "rule": rule, "interface": interface}
    numbered = engine.run(NUMBERED, relations, retry_us=LONGEST_RETRY_S * 1_000_000)
    kernel = partial(folded, windows=_windows(rules))
    relations = {
        "press": engine.apply(kernel, numbered, by=("device_no",), schema=PRESSES),
        "device": engine.from_arrow(_numbers("device_no", "device_id", device_ids)),
        "kind": engine.from_arrow(_spelt(kinds)),
        "interface": interface,
        "frame": frames,
    }
    return engine.run(PRESSED, relations)


def set_back(engine: Engine, heartbeats: Relation, *, replayed: str = "replay", by_day: bool = False) -> pa.Table:
    """Where the clock of a live capture was set back.

    Args:
        engine: where it runs.
        heartbeats: rows of `tables.COLLECTOR_HEARTBEAT` of the captures.
        replayed: the collector whose records come in the order of files, which says nothing of a clock.
        by_day: within each day alone, by their column `day_us`.

    Returns:
        interface, raw_id (of the first heartbeat after it), before_us (the newest moment of before), and `day_us` where
        it was asked by day; none as a rule.
    """
    told, text = {"collector_heartbeat": heartbeats}, SET_BACK_BY_DAY if by_day else SET_BACK
    return engine.run(text, told, replayed=replayed, step_us=LIVE_STEP_US).arrow()


def _came(engine: Engine, frames: Relation, steps: pa.Table | None) -> Relation:
    """The frames with the moment each came at; the join is made only where a clock was set back."""
    if steps is not None and steps.num_rows:
        return engine.run(CAME, {"frame": frames, "set_back": engine.from_arrow(steps)})
    return engine.run(AS_STAMPED, {"frame": frames})


def _check(device_ids: Sequence[str], kinds: Sequence[str]) -> None:
    if twice := sorted({device_id for device_id in device_ids if device_ids.count(device_id) > 1}):
        raise ValueError(f"rules: {twice[0]} stands there twice; expected one rule a device")
    if len(kinds) > MOST_KINDS:
        raise ValueError(f"rules: {len(kinds)} kinds of frames, expected at most {MOST_KINDS}")


def _windows(rules: pa.Table) -> Windows:
    return Windows(
        np.array(rules["dead_time_us"].to_pylist(), np.int64), np.array(rules["is_quiet"].to_pylist(), np.bool_)
    )


def _rule_kinds(rules: pa.Table, kinds: Sequence[str]) -> pa.Table:
    """A row for each device and kind that counts for it."""
    found = [
        (device_id, kind, number, 1 << kinds.index(kind))
        for number, (device_id, listed) in enumerate(
            zip(rules["device_id"].to_pylist(), rules["kinds"].to_pylist(), strict=True)
        )
        for kind in sorted(_split(listed))
    ]
    types = {"device_id": pa.string(), "kind": pa.string(), "device_no": pa.int64(), "kind_bits": pa.int64()}
    columns = zip(*found, strict=True) if found else ([], [], [], [])
    return pa.table({name: pa.array(column, types[name]) for name, column in zip(types, columns, strict=True)})


def _numbers(number: str, name: str, names: Sequence[str]) -> pa.Table:
    return pa.table({number: pa.array(range(len(names)), pa.int64()), name: pa.array(names, pa.string())})


def _spelt(kinds: Sequence[str]) -> pa.Table:
    """Every set of kinds by its bits."""
    chosen = [bits[::-1] for bits in product((False, True), repeat=len(kinds))]
    return _numbers("kind_bits", "kinds", [",".join(compress(kinds, bits)) for bits in chosen])


def _split(kinds: str) -> set[str]:
    return {kind.strip() for kind in kinds.split(",") if kind.strip()}
