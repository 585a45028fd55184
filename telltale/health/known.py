"""Which devices there are: those heard lately, and those of the lists, whether or not they were ever heard."""

# ruff: noqa: S608 - texts are composed of names of ours
from collections.abc import Collection, Container, Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale import identity
from telltale.engine import Relation
from telltale.health.days import last_sent, senders_of_activity
from telltale.settings import DEVICES_FILE, Device, buttons, devices
from telltale.sources import SOURCES
from telltale.tables import ACTIVITY, FRAME, NODE_HEARTBEAT, READING, UPLINK, Table
from telltale.workbench.times import DAY, FOREVER, Span, micros
from telltale.workbench.view import View

SENDERS: tuple[Table, ...] = (UPLINK, READING, ACTIVITY, NODE_HEARTBEAT, FRAME)
"""The tables that say which device sent; whatever sends has rows in one of them."""
KNOWN_US = 7 * DAY
"""A device on no list is known for so long after it was last heard."""
OF_FRAMES = tuple(source.name for source in SOURCES if FRAME.name in source.tables)


class Unheard(NamedTuple):
    """A device that is on a list and was never heard."""

    source: str
    """Empty where it may be of several, or of none."""
    device_id: str
    name: str
    listed_in: str
    """The file it stands in."""
    nearest: str
    """The id of a device that was heard, is on no list and differs least; empty where there is none such."""
    is_known: bool = True
    """False where the text is no id of any source."""
    is_personal: bool = False
    """A PC or a phone: named to the owner only."""


LAST = """
select source, {site} as site, {device} as device_id, max(received_at) as last_seen
from {table} where received_at < timestamp_micros(:until_us) group by source, {site}, {device}
"""
HEARD = pa.schema(
    [*((name, pa.string()) for name in ("source", "site", "device_id")), ("last_seen", pa.timestamp("us", tz="UTC"))]
)
LATEST = "select source, site, device_id, max(last_seen) as last_seen from told group by source, site, device_id"


def last_heard(view: View, span: Span, wanted: Collection[str] = ()) -> pa.Table:
    """Every device heard in a stretch, and when it last was before its end, by our clock.

    Args:
        view: the snapshot.
        span: the stretch.
        wanted: ids that are looked for in all that is kept, where they were not heard in the stretch.

    Returns:
        source, site (of access points, else empty), device_id, last_seen; any order.
    """
    span = span._replace(until_us=min(span.until_us, view.now_us))
    lately: pa.Table = view.remembered(("last heard", span), lambda: _last_heard(view, span))
    if not set(wanted) - set(lately["device_id"].to_pylist()):
        return lately
    ever = Span(0, span.until_us)
    key = ("last heard", None if span.until_us == view.now_us else span.until_us)
    made: pa.Table = view.remembered(key, lambda: _last_heard(view, ever))
    return made


def _last_heard(view: View, span: Span) -> pa.Table:
    """Of whole days that have ended it is kept: only today is read anew, once for all stretches that end alike."""
    first_us, today_us = span.since_us // DAY * DAY, view.now_us // DAY * DAY
    end_us = span.until_us if span.since_us else FOREVER
    rows = None
    if first_us < today_us <= span.until_us:
        rows = _kept_and_today(view, Span(first_us, today_us), Span(today_us, end_us), span.until_us)
    if rows is None:
        rows = _heard_in(view, Span(first_us, end_us), span.until_us)
    return rows.filter(pc.greater_equal(rows["last_seen"].cast(pa.int64()), span.since_us))


def _kept_and_today(view: View, ended: Span, today: Span, before_us: int) -> pa.Table | None:
    """What was heard on days that have ended and today; None where some of it came too late to count."""
    settled = _heard_on(view, ended)
    newest = pc.max(settled["last_seen"]).as_py()
    if newest is not None and micros(newest) >= before_us:
        return None
    key = ("last heard today", today, before_us)
    fresh = view.remembered(key, lambda: _heard_in(view, today, before_us))
    rows = pa.concat_tables([settled, fresh]).group_by(["source", "site", "device_id"], use_threads=False)
    return rows.aggregate([("last_seen", "max")]).rename_columns(settled.column_names)


