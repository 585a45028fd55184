"""Signals: each press of a button pulls a container of its item, each of an ack button acknowledges a delivery.

What was entered by hand stands beside them.

Source: wire/kanban.md 7.
"""

from telltale.engine import Engine, Relation

SIGNALS = """
select case when b.role = 'ack' then b.ack_for else b.item end as item,
  case when b.role = 'ack' then 'ack' else 'pull' end as signal, p.device_id, b.name, p.pressed_at as signalled_at,
  coalesce(b.container_qty, 1.0e0) as quantity, p.frames, p.is_manual
from press p
inner join button b on b.device_id = p.device_id
where b.role in ('button', 'ack') and not p.is_manual
union all
select h.item, case when h.kinds = 'manual_ack' then 'ack' else 'pull' end as signal, h.device_id, 'by hand' as name,
  h.signalled_at, coalesce(c.container_qty, 1.0e0) as quantity, h.frames, h.is_manual
from (
  select substring(device_id, 6) as item, device_id, kinds, pressed_at as signalled_at, frames, is_manual
  from press where is_manual
) h
left join (
  select item, min(container_qty) as container_qty from button where role = 'button' group by item
) c on c.item = h.item
order by signalled_at, item, signal, device_id
"""


def signals(engine: Engine, presses: Relation, buttons: Relation) -> Relation:
    """The pulls and acknowledgements presses mean.

    Args:
        engine: where it runs.
        presses: of `presses.presses`; any order.
        buttons: device_id, name, role, item, ack_for, container_qty.

    Returns:
        item, signal (pull or ack), device_id, name, signalled_at, quantity (of a pull: pieces in its container, 1 where
        nobody says), frames, is_manual; sorted by signalled_at, item, signal, device_id.
    """
    return engine.run(SIGNALS, {"press": presses, "button": buttons})
