"""Every card about presence, once, for pages, reports and notebooks: each takes `Answers`, which bring their k."""

import datetime as dt
from statistics import median
from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.health.charts.arrivals import arrivals
from telltale.page import said
from telltale.page.claims import Claim
from telltale.page.pieces import Card, Footer, Sentence, Tile, Tiles
from telltale.page.said import Said, say
from telltale.presence.answers import Answers
from telltale.presence.charts.dwell import TOO_FEW, dwell_histogram
from telltale.presence.charts.moves import NO_MOVE, moves_matrix
from telltale.presence.charts.occupancy import occupancy as occupancy_chart
from telltale.presence.charts.usual import usual_band, usual_day
from telltale.presence.charts.visitors import visitors_by_day
from telltale.presence.words import notes, report, titles, today
from telltale.presence.words.usual import FEWEST_DAYS, usual_days
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
        said = report.presence_sentence(
            answers.summary,
            answers.before,
            answers.nodes,
            answers.bins,
            answers.when,
            found=answers.reporting,
            claims=answers.claims,
        )
        return Sentence(said.text, over or said.over)
    text = _so_far(answers)
    silent = today.silent_now(answers.reporting, answers.zone, today=answers.when.now.date(), claims=answers.claims)
    text += silent or _missing(answers)
    return Sentence(text, over or " · ".join(filter(None, (answers.when.head, answers.name))))


def so_far(answers: Answers) -> Said:
    """The running day in a sentence of a page about other things: visitors, and that all nodes report."""
    text, reporting = _so_far(answers), answers.reporting
    if reporting.now or not reporting.known or not answers.is_current:
        return text
    return say("{}; {}.", text[:-1], report.all_report(reporting.known, answers.claims))


def tiles(answers: Answers) -> Tiles:
    """The five figures people ask for first: of a running day against a usual one, else against the stretch before."""
    if not answers.is_today:
        inside = [day for day in answers.days.to_pylist() if day["label"] >= answers.when.since]
        table = answers.days.slice(answers.days.num_rows - len(inside))
        return report.presence_tiles(
            answers.summary,
            answers.before,
            table,
            answers.reporting,
            answers.when,
            at_least=answers.is_partly_recorded,
            claims=answers.claims,
        )
    return Tiles((visitors(answers), stay(answers), _present(answers), _per_hundred(answers), nodes(answers)))


def visitors(answers: Answers) -> Tile:
    """Visitor devices of today, against a usual day at this hour."""
    count, label, course = answers.running["visitors"], "Visitors today so far", _course(answers, "visitors")
    if not answers.running["node_share"]:
        return Tile(label, "–", "", "no node has reported today", course)
    if not is_known(count):
        return Tile(label, "–", "", "withheld, as small counts are", course)
    least = "≥ " if answers.is_partly_recorded and count else ""
    value = say("{}{}", least, said.number(_running(answers, "visitors")))
    note = today.change_by_now(answers.usual, answers.counted, claims=answers.claims) or "a device counts once a day"
    if not count and answers.is_partly_recorded:
        note = "in what is recorded of today"
    return Tile(label, value, "device" if count == 1 else "devices", note, course)


def stay(answers: Answers) -> Tile:
    """The median stay of today, against the days before."""
    length_s = answers.running["dwell_median_s"]
    value, unit = report.value_and_unit(_running(answers, "dwell_median_s", "s"))
    note: str = "half of the visits are longer" if is_known(length_s) else "too few to say"
    if not answers.running["node_share"]:
        note = "no node has reported today"
    usual = _earlier(answers, "dwell_median_s", "s")
    if is_known(length_s) and usual:
        note = say("median of the last {} days **{}**", usual.basis.n, said.duration(usual))
    return Tile("Median stay", value, unit, note, _course(answers, "dwell_median_s"))


def nodes(answers: Answers) -> Tile:
    """How many nodes report, and who does not."""
    return report.nodes_tile(answers.reporting, since=answers.begins, claims=answers.claims)


