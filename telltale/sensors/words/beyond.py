"""What left its limits: all excursions of one series, for how long and how far, as claims."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.page import said
from telltale.page.claims import About, Claim
from telltale.page.said import Said, say
from telltale.sensors import claims
from telltale.sensors.claims import KEY

EXCURSION = (
    *("name", "unit", "side", "limit_value", "outside_s", "unknown_s", "peak", "peak_at", "counted_from", "started_at"),
    *("is_begin_known", "is_end_known", "is_open"),
)
LEAST = f"≥{wording.NBSP}"


@dataclass(frozen=True)
class Beyond:
    """All excursions of one series of a sensor in a stretch of time.

    Args:
        excursions: of the series, in order (`tt.sensors.excursions`).
        about: what the numbers are claims of.
    """

    excursions: Sequence[dict[str, Any]]
    about: About = field(default_factory=About)

    @property
    def farthest(self) -> dict[str, Any]:
        """The one that went farthest."""
        return max(self.excursions, key=lambda row: abs(row["peak"] - row["limit_value"]))

    @property
    def device_id(self) -> str:
        """Of the sensor."""
        return str(self.farthest["device_id"])

    @property
    def name(self) -> str:
        """Of the sensor."""
        return str(self.farthest["name"])

    @property
    def quantity(self) -> str:
        """What it measured."""
        return str(self.farthest["quantity"])

    @property
    def side(self) -> str:
        """Of the farthest one: above or below."""
        return str(self.farthest["side"])

    @property
    def outside_s(self) -> float:
        """How long, silences not counted."""
        return float(sum(row["outside_s"] for row in self.excursions))

    @property
    def is_open(self) -> bool:
        """Whether its newest reading is beyond a limit."""
        return any(row["is_open"] for row in self.excursions)

    @property
    def is_least(self) -> bool:
        """Whether it was so for so long at least: a begin or end is not known, or lies before the stretch."""
        return any(is_least(row) for row in self.excursions)

    @property
    def peak_at(self) -> dt.datetime:
        """When it was farthest."""
        at: dt.datetime = self.farthest["peak_at"]
        return at

    @property
    def starts_unknown(self) -> bool:
        """Whether it is a single excursion of which is not known when it began."""
        return len(self.excursions) == 1 and not self.farthest["is_begin_known"]

    @property
    def lasting(self) -> Said:
        """`47 min`, `≥ 24 h`."""
        claim = claims.excursions(
            self.about, self.farthest, "outside_s", self.outside_s, "s", column="outside_s", how="sum",
            n=len(self.excursions),
        )  # fmt: skip
        return (LEAST if self.is_least else "") + said.duration(claim)

    @property
    def times(self) -> Said:
        """`two times`, `once`."""
        count = len(self.excursions)
        claim = claims.excursions(self.about, self.farthest, "excursions", count, how="count")
        return said.claimed(claim, "once") if count == 1 else say("{} times", said.in_words(claim))

    @property
    def level(self) -> Said:
        """`8 °C`: the limit as people wrote it."""
        claim = claims.excursion(self.about, self.farthest, "limit_value", self.farthest["unit"])
        return said.claimed(claim, plain(wording.quantity(self.farthest["limit_value"], claim.unit, 1).strip()))

    @property
    def peak(self) -> Said:
        """`10.4 °C`."""
        return quantity(claims.excursion(self.about, self.farthest, "peak", self.farthest["unit"]), 1)

    def moment(self, column: str, text: str) -> Said:
        """A moment of the farthest one, worded: peak_at, counted_from."""
        return said.claimed(claims.excursion(self.about, self.farthest, column), text)

    def since(self, zone: str) -> Said:
        """`, since before Thu 19 Nov, 13:00`, where that is all that is known; else empty."""
        if not self.starts_unknown:
            return Said()
        at = wording.short_moment(local(self.farthest["counted_from"], zone))
        return say(", since before {}", self.moment("counted_from", at))


def beyond(excursions: Any, about: About = About()) -> list[Beyond]:  # noqa: B008 - frozen
    """The series that left their limits, the longest time outside first.

    Args:
        excursions: device_id, channel, quantity and the columns of `EXCURSION` (`tt.sensors.excursions`).
        about: what the numbers are claims of.
    """
    by_series: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows(excursions, *KEY, *EXCURSION):
        by_series.setdefault(key_of(row), []).append(row)
    left = [Beyond(several, about) for several in by_series.values()]
    return sorted(left, key=lambda sensor: (-sensor.outside_s, sensor.name))


def key_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Which series a row is about."""
    return tuple(row[name] for name in KEY)


def is_least(row: dict[str, Any]) -> bool:
    """Whether an excursion lasted for longer, for all that is known: one that is open does so far."""
    return not row["is_begin_known"] or not (row["is_end_known"] or row["is_open"])


def lasting(row: dict[str, Any], about: About = About()) -> Said:  # noqa: B008 - frozen
    """`≥ 47 min so far`: how long one excursion lasted."""
    least = LEAST if is_least(row) else ""
    lasted = said.duration(claims.excursion(about, row, "outside_s", "s"))
    return say("{}{}{}", least, lasted, " so far" if row["is_open"] else "")


def quantity(claim: Claim, digits: int = 0) -> Said:
    """`10.4 °C`; without a unit, the number alone."""
    return said.quantity(claim, digits) if claim.unit else said.number(claim, digits)


def plain(level: str) -> str:
    """`8 °C`, not `8.0 °C`: limits are as people wrote them."""
    return level.replace(f".0{wording.NBSP}", wording.NBSP).removesuffix(".0")
