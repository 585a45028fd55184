"""Pulls of the last seven days against the weeks before: only what somebody listened to is compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from telltale.frames import rows
from telltale.kanban.words.claims import ABOUT, Items, of_week
from telltale.page import said
from telltale.page.pieces import Tile
from telltale.page.said import say
from telltale.wording import is_known

WEEK = 7
LABEL = "Pulls, last 7 days"
SHOWN = 16
_WEEKS = (
    *("start", "days", "pulls", "observed_s", "working_s", "heard_share", "is_heard", "weeks_before"),
    "change",
)


def pulls_tile(weeks: Any, about: Items = ABOUT) -> Tile:
    """How many pulls seven days had, and how many more that is than the weeks before.

    Where nobody listened nothing is said of demand: a week is compared when a capture heard nearly all of it, and
    with weeks of which that is true as well.

    Args:
        weeks: `tt.kanban.weeks`.
        about: what the claims share.
    """
    table = rows(weeks, *_WEEKS)
    if not table:
        return Tile(LABEL, "–", "", "no capture has listened yet")
    last = table[-1]
    value = said.number(of_week(about, last, "pulls"))
    if not last["is_heard"]:
        return _hardly_heard(last, value, about)
    if not is_known(last["change"]):
        days = said.count(of_week(about, last, "days"), "day")
        short = say("of {} since the capture began; ", days) if last["days"] < WEEK else ""
        return Tile(LABEL, value, "", say("{}no earlier week to compare with", short))
    change = said.number(of_week(about, last, "change"), signed=True)
    course = [float(week["pulls"]) if week["is_heard"] else None for week in table[-SHOWN:]]
    return Tile(LABEL, value, "", say("**{}** on the {}", change, _basis(table, last, about)), course)


def _basis(table: Sequence[Mapping[str, Any]], last: Mapping[str, Any], about: Items) -> str:
    """What a week is compared with: `mean of 3 weeks`, `7 days before`."""
    heard = int(last["weeks_before"])
    if heard == 1:
        return "7 days before" if len(table) == 2 else "one earlier week that was heard"
    noun = "heard week" if heard < len(table) - 1 else "week"
    return say("mean of {}", said.count(of_week(about, last, "weeks_before"), noun))


def _hardly_heard(last: Mapping[str, Any], value: str, about: Items) -> Tile:
    """What is said where a capture heard but a part of the seven days, or nothing."""
    if not last["working_s"]:
        return Tile(LABEL, value, "", "no working time in them; not compared")
    if last["observed_s"]:
        share = said.percent(of_week(about, last, "heard_share"))
        return Tile(LABEL, value, "", say("{} of the time was heard; not compared", share))
    if last["pulls"]:
        return Tile(LABEL, value, "", "nobody listened; these were entered by hand")
    return Tile(LABEL, "–", "", "nobody listened")
