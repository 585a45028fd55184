"""What needs a look, over all sources: found by rules, worded once for the list and once for the sentence."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from telltale import wording
from telltale.page.lists import Concern

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


class Found(NamedTuple):
    """One thing, and how the sentence says it: `!!3 of 8 Wi-Fi nodes!! are silent since 13:10`."""

    concern: Concern
    phrase: str
    since: dt.datetime | None


def ordered(found: Sequence[Found]) -> list[Found]:
    """Alarms first, then the newest."""
    return sorted(found, key=lambda one: (one.concern.level != "alarm", -(one.since.timestamp() if one.since else 0.0)))


def sentence(found: Sequence[Found], calm: str) -> str:
    """`Three things need a look: …. The rest is as usual.`, or that nothing does, with `calm`."""
    if not found:
        return f"**Nothing needs a look.** {calm}"
    named = wording.joined([one.phrase for one in found[:MOST_NAMED]])
    if len(found) == 1:
        return f"{wording.sentence_case(named)}. The rest is as usual."
    count = wording.sentence_case(wording.in_words(len(found)))
    more = "" if len(found) <= MOST_NAMED else ", and more"
    return f"{count} things need a look: {named}{more}. The rest is as usual."


def list_title(found: Sequence[Found]) -> str:
    """`Three alarms, one warning`."""
    parts = []
    for level in ("alarm", "warning"):
        count = sum(one.concern.level == level for one in found)
        if count:
            parts.append(f"{wording.in_words(count)} {level}{'' if count == 1 else 's'}")
    return wording.sentence_case(", ".join(parts)) or "Nothing needs a look"


def badges(found: Sequence[Found]) -> dict[str, int]:
    """How many alarms each page has."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.concern.page] = counts.get(one.concern.page, 0) + (one.concern.level == "alarm")
    return counts


def since(start: dt.datetime, now: dt.datetime) -> str:
    """`since 13:10`, or with its day when that is not today."""
    if start.date() == now.date():
        return f"since {wording.clock(start)}"
    return f"since {wording.short_moment(start)}"
