"""Who may read which report: each is for those whom it tells nothing of other persons.

A report about the activity of a PC or person is for that person; about "all PCs" it tells of the owner's own, or of
invented ones.
"""

from collections.abc import Sequence
from pathlib import Path

from telltale.dashboard.persons import Person
from telltale.dashboard.roles import OWNER, PERSON
from telltale.report import index
from telltale.report.whose import EVERYBODY
from telltale.settings import Settings, devices


class Readers:
    """Who may read which report.

    Args:
        settings: of the project.
        people: those who have a page of their own.
    """

    def __init__(self, settings: Settings, people: Sequence[Person]) -> None:
        self.folder = settings.report_folder
        self._settings = settings
        self._names = {person.page: person.name for person in people}

    def may_read(self, entry: index.Entry, role: str, page: str = "") -> bool:
        """Whether a report is for a reader.

        Args:
            entry: what is noted beside it.
            role: of the reader.
            page: of a person the own page.
        """
        if entry.told_of is None:  # made before it was noted whom it tells of
            return False
        if role == PERSON:
            own = self._pcs(self._names.get(page, ""))
            return bool(entry.told_of) and all(self._pcs(name) <= own for name in entry.told_of)
        if not entry.told_of or self._settings.shows_single_pcs:
            return True
        return role == OWNER and entry.told_of == [EVERYBODY]

    def entries(self, role: str, page: str = "") -> list[tuple[Path, index.Entry]]:
        """The reports for a reader, newest first."""
        return [row for row in index.entries(self.folder) if self.may_read(row[1], role, page)]

    def _pcs(self, name: str) -> set[str]:
        """The PCs of a person, or the one of that id or name; what is listed nowhere is itself."""
        sought = name.casefold()
        listed = devices(self._settings)
        return {
            device.device_id
            for device in listed
            if sought in {device.device_id.casefold(), device.name.casefold(), device.person.casefold()}
        } or {sought}
