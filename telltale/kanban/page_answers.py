"""What the kanban page asks: each question once, when a part needs it."""

import datetime as dt
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale.findings import coverage, kanban_concerns, kanban_tiles
from telltale.kanban import calls as kanban
from telltale.kanban.words.capture import Coverage
from telltale.page.attention import Found
from telltale.page.board import Ask, Freshness
from telltale.page.common import PATIENCE, SHORTEST_LATE_S, SILENT_S, arrow_of
from telltale.page.pieces import Tiles
from telltale.workbench.times import local_time, micros

STRETCHES = {"4w": 28, "16w": 112, "52w": 364}
"""The stretches one may choose, and the days of each."""
BUCKETS = {"4w": "day", "16w": "week", "52w": "week"}
WATCHED = "16w"
"""What the overview judges items by."""


class KanbanFigures:
    """Answers about items and their buttons.

    Args:
        ask: of which project.
        stretch: one of `STRETCHES`.
        item: its name; empty is all.
    """

    def __init__(self, ask: Ask, *, stretch: str = "4w", item: str = "") -> None:
        self.ask, self.stretch, self.item = ask, stretch, item
        self.settings = ask.project.settings
        self.zone = self.settings.site.timezone
        self.target = 1 - self.settings.kanban.service_level
        self.by: Any = BUCKETS[stretch]
        self.days = STRETCHES[stretch]
        self._which: dict[str, Any] = {"item": item or None, "project": ask.project}

    @property
    def now(self) -> dt.datetime:
        """The present on the site's clock."""
        return local_time(self.ask.project.now_us(), self.zone)

    @cached_property
    def items(self) -> pa.Table:
        """What is known of each item."""
        return arrow_of(kanban.items(self.stretch, **self._which))

    @cached_property
    def chart(self) -> pa.Table:
        """The control chart of pulls by bucket; of buckets cut by gaps of the capture, limits follow the time."""
        return arrow_of(kanban.chart(self.stretch, kind="c", by=self.by, **self._which))

    @cached_property
    def rates(self) -> pa.Table:
        """How often, and what was captured, by day."""
        return arrow_of(kanban.rates(self.stretch, by="day", **self._which))

    @cached_property
    def pulls(self) -> pa.Table:
        """Each pull."""
        return arrow_of(kanban.pulls(self.stretch, **self._which))

    @cached_property
    def leads(self) -> pa.Table:
        """Lead times."""
        return arrow_of(kanban.lead_times(self.stretch, **self._which))

    @cached_property
    def presses(self) -> pa.Table:
        """Presses of the items' buttons."""
        return arrow_of(kanban.presses(self.stretch, **self._which))

    @cached_property
    def observed(self) -> pa.Table:
        """The stretches in which a capture listened."""
        return arrow_of(kanban.observed(self.stretch, project=self.ask.project))

    @cached_property
    def coverage(self) -> Coverage | None:
        """How much of the stretch a capture listened, from its first record on."""
        return coverage(self.observed, until=self.now)

    @property
    def tiles(self) -> Tiles:
        """The five figures of the page."""
        asked = (self.items, self.pulls, self.rates, self.leads, self.coverage)
        return kanban_tiles(*asked, target=self.target, days=self.days)

    @property
    def freshness(self) -> Freshness:
        """Of the newest press or heartbeat: a button that nobody presses is not late, a capture that is silent is."""
        newest = newest_us(self.observed, self.presses)
        beat_s = self.settings.arp.heartbeat_s
        late_s = max(SHORTEST_LATE_S, PATIENCE * beat_s)
        return Freshness(newest, late_s, max(SILENT_S, 2 * late_s), timezone=self.zone)


def newest_us(observed: pa.Table, presses: pa.Table) -> int | None:
    """When anything of the capture was heard last."""
    columns = (observed["end"], presses["last_frame_at"])
    ends = [pc.max(column).as_py() for column in columns if len(column)]
    return max((micros(end) for end in ends if end is not None), default=None)


def known_items(ask: Ask) -> list[str]:
    """The items, once any was pulled or pressed; looked up once a minute, sooner as long as there are none."""
    found: list[str] = ask.slowly("items", lambda: _items(ask))
    return found or _items(ask)


def _items(ask: Ask) -> list[str]:
    table = arrow_of(kanban.items("52w", project=ask.project))
    heard = pc.any(pc.or_(pc.is_valid(table["last_pull_at"]), pc.is_valid(table["last_press_at"]))).as_py()
    return list(table["item"].to_pylist()) if heard else []


def capture(ask: Ask, since: str = "7d") -> pa.Table:
    """The stretches in which a capture listened; looked up once a minute."""
    found: pa.Table = ask.slowly(("capture", since), lambda: arrow_of(kanban.observed(since, project=ask.project)))
    return found


def overview(ask: Ask) -> KanbanFigures:
    """What the overview shows and judges by."""
    return KanbanFigures(ask, stretch=WATCHED)


def concerns(ask: Ask) -> list[Found]:
    """The items that run short, and the buttons that may be dead; looked up once a minute."""
    figures = overview(ask)
    items: pa.Table = ask.slowly(("kanban", WATCHED), lambda: figures.items)
    return kanban_concerns(items, now=figures.now, target=figures.target)
