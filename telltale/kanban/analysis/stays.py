"""Stays of listed phones and laptops: presence is a press that lasts as long as frames keep coming.

Someone joins with the first frame after `away_after` of silence. That they left is known only so much later, and is
stamped with the last frame plus `away_after`. Sleep and power saving silence a device without anybody leaving.

Source: wire/kanban.md 5.
"""

import pyarrow as pa

from telltale.engine import Engine, Relation
from telltale.kanban.analysis.presses import presses

STAYS = """
select s.device_id, s.pressed_at as joined_at,
  case when unix_micros(s.last_frame_at) + r.dead_time_us > :until_us then null
    else timestamp_micros(unix_micros(s.last_frame_at) + r.dead_time_us) end as left_at,
  s.frames, unix_micros(s.last_frame_at) + r.dead_time_us > :until_us as is_open
from stay s inner join rule r on r.device_id = s.device_id
where not s.is_manual
order by joined_at, s.device_id
"""


def stays(engine: Engine, frames: Relation, rules: pa.Table, *, until_us: int) -> Relation:
    """Join the frames of each listed phone or laptop into stays.

    Args:
        engine: where it runs.
        frames: rows of `tables.FRAME`, each natural key once; any order.
        rules: of `presses.RULES`, quiet, with `away_after` as the dead time and every kind a device may send.
        until_us: the moment it is told at.

    Returns:
        device_id, joined_at, left_at (null while open), frames, is_open (a frame may still come in time); sorted by
        joined_at, device_id.
    """
    relations = {"stay": presses(engine, frames, rules), "rule": engine.from_arrow(rules)}
    return engine.run(STAYS, relations, until_us=until_us)
