"""Are pulls normal: the title of the control charts, by the newest tested buckets."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from telltale import wording
from telltale.frames import rows
from telltale.kanban.analysis.coverage import GRACE
from telltale.kanban.words.claims import ABOUT, Items, buckets_outside, items_among, of_bucket
from telltale.kanban.words.phrases import FEWEST_WHOLE, RECENT, bucket_name, items_count
from telltale.page import said
from telltale.page.said import Said, say
from telltale.wording import is_known

_COURSE = ("item", "label", "start", "end", "value", "center", "signal", "is_tested")


def pulls_title(control: Any, *, by: str = "week", timezone: str = "UTC", about: Items = ABOUT) -> Said:
    """`Gaskets were pulled more often than their limits allow; the rest is steady`, by the newest tested buckets.

    Items whose limits are not known are none of the steady ones; where nothing was heard of late, "now" is not said.

    Args:
        control: `tt.kanban.control`, a c-chart.
        by: of its buckets, day or week.
        timezone: of the site.
        about: what the claims share.
    """
    table = sorted(rows(control, *_COURSE, optional=("is_baseline", "is_cut")), key=_by_item_and_start)
    courses = {item: list(run) for item, run in groupby(table, key=lambda row: row["item"])}
    whole = {item: [row for row in run if row["is_tested"] or row["is_baseline"]] for item, run in courses.items()}
    judged = {
        item: found
        for item, found in whole.items()
        if len(found) >= FEWEST_WHOLE and any(is_known(row["center"]) for row in found)
    }
    if not judged:
        return say("Pulls by {}; too few to say what is usual", by)
    unknown = sorted(set(courses) - set(judged))
    rest = said.in_words(items_among(about, unknown, "items_unknown"))
    beyond = say("; of {} too little is known", rest) if unknown else ""
    shown = _Shown(by, timezone, about, _unheard(table))
    told = _limits_told(judged, shown, has_unknown=bool(unknown))
    return say("{}{}{}", told, beyond, _since(judged, table, shown))


def _by_item_and_start(row: Mapping[str, Any]) -> tuple[str, dt.datetime]:
    return row["item"], row["start"]


Courses = Mapping[str, list[dict[str, Any]]]


class _Shown(NamedTuple):
    """How buckets are told."""

    by: str
    timezone: str
    about: Items
    is_unheard: bool
    """Nothing was heard of late."""


def _limits_told(judged: Courses, shown: _Shown, *, has_unknown: bool) -> Said:
    """Which items left their limits of late, or that none of those judged did."""
    late = {item: [row for row in found[-RECENT:] if row["signal"]] for item, found in judged.items()}
    news = [(item, found[-1]) for item, found in late.items() if found]
    if not news:
        return _steady(judged, shown, has_unknown=has_unknown)
    item, row = news[0]
    side = "above" if row["value"] > row["center"] else "below"
    when = _bucket(row, shown)
    name = wording.sentence_case(item)
    if len(news) > 1:
        count = items_count(len(news), items_among(shown.about, [item for item, _ in news], "items_outside_limits"))
        return say("{} left their limits, {} {} in {}", said.sentence_case(count), name, side, when)
    steady = "" if len(judged) < 2 else "; the others judged are steady" if has_unknown else "; the rest is steady"
    much = "more" if side == "above" else "less"
    return say("{} was pulled {} often than its limits allow, {}{}", name, much, when, steady)


def _steady(judged: Courses, shown: _Shown, *, has_unknown: bool) -> Said:
    """That no item judged left its limits of late; how often one did before."""
    earlier = sum(1 for found in judged.values() for row in found if row["signal"])
    were, about = "were" if shown.is_unheard else "are", shown.about
    if earlier:
        count = said.in_words(buckets_outside(about, list(judged), earlier, by=shown.by))
        now = "" if shown.is_unheard else " now"
        return say("Pulls {} steady{}; {} earlier {} outside the limits", were, now, count, _were(earlier))
    if has_unknown and len(judged) == 1:
        return say("Pulls of {} {} steady", next(iter(judged)), were)
    count = items_count(len(judged), items_among(about, list(judged), "items_within_limits"))
    none = say("none of {}", count) if has_unknown else "no item"
    return say("Pulls {} steady: {} {} its limits", were, none, "left" if shown.is_unheard else "leaves")


def _bucket(row: Mapping[str, Any], shown: _Shown) -> Said:
    """`W46`, a claim of its value."""
    value = of_bucket(shown.about, row, "value", by=shown.by)
    return said.claimed(value, bucket_name(row["label"], row["start"], shown.timezone))


def _unheard(table: Sequence[Mapping[str, Any]]) -> bool:
    """Whether nothing was heard in the newest bucket, though it has lasted long enough to hear something."""
    newest = max(table, key=lambda row: row["start"])
    return newest["value"] is None and newest["is_cut"] is not False and newest["end"] - newest["start"] > GRACE


def _since(judged: Courses, table: Sequence[Mapping[str, Any]], shown: _Shown) -> str:
    """`; nothing was heard after W44`, where that is so."""
    if not shown.is_unheard:
        return ""
    heard = [row for row in table if row["value"] is not None]
    newest = max(heard or [found[-1] for found in judged.values()], key=lambda row: row["start"])
    return say("; nothing was heard after {}", _bucket(newest, shown))


def _were(count: int) -> str:
    return "bucket was" if count == 1 else "buckets were"
