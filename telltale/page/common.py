"""What the pages share: which site, the head line, how fresh the newest record is."""

import datetime as dt

from telltale import wording
from telltale.page.board import Ask, Board, Control, Freshness
from telltale.page.pieces import Sentence
from telltale.workbench.source_state import health_table, how_to_begin
from telltale.workbench.times import local_time, micros

PATIENCE = 3
"""A record is late after so many usual intervals …"""
SHORTEST_LATE_S = 180.0
SILENT_S = 3600.0


def sites(ask: Ask) -> dict[str, str]:
    """The sites that have reported, by id, with their names."""
    return {site: ask.project.site(site).name for site in ask.project.view().sites()}


def site_control(known: dict[str, str]) -> list[Control]:
    """A choice of site where there are several."""
    return [Control("site", "Site", known)] if len(known) > 1 else []


def head(page: str, now: dt.datetime, name: str = "") -> str:
    """`**Presence** · Harbour site · Friday 20 November 2026, 14:32`; a site without a name is left out."""
    place = f" · {name}" if name else ""
    return f"**{page}**{place} · {wording.full_date(now)}, {wording.clock(now)}"


def freshness(ask: Ask, timezone: str) -> Freshness:
    """Of the newest report of any node: late after three usual intervals, silent after an hour."""
    nodes = health_table(ask.project, "24h", None).to_pylist()
    if not nodes:
        return Freshness(newest_us=_newest(ask), timezone=timezone)
    newest = max(node["last_seen"] for node in nodes)
    intervals = sorted(node["interval_s"] for node in nodes if node["interval_s"])
    usual_s = intervals[len(intervals) // 2] if intervals else 0.0
    silent = any(node["silent_s"] > max(SILENT_S, PATIENCE * (node["interval_s"] or 0)) for node in nodes)
    late_s = max(SHORTEST_LATE_S, PATIENCE * usual_s)
    return Freshness(micros(newest), late_s, max(SILENT_S, 2 * late_s), silent, timezone)


def nothing_yet(ask: Ask, page: str, table_name: str = "sighting") -> Board:
    """The page of a project without a record: how to send a first one that gives rows of a table."""
    settings = ask.project.settings
    now = local_time(ask.project.now_us(), settings.site.timezone)
    text = (
        f"**No record has arrived yet.** {how_to_begin(settings, table_name)} while “telltale up” runs, "
        "or try it with simulated ones: telltale demo."
    )
    return Board(Sentence(text, head(page, now)))


def foot(timezone: str) -> str:
    """What every page's foot begins with."""
    return (
        "Every number on this page is computed from records kept as they arrived. "
        f"Local days and hours are {timezone}; stored times are UTC."
    )


def _newest(ask: Ask) -> int | None:
    view = ask.project.view()
    heard = [view.last_us(site) for site in view.sites()]
    return max(heard, default=None)
