"""A doubt next to its number: what a figure leaves out, in a sentence; an empty text where there is nothing to say."""

import datetime as dt
from statistics import median
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.silences import Silence, reporting
from telltale.page import said
from telltale.page.said import Said, say
from telltale.presence.claims import NO_CLAIMS, Claims
from telltale.presence.words.gaps import without_records
from telltale.presence.words.lengths import Lengths
from telltale.presence.words.titles import RECORDED
from telltale.wording import is_known

MOST_GAPS = 2
"""More gaps than this are counted, not listed."""


def address_kinds(days: Any, *, claims: Claims = NO_CLAIMS) -> Said:
    """That a device is not a person, with the share of randomised addresses on the days that tell it.

    Args:
        days: day, address_kind, visitors of every kind (`tt.presence.figures`).
        claims: make the numbers claims.
    """
    by_day: dict[Any, dict[str, Any]] = {}
    for row in rows(days, "day", "address_kind", "visitors", optional=("label",)):
        by_day.setdefault(row["label"] or row["day"], {})[row["address_kind"]] = row["visitors"]
    pairs = {label: (day.get("local"), day.get("all")) for label, day in by_day.items()}
    told = {label: (part, whole) for label, (part, whole) in pairs.items() if part is not None and whole is not None}
    randomised, every = (sum(pair[at] for pair in told.values()) for at in (0, 1))
    if not every:
        return say("Devices, not people: a phone may use several addresses.")
    part, whole = (
        claims.days(list(told), "visitors", count, how="sum", kind=kind)
        for kind, count in (("local", randomised), ("all", every))
    )
    left_out = "" if len(told) == len(pairs) else f" on {len(told)} of {wording.count(len(pairs), 'day')}"
    share = said.share_of(part, whole)
    return say("Devices, not people: {} of visitors used a randomised address{}.", share, left_out)


def partly(days: Any, *, timezone: str = "UTC", claims: Claims = NO_CLAIMS) -> Said:
    """Which of the days shown are recorded in part: their counts are lower bounds.

    Args:
        days: day, node_share (`tt.presence.figures`).
        timezone: the site's zone.
        claims: make the numbers claims.
    """
    table = [
        row
        for row in rows(days, "day", "node_share", optional=("label",))
        if row["node_share"] and row["node_share"] < RECORDED
    ]
    if not table:
        return Said()
    if len(table) > MOST_GAPS:
        return say("{} days are recorded in part: lower bounds.", wording.sentence_case(wording.in_words(len(table))))
    parts = [
        say(
            "{} ({})",
            wording.short_date(local(row["day"], timezone)),
            said.percent(claims.day(row["label"] or "", "node_share", row["node_share"])),
        )
        for row in table
    ]
    return say("Recorded in part, so a lower bound: {}.", said.joined(parts))


def keys(summary: Any, *, days: int) -> str:
    """What changing keys mean for figures of several days."""
    rotation = _of_all(summary, "rotation")
    if rotation == "never" or rotation is None or (rotation == "day" and days == 1):
        return ""
    if rotation == "day":
        return (
            "A device counts anew each day: keys change each night at 04:00, so it cannot be followed, "
            "and one seen on both sides of 04:00 counts twice that day."
        )
    return f"Keys change each {rotation}: a device cannot be followed over the change."


def gaps(bins: Any, nodes: Any, *, timezone: str = "UTC", claims: Claims = NO_CLAIMS) -> Said:
    """When no node reported at all."""
    spans = without_records(bins, nodes)
    if not spans:
        return Said()
    listed = said.together([_gap(a, b, timezone, claims) for a, b in spans[:MOST_GAPS]], "; ")
    more = f" and {wording.in_words(len(spans) - MOST_GAPS)} more" if len(spans) > MOST_GAPS else ""
    name = "Gap" if len(spans) == 1 else "Gaps"
    return say("**{}** {}{}: no node reported. A gap is not a zero.", name, listed, more)


def _gap(start: dt.datetime, end: dt.datetime, timezone: str, claims: Claims) -> Said:
    return said.claimed(claims.missing((end - start).total_seconds(), start=start), _span(start, end, timezone))


def silent_nodes(nodes: Any, *, timezone: str = "UTC", claims: Claims = NO_CLAIMS) -> Said:
    """Which nodes were silent while others reported."""
    found = reporting(nodes)
    if not found.silences:
        return Said()
    first = found.silences[0]
    same = [silence for silence in found.silences if _alike(silence, first)]
    names = wording.joined([silence.name for silence in same])
    who = f"{'Node' if len(same) == 1 else 'Nodes'} {names}"
    if len(same) > 4:
        who = f"{wording.sentence_case(wording.in_words(len(same)))} nodes"
    others = len(found.silences) - len(same)
    more = f" {wording.sentence_case(wording.in_words(others))} more had a gap of an hour or longer." if others else ""
    silence = claims.silence(first.name, (first.end - first.start).total_seconds())
    when = said.claimed(silence, _span(first.start, first.end, timezone))
    verb = "was" if len(same) == 1 else "were"
    return say("**{}** {} silent {}: counts there are a lower bound.{}", who, verb, when, more)


