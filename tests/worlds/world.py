"""An invented project: what was sent, how it is set up, when it is read, and what must be said of it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from tests.worlds.sent import Sent

PAGES = ("operations", "presence", "activity", "kanban", "sensors", "health")

SECRETS = '[cloudtrax]\n71234 = "telltale"\n81234 = "telltale"\n[meraki]\nN_1 = "s3cret"\n'

REPORT = "report:"

Sentences = Mapping[str, Sequence[str]]
"""By page; `*` is every page, `page?choice=value` one with the reader's choice.

`report:notebook@period` is a report, which kernels make at the slow level.
"""


@dataclass(frozen=True)
class Claim:
    """A figure of one kind about one subject, by the names of `oracle.py` and `measures.py`."""

    measure: str
    about: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.measure}({', '.join(f'{name}={value}' for name, value in self.about.items())})"


def figure(measure: str, **about: Any) -> Claim:
    """A measure to compare."""
    return Claim(measure, about)


@dataclass(frozen=True)
class World:
    """One invented project.

    Args:
        story: what it is, in a sentence.
        now: the moment it is read at.
        sent: what arrived, in any order; the door gets it in the order of receipt.
        settings: more of telltale.toml, behind `[site]`.
        site: more of `[site]`.
        devices, buttons: the files of that name; empty is none.
        secrets: secrets.toml.
        says: what must stand on a page, word for word.
        never: what must not; a pattern behind `~`.
        figures: what the oracle and `tt` must agree on.
        settles: False leaves all records hot; True settles all; a moment settles what had arrived by then.
        purge: whether retention runs before it is read, as it does in every project.
        people: whose page of one's own is read too, by the name in secrets.toml.
        prepare: what else a user did, such as putting a device on a list.
        works, holidays: working hours as (weekdays, from hour, to hour), which `settings` says in its own words.
        mending: why it fails today, if it does.
    """

    story: str
    now: dt.datetime
    sent: Sequence[Sent] = ()
    settings: str = ""
    site: str = "keep = true\n"
    devices: str = ""
    buttons: str = ""
    secrets: str = SECRETS
    says: Sentences = field(default_factory=dict)
    never: Sentences = field(default_factory=dict)
    figures: Sequence[Claim] = ()
    settles: bool | dt.datetime = True
    purge: bool = False
    people: Sequence[str] = ()
    prepare: Callable[[Any], None] | None = None
    works: tuple[tuple[int, ...], int, int] | None = None
    holidays: tuple[str, ...] = ()
    mending: str = ""


def worlds() -> dict[str, World]:
    """All of `projects/`, by the name of the file."""
    folder = Path(__file__).parent / "projects"
    names = sorted(module.name for module in iter_modules([str(folder)]) if module.name != "common")
    return {name: import_module(f"tests.worlds.projects.{name}").WORLD for name in names}
