"""Whether this machine's clock may decide what is removed, and what confirms it once it was stepped.

`landing/clocks.py` says what a step is; here the clock is looked at, and records of this project are asked. A record
confirms when it came after the step, from a source whose senders prove themselves by a secret and whose times come
from a clock that is neither ours nor set by us (`Source.tells_time`): a CloudTrax or Meraki access point that heard
somebody, the Sigfox network. An Efento sensor asks us what time it is, so that it agrees with whatever we say.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from telltale.bounded import SMALL
from telltale.contract import Chunk, ConfigError, Raw, Source, TelltaleError
from telltale.lake.lock import HOST
from telltale.landing.clocks import TOLERANCE_US, WRITTEN_US, HostClock, Look, confirm, host_clocks
from telltale.landing.clocks import look as look_at
from telltale.landing.schema import RAW
from telltale.sources import SOURCES
from telltale.tables import TABLES
from telltale.workbench.project import Project

NEWEST = 50
"""So many of the newest records are asked: while a clock is not believed there is time for the next ones."""


def look(project: Project, *, now_us: int, host: str = HOST) -> Look:
    """Look at this machine's clock, note the moment, and let a record confirm a clock that was stepped.

    Args:
        project: whose store the moment is noted in.
        now_us: what the clock says.
        host: this machine; several may share a store.

    Raises:
        StoreError: the store is away or busy; then nothing is known of the clock, and nothing may be removed.
    """
    seen = look_at(project.store, host, now_us, project.running)
    if (seen.now.is_stepped or seen.now.lag_us > TOLERANCE_US) and agrees(project, seen.now):
        return seen._replace(now=confirm(project.store, seen.now, "record"))
    return seen


def agrees(project: Project, clock: HostClock) -> bool:
    """Whether a record that came since the clock was stepped, or this boot began, bears the time the clock says."""
    if clock.wall_us < WRITTEN_US:
        return False
    sources = {source.name: source for source in SOURCES if source.tells_time}
    proven = [name for name in sources if project.settings.source(name).secrets]
    query = (
        sa.select(RAW.c.id)
        .where(RAW.c.source.in_(proven))
        .where(RAW.c.received_at.between(clock.after_us, clock.wall_us + TOLERANCE_US))
        .order_by(RAW.c.id.desc())
        .limit(NEWEST)
    )
    with project.store.reader() as connection:
        ids = list(connection.scalars(query))
    raws = (_record(project, raw_id) for raw_id in ids)  # one at a time: bodies may be large
    return any(raw is not None and _bears_our_time(project, sources[raw.source], raw) for raw in raws)


def believe(project: Project, *, now_us: int, host: str = HOST) -> HostClock:
    """Take the owner's word that the clock is right: that of this machine, and of each host whose clock says the same.

    Raises:
        TelltaleError: it says a time before this program existed.
    """
    if now_us < WRITTEN_US:
        raise TelltaleError(
            "clock: it says a time before this program existed, so it cannot be right; set it, such as with "
            "timedatectl set-ntp true"
        )
    seen = look_at(project.store, host, now_us, project.running).now
    for other in host_clocks(project.store):
        # What is noted is a minute old at most while the host is up.
        if other.host != host and other.is_stepped and abs(other.wall_us - now_us) <= TOLERANCE_US:
            confirm(project.store, other, "owner")
    return confirm(project.store, seen, "owner")


def _record(project: Project, raw_id: int) -> Raw | None:
    """A hot record; None once it is settled."""
    query = sa.select(*(RAW.c[name] for name in Raw._fields)).where(RAW.c.id == raw_id)
    with project.store.reader() as connection:
        row = connection.execute(query).first()
    return None if row is None else Raw(*row)


def _bears_our_time(project: Project, source: Source, raw: Raw) -> bool:
    times = list(_own_times(project, source, raw))
    # A row without a time of its own has that of its receipt, to the microsecond: it says nothing.
    return bool(times) and max(times) != raw.received_at and abs(max(times) - raw.received_at) <= TOLERANCE_US


def _own_times(project: Project, source: Source, raw: Raw) -> Iterator[int]:
    column = TABLES[source.tells_time].time
    try:
        options = project.settings.source(source.name).options
        if source.shorten is not None and len(raw.body) > SMALL:
            raw = raw._replace(body=source.shorten(raw, options, project.settings.settle.limits.rows).body)
        for item in source.decode(raw, options):
            if isinstance(item, Chunk) and item.table == source.tells_time:
                yield from item.columns[column]
    except ConfigError:
        raise
    except Exception:  # noqa: BLE001 - whatever a decoder does with a record: settling makes its reject
        return
