"""Operations: does anything need a look?"""

import datetime as dt
from functools import partial

from telltale import wording
from telltale.activity import cards as activity
from telltale.activity.answers import Answers as PCs
from telltale.activity.answers import period_of, shows_single
from telltale.dashboard import concerns, first_hour
from telltale.health import cards as health
from telltale.health import turned_away
from telltale.health.claims import now as last_day
from telltale.health.deliveries import Delivered, delivered
from telltale.kanban import cards as kanban
from telltale.kanban.ahead import normal as pulls_ahead
from telltale.kanban.concerns import watched as watched_items
from telltale.page import attention, common, said
from telltale.page import first_hour as page_hour
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell, Freshness
from telltale.page.claims import PROJECT, Claim
from telltale.page.lists import Attention
from telltale.page.pieces import Card, Sentence, Tile, Tiles
from telltale.page.said import Said, say
from telltale.presence import cards as presence
from telltale.presence import several
from telltale.presence.ahead import here
from telltale.presence.ahead import usual as usual_ahead
from telltale.presence.answers import Answers
from telltale.presence.concerns import watched
from telltale.sensors import cards as sensor_cards
from telltale.sensors.answers import opening, recent

MOST_TILES = 5
MOST_DRAWN = 3
"""More sensors than this have a curve on their own page; here they stand in one row while they are calm."""
NEVER_S = 1e9
"""Where every source may rest, the streamer droops, but it never hangs."""


