"""Who may see what: the owner, those who are given the token of a role, and persons with a page of their own.

    secrets.toml   token = "…"             the owner, who runs the project: all but what is about other persons
                   [dashboard]
                   operator = "…"          all pages, `health` without what is under pseudonyms; published reports
                   viewer = "…"            the same without `health`
                   [activity]
                   "Anna" = "…"            a person: the own page, and reports about the own PCs (`persons.py`)

A role is known by a user name that holds a digest of its token: a token that is replaced ends the logins made with it.
A page is made by a kernel that is of one role from its start: the notebook it runs says so, before anything else, and
the process that computes for all gives it that role's page and no other.

Source: DESIGN section 11.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from telltale.contract import ConfigError, did_you_mean
from telltale.dashboard.client import ROLE
from telltale.dashboard.persons import is_person_page
from telltale.settings import Settings
from telltale.settings.secrets import weakness

SECTION = "dashboard"
OWNER, OPERATOR, VIEWER, PERSON = "owner", "operator", "viewer", "person"
GIVEN = (VIEWER, OPERATOR)
"""Roles that a token of secrets.toml gives."""
HIDDEN: Mapping[str, frozenset[str]] = {VIEWER: frozenset({"health"})}
"""Pages that are not for a role."""


class Given(NamedTuple):
    """A role that has a token, and the name of whoever uses it."""

    user: str
    role: str


def given(settings: Settings, *, general: str = "") -> list[Given]:
    """The roles that have a token.

    Args:
        settings: of the project, with its secrets.
        general: the token of the owner.

    Raises:
        ConfigError: there is no such role, or its token can be guessed or opens something else already.
    """
    taken = {general: "the owner's"} | {
        token: f"that of {name}" for name, token in settings.source("activity").secrets.items()
    }
    roles = []
    for name, token in sorted(settings.source(SECTION).secrets.items()):
        where = f"secrets.toml [{SECTION}] {json.dumps(name, ensure_ascii=False)}"
        if name not in GIVEN:
            raise ConfigError(f"{where}: no such role; expected {' or '.join(GIVEN)}{did_you_mean(name, GIVEN)}")
        if why := weakness(token):
            raise ConfigError(f'{where}: the token {why}; take a random text, such as "openssl rand -hex 16" prints')
        if token in taken:
            raise ConfigError(f"{where}: the token is {taken[token]}; give each role one of its own")
        taken[token] = f"that of {name}"
        roles.append(Given(user_of(name, token), name))
    return roles


def user_of(role: str, token: str) -> str:
    """The user name of whoever has a token, if the token is of that role."""
    return f"{role}-{hashlib.sha256(f'telltale role {role} {token}'.encode()).hexdigest()[:32]}"


def role_of(user: Any) -> str:
    """The role of a user that the login knows."""
    name = str(getattr(user, "username", ""))
    return PERSON if is_person_page(name) else name.partition("-")[0]


def kernel_user(user: Any) -> str:
    """Whose a user's kernels are: empty for the owner; all who have the token of a role share its pages."""
    name = str(getattr(user, "username", ""))
    return "" if role_of(user) == OWNER else name


def may_open(role: str, page: str) -> bool:
    """Whether a page with a tab is for a role."""
    return role != PERSON and page not in HIDDEN.get(role, ())


def notebook_of(role: str, page: str) -> str:
    """The name of the notebook that makes a page for a role."""
    return page if role in (OWNER, PERSON) else f"{role}--{page}"


def write_notebooks(folder: Path, pages: Iterable[str], roles: Sequence[str]) -> None:
    """For each role the notebooks of its pages, where the owner's lie; each begins with the role."""
    for page in pages:
        notebook = json.loads((folder / f"{page}.ipynb").read_text(encoding="utf-8"))
        for role in roles:
            if may_open(role, page):
                cells = [_role_cell(role), *notebook["cells"]]
                text = json.dumps({**notebook, "cells": cells})
                (folder / f"{notebook_of(role, page)}.ipynb").write_text(text, encoding="utf-8")


def _role_cell(role: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": "role",
        "source": f'import os\n\nos.environ["{ROLE}"] = "{role}"',
        "metadata": {},
        "execution_count": None,
        "outputs": [],
    }


def places(titles: Mapping[str, str], roles: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the bar of each role's pages shows, by the notebook's name: the page, and the tabs by page."""
    tabs = {role: {name: title for name, title in titles.items() if may_open(role, name)} for role in (OWNER, *roles)}
    return {notebook_of(role, page): {"page": page, "tabs": shown} for role, shown in tabs.items() for page in shown}
