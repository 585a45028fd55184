"""Frames as `tt.kanban` gives them: six items over sixteen weeks, one that runs short, one whose button fell silent."""

import datetime as dt
from typing import Any

import pandas as pd

ZONE = "Europe/Berlin"
FIRST = dt.datetime(2026, 8, 2, 22, tzinfo=dt.UTC)
"""Monday of week 32 by the site's clock."""
NOW = dt.datetime(2026, 11, 20, 13, 32, tzinfo=dt.UTC)
"""Friday of week 47, 14:32 by the site's clock."""
WEEK = dt.timedelta(days=7)
DAY_S = 86_400.0

COUNTS = {
    "Cable ties": [8, 7, 3, 11, 8, 5, 7, 5, 4, 5, 7, 7, 4, 7, 5, 4],
    "Gaskets 40 mm": [15, 17, 18, 12, 13, 8, 10, 7, 9, 7, 12, 9, 18, 21, 24, 15],
    "Gloves L": [9, 3, 10, 3, 2, 6, 5, 3, 9, 8, 4, 9, 6, 7, 4, 4],
    "Labels A6": [10, 14, 8, 5, 12, 5, 11, 8, 10, 10, 5, 5, 12, 11, 12, 8],
    "M6 screws": [2, 7, 5, 6, 4, 2, 4, 6, 5, 3, 8, 3, 6, 7, 4, 0],
    "Tape 19 mm": [3, 8, 9, 8, 13, 7, 11, 9, 9, 10, 17, 10, 15, 9, 5, 9],
}
CENTER = {"Cable ties": 6.3, "Gaskets 40 mm": 11.5, "Gloves L": 5.7, "Labels A6": 8.6, "M6 screws": 4.9,
          "Tape 19 mm": 9.5}  # fmt: skip


