"""What the activity page asks about PCs; each answer once, however many cards want it."""

import datetime as dt
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.activity import calls as activity
from telltale.page.board import Ask, Freshness
from telltale.page.common import arrow_of
from telltale.workbench.times import local_time, micros

HISTORY = "28d"
"""How far back a usual day is looked for."""
MOST_RANGED = "28d"
LATE_S, SILENT_S = 1_500.0, 7_200.0
"""A modem sends each ten minutes or so: late after two and a half."""


class ActivityFigures:
    """Answers about PCs.

    Args:
        ask: of which project.
        owner: whose page it is: a PC or a person, by id or name; empty is everyone's.
        device: which of these PCs, by id; empty is all.
        stretch: `1d`, `7d` or `28d`.
        breaks_s: the longest pause that stays active; None is the project's.
    """

    def __init__(
        self, ask: Ask, *, owner: str = "", device: str = "", stretch: str = "1d", breaks_s: float | None = None
    ) -> None:
        self.ask, self.stretch = ask, stretch
        self.settings = ask.project.settings
        self.zone = self.settings.site.timezone
        self.away_after_s = breaks_s or self.settings.activity.away_after_s
        self.which = device or owner or None
        self._about: dict[str, Any] = {"device": self.which, "project": ask.project}
        self._judged: dict[str, Any] = {**self._about, "away_after_s": breaks_s}

    @property
    def now(self) -> dt.datetime:
        """The present on the site's clock."""
        return local_time(self.ask.project.now_us(), self.zone)

    @property
    def period(self) -> str:
        """What the figures are of, in words."""
        return {"1d": "today", "7d": "in 7 days", "28d": "in 4 weeks"}[self.stretch]

    @cached_property
    def strips(self) -> pa.Table:
        """The stretches of the period, day by day."""
        if self.stretch == HISTORY:
            return self.history
        return arrow_of(activity.strips(self.stretch, **self._judged))

    @cached_property
    def daily(self) -> pa.Table:
        """The sums of the period by day."""
        if self.stretch == HISTORY:
            return self.past
        return arrow_of(activity.daily(self.stretch, **self._judged))

    @cached_property
    def intervals(self) -> pa.Table:
        """The stretches of the period, with their basis."""
        key = ("activity bases", self.which, self.stretch, self.away_after_s)
        found: pa.Table = self.ask.slowly(key, lambda: arrow_of(activity.intervals(self.stretch, **self._judged)))
        return found

    @cached_property
    def history(self) -> pa.Table:
        """The strips of four weeks; looked up once a minute."""
        key = ("activity history", self.which, self.away_after_s)
        found: pa.Table = self.ask.slowly(key, lambda: arrow_of(activity.strips(HISTORY, **self._judged)))
        return found

    @property
    def week(self) -> pa.Table:
        """The newest seven days of them."""
        since = (self.now.date() - dt.timedelta(days=6)).isoformat()
        return self.history.filter(pc.greater_equal(self.history["label"], since))

    @cached_property
    def past(self) -> pa.Table:
        """The sums of four weeks by day; looked up once a minute."""
        key = ("activity past", self.which, self.away_after_s)
        found: pa.Table = self.ask.slowly(key, lambda: arrow_of(activity.daily(MOST_RANGED, **self._judged)))
        return found

    @cached_property
    def levels(self) -> pa.Table:
        """The levels of 24 hours."""
        return arrow_of(activity.levels("24h", **self._about))

    def messages(self, newest: int) -> pa.Table:
        """The newest of what arrived in a week."""
        return arrow_of(activity.messages("7d", newest=newest, **self._about))

    @cached_property
    def records(self) -> pa.Table:
        """What is kept; looked up once a minute."""
        key = ("activity records", self.which)
        found: pa.Table = self.ask.slowly(key, lambda: arrow_of(activity.records(**self._about)))
        return found

    def names(self) -> dict[str, str]:
        """The PCs by id, with their names; of whom anything is kept."""
        told = self.records.select(["device_id", "name"]).to_pylist()
        return {row["device_id"]: row["name"] for row in told}

    def freshness(self) -> Freshness:
        """Of the newest record."""
        newest = pc.max(self.levels["observed_at"]).as_py() if self.levels.num_rows else None
        return Freshness(None if newest is None else micros(newest), LATE_S, SILENT_S, timezone=self.zone)
