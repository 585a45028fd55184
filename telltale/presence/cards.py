"""Every card about presence, once, for pages, reports and notebooks: each takes `Answers`, which bring their k."""

from statistics import median
from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.health.charts.arrivals import arrivals
from telltale.page.pieces import Card, Footer, Sentence, Tile, Tiles
from telltale.page.usual import FEWEST_DAYS
from telltale.presence.answers import Answers
from telltale.presence.charts.dwell import dwell_histogram
from telltale.presence.charts.moves import moves_matrix
from telltale.presence.charts.occupancy import occupancy as occupancy_chart
from telltale.presence.charts.usual import usual_band, usual_day
from telltale.presence.charts.visitors import visitors_by_day
from telltale.presence.words import notes, report, titles, today
from telltale.presence.words.usual import usual_days
from telltale.wording import is_known
from telltale.workbench.times import seconds

__all__ = [
    "days", "dwell", "footer", "moves", "nodes", "occupancy", "reports", "sentence", "so_far", "stay", "tiles", "usual",
    "visitors",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


OF_ADDRESSES = {"all": "all addresses", "local": "randomised addresses", "global": "global addresses"}
ADDRESSES = OF_ADDRESSES | {"all": "by address kind"}


def sentence(answers: Answers, *, over: str = "") -> Sentence:
    """What needs a look, else the headline figure; then what is missing.

    Args:
        answers: of a period.
        over: the line above; empty is the period's own, with the name of the site.
    """
    if not (answers.is_today and answers.reporting.known):
        said = report.presence_sentence(answers.summary, answers.before, answers.nodes, answers.bins, answers.when)
        return Sentence(said.text, over or said.over)
    text = _so_far(answers)
    text += today.silent_now(answers.reporting, answers.zone, today=answers.when.now.date())
    return Sentence(text, over or " · ".join(filter(None, (answers.when.head, answers.name))))


def so_far(answers: Answers) -> str:
    """The running day in a sentence of a page about other things: visitors, and that all nodes report."""
    text, reporting = _so_far(answers), answers.reporting
    return text if reporting.now else f"{text[:-1]}; all {reporting.known} nodes report."


def tiles(answers: Answers) -> Tiles:
    """The five figures people ask for first: of a running day against a usual one, else against the stretch before."""
    if not answers.is_today:
        inside = [day for day in answers.days.to_pylist() if day["label"] >= answers.when.since]
        table = answers.days.slice(answers.days.num_rows - len(inside))
        return report.presence_tiles(answers.summary, answers.before, table, answers.nodes, answers.when)
    return Tiles((visitors(answers), stay(answers), _present(answers), _per_hundred(answers), nodes(answers)))


def visitors(answers: Answers) -> Tile:
    """Visitor devices of today, against a usual day at this hour."""
    count = answers.running["visitors"]
    change = today.change_by_now(answers.usual, answers.counted) if is_known(count) else ""
    value = wording.number(count) if is_known(count) else f"<{answers.k}"
    note = change or "a device counts once a day"
    return Tile("Visitors today so far", value, "devices", note, _course(answers, "visitors"))


def stay(answers: Answers) -> Tile:
    """The median stay of today, against the days before."""
    length_s = answers.running["dwell_median_s"]
    value, unit = report.value_and_unit(length_s)
    earlier = _earlier(answers, "dwell_median_s")
    note = "half of the visits are longer" if is_known(length_s) else "too few to say"
    if is_known(length_s) and earlier:
        change = (length_s - median(earlier)) / 60
        note = f"**{wording.quantity(change, 'min', signed=True)}** on the last {len(earlier)} days"
    return Tile("Median stay", value, unit, note, _course(answers, "dwell_median_s"))


def nodes(answers: Answers) -> Tile:
    """How many nodes report, and who does not."""
    return report.nodes_tile(answers.reporting)


def days(answers: Answers) -> Card:
    """Who comes in: visitors and passers-by of each day."""
    when, shown = answers.when, answers.days
    title = titles.comes_in(shown, k=answers.k)
    if not answers.looks_back:
        title = titles.busiest_day(shown, answers.days_before, unit=when.unit, timezone=answers.zone)
    return Card(
        title,
        visitors_by_day(shown, timezone=answers.zone, running=when.running, k=answers.k),
        f"Distinct devices per day, {OF_ADDRESSES[answers.addresses]}. "
        "A device counts once, as visitor if it ever was one",
        [
            notes.address_kinds(answers.all_kinds),
            notes.keys(answers.all_kinds, days=shown.num_rows),
            "" if answers.looks_back else notes.left_out(answers.all_kinds),
        ],
    )


def occupancy(answers: Answers) -> Card:
    """How many are here, and when; below, which nodes reported."""
    zone, bins, uptime = answers.zone, answers.bins, answers.nodes
    return Card(
        titles.busiest_hour(bins, timezone=zone, k=answers.k),
        occupancy_chart(bins, uptime, timezone=zone, k=answers.k),
        f"Visitor devices present, mean per {answers.interval}, {ADDRESSES[answers.addresses]}. "
        "Below: which nodes reported",
        [notes.gaps(bins, uptime, timezone=zone), notes.silent_nodes(uptime, timezone=zone)],
    )


def usual(answers: Answers) -> Card:
    """Is it as busy as usual: the running day on the band of the days before."""
    when, zone, k = answers.when, answers.zone, answers.k
    over, name = usual_days(answers.earlier_bins, when.now)
    band = usual_band(answers.earlier_bins, timezone=zone, days=over, k=k)
    basis = f"Band: {name}, middle half of {len(over)}" if band else "No band yet: fewer than three earlier days"
    return Card(
        today.against_band(answers.bins, band, name=name, now=when.now),
        usual_day(answers.bins, band, name=name, now=when.now, k=k),
        f"Visitor devices present, mean per {answers.interval}, all addresses. {basis}",
        [notes.gaps(answers.bins, answers.nodes, timezone=zone), notes.withheld(k)],
    )


def reports(answers: Answers) -> Card:
    """Do all nodes report: reports by hour, and the stretches in which each reported."""
    return Card(
        report.nodes_title(answers.reporting),
        arrivals(answers.heartbeats, answers.nodes, timezone=answers.zone),
        "Reports of all nodes per hour today. Below: which nodes reported",
        [notes.silent_nodes(answers.nodes, timezone=answers.zone)],
    )


def dwell(answers: Answers) -> Card:
    """How long do they stay: closed visits by length."""
    visits, shown = answers.visits, wording.count(answers.days_of_visits, "day")
    closed = sum(not is_open for is_open in visits["open"].to_pylist())
    n = f"n = {wording.number(closed)}" if closed >= answers.k else f"n < {answers.k}"
    return Card(
        titles.lengths_of_stay(visits, k=answers.k),
        dwell_histogram(visits, k=answers.k),
        f"Closed visits by length in minutes, {shown} ({n})",
        [
            notes.resolution(visits),
            f"{notes.definition(answers.rules, _gap(answers))} {notes.open_visits(visits, k=answers.k)}".rstrip(),
        ],
    )


def moves(answers: Answers) -> Card:
    """Where do they go: moves from zone to zone."""
    since = answers.moves_known_since
    known = f"Sightings are kept since {wording.short_date(since)}; earlier moves are gone." if since else ""
    return Card(
        titles.busiest_paths(answers.moves, k=answers.k),
        moves_matrix(answers.moves, k=answers.k),
        f"Moves from zone (row) to zone (column), {wording.count(answers.days_of_moves, 'day')}, visitors only",
        [f"{notes.hysteresis(answers.rules)} {notes.withheld(answers.k)}", known],
    )


def footer(answers: Answers) -> Footer:
    """What a report rests on: data until, records used and rejected, decoders, site."""
    return report.presence_footer(answers.all_kinds, answers.reports, answers.sources, answers.when)


def _so_far(answers: Answers) -> str:
    row = answers.running
    return today.so_far(row["visitors"], row["dwell_median_s"], answers.usual, answers.counted)


def _present(answers: Answers) -> Tile:
    """How many are here at this moment: the newest interval in which a node reported."""
    cells = answers.present
    reported = [cell for cell in cells if cell["nodes"]]
    if not reported:
        return Tile("Present now", "–", "", "no node reported today")
    last, shown = reported[-1], [cell for cell in reported if is_known(cell["mean"]) and cell["mean"]]
    note = "too few to say when most"
    if shown:
        most = max(shown, key=lambda cell: cell["mean"])
        note = f"most at {wording.clock(local(most['start'], answers.zone))}: **{wording.number(most['mean'])}**"
    value = wording.number(last["mean"]) if is_known(last["mean"]) else f"<{answers.k}"
    lower = is_known(last["mean"]) and last["nodes"] < last["expected"]
    course = [cell["mean"] if is_known(cell["mean"]) else None for cell in cells][-32:]
    return Tile("Present now", f"≥ {value}" if lower else value, "devices", note, course)


def _per_hundred(answers: Answers) -> Tile:
    rate = answers.running["capture_rate"]
    earlier = _earlier(answers, "capture_rate")
    note = "a device counts once, in its best class"
    if is_known(rate) and earlier:
        change = 100 * (rate - median(earlier))
        note = f"**{wording.number(change, signed=True)}** on the last {len(earlier)} days"
    value = wording.number(100 * rate) if is_known(rate) else "–"
    return Tile("Visitors per 100 seen", value, "", note, _course(answers, "capture_rate"))


def _earlier(answers: Answers, name: str) -> list[float]:
    """A figure of the days before today; none where there are too few to compare with."""
    found = [float(day[name]) for day in answers.days.to_pylist()[:-1] if is_known(day[name])]
    return found if len(found) >= FEWEST_DAYS else []


def _course(answers: Answers, name: str) -> list[float | None]:
    return [float(day[name]) if is_known(day[name]) else None for day in answers.days.to_pylist()]


def _gap(answers: Answers) -> str:
    """The silence that ends a visit, in words, where it is not that of telltale.toml."""
    gap: Any = answers.gap
    return "" if gap is None else gap if isinstance(gap, str) else wording.duration(seconds(gap))
