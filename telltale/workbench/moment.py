"""`tt.at_one_moment`, `tt.hold`: many answers that speak of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from telltale.workbench.here import here
from telltale.workbench.project import Project


@contextmanager
def at_one_moment(project: Project | None = None) -> Iterator[None]:
    """What is asked inside shares one snapshot and one present, whatever arrives meanwhile.

        with tt.at_one_moment():
            items, pulls = tt.kanban.items(), tt.kanban.pulls()

    Raises:
        FilesGone: a purge removed what was asked about; ask again, of a newer moment.
    """
    with (project or here()).at_one_moment():
        yield


def hold(project: Project | None = None) -> None:
    """All cells from here on speak of this moment; run it again for a newer one.

    Reports begin with it, so that their first sentence and their last table agree.
    """
    (project or here()).hold()
