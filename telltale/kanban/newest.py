"""The newest press of every button, and until when its capture listened."""

from collections import Counter

from telltale import wording
from telltale.frames import local
from telltale.kanban.capture_figures import coverage_of
from telltale.kanban.days import SOURCE
from telltale.kanban.press_tables import presses_table
from telltale.kanban.question import Demand
from telltale.page.newest import Newest
from telltale.workbench.question import question
from telltale.workbench.times import When
from telltale.workbench.view import View


def newest(view: View, since: When) -> list[Newest]:
    """Of each button, and of each item pulled by hand, its newest press.

    Args:
        view: of which moment.
        since: how far back presses are looked for and counted.
    """
    asked = question(view, since, None)
    presses = presses_table(Demand(asked)).to_pylist()
    if not presses:
        return []
    coverage = coverage_of(asked)
    says = ""
    if coverage is not None:
        heard_until = coverage.silent_since or coverage.end
        says = f"its capture was heard until {wording.short_moment(local(heard_until, asked.zone))}"
    counts = Counter(row["device_id"] for row in presses)
    last = {row["device_id"]: row for row in presses}
    return [
        Newest(
            device_id, row["item"] if row["is_manual"] else row["name"], "button", SOURCE,
            "acknowledged" if row["role"] == "ack" else "pulled", text=_text(row["role"], counts[device_id]),
            at=row["pressed_at"], so_far=counts[device_id], counted="press", says="" if row["is_manual"] else says,
        )
        for device_id, row in sorted(last.items(), key=lambda one: (one[1]["name"], one[0]))
    ]  # fmt: skip


def _text(role: str, count: int) -> str:
    return wording.count(count, "delivery" if role == "ack" else "pull", "deliveries" if role == "ack" else "")
