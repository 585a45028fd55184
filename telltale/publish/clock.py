"""Until when our clocks are believed: of what comes later nothing is made, judged or told."""

from telltale.health import own_clock
from telltale.lake.lock import HOST
from telltale.landing.clocks import look as look_at_clock
from telltale.workbench.project import Project


def believed_us(project: Project, now_us: int) -> int:
    """The last moment that is believed: now, or the last one before a clock was stepped, of any host of this store.

    Records are stamped by all of them.

    Args:
        project: whose.
        now_us: the present by our clock, microseconds UTC.
    """
    stepped = [clock.trusted_us for clock in own_clock.present(project) if clock.is_stepped]
    return min([now_us, *stepped])


def looked_us(project: Project) -> int:
    """The same of the present, after a look at this machine's clock: a step shows at once."""
    now_us = project.clock()
    look_at_clock(project.store, HOST, now_us, project.running)
    return believed_us(project, now_us)
