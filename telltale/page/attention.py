"""What needs a look, over all sources: by rules, worded once for the list and once for the sentence."""

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


def sentence(notices: Sequence[Notice], calm: str) -> str:
    """`Three things need a look: …. The rest is as usual.`, or that nothing does, with `calm`."""
    if not notices:
        return f"**Nothing needs a look.** {calm}"
    named = wording.joined([notice.phrase for notice in notices[:MOST_NAMED]])
    if len(notices) == 1:
        return f"{wording.sentence_case(named)}. The rest is as usual."
    count = wording.sentence_case(wording.in_words(len(notices)))
    more = "" if len(notices) <= MOST_NAMED else ", and more"
    return f"{count} things need a look: {named}{more}. The rest is as usual."


def list_title(notices: Sequence[Notice]) -> str:
    """`Three alarms, one warning`."""
    parts = []
    for level in ("alarm", "warning"):
        count = sum(notice.concern.level == level for notice in notices)
        if count:
            parts.append(f"{wording.in_words(count)} {level}{'' if count == 1 else 's'}")
    return wording.sentence_case(", ".join(parts)) or "Nothing needs a look"


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