def days(answers: Answers) -> Card:
    """Who comes in: visitors and passers-by of each day."""
    when, shown = answers.when, answers.days
    claims = answers.claims
    title = titles.comes_in(shown, k=answers.k, claims=claims)
    if not answers.looks_back:
        title = titles.busiest_day(shown, answers.days_before, unit=when.unit, timezone=answers.zone, claims=claims)
    return Card(
        title,
        visitors_by_day(shown, timezone=answers.zone, running=when.running, k=answers.k, claims=claims),
        f"Distinct devices per day, {OF_ADDRESSES[answers.addresses]}. "
        "A device counts once, as visitor if it ever was one",
        [
            notes.address_kinds(answers.all_days, claims=claims),
            notes.keys(answers.all_kinds, days=shown.num_rows),
            "" if answers.looks_back else notes.left_out(answers.all_kinds, claims=answers.claims_of_all),
            notes.partly(shown, timezone=answers.zone, claims=claims),
        ],
    )


def occupancy(answers: Answers) -> Card:
    """How many are here, and when; below, which nodes reported."""
    zone, bins, uptime = answers.zone, answers.bins, answers.nodes
    return Card(
        titles.busiest_hour(bins, timezone=zone, k=answers.k, claims=answers.claims),
        occupancy_chart(bins, uptime, timezone=zone, k=answers.k, claims=answers.claims),
        f"Visitor devices present, mean per {answers.interval}, {ADDRESSES[answers.addresses]}. "
        "Below: which nodes reported",
        [
            notes.gaps(bins, uptime, timezone=zone, claims=answers.claims),
            notes.silent_nodes(uptime, timezone=zone, claims=answers.claims),
            notes.removed(answers.visits_known_since if not answers.is_today else None, "Visits"),
        ],
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
        [notes.gaps(answers.bins, answers.nodes, timezone=zone, claims=answers.claims), notes.withheld(k)],
    )


def reports(answers: Answers) -> Card:
    """Do all nodes report: reports by hour, and the stretches in which each reported."""
    return Card(
        report.nodes_title(answers.reporting, answers.claims),
        arrivals(answers.heartbeats, answers.nodes, timezone=answers.zone),
        "Reports of all nodes per hour today. Below: which nodes reported",
        [notes.silent_nodes(answers.nodes, timezone=answers.zone, claims=answers.claims)],
    )


def dwell(answers: Answers) -> Card:
    """How long do they stay: closed visits by length, of the days whose visits are told elsewhere too."""
    found, claims = answers.lengths, answers.claims
    n: str = "n withheld"
    if found.ended is not None:
        n = say("n = {}", said.number(claims.lengths("ended", found.ended)))
    is_told = found.median_s is not None
    since = answers.since(answers.days_of_visits)
    return Card(
        titles.lengths_of_stay(found, k=answers.k, claims=claims),
        dwell_histogram(
            found, k=answers.k, claims=claims, nothing_because=_nothing(answers, answers.visits_known_since, "Visits")
        ),
        say("Closed visits by length in minutes, {} ({})", wording.count(answers.days_with_visits, "day"), n),
        [
            notes.resolution(answers.visits, since=since, claims=claims) if is_told else "",
            say(
                "{} {}", notes.definition(answers.rules, _gap(answers)), notes.open_visits(found, claims=claims)
            ).rstrip(),
            notes.cut_stays(answers.visits) if is_told else "",
            notes.removed(answers.visits_known_since, "Visits"),
        ],
    )


def moves(answers: Answers) -> Card:
    """Where do they go: moves from zone to zone."""
    return Card(
        titles.busiest_paths(answers.moves, k=answers.k),
        moves_matrix(
            answers.moves,
            k=answers.k,
            since=answers.since(answers.days_of_moves),
            claims=answers.claims,
            nothing_because=_nothing(answers, answers.moves_known_since, "Sightings, which tell of moves,", NO_MOVE),
        ),
        f"Moves from zone (row) to zone (column), {wording.count(answers.days_of_moves, 'day')}, visitors only",
        [
            f"{notes.hysteresis(answers.rules)} {notes.withheld(answers.k)}",
            notes.removed(answers.moves_known_since, "Sightings, which tell of moves,"),
        ],
    )


def footer(answers: Answers) -> Footer:
    """What a report rests on: data until, records used and rejected, decoders, site."""
    return report.presence_footer(answers.all_kinds, answers.reports, answers.sources, answers.when)


def _nothing(answers: Answers, known_since: dt.date | None, what: str, otherwise: str = TOO_FEW) -> str:
    """Why a card has nothing to show: what was removed is not few."""
    if known_since is None or known_since <= answers.when.first:
        return otherwise
    return f"{what} of before {wording.short_date(known_since)} were removed, as telltale.toml says."


