"""Pages as their reader sees them, in plain text, without a browser and without a kernel."""

import re
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telltale.dashboard.boards import Boards
    from telltale.workbench import Project

_INLINE = re.compile(r"</?(?:b|i|span|svg|path|title|a|em|strong|small|abbr|circle|rect|line)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_BLANKS = re.compile(r"[ \n\t\u00a0\u2009\u202f]+")


def boards(project: "Project", people: tuple[str, ...] = ()) -> "Boards":
    """The pages of a project, those of single people too."""
    from telltale.activity.page import person_page
    from telltale.dashboard.boards import Boards
    from telltale.dashboard.concerns import gathered
    from telltale.dashboard.pages import PAGES

    own = {f"person-{name}": person_page(name) for name in people}
    return Boards(project, {**PAGES, **own}, gathered)


def page(made: "Boards", name: str) -> dict[str, Any]:
    """One page as data; `name` may have the reader's choices behind it: `sensors?quantity=humidity`."""
    page_name, _, query = name.partition("?")
    choice = dict(part.split("=", 1) for part in query.split("&") if part)
    answer = made.get(page_name, choice, again=True)
    assert answer is not None
    return answer


def text(html: str) -> str:
    """What stands on a page: blocks parted by ` | `, every kind of blank as one."""
    parted = _TAG.sub(" | ", _INLINE.sub("", html))
    return re.sub(r"(?: *\| *)+", " | ", _BLANKS.sub(" ", unescape(parted))).strip(" |")
