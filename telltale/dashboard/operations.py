"""Operations: does anything need a look?"""

import datetime as dt
from functools import partial
from typing import Any

from telltale import charts, findings, wording
from telltale.dashboard import concerns
from telltale.frames import local, rows
from telltale.health.deliveries import Delivered, delivered
from telltale.kanban import page as kanban
from telltale.kanban import page_answers as kanban_figures
from telltale.page import attention, common
from telltale.page.attention import Found
from telltale.page.board import Ask, Board, Cell, Freshness
from telltale.page.lists import Attention, Delivering, Sources
from telltale.page.pieces import Card, Sentence, Tile, Tiles
from telltale.presence import calls as presence
from telltale.presence.charts.usual import FEWEST_DAYS
from telltale.presence.page import stay_tile, visitors_tile
from telltale.presence.page_answers import VISITS_D, Figures
from telltale.presence.words import notes, today
from telltale.sensors import page_answers as sensor_figures
from telltale.sensors.page import readings
from telltale.wording import is_known
from telltale.workbench.times import local_time

PAGE_OF = concerns.PAGE_OF
TITLES = {
    "presence": "Presence",
    "activity": "Activity",
    "kanban": "Kanban",
    "sensors": "Sensors",
    "health": "Health",
}
NEVER_S = 1e9
"""Where every source may rest, the streamer droops, but it never hangs."""


def page(ask: Ask) -> Board:
    """The page."""
    sources = delivered(ask.project)
    if not sources:
        return common.nothing_yet(ask, "Operations")
    sites = common.sites(ask)
    figures = [Figures(ask, site) for site in sites]
    now = concerns.present(ask, figures)
    found = concerns.found(sources, figures, now, concerns.of_things(ask))
    name = wording.joined(list(sites.values())) or ask.project.settings.site.name
    return Board(
        Sentence(attention.sentence(found, _calm(figures)), common.head("Operations", now, name)),
        Tiles([*(_presence_tiles(figures[0]) if figures else _kanban_tiles(ask)), *_delivery_tiles(sources, now)]),
        [
            _lists(sources, found, now),
            *(_site_charts(ask, site) for site in figures),
            *_sensor_charts(ask),
            *_kanban_charts(ask),
        ],
        f"{common.foot(str(now.tzinfo))} {_rejected(sources)}",
        _freshness(ask, sources, str(now.tzinfo)),
        attention=attention.badges(found),
    )


def _freshness(ask: Ask, sources: list[Delivered], zone: str) -> Freshness:
    """Of the nodes; in a project without any, of the newest record of any source."""
    found = common.freshness(ask, zone)
    if found.newest_us is not None:
        return found
    newest = max(one.newest_us or 0 for one in sources)
    due = [one for one in sources if not one.rests]
    usual_s = min((one.interval_s for one in due or sources if one.interval_s), default=0.0)
    late_s = max(common.SHORTEST_LATE_S, common.PATIENCE * usual_s)
    return Freshness(newest, late_s, max(common.SILENT_S, 2 * late_s) if due else NEVER_S, timezone=zone)


def _calm(figures: list[Figures]) -> str:
    """What the sentence goes on with when all is well."""
    if not figures:
        return "Every source delivers."
    row, site = figures[0].running, figures[0]
    visitors = today.so_far(row["visitors"], row["dwell_median_s"], site.usual, site.counted)
    return f"{visitors[:-1]}; all {site.reporting.known} nodes report." if not site.reporting.now else visitors


def _kanban_tiles(ask: Ask) -> list[Tile]:
    """Where no node tells of visitors, open pulls and items that run empty."""
    if not kanban_figures.known_items(ask):
        return []
    tiles: Tiles = ask.slowly("kanban tiles", lambda: kanban_figures.overview(ask).tiles)
    return list(tiles.tiles[2:4])


def _presence_tiles(figures: Figures) -> list[Tile]:
    return [visitors_tile(figures), stay_tile(figures), findings.nodes_tile(figures.reporting)]


def _delivery_tiles(sources: list[Delivered], now: dt.datetime) -> list[Tile]:
    hours = [sum(one.hours[at] for one in sources) for at in range(24)]
    records, rejects = sum(hours), sum(one.rejects for one in sources)
    gaps = max((one.gap_s for one in sources if not one.rests), default=0.0)
    silent = any(_state(one, now) == "hang" for one in sources)
    gap = f"longest gaps of a source **{wording.duration(gaps)}**" if gaps else "no gap in any source"
    share = wording.percent(rejects / records) if records else "nothing arrived"
    return [
        Tile("Records in 24 h", wording.number(records), "", gap, hours, bars=True, state="alarm" if silent else ""),
        Tile("Rows rejected in 24 h", wording.number(rejects), "", f"{share} of the records" if records else share),
    ]


def _lists(sources: list[Delivered], found: list[Found], now: dt.datetime) -> list[Cell]:
    return [
        Cell("attention", 7, "What needs a look", partial(_attention, found)),
        Cell("sources", 5, "What the sources deliver", partial(sources_card, sources, now)),
    ]


def _attention(found: list[Found]) -> Card:
    return Card(
        attention.list_title(found),
        Attention([one.concern for one in found], TITLES),
        "Alarms first. A line stays until its cause is over" if found else "Alarms and warnings of all sources",
        empty="Every source delivers, every node reports, and what arrives can be decoded.",
    )