def definition(thresholds: Any, gap: str = "") -> str:
    """What counts as a visit and what ends it.

    Args:
        thresholds: visit_min, visit_dbm and gap_min (`[presence]` of telltale.toml).
        gap: the silence that ends a visit where this page uses another.
    """
    return (
        f"Visit = {_minutes(thresholds.visit_min)} or more and "
        f"{wording.quantity(thresholds.visit_dbm, 'dBm')} or stronger, or associated. "
        f"Silence of more than {gap or _minutes(thresholds.gap_min)} ends it."
    )


def resolution(visits: Any, *, since: dt.datetime | None = None, claims: Claims = NO_CLAIMS) -> Said:
    """How much longer the true stay may be than the one shown: a phone is silent between its probes.

    Args:
        visits: silence_max_s (`tt.presence.visits`).
        since: beginning of their stretch.
        claims: make the numbers claims.
    """
    longest = [row["silence_max_s"] for row in rows(visits, "silence_max_s") if is_known(row["silence_max_s"])]
    if not longest:
        return Said()
    return say(
        "A device is silent for up to {} within a visit (median), "
        "and may be as long before the first and after the last frame: stays are a little too short.",
        said.duration(claims.silence_inside(median(longest), since)),
    )


def open_visits(found: Lengths, *, claims: Claims = NO_CLAIMS) -> Said:
    """How many visits are left out because they may not have ended."""
    if found.left_out:
        days = wording.joined([wording.short_date(dt.date.fromisoformat(day)) for day in found.left_out])
        return say("A few visits of {} may not have ended: visits that began then are left out.", days)
    if not found.some_open:
        return Said()
    if found.open is None:
        return say("Visits that may not have ended are left out; their number is withheld.")
    count = said.count(claims.lengths("open", found.open), "visit")
    return say("{} may not have ended and {} left out.", count, "is" if found.open == 1 else "are")


def left_out(summary: Any, *, claims: Claims = NO_CLAIMS) -> Said:
    """Staff and fixed devices removed before counting; fewer than k are told as that."""
    k = int(_of_all(summary, "k") or 0)
    parts: list[str] = []
    for name in ("fixed", "staff"):
        count, noun = _whole(_of_all(summary, name)), f"{name} device"
        few = f"fewer than {k} {noun}s" if 0 < count < k else ""
        if count:
            parts.append(few or said.count(claims.summary(name, count), noun))
    return say("{} removed before counting.", said.sentence_case(said.joined(parts))) if parts else Said()


def cut_stays(visits: Any) -> str:
    """That stays which reach a change of keys are cut there: empty where none does."""
    cuts = [row for row in rows(visits, optional=("cut",)) if row["cut"]]
    return "A stay over the change of keys is cut there: its parts are lower bounds." if cuts else ""


def removed(since: dt.date | None, what: str) -> str:
    """`Visits are kept since Thu 12 Nov; earlier ones were removed.`; empty where all are kept."""
    return f"{what} are kept since {wording.short_date(since)}; earlier ones were removed." if since else ""


def withheld(k: int) -> str:
    """That small cells are not published."""
    return f"Cells of fewer than {k} devices are not published (<{k})."


def hysteresis(thresholds: Any) -> str:
    """What counts as a move."""
    return f"A move needs a lead of {wording.quantity(thresholds.hysteresis_db, 'dB')} over the last zone."


def set_aside(summary: Any, *, claims: Claims = NO_CLAIMS) -> Said:
    """Records rejected, late, or with a wrong clock; unknown where the rows that would tell were removed."""
    rejected, flagged, late = (
        said.number(claims.summary(name, _of_all(summary, name))) for name in ("rejected", "flagged", "late")
    )
    return say(
        "{} rows rejected, {} with a wrong clock left out, {} came after their day had closed.", rejected, flagged, late
    )


def _of_all(summary: Any, name: str) -> Any:
    """A value that is the same for every address kind; that of all kinds together, where it is there."""
    table = rows(summary, "address_kind", name)
    whole = [row for row in table if row["address_kind"] == "all"] or table
    return whole[0][name] if whole else None


def _whole(value: float | None) -> int:
    return int(value) if is_known(value) and value is not None else 0


def _minutes(minutes: float) -> str:
    return wording.duration(60 * minutes)


def _alike(one: Silence, other: Silence) -> bool:
    near = dt.timedelta(minutes=5)
    return abs(one.start - other.start) <= near and abs(one.end - other.end) <= near


def _span(start: dt.datetime, end: dt.datetime, zone: str) -> str:
    return wording.clock_span(local(start, zone), local(end, zone))
