"""Do the cards suffice, and do the buttons live: sentences and titles from `tt.kanban`, with neutral fallbacks."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from telltale import wording
from telltale.frames import local, rows
from telltale.kanban.words.capture import ENOUGH, Coverage
from telltale.kanban.words.phrases import FEWEST_WHOLE, RECENT, bucket_name, is_above, is_unsure, risk_words, runs_short
from telltale.page.attention import Notice
from telltale.page.lists import Concern
from telltale.page.pieces import Sentence
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period

ITEM = (
    *("item", "pulls", "cards", "cards_recommended", "cards_lo", "cards_hi", "risk", "risk_lo", "risk_hi"),
    *("silent_s", "silence_limit_s", "may_be_dead", "last_press_at", "presses", "trend", "open_pulls", "note"),
    *("lead_time_days", "lead_time_source", "lead_times"),
)
"""Columns of `tt.kanban.items` the sentences are made of."""
_MOST_NAMED = 2
WEEK = 7


def kanban_sentence(items: Any, coverage: Coverage | None, *, target: float, period: str) -> str:
    """`!!Gaskets!! run short: about !!17 %!! of pulls find none left; go from **5 to 7 cards**. The …`.

    What needs a look comes first, then whether the rest is as usual, then what was not captured.

    Args:
        items: `tt.kanban.items`.
        coverage: of the capture, where it has one.
        target: the largest risk one accepts, 1 minus the service level.
        period: when, such as `in 16 weeks`.
    """
    table = rows(items, *ITEM)
    pulls = sum(int(row["pulls"]) for row in table)
    if not pulls:
        return f"**No pull** {period}, so nothing is known about cards.{_uncovered(coverage)}"
    parts = [*_short(table, target), *_dead(table)]
    if not parts:
        parts = [_calm(table, pulls, target, period)]
    return " ".join(parts) + _uncovered(coverage)


def kanban_report_sentence(
    items: Any, coverage: Coverage | None, period: "Period", *, target: float, name: str = ""
) -> Sentence:
    """The same as a page's opening, over the period it is about.

    Args:
        items: see `kanban_sentence`, `coverage` and `target` too.
        coverage: see there.
        period: what `tt.period` gave.
        target: see there.
        name: of the site.
    """
    text = kanban_sentence(items, coverage, target=target, period=in_period(period))
    return Sentence(text, f"{period.head} · {name}" if name else period.head)


def in_period(period: "Period") -> str:
    """`in 16 weeks`, `in these 61 days`, `in this month`, `today`."""
    if not period.running or period.unit not in ("day", "days"):
        return f"in these {period.days} days" if period.unit == "days" else f"in this {period.unit}"
    weeks, days = divmod(period.days, WEEK)
    if period.days == 1:
        return "today"
    return f"in {weeks} weeks" if weeks > 1 and not days else f"in these {period.days} days"


def _short(table: Sequence[Mapping[str, Any]], target: float) -> list[str]:
    """What is said of items that run short: the worst with its figures, the others by name."""
    found = sorted((row for row in table if runs_short(row, target)), key=lambda row: (-row["risk"], row["item"]))
    if not found:
        return []
    first = found[0]
    faster = "are pulled more and more often; " if first["trend"] == "rising" else "run short: "
    text = (
        f"!!{wording.sentence_case(first['item'])}!! {faster}about !!{wording.percent(first['risk'])}!! of pulls find "
        f"none left. Go from **{_cards(first)}**"
    )
    others = [f"!!{row['item']}!!" for row in found[1 : 1 + _MOST_NAMED]]
    if not others:
        return [f"{text}."]
    more = len(found) - 1 - len(others)
    also = wording.joined(others + ([f"{wording.in_words(more)} more"] if more else []))
    return [f"{text}; {also} {'runs' if len(found) == 2 else 'run'} short too."]


def _cards(row: Mapping[str, Any]) -> str:
    return f"{wording.number(row['cards'])} to {wording.count(int(row['cards_recommended']), 'card')}"


def _dead(table: Sequence[Mapping[str, Any]]) -> list[str]:
    found = sorted((row for row in table if row["may_be_dead"]), key=lambda row: -row["silent_s"])
    if not found:
        return []
    first = found[0]
    text = f"The !!{first['item']}!! button has been silent for !!{wording.duration(first['silent_s'])}!!"
    others = len(found) - 1
    return [
        f"{text}, {wording.count(others, 'other')} past {'its' if others == 1 else 'their'} limit."
        if others
        else f"{text}."
    ]


def _calm(table: Sequence[Mapping[str, Any]], pulls: int, target: float, period: str) -> str:
    told = f"**{wording.count(pulls, 'pull')}** of **{_items(len(table))}** {period}"
    sized = [row for row in table if is_known(row["cards_recommended"])]
    if not sized:
        return f"{told}: too few to say how many cards they need."
    listed = [row for row in sized if is_known(row["cards"])]
    if not listed:
        return f"{told}. How many cards are in use stands in buttons.csv, as cards; none is listed yet."
    above = [row for row in listed if is_above(row, target)]
    rest = "their cards suffice" if len(table) > 1 else "its cards suffice"
    if above:
        rest = f"{_items(len(above))} above {wording.percent(target)} risk"
    elif len(listed) < len(table):
        unknown = wording.in_words(len(table) - len(listed))
        rest = f"the cards of {wording.in_words(len(listed))} suffice, of {unknown} too little is known"
    judged = [row for row in table if is_known(row["silence_limit_s"])]
    if len(judged) == len(table):
        return f"{told}; {rest}, and every button was pressed within its usual time."
    return f"{told}; {rest}{', and no button is past its usual silence' if judged else ''}."


def _items(count: int) -> str:
    return f"{wording.in_words(count)} item{'' if count == 1 else 's'}"


def _uncovered(coverage: Coverage | None) -> str:
    """` The capture was away for **9 h**.`, where that is much."""
    if coverage is None or coverage.share >= ENOUGH:
        return ""
    return f" The capture was away for **{wording.duration(coverage.missing_s)}** of it."


def kanban_concerns(items: Any, *, now: dt.datetime, target: float, page: str = "kanban") -> list[Notice]:
    """A line for each item that runs short and each button that may be dead, for what needs a look.

    Args:
        items: `tt.kanban.items`.
        now: the present on the site's clock.
        target: the largest risk one accepts.
        page: where it is shown.
    """
    found = []
    for row in rows(items, *ITEM):
        name = wording.sentence_case(row["item"])
        if runs_short(row, target):
            evidence = f"{risk_words(row)} risk; target {wording.percent(target)}"
            likely = f"go from {_cards(row)}"
            concern = Concern("alarm", f"{name}: cards run short", evidence, "now", likely, page)
            found.append(Notice(concern, f"!!{row['item']}!! run short", None))
        if row["may_be_dead"]:
            silent, limit = (wording.duration(row[column]) for column in ("silent_s", "silence_limit_s"))
            start = local(row["last_press_at"], str(now.tzinfo))
            when = f"since {wording.short_moment(start)}"
            concern = Concern(
                "alarm",
                f"{name}: button silent",
                f"{silent}; limit {limit}",
                when,
                "button, battery or no demand",
                page,
            )
            found.append(Notice(concern, f"the !!{row['item']}!! button has been silent for !!{silent}!!", start))
    return found


def pulls_title(control: Any, *, timezone: str = "UTC") -> str:
    """`Gaskets are pulled more often than their limits allow; the rest is steady`, by the newest tested buckets."""
    table = rows(control, "item", "label", "start", "value", "center", "signal", "is_tested", optional=("is_baseline",))
    whole: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(table, key=lambda row: (row["item"], row["start"])):
        found = whole.setdefault(row["item"], [])
        if row["is_tested"] or row["is_baseline"]:
            found.append(row)
    late = {item: [row for row in found[-RECENT:] if row["signal"]] for item, found in whole.items()}
    news = [(item, found[-1]) for item, found in late.items() if found]
    most = max((len(found) for found in whole.values()), default=0)
    if most < FEWEST_WHOLE or not any(is_known(row["center"]) for row in table):
        return "Pulls by bucket; too few to say what is usual"
    if not news:
        earlier = sum(1 for found in whole.values() for row in found if row["signal"])
        if earlier:
            return f"Pulls are steady now; {wording.in_words(earlier)} earlier {_were(earlier)} outside the limits"
        return "Pulls are steady: no item leaves its limits"
    item, row = news[0]
    side = "above" if row["value"] > row["center"] else "below"
    when = bucket_name(row["label"], row["start"], timezone)
    name = wording.sentence_case(item)
    if len(news) > 1:
        return f"{wording.sentence_case(_items(len(news)))} left their limits, {name} {side} in {when}"
    rest = "; the rest is steady" if len(whole) > 1 else ""
    return f"{name} was pulled {'more' if side == 'above' else 'less'} often than its limits allow, {when}{rest}"


def _were(count: int) -> str:
    return "bucket was" if count == 1 else "buckets were"


def cards_title(items: Any) -> str:
    """`Gaskets 40 mm need 7 cards, not 5`."""
    table = [row for row in rows(items, *ITEM) if is_known(row["cards_recommended"])]
    if not table:
        return "Cards: too few pulls to say"
    listed = [row for row in table if is_known(row["cards"])]
    if not listed:
        return "Cards recommended; those in use are not listed"
    more = sorted((row for row in listed if row["cards_recommended"] > row["cards"]), key=_by_difference)
    fewer = sorted((row for row in listed if row["cards_recommended"] < row["cards"]), key=_by_difference)
    if len(more) > 1:
        return f"{wording.sentence_case(_items(len(more)))} need more cards"
    if more or fewer:
        (row, *_) = more or fewer
        wanted = wording.count(int(row["cards_recommended"]), "card")
        verb = "need" if more else "would do with"
        return f"{wording.sentence_case(row['item'])} {verb} {wanted}, not {wording.number(row['cards'])}"
    return "The cards in use are those recommended"


def _by_difference(row: Mapping[str, Any]) -> tuple[float, str]:
    return -abs(row["cards_recommended"] - row["cards"]), row["item"]


def risk_title(items: Any, *, target: float) -> str:
    """`One item runs empty too often: gaskets`, or that none does as far as one can say."""
    table = [row for row in rows(items, *ITEM) if is_known(row["risk"])]
    if not table:
        return "Will it run empty? Too little is known to say"
    above = sorted((row for row in table if is_above(row, target)), key=lambda row: -row["risk"])
    unsure = [row for row in table if is_unsure(row, target)]
    if above:
        names = wording.joined([row["item"] for row in above[:2]] + (["others"] if len(above) > 2 else []))
        verb = "runs" if len(above) == 1 else "run"
        return f"{wording.sentence_case(_items(len(above)))} {verb} empty too often: {names}"
    if unsure:
        return f"No item is above {wording.percent(target)} risk for sure; {wording.in_words(len(unsure))} may be"
    if len(table) < len(rows(items, "item")):
        return f"No item is above {wording.percent(target)} risk, as far as it is known"
    return f"Every item stays within {wording.percent(target)} risk"


def silence_title(items: Any) -> str:
    """`The M6 screws button may be dead`, or that every button was pressed within its limit."""
    table = [row for row in rows(items, *ITEM) if is_known(row["silent_s"])]
    dead = sorted((row for row in table if row["may_be_dead"]), key=lambda row: -row["silent_s"])
    if len(dead) > 1:
        return f"The buttons of {_items(len(dead))} may be dead"
    if dead:
        return f"The {dead[0]['item']} button may be dead"
    judged = [row for row in table if is_known(row["silence_limit_s"])]
    if not judged:
        return "How long buttons have been silent; too few pulls for a limit"
    if len(judged) < len(rows(items, "item")):
        return "No button is past its usual silence; of some too little is known"
    return "Every button was pressed within its usual time"
