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
MOST_NAMED = 3
"""More things than this are counted in the sentence, not named."""


class Notice(NamedTuple):
    """One thing, and how the sentence says it: `!!3 of 8 Wi-Fi nodes!! are silent since 13:10`."""

    concern: Concern
    phrase: str
    since: dt.datetime | None


def ordered(notices: Sequence[Notice]) -> list[Notice]:
    """Alarms first, then the newest."""
    return sorted(
        notices,
        key=lambda notice: (notice.concern.level != "alarm", -(notice.since.timestamp() if notice.since else 0.0)),
    )


def sentence(notices: Sequence[Notice], calm: str) -> Said:
    """`Three things need a look: …. The rest is as usual.`, or that nothing does, with `calm`."""
    if not notices:
        return say("**Nothing needs a look.** {}", calm)
    named = said.joined([notice.phrase for notice in notices[:MOST_NAMED]])
    if len(notices) == 1:
        return say("{}. The rest is as usual.", said.sentence_case(named))
    count = said.in_words(_count(len(notices)))
    more = "" if len(notices) <= MOST_NAMED else ", and more"
    return said.sentence_case(say("{} things need a look: {}{}. The rest is as usual.", count, named, more))


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
    return f"since {wording.short_moment(start)}"
