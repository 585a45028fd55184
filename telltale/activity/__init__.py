"""`tt.activity`: when PCs were in use, away, or not recorded."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.activity import cards as cards
    from telltale.activity import charts as charts
    from telltale.activity.calls import answers as answers
    from telltale.activity.calls import correct as correct
    from telltale.activity.calls import gaps as gaps
    from telltale.activity.calls import import_activitywatch as import_activitywatch
    from telltale.activity.calls import intervals as intervals
    from telltale.activity.calls import kept as kept
    from telltale.activity.calls import lateness as lateness
    from telltale.activity.calls import levels as levels
    from telltale.activity.calls import listed as listed
    from telltale.activity.calls import messages as messages
    from telltale.activity.calls import strips as strips
    from telltale.activity.calls import team as team
    from telltale.activity.calls import totals as totals
    from telltale.activity.calls import usual as usual
    from telltale.activity.calls import work_hours as work_hours

_CALLS = (
    *("answers", "correct", "gaps", "import_activitywatch", "intervals", "kept", "lateness", "levels", "listed"),
    *("messages", "strips", "team", "totals", "usual", "work_hours"),
)
__all__ = [
    "answers",
    "cards",
    "charts",
    "correct",
    "gaps",
    "import_activitywatch",
    "intervals",
    "kept",
    "lateness",
    "levels",
    "listed",
    "messages",
    "strips",
    "team",
    "totals",
    "usual",
    "work_hours",
]

__getattr__, __dir__ = lazily(
    __name__, {"cards": "", "charts": ""} | dict.fromkeys(_CALLS, "calls"), asked_by="telltale.workbench.on_engine"
)