def _heard_on(view: View, ended: Span) -> pa.Table:
    """The newest receipt of each device among the rows of whole days that have ended (UTC), whenever it was."""
    names = tuple(table.name for table in SENDERS)
    if ended.since_us:
        rows = view.kept(("last heard", ended), lambda: last_sent(view, ended), tables=names, span=ended)
    else:
        rows = last_sent(view)
    rows = rows.filter(pc.is_in(rows["table_name"], pa.array(names)))
    found = rows.group_by(HEARD.names[:-1], use_threads=False).aggregate([("heard_us", "max")])
    return found.rename_columns(HEARD.names).cast(HEARD)


def _heard_in(view: View, span: Span, before_us: int) -> pa.Table:
    """The newest receipt of each device among the rows of a stretch, of those that came before a moment."""
    engine = view.project.engine
    stretch = None if span == Span(0, FOREVER) else span
    tables: dict[str, Relation] = {table.name: view.rows(table.name, stretch) for table in SENDERS}
    told = engine.run(" union all ".join(map(_last_text, SENDERS)), tables, until_us=before_us)
    return engine.run(LATEST, {"told": told}).arrow()


def _last_text(table: Table) -> str:
    of = ("site", "node_id") if table is NODE_HEARTBEAT else ("''", "device_id")
    return f"select * from ({LAST.format(table=table.name, site=of[0], device=of[1])}) of_{table.name}"


def never_heard(view: View) -> list[Unheard]:
    """The devices of devices.csv and buttons.csv that were never heard, in the order of the lists.

    Of a phone that is on a list no neighbour is ever named, and of a button none either: what is not listed is never
    stored. `telltale discover` names what it hears meanwhile.

    Raises:
        ConfigError: a list is wrong.
    """
    return list(_never_heard(view))


def _never_heard(view: View) -> Iterator[Unheard]:
    listed = devices(view.project.settings)
    allowed = buttons(view.project.settings).buttons
    if not listed and not allowed:
        return
    ids = {device.device_id for device in listed} | {button.device_id for button in allowed}
    heard = set(last_heard(view, Span(view.now_us - KNOWN_US, view.now_us), ids)["device_id"].to_pylist())
    free = heard - ids
    heard |= served_by(listed, heard)
    for device in listed:
        if device.device_id not in heard:
            sources = [source for source in identity.sources_of(device.device_id) if source.name not in OF_FRAMES]
            one = sources[0].name if len(sources) == 1 else ""
            near = identity.nearest(device.device_id, free)
            is_pc = one in RESTING
            name = device.name or device.device_id
            yield Unheard(one, device.device_id, name, DEVICES_FILE, near, bool(sources), is_pc)
    file = view.project.settings.arp.allow_list
    for button in allowed:
        is_kept = button.role != "presence" or view.project.settings.kanban.presence
        if is_kept and button.device_id not in heard:
            is_phone = button.role == "presence"
            yield Unheard(OF_FRAMES[0], button.device_id, button.name, file, "", is_personal=is_phone)


def served_by(listed: Iterable[Device], heard: Container[str]) -> set[str]:
    """The PCs that are heard through a modem of theirs."""
    return {device.same_as for device in listed if device.same_as and device.device_id in heard}


def resting_ids(view: View) -> list[str]:
    """The devices that PCs send through: a modem is off as often as its PC."""
    senders: list[str] = view.remembered("senders of activity", lambda: _senders(view))
    modems = [device.device_id for device in devices(view.project.settings) if device.same_as]
    return sorted({*senders, *modems})


def _senders(view: View) -> list[str]:
    """What told of a PC's use and is no PC."""
    return sorted({device_id for source, device_id in senders_of_activity(view) if source not in RESTING})


RESTING = tuple(source.name for source in SOURCES if source.rests)
"""The sources whose silence is no fault: nothing is due from them."""
