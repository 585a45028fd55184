"""One forgetting: whose project, who is forgotten, at which moment, and what is said of each thing done."""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from telltale.forget.subject import Subject, pseudonyms_of, spellings_of
from telltale.privacy.spelling import Spellings
from telltale.workbench.project import Project


class Line(NamedTuple):
    """What was, or would be, removed at one place."""

    place: str
    """Such as `lake raw cloudtrax` or `reports`."""
    what: str
    """Of what, in the plural."""
    removed: int = 0
    overwritten: int = 0

    def __bool__(self) -> bool:
        return bool(self.removed or self.overwritten)


class Task:
    """What each step needs.

    Args:
        project: whose records.
        subject: who is forgotten.
        now_us: the present.
        is_trial: nothing is changed, all is counted.
    """

    def __init__(self, project: Project, subject: Subject, *, now_us: int, is_trial: bool) -> None:
        self.project = project
        self.subject = subject
        self.now_us = now_us
        self.is_trial = is_trial
        self.lines: list[Line] = []
        self.sent: list[dict[str, object]] = []
        """Messages that left and told of it, and what was passed on to other platforms."""
        self.notes: list[str] = []
        """What is still to be known or done, a sentence each."""
        self.withdrawn: set[str] = set()
        """Files of reports that were removed, relative to their folder."""

    @cached_property
    def pseudonyms(self) -> tuple[int, ...]:
        """Of its stations, under the keys there are."""
        return pseudonyms_of(self.project, self.subject)

    @cached_property
    def ids(self) -> Spellings:
        """Its ids: what raw records are searched for."""
        return spellings_of(self.subject)

    @cached_property
    def texts(self) -> Spellings:
        """Its ids, names and pseudonyms: what texts and files of ours are searched for."""
        return spellings_of(self.subject, self.pseudonyms, names=True)

    def tell(self, place: str, what: str, removed: int = 0, overwritten: int = 0) -> None:
        """Note what was done at a place; nothing of nothing."""
        if removed or overwritten:
            self.lines.append(Line(place, what, removed, overwritten))

    def totals(self) -> Iterator[Line]:
        """The lines, those of one place and kind added up, in their order."""
        found: dict[tuple[str, str], Line] = {}
        for line in self.lines:
            known = found.get(line[:2], Line(*line[:2]))
            found[line[:2]] = known._replace(
                removed=known.removed + line.removed, overwritten=known.overwritten + line.overwritten
            )
        yield from found.values()
