"""Cards and pulls in figures: the tiles of a page, and the doubts beside its charts."""

from collections.abc import Mapping, Sequence
from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.kanban.analysis.coverage import Coverage
from telltale.kanban.analysis.limits import FEWEST_PER_BUCKET
from telltale.kanban.words import claims
from telltale.kanban.words.capture import capture_tile, silent_since
from telltale.kanban.words.claims import (
    ABOUT,
    Items,
    age_words,
    every_item,
    items_among,
    of_item,
    of_pressed,
    refills_words,
    spread,
)
from telltale.kanban.words.phrases import is_above, is_unsure, items_count
from telltale.kanban.words.pulls import pulls_tile
from telltale.kanban.words.refills import Refill, closed, lasting, lost, orphans, refills, still_open
from telltale.kanban.words.titles import ITEM
from telltale.kanban.words.working_time import basis, mean
from telltale.page import said
from telltale.page.pieces import Tile, Tiles
from telltale.page.said import Said, say
from telltale.wording import is_known

FEW_ORPHANS = 0.15
"""So many acknowledgements without a pull, for each with one, and the pairs may be wrong ones."""


def kanban_tiles(
    items: Any,
    weeks: Any,
    leads: Any,
    covered: Coverage | None,
    *,
    target: float,
    days: int,
    timezone: str = "UTC",
    about: Items = ABOUT,
) -> Tiles:
    """Pulls of seven days, mean lead time, open pulls, items above the accepted risk, capture running.

    Args:
        items: `tt.kanban.items`.
        weeks: `tt.kanban.weeks`.
        leads: `tt.kanban.lead_times`.
        covered: what `coverage` gave.
        target: the largest risk one accepts.
        days: of the period.
        timezone: of the site.
        about: what the claims share.
    """
    return Tiles(
        (
            pulls_tile(weeks, about),
            _lead_tile(leads, items, about),
            _open_tile(leads, items, covered, timezone, about),
            _risk_tile(items, target, about),
            capture_tile(covered, days=days, timezone=timezone, about=about),
        )
    )


def _lead_tile(leads: Any, items: Any, about: Items) -> Tile:
    done = sorted(closed(refills(leads)), key=lambda refill: refill.acknowledged_at or refill.pulled_at)
    if not done:
        return _listed_lead_tile(items, about)
    lasted = lasting(done)
    usual = mean(lasted)
    value, unit = usual.figure
    by_calendar = claims.refills(about, done, usual.calendar_s, "mean", "calendar_s")
    note = say(
        "{}median {}, longest {}; {}",
        say("{}; ", said.claimed(by_calendar, usual.by_calendar)) if usual.by_calendar else "",
        refills_words(done, "median", about),
        refills_words(done, "max", about),
        _n(done, about),
    )
    counted = said.claimed(claims.refills(about, done, usual.seconds, "mean"), value)
    return Tile("Lead time, mean", counted, unit, note, [time.days for time in lasted[-16:]])


def _listed_lead_tile(items: Any, about: Items) -> Tile:
    """The lead times of buttons.csv, where none was measured."""
    given = sorted((row for row in rows(items, *ITEM) if is_known(row["lead_time_days"])), key=_by_lead_time)
    if not given:
        return Tile("Lead time", "–", "", "no acknowledge press, no lead_time_days")
    least, most = (of_item(about, row, "lead_time_days") for row in (given[0], given[-1]))
    value = said.number(least, 1) if least.value == most.value else spread(least, most, digits=1)
    unit = "working days" if is_known(given[0]["working_day_s"]) else "d"
    return Tile("Lead time", value, unit, "as listed in buttons.csv; none measured")


def _by_lead_time(row: Mapping[str, Any]) -> float:
    return float(row["lead_time_days"])


def _n(found: Sequence[Refill], about: Items) -> Said:
    count = said.number(claims.refills_counted(about, found, is_open=False))
    return say("n{}={}{}", wording.NBSP, wording.NBSP, count)


def _open_tile(leads: Any, items: Any, covered: Coverage | None, timezone: str, about: Items) -> Tile:
    waiting = still_open(refills(leads))
    pulled = [row for row in rows(items, *ITEM) if row["pulls"] or row["open_pulls"]]
    followed = [row["item"] for row in pulled if row["is_acknowledged"]]
    if not followed and not waiting:
        return Tile("Open pulls", "–", "", "nothing acknowledges deliveries")
    others = [row["item"] for row in pulled if row["item"] not in followed]
    some = items_count(len(followed), items_among(about, followed, "items_acknowledged"))
    parts = [say("every pull of {} was acknowledged", some) if others else "every pull was acknowledged"]
    if waiting:
        parts = [say("oldest: {}, **{}**", waiting[0].item, age_words(waiting[0], about))]
    if others:
        unknown = said.in_words(items_among(about, others, "items_not_acknowledged"))
        parts.append(say("of {} it is not known", unknown))
    if covered is not None and covered.silent_since is not None:
        parts.append(say("as heard until {}", silent_since(covered, timezone, about)))
    count = said.number(claims.refills_counted(about, waiting, is_open=True))
    return Tile("Open pulls", count, "", said.together(parts, "; "))


