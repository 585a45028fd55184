"""Lines for the list of what needs a look: devices that are listed and were never heard, and clocks that are wrong."""

import datetime as dt
from collections.abc import Mapping, Sequence

from telltale import wording
from telltale.health import claims
from telltale.health.clocks import WrongClock
from telltale.health.known import Unheard
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.claims import PROJECT, Claim, How, Subject
from telltale.page.lists import Concern
from telltale.page.said import Said, claimed, say

MOST_NAMED = 2
"""More of one kind are told in one line."""
YEAR_S = 365.25 * 86_400


def never_heard(unheard: Sequence[Unheard], *, now: dt.datetime, shows_persons: bool = False) -> list[Notice]:
    """A line for each device that is listed and was never heard, or one for many.

    Args:
        unheard: what `telltale.health.known.never_heard` gave.
        now: the present on the site's clock.
        shows_persons: name PCs and phones too; else they are counted.
    """
    named = [one for one in unheard if shows_persons or not one.is_personal]
    if named == list(unheard) and len(named) <= MOST_NAMED:
        return [_notice(say("{}", one.name), "was", say("{}", where(one))) for one in named]
    names = wording.joined([one.name for one in named[:MOST_NAMED]] + ["others"])
    count = claims.now(PROJECT, "devices_never_heard", len(unheard), now, call="health.never_heard", how="count")
    verb = "were" if len(unheard) > 1 else "was"
    return [_notice(said.count(count, "listed device"), verb, say("{}", names if named else "on the lists"))]


def where(one: Unheard) -> str:
    """What is known of a device that was never heard, and what might be meant instead."""
    if not one.is_known:
        return f"{one.device_id} in {one.listed_in} is no id of any source"
    near = f"; {one.nearest}, which is on no list, is heard" if one.nearest else ""
    return f"{one.device_id} in {one.listed_in}{near}"


def _notice(subject: Said, verb: str, evidence: Said) -> Notice:
    what = say("{} {} never heard", subject, verb)
    concern = Concern("warning", what, evidence, "", "its id, or the device", "health")
    return Notice(concern, say("!!{}!! {} never heard", subject, verb), None)


def wrong_clocks(clocks: Sequence[WrongClock], titles: Mapping[str, str], *, now: dt.datetime) -> list[Notice]:
    """A line for each clock that is wrong, or one for many of a source.

    Args:
        clocks: what `telltale.health.clocks.wrong` gave.
        titles: the short title of each source.
        now: the present on the site's clock.
    """
    notices = []
    for source in dict.fromkeys(one.source for one in clocks):
        own = [one for one in clocks if one.source == source]
        if all(one.name for one in own) and len(own) <= MOST_NAMED:
            notices += [_of_device(one, now) for one in own]
        else:
            notices.append(_of_many(own, Subject("source", source, titles.get(source, source)), now))
    return notices


def _of_device(one: WrongClock, now: dt.datetime) -> Notice:
    subject, where = Subject("device", one.device_id, one.name), {"source": one.source, "device_id": one.device_id}
    far = off(_behind(subject, one.behind_s, where, now))
    what = say("Clock of {} is {}", one.name, far)
    return _clock(what, say("the clock of !!{}!! is !!{}!!", one.name, far))


def _of_many(own: Sequence[WrongClock], subject: Subject, now: dt.datetime) -> Notice:
    """The farthest stands for all of them; of one PC alone it is its own."""
    where = {"source": subject.id}
    count = claims.now(subject, "clocks_wrong", len(own), now, call="health.wrong_clocks", how="count", where=where)
    how: How = "max" if own[0].behind_s > 0 else "min"
    far = claims.now(
        subject, "behind_s", own[0].behind_s, now, call="health.wrong_clocks", column="behind_s", how=how, where=where
    )
    are, most = ("are", "up to ") if len(own) > 1 else ("is", "")
    what = say("{} of {} {} {}{}", said.count(count, "clock"), subject.name, are, most, off(far))
    return _clock(what, "!!" + what + "!!")


def _behind(subject: Subject, behind_s: float, where: Mapping[str, str], now: dt.datetime) -> Claim:
    return claims.now(subject, "behind_s", behind_s, now, call="health.wrong_clocks", column="behind_s", where=where)


def off(behind: Claim) -> Said:
    """`2 years behind`, `3 d ahead`."""
    behind_s = behind.value
    assert isinstance(behind_s, float)  # noqa: S101 - `behind_s` is one
    far = abs(behind_s)
    years = round(far / YEAR_S)
    length = wording.count(years, "year") if far >= 2 * YEAR_S - 86_400 else wording.duration(far)
    return claimed(behind, f"{length} {'behind' if behind_s > 0 else 'ahead'}")


def _clock(what: Said, phrase: Said) -> Notice:
    evidence = f"median of its last 20 messages in 24{wording.NBSP}h"
    concern = Concern("warning", what, evidence, "", "a clock that was never set, or lost its time", "health")
    return Notice(concern, phrase, None)
