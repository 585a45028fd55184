"""What needs a look, over all sources: by rules, worded once for the list and once for the sentence."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from telltale import wording
from telltale.page import said
from telltale.page.claims import PROJECT, About, Claim
from telltale.page.lists import Concern
from telltale.page.said import Said, say

TITLES = {
    "presence": "Presence",
    "activity": "Activity",
    "kanban": "Kanban",
    "sensors": "Sensors",
    "health": "Health",
}
"""Words of a link to a page."""
URGENCY = {"sensors": 0, "kanban": 1, "presence": 2, "activity": 3, "health": 4}
"""Of what one page is about and another: goods spoil first, then bins run empty."""
MOST_NAMED = 3
"""More things of one kind than this are counted, not named."""


class Notice(NamedTuple):
    """One thing, and how the sentence says it: `!!3 of 8 Wi-Fi nodes!! are silent since 13:10`."""

    concern: Concern
    phrase: str
    since: dt.datetime | None


def ordered(notices: Sequence[Notice]) -> list[Notice]:
    """The most urgent first: alarms before warnings, goods and items before what collects them, then the newest."""
    return sorted(
        notices,
        key=lambda notice: (
            notice.concern.level != "alarm",
            URGENCY.get(notice.concern.page, len(URGENCY)),
            -(notice.since.timestamp() if notice.since else 0.0),
        ),
    )


def sentence(notices: Sequence[Notice], calm: str) -> Said:
    """The most urgent thing and how many more there are, or that nothing needs a look, with `calm`."""
    if not notices:
        return say("**Nothing needs a look.** {}", calm)
    first, more = _raised(notices[0].phrase), len(notices) - 1
    if not more:
        return say("{}. The rest is as usual.", first)
    return say("{}; {} more {} a look.", first, wording.in_words(more), "thing needs" if more == 1 else "things need")


def _raised(phrase: str) -> Said:
    """The phrase with a capital, behind a mark too."""
    return say("!!{}", said.sentence_case(phrase[2:])) if phrase.startswith("!!") else said.sentence_case(phrase)


def list_title(notices: Sequence[Notice]) -> Said:
    """`Three alarms, one warning`."""
    parts = []
    for level in ("alarm", "warning"):
        count = sum(notice.concern.level == level for notice in notices)
        if count:
            parts.append(say("{} {}{}", said.in_words(_count(count, level)), level, "" if count == 1 else "s"))
    return said.sentence_case(said.together(parts, ", ") or "Nothing needs a look")


def _count(count: int, level: str = "") -> Claim:
    """How many lines the list has, in all or of a level (`tt.dashboard.attention`)."""
    where = {"level": level} if level else {}
    return About("dashboard").claim(
        PROJECT, f"{level or 'thing'}s_needing_a_look", count, call="attention", where=where, how="count"
    )


def badges(notices: Sequence[Notice]) -> dict[str, int]:
    """How many alarms each page has."""
    counts: dict[str, int] = {}
    for notice in notices:
        counts[notice.concern.page] = counts.get(notice.concern.page, 0) + (notice.concern.level == "alarm")
    return counts


def since(start: dt.datetime, now: dt.datetime) -> str:
    """`since 13:10`, or with its day when that is not today."""
    if start.date() == now.date():
        return f"since {wording.clock(start)}"
    return f"since {wording.dated_moment(start, now)}"