def sources_card(sources: list[Delivered], now: dt.datetime) -> Card:
    """What each source delivered in 24 hours."""
    silent = [one for one in sources if _state(one, now) == "hang"]
    delivering = len(sources) - len(silent)
    title = f"{wording.sentence_case(wording.in_words(delivering))} of {wording.in_words(len(sources))} sources deliver"
    if not delivering:
        title = "No source delivers"
    elif not silent:
        title = "All sources deliver" if len(sources) > 1 else f"{sources[0].title} delivers"
    partly = [one for one in sources if one.devices < one.known and not one.rests]
    if len(partly) == 1 and not silent:
        title += f", {partly[0].title} with {partly[0].devices} of {partly[0].known} devices"
    return Card(
        title,
        Sources([_row(one, now) for one in sources]),
        "Age of the newest record; records per hour, gaps and rejects of 24 hours",
        _at_rest(sources, now),
    )


def _at_rest(sources: list[Delivered], now: dt.datetime) -> list[str]:
    """Why the silence of a source is no alarm."""
    said = []
    for one in sources:
        if _state(one, now) != "rest":
            continue
        if not one.is_live:
            said.append(f"{one.title}: nothing listens now{_file_end(one, now)}.")
        else:
            said.append(f"{one.title}: a PC that is off tells nothing; that is no fault.")
    return said


def _file_end(one: Delivered, now: dt.datetime) -> str:
    if one.file_end_us is None:
        return "; what there is was entered by hand"
    return f"; newest capture file ends {wording.short_moment(local_time(one.file_end_us, str(now.tzinfo)))}"


def _row(one: Delivered, now: dt.datetime) -> Delivering:
    age_s = now.timestamp() - (one.newest_us or 0) / 1e6
    return Delivering(
        _state(one, now),
        one.title,
        wording.duration(max(0.0, age_s)),
        f"{one.devices} of {one.known}" if one.devices < one.known else str(one.devices),
        list(one.hours),
        "–" if one.rests else wording.duration(one.gap_s) if one.gap_s else "0",
        wording.number(one.rejects),
    )


def _state(one: Delivered, now: dt.datetime) -> Any:
    age_s = now.timestamp() - (one.newest_us or 0) / 1e6
    if one.rests:
        return "rest" if age_s > _late_s(one) or one.devices < one.known else "fly"
    if age_s >= max(attention.SILENT_AT_LEAST_S, attention.SILENT_INTERVALS * one.interval_s):
        return "hang"
    return "droop" if age_s > _late_s(one) or one.devices < one.known else "fly"


def _late_s(one: Delivered) -> float:
    return max(common.SHORTEST_LATE_S, common.PATIENCE * one.interval_s)


def _site_charts(ask: Ask, figures: Figures) -> list[Cell]:
    site = figures.when.site
    return [
        Cell(f"usual-{site}", 7, "Devices present today", partial(_usual, ask, figures)),
        Cell(f"arrivals-{site}", 5, "Reports of the nodes", partial(_arrivals, figures)),
    ]


def _sensor_charts(ask: Ask) -> list[list[Cell]]:
    if not sensor_figures.known(ask).names:
        return []
    asked = sensor_figures.SensorFigures(ask, quantity=sensor_figures.known(ask).quantities[0])
    return [[Cell("readings", 12, "What the sensors measured", partial(readings, asked))]]


def _kanban_charts(ask: Ask) -> list[list[Cell]]:
    if not kanban_figures.known_items(ask):
        return []
    return [
        [Cell("pulls", 12, "Pulls by week, with their limits", partial(kanban.pulls, kanban_figures.overview(ask)))]
    ]


def _usual(ask: Ask, figures: Figures) -> Card:
    when, site = figures.when, figures.when.site
    earlier = ask.slowly(
        ("earlier", site, when.since),
        lambda: presence.occupancy(
            f"{VISITS_D}d", when.since, bin=when.bin, published=True, site=site, project=ask.project
        ),
    )
    days, name = _usual_days(earlier, when.now)
    band = charts.usual_band(earlier, timezone=when.timezone, days=days, k=figures.k)
    basis = f"Band: {name}, middle half of {len(days)}" if band else "No band yet: fewer than three earlier days"
    title = findings.against_band(figures.bins, band, name=name, now=when.now)
    return Card(
        title,
        charts.usual_day(figures.bins, band, name=name, now=when.now, k=figures.k),
        f"Visitor devices present, mean per {when.bin}, all addresses. {basis}",
        [notes.gaps(figures.bins, figures.nodes, timezone=when.timezone), notes.withheld(figures.all_kinds)],
    )


def _usual_days(earlier: Any, now: dt.datetime) -> tuple[list[dt.date], str]:
    """The same weekdays as today where there are enough, else all days; and what they are called."""
    zone = str(now.tzinfo)
    heard = (local(row["start"], zone).date() for row in rows(earlier, "start", "nodes") if row["nodes"])
    days = sorted(set(heard) - {now.date()})
    same = [day for day in days if day.weekday() == now.weekday()]
    if len(same) >= FEWEST_DAYS:
        return same, f"usual {wording.weekday(now)}"
    return days, "usual day"


def _arrivals(figures: Figures) -> Card:
    zone = figures.when.timezone
    return Card(
        _arrivals_title(figures),
        charts.arrivals(figures.heartbeats, figures.nodes, timezone=zone),
        "Reports of all nodes per hour today. Below: which nodes reported",
        [notes.silent_nodes(figures.nodes, timezone=zone)],
    )


def _arrivals_title(figures: Figures) -> str:
    found = figures.reporting
    if found.now:
        return f"{wording.sentence_case(wording.in_words(found.last))} of {wording.in_words(found.known)} nodes report"
    return f"All {wording.in_words(found.known)} nodes report" if found.known else "No node reports"


def _rejected(sources: list[Delivered]) -> str:
    records, rejects = sum(sum(one.hours) for one in sources), sum(one.rejects for one in sources)
    count = wording.number(records) if is_known(records) else "0"
    return f"{wording.number(rejects)} rows of the {count} records of the last 24 hours were rejected and kept."
