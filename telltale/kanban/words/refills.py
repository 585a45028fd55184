"""Refills as cards tell them: from each pull to its acknowledgement, in time that counts."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from telltale.frames import rows
from telltale.kanban.words.working_time import WorkingTime, working_time

LEAD = (
    *("item", "pulled_at", "acknowledged_at", "lead_time_s", "is_open", "is_orphan", "age_s", "calendar_s"),
    "working_day_s",
)
"""Columns of `tt.kanban.lead_times` that are read."""


class Refill(NamedTuple):
    """A pull and what became of it."""

    item: str
    pulled_at: dt.datetime
    acknowledged_at: dt.datetime | None
    lasted: WorkingTime
    """Until its acknowledgement; of an open pull, its age."""
    is_open: bool


def refills(leads: Any) -> list[Refill]:
    """The pulls of some lead times, in order; acknowledgements without a pull are none.

    Args:
        leads: `tt.kanban.lead_times`.
    """
    found = []
    for row in rows(leads, *LEAD):
        lasted = working_time(row["age_s"] if row["is_open"] else row["lead_time_s"], row, row["calendar_s"])
        if lasted is not None and not row["is_orphan"]:
            found.append(Refill(row["item"], row["pulled_at"], row["acknowledged_at"], lasted, bool(row["is_open"])))
    return found


def closed(found: Sequence[Refill]) -> list[Refill]:
    """Those that were acknowledged."""
    return [refill for refill in found if not refill.is_open]


def still_open(found: Sequence[Refill]) -> list[Refill]:
    """Those that were not, the oldest first."""
    return sorted((refill for refill in found if refill.is_open), key=lambda refill: refill.pulled_at)


def orphans(leads: Any) -> int:
    """How many acknowledgements had no open pull."""
    return sum(bool(row["is_orphan"]) for row in rows(leads, "is_orphan"))


def lost(leads: Any) -> int:
    """How many pulls were given up, because their acknowledgement is lost."""
    return sum(bool(row["is_lost"]) for row in rows(leads, "is_lost"))


def lasting(found: Sequence[Refill]) -> list[WorkingTime]:
    """How long each took."""
    return [refill.lasted for refill in found]
