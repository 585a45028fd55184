"""Operations: does anything need a look?"""

import datetime as dt
from functools import partial

from telltale import wording
from telltale.dashboard import concerns
from telltale.health import cards as health
from telltale.health.deliveries import Delivered, delivered
from telltale.kanban import cards as kanban
from telltale.kanban.concerns import watched as watched_items
from telltale.page import attention, common
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell, Freshness
from telltale.page.lists import Attention
from telltale.page.pieces import Card, Sentence, Tile, Tiles
from telltale.presence import cards as presence
from telltale.presence.answers import Answers
from telltale.presence.concerns import watched
from telltale.sensors import cards as sensor_cards
from telltale.sensors.answers import opening
from telltale.wording import is_known

NEVER_S = 1e9
"""Where every source may rest, the streamer droops, but it never hangs."""


def page(ask: Ask) -> Board:
    """The page."""
    sources = delivered(ask.project)
    if not sources:
        return common.nothing_yet(ask, "Operations")
    sites = watched(ask.project)
    now = concerns.present(ask.project)
    notices = concerns.gathered(ask.project)
    name = wording.joined([site.name for site in sites]) or ask.project.settings.site.name
    return Board(
        Sentence(attention.sentence(notices, _calm(sites)), common.head("Operations", now, name)),
        Tiles([*(_presence_tiles(sites[0]) if sites else _kanban_tiles(ask)), *_delivery_tiles(sources, now)]),
        [
            _lists(sources, notices, now),
            *(_site_charts(site) for site in sites),
            *_sensor_charts(ask),
            *_kanban_charts(ask),
        ],
        f"{common.foot(str(now.tzinfo))} {_rejected(sources)}",
        _freshness(ask, sources, str(now.tzinfo)),
    )


def _freshness(ask: Ask, sources: list[Delivered], zone: str) -> Freshness:
    """Of the nodes; in a project without any, of the newest record of any source."""
    fresh = common.freshness(ask, zone)
    if fresh.newest_us is not None:
        return fresh
    newest = max(one.newest_us or 0 for one in sources)
    due = [one for one in sources if not one.rests]
    usual_s = min((one.interval_s for one in due or sources if one.interval_s), default=0.0)
    late_s = max(common.SHORTEST_LATE_S, common.PATIENCE * usual_s)
    return Freshness(newest, late_s, max(common.SILENT_S, 2 * late_s) if due else NEVER_S, timezone=zone)


def _calm(sites: list[Answers]) -> str:
    """What the sentence goes on with when all is well."""
    return presence.so_far(sites[0]) if sites else "Every source delivers."


def _presence_tiles(answers: Answers) -> list[Tile]:
    return [presence.visitors(answers), presence.stay(answers), presence.nodes(answers)]


def _kanban_tiles(ask: Ask) -> list[Tile]:
    """Where no node tells of visitors, open pulls and items that run empty."""
    items = watched_items(ask.project)
    return list(kanban.overview(items).tiles[2:4]) if items.item_names else []


def _delivery_tiles(sources: list[Delivered], now: dt.datetime) -> list[Tile]:
    hours = [sum(one.hours[at] for one in sources) for at in range(24)]
    records, rejects = sum(hours), sum(one.rejects for one in sources)
    gaps = max((one.gap_s for one in sources if not one.rests), default=0.0)
    silent = any(health.freshness(one, now) == "hang" for one in sources)
    gap = f"longest gaps of a source **{wording.duration(gaps)}**" if gaps else "no gap in any source"
    share = wording.percent(rejects / records) if records else "nothing arrived"
    return [
        Tile("Records in 24 h", wording.number(records), "", gap, hours, bars=True, state="alarm" if silent else ""),
        Tile("Rows rejected in 24 h", wording.number(rejects), "", f"{share} of the records" if records else share),
    ]


def _lists(sources: list[Delivered], notices: list[Notice], now: dt.datetime) -> list[Cell]:
    return [
        Cell("attention", 7, "What needs a look", partial(_attention, notices)),
        Cell("sources", 5, "What the sources deliver", partial(health.delivering, sources, now)),
    ]


def _attention(notices: list[Notice]) -> Card:
    return Card(
        attention.list_title(notices),
        Attention([notice.concern for notice in notices], attention.TITLES),
        "Alarms first. A line stays until its cause is over" if notices else "Alarms and warnings of all sources",
        empty="Every source delivers, every node reports, and what arrives can be decoded.",
    )


def _site_charts(answers: Answers) -> list[Cell]:
    site = answers.when.site
    return [
        Cell(f"usual-{site}", 7, "Devices present today", partial(presence.usual, answers)),
        Cell(f"arrivals-{site}", 5, "Reports of the nodes", partial(presence.reports, answers)),
    ]


def _sensor_charts(ask: Ask) -> list[list[Cell]]:
    sensors = opening(ask.project.view())
    if not sensors.seen.names:
        return []
    return [[Cell("readings", 12, "What the sensors measured", partial(sensor_cards.readings, sensors))]]


def _kanban_charts(ask: Ask) -> list[list[Cell]]:
    items = watched_items(ask.project)
    if not items.item_names:
        return []
    return [[Cell("pulls", 12, "Pulls by week, with their limits", partial(kanban.pulls, items))]]


def _rejected(sources: list[Delivered]) -> str:
    records, rejects = sum(sum(one.hours) for one in sources), sum(one.rejects for one in sources)
    count = wording.number(records) if is_known(records) else "0"
    return f"{wording.number(rejects)} rows of the {count} records of the last 24 hours were rejected and kept."
