"""Cards and pulls in tables: sizing, last pulls and presses, trends."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.kanban.words.phrases import DAY_S, risk_words
from telltale.kanban.words.titles import ITEM
from telltale.page.pieces import Table
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
    service, container = wording.percent(rules.service_level), "÷ container, rounded up"
    beyond = "N" if rules.signal_when == "opened" else f"N {wording.MINUS} 1"
    told = {
        "poisson": f"Poisson, service {service}: fewest cards N with P(X < {beyond}) ≥ {service}, "
        "X the pulls within the lead time",
        "classic": f"N = demand × lead time × (1 + {wording.percent(rules.safety_share)}) {container}",
        "safety_days": f"N = demand × (lead time + {wording.quantity(rules.safety_days, 'd', 1)}) {container}",
        "statistical": f"N = (D L + z √(L σ²D + D² σ²L)) {container}; service {service}",
    }[rules.formula]
    review = wording.quantity(rules.review_days, "d", 1)
    return f"{told}; {review} between pick-ups added to the lead time" if rules.review_days else told


def sizing_table(items: Any) -> Table:
    """Each item: pulls, demand with interval, container, lead time, cards in use and recommended, risk."""
    body = [
        [
            row["item"],
            wording.number(row["pulls"]),
            _demand(row),
            _container(row["container_qty"]),
            _lead(row),
            _cards(row),
            risk_words(row) if is_known(row["risk"]) else "–",
            row["note"] or "–",
        ]
        for row in rows(items, *ITEM, "demand_per_day", "demand_lo", "demand_hi", "container_qty")
    ]
    heads = ("Item", "Pulls", "Demand a day", "Container", "Lead time", "Cards", "Risk", "Note")
    return Table(heads, body, right=(1, 2, 3, 4, 5, 6), wide=(2, 3, 7))


def _demand(row: Mapping[str, Any]) -> str:
    if not is_known(row["demand_per_day"]):
        return "–"
    digits = 0 if row["demand_per_day"] >= 20 else 1
    low, high = row["demand_lo"], row["demand_hi"]
    spread = f" ({wording.number_range(low, high, digits)})" if is_known(low) and is_known(high) else ""
    return f"{wording.number(row['demand_per_day'], digits)}{spread}"


def _container(quantity: float | None) -> str:
    if not is_known(quantity) or quantity is None:
        return "–"
    return wording.number(quantity, 0 if quantity == round(quantity) else 1)


def _lead(row: Mapping[str, Any]) -> str:
    if not is_known(row["lead_time_days"]):
        return "unknown"
    source = (
        f", n{wording.NBSP}={wording.NBSP}{wording.number(row['lead_times'])}"
        if row["lead_time_source"] == "measured"
        else ", listed"
    )
    return f"{wording.duration(row['lead_time_days'] * DAY_S)}{source}"


def _cards(row: Mapping[str, Any]) -> str:
    used = wording.number(row["cards"]) if is_known(row["cards"]) else "?"
    if not is_known(row["cards_recommended"]):
        return f"{used}; too few to say"
    wanted = wording.number(row["cards_recommended"])
    if used == wanted:
        return wanted
    return f"{used} → **{wanted}**"


def last_pulls_table(items: Any, *, timezone: str = "UTC") -> Table:
    """Each item: rate with interval, pulls, open ones, last pull and press, presses its buttons have made."""
    body = [
        [
            row["item"],
            f"{wording.number(row['rate_per_day'], 1)} ({wording.number_range(row['rate_lo'], row['rate_hi'], 1)})"
            if is_known(row["rate_per_day"])
            else "–",
            wording.number(row["pulls"]),
            wording.number(row["open_pulls"]),
            _moment(row["last_pull_at"], timezone),
            f"!!{_moment(row['last_press_at'], timezone)}!!"
            if row["may_be_dead"]
            else _moment(row["last_press_at"], timezone),
            wording.number(row["presses"]),
            row["trend"] if row["trend"] != "too few" else "too few to say",
        ]
        for row in rows(items, *ITEM, "rate_per_day", "rate_lo", "rate_hi", "last_pull_at")
    ]
    heads = ("Item", "Pulls a day (95 %)", "Pulls", "Open", "Last pull", "Last press", "Presses so far", "Trend")
    return Table(heads, body, right=(1, 2, 3, 6), wide=(2, 3, 4, 6))


def _moment(moment: dt.datetime | None, zone: str) -> str:
    return wording.short_moment(local(moment, zone)) if moment is not None else "–"


TESTS = {
    "mann_kendall": "Mann–Kendall, by weekday",
    "laplace": "Laplace, by moment",
    "two_periods": "against as long before",
}
VERDICTS = {"none": "no trend"}


def pull_trends_table(trends: Any) -> Table:
    """Each item and test: events, p, slope, verdict in words."""
    body = [
        [
            row["item"],
            TESTS.get(row["test"], row["test"]),
            wording.number(row["n"]),
            _p(row["p_value"]),
            wording.number(row["slope_per_day"], 3, signed=True) if is_known(row["slope_per_day"]) else "–",
            VERDICTS.get(row["verdict"], row["verdict"]),
        ]
        for row in rows(trends, "item", "test", "n", "p_value", "slope_per_day", "verdict")
    ]
    return Table(("Item", "Test", "n", "p", "Slope a day", "Verdict"), body, right=(2, 3, 4), wide=(4,))


def _p(value: float | None) -> str:
    if not is_known(value) or value is None:
        return "–"
    return f"<{wording.NBSP}0.001" if value < 0.001 else wording.number(value, 3)


def pull_trends_title(trends: Any) -> str:
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
        return wording.sentence_case("; ".join(parts))
    return "No item shows a trend that two tests agree on" if verdicts else "Trends of pulls"
