"""Presence: how many devices are here, how long do they stay, and where do they go?"""

from functools import partial
from statistics import median
from typing import Any

import pyarrow.compute as pc

from telltale import charts, findings, wording
from telltale.dashboard import concerns
from telltale.frames import local
from telltale.page import common
from telltale.page.board import Ask, Board, Cell, Control
from telltale.page.pieces import Card, Sentence, Tile, Tiles
from telltale.page.usual import FEWEST_DAYS
from telltale.presence.page_answers import VISITS_D, Figures
from telltale.presence.words import notes, today
from telltale.wording import is_known

PERIOD = Control("period", "Period", {"1d": "Today", "7d": "7 days", "28d": "28 days"}, "toggle")
KIND = Control("addresses", "Addresses", {"all": "Randomised and global", "local": "Randomised", "global": "Global"})


def page(ask: Ask) -> Board:
    """The page."""
    sites = common.sites(ask)
    if not sites:
        return common.nothing_yet(ask, "Presence")
    controls = [PERIOD, KIND, *common.site_control(sites)]
    choice = {control.name: ask.chosen(control) for control in controls}
    site = choice.get("site", next(iter(sites)))
    figures = Figures(ask, site, stretch=choice["period"], kind=choice["addresses"])
    return Board(
        Sentence(_sentence(figures), common.head("Presence", figures.when.now, sites[site])),
        Tiles(_tiles(figures)),
        (
            (
                Cell("occupancy", 7, "Devices present over time", partial(_occupancy, figures)),
                Cell("dwell", 5, "Visits by length", partial(_dwell, figures)),
            ),
            (
                Cell("days", 7, "Visitors and passers-by by day", partial(_days, figures)),
                Cell("moves", 5, "Moves between zones", partial(_moves, figures)),
            ),
        ),
        _foot(figures),
        common.freshness(ask, figures.when.timezone),
        controls,
        choice,
        concerns.badges(ask),
    )


def _sentence(figures: Figures) -> str:
    if not figures.reporting.known:
        return "**No node has reported** in this period, so nothing is known about visitors."
    silent = today.silent_now(figures.reporting, figures.when.timezone, today=figures.when.now.date())
    if figures.is_today:
        row = figures.running
        return today.so_far(row["visitors"], row["dwell_median_s"], figures.usual, figures.counted) + silent
    return findings.visits_overall(figures.summary, figures.before, period=figures.when) + silent


def _tiles(figures: Figures) -> list[Tile]:
    if not figures.is_today:
        inside = figures.days.filter(pc.greater_equal(figures.days["label"], figures.when.since))
        tiles = findings.presence_tiles(figures.summary, figures.before, inside, figures.nodes, figures.when)
        return list(tiles.tiles)
    return [
        visitors_tile(figures),
        stay_tile(figures),
        _present(figures),
        _per_hundred(figures),
        findings.nodes_tile(figures.reporting),
    ]


def visitors_tile(figures: Figures) -> Tile:
    """Visitor devices of today, against a usual day at this hour."""
    visitors = figures.running["visitors"]
    change = today.change_by_now(figures.usual, figures.counted) if is_known(visitors) else ""
    value = wording.number(visitors) if is_known(visitors) else f"<{figures.k}"
    note = change or "a device counts once a day"
    return Tile("Visitors today so far", value, "devices", note, _course(figures, "visitors"))


def stay_tile(figures: Figures) -> Tile:
    """The median stay of today, against the days before."""
    seconds = figures.running["dwell_median_s"]
    value, unit = findings.value_and_unit(seconds)
    earlier = _earlier(figures, "dwell_median_s")
    note = "half of the visits are longer" if is_known(seconds) else "too few to say"
    if is_known(seconds) and earlier:
        change = (seconds - median(earlier)) / 60
        note = f"**{wording.quantity(change, 'min', signed=True)}** on the last {len(earlier)} days"
    return Tile("Median stay", value, unit, note, _course(figures, "dwell_median_s"))


