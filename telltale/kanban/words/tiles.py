"""Cards and pulls in figures: the tiles of a page, and the doubts beside its charts."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from itertools import dropwhile
from statistics import median
from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.kanban.analysis.limits import FEWEST_PER_BUCKET
from telltale.kanban.words.capture import Coverage, capture_tile
from telltale.kanban.words.phrases import DAY_S, is_above, is_unsure
from telltale.kanban.words.titles import ITEM
from telltale.page.pieces import Tile, Tiles
from telltale.wording import is_known

_WEEK = 7
FEW_ORPHANS = 0.15
"""So many acknowledgements without a pull, for each with one, and the pairs may be wrong ones."""


def kanban_tiles(
    items: Any, pulls: Any, rates: Any, leads: Any, covered: Coverage | None, *, target: float, days: int
) -> Tiles:
    """Pulls of seven days, mean lead time, open pulls, items above the accepted risk, capture running.

    Args:
        items: `tt.kanban.items`.
        pulls: `tt.kanban.pulls`.
        rates: what was captured by day (`tt.kanban.rates(by="day")`).
        leads: `tt.kanban.lead_times`.
        covered: what `coverage` gave.
        target: the largest risk one accepts.
        days: of the period.
    """
    return Tiles(
        (
            _pulls_tile(pulls, rates),
            _lead_tile(leads, items),
            _open_tile(leads),
            _risk_tile(items, target),
            capture_tile(covered, days=days),
        )
    )


def _pulls_tile(pulls: Any, rates: Any) -> Tile:
    observed: dict[dt.datetime, float] = {}
    for row in rows(rates, "start", "observed_s"):
        observed[row["start"]] = max(observed.get(row["start"], 0.0), row["observed_s"])
    starts = sorted(observed)
    counts = dict.fromkeys(starts, 0)
    # A press counts at once; that the capture was alive then is known with its next heartbeat.
    for row in rows(pulls, "pulled_at"):
        at = bisect_right(starts, row["pulled_at"]) - 1
        if at >= 0:
            counts[starts[at]] += 1
    days = [(counts[start], observed[start]) for start in starts]
    # Before the capture began nothing is known: it is no week of few pulls.
    by_day = [count for count, _ in dropwhile(lambda day: not any(day), days)]
    weeks = [sum(by_day[end - _WEEK : end]) for end in range(len(by_day), _WEEK - 1, -_WEEK)][::-1]
    if len(weeks) < 2:
        return Tile("Pulls, last 7 days", wording.number(sum(by_day[-_WEEK:])), "", "no earlier week to compare with")
    *earlier, last = weeks
    change = wording.number(last - sum(earlier) / len(earlier), signed=True)
    course = [float(count) for count in weeks[-16:]]
    basis = f"mean of {wording.count(len(earlier), 'week')}" if len(earlier) > 1 else "7 days before"
    return Tile("Pulls, last 7 days", wording.number(last), "", f"**{change}** on the {basis}", course)


def _lead_tile(leads: Any, items: Any) -> Tile:
    closed = sorted(_closed(leads), key=lambda row: row["acknowledged_at"])
    if not closed:
        given = {row["lead_time_days"] for row in rows(items, *ITEM) if is_known(row["lead_time_days"])}
        note = "as listed in buttons.csv; none measured" if given else "no acknowledge press, no lead_time_days"
        spread = wording.number_range(min(given), max(given), 1) if len(given) > 1 else ""
        value = spread or (wording.number(min(given), 1) if given else "–")
        return Tile("Lead time", value, "d" if given else "", note)
    lasted = [row["lead_time_s"] for row in closed]
    value, unit = _spelt(sum(lasted) / len(lasted))
    note = f"median {wording.duration(median(lasted))}, longest {wording.duration(max(lasted))}; {_n(lasted)}"
    return Tile("Lead time, mean", value, unit, note, [seconds / DAY_S for seconds in lasted[-16:]])


def _n(values: Sequence[float]) -> str:
    return f"n{wording.NBSP}={wording.NBSP}{wording.number(len(values))}"


def _spelt(seconds: float) -> tuple[str, str]:
    if seconds >= 2 * DAY_S:
        return wording.number(seconds / DAY_S, 1), "d"
    if seconds >= 7200:
        return wording.number(seconds / 3600, 1), "h"
    return wording.number(seconds / 60), "min"


def _closed(leads: Any) -> list[dict[str, Any]]:
    return [row for row in rows(leads, *LEAD) if not row["is_open"] and not row["is_orphan"]]


LEAD = ("item", "pulled_at", "acknowledged_at", "lead_time_s", "is_open", "is_orphan", "age_s")


def _open_tile(leads: Any) -> Tile:
    table = rows(leads, *LEAD)
    waiting = sorted((row for row in table if row["is_open"]), key=lambda row: -row["age_s"])
    if not waiting:
        note = "every pull was acknowledged" if table else "nothing acknowledges deliveries"
        return Tile("Open pulls", "0" if table else "–", "", note)
    oldest = waiting[0]
    note = f"oldest: {oldest['item']}, **{wording.duration(oldest['age_s'])}**"
    return Tile("Open pulls", wording.number(len(waiting)), "", note)


def _risk_tile(items: Any, target: float) -> Tile:
    table = [row for row in rows(items, *ITEM) if is_known(row["risk"])]
    name = f"Items above {wording.percent(target)} risk"
    if not table:
        return Tile(name, "–", "", "needs pulls, a lead time and the cards in use")
    above = [row["item"] for row in table if is_above(row, target)]
    unsure = [row["item"] for row in table if is_unsure(row, target)]
    parts = [wording.joined(above[:2] + (["others"] if len(above) > 2 else []))] if above else []
    parts += [f"{_few(unsure)} uncertain"] if unsure else []
    course = sorted(row["risk"] for row in table)
    note = "; ".join(parts) or "all are within"
    state: Any = "alarm" if above else ""
    return Tile(name, str(len(above)), f"of {len(table)}", note, course, bars=True, state=state)


def _few(names: Sequence[str]) -> str:
    return wording.joined(list(names)) if len(names) < 3 else f"{wording.in_words(len(names))} more"


def leads_title(leads: Any) -> str:
    """`Refills take 2 d 14 h, three pulls are open`."""
    table = rows(leads, *LEAD)
    closed = [row["lead_time_s"] for row in table if not row["is_open"] and not row["is_orphan"]]
    waiting = sum(bool(row["is_open"]) for row in table)
    open_pulls = f"{wording.in_words(waiting)} pull{' is' if waiting == 1 else 's are'} open"
    if len(closed) < 2:
        return wording.sentence_case(
            f"too few refills to say how long they take; {open_pulls}" if table else "lead times"
        )
    return f"Half of the refills take longer than {wording.duration(median(closed))}; {open_pulls}"


def leads_note(leads: Any, items: Any) -> str:
    """Where lead times come from, and which acknowledgements had no pull."""
    table = rows(leads, *LEAD)
    closed = [row["lead_time_s"] for row in table if not row["is_open"] and not row["is_orphan"]]
    orphans = sum(bool(row["is_orphan"]) for row in table)
    given = sum(row["lead_time_source"] == "buttons.csv" for row in rows(items, *ITEM))
    parts = []
    if closed:
        mean = wording.duration(sum(closed) / len(closed))
        parts.append(f"Lead time from acknowledge presses, mean {mean} ({_n(closed)}).")
    if given:
        parts.append(f"That of {wording.count(given, 'item')} is the one listed in buttons.csv.")
    if orphans:
        acks = wording.count(orphans, "acknowledgement")
        parts.append(f"{acks} had no open pull and {'gives' if orphans == 1 else 'give'} no lead time.")
        if closed and orphans > FEW_ORPHANS * len(closed):
            parts.append("What was pulled before the capture began is unknown: the first lead times may be too short.")
    return " ".join(parts)


def risk_note(signal_when: str) -> str:
    """What the risk and its interval rest on."""
    when = "opened" if signal_when == "opened" else "emptied"
    return (
        f"A card leaves when its container is {when}. The interval comes from the pull rate alone; "
        "the lead time is taken as known."
    )


def dead_note(items: Any) -> str:
    """What a silent button may mean, with how often it was pressed."""
    dead = sorted((row for row in rows(items, *ITEM) if row["may_be_dead"]), key=lambda row: -row["silent_s"])
    if not dead:
        return "The limit is that of a t-chart over the item's own pauses; silence counts only while the capture ran."
    row = dead[0]
    presses = wording.count(int(row["presses"]), "press", "presses")
    return (
        f"Either the button or its battery failed ({presses} so far), or nobody took {row['item']}. "
        "Press it once to tell."
    )


def buckets_note(control: Any) -> str:
    """Which buckets are not tested."""
    table = rows(control, "start", "is_tested", optional=("is_baseline",))
    untested = {row["start"] for row in table if not (row["is_tested"] or row["is_baseline"])}
    return "Hollow: still open, or seen only in part by the capture; not tested." if untested else ""


def few_note(control: Any, by: str) -> str:
    """Of which items the buckets hold so few pulls that the limits of a c-chart are rough.

    Args:
        control: item, center (`tt.kanban.control`).
        by: day or week.
    """
    few = {row["item"] for row in rows(control, "item", "center") if _is_few(row["center"])}
    return f"Rough limits, for fewer than 5 pulls a {by}: {wording.joined(sorted(few))}." if few else ""


def _is_few(center: float | None) -> bool:
    return is_known(center) and center is not None and center < FEWEST_PER_BUCKET


def hint_note(presses: Any) -> str:
    """How many presses came by hand, and that an address can be forged."""
    by_hand = sum(bool(row["is_manual"]) for row in rows(presses, "is_manual"))
    hand = f"{wording.count(by_hand, 'press', 'presses')} entered by hand. " if by_hand else ""
    return f"{hand}A press is a hint: anyone on the network can send a frame with a button's address."
