"""What the pages ask about presence at one site: each question once, when a part needs it, published figures only."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pyarrow as pa

from telltale.frames import local, rows
from telltale.page import common
from telltale.page.board import Ask
from telltale.page.usual import Usual, usual_by_now
from telltale.presence import calls as presence
from telltale.presence.words import today
from telltale.presence.words.gaps import Reporting, reporting
from telltale.workbench.question import period
from telltale.workbench.reading import load

BARS = {"1d": 14, "7d": 14, "28d": 28}
"""How many days have a bar, by the stretch chosen."""
VISITS_D = 28
"""How far back lengths of stay and the usual day go: visits are kept for 30 days."""


class Figures:
    """Answers about one site.

    Args:
        ask: of which project.
        site: which site.
        stretch: `1d` (today), `7d` or `28d`.
        kind: address kind: all, local or global.
    """

    def __init__(self, ask: Ask, site: str, *, stretch: str = "1d", kind: str = "all") -> None:
        self.ask, self.stretch, self.kind = ask, stretch, kind
        self.when = period(stretch, site, project=ask.project)
        self.k = ask.project.site(site).k
        self.rules = ask.project.settings.presence
        self._site = site

    @property
    def is_today(self) -> bool:
        """Whether only the running day is asked for."""
        return self.stretch == "1d"

    @cached_property
    def days(self) -> pa.Table:
        """The figures of each day, of the kind; those before today are looked up once a minute."""
        earlier, running = self._split("days", self._ago(BARS[self.stretch]), self._days)
        return self._of_kind(pa.concat_tables(map(common.arrow_of, (earlier, running)), promote_options="permissive"))

    @cached_property
    def nodes(self) -> Any:
        """When each node reported."""
        return presence.nodes(self.when.since, site=self._site, project=self.ask.project)

    @cached_property
    def heartbeats(self) -> Any:
        """The reports of the nodes."""
        found = load(
            "node_heartbeat", self.when.since, columns=("site", "observed_at"), engine="arrow", project=self.ask.project
        )
        return found.filter(pa.compute.equal(found["site"], self._site))

    @cached_property
    def reporting(self) -> Reporting:
        """Who reports, and who is silent."""
        return reporting(self.nodes, self.when.now if self.when.running else None)

    @cached_property
    def bins(self) -> Any:
        """Devices present, interval by interval; of every kind, or of the one chosen."""
        return self._chosen(_joined(*self._split("bins", self.when.since, self._bins)))

    @cached_property
    def visits(self) -> Any:
        """The visits of four weeks, of the kind; owner's rows, of which only counts of k and more are shown."""
        return self._chosen(_joined(*self._split("visits", self._ago(VISITS_D), self._visits)))

    def visits_of(self, days: int) -> Any:
        """The visits of the last days, today included."""
        first = self.when.now.date() - dt.timedelta(days=days - 1)
        entered = (local(moment, self.when.timezone).date() for moment in self.visits["entered_at"])
        return self.visits[[day >= first for day in entered]]

    @cached_property
    def summary(self) -> pa.Table:
        """The whole stretch in one row, of the kind."""
        return self._of_kind(self.all_kinds)

    @cached_property
    def all_kinds(self) -> Any:
        """The whole stretch, one row an address kind; what was left out and set aside."""
        return self.ask.slowly(("summary", self._site, self.stretch), lambda: self._summary(self.when.since, None))

    @cached_property
    def before(self) -> pa.Table:
        """The stretch before."""
        since, until = self.when.ask_before["since"], self.when.ask_before["until"]
        key = ("before", self._site, self.stretch)
        return self._of_kind(self.ask.slowly(key, lambda: self._summary(since, until)))

    @cached_property
    def moves(self) -> Any:
        """Moves between zones in a week."""
        return self.ask.slowly(
            ("moves", self._site),
            lambda: presence.moves("7d", published=True, site=self._site, project=self.ask.project),
        )

    @cached_property
    def running(self) -> dict[str, Any]:
        """The figures of the running day."""
        label = self.when.now.date().isoformat()
        found = [row for row in self.days.to_pylist() if row["label"] == label]
        return found[0] if found else dict.fromkeys(("visitors", "dwell_median_s", "capture_rate"))

    @cached_property
    def by_now(self) -> dict[dt.date, int]:
        """Visitor devices of each day as of this hour."""
        return today.visitors_by_now(self.visits, self.when.now)

    @property
    def counted(self) -> int:
        """Today's visitor devices, counted as those of the usual day are."""
        return self.by_now.get(self.when.now.date(), 0)

    @cached_property
    def usual(self) -> Usual | None:
        """What a usual day comes to by this hour."""
        return usual_by_now(self.by_now, self.when.now, k=self.k)

    def present(self) -> list[dict[str, Any]]:
        """Intervals in order: all kinds together, or the one that was chosen."""
        kind = "all" if self.kind == "all" else self.kind
        table = rows(self.bins, "address_kind", "start", "end", "mean", "nodes", "expected")
        return sorted((row for row in table if row["address_kind"] == kind), key=lambda row: row["start"])

    def _split(self, name: str, since: str, question: Callable[[str, str | None], Any]) -> tuple[Any, Any]:
        """The answer for the days before today, at most a minute old, and the one for today, of this moment."""
        midnight = self.when.now.date().isoformat()
        running = question(midnight, None)
        if since >= midnight:
            return running.iloc[:0], running
        key = (name, self._site, self.when.bin, since, midnight)
        return self.ask.slowly(key, lambda: question(since, midnight)), running

    def _ago(self, days: int) -> str:
        """The first of the last days, today included."""
        return (self.when.now.date() - dt.timedelta(days=days - 1)).isoformat()

    def _days(self, since: str, until: str | None) -> Any:
        return presence.days(since, until, published=True, site=self._site, project=self.ask.project)

    def _bins(self, since: str, until: str | None) -> Any:
        return presence.occupancy(
            since, until, bin=self.when.bin, published=True, site=self._site, project=self.ask.project
        )

    def _visits(self, since: str, until: str | None) -> Any:
        return presence.visits(since, until, site=self._site, project=self.ask.project)

    def _summary(self, since: str | None, until: str | None) -> Any:
        return presence.summary(since, until, published=True, site=self._site, project=self.ask.project)

    def _chosen(self, frame: Any) -> Any:
        return frame if self.kind == "all" else frame[frame["address_kind"] == self.kind]

    def _of_kind(self, frame: Any) -> pa.Table:
        """The rows of the kind, called `all` as whatever words them expects."""
        table = common.arrow_of(frame)
        chosen = table.filter(pa.compute.equal(table["address_kind"], self.kind))
        at = chosen.schema.get_field_index("address_kind")
        return chosen.set_column(at, "address_kind", pa.array(["all"] * chosen.num_rows, pa.string()))


def _joined(earlier: Any, running: Any) -> Any:
    """Two frames one below the other; pandas warns where one is empty."""
    import pandas as pd

    parts = [part for part in (earlier, running) if len(part)]
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0] if parts else running
