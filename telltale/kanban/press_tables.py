"""What was pressed, and when anybody listened: presses, pulls, lead times, coverage of captures, stays of phones."""

import pyarrow as pa
import pyarrow.compute as pc

from telltale.arrow import TIMESTAMP
from telltale.kanban import analysis
from telltale.kanban.days import SOURCE
from telltale.kanban.press_rules import DHCP_KINDS, PRESSED, presence_rules
from telltale.kanban.question import Demand, history
from telltale.settings import buttons
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME, REJECT
from telltale.workbench.question import Question

PRESSES = """
select p.device_id, coalesce(b.name, 'by hand') as name,
  coalesce(b.role, case when p.kinds = 'manual_ack' then 'ack' else 'button' end) as role,
  coalesce(case when b.role = 'ack' then b.ack_for else b.item end, substring(p.device_id, 6)) as item, p.pressed_at,
  p.last_frame_at, p.frames, p.kinds, p.interface, p.is_manual
from press p left join button b on b.device_id = p.device_id
order by p.pressed_at, p.device_id, p.kinds
"""

STAYS = """
select s.device_id, b.name, s.joined_at, s.left_at, s.frames, s.is_open
from stay s inner join button b on b.device_id = s.device_id
order by s.joined_at, s.device_id
"""

UNTIL = "select * from frame where observed_at < timestamp_micros(:until_us)"
PULLS = ("item", "device_id", "name", "signalled_at", "quantity", "frames", "is_manual")


def presses_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.presses`."""
    engine = demand.question.engine
    relations = {
        "press": engine.from_arrow(demand.inside(demand.history.presses, "pressed_at")),
        "button": engine.from_arrow(demand.question.project.button_info()),
    }
    return demand.of_items(engine.run(PRESSES, relations).arrow())


def pulls_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.pulls`."""
    rows = demand.inside(demand.signals, "signalled_at")
    rows = rows.filter(pc.equal(rows["signal"], "pull"))
    return rows.select(PULLS).rename_columns([name if name != "signalled_at" else "pulled_at" for name in PULLS])


def lead_times_table(demand: Demand) -> pa.Table:
    """The columns of `tt.kanban.lead_times`."""
    rows = demand.lead_times
    since_us = pa.scalar(demand.span.since_us)
    touches = [
        pc.fill_null(pc.greater_equal(rows[name].cast(pa.int64()), since_us), fill_value=False)
        for name in ("pulled_at", "acknowledged_at")
    ]
    return rows.filter(pc.or_(rows["is_open"], pc.or_(*touches)))


def capture_coverage_table(question: Question) -> pa.Table:
    """The columns of `tt.kanban.capture_coverage`."""
    rows = history(question).coverage
    start, end = (rows[name].cast(pa.int64()) for name in ("start", "end"))
    start = pc.max_element_wise(start, pa.scalar(question.span.since_us))
    end = pc.min_element_wise(end, pa.scalar(question.span.until_us))
    for name, moments in (("start", start), ("end", end)):
        rows = rows.set_column(rows.column_names.index(name), name, moments.cast(TIMESTAMP))
    return rows.filter(pc.less(start, end))


def phone_stays_table(question: Question) -> pa.Table:
    """The columns of `tt.kanban.phone_stays`."""
    engine, until_us = question.engine, question.span.until_us
    frames = engine.run(UNTIL, {"frame": question.view.table(FRAME.name)}, until_us=until_us)
    stays = analysis.stays(engine, frames, presence_rules(question.project), until_us=until_us)
    relations = {
        "stay": question.begins_inside(stays, "joined_at"),
        "button": engine.from_arrow(question.project.button_info()),
    }
    return engine.run(STAYS, relations).arrow()


def frames_table(question: Question) -> pa.Table:
    """Each frame of a listed device in the stretch, entries by hand among them: observed_at, flags."""
    rows = {"frame": question.view.table(FRAME.name, question.span)}
    return question.engine.run("select observed_at, flags from frame order by observed_at", rows).arrow()


def only_dhcp(question: Question) -> list[str]:
    """The names of buttons that did DHCP in the stretch and nothing else that a press makes; none where DHCP counts."""
    project = question.project
    listed = {each.device_id: each.name for each in buttons(project.settings).buttons if each.role in PRESSED}
    if project.settings.arp.dhcp or not listed:
        return []
    rows = {"frame": question.view.table(FRAME.name, question.span)}
    kinds: dict[str, set[str]] = {}
    for row in question.engine.run("select distinct device_id, kind from frame", rows).arrow().to_pylist():
        kinds.setdefault(row["device_id"], set()).add(row["kind"])
    return [
        name
        for device, name in listed.items()
        if (heard := kinds.get(device, set())) & {*DHCP_KINDS} and heard.isdisjoint(analysis.PRESS_KINDS)
    ]


def records_count(question: Question) -> int:
    """How many records of the stretch are kept; each gave one frame, one heartbeat or one reject."""
    engine, view, span = question.engine, question.view, question.span
    frames = engine.run("select count(*) as n from frame", {"frame": view.table(FRAME.name, span)})
    counts = [frames.arrow()["n"][0].as_py()]
    for table in (COLLECTOR_HEARTBEAT.name, REJECT.name):
        text = f"select count(*) as n from {table} where source = :source"  # noqa: S608 - a table of ours
        counts.append(engine.run(text, {table: view.table(table, span)}, source=SOURCE).arrow()["n"][0].as_py())
    return sum(counts)


def rejects_table(question: Question) -> pa.Table:
    """Why records of the stretch could not be decoded: reason, rejects, last_seen; the most frequent first."""
    text = """
    select reason, count(*) as rejects, max(received_at) as last_seen
    from reject where source = :source group by reason order by rejects desc, reason
    """
    rows = {"reject": question.view.table(REJECT.name, question.span)}
    return question.engine.run(text, rows, source=SOURCE).arrow()
