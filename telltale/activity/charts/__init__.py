"""Figures of PCs in use: strips and hours by day, possible hours, levels, the hours of a team."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.activity.charts.hours import daily_hours as daily_hours
    from telltale.activity.charts.hours import possible_hours as possible_hours
    from telltale.activity.charts.levels import level_course as level_course
    from telltale.activity.charts.levels import team_hours as team_hours
    from telltale.activity.charts.strips import day_strips as day_strips

__all__ = ["daily_hours", "day_strips", "level_course", "possible_hours", "team_hours"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "daily_hours": "hours",
        "day_strips": "strips",
        "level_course": "levels",
        "possible_hours": "hours",
        "team_hours": "levels",
    },
)
