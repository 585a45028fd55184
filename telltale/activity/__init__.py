"""`tt.activity`: when PCs were in use, away, or not recorded."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.activity import charts as charts
    from telltale.activity.calls import correct as correct
    from telltale.activity.calls import daily as daily
    from telltale.activity.calls import import_activitywatch as import_activitywatch
    from telltale.activity.calls import intervals as intervals
    from telltale.activity.calls import levels as levels
    from telltale.activity.calls import messages as messages
    from telltale.activity.calls import records as records
    from telltale.activity.calls import shows_single as shows_single
    from telltale.activity.calls import strips as strips
    from telltale.activity.calls import team as team

__all__ = [
    "charts",
    "correct",
    "daily",
    "import_activitywatch",
    "intervals",
    "levels",
    "messages",
    "records",
    "shows_single",
    "strips",
    "team",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "charts": "",
        "correct": "calls",
        "daily": "calls",
        "import_activitywatch": "calls",
        "intervals": "calls",
        "levels": "calls",
        "messages": "calls",
        "records": "calls",
        "shows_single": "calls",
        "strips": "calls",
        "team": "calls",
    },
)
