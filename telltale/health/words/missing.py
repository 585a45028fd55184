"""What of the messages that were due did not come: title and note from `tt.health`, with neutral fallbacks."""

from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.wording import is_known

MISSED = 0.03
"""A day on which a device missed less is one like any other."""


def missing_title(missing: Any) -> str:
    """`Dock lost messages on four of 14 days`: the device with most days over 3 %."""
    table = [row for row in rows(missing, "name", "due", "received", "missing_share") if is_known(row["missing_share"])]
    days: dict[str, list[bool]] = {}
    for row in table:
        days.setdefault(row["name"], []).append(row["missing_share"] >= MISSED)
    counts = sorted(((sum(lost), name) for name, lost in days.items()), reverse=True)
    if not counts:
        return "Messages missing by device and day"
    most, name = counts[0]
    if most == 0:
        return "No device missed 3 % of a day's messages"
    if len(counts) > 1 and counts[1][0] == most:
        short = sum(count > 0 for count, _ in counts)
        return (
            f"{wording.sentence_case(wording.in_words(short))} of {wording.in_words(len(counts))} devices lost messages"
        )
    of = len(days[name])
    return f"{wording.sentence_case(name)} lost messages on {wording.in_words(most)} of {wording.in_words(of)} days"


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
