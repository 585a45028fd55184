"""Pages of one's own: whoever has the token of a PC or person sees the activity page of it, and no other page.

    secrets.toml   [activity]
                   "pc:desk-3" = "…"      the page of one PC, by id or name
                   "Anna" = "…"           the page of all PCs whose person in devices.csv is Anna

A page's name is a digest of its token, so the server compares digests and never holds the tokens themselves.

Source: DESIGN section 11 (no activity figure of fewer than 5 people except the PC's own page, by its own token).
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from telltale.contract import ConfigError
from telltale.settings import Settings

SECTION = "activity"
PREFIX = "person-"
SHORTEST = 16
"""Characters of a token: its digest stands in the address bar."""


class Person(NamedTuple):
    """Whose page, and its name."""

    page: str
    name: str
    """A PC by id or name, or a person."""


def persons(settings: Settings, *, general: str = "") -> list[Person]:
    """Those who have a token of their own, by name.

    Args:
        settings: of the project, with its secrets.
        general: the token of the dashboards, which opens the other pages.

    Raises:
        ConfigError: a token is short, or opens something else already.
    """
    names: dict[str, str] = {}
    for name, token in sorted(settings.source(SECTION).secrets.items()):
        where = f"secrets.toml [{SECTION}] {json.dumps(name, ensure_ascii=False)}"
        if len(token) < SHORTEST:
            raise ConfigError(f"{where}: {len(token)} characters, expected at least {SHORTEST}; take a random text")
        if token == general or page_of(token) in names:
            other = "the dashboards' own" if token == general else f"that of {names[page_of(token)]}"
            raise ConfigError(f"{where}: the token is {other}; give each person one of their own")
        names[page_of(token)] = name
    return [Person(page, name) for page, name in names.items()]


def page_of(token: str) -> str:
    """The name of the page that a token opens, if it opens one."""
    return PREFIX + hashlib.sha256(b"telltale person " + token.encode()).hexdigest()[:32]


def is_person_page(name: str) -> bool:
    """Whether a page is somebody's own."""
    return name.startswith(PREFIX)


def write_notebooks(folder: Path, people: list[Person]) -> None:
    """A notebook for each, where Voilà looks for pages; it names the page, never its person."""
    for person in people:
        (folder / f"{person.page}.ipynb").write_text(json.dumps(_notebook(person.page)), encoding="utf-8")


def _notebook(page: str) -> Mapping[str, object]:
    source = f'import telltale as tt\n\ntt.dashboard.show("{page}")'
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "0",
        "source": source,
        "metadata": {},
        "execution_count": None,
        "outputs": [],
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
