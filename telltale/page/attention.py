"""What needs a look, over all sources: found by rules, worded once for the list and once for the sentence."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale import wording
from telltale.frames import local
from telltale.page.lists import Concern
from telltale.presence.words.gaps import Reporting

SILENT_AT_LEAST_S = 600.0
SILENT_INTERVALS = 20
"""A source is silent after so many of its usual intervals, but not before ten minutes."""
MANY_REJECTS = 0.01
"""More than one row in a hundred that cannot be decoded needs a look."""
FEWEST_REJECTS = 5
MOST_NAMED = 3
"""More things than this are counted in the sentence, not named."""


class Found(NamedTuple):
    """One thing, and how the sentence says it: `!!3 of 8 Wi-Fi nodes!! are silent since 13:10`."""

    concern: Concern
    phrase: str
    since: dt.datetime | None


def silent_nodes(found: Reporting, *, now: dt.datetime, page: str = "presence") -> list[Found]:
    """The nodes that do not report while others do."""
    if not found.now or len(found.now) == found.known:
        return []
    start = local(found.now[0].start, str(now.tzinfo))
    nodes = f"{len(found.now)} of {found.known} Wi-Fi nodes"
    names = wording.joined([silence.name for silence in found.now[:MOST_NAMED]])
    more = f" and {len(found.now) - MOST_NAMED} more" if len(found.now) > MOST_NAMED else ""
    concern = Concern(
        "warning", f"{nodes} silent", f"{names}{more}; counts there are too low", _since(start, now),
        "power, network or a moved node", page,
    )  # fmt: skip
    return [Found(concern, f"!!{nodes}!! {_are(len(found.now))} silent {_since(start, now)}", start)]


def silent_sources(sources: Sequence[Any], *, now: dt.datetime, pages: dict[str, str]) -> list[Found]:
    """The sources that delivered before and have stopped; those that may rest (`Delivered.rests`) never.

    Args:
        sources: what `telltale.health.deliveries` gave.
        now: the present on the site's clock.
        pages: the page of each source by its name.
    """
    found = []
    for one in sources:
        newest = dt.datetime.fromtimestamp(one.newest_us / 1e6, now.tzinfo)
        age_s = (now - newest).total_seconds()
        if one.rests or age_s < max(SILENT_AT_LEAST_S, SILENT_INTERVALS * one.interval_s):
            continue
        usual = f"usually one each {wording.duration(one.interval_s)}" if one.interval_s else "nothing in 24 h"
        concern = Concern(
            "alarm", f"{one.title} is silent", f"no record for {wording.duration(age_s)}; {usual}",
            _since(newest, now), "sender, network or collector", pages.get(one.source.name, "health"),
        )  # fmt: skip
        phrase = f"!!{one.title}!! has sent no record for !!{wording.duration(age_s)}!!"
        found.append(Found(concern, phrase, newest))
    return found


def many_rejects(sources: Sequence[Any]) -> list[Found]:
    """The sources of which too much could not be decoded in 24 hours."""
    found = []
    for one in sources:
        records = sum(one.hours)
        if one.rejects < FEWEST_REJECTS or one.rejects <= MANY_REJECTS * records:
            continue
        count = wording.count(one.rejects, "row")
        concern = Concern(
            "warning", f"{one.title}: {count} rejected", f"of {wording.count(records, 'record')} in 24 h",
            f"last 24{wording.NBSP}h", "a changed format, or a wrong device", "health",
        )  # fmt: skip
        found.append(Found(concern, f"!!{count}!! of {one.title} could not be decoded", None))
    return found


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


def _since(start: dt.datetime, now: dt.datetime) -> str:
    if start.date() == now.date():
        return f"since {wording.clock(start)}"
    return f"since {wording.short_moment(start)}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
