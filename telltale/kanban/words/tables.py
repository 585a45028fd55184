"""Cards and pulls in tables: sizing, last pulls and presses, trends."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.kanban.words.claims import ABOUT, Items, items_among, of_item, of_test, spread
from telltale.kanban.words.phrases import items_count, lead_words, risk_words
from telltale.kanban.words.titles import ITEM
from telltale.kanban.words.working_time import DAY_S
from telltale.page import said
from telltale.page.pieces import Table
from telltale.page.said import Said, say
from telltale.wording import is_known

FORMULAS = {
    "poisson": "Poisson",
    "classic": "classic, with a safety share",
    "safety_days": "safety in days",
    "statistical": "statistical",
}
"""How formulas of cards are called on a page."""


def sizing_words(rules: Any) -> str:
    """The formula of the recommended cards with its settings, for a sub-title.

    Args:
        rules: `[kanban]` of telltale.toml.

    Source: wire/kanban.md 8.
    """
    unit = "working days" if rules.working_hours or rules.holidays else "d"
    service, container = wording.percent(rules.service_level), "÷ container, rounded up"
    beyond = "N" if rules.signal_when == "opened" else f"N {wording.MINUS} 1"
    told = {
        "poisson": f"Poisson, service {service}: fewest cards N with P(X < {beyond}) ≥ {service}, "
        "X the pulls within the lead time",
        "classic": f"N = demand × lead time × (1 + {wording.percent(rules.safety_share)}) {container}",
        "safety_days": f"N = demand × (lead time + {wording.quantity(rules.safety_days, unit, 1)}) {container}",
        "statistical": f"N = (D L + z √(L σ²D + D² σ²L)) {container}; service {service}",
    }[rules.formula]
    review = wording.quantity(rules.review_days, unit, 1)
    return f"{told}; {review} between pick-ups added to the lead time" if rules.review_days else told


def sizing_table(items: Any, about: Items = ABOUT) -> Table:
    """Each item: pulls, demand with interval, container, lead time, cards in use and recommended, risk."""
    table = rows(items, *ITEM, "demand_per_day", "demand_lo", "demand_hi", "container_qty")
    body = [
        [
            row["item"],
            said.number(of_item(about, row, "pulls")),
            _demand(row, about),
            _container(row, about),
            _lead(row, about),
            _cards(row, about),
            risk_words(row, about) if is_known(row["risk"]) else "–",
            row["note"] or "–",
        ]
        for row in table
    ]
    heads = ("Item", "Pulls", f"Demand a {_day(table)}", "Container", "Lead time", "Cards", "Risk", "Note")
    return Table(heads, body, right=(1, 2, 3, 4, 5, 6), wide=(2, 3, 7))


def _demand(row: Mapping[str, Any], about: Items) -> str:
    if not is_known(row["demand_per_day"]):
        return "–"
    digits = 0 if row["demand_per_day"] >= 20 else 1
    demand = said.number(of_item(about, row, "demand_per_day"), digits)
    if not (is_known(row["demand_lo"]) and is_known(row["demand_hi"])):
        return demand
    ends = (of_item(about, row, column) for column in ("demand_lo", "demand_hi"))
    return say("{} ({})", demand, spread(*ends, digits=digits))


def _container(row: Mapping[str, Any], about: Items) -> str:
    quantity = row["container_qty"]
    if not is_known(quantity):
        return "–"
    return said.number(of_item(about, row, "container_qty"), 0 if quantity == round(quantity) else 1)


def _lead(row: Mapping[str, Any], about: Items) -> str:
    if not is_known(row["lead_time_days"]):
        return "unknown"
    if row["lead_time_source"] != "measured":
        return say("{}, listed", lead_words(row, about))
    n = said.number(of_item(about, row, "lead_time_n"))
    return say("{}, n{}={}{}", lead_words(row, about), wording.NBSP, wording.NBSP, n)


def _cards(row: Mapping[str, Any], about: Items) -> str:
    used = said.number(of_item(about, row, "cards")) if is_known(row["cards"]) else "?"
    if not is_known(row["cards_recommended"]):
        return say("{}; too little known", used)
    wanted = said.number(of_item(about, row, "cards_recommended"))
    if used == wanted:
        return wanted
    return say("{} → **{}**", used, wanted)


def last_pulls_table(items: Any, *, timezone: str = "UTC", about: Items = ABOUT) -> Table:
    """Each item: rate with interval, pulls, open ones, last pull and press, presses its buttons have made."""
    table = rows(items, *ITEM, "rate_per_day", "rate_lo", "rate_hi", "last_pull_at", optional=("observed_s",))
    newest = max((local(row["last_press_at"], timezone) for row in table if row["last_press_at"]), default=None)
    body = [
        [
            row["item"],
            _rate(row, about),
            said.number(of_item(about, row, "pulls")),
            said.number(of_item(about, row, "open_pulls")) if row["is_acknowledged"] else "not followed",
            _moment(row, "last_pull_at", timezone, newest, about),
            say("!!{}!!" if row["may_be_dead"] else "{}", _moment(row, "last_press_at", timezone, newest, about)),
            said.number(of_item(about, row, "presses")),
            row["trend"] if row["trend"] != "too few" else "too few to say",
        ]
        for row in table
    ]
    heads = (
        "Item",
        f"Pulls a {_day(table)} (95 %)",
        "Pulls",
        "Open",
        "Last pull",
        "Last press",
        "Presses so far",
        "Trend",
    )
    return Table(heads, body, right=(1, 2, 3, 6), wide=(2, 3, 4, 6))


def _day(table: Sequence[Mapping[str, Any]]) -> str:
    """What rates are per: a working day where a calendar is kept."""
    return "working day" if any(is_known(row["working_day_s"]) for row in table) else "day"


def _rate(row: Mapping[str, Any], about: Items) -> str:
    if not is_known(row["rate_per_day"]):
        return "–"
    day_s = row["working_day_s"] if is_known(row["working_day_s"]) else DAY_S
    if is_known(row["observed_s"]) and row["observed_s"] < day_s:
        return "heard for less than a day"
    ends = (of_item(about, row, column) for column in ("rate_lo", "rate_hi"))
    return say("{} ({})", said.number(of_item(about, row, "rate_per_day"), 1), spread(*ends, digits=1))


def _moment(row: Mapping[str, Any], column: str, zone: str, newest: dt.datetime | None, about: Items) -> str:
    """Of years ago with its year, seen from the newest press of all."""
    if row[column] is None:
        return "–"
    moment = local(row[column], zone)
    return said.claimed(of_item(about, row, column), wording.dated_moment(moment, newest or moment))


TESTS = {
    "mann_kendall": "Mann–Kendall, by weekday",
    "laplace": "Laplace, by moment",
    "two_periods": "against as long before",
}
VERDICTS = {"none": "no trend", "too few": "too few to say"}


def pull_trends_table(trends: Any, about: Items = ABOUT) -> Table:
    """Each item and test: events, p, slope, verdict in words."""
    body = [
        [
            row["item"],
            TESTS.get(row["test"], row["test"]),
            said.number(of_test(about, row, "n")),
            said.claimed(of_test(about, row, "p_value"), _p(row["p_value"])),
            said.number(of_test(about, row, "slope_per_day"), 3, signed=True)
            if is_known(row["slope_per_day"])
            else "–",
            VERDICTS.get(row["verdict"], row["verdict"]),
        ]
        for row in rows(trends, "item", "test", "n", "p_value", "slope_per_day", "verdict")
    ]
    return Table(("Item", "Test", "n", "p", "Slope a day", "Verdict"), body, right=(2, 3, 4), wide=(4,))


def _p(value: float | None) -> str:
    if not is_known(value) or value is None:
        return "–"
    return f"<{wording.NBSP}0.001" if value < 0.001 else wording.number(value, 3)


def pull_trends_title(trends: Any, about: Items = ABOUT) -> Said:
    """`Gaskets are pulled more and more often`: what at least two tests agree on."""
    verdicts: dict[str, list[str]] = {}
    for row in rows(trends, "item", "verdict"):
        verdicts.setdefault(row["item"], []).append(row["verdict"])
    ways = {way: [item for item, told in verdicts.items() if told.count(way) >= 2] for way in ("rising", "falling")}
    parts = []
    for way, word in (("rising", "more"), ("falling", "less")):
        if ways[way]:
            verb = "is" if len(ways[way]) == 1 else "are"
            parts.append(f"{wording.joined(ways[way][:3])} {verb} pulled {word} often than before")
    if parts:
        return say("{}", wording.sentence_case("; ".join(parts)))
    tested = [item for item, told in verdicts.items() if len(told) - told.count("too few") >= 2]
    if not tested:
        return say("Trends of pulls: too few to say" if verdicts else "Trends of pulls")
    few = [item for item in verdicts if item not in tested]
    if not few:
        return say("No item shows a trend that two tests agree on")
    unknown = said.in_words(items_among(about, few, "items_unknown"))
    none = say("{} shows no trend", wording.sentence_case(tested[0]))
    if len(tested) > 1:
        none = say("None of {} shows a trend", items_count(len(tested), items_among(about, tested, "items_tested")))
    return say("{} that two tests agree on; of {} there are too few pulls", none, unknown)
