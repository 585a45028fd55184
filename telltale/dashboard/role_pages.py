"""The pages as those of a role see them: without sightings to look up, without PCs of the owner's own.

A page that says the same to all is the owner's, so that it is computed once; the others have a name of their own, which
only the kernels of that role ask for.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

from telltale.dashboard import owner_health
from telltale.dashboard.answers import Answer
from telltale.dashboard.boards import Boards
from telltale.dashboard.client import How
from telltale.dashboard.pages import PAGES
from telltale.dashboard.roles import GIVEN, HIDDEN, OPERATOR, may_open
from telltale.page.board import Ask, Board, Page
from telltale.presence import page as presence
from telltale.settings import Settings


def _presence(ask: Ask) -> Board:
    """Presence without the list of single sightings."""
    return replace(presence.page(ask), finder=None)


OTHERS: Mapping[str, Page] = {
    **{name: page for name, page in PAGES.items() if name != "health"},
    "presence": _presence,
}
"""For viewers and operators."""
OPERATORS: Mapping[str, Page] = {"health": owner_health.operators}
SHARED = "others"
"""How the pages of all roles are named, where they are not the owner's."""


def names(*, has_own_pcs: bool) -> dict[str, str]:
    """By the page a role's kernel asks for, such as `viewer/presence`: the one that is computed.

    Args:
        has_own_pcs: whether the owner's pages may tell of the owner's own PCs, so that none is the same for all.
    """
    found = {}
    for role in GIVEN:
        for page in (name for name in PAGES if may_open(role, name)):
            if page in OPERATORS:
                found[f"{role}/{page}"] = f"{OPERATOR}/{page}"
            else:
                is_same = OTHERS[page] is PAGES[page] and not has_own_pcs
                found[f"{role}/{page}"] = page if is_same else f"{SHARED}/{page}"
    return found


def pages() -> dict[str, Page]:
    """The pages that are computed for roles alone, the one with what needs a look first."""
    shared = {f"{SHARED}/{name}": page for name, page in OTHERS.items()}
    return {**shared, **{f"{OPERATOR}/{name}": page for name, page in OPERATORS.items()}}


def without_own_pcs(settings: Settings) -> Settings:
    """The same settings for pages that others see: which PCs are the owner's own is nobody else's."""
    return settings.model_copy(update={"activity": settings.activity.model_copy(update={"mine": False})})


def without_hidden(answer: Answer, role: str) -> Answer:
    """A page without links to pages that are not for a role, and without what is counted on their tabs."""
    hidden = HIDDEN.get(role, frozenset())
    if not hidden:
        return answer
    link = re.compile(rf'<a [^>]*href="(?:{"|".join(sorted(hidden))})(?:[?#][^"]*)?"[^>]*>(.*?)</a>', re.DOTALL)
    # A link that says no more than where it leads goes whole.
    html = link.sub(lambda found: "" if found[1].lower() in {"show", *hidden} else found[1], answer["html"])
    attention = {page: count for page, count in answer["attention"].items() if page not in hidden}
    return {**answer, "html": html, "attention": attention}


class ByRole:
    """The boards of a project as kernels ask for them, each by the name its role knows.

    Args:
        boards: of the owner and of persons.
        others: of roles; the same ones where they are computed together.
        computed: see `names`.
    """

    def __init__(self, boards: Boards, others: Boards, computed: Mapping[str, str]) -> None:
        self._boards, self._others, self._computed = boards, others, computed

    def get(self, page: str, choice: Mapping[str, str], **how: Unpack[How]) -> Answer | None:
        """See `Boards.get`."""
        boards, name = self._of(page)
        answer = boards.get(name, choice, **how)
        return answer and without_hidden(answer, page.partition("/")[0])

    def why(self, page: str, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """See `Boards.why`."""
        boards, name = self._of(page)
        return boards.why(name, choice, claim_id)

    def find(self, page: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """See `Boards.find`; nothing is looked up on a role's page."""
        if "/" in page:
            return self._others.find("", fields)
        return self._boards.find(page, fields)

    def warm(self) -> bool:
        """See `Boards.warm`."""
        return self._boards.warm() or (self._others is not self._boards and self._others.warm())

    def _of(self, page: str) -> tuple[Boards, str]:
        """Who computes a page, and under which name; a role's page that it may not see is none of the names."""
        return (self._others, self._computed.get(page, page)) if "/" in page else (self._boards, page)