def _present(figures: Figures) -> Tile:
    """How many are here at this moment: the newest interval in which a node reported."""
    cells = figures.present()
    heard = [cell for cell in cells if cell["nodes"]]
    if not heard:
        return Tile("Present now", "–", "", "no node reported today")
    last, told = heard[-1], [cell for cell in heard if is_known(cell["mean"]) and cell["mean"]]
    note = "too few to say when most"
    if told:
        most = max(told, key=lambda cell: cell["mean"])
        note = f"most at {wording.clock(local(most['start'], figures.when.timezone))}: "
        note += f"**{wording.number(most['mean'])}**"
    value = wording.number(last["mean"]) if is_known(last["mean"]) else f"<{figures.k}"
    lower = is_known(last["mean"]) and last["nodes"] < last["expected"]
    course = [cell["mean"] if is_known(cell["mean"]) else None for cell in cells][-32:]
    return Tile("Present now", f"≥ {value}" if lower else value, "devices", note, course)


def _per_hundred(figures: Figures) -> Tile:
    rate = figures.running["capture_rate"]
    earlier = _earlier(figures, "capture_rate")
    note = "a device counts once, in its best class"
    if is_known(rate) and earlier:
        change = 100 * (rate - median(earlier))
        note = f"**{wording.number(change, signed=True)}** on the last {len(earlier)} days"
    value = wording.number(100 * rate) if is_known(rate) else "–"
    return Tile("Visitors per 100 seen", value, "", note, _course(figures, "capture_rate"))


def _earlier(figures: Figures, name: str) -> list[float]:
    """A figure of the days before today; none where there are too few to compare with."""
    found = [float(day[name]) for day in figures.days.to_pylist()[:-1] if is_known(day[name])]
    return found if len(found) >= FEWEST_DAYS else []


def _course(figures: Figures, name: str) -> list[float | None]:
    return [float(day[name]) if is_known(day[name]) else None for day in figures.days.to_pylist()]


def _occupancy(figures: Figures) -> Card:
    zone = figures.when.timezone
    shown = "by address kind" if figures.kind == "all" else f"{KIND.options[figures.kind].lower()} addresses"
    return Card(
        findings.busiest_hour(figures.bins, timezone=zone),
        charts.occupancy(figures.bins, figures.nodes, timezone=zone, k=figures.k),
        f"Visitor devices present, mean per {figures.when.bin}, {shown}. Below: which nodes reported",
        [
            notes.gaps(figures.bins, figures.nodes, timezone=zone),
            notes.silent_nodes(figures.nodes, timezone=zone),
        ],
    )


def _dwell(figures: Figures) -> Card:
    days = VISITS_D if figures.is_today else figures.when.days
    visits = figures.visits_of(days)
    closed = sum(not still_open for still_open in visits["open"])
    return Card(
        findings.lengths_of_stay(visits),
        charts.dwell_histogram(visits, k=figures.k),
        f"Closed visits by length in minutes, {days} days (n = {wording.number(closed)})",
        [notes.resolution(visits), notes.definition(figures.rules)],
    )


def _days(figures: Figures) -> Card:
    return Card(
        findings.comes_in(figures.days),
        charts.visitors_by_day(figures.days, timezone=figures.when.timezone, running=figures.when.running, k=figures.k),
        "Distinct devices per day. A device counts once, as visitor if it ever was one",
        [notes.address_kinds(figures.all_kinds), notes.keys(figures.all_kinds, days=figures.days.num_rows)],
    )


def _moves(figures: Figures) -> Card:
    since = figures.moves.attrs.get("known_since", "")
    return Card(
        findings.busiest_paths(figures.moves),
        charts.moves_matrix(figures.moves, k=figures.k),
        "Moves from zone (row) to zone (column), last 7 days, visitors only",
        [
            f"{notes.hysteresis(figures.rules)} {notes.withheld(figures.all_kinds)}",
            f"Sightings are kept since {since}; earlier moves are gone." if since else "",
        ],
    )


def _foot(figures: Figures) -> str:
    parts: list[Any] = [
        common.foot(figures.when.timezone),
        notes.left_out(figures.all_kinds),
        f"Cells under {figures.k} devices are withheld.",
        notes.set_aside(figures.all_kinds),
    ]
    return " ".join(filter(None, parts))
