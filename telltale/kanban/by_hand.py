"""Pulls and acknowledgements by hand: a press that was lost, a delivery nobody pressed a button for.

Each is a raw record like any other, durable before it is confirmed and never edited; to pull twice, enter it twice.
"""

import pyarrow as pa
import pyarrow.compute as pc

from telltale.contract import ConfigError, Request, StoreError
from telltale.door import Door
from telltale.kanban.days import SOURCE
from telltale.kanban.question import BY_HAND, Demand
from telltale.sources import source
from telltale.sources.button.records import LONGEST_ITEM, MANUAL_PATH, manual_body
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question
from telltale.workbench.times import FOREVER, SECOND, Span, When, local_time, moment
from telltale.workbench.view import View, answered

AHEAD_US = 60 * SECOND
"""An entry may be so much ahead of this machine's clock."""


def enter(kind: str, item: str, at: When, *, note: str, project: Project | None) -> str:
    """Store a pull or an acknowledgement of an item and return the item's name as it is listed.

    Raises:
        ConfigError: no such item, a moment that cannot be read or lies ahead, or one entered already.
        StoreError: it could not be stored.
    """
    project = project or here()
    zone = project.settings.site.timezone
    at_us = project.now_us() if at is None else moment(at, zone=zone, now_us=project.now_us())
    if at_us > project.now_us() + AHEAD_US:
        moment_text = f"{local_time(at_us, zone):%Y-%m-%d %H:%M:%S}"
        raise ConfigError(f"{kind} of {item} at {moment_text}: lies ahead; expected a moment that has passed")
    if len(item) > LONGEST_ITEM:
        raise ConfigError(f"{kind} of an item of {len(item)} characters: expected at most {LONGEST_ITEM}")
    name = answered(project, lambda view: _checked(view, kind, item, at_us))
    _store(project, manual_body(kind, name, at_us, note))
    return name


def _checked(view: View, kind: str, item: str, at_us: int) -> str:
    """The item's name; refused where the same was entered for the same moment, which would count once."""
    demand = Demand(Question(view, Span(0, FOREVER), view.project.zone(), item))
    name = demand.only or item
    rows = demand.history.presses
    same = pc.and_(
        pc.and_(pc.equal(rows["device_id"], f"{BY_HAND}{name}"), pc.equal(rows["kinds"], f"manual_{kind}")),
        pc.equal(rows["pressed_at"].cast(pa.int64()), at_us),
    )
    if pc.any(same).as_py():
        raise ConfigError(f"{kind} of {name}: entered for that moment already; if there were two, add a second to one")
    return name


def _store(project: Project, body: bytes) -> None:
    landing = project.landing()
    try:
        door = Door([source(SOURCE)], landing, project.settings)
        request = Request(SOURCE, project.now_us(), "", "manual", "ENTER", MANUAL_PATH, {}, "", body)
        verdict = door.handle(request)
    finally:
        landing.close()
    if verdict.reason != "stored":
        raise StoreError(f"entry by hand: not stored ({verdict.reason} {verdict.detail}); enter it again")
