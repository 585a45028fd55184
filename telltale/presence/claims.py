"""The numbers presence pages say, as claims: each with the call of `tt.presence` whose rows give it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from telltale.page.claims import About, Claim, How, Subject, Value


@dataclass(frozen=True)
class Claims:
    """Makes the claims about a period at one site.

    Args:
        about: the stretch, as `figures`, `summary` and `occupancy` are asked.
        site: whose numbers.
        kind: of addresses: all, local or global.
        period: as `compared` and the like are asked.
        looks_back: the same.
        bars: the stretch of the days that have a bar.
        interval: width of the intervals of occupancy.
        gap: silence that ends a visit, where it is not that of telltale.toml.
    """

    about: About = field(default_factory=lambda: About("presence"))
    site: Subject = field(default_factory=lambda: Subject("site"))
    kind: str = "all"
    period: str = "7d"
    looks_back: bool = False
    bars: About = field(default_factory=lambda: About("presence"))
    interval: str = ""
    gap: Any = None

    def day(self, label: str, name: str, value: Value, unit: str = "", *, kind: str = "") -> Claim:
        """A figure of one day."""
        where = {"label": label, "address_kind": kind or self.kind}
        return self.bars.claim(
            self.site, name, value, unit, call="figures", where=where, column=name, published=True, gap=self.gap
        )

    def days(
        self,
        labels: Sequence[str],
        name: str,
        value: Value,
        unit: str = "",
        *,
        how: How,
        kind: str = "",
        weight: str = "",
    ) -> Claim:
        """A figure over several days: their sum, largest, median, or mean weighted by another."""
        where = {"label": list(labels), "address_kind": kind or self.kind}
        return self.bars.claim(
            self.site, name, value, unit, call="figures", where=where, column=name, how=how, weight=weight,
            n=len(labels), published=True, gap=self.gap,
        )  # fmt: skip

    def summary(self, name: str, value: Value, unit: str = "", *, n: int | None = None) -> Claim:
        """A figure of the whole period."""
        return self.about.claim(
            self.site, name, value, unit,
            call="summary", where={"address_kind": self.kind}, column=name, n=n, published=True, gap=self.gap,
        )  # fmt: skip

    def compared(self, measure: str, column: str, value: Value, unit: str = "", *, n: int | None = None) -> Claim:
        """What is compared with the days before: the change, the difference or the base."""
        return self._asked(
            "compared", f"{measure}_{column}", value, unit, where={"measure": measure}, column=column, n=n,
            addresses=self.kind, looks_back=self.looks_back,
        )  # fmt: skip

    def lengths(
        self,
        part: str,
        value: Value,
        unit: str = "",
        *,
        column: str = "visits",
        low: int | None = None,
    ) -> Claim:
        """What the lengths of stay say: of a bar or band by its lower edge, of those that ended or go on."""
        where: dict[str, Any] = {"part": part} | ({} if low is None else {"from_min": low})
        measure = {"ended": "visits_ended", "open": "visits_open"}.get(part, f"visits_of_{part}")
        measure = measure if column == "visits" else f"{measure}_{column}"
        return self._asked(
            "lengths_of_stay", measure, value, unit, where=where, column=column,
            addresses=self.kind, looks_back=self.looks_back,
        )  # fmt: skip

    def nodes(self, measure: str, value: Value, **where: Any) -> Claim:
        """How many nodes are known, report or are silent."""
        return self._asked("node_states", measure, value, where=where, how="count")

    def silence(self, name: str, value: Value) -> Claim:
        """How long a node was silent."""
        where = {"name": name}
        return self._asked("node_states", "silent_s", value, "s", where=where, column="silent_s", how="max")

    def missing(self, value: Value, *, start: dt.datetime | None = None) -> Claim:
        """How long no node reported: in all, or in one gap."""
        where = {} if start is None else {"start": start}
        return self._asked("gaps", "gap_s", value, "s", where=where, column="gap_s", how="sum")

    def present(self, starts: Sequence[dt.datetime], value: Value, *, kind: str = "", how: How = "max") -> Claim:
        """How many were present on average in an interval, or the most of several."""
        return self.about.claim(
            self.site, "present", value,
            call="occupancy", where={"address_kind": kind or self.kind, "start": list(starts)}, column="mean", how=how,
            bin=self.interval, published=True, gap=self.gap,
        )  # fmt: skip

    def move(self, from_zone: str, to_zone: str, value: Value, since: dt.datetime | None) -> Claim:
        """How many moves there were from one zone to another."""
        about = self.about.over(since, self.about.until, so_far=self.about.so_far)
        where = {"from_zone": from_zone, "to_zone": to_zone}
        return about.claim(self.site, "moves", value, call="moves", where=where, column="moves", published=True)

    def silence_inside(self, value: Value, since: dt.datetime | None) -> Claim:
        """How long a device is silent within a visit, half of the visits longer."""
        about = self.about.over(since, self.about.until, so_far=self.about.so_far)
        where = {} if self.kind == "all" else {"address_kind": self.kind}
        return about.claim(
            self.site, "silence_max_s", value, "s",
            call="visits", where=where, column="silence_max_s", how="median", gap=self.gap,
        )  # fmt: skip

    def _asked(
        self,
        call: str,
        measure: str,
        value: Value,
        unit: str = "",
        *,
        where: dict[str, Any],
        column: str = "",
        how: How = "the",
        n: int | None = None,
        **arguments: Any,
    ) -> Claim:
        """Of a call that takes a period as pages do; the basis names its stretch all the same."""
        plain = About("presence", arguments={"period": self.period, "site": self.about.arguments.get("site")})
        made = plain.claim(
            self.site, measure, value, unit, call=call, where=where, column=column, how=how, n=n, **arguments
        )
        basis = made.basis._replace(since=self.about.since, until=self.about.until, so_far=self.about.so_far)
        return Claim(made.subject, measure, value, unit, basis, made.call)


NO_CLAIMS = Claims()
"""Of no project: what words take where nobody follows their numbers."""
