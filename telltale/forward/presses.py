"""Presses to pass on: folded anew from the frames at each look, and told apart from those known already.

A device is folded from a press already accepted that is at least `SLACK_US` before its watermark, so that frames which
arrive a little late or out of order still count; a device that was never pressed, from the beginning. What was written
to the outbox stays the truth: a press that another dead time or a late frame would put within the dead time of a known
one is that one.

Source: wire/forwarding.md section 1.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.forward.facts import Press
from telltale.forward.outbox import Outbox
from telltale.kanban.analysis import presses as folded
from telltale.kanban.analysis import set_back
from telltale.kanban.press_rules import rules
from telltale.settings import buttons
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, FOREVER, SECOND, Span
from telltale.workbench.view import View, answered

SLACK_US = 600 * SECOND

SINCE = """
select f.* from frame f
inner join start s on s.device_id = f.device_id
where f.kind not in ('manual_pull', 'manual_ack') and unix_micros(f.observed_at) >= s.since_us
"""


class Look(NamedTuple):
    """What a look at the frames found."""

    new: tuple[Press, ...]
    """In the order of their time."""
    late: int
    """Presses that came to light after their time had been passed; they are not passed on."""


class History:
    """The frames of a project as presses; made anew for each look, so that a changed list counts.

    Raises:
        ConfigError: buttons.csv cannot be read.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._listed = {button.device_id: button for button in buttons(project.settings).buttons}
        found = rules(project)
        # The list may be written between the two looks at it.
        self._rules = found.filter(pc.is_in(found["device_id"], pa.array(self._listed, pa.string())))

    @property
    def dead_times_us(self) -> dict[str, int]:
        """The dead time of each device whose presses count."""
        pairs = zip(self._rules["device_id"].to_pylist(), self._rules["dead_time_us"].to_pylist(), strict=True)
        return dict(pairs)

    def fold(self, starts: Mapping[str, int]) -> list[Press]:
        """The presses of devices, of each from its moment on, in the order of their time."""
        start = pa.table(
            {
                "device_id": pa.array(list(starts), pa.string()),
                "since_us": pa.array(list(starts.values()), pa.int64()),
            }
        )
        first_us = min(starts.values(), default=FOREVER)

        def ask(view: View) -> pa.Table:
            engine = self._project.engine
            relations = {"frame": view.table("frame", Span(first_us, FOREVER)), "start": engine.from_arrow(start)}
            frames = engine.keep(engine.run(SINCE, relations))
            beats = view.table("collector_heartbeat", Span(first_us - DAY, FOREVER))
            return folded(engine, frames, self._rules, set_back(engine, beats)).arrow()

        return [self._press(found) for found in answered(self._project, ask).to_pylist()]

    def _press(self, found: Mapping[str, object]) -> Press:
        device_id = str(found["device_id"])
        button = self._listed[device_id]
        at = pa.scalar(found["pressed_at"], pa.timestamp("us", "UTC")).value
        kinds, frames = str(found["kinds"]), int(str(found["frames"]))
        return Press(device_id, button.name, button.role, button.item, at, frames, kinds)


def look(outbox: Outbox, history: History, *, started_us: int, now_us: int, late_since_us: int | None = None) -> Look:
    """The presses that are not in the outbox yet.

    Args:
        outbox: of the target.
        history: the presses there are.
        started_us: nothing of before is passed on.
        now_us: the present.
        late_since_us: also count what came too late, from then on, and read all frames since then; None counts nothing.
    """
    dead_times_us = history.dead_times_us
    anchors = outbox.anchors(SLACK_US, now_us)
    # Without an accepted press a burst may be under way at the beginning: its own beginning is looked for too.
    starts = {device_id: anchors.get(device_id, started_us - dead_us) for device_id, dead_us in dead_times_us.items()}
    first_us = min(starts.values(), default=started_us)
    known = outbox.times(first_us - max(dead_times_us.values(), default=0))
    presses = [press for press in history.fold(starts) if press.pressed_at >= started_us]
    new = _unknown(presses, known, dead_times_us)
    if late_since_us is None:
        return Look(tuple(new), 0)
    every = history.fold(dict.fromkeys(starts, late_since_us))
    passed = [press for press in every if press.pressed_at < starts[press.device_id]]
    return Look(tuple(new), len(_unknown(passed, outbox.times(0), dead_times_us)))


def _unknown(
    presses: Sequence[Press], known: Mapping[str, Sequence[int]], dead_times_us: Mapping[str, int]
) -> list[Press]:
    """The presses that are not within the dead time of a known one of their device."""
    return [
        press
        for press in presses
        if not _is_near(press.pressed_at, known.get(press.device_id, ()), dead_times_us.get(press.device_id, 0))
    ]


def _is_near(at_us: int, known: Sequence[int], dead_time_us: int) -> bool:
    place = bisect_left(known, at_us)
    return any(abs(at_us - other) < max(dead_time_us, 1) for other in known[max(place - 1, 0) : place + 1])
