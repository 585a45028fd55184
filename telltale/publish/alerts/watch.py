"""What one alert looks at: a stretch of one snapshot, its rule, and what it had known before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from telltale import identity
from telltale.engine import Engine
from telltale.publish.alerts.episodes import BEYOND, SAMPLES, Episode, episodes
from telltale.settings.publish import AlertSettings
from telltale.workbench.project import Project
from telltale.workbench.question import Question
from telltale.workbench.times import DAY, SECOND, Span, seconds
from telltale.workbench.view import View

LOW = " below"
"""How the measures end of which the lowest value is the worst."""


@dataclass(frozen=True)
class Watch:
    """One alert over a stretch.

    Args:
        view: the snapshot.
        settings: its section of telltale.toml.
        span: from the first to before the last moment of receipt that is looked at; nothing received later is known.
        known: its episodes that were known before and last, whose beginning may lie before the stretch.
    """

    view: View
    settings: AlertSettings
    span: Span
    known: tuple[Episode, ...] = ()

    @property
    def project(self) -> Project:
        """Whose records."""
        return self.view.project

    @property
    def engine(self) -> Engine:
        """Where it is computed."""
        return self.project.engine

    @property
    def zone(self) -> str:
        """By whose clock days begin."""
        return self.project.zone()

    @property
    def until_us(self) -> int:
        """Until when what was received is known, exclusive."""
        return self.span.until_us

    @property
    def lasts_us(self) -> int:
        """How long something must have lasted before it is told."""
        return length_us(self.settings.lasts)

    @property
    def question(self) -> Question:
        """The stretch as the subjects ask about it."""
        return Question(self.view, self.span, self.zone)

    @cached_property
    def devices(self) -> list[dict[str, Any]]:
        """The rows of devices.csv and buttons.csv."""
        rows: list[dict[str, Any]] = self.project.device_info().to_pylist()
        return rows

    @cached_property
    def subjects(self) -> frozenset[str] | None:
        """The ids and names that are watched, in lower case; None is all."""
        if not self.settings.subjects:
            return None
        wanted = {text.strip().casefold() for text in self.settings.subjects}
        named = {row["device_id"].casefold() for row in self.devices if row["name"].casefold() in wanted}
        spelt = {identity.device_id(text).casefold() for text in self.settings.subjects}
        return frozenset(wanted | named | spelt)

    def is_watched(self, subject: str) -> bool:
        """Whether a device, an item or a source is one of those that are watched."""
        return self.subjects is None or subject.casefold() in self.subjects

    def found(self, samples: Iterable[pa.Table]) -> list[Episode]:
        """The episodes of some samples, of those that are watched; what was known before goes on."""
        tables = [table.select(SAMPLES.names).cast(SAMPLES) for table in samples]
        table = pa.concat_tables([self._carried(), *tables])
        if self.subjects is not None:
            ids = [self.is_watched(subject) for subject in table["subject"].to_pylist()]
            table = table.filter(pa.array(ids, pa.bool_()))
        return episodes(table, lasts_us=self.lasts_us)

    def _carried(self) -> pa.Table:
        """A sample for the beginning of each episode that began before the stretch."""
        rows = [
            {
                "subject": one.subject, "measure": one.measure, "unit": one.unit, "at_us": at, "received_us": at,
                "raw_id": None, "value": one.peak, "mark": BEYOND, "is_low": one.measure.endswith(LOW),
            }
            for one in self.known
            if one.begins_us < self.span.since_us
            # The second one tells that it had lasted long enough.
            for at in sorted({one.begins_us, min(one.begins_us + self.lasts_us, self.span.since_us - 1)})
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, SAMPLES)


def length_us(text: str) -> int:
    """A length of the settings in microseconds; empty is none."""
    return round(seconds(text) * SECOND) if text else 0


def wider(span: Span, *, days: float) -> Span:
    """A stretch and some days before it."""
    return Span(span.since_us - round(days * DAY), span.until_us)


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Samples that were computed one by one."""
    return pa.Table.from_pylist(list(rows), SAMPLES)
