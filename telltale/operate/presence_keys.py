"""Whether the keys of pseudonyms here are those the rows of the store were decoded with, and how to begin anew."""

from collections.abc import Iterator

from telltale.contract import StoreError
from telltale.operate.finding import Finding
from telltale.privacy import Trouble
from telltale.privacy.files import shred
from telltale.workbench.project import Project


def wrong(project: Project) -> Iterator[Finding]:
    """A finding for each key that is damaged, gone or another than noted, that of the lists among them.

    Where several hosts share the store, one that never decoded need not have the keys: that is only noted.
    """
    for sentence in project.lists.refused():
        found, _, fix = sentence.rpartition("; ")
        yield Finding("keys", "wrong", found, fix)
    try:
        troubles = _troubles(project)
    except StoreError:  # what is wrong with it is said where it is looked at
        return
    for trouble in troubles:
        is_others = trouble.path is None and trouble.noted.host != project.noted_keys.host
        found, _, fix = trouble.sentence.rpartition("; ")
        yield Finding("keys", "note" if is_others and project.store.is_shared else "wrong", found, fix)


def begin_anew(project: Project, site: str) -> list[str]:
    """Give up what is noted of the keys of a site that are in trouble; their periods, none where all is well.

    Devices of these periods count as others from then on. A damaged file is removed, one that holds a key stays and
    counts from now on.
    """
    troubles = [trouble for trouble in _troubles(project) if trouble.noted.site == site]
    for trouble in troubles:
        if trouble.path is not None and not trouble.is_key:
            shred(trouble.path)
        project.noted_keys.forget(site, trouble.noted.period)
    return [trouble.noted.period for trouble in troubles]


def _troubles(project: Project) -> list[Trouble]:
    return project.keys.trouble(project.noted_keys.every())