def _frame(found: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(found)
    for name in frame.columns:
        if name.endswith("_at") or name in ("start", "end"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def chart(kind: str = "c") -> pd.DataFrame:
    """A c-chart of pulls by week; the last week is open, week 39 was not captured whole."""
    found = []
    for item, counts in COUNTS.items():
        center = CENTER[item]
        for week, count in enumerate(counts):
            upper = center + 3 * center**0.5
            start = FIRST + week * WEEK + dt.timedelta(hours=week >= 12)  # the clocks go back in week 43
            end = min(FIRST + (week + 1) * WEEK + dt.timedelta(hours=week >= 11), NOW)
            tested = week not in (7, 15)
            found.append({"item": item, "label": f"2026-W{32 + week}", "start": start, "end": end,
                          "value": float(count), "center": center, "lower": max(0.0, center - 3 * center**0.5),
                          "upper": upper, "signal": tested and count > upper, "is_tested": tested})  # fmt: skip
    return _frame(found)


def gaps() -> pd.DataFrame:
    """A t-chart: seconds between pulls of one item, the last gap still open."""
    found = []
    at = FIRST
    for number, hours in enumerate((30, 12, 50, 41, 8, 27, 33, 146)):
        start, at = at, at + dt.timedelta(hours=hours)
        found.append({"item": "M6 screws", "label": str(number), "start": start, "end": at, "value": hours * 3600.0,
                      "center": 0.693 * 29 * 3600, "lower": 0.00135 * 29 * 3600, "upper": 4.8 * 29 * 3600,
                      "signal": number == 7, "is_tested": True})  # fmt: skip
    return _frame(found)


ITEM: dict[str, Any] = {
    "pulls": 120, "quantity": 120.0, "observed_s": 110 * DAY_S, "rate_per_day": 1.1, "rate_lo": 0.9, "rate_hi": 1.3,
    "demand_per_day": 1.1, "demand_lo": 0.9, "demand_hi": 1.3, "container_qty": 1.0, "formula": "poisson",
    "lead_time_days": 2.6, "lead_time_calendar_days": 2.6, "lead_time_source": "measured", "lead_time_n": 7,
    "lead_times": 7, "open_pulls": 1, "is_acknowledged": True, "may_be_dead": False, "is_heard": True,
    "heard_until": NOW, "presses": 130, "trend": "none", "working_day_s": None, "note": "",
}  # fmt: skip


def items() -> pd.DataFrame:
    """What the page says of each item; M6 screws have too few lead times for a recommendation."""
    told = {
        "Cable ties": (3, 3, 3, 4, 0.04, 0.02, 0.09, 1.1, 6.1),
        "Gaskets 40 mm": (5, 7, 6, 8, 0.17, 0.10, 0.26, 0.3, 3.2),
        "Gloves L": (3, 2, 2, 3, 0.004, 0.0, 0.01, 2.0, 8.3),
        "Labels A6": (4, 4, 4, 5, 0.02, 0.01, 0.05, 0.9, 5.2),
        "M6 screws": (3, None, None, None, 0.035, 0.002, 0.14, 6.08, 5.83),
        "Tape 19 mm": (4, 4, 4, 5, 0.03, 0.01, 0.07, 0.8, 4.4),
    }
    found = []
    for item, (cards, wanted, low, high, risk, risk_lo, risk_hi, silent_d, limit_d) in told.items():
        pressed = NOW - dt.timedelta(days=silent_d)
        found.append(ITEM | {
            "item": item, "cards": cards, "cards_recommended": wanted, "cards_lo": low, "cards_hi": high,
            "risk": risk, "risk_lo": risk_lo, "risk_hi": risk_hi, "silent_s": silent_d * DAY_S,
            "silent_calendar_s": silent_d * DAY_S, "silence_limit_s": limit_d * DAY_S,
            "last_pull_at": pressed, "last_press_at": pressed,
            "pulls": sum(COUNTS[item]),
        })  # fmt: skip
    by_name = {one["item"]: one for one in found}
    by_name["Gaskets 40 mm"] |= {"trend": "rising", "open_pulls": 3}
    by_name["M6 screws"] |= {"may_be_dead": True, "presses": 1912, "note": "fewer than 2 lead times", "lead_times": 1}
    return _frame(found)


def rates() -> pd.DataFrame:
    """Pulls a day of each week; week 39 was cut, week 40 not captured at all."""
    found = []
    for item, counts in COUNTS.items():
        for week, count in enumerate(counts):
            start = FIRST + week * WEEK + dt.timedelta(hours=week >= 12)
            days = {7: 3.0, 8: 0.0, 15: 4.6}.get(week, 7.0)
            low, high = max(0.0, count - 2 * count**0.5), count + 2 * count**0.5 + 2
            found.append({"item": item, "label": f"2026-W{32 + week}", "start": start, "end": start + WEEK,
                          "pulls": count if days else 0, "quantity": float(count), "observed_s": days * DAY_S,
                          "working_s": 7 * DAY_S, "working_day_s": None,
                          "is_cut": days < 7, "rate_per_day": count / days if days else None,
                          "rate_lo": low / days if days else None,
                          "rate_hi": high / days if days else None})  # fmt: skip
    return _frame(found)


def leads() -> pd.DataFrame:
    """Lead times of three items, two pulls still open, one acknowledgement without a pull."""
    found = []
    for item, days in {
        "Gaskets 40 mm": [2.1, 3.0, 2.4, 5.1, 1.9],
        "Labels A6": [2.6, 2.7, 1.2],
        "Gloves L": [4.0],
    }.items():
        for number, lasted in enumerate(days):
            pulled = NOW - dt.timedelta(days=20 - number)
            found.append({"item": item, "pulled_at": pulled, "lead_time_s": lasted * DAY_S,
                          "acknowledged_at": pulled + dt.timedelta(days=lasted),
                          "is_open": False, "is_orphan": False, "is_lost": False, "age_s": None,
                          "calendar_s": lasted * DAY_S, "working_day_s": None})  # fmt: skip
    for item, days_open in (("Gaskets 40 mm", 2.13), ("M6 screws", 0.4)):
        pulled = NOW - dt.timedelta(days=days_open)
        found.append({"item": item, "pulled_at": pulled, "acknowledged_at": None, "lead_time_s": None,
                      "is_open": True, "is_orphan": False, "is_lost": False, "age_s": days_open * DAY_S,
                      "calendar_s": days_open * DAY_S, "working_day_s": None})  # fmt: skip
    found.append({"item": "Gloves L", "pulled_at": None, "acknowledged_at": NOW, "lead_time_s": None,
                  "is_open": False, "is_orphan": True, "is_lost": False, "age_s": None, "calendar_s": None,
                  "working_day_s": None})  # fmt: skip
    return _frame(found)


def risks() -> pd.DataFrame:
    """Risk over cards of two items."""
    curves = {"Gaskets 40 mm": [0.95, 0.8, 0.62, 0.35, 0.17, 0.08, 0.03], "Labels A6": [0.7, 0.3, 0.1, 0.02]}
    return _frame([
        {"item": item, "cards": cards, "risk": risk, "risk_lo": 0.6 * risk, "risk_hi": min(1.0, 1.5 * risk)}
        for item, curve in curves.items()
        for cards, risk in enumerate(curve, 1)
    ])  # fmt: skip
