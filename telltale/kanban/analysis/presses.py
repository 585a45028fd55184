"""Presses: the frames of each button folded by its dead time, and what was entered by hand.

Source: wire/kanban.md 2.2 (kinds), 4 (dead time).
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
select interface, row_number() over (order by interface) as interface_no
from (select interface from frame group by interface) heard
"""

NUMBERED = """
select r.device_no, unix_micros(f.observed_at) as at_us, r.kind_bits, i.interface_no
from frame f
inner join rule r on r.device_id = f.device_id and r.kind = f.kind
inner join interface i on i.interface = f.interface
order by r.device_no, at_us, r.kind_bits, i.interface_no
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


def presses(engine: Engine, frames: Relation, rules: pa.Table) -> Relation:
    """Join the frames of each listed device into presses, and let stand what was entered by hand.

    Args:
        engine: where it runs.
        frames: rows of `tables.FRAME`, each natural key once; any order. Those of a device from the beginning, or from
            any accepted press on: a burst that is cut before its press would be folded otherwise.
        rules: of `RULES`; devices without a rule make no press.

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
    numbered = engine.run(NUMBERED, {"frame": frames, "rule": rule, "interface": interface})
    kernel = partial(folded, windows=_windows(rules))
    relations = {
        "press": engine.apply(kernel, numbered, by=("device_no",), schema=PRESSES),
        "device": engine.from_arrow(_numbers("device_no", "device_id", device_ids)),
        "kind": engine.from_arrow(_spelt(kinds)),
        "interface": interface,
        "frame": frames,
    }
    return engine.run(PRESSED, relations)


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
