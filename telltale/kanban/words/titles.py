"""Do the cards suffice, and do the buttons live: sentences and titles from `tt.kanban`, with neutral fallbacks."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from telltale import wording
from telltale.frames import local, rows
from telltale.kanban.analysis.coverage import ENOUGH, Coverage
from telltale.kanban.words.capture import away
from telltale.kanban.words.claims import (
    ABOUT,
    Items,
    every_item,
    items_among,
    items_pulled,
    of_capture,
    of_item,
    pulls,
)
from telltale.kanban.words.phrases import (
    is_above,
    is_judged,
    is_unsure,
    items_count,
    limit_words,
    risk_words,
    runs_short,
    silence_words,
    spelt,
)
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.lists import Concern
from telltale.page.pieces import Sentence
from telltale.page.said import Said, say
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

ITEM = (
    *("item", "pulls", "cards", "cards_recommended", "cards_lo", "cards_hi", "risk", "risk_lo", "risk_hi"),
    *("silent_s", "silent_calendar_s", "silence_limit_s", "may_be_dead", "last_press_at", "presses", "trend"),
    *("is_heard", "heard_until", "open_pulls", "note", "working_day_s", "is_acknowledged"),
    *("lead_time_days", "lead_time_calendar_days", "lead_time_source", "lead_time_n", "lead_times"),
)
"""Columns of `tt.kanban.items` the sentences are made of."""
_MOST_NAMED = 2
WEEK = 7
Rows = Sequence[Mapping[str, Any]]


def kanban_sentence(
    items: Any,
    coverage: Coverage | None,
    *,
    target: float,
    period: str,
    timezone: str = "UTC",
    about: Items = ABOUT,
) -> Said:
    """`!!Gaskets!! run short: about !!17 %!! of pulls find none left; go from **5 to 7 cards**. The …`.

    That nobody listens any more comes first, then what needs a look, whether the rest is as usual, and what was not
    captured.

    Args:
        items: `tt.kanban.items`.
        coverage: of the capture, where it has one.
        target: the largest risk one accepts, 1 minus the service level.
        period: when, such as `in 16 weeks`.
        timezone: of the site.
        about: what the claims share.
    """
    table = rows(items, *ITEM)
    count = sum(int(row["pulls"]) for row in table)
    gone = away(coverage, timezone=timezone, about=about)
    if not count:
        parts: list[str] = [say("**No pull** {}, so nothing is known about cards.", period)]
    else:
        parts = [*_short(table, target, about), *_dead(table, about)] or [_calm(table, count, target, period, about)]
    if not gone:
        return said.together([*parts, _uncovered(coverage, about)])
    return said.together([*parts, gone] if coverage is None else [gone, *parts])


def kanban_report_sentence(
    items: Any,
    coverage: Coverage | None,
    period: "Period",
    *,
    target: float,
    name: str = "",
    about: Items = ABOUT,
) -> Sentence:
    """The same as a page's opening, over the period it is about.

    Args:
        items: see `kanban_sentence`, `coverage`, `target` and `about` too.
        coverage: see there.
        period: what `tt.period` gave.
        target: see there.
        name: of the site.
        about: see there.
    """
    zone = period.timezone
    text = kanban_sentence(items, coverage, target=target, period=in_period(period), timezone=zone, about=about)
    return Sentence(text, f"{period.head} · {name}" if name else period.head)


def in_period(period: "Period") -> str:
    """`in 16 weeks`, `in these 61 days`, `in this month`, `today`."""
    if not period.running or period.unit not in ("day", "days"):
        return f"in these {period.days} days" if period.unit == "days" else f"in this {period.unit}"
    weeks, days = divmod(period.days, WEEK)
    if period.days == 1:
        return "today"
    return f"in {weeks} weeks" if weeks > 1 and not days else f"in these {period.days} days"


def _names(table: Rows) -> list[str]:
    return [row["item"] for row in table]


def _among(about: Items, table: Rows, measure: str) -> Said:
    """How many items are so, in words, as a claim."""
    return said.in_words(items_among(about, _names(table), measure))


def _items(about: Items, table: Rows, measure: str) -> Said:
    """`three items`, as a claim."""
    return items_count(len(table), items_among(about, _names(table), measure))


def _short(table: Rows, target: float, about: Items) -> list[Said]:
    """What is said of items that run short: the worst with its figures, the others by name."""
    found = sorted((row for row in table if runs_short(row, target)), key=lambda row: (-row["risk"], row["item"]))
    if not found:
        return []
    first = found[0]
    text = say(
        "!!{}!! {}about !!{}!! of pulls find none left. Go from **{}**",
        wording.sentence_case(first["item"]),
        "are pulled more and more often; " if first["trend"] == "rising" else "run short: ",
        said.percent(of_item(about, first, "risk")),
        _cards(first, about),
    )
    others = [say("!!{}!!", row["item"]) for row in found[1 : 1 + _MOST_NAMED]]
    if not others:
        return [say("{}.", text)]
    rest = found[1 + len(others) :]
    more = [say("{} more", _among(about, rest, "items_running_short"))] if rest else []
    return [say("{}; {} {} short too.", text, said.joined(others + more), "runs" if len(found) == 2 else "run")]


def _cards(row: Mapping[str, Any], about: Items) -> Said:
    used, wanted = of_item(about, row, "cards"), of_item(about, row, "cards_recommended")
    return say("{} to {}", said.number(used), said.count(wanted, "card"))


def _dead(table: Rows, about: Items) -> list[Said]:
    found = sorted((row for row in table if row["may_be_dead"]), key=lambda row: -row["silent_s"])
    if not found:
        return []
    first, others = found[0], found[1:]
    text = say("The !!{}!! button has been silent for !!{}!!", first["item"], silence_words(first, about))
    if not others:
        return [say("{}.", text)]
    count = said.count(items_among(about, _names(others), "items_past_their_limit"), "other")
    return [say("{}, {} past {} limit.", text, count, "its" if len(others) == 1 else "their")]


def _pulled(table: Rows, count: int, period: str, about: Items) -> Said:
    """`**120 pulls** of **five items** in 16 weeks`; `of **one of five items**` where the others were not pulled."""
    pulled = sum(bool(row["pulls"]) for row in table)
    every = items_count(len(table), every_item(about, len(table)))
    of = every if pulled == len(table) else say("{} of {}", said.in_words(items_pulled(about, pulled)), every)
    return say("**{}** of **{}** {}", said.count(pulls(about, count), "pull"), of, period)


def _calm(table: Rows, count: int, target: float, period: str, about: Items) -> Said:
    told = _pulled(table, count, period, about)
    sized = [row for row in table if is_known(row["cards_recommended"])]
    if not sized:
        return say("{}: too few to say how many cards {}.", told, "it needs" if len(table) == 1 else "they need")
    listed = [row for row in sized if is_known(row["cards"])]
    if not listed:
        return say("{}. How many cards are in use stands in buttons.csv, as cards; none is listed yet.", told)
    rest = _suffice(table, listed, target, about)
    judged = [row for row in table if is_judged(row)]
    if len(judged) == len(table):
        return say("{}; {}, and every button was pressed within its usual time.", told, rest)
    if not judged:
        return say("{}; {}.", told, rest)
    of = _among(about, judged, "buttons_judged")
    return say("{}; {}, and none of {} judged buttons is past its usual silence.", told, rest, of)


def _suffice(table: Rows, listed: Rows, target: float, about: Items) -> Said:
    """Whether the cards in use suffice, of how many items that can be said."""
    above = [row for row in listed if is_above(row, target)]
    if above:
        return say("{} above {} risk", _items(about, above, "items_above_target"), wording.percent(target))
    wanting = [row for row in listed if row["cards_recommended"] > row["cards"]]
    if wanting:
        return say("{} may need more cards", _items(about, wanting, "items_that_may_need_cards"))
    if len(listed) == len(table):
        return say("their cards suffice" if len(table) > 1 else "its cards suffice")
    unknown = [row for row in table if row not in listed]
    return say(
        "the cards of {} suffice, of {} too little is known",
        _among(about, listed, "items_with_enough_cards"),
        _among(about, unknown, "items_unknown"),
    )


def _uncovered(coverage: Coverage | None, about: Items) -> str:
    """`The capture was away for **9 h** of it.`, where that is much."""
    if coverage is None or coverage.share >= ENOUGH:
        return ""
    return say("The capture was away for **{}** of it.", said.duration(of_capture(about, coverage, "missing_s")))


def kanban_concerns(
    items: Any,
    *,
    now: dt.datetime,
    target: float,
    basis: str = "",
    page: str = "kanban",
    about: Items = ABOUT,
    has_choice: bool = False,
) -> list[Notice]:
    """A line for each item that runs short and each button that may be dead, for what needs a look.

    Args:
        items: `tt.kanban.items`.
        now: the present on the site's clock.
        target: the largest risk one accepts.
        basis: the stretch risks are of, said where another page may show another one.
        page: where it is shown.
        about: what the claims share.
        has_choice: whether the page offers a choice of item, which its link then makes.
    """
    found = []
    rule = f"target {wording.percent(target)}" + (f"; by {basis}" if basis else "")
    for row in rows(items, *ITEM):
        notices = [_runs_short(row, now, rule, page, about)] if runs_short(row, target) else []
        notices += [_may_be_dead(row, now, page, about)] if row["may_be_dead"] else []
        choice = f"item={quote(spelt(row['item']))}" if has_choice else ""
        found += [notice._replace(concern=replace(notice.concern, choice=choice)) for notice in notices]
    return found


def _runs_short(row: Mapping[str, Any], now: dt.datetime, rule: str, page: str, about: Items) -> Notice:
    evidence = say("{} risk; {}", risk_words(row, about), rule)
    likely = say("go from {}", _cards(row, about))
    when = "now"
    if not row["is_heard"] and row["heard_until"] is not None:
        until = wording.short_moment(local(row["heard_until"], str(now.tzinfo)))
        when = say("as of {}", said.claimed(of_item(about, row, "heard_until"), until))
    concern = Concern("alarm", f"{wording.sentence_case(row['item'])}: cards run short", evidence, when, likely, page)
    return Notice(concern, f"!!{row['item']}!! run short", None)


def _may_be_dead(row: Mapping[str, Any], now: dt.datetime, page: str, about: Items) -> Notice:
    silent, start = silence_words(row, about), local(row["last_press_at"], str(now.tzinfo))
    since = said.claimed(of_item(about, row, "last_press_at"), wording.dated_moment(start, now))
    concern = Concern(
        "alarm",
        f"{wording.sentence_case(row['item'])}: button silent",
        say("{}; limit {}", silent, limit_words(row, about)),
        say("since {}", since),
        "button, battery or no demand",
        page,
    )
    return Notice(concern, say("the !!{}!! button has been silent for !!{}!!", row["item"], silent), start)


def cards_title(items: Any, about: Items = ABOUT) -> Said:
    """`Gaskets 40 mm need 7 cards, not 5`."""
    every = rows(items, *ITEM)
    table = [row for row in every if is_known(row["cards_recommended"])]
    if not table:
        return say("Cards: too little is known to say")
    listed = [row for row in table if is_known(row["cards"])]
    if not listed:
        return say("Cards recommended; those in use are not listed")
    more = sorted((row for row in listed if row["cards_recommended"] > row["cards"]), key=_by_difference)
    fewer = sorted((row for row in listed if row["cards_recommended"] < row["cards"]), key=_by_difference)
    if len(more) > 1:
        return said.sentence_case(say("{} need more cards", _items(about, more, "items_that_may_need_cards")))
    if more or fewer:
        (row, *_) = more or fewer
        wanted = said.count(of_item(about, row, "cards_recommended"), "card")
        verb = "need" if more else "would do with"
        used = said.number(of_item(about, row, "cards"))
        return say("{} {} {}, not {}", wording.sentence_case(row["item"]), verb, wanted, used)
    unknown = [row for row in every if row not in listed]
    if unknown:
        return say(
            "The cards of {} are those recommended; of {} too little is known",
            _items(about, listed, "items_with_enough_cards"),
            _among(about, unknown, "items_unknown"),
        )
    return say("The cards in use are those recommended")


def _by_difference(row: Mapping[str, Any]) -> tuple[float, str]:
    return -abs(row["cards_recommended"] - row["cards"]), row["item"]


def risk_title(items: Any, *, target: float, about: Items = ABOUT) -> Said:
    """`One item runs empty too often: gaskets`, or that none does as far as one can say."""
    every = rows(items, *ITEM)
    table = [row for row in every if is_known(row["risk"])]
    if not table:
        return say("Will it run empty? Too little is known to say")
    above = sorted((row for row in table if is_above(row, target)), key=lambda row: -row["risk"])
    unsure = [row for row in table if is_unsure(row, target)]
    if above:
        names = wording.joined([row["item"] for row in above[:2]] + (["others"] if len(above) > 2 else []))
        count = said.sentence_case(_items(about, above, "items_above_target"))
        return say("{} {} empty too often: {}", count, "runs" if len(above) == 1 else "run", names)
    none = f"No item is above {wording.percent(target)} risk"
    if unsure:
        return say("{} for sure; {} may be", none, _among(about, unsure, "items_perhaps_above_target"))
    if len(table) < len(every):
        return say("{}, as far as it is known", none)
    return say("Every item stays within {} risk", wording.percent(target))


def silence_title(items: Any, about: Items = ABOUT) -> Said:
    """`The M6 screws button may be dead`, or that every button was pressed within its limit."""
    every = rows(items, *ITEM)
    table = [row for row in every if is_known(row["silent_s"])]
    dead = [row for row in table if row["may_be_dead"]]
    if len(dead) > 1:
        return say("The buttons of {} may be dead", _items(about, dead, "items_past_their_limit"))
    if dead:
        return say("The {} button may be dead", dead[0]["item"])
    if table and not any(row["is_heard"] for row in table):
        return say("Whether buttons live is not known: no capture listens")
    judged = [row for row in table if is_judged(row)]
    if not judged:
        return say("How long buttons have been silent; too few presses for a limit")
    unknown = [row for row in every if row not in judged]
    if unknown:
        many = say("None of {} buttons is", _among(about, judged, "buttons_judged"))
        none = many if len(judged) > 1 else f"The {judged[0]['item']} button is not"
        rest = _among(about, unknown, "buttons_unknown")
        return say("{} past its usual silence; of {} too little is known", none, rest)
    return say("Every button was pressed within its usual time")