def page(ask: Ask) -> Board:
    """The page."""
    sources = delivered(ask.project)
    now = concerns.present(ask.project)
    if not sources:
        refused = turned_away.needs(ask.project, now=now)
        return first_hour.refused_only(ask, refused) if refused else common.nothing_yet(ask, "Operations")
    sites = watched(ask.project)
    name = wording.joined([site.called for site in sites]) or ask.project.settings.site.name
    if first_hour.is_young(ask.project):
        return first_hour.board(ask, sites, name, _freshness(ask, sources, str(now.tzinfo)))
    notices = concerns.gathered(ask.project)
    return Board(
        Sentence(attention.sentence(notices, _calm(sites)), common.head("Operations", now, name)),
        Tiles(_tiles(ask, sites, sources, now)),
        _rows(ask, sites, sources, notices),
        say("{} {}{}", common.foot(str(now.tzinfo)), _clocks(sites), _rejected(sources, now)),
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
    return several.so_far(sites) if sites else "Every source that should deliver does."


def _clocks(sites: list[Answers]) -> str:
    """Where sites have clocks of their own: by which the figures of each go."""
    zones = {site.called: site.zone for site in sites}
    if len(set(zones.values())) < 2:
        return ""
    return (
        f"Figures of a site go by its own clock: {wording.joined([f'{name} {zone}' for name, zone in zones.items()])}. "
    )


def _tiles(ask: Ask, sites: list[Answers], sources: list[Delivered], now: dt.datetime) -> list[Tile]:
    """What matters to the site: limits, open pulls, hours, visitors; where that is little, what arrived."""
    project, items = ask.project, watched_items(ask.project)
    sensors = opening(project.view())
    pulls = list(kanban.overview(items).tiles[2:4]) if items.item_names else []
    visits = several.tiles(sites) if sites else []
    first = [
        *([sensor_cards.outside_tile(sensors)] if sensors.seen.names else []),
        *pulls[:1],
        *_hours(ask),
        *visits[:1],
    ]
    further = [*visits[1:], *pulls[1:], *_delivery_tiles(sources, now)]
    return [*first, *further[: MOST_TILES - len(first)]]


def _hours(ask: Ask) -> list[Tile]:
    """The hours of today, where single PCs may be shown; a team is told of in days that have ended."""
    if not shows_single(project=ask.project):
        return []
    pcs = PCs(ask.project, period_of("1d", ask.project), is_live=True)
    told = activity.tiles(pcs) if pcs.pcs.num_rows else None
    return [] if told is None else list(told.tiles[:1])


def _delivery_tiles(sources: list[Delivered], now: dt.datetime) -> list[Tile]:
    hours = [sum(one.hours[at] for one in sources) for at in range(24)]
    gaps = [one.gap_s for one in sources if not one.rests and one.gap_s is not None]
    silent = any(health.freshness(one, now) == "hang" for one in sources)
    records, rejects = (_total(sources, now, name) for name in ("records", "rejects"))
    gap: str = "no gap in any source" if gaps else "no source tells how often it should deliver"
    if any(gaps):
        longest = last_day(
            PROJECT, "gap_s", max(gaps), now, call="health.last_day", column="gap_s", how="max", where=DUE
        )
        gap = say("longest gaps of a source **{}**", said.duration(longest))
    beside = say("of {}", said.count(records, "record")) if records.value else "nothing arrived"
    return [
        Tile("Records in 24 h", said.number(records), "", gap, hours, bars=True, state="alarm" if silent else ""),
        Tile("Rows rejected in 24 h", said.number(rejects), "", beside),
    ]


DUE = {"rests": False}
"""The sources whose silence would be a fault."""


def _total(sources: list[Delivered], now: dt.datetime, column: str) -> Claim:
    """Records or rejects of all sources in 24 hours."""
    value = sum(sum(one.hours) if column == "records" else one.rejects for one in sources)
    return last_day(PROJECT, column, value, now, call="health.last_day", column=column, how="sum")


def _rows(ask: Ask, sites: list[Answers], sources: list[Delivered], notices: list[Notice]) -> list[list[Cell]]:
    """What needs a look, then the charts that have something to say, at last how all of it is collected."""
    project, now = ask.project, concerns.present(ask.project)
    items = watched_items(project)
    normal = [pulls_ahead(items)] if items.item_names else []
    waiting = [ahead for ahead in normal if not ahead.is_there]
    rows = [[Cell("attention", 12, "What needs a look", partial(_attention, notices, sites))]]
    for site in sites:
        aheads = [here(site), usual_ahead(site)]
        shown = any(ahead.is_there for ahead in aheads)
        waiting += [ahead for ahead in aheads if not ahead.is_there]
        rows.append(_site_charts(site, sites)[0 if shown else 1 :])
    rows += _sensor_charts(ask)
    rows += [] if waiting and waiting[0].cell == "pulls" else _kanban_charts(ask)
    rows.append(
        [
            Cell("sources", 7, "What the sources deliver", partial(health.delivering, sources, now)),
            *([Cell("ahead", 5, "What will be here", partial(page_hour.ahead_card, waiting))] if waiting else []),
        ]
    )
    if turned_away.needs(project, now=now):
        rows.append([Cell("refused", 12, "Refused, or not understood", partial(turned_away.card, project, now=now))])
    return [page_hour.wide(row) for row in rows]


def _attention(notices: list[Notice], sites: list[Answers]) -> Card:
    nodes = ", every node reports" if sites and all(_reports(site) for site in sites) else ""
    return Card(
        attention.list_title(notices),
        Attention([notice.concern for notice in notices], attention.TITLES),
        "Alarms first. A line stays until its cause is over" if notices else "Alarms and warnings of all sources",
        empty=f"Every source that should deliver does{nodes}, and what arrives can be decoded.",
    )


def _reports(site: Answers) -> bool:
    """Whether all nodes that are listed or known report now."""
    return bool(site.reporting.known) and not site.reporting.now and site.is_current


def _site_charts(answers: Answers, sites: list[Answers]) -> list[Cell]:
    site = answers.when.site
    of = f" at {answers.called}" if len(sites) > 1 else ""

    def usual() -> Card:
        return several.named(presence.usual(answers), answers, sites)

    def reports() -> Card:
        return several.named(presence.reports(answers), answers, sites)

    return [
        Cell(f"usual-{site}", 7, f"Devices present today{of}", usual),
        Cell(f"arrivals-{site}", 5, f"Reports of the nodes{of}", reports),
    ]


def _sensor_charts(ask: Ask) -> list[list[Cell]]:
    """Few sensors by their curves; of many those that left their limits, and the calm ones in one row."""
    view = ask.project.view()
    sensors = opening(view)
    if not sensors.seen.names:
        return []
    if len(sensors.seen.names) <= MOST_DRAWN:
        return [[Cell("readings", 12, "What the sensors measured", partial(sensor_cards.readings, sensors))]]
    left = list(dict.fromkeys(sensors.excursions["device_id"].to_pylist()))[:MOST_DRAWN]
    drawn = [recent(view, device=device_id, quantity=sensors.quantity or "") for device_id in left]
    cells = [
        Cell(f"readings-{at}", 12, "What a sensor measured", partial(sensor_cards.readings, answers))
        for at, answers in enumerate(drawn)
    ]
    calm = Cell("calm", 12, "The newest value of each sensor", partial(sensor_cards.calm, sensors))
    return [*([cell] for cell in cells), [calm]]


def _kanban_charts(ask: Ask) -> list[list[Cell]]:
    items = watched_items(ask.project)
    if not items.item_names:
        return []
    return [[Cell("pulls", 12, "Pulls by week, with their limits", partial(kanban.pulls, items))]]


def _rejected(sources: list[Delivered], now: dt.datetime) -> Said:
    records, rejects = _total(sources, now, "records"), _total(sources, now, "rejects")
    were = "was" if rejects.value == 1 else "were"
    return say(
        "{} of {} of the last 24 hours {} rejected and kept.",
        said.count(rejects, "row"),
        said.count(records, "record"),
        were,
    )