def _so_far(answers: Answers) -> Said:
    row = answers.running
    return today.so_far(
        row["visitors"],
        row["dwell_median_s"],
        answers.usual,
        answers.counted,
        at_least=answers.is_partly_recorded,
        recorded=bool(row["node_share"]),
        label=answers.when.now.date().isoformat(),
        claims=answers.claims,
    )


def _running(answers: Answers, name: str, unit: str = "") -> Claim:
    """A figure of today."""
    return answers.claims.day(answers.when.now.date().isoformat(), name, answers.running[name], unit)


def _missing(answers: Answers) -> Said:
    """How long nobody reported today, after a space: why counts are a lower bound."""
    if not answers.missing_s or not answers.running["node_share"]:
        return Said()
    return say(" No node reported for **{}** of today.", said.duration(answers.claims.missing(answers.missing_s)))


def _present(answers: Answers) -> Tile:
    """How many are here: the mean of the newest interval that is reported whole, and of now only where it is so new."""
    cells = answers.present
    reported = [cell for cell in cells if cell["nodes"]]
    course = [cell["mean"] if is_known(cell["mean"]) else None for cell in cells][-32:]
    if not reported or answers.newest is None:
        return Tile("Present now", "–", "", "no node reported today")
    last, is_now = _newest_whole(reported, answers.newest), answers.is_current
    when = wording.DASH.join(wording.clock(local(last[edge], answers.zone)) for edge in ("start", "end"))
    note: str = f"mean {when}"
    if not is_now:
        ago = wording.ago(answers.newest, answers.when.now)
        note = say("at {}, {}: no node has reported since", when, ago)
    elif shown := [cell for cell in reported if is_known(cell["mean"]) and cell["mean"]]:
        most = max(shown, key=lambda cell: cell["mean"])
        level = said.number(answers.claims.present([most["start"]], most["mean"]))
        note = say("{}; most at {}: **{}**", note, wording.clock(local(most["start"], answers.zone)), level)
    known = is_known(last["mean"])
    value: str = said.number(answers.claims.present([last["start"]], last["mean"])) if known else "withheld"
    least = "≥ " if known and last["nodes"] < last["expected"] else ""
    return Tile(
        "Present now" if is_now else "Present last",
        say("{}{}", least, value),
        "devices" if known else "",
        note,
        course,
        state="" if is_now else "warning",
    )


def _newest_whole(reported: list[dict[str, Any]], newest: dt.datetime) -> dict[str, Any]:
    """The newest interval that was reported until its end; the newest of all where there is only one.

    One that has just begun, or in which the nodes fell silent, has seen a part of those who are there.
    """
    whole = [cell for cell in reported if cell["end"] <= newest]
    return whole[-1] if whole else reported[-1]


def _per_hundred(answers: Answers) -> Tile:
    note: str = "a device counts once, in its best class"
    if not is_known(answers.running["capture_rate"]):
        note = "too few to say" if answers.running["node_share"] else "no node has reported today"
    elif usual := _earlier(answers, "capture_rate"):
        note = say("median of the last {} days **{}**", usual.basis.n, report.per_hundred(usual))
    value = report.per_hundred(_running(answers, "capture_rate"))
    return Tile("Visitors per 100 seen", value, "", note, _course(answers, "capture_rate"))


def _earlier(answers: Answers, name: str, unit: str = "") -> Claim | None:
    """The median of a figure over the days before today that are recorded; None with too few to compare with."""
    found = {
        day["label"]: float(day[name])
        for day in answers.days.to_pylist()
        if is_known(day[name])
        and (date := dt.date.fromisoformat(day["label"])) in answers.recorded_days
        and date < answers.when.now.date()
    }
    if len(found) < FEWEST_DAYS:
        return None
    return answers.claims.days(list(found), name, median(found.values()), unit, how="median")


def _course(answers: Answers, name: str) -> list[float | None]:
    return [float(day[name]) if is_known(day[name]) else None for day in answers.days.to_pylist()]


def _gap(answers: Answers) -> str:
    """The silence that ends a visit, in words, where it is not that of telltale.toml."""
    gap: Any = answers.gap
    return "" if gap is None else gap if isinstance(gap, str) else wording.duration(seconds(gap))
