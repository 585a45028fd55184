"""What doctor says of the clock of this machine, and of others that share the store."""

import shutil
import subprocess
from collections.abc import Iterator
from typing import Literal

from telltale import wording
from telltale.health import own_clock
from telltale.lake.lock import HOST
from telltale.landing.clocks import WRITTEN_US
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND, local_time

AHEAD_US = 60_000_000
LAG_US = 3_600_000_000
"""Retention that goes this much later than usual is said."""
FIX = "set the machine's clock, and let a time service keep it: timedatectl set-ntp true"

Found = tuple[Literal["ok", "note", "wrong"], str, str]
"""State, what was found, the fix."""


def findings(project: Project) -> list[Found]:
    """What is wrong with a clock; nothing is a good answer."""
    found = list(_found(project))
    if not found and _synchronised() is False:
        return [("note", "no time service keeps it", FIX)]
    return found


def _found(project: Project) -> Iterator[Found]:
    clocks = own_clock.present(project)
    ours = next((clock for clock in clocks if clock.host == HOST), None)
    for clock in clocks:
        if clock.is_stepped:
            found, _, ways = own_clock.sentence(clock, project.zone()).partition("; ")
            yield "wrong", found, f"{FIX}; {ways}"
    if ours is not None and ours.lag_us > LAG_US:
        far = wording.duration(ours.lag_us / SECOND).replace(wording.NBSP, " ")
        found = f"the machine was off, so what is due is removed up to {far} later"
        yield "note", found, f"a day of running or a record ends it, or {own_clock.RIGHT}"
    yield from _against_records(project, is_confirmed=ours is not None and bool(ours.confirmed_by))


def _against_records(project: Project, *, is_confirmed: bool) -> Iterator[Found]:
    """What the records say that have come."""
    now_us, snapshot = project.now_us(), project.lake.snapshot()
    stamps = [file.max_time for file in snapshot.of("raw")]
    newest = max([*stamps, *(raw.received_at for raw in snapshot.hot)], default=0)
    if now_us < WRITTEN_US or (now_us < newest - AHEAD_US and not is_confirmed):
        yield "wrong", "it is earlier than what has happened already", FIX
    elif now_us < newest - AHEAD_US:
        moment = f"{local_time(newest, project.zone()):%Y-%m-%d %H:%M}"
        found = f"records bear moments up to {moment}, of when the clock was wrong"
        yield "note", found, "nothing to do: they stand on those days, and go as others do"


def _synchronised() -> bool | None:
    """Whether a time service keeps the clock; None where nobody can tell."""
    command = shutil.which("timedatectl")
    if command is None:
        return None
    shown = subprocess.run(  # noqa: S603 - found on PATH, no input of anyone
        [command, "show", "--property=NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        check=False,
        timeout=5,
    )
    return {"yes": True, "no": False}.get(shown.stdout.strip())