def _risk_tile(items: Any, target: float, about: Items) -> Tile:
    every = rows(items, *ITEM)
    table = [row for row in every if is_known(row["risk"])]
    name = f"Items above {wording.percent(target)} risk"
    if not table:
        return Tile(name, "–", "", "needs pulls, a lead time and the cards in use")
    above = [row["item"] for row in table if is_above(row, target)]
    unsure = [row["item"] for row in table if is_unsure(row, target)]
    parts: list[str] = [wording.joined(above[:2] + (["others"] if len(above) > 2 else []))] if above else []
    parts += [say("{} uncertain", _few(unsure, "items_perhaps_above_target", about))] if unsure else []
    unknown = [row["item"] for row in every if row not in table]
    parts = parts or ["the others are within" if unknown else "all are within"]
    if unknown:
        parts.append(say("of {} it is not known", said.in_words(items_among(about, unknown, "items_unknown"))))
    value = said.number(items_among(about, above, "items_above_target"))
    of = say("of {}", said.number(every_item(about, len(every))))
    state: Any = "alarm" if above else ""
    note = said.together(parts, "; ")
    return Tile(name, value, of, note, sorted(row["risk"] for row in table), bars=True, state=state)


def _few(names: Sequence[str], measure: str, about: Items) -> str:
    """The names of one or two, the count of more."""
    if len(names) < 3:
        return wording.joined(list(names))
    return say("{} more", said.in_words(items_among(about, names, measure)))


def leads_title(leads: Any, items: Any, about: Items = ABOUT) -> Said:
    """`Half of the refills take longer than 2 d 14 h; three pulls are open`, of how many items, if not of all."""
    found = refills(leads)
    done, waiting = closed(found), still_open(found)
    count = said.in_words(claims.refills_counted(about, waiting, is_open=True))
    pulled = [row for row in rows(items, *ITEM) if row["pulls"]]
    followed = [row["item"] for row in pulled if row["is_acknowledged"]]
    some = items_count(len(followed), items_among(about, followed, "items_acknowledged"))
    of = say(" of the {} acknowledged", some) if len(followed) < len(pulled) else ""
    open_pulls = say("{} pull{}{} {} open", count, "" if len(waiting) == 1 else "s", of,
                     "is" if len(waiting) == 1 else "are")  # fmt: skip
    if len(done) >= 2:
        return say("Half of the refills take longer than {}; {}", refills_words(done, "median", about), open_pulls)
    if not found and not orphans(leads):
        return say("Lead times")
    return say("Too few refills to say how long they take; {}", open_pulls)


def leads_note(leads: Any, items: Any, about: Items = ABOUT) -> Said:
    """Where lead times come from, on which basis, which items nobody acknowledges, which deliveries had no pull."""
    done, alone = closed(refills(leads)), orphans(leads)
    table = rows(items, *ITEM)
    given = [row["item"] for row in table if row["lead_time_source"] == "buttons.csv"]
    parts: list[str] = []
    if done:
        usual = refills_words(done, "mean", about)
        parts.append(say("Lead time from acknowledge presses, mean {} ({}).", usual, _n(done, about)))
    if given:
        count = said.count(items_among(about, given, "items_with_listed_lead_time"), "item")
        parts.append(say("That of {} is the one listed in buttons.csv.", count))
    unfollowed = sorted(row["item"] for row in table if row["pulls"] and not row["is_acknowledged"])
    if unfollowed and len(unfollowed) < len(table):
        few = _few(unfollowed, "items_not_acknowledged", about)
        parts.append(say("Nobody acknowledges {}: whether those pulls are open is not known.", few))
    if alone:
        acks = said.count(claims.orphans(about, alone), "acknowledgement")
        parts.append(say("{} had no open pull and {} no lead time.", acks, "gives" if alone == 1 else "give"))
        if done and alone > FEW_ORPHANS * len(done):
            parts.append("What was pulled before the capture began is unknown: the first lead times may be too short.")
    if given_up := lost(leads):
        pulls = said.count(claims.lost(about, given_up), "pull")
        parts.append(say("{} {} never acknowledged and left out.", pulls, "was" if given_up == 1 else "were"))
    return said.together([*parts, *_bases(table)])


def _bases(table: Sequence[Mapping[str, Any]]) -> list[str]:
    return [basis(day_s) for day_s in sorted({row["working_day_s"] for row in table if is_known(row["working_day_s"])})]


def risk_note(signal_when: str) -> str:
    """What the risk and its interval rest on."""
    when = "opened" if signal_when == "opened" else "emptied"
    return (
        f"A card leaves when its container is {when}. The interval comes from the pull rate alone; "
        "the lead time is taken as known."
    )


def dead_note(items: Any, about: Items = ABOUT) -> Said:
    """What a silent button may mean, with how often it was pressed."""
    table = rows(items, *ITEM)
    dead = sorted((row for row in table if row["may_be_dead"]), key=lambda row: -row["silent_s"])
    if not dead:
        note = "The limit is that of a t-chart over the item's own pauses; silence counts only while the capture ran."
        return said.together([note, *_bases(table)])
    presses = said.count(of_item(about, dead[0], "presses"), "press", "presses")
    return say(
        "Either the button or its battery failed ({} so far), or nobody took {}. Press it once to tell.",
        presses,
        dead[0]["item"],
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


def hint_note(presses: Any, about: Items = ABOUT) -> Said:
    """How many presses came by hand, and that an address can be forged."""
    by_hand = sum(bool(row["is_manual"]) for row in rows(presses, "is_manual"))
    count = said.count(of_pressed(about, by_hand, "presses_by_hand", "count", is_manual=True), "press", "presses")
    hand = say("{} entered by hand. ", count) if by_hand else ""
    return say("{}A press is a hint: anyone on the network can send a frame with a button's address.", hand)
