"""What of the messages that were due did not come: title and note from `tt.health`, with neutral fallbacks."""

from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.health import claims
from telltale.page import said
from telltale.page.claims import About, Subject
from telltale.page.said import Said, say
from telltale.wording import is_known

MISSED = 0.03
"""A day on which a device missed less is one like any other."""


def missing_title(missing: Any, about: About = claims.ABOUT) -> Said:
    """`Dock lost messages on four of 14 days`: the device with most days over 3 %; of one day that it did."""
    names = ("device_id", "name", "start", "due", "received", "missing_share")
    table = [row for row in rows(missing, *names) if is_known(row["missing_share"])]
    days: dict[str, list[Any]] = {}
    lost: dict[str, list[Any]] = {}
    for row in table:
        days.setdefault(row["device_id"], []).append(row["start"])
        lost.setdefault(row["device_id"], []).extend([row["start"]] if row["missing_share"] >= MISSED else [])
    called = {row["device_id"]: row["name"] for row in table}
    counts = sorted(((len(starts), called[key], key) for key, starts in lost.items()), reverse=True)
    if not counts:
        return say("Messages missing by device and day")
    most, name, device_id = counts[0]
    if most == 0:
        return say("No device missed 3 % of a day's messages")
    if len(counts) > 1 and counts[1][0] == most:
        short = sorted(key for key, starts in lost.items() if starts)
        part = said.in_words(claims.missing_devices(about, short, "devices_missing"))
        whole = said.in_words(claims.missing_devices(about, sorted(days)))
        return said.sentence_case(say("{} of {} devices lost messages", part, whole))
    if len(days[device_id]) == 1:
        return say("{} lost messages on its only day", wording.sentence_case(name))
    subject = Subject("device", device_id, name)
    if len(days[device_id]) == 1:
        return say("{} lost messages on the only day told", wording.sentence_case(name))
    on = said.in_words(claims.missing_days(about, subject, lost[device_id], "days_missing"))
    of = said.in_words(claims.missing_days(about, subject, days[device_id], "days_due"))
    return say("{} lost messages on {} of {} days", wording.sentence_case(name), on, of)


def due_note(health: Any, missing: Any) -> str:
    """What due means: an interval that was given, or one that was learned.

    Args:
        health: each device (`tt.health.devices`).
        missing: what was due (`tt.health.missing`); devices that rest are not in it.
    """
    due = {row["device_id"] for row in rows(missing, "device_id")}
    given = {bool(row["is_given"]) for row in rows(health, "device_id", "is_given") if row["device_id"] in due}
    source = {frozenset({True}): "of devices.csv", frozenset({False}): "learned from the last week"}.get(
        frozenset(given), "of devices.csv, else learned"
    )
    return f"Due = one message per interval, {source}. Late ones count when they come: today may still fill up."
